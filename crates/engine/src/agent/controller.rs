//! A task's container: prepared, started, watched, stopped, removed
//! (moby `daemon/cluster/executor/container/controller.go`).

use super::worker::{Doing, RETRY_US};
use super::{Agent, Purpose, spec};
use crate::engine::Engine;
use api::{
    ApiError, ContainerStatus, ContainerStatusWord, Network, NetworkId, PortConfig, PublishMode,
    Request, Response, TaskId, TaskState, Timestamp,
};
use share::Rc;
use sim::Streams;
use std::collections::BTreeMap;

/// Time for gossip to take a task out of everybody's rings before it is stopped
/// (`defaultGossipConvergeDelay`).
const CONVERGE_US: u64 = 2_000_000;
/// How long a task waits for its node's address on a network.
const ATTACH_US: u64 = 30_000_000;
/// Default of `stop_grace_period`, seconds.
const GRACE_S: i64 = 10;

/// (path, content, mode) of secrets and configs.
type TaskFiles = Vec<(String, Vec<u8>, u32)>;

impl Agent {
    /// The task's container, found by its name.
    pub(super) fn find_container(&mut self, id: TaskId, engine: &Engine) {
        if let Some(worker) = self.workers.get_mut(&id)
            && worker.container.is_none()
        {
            worker.container = engine.find(&worker.task.name()).ok();
        }
    }

    /// First step of preparing: networks, then the image.
    pub(super) fn prepare(&mut self, id: TaskId, engine: &Engine, now: Timestamp) -> bool {
        self.find_container(id, engine);
        let Some(worker) = self.workers.get(&id) else {
            return false;
        };
        if worker.container.is_some() {
            // made before the daemon restarted
            self.observed(id, TaskState::Ready, "prepared", String::new(), now);
            return true;
        }
        self.set_doing(id, Doing::Attaching { until: Timestamp(now.0 + ATTACH_US) });
        true
    }

    /// Waits for this node's own address on every overlay network of the task.
    pub(super) fn attach(
        &mut self,
        id: TaskId,
        engine: &mut Engine,
        now: Timestamp,
        rng: &mut Streams,
    ) -> bool {
        let Some(worker) = self.workers.get(&id) else {
            return false;
        };
        let Doing::Attaching { until } = worker.doing else {
            return false;
        };
        let missing = worker.task.networks.iter().any(|attachment| {
            self.is_overlay(attachment.network) && self.lb_address(attachment.network).is_none()
        });
        if missing && until > now {
            return false;
        }
        if missing {
            let err = "node is missing network attachments, ip addresses may be exhausted";
            self.fatal(id, err.to_owned(), now);
            return true;
        }
        let networks: Vec<_> = worker.task.networks.iter().map(|a| a.network).collect();
        let image = worker.task.spec.container.image.clone();
        for network in networks {
            self.bring_network(network, engine, now, rng);
        }
        // an image that is pinned and present is not asked for again
        if engine.has_image(&image) && image.contains('@') {
            self.create(id, engine, now, rng);
        } else {
            let call = self.ask(
                Purpose::Task(id),
                Request::ImagePull { image, all_tags: false },
                engine,
                now,
                rng,
            );
            self.set_doing(id, Doing::Pulling { call });
        }
        true
    }

    fn create(&mut self, id: TaskId, engine: &mut Engine, now: Timestamp, rng: &mut Streams) {
        let Some(worker) = self.workers.get(&id) else {
            return;
        };
        let task = share::Rc::clone(&worker.task);
        let call = self.new_call(Purpose::Task(id));
        self.set_doing(id, Doing::Creating { call });
        match self.container_of(&task) {
            Ok((config, files)) => {
                engine.create_task_container(call, task.name(), config, files, now, rng);
            }
            Err(err) => {
                self.calls.remove(&call);
                self.fatal(id, err, now);
            }
        }
    }

    /// The container of a task, with the files of its secrets and configs.
    fn container_of(&self, task: &api::Task) -> Result<(api::ContainerConfig, TaskFiles), String> {
        spec::check_mounts(&task.spec.container.mounts)?;
        let mut config = spec::container_config(task, self.node, &self.description);
        spec::attach_networks(&mut config, task, &self.networks);
        let mut files = Vec::new();
        for reference in &task.spec.container.secrets {
            let found = self.secrets.values().find(|s| s.id.as_str() == reference.id);
            let secret =
                found.ok_or_else(|| format!("secret reference {} is not found", reference.name))?;
            let path = if reference.target.starts_with('/') {
                reference.target.clone()
            } else {
                format!("/run/secrets/{}", reference.target)
            };
            files.push((path, secret.spec.data.clone(), reference.mode));
        }
        for reference in &task.spec.container.configs {
            let found = self.configs.values().find(|c| c.id.as_str() == reference.id);
            let stored =
                found.ok_or_else(|| format!("config reference {} is not found", reference.name))?;
            let path = if reference.target.starts_with('/') {
                reference.target.clone()
            } else {
                format!("/{}", reference.target)
            };
            let data = if stored.spec.templating.is_empty() {
                stored.spec.data.clone()
            } else {
                let text = String::from_utf8_lossy(&stored.spec.data);
                spec::expand(&text, task, self.node, &self.description).into_bytes()
            };
            files.push((path, data, reference.mode));
        }
        Ok((config, files))
    }

    pub(super) fn start(
        &mut self,
        id: TaskId,
        engine: &mut Engine,
        now: Timestamp,
        rng: &mut Streams,
    ) -> bool {
        self.find_container(id, engine);
        let Some(container) = self.workers.get(&id).and_then(|worker| worker.container) else {
            self.fatal(id, "starting container failed: No such container".to_owned(), now);
            return true;
        };
        let status = engine.state_of(container).map(|(state, _)| state.status);
        if status != Some(ContainerStatusWord::Created) {
            // before the daemon restarted (`ErrTaskStarted`)
            self.observed(id, TaskState::Running, "started", String::new(), now);
            return true;
        }
        let request = Request::ContainerStart { container: container.to_string() };
        let call = self.ask(Purpose::Task(id), request, engine, now, rng);
        self.set_doing(id, Doing::Starting { call });
        true
    }

    /// The engine's answer to what a task's controller asked last.
    pub(super) fn task_answered(
        &mut self,
        id: TaskId,
        call: u64,
        result: Result<Response, ApiError>,
        engine: &mut Engine,
        now: Timestamp,
    ) {
        let Some(worker) = self.workers.get_mut(&id) else {
            return;
        };
        if worker.call() != Some(call) {
            return;
        }
        match (worker.doing, result) {
            // a pull that fails does no harm if the image is there; else the create says so
            (Doing::Pulling { .. }, _) => worker.doing = Doing::Creating { call: 0 },
            (Doing::Creating { .. }, Ok(response)) => {
                worker.doing = Doing::Idle;
                if let Response::Created { id: made, .. } = response {
                    worker.container = api::ContainerId::parse(&made);
                }
                if !worker.is_to_end() {
                    self.observed(id, TaskState::Ready, "prepared", String::new(), now);
                }
            }
            (Doing::Creating { .. }, Err(error)) => self.fatal(id, error.message, now),
            (Doing::Starting { .. }, Ok(_)) => worker.doing = Doing::Probing,
            (Doing::Starting { .. }, Err(error)) => {
                let text = format!("starting container failed: {}", error.message);
                self.note_container(id, engine);
                self.fatal(id, text, now);
            }
            (Doing::Stopping { .. }, Ok(_)) => {
                worker.doing = Doing::Idle;
                self.note_container(id, engine);
                match self.workers.get(&id) {
                    Some(worker) if worker.unhealthy && !worker.is_to_end() => {
                        self.ended_sick(id, now);
                    }
                    _ => self.observed(id, TaskState::Shutdown, "shutdown", String::new(), now),
                }
            }
            (Doing::Stopping { .. }, Err(error)) if error.is_not_found() => {
                worker.doing = Doing::Idle;
                self.observed(id, TaskState::Shutdown, "shutdown", String::new(), now);
            }
            (Doing::Removing { .. }, Ok(_)) => worker.container = None,
            (Doing::Removing { .. }, Err(error)) if error.is_not_found() => {
                worker.container = None;
            }
            (
                Doing::Stopping { .. }
                | Doing::Removing { .. }
                | Doing::Idle
                | Doing::Attaching { .. }
                | Doing::Probing
                | Doing::Watching
                | Doing::Converging { .. }
                | Doing::Retry { .. },
                _,
            ) => worker.doing = Doing::Retry { at: Timestamp(now.0 + RETRY_US) },
        }
    }

    /// Copies container id, pid and exit code into the status.
    fn note_container(&mut self, id: TaskId, engine: &Engine) {
        let Some(worker) = self.workers.get_mut(&id) else {
            return;
        };
        if let Some(container) = worker.container
            && let Some((state, _)) = engine.state_of(container)
        {
            worker.status.container =
                Some(ContainerStatus { id: container, pid: state.pid, exit_code: state.exit_code });
            worker.status.port_status = host_ports(engine, container, &worker.task);
        }
    }

    /// Started: running at once, or with the first good probe.
    pub(super) fn watch_probes(
        &mut self,
        id: TaskId,
        engine: &mut Engine,
        now: Timestamp,
        rng: &mut Streams,
    ) -> bool {
        let container = self.workers.get(&id).and_then(|worker| worker.container);
        let Some((state, _)) = container.and_then(|container| engine.state_of(container)) else {
            self.note_container(id, engine);
            self.exited(id, 137, now);
            return true;
        };
        if state.status != ContainerStatusWord::Running {
            let code = state.exit_code;
            self.note_container(id, engine);
            self.exited(id, code, now);
            return true;
        }
        match state.health.as_ref().map(|health| health.status.as_str()) {
            Some("starting") => false,
            Some("unhealthy") => self.stop_unhealthy(id, engine, now, rng),
            // it ran, though the program may have ended already and only waits to be put away
            _ => {
                self.note_container(id, engine);
                self.observed(id, TaskState::Running, "started", String::new(), now);
                if let Some(worker) = self.workers.get_mut(&id) {
                    worker.bound = true;
                    worker.doing = Doing::Watching;
                }
                true
            }
        }
    }

    /// Running: waits for the end of the program or a bad probe.
    pub(super) fn watch(
        &mut self,
        id: TaskId,
        engine: &mut Engine,
        now: Timestamp,
        rng: &mut Streams,
    ) -> bool {
        let Some(worker) = self.workers.get_mut(&id) else {
            return false;
        };
        let state = worker.container.and_then(|container| engine.state_of(container));
        let Some((state, _)) = state else {
            // removed behind the agent's back: it was killed first
            worker.container = None;
            self.exited(id, 137, now);
            return true;
        };
        match state.status {
            ContainerStatusWord::Running | ContainerStatusWord::Paused => {
                worker.bound = true;
                let sick = state.health.as_ref().is_some_and(|h| h.status == "unhealthy");
                if sick && !worker.unhealthy {
                    return self.stop_unhealthy(id, engine, now, rng);
                }
                false
            }
            ContainerStatusWord::Created
            | ContainerStatusWord::Restarting
            | ContainerStatusWord::Removing
            | ContainerStatusWord::Exited
            | ContainerStatusWord::Dead => {
                let code = state.exit_code;
                self.note_container(id, engine);
                self.exited(id, code, now);
                true
            }
        }
    }

    fn stop_unhealthy(
        &mut self,
        id: TaskId,
        engine: &mut Engine,
        now: Timestamp,
        rng: &mut Streams,
    ) -> bool {
        if let Some(worker) = self.workers.get_mut(&id) {
            worker.unhealthy = true;
        }
        self.stop(id, engine, now, rng);
        true
    }

    /// The program has ended by itself.
    fn exited(&mut self, id: TaskId, code: i32, now: Timestamp) {
        let Some(worker) = self.workers.get_mut(&id) else {
            return;
        };
        worker.bound = false;
        worker.doing = Doing::Idle;
        let cause = if worker.unhealthy { ": dockerexec: unhealthy container" } else { "" };
        // status 0 is no failure, not even after bad probes (recorded: `hcbad`) or right after
        // the start (recorded: `once`)
        if code == 0 {
            self.observed(id, TaskState::Complete, "finished", String::new(), now);
        } else {
            let err = format!("task: non-zero exit ({code}){cause}");
            self.observed(id, TaskState::Failed, "", err, now);
        }
    }

    /// It was stopped for its probes' sake; the code it ended with says whether that is a failure.
    fn ended_sick(&mut self, id: TaskId, now: Timestamp) {
        let code = self
            .workers
            .get(&id)
            .and_then(|worker| worker.status.container.as_ref())
            .map_or(137, |container| container.exit_code);
        self.exited(id, code, now);
    }

    fn stop(&mut self, id: TaskId, engine: &mut Engine, now: Timestamp, rng: &mut Streams) {
        let Some(worker) = self.workers.get_mut(&id) else {
            return;
        };
        worker.bound = false;
        let Some(container) = worker.container else {
            return;
        };
        let grace = worker.task.spec.container.stop_grace_period_ns;
        let grace = grace.map_or(GRACE_S, |ns| ns / 1_000_000_000);
        let request =
            Request::ContainerStop { container: container.to_string(), timeout_s: Some(grace) };
        let call = self.ask(Purpose::Task(id), request, engine, now, rng);
        self.set_doing(id, Doing::Stopping { call });
    }

    /// One step of a task that is to end; a removed one's container goes too.
    pub(super) fn end_step(
        &mut self,
        id: TaskId,
        engine: &mut Engine,
        now: Timestamp,
        rng: &mut Streams,
    ) -> bool {
        self.find_container(id, engine);
        let Some(worker) = self.workers.get(&id) else {
            return false;
        };
        let running = worker
            .container
            .and_then(|container| engine.state_of(container))
            .is_some_and(|(state, busy)| {
                busy || matches!(
                    state.status,
                    ContainerStatusWord::Running | ContainerStatusWord::Paused
                )
            });
        match worker.doing {
            Doing::Pulling { call } => {
                engine.cancel(call, now);
                self.calls.remove(&call);
                let again = Timestamp(now.0 + RETRY_US);
                let removed = worker.removed;
                self.set_doing(id, if removed { Doing::Idle } else { Doing::Retry { at: again } });
                true
            }
            Doing::Converging { until } if until > now => false,
            Doing::Converging { .. } => self.end(id, running, engine, now, rng),
            // a create or start that is under way is awaited
            Doing::Creating { call: 0 } => {
                self.set_doing(id, Doing::Idle);
                true
            }
            Doing::Creating { .. } | Doing::Starting { .. } | Doing::Stopping { .. } => false,
            Doing::Removing { .. } if worker.container.is_none() => {
                self.workers.remove(&id);
                false
            }
            Doing::Removing { .. } => false,
            Doing::Retry { at } if at > now => false,
            Doing::Idle
            | Doing::Attaching { .. }
            | Doing::Probing
            | Doing::Watching
            | Doing::Retry { .. } => self.begin_end(id, running, engine, now, rng),
        }
    }

    fn begin_end(
        &mut self,
        id: TaskId,
        running: bool,
        engine: &mut Engine,
        now: Timestamp,
        rng: &mut Streams,
    ) -> bool {
        let Some(worker) = self.workers.get_mut(&id) else {
            return false;
        };
        // what has ended is not stopped, even if somebody started it again (`exec.Do`)
        if worker.status.state >= TaskState::Complete && !worker.removed {
            return false;
        }
        worker.bound = false;
        if has_service_binding(&worker.task, &self.networks) {
            // whether its program runs or not (`controller.Shutdown`)
            worker.doing = Doing::Converging { until: Timestamp(now.0 + CONVERGE_US) };
            return true;
        }
        self.end(id, running, engine, now, rng)
    }

    /// Nobody sends it anything any more: its program is stopped; a removed one's container goes.
    fn end(
        &mut self,
        id: TaskId,
        running: bool,
        engine: &mut Engine,
        now: Timestamp,
        rng: &mut Streams,
    ) -> bool {
        let Some(worker) = self.workers.get_mut(&id) else {
            return false;
        };
        worker.doing = Doing::Idle;
        if running {
            self.stop(id, engine, now, rng);
            return true;
        }
        if !worker.removed {
            self.note_container(id, engine);
            self.observed(id, TaskState::Shutdown, "shutdown", String::new(), now);
            return true;
        }
        match worker.container {
            Some(container) => {
                let request = Request::ContainerRemove {
                    container: container.to_string(),
                    force: true,
                    volumes: true,
                };
                let call = self.ask(Purpose::Task(id), request, engine, now, rng);
                self.set_doing(id, Doing::Removing { call });
                true
            }
            None => {
                self.workers.remove(&id);
                false
            }
        }
    }

    /// A pull has ended: the container is made on the next round.
    pub(super) fn create_after_pull(
        &mut self,
        engine: &mut Engine,
        now: Timestamp,
        rng: &mut Streams,
    ) -> bool {
        let ready: Vec<TaskId> = self
            .workers
            .iter()
            .filter(|(_, w)| w.doing == Doing::Creating { call: 0 } && !w.is_to_end())
            .map(|(id, _)| *id)
            .collect();
        for id in &ready {
            self.create(*id, engine, now, rng);
        }
        !ready.is_empty()
    }
}

/// Whether other nodes send the task connections: it is on a network of the swarm.
pub(super) fn has_service_binding(
    task: &api::Task,
    networks: &BTreeMap<NetworkId, Rc<Network>>,
) -> bool {
    let overlay = |id: &NetworkId| networks.get(id).is_some_and(|network| !network.predefined);
    task.networks.iter().any(|attachment| overlay(&attachment.network))
}

/// Host-mode ports of a task as they are bound: one entry for IPv4, one for IPv6.
fn host_ports(engine: &Engine, id: api::ContainerId, task: &api::Task) -> Vec<PortConfig> {
    let host: Vec<&PortConfig> =
        task.ports.iter().filter(|p| p.publish_mode == PublishMode::Host).collect();
    let mut all = Vec::new();
    for bound in engine.bound_ports(id) {
        let named = host
            .iter()
            .any(|p| p.target_port == bound.private_port && p.protocol == bound.protocol);
        if !named {
            continue;
        }
        all.extend(bound.bindings.iter().map(|(_, port)| PortConfig {
            name: String::new(),
            protocol: bound.protocol,
            target_port: bound.private_port,
            published_port: *port,
            publish_mode: PublishMode::Host,
        }));
    }
    all
}
