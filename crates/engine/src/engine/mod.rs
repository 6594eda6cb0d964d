//! One machine's Docker engine: the local half of the Engine API.
//!
//! | module | what it does |
//! |---|---|
//! | `container` | a container as data, and as `docker ps` and `docker inspect` show it |
//! | `create`, `run`, `lifecycle` | made; started, ended, put away; stop, kill, rm, … |
//! | `exec`, `programs` | programs in containers, what they ask and write |
//! | `images`, `pull` | the image store; fetching from a registry |
//! | `ports`, `networks`, `endpoints`, `volumes` | what containers stand on |
//! | `lists`, `streams` | filters of lists; logs, attach, events, stats |
//! | `health`, `daemon`, `system` | probes; start and end of dockerd; info, df |
//! | `timing` | how long things take |
//!
//! Requests come in with a number, answers go out with the same number; what takes time is a
//! job in the engine's own queue, run by [`Engine::poll`]. The agent of a swarm asks through the
//! same requests as a person, with numbers of its own ([`AGENT_CALLS`]).
//!
//! **Invariant:** a container's program never runs while the container is not Running.
//!
//! **Left out:** building images, plugins, checkpoints, `commit`, `export`, log drivers other
//! than json-file.

mod container;
mod create;
mod daemon;
mod endpoints;
mod exec;
mod health;
mod images;
mod lifecycle;
mod lists;
mod networks;
mod ports;
mod programs;
mod pull;
mod run;
mod streams;
mod swarm;
mod system;
#[cfg(test)]
mod tests;
mod timing;
pub use timing::Pace;
mod volumes;

pub(crate) use container::{Busy, Container};

use crate::files::FileTree;
#[cfg(test)]
use crate::net::HttpRequest;
use crate::net::NetRequest;
use crate::registry::Reference;
use crate::sh;
use api::{
    ApiError, ContainerId, ContainerSummary, Digest, Event, Item, Protocol, Request, Response,
    Timestamp,
};
use serde::{Deserialize, Serialize};
use share::Rc;
use sim::Streams;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Numbers of the agent's calls have this bit set; their answers go to the agent.
pub const AGENT_CALLS: u64 = 1 << 63;

/// Events that the daemon remembers (moby `daemon/events`).
const EVENTS_KEPT: usize = 256;
/// Among so many of the latest events one is sought that tells the same.
const ALIKE_SOUGHT: usize = 8;

/// What the engine knows of the machine it runs on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MachineFacts {
    /// Host name.
    pub hostname: String,
    /// (interface, IPv4 address without mask), in order.
    pub addresses: Vec<(String, String)>,
    /// Number of CPUs.
    pub cpus: u32,
    /// Bytes of memory.
    pub memory_bytes: u64,
}

/// What a call is answered with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum EngineAnswer {
    /// One piece of a stream; more follows.
    Item(Item),
    /// The end.
    Done(Result<Response, ApiError>),
}

/// What the engine wants from the world.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum EngineEffect {
    /// Ask the registry for a manifest; answered through [`Engine::handle_registry`].
    Fetch {
        /// Names the answer.
        ticket: u64,
        /// Which image.
        reference: Reference,
    },
    /// A program of a container asks the network; answered through [`Engine::handle_net`].
    Net {
        /// Names the answer.
        ticket: u64,
        /// Whose program it is.
        container: ContainerId,
        /// What it asks.
        request: NetRequest,
    },
    /// Host ports were bound or set free: [`Engine::port_owner`] answers differently now.
    PortsChanged,
}

/// Names a program: a container's main one or one of an exec.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Key {
    /// The main program.
    Main(ContainerId),
    /// One of `docker exec`, or a health probe.
    Exec(String),
}

/// What the engine will do at some time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Job {
    /// The container exists from now on.
    Create(create::Create),
    /// Network and ports of a starting container.
    Connect { id: ContainerId, run: u32, calls: Vec<u64> },
    /// Its program.
    Run { id: ContainerId, run: u32, calls: Vec<u64> },
    /// The grace of a stop is over.
    Grace { id: ContainerId, run: u32 },
    /// A program's timer.
    Wake { key: Key, wake: u64 },
    /// What an ended program left is put away.
    Reap { id: ContainerId, run: u32, code: i32 },
    /// The container goes.
    Remove { id: ContainerId, calls: Vec<u64>, volumes: bool },
    /// The restart policy starts it again.
    Restart { id: ContainerId, run: u32 },
    /// The program of an exec starts.
    Exec { exec: String },
    /// Next health probe.
    Probe { id: ContainerId, run: u32 },
    /// A probe took too long.
    ProbeTimeout { exec: String },
    /// A layer arrived or is unpacked.
    Pull { pull: u64 },
    /// Next sample of a `stats`.
    Stats { call: u64 },
    /// `events --until` is over.
    EventsEnd { call: u64 },
    /// A change that takes its time.
    Later { call: u64, request: Box<Request> },
    /// dockerd answers from now on.
    DaemonUp,
}

/// A machine's engine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Engine {
    facts: MachineFacts,
    files: FileTree,
    pace: timing::Pace,
    containers: BTreeMap<ContainerId, Container>,
    /// Containers in the order they were made, oldest first.
    order: Vec<ContainerId>,
    images: BTreeMap<Digest, images::Image>,
    networks: BTreeMap<String, networks::Network>,
    volumes: BTreeMap<String, volumes::Volume>,
    execs: BTreeMap<String, exec::Exec>,
    pulls: BTreeMap<u64, pull::Pull>,
    streams: BTreeMap<u64, streams::Stream>,
    events: VecDeque<Event>,
    ingress_ports: BTreeSet<(u16, Protocol)>,
    #[serde(with = "sim::entries")]
    jobs: BTreeMap<(Timestamp, u64), Job>,
    /// Numbers jobs, tickets and programs.
    next: u64,
    next_pid: u32,
    next_port: u16,
    /// Who asked a ticket's question: (program, its number for it).
    net_tickets: BTreeMap<u64, (Key, u64)>,
    registry_tickets: BTreeMap<u64, pull::Asked>,
    daemon: daemon::Daemon,
    disk_full: bool,
    revision: u64,
    answers: Vec<(u64, EngineAnswer)>,
    agent_answers: Vec<(u64, EngineAnswer)>,
    effects: Vec<EngineEffect>,
}

impl Engine {
    /// An engine that has never run anything; its daemon is up.
    #[must_use]
    pub fn new(facts: MachineFacts) -> Self {
        let mut engine = Self {
            facts,
            files: system::machine_files(),
            pace: timing::Pace::default(),
            containers: BTreeMap::new(),
            order: Vec::new(),
            images: BTreeMap::new(),
            networks: BTreeMap::new(),
            volumes: BTreeMap::new(),
            execs: BTreeMap::new(),
            pulls: BTreeMap::new(),
            streams: BTreeMap::new(),
            events: VecDeque::new(),
            ingress_ports: BTreeSet::new(),
            jobs: BTreeMap::new(),
            next: 0,
            next_pid: 600,
            next_port: ports::FIRST_DYNAMIC,
            net_tickets: BTreeMap::new(),
            registry_tickets: BTreeMap::new(),
            daemon: daemon::Daemon::Up,
            disk_full: false,
            revision: 0,
            answers: Vec::new(),
            agent_answers: Vec::new(),
            effects: Vec::new(),
        };
        engine.make_default_networks();
        engine
    }

    /// Takes a request. One about the swarm is not for the engine and is refused.
    pub fn handle(&mut self, call: u64, req: Request, now: Timestamp, rng: &mut Streams) {
        if let Some(result) = self.dispatch(call, req, now, rng) {
            self.done(call, result);
        }
    }

    /// Does what is due.
    pub fn poll(&mut self, now: Timestamp, rng: &mut Streams) {
        while let Some(entry) = self.jobs.first_entry() {
            if entry.key().0 > now {
                break;
            }
            let ((at, _), job) = entry.remove_entry();
            self.run_job(job, at, rng);
        }
    }

    /// When [`Engine::poll`] has something to do.
    #[must_use]
    pub fn next_wakeup(&self) -> Option<Timestamp> {
        self.jobs.keys().next().map(|(at, _)| *at)
    }

    /// Answers since the last call.
    pub fn take_answers(&mut self) -> Vec<(u64, EngineAnswer)> {
        std::mem::take(&mut self.answers)
    }

    /// Answers to the agent's own calls since the last call.
    pub(crate) const fn has_agent_answers(&self) -> bool {
        !self.agent_answers.is_empty()
    }

    pub(crate) fn take_agent_answers(&mut self) -> Vec<(u64, EngineAnswer)> {
        std::mem::take(&mut self.agent_answers)
    }

    /// Effects since the last call.
    pub fn take_effects(&mut self) -> Vec<EngineEffect> {
        std::mem::take(&mut self.effects)
    }

    /// All containers, newest first, as `docker ps -a` rows.
    #[must_use]
    pub fn summaries(&self) -> Vec<ContainerSummary> {
        self.newest_first().map(Container::summary).collect()
    }

    /// Grows with every change a view could show.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// How slow the machine is with containers from now on.
    pub const fn set_pace(&mut self, pace: timing::Pace) {
        self.pace = pace;
    }

    /// The machine's files.
    #[must_use]
    pub fn files(&self) -> &FileTree {
        &self.files
    }

    /// The machine's files, to change.
    pub fn files_mut(&mut self) -> &mut FileTree {
        &mut self.files
    }

    /// What the machine is.
    #[must_use]
    pub fn facts(&self) -> &MachineFacts {
        &self.facts
    }

    /// Whether programs that write get `No space left on device`, and pulls and creates fail;
    /// how it was before.
    pub fn set_disk_full(&mut self, full: bool) -> bool {
        std::mem::replace(&mut self.disk_full, full)
    }

    /// The disk is full.
    #[must_use]
    pub const fn is_disk_full(&self) -> bool {
        self.disk_full
    }

    /// What the machine's files are to a program of its own, outside of any container.
    pub fn serve_own_files(&mut self, ask: &sh::FileAsk, now: Timestamp) -> sh::FileAnswer {
        sh::serve(&mut self.files, ask, self.disk_full, now)
    }

    /// Ports on which the routing mesh listens on this machine: taken, for containers.
    pub fn set_ingress_ports(&mut self, ports: BTreeSet<(u16, Protocol)>) {
        self.ingress_ports = ports;
    }

    fn newest_first(&self) -> impl Iterator<Item = &Container> {
        self.order.iter().rev().filter_map(|id| self.containers.get(id))
    }

    fn done(&mut self, call: u64, result: Result<Response, ApiError>) {
        self.streams.remove(&call);
        let answers =
            if call & AGENT_CALLS == 0 { &mut self.answers } else { &mut self.agent_answers };
        answers.push((call, EngineAnswer::Done(result)));
    }

    fn item(&mut self, call: u64, item: Item) {
        let answers =
            if call & AGENT_CALLS == 0 { &mut self.answers } else { &mut self.agent_answers };
        answers.push((call, EngineAnswer::Item(item)));
    }

    fn schedule(&mut self, at: Timestamp, job: Job) {
        self.next += 1;
        self.jobs.insert((at, self.next), job);
    }

    fn after(&mut self, now: Timestamp, us: u64, job: Job) {
        self.schedule(Timestamp(now.0.saturating_add(us)), job);
    }

    /// Draws a duration and schedules.
    fn drawn(&mut self, now: Timestamp, range: timing::Range, job: Job, rng: &mut Streams) {
        let us = timing::draw(range, &self.facts.hostname, rng);
        self.after(now, us, job);
    }

    fn ticket(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn changed(&mut self) {
        self.revision += 1;
    }

    /// 64 random hex digits.
    fn new_hex(&self, rng: &mut Streams) -> ContainerId {
        let mut bytes = [0; 32];
        rng.stream(&format!("engine/{}/ids", self.facts.hostname)).fill(&mut bytes);
        ContainerId(bytes)
    }

    fn container(&self, id: ContainerId) -> Option<&Container> {
        self.containers.get(&id)
    }

    fn run_job(&mut self, job: Job, now: Timestamp, rng: &mut Streams) {
        match job {
            Job::Create(create) => self.create_now(create, now, rng),
            Job::Connect { id, run, calls } => self.connect_now(id, run, calls, now, rng),
            Job::Run { id, run, calls } => self.run_now(id, run, &calls, now, rng),
            Job::Grace { id, run } => self.grace_over(id, run, now, rng),
            Job::Wake { key, wake } => self.wake(&key, wake, now, rng),
            Job::Reap { id, run, code } => self.reap(id, run, code, now, rng),
            Job::Remove { id, calls, volumes } => self.remove_now(id, &calls, volumes, now),
            Job::Restart { id, run } => self.policy_restart(id, run, now, rng),
            Job::Exec { exec } => self.exec_now(&exec, now, rng),
            Job::Probe { id, run } => self.probe(id, run, now, rng),
            Job::ProbeTimeout { exec } => self.probe_timeout(&exec, now, rng),
            Job::Pull { pull } => self.pull_step(pull, now, rng),
            Job::Stats { call } => self.stats_sample(call, now),
            Job::EventsEnd { call } => self.done(call, Ok(Response::Done)),
            Job::Later { call, request } => {
                let result = self.change_now(*request, now, rng);
                self.done(call, result);
            }
            Job::DaemonUp => self.daemon_up(now, rng),
        }
    }

    /// `None`: answered later.
    #[expect(clippy::wildcard_enum_match_arm, reason = "the rest is answered at once, by `query`")]
    fn dispatch(
        &mut self,
        call: u64,
        req: Request,
        now: Timestamp,
        rng: &mut Streams,
    ) -> Option<Result<Response, ApiError>> {
        if !self.is_up() {
            return Some(Err(ApiError::new(503, "the daemon is not running")));
        }
        use Request as R;
        match req {
            R::ContainerCreate { .. }
            | R::ContainerStart { .. }
            | R::ContainerStop { .. }
            | R::ContainerRestart { .. }
            | R::ContainerKill { .. }
            | R::ContainerPause { .. }
            | R::ContainerUnpause { .. }
            | R::ContainerRemove { .. }
            | R::ContainerRename { .. }
            | R::ContainerUpdate { .. }
            | R::ContainerWait { .. } => self.container_call(call, req, now, rng),
            R::ContainerLogs { .. }
            | R::ContainerAttach { .. }
            | R::ContainerStats { .. }
            | R::Events { .. } => self.stream_call(call, req, now),
            R::ExecCreate { .. } | R::ExecStart { .. } => self.exec_call(call, req, now, rng),
            R::ImagePull { .. } | R::DistributionInspect { .. } => self.pull_call(call, req),
            R::VolumeCreate { .. }
            | R::VolumeRemove { .. }
            | R::VolumePrune { .. }
            | R::NetworkCreate { .. }
            | R::NetworkRemove { .. }
            | R::NetworkConnect { .. }
            | R::NetworkDisconnect { .. }
            | R::NetworkPrune { .. } => {
                let bridge = matches!(req, R::NetworkCreate { .. });
                let range = if bridge { timing::BRIDGE } else { timing::OBJECT };
                self.drawn(now, range, Job::Later { call, request: Box::new(req) }, rng);
                None
            }
            other => Some(self.query(other, now)),
        }
    }

    /// What is answered at once.
    #[expect(clippy::wildcard_enum_match_arm, reason = "what is about the swarm is refused as one")]
    fn query(&mut self, req: Request, now: Timestamp) -> Result<Response, ApiError> {
        use Request as R;
        match req {
            R::Version => Ok(Response::Version(Box::new(Self::version()))),
            R::Info => Ok(Response::Info(Box::new(self.info()))),
            R::SystemDf => Ok(Response::DiskUsage(Box::new(self.disk_usage()))),
            R::ContainerList { all, limit, filters, .. } => {
                self.container_list(all, limit, &filters).map(Response::Containers)
            }
            R::ContainerInspect { container, .. } => {
                let id = self.find(&container)?;
                let found = self.container(id).ok_or_else(|| no_such(&container))?;
                Ok(Response::Container(Box::new(found.inspect())))
            }
            R::ContainerTop { container, .. } => self.top(&container),
            R::ContainerDiff { container } => {
                let id = self.find(&container)?;
                let found = self.container(id).ok_or_else(|| no_such(&container))?;
                let rows = found.changes().into_iter().map(|(path, kind, _)| (kind, path));
                Ok(Response::Diff(rows.collect()))
            }
            R::ContainerPrune { filters } => self.container_prune(&filters, now),
            R::ContainerReadFile { container, path } => self.read_out(&container, &path),
            R::ContainerWriteFile { container, path, content } => {
                self.write_in(&container, &path, content, now)
            }
            R::ResizeTty { container, .. } => self.find(&container).map(|_| Response::Done),
            R::ImageList { filters, .. } => self.image_list(&filters).map(Response::Images),
            R::ImageInspect { image } => self.image_inspect(&image),
            R::ImageHistory { image } => self.image_history(&image),
            R::ImageRemove { image, force, .. } => self.image_remove(&image, force, now),
            R::ImageTag { image, target } => self.image_tag(&image, &target, now),
            R::ImagePrune { filters } => self.image_prune(&filters, now),
            R::NetworkList { filters } => self.network_list(&filters).map(Response::Networks),
            R::NetworkInspect { network, .. } => self.network_inspect(&network),
            R::VolumeList { filters } => self.volume_list(&filters).map(Response::Volumes),
            R::VolumeInspect { volume } => self.volume_inspect(&volume),
            _ => Err(ApiError::new(501, "not a request for an engine")),
        }
    }

    /// Changes of volumes and networks, once their time is over.
    #[expect(clippy::wildcard_enum_match_arm, reason = "only what `dispatch` put off comes here")]
    fn change_now(
        &mut self,
        req: Request,
        now: Timestamp,
        rng: &mut Streams,
    ) -> Result<Response, ApiError> {
        use Request as R;
        match req {
            R::VolumeCreate { name, driver, options, labels } => {
                self.volume_create(&name, &driver, options, labels, now, rng)
            }
            R::VolumeRemove { volume, force } => self.volume_remove(&volume, force, now),
            R::VolumePrune { filters } => self.volume_prune(&filters, now),
            R::NetworkCreate { spec, check_duplicate, .. } => {
                self.network_create(spec, check_duplicate, now, rng)
            }
            R::NetworkRemove { network } => self.network_remove(&network, now),
            R::NetworkConnect { network, container, endpoint } => {
                self.network_connect(&network, &container, endpoint, now, rng)
            }
            R::NetworkDisconnect { network, container, force } => {
                self.network_disconnect(&network, &container, force, now)
            }
            R::NetworkPrune { filters } => self.network_prune(&filters, now),
            _ => Err(ApiError::new(501, "not a request for an engine")),
        }
    }

    /// Writes an event down and tells those who listen.
    fn event(
        &mut self,
        now: Timestamp,
        kind: &str,
        action: &str,
        actor: &str,
        attributes: BTreeMap<String, String>,
    ) {
        let event = Event {
            at: now,
            kind: kind.to_owned(),
            action: action.to_owned(),
            actor_id: actor.to_owned(),
            attributes: Rc::new(attributes),
            scope: "local".to_owned(),
        };
        self.keep_event(event);
    }

    /// An event of the swarm, if this machine's daemon watches a manager's store.
    pub fn tell_swarm_event(&mut self, event: Event) {
        if self.is_up() {
            self.keep_event(event);
        }
    }

    fn keep_event(&mut self, mut event: Event) {
        self.tell_event(&event);
        // what happens to one thing is mostly told with the same words: kept once
        let mut latest = self.events.iter().rev().take(ALIKE_SOUGHT);
        if let Some(alike) = latest.find(|e| e.attributes == event.attributes) {
            event.attributes = Rc::clone(&alike.attributes);
        }
        self.events.push_back(event);
        if self.events.len() > EVENTS_KEPT {
            self.events.pop_front();
        }
    }

    /// An event of a container: its image, name and labels, and what else is to say.
    fn container_event(
        &mut self,
        now: Timestamp,
        id: ContainerId,
        action: &str,
        more: &[(&str, String)],
    ) {
        let Some(container) = self.containers.get(&id) else {
            return;
        };
        let mut attributes = container.config.labels.clone();
        attributes.insert("image".to_owned(), container.config.image.clone());
        attributes.insert("name".to_owned(), container.name.clone());
        for (key, value) in more {
            attributes.insert((*key).to_owned(), value.clone());
        }
        self.changed();
        self.event(now, "container", action, &id.to_string(), attributes);
    }
}

/// The engine's word for an unknown container.
fn no_such(reference: &str) -> ApiError {
    ApiError::new(404, format!("No such container: {reference}"))
}
