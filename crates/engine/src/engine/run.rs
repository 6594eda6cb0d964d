//! Start and end of a container's run: network, ports, program, exit, restart by policy.

use super::container::{Busy, Process, Waiter};
use super::{Engine, Job, Key, timing};
use crate::app::{App, Input, LaunchError, Place};
use api::{
    ApiError, ContainerId, ContainerState, ContainerStatusWord, EndpointSettings, Item, Response,
    Timestamp,
};
use sim::Streams;

impl Engine {
    /// The container is on its way to run; `calls` are answered when it does or cannot.
    pub(super) fn begin_start(
        &mut self,
        id: ContainerId,
        calls: Vec<u64>,
        now: Timestamp,
        rng: &mut Streams,
    ) {
        let Some(container) = self.containers.get_mut(&id) else {
            return;
        };
        container.run += 1;
        container.busy = Busy::Starting;
        container.stop_asked = false;
        container.unreleased = false;
        let run = container.run;
        self.drawn(now, timing::NETWORK, Job::Connect { id, run, calls }, rng);
    }

    fn is_run(&self, id: ContainerId, run: u32) -> bool {
        self.containers.get(&id).is_some_and(|c| c.run == run)
    }

    /// A start that somebody cut short by removing the container.
    fn void_start(&mut self, id: ContainerId, calls: &[u64]) {
        for call in calls {
            self.done(*call, Err(super::no_such(&id.to_string())));
        }
    }

    pub(super) fn connect_now(
        &mut self,
        id: ContainerId,
        run: u32,
        calls: Vec<u64>,
        now: Timestamp,
        rng: &mut Streams,
    ) {
        if !self.is_run(id, run) {
            return self.void_start(id, &calls);
        }
        match self.join_networks(id, now, rng).and_then(|()| self.bind_ports(id, rng)) {
            Ok(()) => {
                let overlays = self.overlays_of(id);
                let mut us = timing::draw(timing::RUN, &self.facts.hostname, rng);
                for _ in 0..overlays {
                    us += timing::draw(timing::OVERLAY, &self.facts.hostname, rng);
                }
                let us = us.saturating_add_signed(self.pace.start_us).max(timing::RUN_LEAST);
                self.after(now, us, Job::Run { id, run, calls });
            }
            Err(error) => self.start_failed(id, 128, error, &calls, now),
        }
    }

    pub(super) fn run_now(
        &mut self,
        id: ContainerId,
        run: u32,
        calls: &[u64],
        now: Timestamp,
        rng: &mut Streams,
    ) {
        if !self.is_run(id, run) {
            return self.void_start(id, calls);
        }
        let Some(container) = self.containers.get_mut(&id) else {
            return;
        };
        let argv: Vec<String> =
            std::iter::once(&container.path).chain(&container.args).cloned().collect();
        let place = place_of(container, true);
        let app = match App::launch(&container.image, &argv, place) {
            Ok(app) => app,
            Err(error) => {
                let code = if matches!(error, LaunchError::Denied(_)) { 126 } else { 127 };
                let text = format!(
                    "failed to create shim task: OCI runtime create failed: runc create failed: \
                     unable to start container process: {}: unknown",
                    error.text()
                );
                return self.start_failed(id, code, ApiError::new(400, text), calls, now);
            }
        };
        let pid = self.new_pid();
        if let Some(container) = self.containers.get_mut(&id) {
            container.busy = Busy::No;
            container.process = Some(Process { app, pid, wake: 0, missed_wake: false });
            container.state = ContainerState {
                status: ContainerStatusWord::Running,
                pid,
                started_at: Some(now),
                finished_at: container.state.finished_at,
                ..ContainerState::default()
            };
            if let Some(mut files) = container.files.take() {
                container.write_etc(&mut files);
                files.set_read_only(container.config.host.read_only);
                container.files = Some(files);
            }
        }
        self.container_event(now, id, "start", &[]);
        self.start_health(id, now);
        for call in calls {
            self.done(*call, Ok(Response::Done));
        }
        self.resume(&Key::Main(id), Input::Start, now, rng);
    }

    pub(super) fn new_pid(&mut self) -> u32 {
        self.next_pid += 27;
        self.next_pid
    }

    fn start_failed(
        &mut self,
        id: ContainerId,
        code: i32,
        error: ApiError,
        calls: &[u64],
        now: Timestamp,
    ) {
        self.release(id, now);
        let mut auto_remove = false;
        if let Some(container) = self.containers.get_mut(&id) {
            container.busy = Busy::No;
            container.state.exit_code = code;
            container.state.error.clone_from(&error.message);
            if container.state.status == ContainerStatusWord::Restarting {
                container.state.status = ContainerStatusWord::Exited;
            }
            auto_remove = container.config.host.auto_remove;
        }
        self.changed();
        for call in calls {
            self.done(*call, Err(error.clone()));
        }
        if auto_remove {
            self.remove_now(id, &[], true, now);
        }
    }

    /// Leaves its networks and gives its ports back.
    pub(super) fn release(&mut self, id: ContainerId, now: Timestamp) {
        self.leave_networks(id, now);
        if let Some(container) = self.containers.get_mut(&id)
            && !container.ports.is_empty()
        {
            container.ports.clear();
            self.effects.push(super::EngineEffect::PortsChanged);
        }
    }

    /// The main program has ended.
    pub(super) fn main_ended(
        &mut self,
        id: ContainerId,
        code: i32,
        now: Timestamp,
        rng: &mut Streams,
    ) {
        let Some(container) = self.containers.get_mut(&id) else {
            return;
        };
        container.process = None;
        container.busy = Busy::Reaping;
        let run = container.run;
        self.end_execs_of(id, now);
        match self.pace.reap_us {
            Some(us) => self.after(now, us, Job::Reap { id, run, code }),
            None => self.drawn(now, timing::REAP, Job::Reap { id, run, code }, rng),
        }
    }

    /// Everything of the run is put away; who waited for the end hears of it.
    pub(super) fn reap(
        &mut self,
        id: ContainerId,
        run: u32,
        code: i32,
        now: Timestamp,
        rng: &mut Streams,
    ) {
        if !self.is_run(id, run) {
            return;
        }
        self.flush_output(id, now);
        let Some(container) = self.containers.get_mut(&id) else {
            return;
        };
        container.busy = Busy::No;
        container.state.status = ContainerStatusWord::Exited;
        container.state.exit_code = code;
        container.state.pid = 0;
        container.state.finished_at = Some(now);
        let ran_us = container.state.started_at.map_or(0, |at| now.since_us(at));
        if ran_us > timing::RESTART_RESET_US {
            container.restart_us = timing::RESTART_US;
        }
        let waiters = std::mem::take(&mut container.waiters);
        self.container_event(now, id, "die", &[("exitCode", code.to_string())]);
        self.release(id, now);
        self.end_streams_of(id);
        let restart = self.wants_restart(id, code);
        let (mut again, mut remove, mut with_volumes) = (Vec::new(), Vec::new(), false);
        let mut stopped = false;
        for waiter in waiters {
            match waiter {
                Waiter::Stopped(call) => {
                    if !std::mem::replace(&mut stopped, true) {
                        self.container_event(now, id, "stop", &[]);
                    }
                    self.done(call, Ok(Response::Done));
                }
                Waiter::Ended(call) => self.done(call, Ok(Response::Done)),
                Waiter::Exit(call) => {
                    self.done(call, Ok(Response::Exit { code, error: String::new() }));
                }
                Waiter::Restart(call) => again.push(call),
                Waiter::Remove { call, volumes } => {
                    remove.push(call);
                    with_volumes |= volumes;
                }
                Waiter::Removed(call) => {
                    if let Some(container) = self.containers.get_mut(&id) {
                        container.waiters.push(Waiter::Removed(call));
                    }
                }
            }
        }
        let auto = self.containers.get(&id).is_some_and(|c| c.config.host.auto_remove);
        if !remove.is_empty() {
            self.begin_remove(id, remove, with_volumes, now, rng);
        } else if !again.is_empty() {
            self.begin_start(id, again, now, rng);
        } else if restart {
            self.wait_to_restart(id, run, now);
        } else if auto && self.follows_policies() {
            self.begin_remove(id, Vec::new(), true, now, rng);
        }
        self.settle_stop();
    }

    fn wants_restart(&self, id: ContainerId, code: i32) -> bool {
        let Some(container) = self.containers.get(&id) else {
            return false;
        };
        let host = &container.config.host;
        let policy = match host.restart_policy.as_str() {
            "always" | "unless-stopped" => true,
            "on-failure" => {
                code != 0
                    && (host.restart_max_retries == 0
                        || container.restart_count < host.restart_max_retries)
            }
            _ => false,
        };
        policy && !container.stop_asked && self.follows_policies()
    }

    fn wait_to_restart(&mut self, id: ContainerId, run: u32, now: Timestamp) {
        if let Some(container) = self.containers.get_mut(&id) {
            container.state.status = ContainerStatusWord::Restarting;
            container.restart_count += 1;
            let us = container.restart_us;
            container.restart_us = (us * 2).min(timing::RESTART_MAX_US);
            self.after(now, us, Job::Restart { id, run });
        }
    }

    pub(super) fn policy_restart(
        &mut self,
        id: ContainerId,
        run: u32,
        now: Timestamp,
        rng: &mut Streams,
    ) {
        let waits = self
            .containers
            .get(&id)
            .is_some_and(|c| c.run == run && c.state.status == ContainerStatusWord::Restarting);
        if waits {
            self.begin_start(id, Vec::new(), now, rng);
        }
    }

    /// Sends what is left of unfinished lines to the log.
    fn flush_output(&mut self, id: ContainerId, now: Timestamp) {
        if let Some(container) = self.containers.get_mut(&id) {
            let lines = container.flush_log(now);
            self.tell_lines(id, &lines);
        }
    }

    /// A started container's first endpoint, for rows that show one address.
    #[must_use]
    pub fn first_address(&self, id: ContainerId) -> Option<String> {
        let container = self.containers.get(&id)?;
        let shown = |e: &&EndpointSettings| !e.ip_address.is_empty();
        container.endpoints.values().map(Box::as_ref).find(shown).map(|e| e.ip_address.clone())
    }

    /// Bytes of a container's main program to those attached.
    pub(super) fn tell_attached(&mut self, id: ContainerId, stderr: bool, bytes: &[u8]) {
        for call in self.attached_to(id) {
            self.item(call, Item::Output { stderr, bytes: bytes.to_vec() });
        }
    }
}

/// Surroundings of a program in a container (moby `container/env.go`: PATH, HOSTNAME, TERM, then
/// the container's own, HOME last).
pub(super) fn place_of(container: &super::Container, pid_one: bool) -> Place {
    let config = &container.config;
    let mut env: Vec<(String, String)> = vec![
        ("PATH".into(), "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".into()),
        ("HOSTNAME".into(), config.hostname.clone()),
    ];
    if config.tty {
        env.push(("TERM".into(), "xterm".into()));
    }
    for entry in &config.env {
        let Some((key, value)) = entry.split_once('=') else {
            env.retain(|(key, _)| key != entry);
            continue;
        };
        match env.iter_mut().find(|(known, _)| known == key) {
            Some((_, old)) => value.clone_into(old),
            None => env.push((key.to_owned(), value.to_owned())),
        }
    }
    let user = match config.user.split(':').next().unwrap_or_default() {
        "" | "0" => "root",
        name => name,
    };
    if !env.iter().any(|(key, _)| key == "HOME") {
        let home = if user == "root" { "/root" } else { "/" };
        env.push(("HOME".into(), home.into()));
    }
    Place {
        env,
        hostname: config.hostname.clone(),
        cwd: if config.working_dir.is_empty() { "/".into() } else { config.working_dir.clone() },
        user: user.to_owned(),
        tty: config.tty,
        stdin: config.open_stdin,
        pid_one: pid_one && config.host.init != Some(true),
    }
}
