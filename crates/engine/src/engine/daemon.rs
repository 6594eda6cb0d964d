//! Start and end of dockerd, and of the machine's power (moby `daemon/daemon.go`, `restore`,
//! `Shutdown`; no live restore).

use super::container::{Busy, Container};
use super::{Engine, Job, timing};
use api::{ContainerId, ContainerStatusWord, Timestamp};
use serde::{Deserialize, Serialize};
use sim::Streams;

/// What dockerd is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Daemon {
    /// It answers.
    Up,
    /// It stops its containers before it ends.
    Stopping,
    /// It is not there.
    Down,
    /// It has started and puts its containers in order.
    Starting,
}

/// Exit code of a container whose end nobody saw.
const UNSEEN: i32 = 255;

impl Engine {
    /// Whether the daemon answers.
    #[must_use]
    pub const fn is_up(&self) -> bool {
        matches!(self.daemon, Daemon::Up)
    }

    /// Whether it is ending after [`Engine::daemon_stop`].
    #[must_use]
    pub const fn is_stopping(&self) -> bool {
        matches!(self.daemon, Daemon::Stopping)
    }

    /// The daemon's memory goes: calls, plans, open streams.
    fn forget(&mut self) {
        self.jobs.retain(|_, job| matches!(job, Job::Wake { .. } | Job::Reap { .. }));
        self.streams.clear();
        self.pulls.clear();
        self.registry_tickets.clear();
        self.answers.clear();
        self.agent_answers.clear();
        for container in self.containers.values_mut() {
            container.waiters.clear();
            if container.busy == Busy::Starting || container.busy == Busy::Removing {
                container.busy = Busy::No;
                container.run += 1;
            }
        }
        self.changed();
    }

    /// The power goes: programs die, calls are lost, the disk stays.
    pub fn power_off(&mut self) {
        self.forget();
        self.jobs.clear();
        self.execs.clear();
        self.net_tickets.clear();
        self.effects.clear();
        self.events.clear();
        for container in self.containers.values_mut() {
            container.process = None;
            container.busy = Busy::No;
            container.partial = [Vec::new(), Vec::new()];
        }
        self.daemon = Daemon::Down;
    }

    /// `kill -9` of the daemon: calls are lost, programs live on.
    pub fn daemon_kill(&mut self) {
        self.forget();
        self.events.clear();
        self.daemon = Daemon::Down;
    }

    /// `systemctl stop docker`: containers are stopped, then it is down
    /// ([`Engine::is_stopping`] meanwhile).
    pub fn daemon_stop(&mut self, now: Timestamp, rng: &mut Streams) {
        if !self.is_up() {
            return;
        }
        self.daemon = Daemon::Stopping;
        // nobody would stop a program that a start under way still brought to life
        for container in self.containers.values_mut().filter(|c| c.busy == Busy::Starting) {
            container.busy = Busy::No;
            container.run += 1;
        }
        for id in self.living() {
            self.shut(id, now, rng);
        }
        self.settle_stop();
    }

    fn living(&self) -> Vec<ContainerId> {
        self.containers.values().filter(|c| c.process.is_some()).map(|c| c.id).collect()
    }

    /// Stop signal and grace, without a word of "stopped by hand": policies still restart it.
    fn shut(&mut self, id: ContainerId, now: Timestamp, rng: &mut Streams) {
        let Some(container) = self.containers.get(&id) else {
            return;
        };
        let (run, signal) = (container.run, container.stop_signal().to_owned());
        let grace = container.config.stop_timeout_s.unwrap_or(timing::STOP_GRACE_S);
        self.send_signal(id, &signal, now, rng);
        if let Ok(grace) = u64::try_from(grace) {
            self.after(now, grace.saturating_mul(1_000_000), Job::Grace { id, run });
        }
    }

    /// A stopping or starting daemon goes on when its last old container has ended.
    pub(super) fn settle_stop(&mut self) {
        let goes_on =
            |c: &Container| c.process.is_some() || matches!(c.busy, Busy::Reaping | Busy::Removing);
        if self.daemon == Daemon::Stopping && !self.containers.values().any(goes_on) {
            self.forget();
            self.events.clear();
            self.daemon = Daemon::Down;
        }
    }

    /// Whether restart policies hold now: not while the daemon itself is coming or going.
    pub(super) const fn follows_policies(&self) -> bool {
        matches!(self.daemon, Daemon::Up)
    }

    /// The daemon starts: [`Engine::is_up`] turns true once it answers. Programs that outlived
    /// the last daemon are stopped meanwhile. `us`: how long it takes, if that is not drawn.
    pub fn daemon_start(&mut self, us: Option<u64>, now: Timestamp, rng: &mut Streams) {
        if self.daemon != Daemon::Down {
            return;
        }
        self.daemon = Daemon::Starting;
        let drawn = timing::draw(timing::DAEMON_START, &self.facts.hostname, rng);
        let us = us.unwrap_or(drawn);
        for id in self.living() {
            if let Some(container) = self.containers.get_mut(&id) {
                container.unreleased = true;
            }
            self.shut(id, now, rng);
        }
        self.after(now, us, Job::DaemonUp);
    }

    pub(super) fn daemon_up(&mut self, now: Timestamp, rng: &mut Streams) {
        if self.daemon != Daemon::Starting {
            return;
        }
        if self.containers.values().any(|c| c.process.is_some() || c.busy == Busy::Reaping) {
            // it answers when the last of them has ended
            return self.after(now, 100_000, Job::DaemonUp);
        }
        let mut again = Vec::new();
        for container in self.containers.values_mut() {
            let policy = container.config.host.restart_policy.as_str();
            let ran = matches!(
                container.state.status,
                ContainerStatusWord::Running
                    | ContainerStatusWord::Paused
                    | ContainerStatusWord::Restarting
            );
            if ran {
                // its end was not seen: the power went
                container.unreleased = true;
                container.state.status = ContainerStatusWord::Exited;
                container.state.exit_code = UNSEEN;
                container.state.pid = 0;
                container.state.finished_at = Some(now);
                container.state.health = None;
            }
            let stopped = container.stop_asked;
            let ended = container.state.status == ContainerStatusWord::Exited;
            let failed = container.state.exit_code != 0;
            if (policy == "always" && ended)
                || (policy == "unless-stopped" && ended && !stopped)
                || (policy == "on-failure" && ran && failed)
            {
                again.push(container.id);
            }
        }
        self.release_dead(now);
        self.daemon = Daemon::Up;
        self.changed();
        for id in again {
            self.begin_start(id, Vec::new(), now, rng);
        }
        let gone: Vec<ContainerId> = self
            .containers
            .values()
            .filter(|c| c.config.host.auto_remove && !c.is_running() && c.busy == Busy::No)
            .filter(|c| c.state.status != ContainerStatusWord::Created)
            .map(|c| c.id)
            .collect();
        for id in gone {
            self.remove_now(id, &[], true, now);
        }
    }

    /// Addresses and ports of containers that no longer run are free.
    fn release_dead(&mut self, now: Timestamp) {
        let dead: Vec<ContainerId> = self
            .containers
            .values()
            .filter(|c| !c.is_running() && c.busy == Busy::No)
            .filter(|c| c.endpoints.values().any(|e| !e.ip_address.is_empty()))
            .map(|c| c.id)
            .collect();
        for id in dead {
            self.release(id, now);
        }
    }
}
