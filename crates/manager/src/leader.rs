//! The one page that calls the leader's loops, in their fixed order.
//!
//! A *round* is one transaction: at most one user's write, then every loop once. It runs only
//! while nothing is in flight, so what a round sees is committed; what it decides goes into
//! the leader's view of the store at once and into the store when raft has committed it.
//! A round of more than 200 changes becomes several proposals, one after the other.
//!
//! **Invariant:** nothing but a round changes the view, and no two rounds overlap.

use crate::allocator::Allocator;
use crate::ca::{self, Outcome, Rotation};
use crate::dispatcher::Dispatcher;
use crate::logbroker::LogBroker;
use crate::orchestrator::loops::{Enabled, Loops};
use crate::rolemanager::RoleManager;
use crate::scheduler::Scheduler;
use crate::store::{Draft, Queued};
use crate::{Members, RaftRequest, Store, StoreEvent, Trace, bootstrap, controlapi};
use api::dispatch::{LogLine, ToAgent, ToDispatcher};
use api::{
    ApiError, Availability, ClusterSpec, ControlRequest, ControlResponse, JoinRequest,
    JoinResponse, NodeId, StoreAction, Timestamp,
};
use serde::{Deserialize, Serialize};
use sim::Streams;
use std::collections::VecDeque;

/// How the first leader sets the swarm up (`docker swarm init`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Bootstrap {
    /// The cluster as declared.
    pub spec: ClusterSpec,
    /// The first node's availability.
    pub availability: Availability,
    /// Address pools; empty: `10.0.0.0/8`.
    pub default_addr_pool: Vec<String>,
    /// Mask length of each network; 0: 24.
    pub subnet_size: u32,
    /// VXLAN port; 0: 4789.
    pub data_path_port: u16,
}

/// Most changes of one proposal.
pub(crate) const MAX_CHANGES: usize = 200;

/// One transaction for raft: one entry, at most 200 changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Proposal {
    /// Names it in [`Leader::on_commit`].
    pub id: u64,
    /// The changes.
    pub actions: Vec<StoreAction>,
    /// Why.
    pub why: Vec<Trace>,
}

/// Which parts of the leader run: all, but in tests of one alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Parts {
    pub(crate) loops: Enabled,
    pub(crate) allocator: bool,
    pub(crate) scheduler: bool,
    pub(crate) dispatcher: bool,
}

impl Parts {
    const ALL: Self = Self {
        loops: Enabled { orchestrators: true, reaper: true, enforcer: true },
        allocator: true,
        scheduler: true,
        dispatcher: true,
    };
}

/// An answer that waits for its changes to be committed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Waiting {
    Control(u64, Box<ControlResponse>),
    Join(u64, JoinResponse),
}

/// A user's or joiner's write that waits for its round.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Write {
    Control(u64, Box<ControlRequest>),
    Join(u64, JoinRequest),
}

/// Everything that exists only while this manager leads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Leader {
    me: NodeId,
    parts: Parts,
    /// The store with all that was decided, committed or not.
    view: Store,
    queued: Queued,
    /// The proposal under way and how many changes will be committed with it.
    in_flight: Option<(u64, u64)>,
    proposed: u64,
    last_proposal: u64,
    last_now: Timestamp,
    members: Members,
    writes: VecDeque<Write>,
    waiting: VecDeque<(u64, Waiting)>,
    answers: Vec<(u64, Result<ControlResponse, ApiError>)>,
    join_answers: Vec<(u64, Result<JoinResponse, ApiError>)>,
    raft_requests: Vec<RaftRequest>,
    trace: Vec<Trace>,
    allocator: Allocator,
    scheduler: Scheduler,
    loops: Loops,
    dispatcher: Dispatcher,
    logbroker: LogBroker,
    rolemanager: RoleManager,
    rotation: Rotation,
}

impl Leader {
    /// Builds every loop from the store with a full pass. Call it when the first entry of the
    /// own term is applied. Writes the cluster, the own node and the first networks if absent.
    pub fn elected(store: &Store, me: NodeId, now: Timestamp, rng: &mut Streams) -> Self {
        Self::elected_with(store, me, &Bootstrap::default(), now, rng)
    }

    /// [`Leader::elected`] with what `docker swarm init` was told.
    pub fn elected_with(
        store: &Store,
        me: NodeId,
        options: &Bootstrap,
        now: Timestamp,
        rng: &mut Streams,
    ) -> Self {
        Self::partial(store, me, Some(options), Parts::ALL, now, rng)
    }

    pub(crate) fn partial(
        store: &Store,
        me: NodeId,
        options: Option<&Bootstrap>,
        parts: Parts,
        now: Timestamp,
        rng: &mut Streams,
    ) -> Self {
        let mut view = store.clone();
        let mut queued = Queued::default();
        let mut draft = Draft::new(&mut view, &mut queued, now, me, rng);
        draft.why(Trace::Elected { node: me });
        // the dispatcher first: nodes are unknown before anything is decided about them
        let dispatcher =
            if parts.dispatcher { Dispatcher::elected(&mut draft) } else { Dispatcher::default() };
        if let Some(options) = options {
            bootstrap::bootstrap(&mut draft, options);
        }
        let loops = Loops::elected(&mut draft, parts.loops);
        let mut leader = Self {
            allocator: Allocator::elected(&draft),
            scheduler: Scheduler::elected(&draft, now),
            rolemanager: RoleManager::elected(&draft, now),
            rotation: Rotation::default(),
            logbroker: LogBroker::default(),
            dispatcher,
            loops,
            me,
            parts,
            view,
            queued,
            in_flight: None,
            proposed: 0,
            last_proposal: 0,
            last_now: now,
            members: Members::default(),
            writes: VecDeque::new(),
            waiting: VecDeque::new(),
            answers: Vec::new(),
            join_answers: Vec::new(),
            raft_requests: Vec::new(),
            trace: Vec::new(),
        };
        leader.round(now, rng);
        leader
    }

    /// After a committed entry was applied; `proposal` names it if it was ours.
    pub fn on_commit(
        &mut self,
        store: &Store,
        events: &[StoreEvent],
        proposal: Option<u64>,
        now: Timestamp,
        rng: &mut Streams,
    ) {
        let ours = self.in_flight.filter(|(id, _)| proposal == Some(*id));
        self.view.follow(store, events, ours.is_some());
        if let Some((_, count)) = ours {
            self.in_flight = None;
            self.answer_committed(count);
        }
        for event in events {
            self.allocator.on_event(event, &self.view);
            self.scheduler.on_event(event, now);
            self.loops.on_event(event, &self.view, now);
            self.dispatcher.on_event(event, &self.view, now);
            self.logbroker.on_event(event, &mut self.dispatcher);
            self.rolemanager.on_event(event, now);
        }
        if !events.is_empty() {
            self.scheduler.on_commit(now);
        }
        self.dispatcher.poll(&self.view, now);
        self.round(now, rng);
    }

    fn answer_committed(&mut self, count: u64) {
        while let Some((_, answer)) = self.waiting.pop_front_if(|(until, _)| *until <= count) {
            match answer {
                Waiting::Control(call, response) => self.answers.push((call, Ok(*response))),
                Waiting::Join(call, response) => self.join_answers.push((call, Ok(response))),
            }
        }
    }

    /// A call of the control API. Reads and refusals are answered at once, writes when they
    /// are committed.
    pub fn handle_control(
        &mut self,
        call: u64,
        req: ControlRequest,
        store: &Store,
        members: &Members,
        now: Timestamp,
        rng: &mut Streams,
    ) {
        self.set_members(members, now);
        if let ControlRequest::SubscribeLogs { services, tasks, options } = req {
            let dispatcher = &mut self.dispatcher;
            let id = self.logbroker.subscribe(services, tasks, options, store, dispatcher);
            self.answers.push((call, Ok(ControlResponse::Subscribed(id))));
            return;
        }
        match controlapi::read(&req, store, members) {
            Some(answer) => self.answers.push((call, answer)),
            None => self.writes.push_back(Write::Control(call, Box::new(req))),
        }
        self.round(now, rng);
    }

    /// A message of an agent; `from_addr` is its address without a port.
    pub fn handle_dispatch(
        &mut self,
        from_addr: &str,
        msg: ToDispatcher,
        store: &Store,
        now: Timestamp,
        rng: &mut Streams,
    ) {
        if let ToDispatcher::Logs { node, subscription, lines, done } = msg {
            self.logbroker.publish(node, subscription, lines, done);
            return;
        }
        let beats = matches!(msg, ToDispatcher::Heartbeat { .. });
        self.dispatcher.handle(from_addr, msg, store, now, rng);
        // a heartbeat only puts off when its node is given up: no loop has anything to do
        if !beats {
            self.round(now, rng);
        }
    }

    /// A call of a joining or renewing node.
    pub fn handle_join(
        &mut self,
        call: u64,
        req: JoinRequest,
        store: &Store,
        members: &Members,
        now: Timestamp,
        rng: &mut Streams,
    ) {
        self.set_members(members, now);
        match ca::read(call, &req, store, members, now) {
            Some(outcome) => self.settle(call, outcome),
            None => self.writes.push_back(Write::Join(call, req)),
        }
        self.round(now, rng);
    }

    /// Does what is due. Call it also once right after an election and whenever raft's
    /// members change.
    pub fn poll(&mut self, store: &Store, members: &Members, now: Timestamp, rng: &mut Streams) {
        self.set_members(members, now);
        self.dispatcher.poll(store, now);
        self.round(now, rng);
    }

    /// The reader of a subscription went away.
    pub fn unsubscribe(&mut self, subscription: u64) {
        self.logbroker.unsubscribe(subscription, &mut self.dispatcher);
    }

    fn set_members(&mut self, members: &Members, now: Timestamp) {
        if self.members == *members {
            return;
        }
        let changed = self.members.list != members.list;
        self.members = members.clone();
        if changed {
            self.dispatcher.set_managers(members);
            self.rolemanager.on_members(now);
        }
    }

    /// When each node is given up unless it is heard: (node, when, the range it was drawn from).
    pub fn expiries(
        &self,
        store: &Store,
    ) -> impl Iterator<Item = (NodeId, Timestamp, (Timestamp, Timestamp))> {
        self.dispatcher.expiries(store)
    }

    /// Answers the draw of when a node is given up anew: for replays of a recorded failure.
    pub fn redraw_expiry(&mut self, node: NodeId, at: Timestamp) {
        self.dispatcher.redraw_expiry(node, at);
    }

    /// When [`Leader::poll`] has something to do next. `None` while a proposal is in flight:
    /// its commit is what comes next.
    #[must_use]
    pub fn next_wakeup(&self) -> Option<Timestamp> {
        if self.is_busy() {
            return None;
        }
        let parts = self.parts;
        [
            self.loops.next_wakeup(self.last_now),
            self.dispatcher.next_wakeup().filter(|_| parts.dispatcher),
            self.scheduler.next_wakeup().filter(|_| parts.scheduler),
            self.allocator.next_wakeup().filter(|_| parts.allocator),
            self.rolemanager.next_wakeup().filter(|_| !self.members.list.is_empty()),
            self.rotation.next_wakeup(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    fn is_busy(&self) -> bool {
        self.in_flight.is_some() || !self.queued.actions.is_empty()
    }

    /// One transaction, unless the last one is still on its way.
    fn round(&mut self, now: Timestamp, rng: &mut Streams) {
        self.last_now = now;
        if self.is_busy() {
            return;
        }
        self.run_writes(now, rng);
        let parts = self.parts;
        let mut draft = Draft::new(&mut self.view, &mut self.queued, now, self.me, rng);
        if parts.dispatcher {
            self.dispatcher.run(&mut draft);
        }
        self.rolemanager.run(&mut draft, &self.members);
        self.rotation.run(&mut draft);
        if parts.allocator {
            self.allocator.run(&mut draft);
        }
        if parts.scheduler {
            self.scheduler.run(&mut draft);
        }
        self.loops.run(&mut draft);
        self.raft_requests.extend(self.rolemanager.take_requests());
        if self.queued.actions.is_empty() {
            self.trace.append(&mut self.queued.why);
        } else {
            self.trace.extend(self.queued.why.iter().cloned());
        }
    }

    /// Users' writes until one of them changes something: each sees the last one committed,
    /// as versions ask for.
    fn run_writes(&mut self, now: Timestamp, rng: &mut Streams) {
        while self.queued.actions.is_empty()
            && let Some(write) = self.writes.pop_front()
        {
            let mut draft = Draft::new(&mut self.view, &mut self.queued, now, self.me, rng);
            let before = draft.count();
            match write {
                Write::Control(call, request) => {
                    let answer = controlapi::write(*request, &mut draft, &self.members);
                    let count = draft.count();
                    match answer {
                        Ok(response) if count > before => {
                            let waiting = Waiting::Control(call, Box::new(response));
                            self.waiting.push_back((count, waiting));
                        }
                        Ok(_) | Err(_) => self.answers.push((call, answer)),
                    }
                }
                Write::Join(call, request) => {
                    let outcome = match request {
                        JoinRequest::IssueCertificate { token, availability } => {
                            ca::issue(&mut draft, &token, availability)
                        }
                        JoinRequest::RenewCertificate { .. }
                        | JoinRequest::JoinRaft { .. }
                        | JoinRequest::Health => Outcome::Now(Ok(JoinResponse::Healthy)),
                    };
                    self.settle(call, outcome);
                }
            }
        }
    }

    fn settle(&mut self, call: u64, outcome: Outcome) {
        match outcome {
            Outcome::Now(answer) => self.join_answers.push((call, answer)),
            Outcome::Committed(response) => {
                self.waiting.push_back((self.queued.count, Waiting::Join(call, response)));
            }
            Outcome::Raft(request) => self.raft_requests.push(request),
        }
    }

    /// The next transaction, if none is in flight.
    pub fn take_proposal(&mut self, _store: &Store) -> Option<Proposal> {
        if self.in_flight.is_some() || self.queued.actions.is_empty() {
            return None;
        }
        let take = self.queued.actions.len().min(MAX_CHANGES);
        let actions: Vec<StoreAction> = self.queued.actions.drain(..take).collect();
        self.proposed += u64::try_from(actions.len()).unwrap_or(u64::MAX);
        self.last_proposal += 1;
        let id = self.last_proposal;
        self.in_flight = Some((id, self.proposed));
        Some(Proposal { id, actions, why: std::mem::take(&mut self.queued.why) })
    }

    /// Answers of the control API by call.
    pub fn take_answers(&mut self) -> Vec<(u64, Result<ControlResponse, ApiError>)> {
        std::mem::take(&mut self.answers)
    }

    /// Answers to joining nodes by call; a joiner let into raft is answered by who does it.
    pub fn take_join_answers(&mut self) -> Vec<(u64, Result<JoinResponse, ApiError>)> {
        std::mem::take(&mut self.join_answers)
    }

    /// Messages for agents.
    pub fn take_agent_messages(&mut self) -> Vec<(NodeId, ToAgent)> {
        self.dispatcher.take_messages()
    }

    /// Log lines by subscription; `true`: the last ones.
    pub fn take_log_lines(&mut self) -> Vec<(u64, Vec<LogLine>, bool)> {
        for node in self.dispatcher.take_ended() {
            self.logbroker.node_gone(node);
        }
        self.logbroker.take_lines()
    }

    /// What raft is asked to do.
    pub fn take_raft_requests(&mut self) -> Vec<RaftRequest> {
        std::mem::take(&mut self.raft_requests)
    }

    /// Decisions since the last call.
    pub fn take_trace(&mut self) -> Vec<Trace> {
        std::mem::take(&mut self.trace)
    }

    /// Calls that still wait for their commit: what to refuse when leadership is lost.
    #[must_use]
    pub fn open_calls(&self) -> Vec<u64> {
        let waiting = self.waiting.iter().filter_map(|(_, waiting)| match waiting {
            Waiting::Control(call, _) => Some(*call),
            Waiting::Join(..) => None,
        });
        let queued = self.writes.iter().filter_map(|write| match write {
            Write::Control(call, _) => Some(*call),
            Write::Join(..) => None,
        });
        waiting.chain(queued).collect()
    }

    /// The same for joining nodes.
    #[must_use]
    pub fn open_joins(&self) -> Vec<u64> {
        let waiting = self.waiting.iter().filter_map(|(_, waiting)| match waiting {
            Waiting::Join(call, _) => Some(*call),
            Waiting::Control(..) => None,
        });
        let queued = self.writes.iter().filter_map(|write| match write {
            Write::Join(call, _) => Some(*call),
            Write::Control(..) => None,
        });
        waiting.chain(queued).collect()
    }

    pub(crate) fn scheduler(&self) -> &Scheduler {
        &self.scheduler
    }

    pub(crate) fn schedule_now(&mut self, now: Timestamp) {
        self.scheduler.force(now);
    }
}
