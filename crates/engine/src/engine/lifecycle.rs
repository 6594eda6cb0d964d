//! Requests about one container: start, stop, kill, pause, rename, wait, rm.

use super::container::{Busy, Waiter};
use super::create::Create;
use super::{Container, Engine, Job, no_such, timing};
use crate::app::{Input, Reaction, signal_number};
use api::{
    ApiError, ContainerId, ContainerStatusWord, Filters, HostConfig, Request, Response, Timestamp,
};
use share::Rc;
use sim::Streams;
use std::collections::BTreeSet;

type Answer = Option<Result<Response, ApiError>>;

fn conflict(text: String) -> ApiError {
    ApiError::new(409, text)
}

impl Engine {
    /// Which container a user means: an id, a name, a prefix of an id (moby `GetContainer`).
    pub fn find(&self, reference: &str) -> Result<ContainerId, ApiError> {
        if let Some(id) = ContainerId::parse(reference)
            && self.containers.contains_key(&id)
        {
            return Ok(id);
        }
        let name = reference.strip_prefix('/').unwrap_or(reference);
        if let Some(container) = self.containers.values().find(|c| c.name == name) {
            return Ok(container.id);
        }
        let mut found = self
            .containers
            .keys()
            .filter(|id| !reference.is_empty() && id.to_string().starts_with(reference));
        match (found.next(), found.next()) {
            (Some(id), None) => Ok(*id),
            (Some(_), Some(_)) => Err(ApiError::new(
                500,
                format!("Multiple IDs found with provided prefix: {reference}"),
            )),
            (None, _) => Err(no_such(reference)),
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "only container requests come here")]
    pub(super) fn container_call(
        &mut self,
        call: u64,
        req: Request,
        now: Timestamp,
        rng: &mut Streams,
    ) -> Answer {
        use Request as R;
        let result = match req {
            R::ContainerCreate { name, config } => {
                let create = Create { call, name, config, secrets: Vec::new() };
                self.create(create, now, rng).map(|()| None)
            }
            R::ContainerStart { container } => self.start(call, &container, now, rng),
            R::ContainerStop { container, timeout_s } => {
                self.stop(call, &container, timeout_s, now, rng)
            }
            R::ContainerRestart { container, timeout_s } => {
                self.restart(call, &container, timeout_s, now, rng)
            }
            R::ContainerKill { container, signal } => {
                self.kill(call, &container, &signal, now, rng)
            }
            R::ContainerPause { container } => self.pause(&container, true, now, rng),
            R::ContainerUnpause { container } => self.pause(&container, false, now, rng),
            R::ContainerRemove { container, force, volumes } => {
                self.remove(call, &container, force, volumes, now, rng)
            }
            R::ContainerRename { container, name } => self.rename(&container, &name, now),
            R::ContainerUpdate { container, host, changed } => {
                self.update(&container, &host, &changed, now)
            }
            R::ContainerWait { container, condition } => self.wait(call, &container, &condition),
            _ => Ok(Some(Response::Done)),
        };
        match result {
            Ok(answer) => answer.map(Ok),
            Err(error) => Some(Err(error)),
        }
    }

    fn get(&mut self, reference: &str) -> Result<&mut Container, ApiError> {
        let id = self.find(reference)?;
        self.containers.get_mut(&id).ok_or_else(|| no_such(reference))
    }

    fn start(
        &mut self,
        call: u64,
        reference: &str,
        now: Timestamp,
        rng: &mut Streams,
    ) -> Result<Option<Response>, ApiError> {
        let container = self.get(reference)?;
        let id = container.id;
        if container.state.status == ContainerStatusWord::Paused {
            return Err(conflict("cannot start a paused container, try unpause instead".into()));
        }
        match container.busy {
            Busy::Removing => {
                Err(conflict("container is marked for removal and cannot be started".into()))
            }
            Busy::Reaping => {
                container.waiters.push(Waiter::Restart(call));
                Ok(None)
            }
            Busy::Starting => Ok(Some(Response::Done)),
            Busy::No if container.is_running() => Ok(Some(Response::Done)),
            Busy::No => {
                container.restart_us = timing::RESTART_US;
                self.begin_start(id, vec![call], now, rng);
                Ok(None)
            }
        }
    }

    /// Asks the program to end and sees to it that it does.
    fn begin_stop(
        &mut self,
        id: ContainerId,
        timeout_s: Option<i64>,
        now: Timestamp,
        rng: &mut Streams,
    ) {
        let Some(container) = self.containers.get_mut(&id) else {
            return;
        };
        container.stop_asked = true;
        let run = container.run;
        let signal = container.stop_signal().to_owned();
        let grace = timeout_s.or(container.config.stop_timeout_s).unwrap_or(timing::STOP_GRACE_S);
        self.send_signal(id, &signal, now, rng);
        if let Ok(grace) = u64::try_from(grace) {
            self.after(now, grace.saturating_mul(1_000_000), Job::Grace { id, run });
        }
    }

    fn stop(
        &mut self,
        call: u64,
        reference: &str,
        timeout_s: Option<i64>,
        now: Timestamp,
        rng: &mut Streams,
    ) -> Result<Option<Response>, ApiError> {
        let container = self.get(reference)?;
        let id = container.id;
        if container.state.status == ContainerStatusWord::Restarting {
            container.state.status = ContainerStatusWord::Exited;
            container.stop_asked = true;
            container.run += 1;
            container.busy = Busy::No;
            self.container_event(now, id, "stop", &[]);
            return Ok(Some(Response::Done));
        }
        if !container.is_running() && container.busy != Busy::Starting {
            return Ok(Some(Response::Done));
        }
        container.waiters.push(Waiter::Stopped(call));
        match container.busy {
            Busy::No => self.begin_stop(id, timeout_s, now, rng),
            Busy::Starting => self.cut_start(id, now, rng),
            Busy::Reaping | Busy::Removing => {}
        }
        Ok(None)
    }

    /// A stop that comes while the container starts: it ends as soon as it would have run.
    fn cut_start(&mut self, id: ContainerId, now: Timestamp, rng: &mut Streams) {
        if let Some(container) = self.containers.get_mut(&id) {
            container.run += 1;
            container.stop_asked = true;
            self.main_ended(id, 137, now, rng);
        }
    }

    pub(super) fn grace_over(
        &mut self,
        id: ContainerId,
        run: u32,
        now: Timestamp,
        rng: &mut Streams,
    ) {
        if self.containers.get(&id).is_some_and(|c| c.run == run && c.process.is_some()) {
            self.send_signal(id, "SIGKILL", now, rng);
        }
    }

    fn restart(
        &mut self,
        call: u64,
        reference: &str,
        timeout_s: Option<i64>,
        now: Timestamp,
        rng: &mut Streams,
    ) -> Result<Option<Response>, ApiError> {
        let container = self.get(reference)?;
        let id = container.id;
        if container.is_running() || container.busy == Busy::Reaping {
            container.waiters.push(Waiter::Restart(call));
            if container.busy == Busy::No {
                self.begin_stop(id, timeout_s, now, rng);
            }
        } else {
            self.begin_start(id, vec![call], now, rng);
        }
        Ok(None)
    }

    fn kill(
        &mut self,
        call: u64,
        reference: &str,
        signal: &str,
        now: Timestamp,
        rng: &mut Streams,
    ) -> Result<Option<Response>, ApiError> {
        let signal = if signal.is_empty() { "SIGKILL" } else { signal };
        let Some(number) = signal_number(signal) else {
            return Err(ApiError::new(400, format!("Invalid signal: {signal}")));
        };
        let wrap = |error: ApiError| {
            ApiError::new(
                error.status,
                format!("Cannot kill container: {reference}: {}", error.message),
            )
        };
        let container = self.get(reference).map_err(wrap)?;
        let id = container.id;
        if !container.is_running() || container.busy != Busy::No {
            let text = format!("Container {id} is not running");
            return Err(wrap(conflict(text)));
        }
        let asked = signal_number(container.stop_signal()) == Some(number) || number == 9;
        container.stop_asked |= asked;
        if number == 9 {
            container.waiters.push(Waiter::Ended(call));
        }
        self.send_signal(id, signal, now, rng);
        Ok((number != 9).then_some(Response::Done))
    }

    /// A signal to the main program. A paused one is resumed for it.
    pub(super) fn send_signal(
        &mut self,
        id: ContainerId,
        signal: &str,
        now: Timestamp,
        rng: &mut Streams,
    ) {
        let number = signal_number(signal).unwrap_or(15);
        self.container_event(now, id, "kill", &[("signal", number.to_string())]);
        let Some(container) = self.containers.get_mut(&id) else {
            return;
        };
        if container.state.status == ContainerStatusWord::Paused {
            container.state.status = ContainerStatusWord::Running;
            self.make_up_wakes(id, now);
        }
        let reaction = match self.containers.get(&id).and_then(|c| c.process.as_ref()) {
            Some(_) if number == 9 => Reaction::Ends(137),
            Some(process) => process.app.signal(signal),
            None => return,
        };
        match reaction {
            Reaction::Ignores => {}
            Reaction::Ends(code) => self.main_ended(id, code, now, rng),
            Reaction::Interrupted => {
                self.resume(&super::Key::Main(id), Input::Interrupt, now, rng);
            }
        }
    }

    fn pause(
        &mut self,
        reference: &str,
        pause: bool,
        now: Timestamp,
        rng: &mut Streams,
    ) -> Result<Option<Response>, ApiError> {
        let container = self.get(reference)?;
        let id = container.id;
        match (container.state.status, pause) {
            (ContainerStatusWord::Running, true) => {
                container.state.status = ContainerStatusWord::Paused;
                self.container_event(now, id, "pause", &[]);
            }
            (ContainerStatusWord::Paused, false) => {
                container.state.status = ContainerStatusWord::Running;
                let us = timing::draw(timing::PAUSE, &self.facts.hostname, rng);
                self.make_up_wakes(id, Timestamp(now.0 + us));
                self.container_event(now, id, "unpause", &[]);
            }
            (ContainerStatusWord::Paused, true) => {
                return Err(conflict(format!("Container {id} is already paused")));
            }
            (_, true) => return Err(conflict(format!("Container {id} is not running"))),
            (_, false) => return Err(conflict(format!("Container {id} is not paused"))),
        }
        Ok(Some(Response::Done))
    }

    fn remove(
        &mut self,
        call: u64,
        reference: &str,
        force: bool,
        volumes: bool,
        now: Timestamp,
        rng: &mut Streams,
    ) -> Result<Option<Response>, ApiError> {
        let container = self.get(reference)?;
        let id = container.id;
        if container.busy == Busy::Removing {
            let text = format!("removal of container {reference} is already in progress");
            return Err(conflict(text));
        }
        let restarting = container.state.status == ContainerStatusWord::Restarting;
        if (container.is_running() || restarting) && !force {
            let paused = container.state.status == ContainerStatusWord::Paused;
            let word = container.state.status.as_str();
            let procedure =
                if paused { "Unpause and then stop the container" } else { "Stop the container" };
            return Err(conflict(format!(
                "You cannot remove a {word} container {id}. {procedure} before attempting \
                 removal or force remove"
            )));
        }
        container.stop_asked = true;
        match container.busy {
            Busy::No if container.is_running() => {
                container.waiters.push(Waiter::Remove { call, volumes });
                self.send_signal(id, "SIGKILL", now, rng);
            }
            Busy::Reaping => container.waiters.push(Waiter::Remove { call, volumes }),
            Busy::Starting => {
                container.waiters.push(Waiter::Remove { call, volumes });
                self.cut_start(id, now, rng);
            }
            Busy::No | Busy::Removing => {
                container.run += 1;
                self.begin_remove(id, vec![call], volumes, now, rng);
            }
        }
        Ok(None)
    }

    /// Removes a container once its program has ended; whoever asks sees to that.
    pub(crate) fn remove_when_ended(
        &mut self,
        call: u64,
        id: ContainerId,
        now: Timestamp,
        rng: &mut Streams,
    ) {
        let Some(container) = self.containers.get_mut(&id) else {
            return;
        };
        if container.process.is_some() || container.busy == Busy::Reaping {
            container.waiters.push(Waiter::Remove { call, volumes: true });
        } else if container.busy != Busy::Removing {
            // a start under way comes to nothing
            container.run += 1;
            self.begin_remove(id, vec![call], true, now, rng);
        }
    }

    pub(super) fn begin_remove(
        &mut self,
        id: ContainerId,
        calls: Vec<u64>,
        volumes: bool,
        now: Timestamp,
        rng: &mut Streams,
    ) {
        if let Some(container) = self.containers.get_mut(&id) {
            container.busy = Busy::Removing;
            self.drawn(now, timing::REMOVE, Job::Remove { id, calls, volumes }, rng);
        }
    }

    pub(super) fn remove_now(
        &mut self,
        id: ContainerId,
        calls: &[u64],
        volumes: bool,
        now: Timestamp,
    ) {
        self.container_event(now, id, "destroy", &[]);
        let Some(container) = self.containers.remove(&id) else {
            return;
        };
        self.order.retain(|other| *other != id);
        self.execs.retain(|_, exec| exec.container != id);
        if volumes {
            self.remove_anonymous(&container, now);
        }
        let code = container.state.exit_code;
        for waiter in container.waiters {
            match waiter {
                Waiter::Removed(call) | Waiter::Exit(call) => {
                    self.done(call, Ok(Response::Exit { code, error: String::new() }));
                }
                Waiter::Stopped(call)
                | Waiter::Ended(call)
                | Waiter::Restart(call)
                | Waiter::Remove { call, .. } => self.done(call, Ok(Response::Done)),
            }
        }
        self.end_streams_of(id);
        self.changed();
        for call in calls {
            self.done(*call, Ok(Response::Done));
        }
        self.settle_stop();
    }

    fn rename(
        &mut self,
        reference: &str,
        name: &str,
        now: Timestamp,
    ) -> Result<Option<Response>, ApiError> {
        let name = name.strip_prefix('/').unwrap_or(name);
        if name.is_empty() {
            return Err(ApiError::new(400, "Neither old nor new names may be empty"));
        }
        let container = self.get(reference)?;
        let (id, old) = (container.id, container.name.clone());
        if old == name {
            return Err(ApiError::new(
                400,
                "Renaming a container with the same name as its current name",
            ));
        }
        self.check_free(name)?;
        if let Some(container) = self.containers.get_mut(&id) {
            name.clone_into(&mut container.name);
        }
        self.container_event(now, id, "rename", &[("oldName", format!("/{old}"))]);
        Ok(Some(Response::Done))
    }

    fn update(
        &mut self,
        reference: &str,
        host: &HostConfig,
        changed: &BTreeSet<String>,
        now: Timestamp,
    ) -> Result<Option<Response>, ApiError> {
        let container = self.get(reference)?;
        let id = container.id;
        let own = &mut Rc::make_mut(&mut container.config).host;
        for key in changed {
            match key.as_str() {
                "memory" => own.memory_bytes = host.memory_bytes,
                "memory-swap" => own.memory_swap_bytes = host.memory_swap_bytes,
                "memory-reservation" => {
                    own.memory_reservation_bytes = host.memory_reservation_bytes;
                }
                "cpus" => own.nano_cpus = host.nano_cpus,
                "cpu-shares" => own.cpu_shares = host.cpu_shares,
                "pids-limit" => own.pids_limit = host.pids_limit,
                "restart" => {
                    own.restart_policy.clone_from(&host.restart_policy);
                    own.restart_max_retries = host.restart_max_retries;
                }
                _ => {}
            }
        }
        self.container_event(now, id, "update", &[]);
        Ok(Some(Response::Done))
    }

    fn wait(
        &mut self,
        call: u64,
        reference: &str,
        condition: &str,
    ) -> Result<Option<Response>, ApiError> {
        let container = self.get(reference)?;
        let ended = !container.is_running() && container.busy == Busy::No;
        match condition {
            "removed" => container.waiters.push(Waiter::Removed(call)),
            "next-exit" => container.waiters.push(Waiter::Exit(call)),
            _ if ended => {
                let code = container.state.exit_code;
                return Ok(Some(Response::Exit { code, error: String::new() }));
            }
            _ => container.waiters.push(Waiter::Exit(call)),
        }
        Ok(None)
    }

    pub(super) fn container_prune(
        &mut self,
        filters: &Filters,
        now: Timestamp,
    ) -> Result<Response, ApiError> {
        super::lists::check_keys(filters, &["label", "label!", "until"])?;
        let gone: Vec<(ContainerId, u64)> = self
            .newest_first()
            .filter(|c| !c.is_running() && c.busy == Busy::No)
            .filter(|c| c.state.status != ContainerStatusWord::Restarting)
            .filter(|c| super::lists::has_labels(filters, &c.config.labels))
            .map(|c| (c.id, c.size_rw()))
            .collect();
        let mut reclaimed = 0;
        for (id, size) in &gone {
            reclaimed += size;
            self.remove_now(*id, &[], false, now);
        }
        let deleted = gone.iter().map(|(id, _)| id.to_string()).collect();
        Ok(Response::Pruned { deleted, reclaimed })
    }
}
