//! The world's one value, and its doors.

use crate::build_view::Looked;
use crate::daemon::SwarmCall;
use crate::event::{Event, Rpc};
use crate::machine::MachineState;
use crate::mesh::WebRequest;
use crate::trace::{TraceEvent, TraceLine};
use crate::{
    Answer, CallId, HttpReply, LabConfig, Machine, MachineConfig, Origin, RequestId, SwarmView,
    View,
};
use api::{ApiError, Request, Response, Timestamp};
use engine::{Catalog, FileTree, sh};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use share::Rc;
use sim::{Derived, Net, Queue, Streams, Time, Trace};
use std::collections::{BTreeMap, BTreeSet};

/// Lines that the trace keeps.
const TRACE_LINES: u32 = 4_000;

/// The world. See the crate's page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub struct Lab {
    pub(crate) config: LabConfig,
    pub(crate) now: Timestamp,
    pub(crate) queue: Queue<Event>,
    /// What waits for a frozen machine.
    #[serde(with = "sim::entries")]
    pub(crate) held: BTreeMap<Machine, Vec<Event>>,
    pub(crate) net: Net,
    /// The world's own draws (links, phases); machines have their own.
    pub(crate) rng: Streams,
    pub(crate) machines: Vec<Rc<MachineState>>,
    pub(crate) catalog: Rc<Catalog>,
    pub(crate) registry_off: bool,
    pub(crate) pull_fails: BTreeSet<String>,
    pub(crate) calls: BTreeMap<CallId, Call>,
    pub(crate) rpcs: BTreeMap<Rpc, Question>,
    pub(crate) requests: BTreeMap<RequestId, WebRequest>,
    pub(crate) next: u64,
    pub(crate) answers: Vec<(CallId, Answer)>,
    pub(crate) replies: Vec<(RequestId, HttpReply)>,
    /// It follows from the rest: of it a save holds the revision only.
    #[serde(with = "revision")]
    pub(crate) view: View,
    /// What was seen of the swarm while one of its managers ran; only while none does. It stays
    /// on the map until there is something newer.
    pub(crate) last_swarm: Option<Rc<SwarmView>>,
    /// Every address of every machine.
    #[serde(skip)]
    by_address: Derived<BTreeMap<String, Machine>>,
    #[serde(skip)]
    pub(crate) looked: Derived<Looked>,
    pub(crate) trace: Trace<TraceLine>,
    /// How long a daemon takes for its start, microseconds, if that is not drawn.
    pub(crate) daemon_start_us: Option<u64>,
}

/// An open request to a daemon.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Call {
    pub(crate) machine: Machine,
    pub(crate) since: Timestamp,
    pub(crate) work: Work,
}

/// Who works on a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Work {
    /// The engine, alone.
    Engine,
    /// `daemon/cluster`.
    Swarm(Box<SwarmCall>),
    /// An init, join or leave under way.
    Entering,
}

/// A question to another daemon (or to the leader on the same one).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Question {
    pub(crate) origin: Machine,
    pub(crate) since: Timestamp,
    pub(crate) about: About,
    /// It is under way to a machine.
    pub(crate) asked: Option<Machine>,
}

/// What a question is for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum About {
    /// A call's request to the leader.
    Control(CallId, Box<api::ControlRequest>),
    /// A certificate to join with.
    Certificate,
    /// Membership of raft.
    JoinRaft,
    /// A certificate in the new role.
    Renew,
    /// Whether a joiner answers.
    Probe,
}

// `remote = "Self"` gives the derived halves as functions: a loaded lab makes its view itself.
impl Serialize for Lab {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for Lab {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut lab = Self::deserialize(deserializer)?;
        lab.index_addresses();
        lab.restore_view();
        Ok(lab)
    }
}

/// What a save holds of a view.
mod revision {
    use crate::View;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(view: &View, serializer: S) -> Result<S::Ok, S::Error> {
        view.revision.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D>(deserializer: D) -> Result<View, D::Error>
    where
        D: Deserializer<'de>,
    {
        let revision = u64::deserialize(deserializer)?;
        Ok(View { revision, ..View::default() })
    }
}

impl Lab {
    /// All machines on, in no swarm.
    #[must_use]
    pub fn new(config: LabConfig) -> Self {
        let machines = (0..)
            .zip(&config.machines)
            .map(|(k, m)| Rc::new(MachineState::new(m.clone(), Machine(k), config.seed)))
            .collect();
        let mut lab = Self {
            now: Timestamp(0),
            queue: Queue::new(),
            held: BTreeMap::new(),
            net: Net::new(),
            rng: Streams::new(config.seed),
            machines,
            catalog: Rc::new(Catalog::course()),
            registry_off: false,
            pull_fails: BTreeSet::new(),
            calls: BTreeMap::new(),
            rpcs: BTreeMap::new(),
            requests: BTreeMap::new(),
            next: 0,
            answers: Vec::new(),
            replies: Vec::new(),
            view: View::default(),
            last_swarm: None,
            by_address: Derived::default(),
            looked: Derived::default(),
            trace: Trace::new(TRACE_LINES),
            daemon_start_us: None,
            config,
        };
        lab.index_addresses();
        for machine in lab.all() {
            lab.drain(machine);
        }
        lab.refresh_view();
        lab
    }

    /// The present instant.
    #[must_use]
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// How it was set up, with the machines added since.
    #[must_use]
    pub const fn config(&self) -> &LabConfig {
        &self.config
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = Machine> + use<> {
        let count = u32::try_from(self.machines.len()).unwrap_or(u32::MAX);
        (0..count).map(Machine)
    }

    /// Host names in order.
    pub fn machines(&self) -> impl Iterator<Item = (Machine, &str)> {
        (0..).map(Machine).zip(self.config.machines.iter().map(|m| m.name.as_str()))
    }

    /// A machine by host name.
    #[must_use]
    pub fn machine(&self, name: &str) -> Option<Machine> {
        self.machines().find(|(_, n)| *n == name).map(|(m, _)| m)
    }

    /// A machine by host name or any of its addresses.
    #[must_use]
    pub fn resolve(&self, host: &str) -> Option<Machine> {
        self.machine(host).or_else(|| self.machine_at(host))
    }

    /// A machine by one of its addresses.
    pub(crate) fn machine_at(&self, ip: &str) -> Option<Machine> {
        self.by_address.get(ip).copied()
    }

    fn index_addresses(&mut self) {
        for (machine, config) in (0..).map(Machine).zip(&self.config.machines) {
            let more = config.extra_ips.iter().map(|(_, ip)| ip);
            for ip in std::iter::once(&config.ip).chain(more) {
                self.by_address.entry(ip.clone()).or_insert(machine);
            }
        }
    }

    /// One more machine, with the next free address, on and in no swarm. Its index.
    pub fn add_machine(&mut self, name: &str) -> Machine {
        let k = u32::try_from(self.config.machines.len()).unwrap_or(u32::MAX);
        let config = MachineConfig::numbered(name, k);
        self.config.machines.push(config.clone());
        let machine = Machine(k);
        self.machines.push(Rc::new(MachineState::new(config, machine, self.config.seed)));
        self.index_addresses();
        self.looked.touch_all();
        self.drain(machine);
        self.refresh_view();
        machine
    }

    /// dockerd answers on the machine's socket. Right after a start it runs and does not yet: it
    /// waits for its node to be ready.
    #[must_use]
    pub fn answers(&self, machine: Machine) -> bool {
        self.at(machine).is_some_and(MachineState::answers)
    }

    pub(crate) fn at(&self, machine: Machine) -> Option<&MachineState> {
        self.machines.get(machine.0 as usize).map(Rc::as_ref)
    }

    pub(crate) fn at_mut(&mut self, machine: Machine) -> Option<&mut MachineState> {
        self.looked.touch(machine);
        self.machines.get_mut(machine.0 as usize).map(Rc::make_mut)
    }

    pub(crate) fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    pub(crate) fn schedule(&mut self, at: Timestamp, event: Event) -> sim::Ticket {
        self.queue.schedule(Time(at.0), event)
    }

    pub(crate) fn after(&mut self, us: u64, event: Event) -> sim::Ticket {
        self.schedule(Timestamp(self.now.0 + us), event)
    }

    /// Asks a machine's daemon. Answers come through [`Self::take_answers`].
    pub fn call(&mut self, machine: Machine, request: Request) -> CallId {
        let id = CallId(self.number());
        if !self.daemon_answers(machine) {
            self.answers.push((id, Answer::NoDaemon));
            return id;
        }
        self.begin_call(id, machine, request);
        self.drain(machine);
        self.refresh_view();
        id
    }

    /// Bytes into an attached stream.
    pub fn send(&mut self, call: CallId, bytes: Vec<u8>) {
        let Some(machine) = self.calls.get(&call).map(|c| c.machine) else { return };
        let now = self.now;
        if let Some(m) = self.at_mut(machine) {
            m.engine.send_input(call.0, bytes, now, &mut m.rng);
        }
        self.drain(machine);
        self.refresh_view();
    }

    /// No further interest in a call: nothing more comes for it.
    pub fn cancel(&mut self, call: CallId) {
        self.answers.retain(|(id, _)| *id != call);
        let Some(open) = self.calls.remove(&call) else { return };
        let now = self.now;
        match open.work {
            Work::Engine => {
                if let Some(m) = self.at_mut(open.machine) {
                    m.engine.cancel(call.0, now);
                }
            }
            Work::Swarm(_) => self.forget_call(call, open.machine),
            Work::Entering => {}
        }
        self.drain(open.machine);
        self.refresh_view();
    }

    /// Whether [`Self::take_answers`] or [`Self::take_replies`] has something.
    #[must_use]
    pub fn has_news(&self) -> bool {
        !self.answers.is_empty() || !self.replies.is_empty()
    }

    /// What came since the last time, in order.
    pub fn take_answers(&mut self) -> Vec<(CallId, Answer)> {
        std::mem::take(&mut self.answers)
    }

    pub(crate) fn finish(&mut self, call: CallId, result: Result<Response, ApiError>) {
        if self.calls.remove(&call).is_some() {
            self.answers.push((call, Answer::Done(result)));
        }
    }

    /// A web request to `host` (a machine's name or address, `localhost`).
    pub fn request(&mut self, from: Origin, host: &str, port: u16, path: &str) -> RequestId {
        let id = RequestId(self.number());
        self.begin_request(id, from, host, port, path);
        self.refresh_view();
        id
    }

    /// What became of web requests since the last time.
    pub fn take_replies(&mut self) -> Vec<(RequestId, HttpReply)> {
        std::mem::take(&mut self.replies)
    }

    /// Processes exactly one event due at or before `until` (true), else moves the clock to
    /// `until` (false).
    pub fn step(&mut self, until: Timestamp) -> bool {
        match self.queue.pop_due(Time(until.0)) {
            Some((at, event)) => {
                self.now = self.now.max(Timestamp(at.0));
                self.handle(event);
                self.refresh_view();
                true
            }
            None => {
                self.now = self.now.max(until);
                self.view.now = self.now;
                false
            }
        }
    }

    /// Lets time pass until `until`, with everything that happens on the way.
    pub fn run_until(&mut self, until: Timestamp) {
        while self.step(until) {}
    }

    /// When the next event is due.
    #[must_use]
    pub fn next_event(&self) -> Option<Timestamp> {
        self.queue.next_time().map(|t| Timestamp(t.0))
    }

    /// The world as it may be seen.
    #[must_use]
    pub const fn view(&self) -> &View {
        &self.view
    }

    /// What was decided and done, newest last.
    #[must_use]
    pub const fn trace(&self) -> &Trace<TraceLine> {
        &self.trace
    }

    pub(crate) fn note(&mut self, machine: Option<Machine>, what: TraceEvent) {
        self.trace.push(Time(self.now.0), TraceLine { machine, what });
    }

    /// A number that two equal runs have in common, on every platform: clock, trace and the
    /// stores of all managers.
    #[must_use]
    pub fn digest(&self) -> u64 {
        let stores: Vec<u64> = self
            .machines
            .iter()
            .filter_map(|m| m.manager())
            .map(|manager| manager.store.digest())
            .collect();
        sim::digest(&(self.now, self.trace.digest(), self.trace.position(), stores))
    }

    /// Every living manager's applied index with its store's digest: equal indexes must have
    /// equal digests.
    #[must_use]
    pub fn store_digests(&self) -> Vec<(u64, u64)> {
        self.machines
            .iter()
            .filter_map(|m| m.manager())
            .filter_map(|p| Some((p.raft.as_ref()?.applied_index(), p.store.digest())))
            .collect()
    }

    /// A machine's files.
    #[must_use]
    pub fn files(&self, machine: Machine) -> Option<&FileTree> {
        self.at(machine).map(|m| m.engine.files())
    }

    /// What a machine's files are to a program that runs on it.
    pub fn serve_files(&mut self, machine: Machine, ask: &sh::FileAsk) -> Option<sh::FileAnswer> {
        let now = self.now;
        self.at_mut(machine).map(|m| m.engine.serve_own_files(ask, now))
    }

    /// A machine's files, to change from outside of the lab.
    pub fn files_mut(&mut self, machine: Machine) -> Option<&mut FileTree> {
        self.at_mut(machine).map(|m| m.engine.files_mut())
    }

    /// How long a daemon takes from its start until it has its containers in order; `None`: drawn.
    pub const fn set_daemon_start_us(&mut self, us: Option<u64>) {
        self.daemon_start_us = us;
    }

    /// How long the registry takes for each layer.
    pub fn set_layer_us(&mut self, us: u64) {
        Rc::make_mut(&mut self.catalog).set_layer_us(us);
    }

    /// Whether a machine's daemon answers.
    #[must_use]
    pub fn daemon_answers(&self, machine: Machine) -> bool {
        self.at(machine).is_some_and(MachineState::answers)
    }
}
