//! The swarm's agent on one machine: session, worker, one controller for each task.
//!
//! | | |
//! |---|---|
//! | `session` | finds a manager, registers, beats, reports statuses |
//! | `worker` | what is assigned, and the state machine of each task |
//! | `controller` | a task's container: pull, create, start, watch, stop, remove |
//! | `spec` | the container that a task's spec means |
//! | `networks` | overlay networks on this machine, endpoint records for gossip |
//! | `logs` | log subscriptions |
//! | SwarmKit | `agent/`, `agent/exec/controller.go`; moby `daemon/cluster/executor/container` |
//!
//! The agent drives the engine through the same requests as a person does, and looks at what
//! became of its containers each time it is polled: nothing is lost when one of the two restarts.
//!
//! Its task list and the statuses it reported are on the machine's disk: they survive
//! [`Agent::restarted`]. The session and what is under way do not. After [`Agent::close`] the list
//! is empty: what comes next is as the manager believes it to be.
//!
//! **Left out:** log subscriptions are not ended early.
//!
//! **Invariant:** an observed state never goes back.

mod controller;
mod logs;
mod networks;
mod session;
mod spec;
#[cfg(test)]
mod tests;
mod worker;

use crate::engine::{AGENT_CALLS, Engine, EngineAnswer};
use api::dispatch::{Assignments, ToAgent, ToDispatcher};
use api::{
    Config, ConfigId, Network, NetworkId, Node, NodeDescription, NodeId, PortConfig, Secret,
    SecretId, ServiceId, TaskId, TaskStatus, Timestamp,
};
use serde::{Deserialize, Serialize};
use share::Rc;
use sim::Streams;
use std::collections::BTreeMap;

/// What gossip tells other nodes about a task on an overlay network (libnetwork's endpoint
/// record): a service's task joined, left, or gets no new connections.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "what the words say")]
pub struct EndpointRecord {
    pub network: NetworkId,
    /// Absent for a plain container.
    pub service: Option<ServiceId>,
    pub service_name: String,
    pub task: TaskId,
    /// The container's name (`web.1.ID`).
    pub task_name: String,
    /// The service's address on that network. The agent is not told it: left empty here.
    pub vip: String,
    /// Ingress ports, on the ingress network only.
    pub ports: Vec<PortConfig>,
    /// The task's own address.
    pub ip: String,
    pub aliases: Vec<String>,
    /// True: it is gone, or takes no new connections (weight 0).
    pub removed: bool,
}

/// The agent of a machine that is a node of a swarm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Agent {
    node: NodeId,
    description: NodeDescription,
    /// Managers by (node, address) with a score: good and bad experience.
    managers: Vec<session::Remote>,
    /// This machine's own manager, which passes everything on to the leader.
    local: Option<String>,
    /// The node as the leader told it last.
    object: Option<Rc<Node>>,
    workers: BTreeMap<TaskId, worker::Worker>,
    networks: BTreeMap<NetworkId, Rc<Network>>,
    secrets: BTreeMap<SecretId, Rc<Secret>>,
    configs: BTreeMap<ConfigId, Rc<Config>>,

    session: session::Session,
    /// A complete set of assignments came since the last start.
    informed: bool,
    unsent: BTreeMap<TaskId, TaskStatus>,
    /// The engine's revision that was looked at last with everything done that it asked for.
    looked: Option<u64>,
    calls: BTreeMap<u64, Purpose>,
    next_call: u64,
    subscriptions: BTreeMap<u64, logs::Subscription>,
    #[serde(with = "sim::entries")]
    told: BTreeMap<(TaskId, NetworkId), EndpointRecord>,
    messages: Vec<(String, ToDispatcher)>,
    records: Vec<EndpointRecord>,
}

/// What a call to the engine was for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Purpose {
    /// A step of a task's controller.
    Task(TaskId),
    /// The lines of a task for a subscription.
    Logs { subscription: u64, task: TaskId },
    /// Nobody asks for the answer.
    Nothing,
}

impl Agent {
    /// An agent that knows some managers by (node, address) and will look for one of them.
    #[must_use]
    pub fn new(
        node: NodeId,
        description: NodeDescription,
        managers: Vec<(NodeId, String)>,
    ) -> Self {
        Self {
            node,
            description,
            managers: managers.into_iter().map(session::Remote::new).collect(),
            local: None,
            object: None,
            workers: BTreeMap::new(),
            networks: BTreeMap::new(),
            secrets: BTreeMap::new(),
            configs: BTreeMap::new(),
            session: session::Session::default(),
            informed: false,
            unsent: BTreeMap::new(),
            looked: None,
            calls: BTreeMap::new(),
            next_call: 0,
            subscriptions: BTreeMap::new(),
            told: BTreeMap::new(),
            messages: Vec::new(),
            records: Vec::new(),
        }
    }

    /// Who it is.
    #[must_use]
    pub const fn node(&self) -> NodeId {
        self.node
    }

    /// The node as the leader told it last: role, labels, availability, attachments.
    #[must_use]
    pub fn object(&self) -> Option<&Rc<Node>> {
        self.object.as_ref()
    }

    /// Managers it knows, by (node, address).
    pub fn managers(&self) -> impl Iterator<Item = (NodeId, &str)> {
        self.managers.iter().map(|remote| (remote.node, remote.addr.as_str()))
    }

    /// This machine runs a manager under that address: the agent talks to it alone, whoever leads
    /// (SwarmKit `connectionbroker`).
    pub fn set_local_manager(&mut self, addr: Option<&str>) {
        if self.local.as_deref() != addr {
            self.local = addr.map(str::to_owned);
        }
    }

    /// Whether it has a session.
    #[must_use]
    pub const fn is_registered(&self) -> bool {
        matches!(self.session.state, session::State::Open { .. })
    }

    /// Task of a container by name or id, for pictures: (task, container) of all that have one.
    pub fn containers(&self) -> impl Iterator<Item = (TaskId, api::ContainerId)> {
        self.workers.iter().filter_map(|(id, worker)| Some((*id, worker.container?)))
    }

    /// A message of the dispatcher.
    pub fn handle(&mut self, msg: ToAgent, engine: &mut Engine, now: Timestamp, rng: &mut Streams) {
        if !matches!(msg, ToAgent::Heartbeat { .. }) {
            self.looked = None;
        }
        match msg {
            ToAgent::Session { session, node, managers } => {
                engine.make_gwbridge(now, rng);
                self.registered(session, node, managers, now);
            }
            ToAgent::Heartbeat { period_ms } => self.beat_answered(period_ms, now),
            ToAgent::Assignments(assignments) => self.assign(assignments, now),
            ToAgent::Refused { .. } => self.session_failed(now, rng),
            ToAgent::Subscribe { subscription, tasks, follow, tail, since, open } => {
                if open {
                    self.subscribe(subscription, tasks, follow, tail, since);
                } else {
                    self.unsubscribe(subscription, engine, now);
                }
            }
        }
        self.poll(engine, now, rng);
    }

    /// Does what is due and looks at the engine. To be called after everything that happened to
    /// the engine.
    pub fn poll(&mut self, engine: &mut Engine, now: Timestamp, rng: &mut Streams) {
        self.poll_session(now, rng);
        if self.has_seen(engine, now) {
            self.report();
            return;
        }
        let before = engine.revision();
        // a step may make another one possible at once, and never more than a task has states
        for _ in 0..16 {
            let answers = engine.take_agent_answers();
            let quiet = answers.is_empty();
            for (call, answer) in answers {
                self.answered(call, answer, engine, now);
            }
            let moved = engine.is_up()
                && (self.create_after_pull(engine, now, rng) | self.drive(engine, now, rng));
            if quiet && !moved {
                break;
            }
        }
        if engine.is_up() {
            self.keep_networks(engine, now, rng);
            self.sweep(engine, now, rng);
            self.serve_subscriptions(engine, now, rng);
        }
        self.tell_endpoints(engine);
        self.report();
        // whatever was done just now moves the revision on, and is looked at once more
        self.looked = engine.is_up().then_some(before);
    }

    /// Nothing happened to the engine or to the assignments since the last poll, and no task is
    /// due: most events of a machine at rest are heartbeats.
    fn has_seen(&self, engine: &Engine, now: Timestamp) -> bool {
        self.looked == Some(engine.revision())
            && engine.is_up()
            && !engine.has_agent_answers()
            && self.subscriptions.is_empty()
            && self.workers.values().filter_map(worker::Worker::wakeup).all(|at| at > now)
    }

    /// When [`Agent::poll`] has something to do by itself.
    #[must_use]
    pub fn next_wakeup(&self) -> Option<Timestamp> {
        let tasks = self.workers.values().filter_map(worker::Worker::wakeup);
        self.session.wakeup().into_iter().chain(tasks).min()
    }

    /// Messages for a dispatcher: (address of the manager it talks to, message).
    pub fn take_messages(&mut self) -> Vec<(String, ToDispatcher)> {
        std::mem::take(&mut self.messages)
    }

    /// Endpoint records to gossip since the last call.
    pub fn take_endpoint_changes(&mut self) -> Vec<EndpointRecord> {
        std::mem::take(&mut self.records)
    }

    /// Every record that holds now: what a node that joins gossip anew tells.
    #[must_use]
    pub fn endpoints(&self) -> Vec<EndpointRecord> {
        self.told.values().cloned().collect()
    }

    /// The daemon or the power went: what was in memory is lost, the task list on disk stays.
    pub fn restarted(&mut self, now: Timestamp, _rng: &mut Streams) {
        self.session = session::Session { state: session::State::Idle { at: now }, backoff_us: 0 };
        self.informed = false;
        self.looked = None;
        self.unsent.clear();
        self.calls.clear();
        self.subscriptions.clear();
        self.told.clear();
        self.messages.clear();
        self.records.clear();
        for worker in self.workers.values_mut() {
            worker.doing = worker::Doing::Idle;
            worker.container = None;
        }
    }

    /// The daemon is asked to end: the node gives up its assignments first (SwarmKit `Node.Stop`,
    /// `Agent.Leave`). Nobody waits for the removals that this begins, so only such containers go
    /// before the daemon does as need not wait for gossip. To be called before
    /// [`Engine::daemon_stop`].
    pub fn close(&mut self, engine: &mut Engine, now: Timestamp, rng: &mut Streams) {
        for worker in std::mem::take(&mut self.workers).into_values() {
            if !controller::has_service_binding(&worker.task, &self.networks)
                && let Ok(container) = engine.find(&worker.task.name())
            {
                let call = self.new_call(Purpose::Nothing);
                engine.remove_when_ended(call, container, now, rng);
            }
        }
    }

    /// The node leaves the swarm: the containers of its tasks are removed at once.
    pub fn leave(&mut self, engine: &mut Engine, now: Timestamp, rng: &mut Streams) {
        for (container, _) in engine.task_containers() {
            let request = api::Request::ContainerRemove {
                container: container.to_string(),
                force: true,
                volumes: true,
            };
            self.ask(Purpose::Nothing, request, engine, now, rng);
        }
        for record in std::mem::take(&mut self.told).into_values() {
            self.records.push(EndpointRecord { removed: true, ..record });
        }
        self.workers.clear();
        self.looked = None;
        engine.drop_ingress_sandbox();
    }

    /// A request to the engine in the agent's own name.
    fn ask(
        &mut self,
        purpose: Purpose,
        request: api::Request,
        engine: &mut Engine,
        now: Timestamp,
        rng: &mut Streams,
    ) -> u64 {
        let call = self.new_call(purpose);
        engine.handle(call, request, now, rng);
        call
    }

    fn new_call(&mut self, purpose: Purpose) -> u64 {
        self.next_call += 1;
        let call = AGENT_CALLS | self.next_call;
        self.calls.insert(call, purpose);
        call
    }

    fn answered(&mut self, call: u64, answer: EngineAnswer, engine: &mut Engine, now: Timestamp) {
        match (self.calls.get(&call).cloned(), answer) {
            (Some(Purpose::Task(task)), EngineAnswer::Done(result)) => {
                self.calls.remove(&call);
                self.task_answered(task, call, result, engine, now);
            }
            (Some(Purpose::Logs { subscription, task }), EngineAnswer::Item(item)) => {
                if let api::Item::Log(line) = item {
                    self.log_line(subscription, task, line);
                }
            }
            (Some(Purpose::Logs { subscription, task }), EngineAnswer::Done(_)) => {
                self.calls.remove(&call);
                self.logs_end(subscription, task, call);
            }
            (Some(Purpose::Nothing), EngineAnswer::Done(_)) => {
                self.calls.remove(&call);
            }
            (Some(Purpose::Task(_) | Purpose::Nothing), EngineAnswer::Item(_)) | (None, _) => {}
        }
    }

    fn assign(&mut self, assignments: Assignments, now: Timestamp) {
        let Assignments {
            complete,
            tasks,
            removed_tasks,
            networks,
            secrets,
            configs,
            removed_secrets,
            removed_configs,
        } = assignments;
        for network in networks {
            self.networks.insert(network.id, network);
        }
        if complete {
            self.informed = true;
            self.secrets.clear();
            self.configs.clear();
            let kept: std::collections::BTreeSet<TaskId> = tasks.iter().map(|t| t.id).collect();
            for (id, worker) in &mut self.workers {
                worker.removed |= !kept.contains(id);
            }
        }
        self.secrets.extend(secrets.into_iter().map(|secret| (secret.id, secret)));
        self.configs.extend(configs.into_iter().map(|config| (config.id, config)));
        for id in removed_secrets {
            self.secrets.remove(&id);
        }
        for id in removed_configs {
            self.configs.remove(&id);
        }
        for id in removed_tasks {
            if let Some(worker) = self.workers.get_mut(&id) {
                worker.removed = true;
            }
        }
        for task in tasks {
            match self.workers.get_mut(&task.id) {
                Some(worker) => worker.update(task, now),
                None => {
                    self.workers.insert(task.id, worker::Worker::new(task, now));
                }
            }
        }
    }
}
