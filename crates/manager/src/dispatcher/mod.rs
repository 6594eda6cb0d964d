//! Dispatcher: sessions of agents, their heartbeats, what they report and what they are to do.
//!
//! | | |
//! |---|---|
//! | runs on | the leader; a new one starts without sessions and calls every node unknown |
//! | watches | agents, nodes, tasks and what tasks need |
//! | writes | node states and descriptions, observed states of tasks |
//! | SwarmKit | `manager/dispatcher` |
//!
//! Reports are written in batches, every 100 ms. An agent hears of its tasks 100 ms after the
//! last change, or after 100 changes.
//!
//! **Left out:** volumes of CSI plugins (they came after 20.10).
//!
//! **Invariant:** an observed state never goes back, and no agent speaks for another's task.

mod assignments;
mod writes;

use crate::orchestrator::{after, micros};
use crate::store::{Draft, StoreEvent};
use crate::{Members, Store, ca};
use api::dispatch::{ToAgent, ToDispatcher};
use api::{
    Code, Node, NodeDescription, NodeId, NodeState, Object, SessionId, TaskId, TaskStatus,
    Timestamp,
};
use assignments::Sent;
use serde::{Deserialize, Serialize};
use share::Rc;
use sim::Streams;
use std::collections::BTreeMap;
use writes::{orphan, write_node, write_task};

/// Heartbeats that may be missed.
const GRACE: u64 = 3;
/// The same after a change of leader.
const GRACE_UNKNOWN: u64 = 6;
/// The period is drawn this much around the cluster's.
const EPSILON_US: u64 = 500_000;
/// Registrations of a node allowed within the time.
const RATE_LIMIT: u32 = 3;
/// See [`RATE_LIMIT`].
const RATE_PERIOD_US: u64 = 8_000_000;
/// Reports are written this often.
const BATCH_US: u64 = 100_000;
/// A node down for so long loses its tasks.
const ORPHAN_US: u64 = 24 * 3600 * 1_000_000;

/// Everything about agents that only this leader knows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Dispatcher {
    started: Timestamp,
    nodes: BTreeMap<NodeId, Registered>,
    /// When the tasks of a down node are given up.
    down: BTreeMap<NodeId, Timestamp>,
    node_updates: BTreeMap<NodeId, NodeUpdate>,
    task_updates: BTreeMap<TaskId, TaskStatus>,
    flush: Option<Timestamp>,
    managers: Vec<(NodeId, String)>,
    messages: Vec<(NodeId, ToAgent)>,
    /// Nodes whose session has ended or begun anew: what they were streaming has ended.
    ended: Vec<NodeId>,
}

/// A node that this leader has seen, or expects.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Registered {
    session: Option<Session>,
    /// Without a heartbeat until then, it is down.
    expires: Timestamp,
    attempts: u32,
    registered_at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Session {
    id: SessionId,
    /// Heartbeats come this often.
    period_us: u64,
    /// The node object is written: the agent may be answered.
    open: bool,
    /// The node as last told.
    told: Option<Rc<Node>>,
    sent: Sent,
}

/// A change of a node's status on its way to the store.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct NodeUpdate {
    state: NodeState,
    message: String,
    addr: Option<String>,
    description: Option<NodeDescription>,
}

impl Dispatcher {
    /// Calls every node that is not down unknown, and gives it time to come.
    pub(crate) fn elected(draft: &mut Draft<'_>) -> Self {
        let mut this = Self { started: draft.now, ..Self::default() };
        let nodes: Vec<Rc<Node>> = draft.nodes().cloned().collect();
        let base = base_period(draft);
        for node in nodes {
            if node.status.state == NodeState::Down {
                this.down.insert(node.id, after(draft.now, ORPHAN_US));
                continue;
            }
            let update = NodeUpdate {
                state: NodeState::Unknown,
                message: "Node moved to \"unknown\" state due to leadership change in cluster"
                    .to_owned(),
                addr: None,
                description: None,
            };
            // a node that never had a session has nothing to lose
            if node.description.is_some() {
                write_node(draft, node.id, update);
            }
            let expires = after(draft.now, draw_period(base, draft.rng) * GRACE_UNKNOWN);
            this.nodes.insert(node.id, Registered::expected(expires, draft.now));
        }
        this
    }

    /// All managers, for the agents' lists.
    pub(crate) fn set_managers(&mut self, members: &Members) {
        let managers: Vec<(NodeId, String)> =
            members.list.iter().map(|member| (member.node, member.addr.clone())).collect();
        if managers == self.managers {
            return;
        }
        self.managers = managers;
        let open: Vec<NodeId> = self
            .nodes
            .iter()
            .filter(|(_, known)| known.session.as_ref().is_some_and(|session| session.open))
            .map(|(id, _)| *id)
            .collect();
        for node in open {
            self.tell(node);
        }
    }

    /// A message of an agent.
    pub(crate) fn handle(
        &mut self,
        from_addr: &str,
        message: ToDispatcher,
        store: &Store,
        now: Timestamp,
        rng: &mut Streams,
    ) {
        let (node, result) = match message {
            ToDispatcher::Session { node, description, session } => {
                (node, self.session(from_addr, node, description, session, store, now, rng))
            }
            ToDispatcher::Heartbeat { node, session } => {
                (node, self.heartbeat(node, session, store, now, rng))
            }
            ToDispatcher::UpdateTaskStatus { node, session, updates } => {
                (node, self.update_tasks(node, session, updates, store, now))
            }
            // the log broker's
            ToDispatcher::Logs { .. } => return,
        };
        if let Err(reason) = result {
            self.messages.push((node, ToAgent::Refused { reason }));
        }
    }

    #[allow(clippy::too_many_arguments, reason = "one call's parts and the world's")]
    fn session(
        &mut self,
        from_addr: &str,
        node: NodeId,
        description: NodeDescription,
        session: Option<SessionId>,
        store: &Store,
        now: Timestamp,
        rng: &mut Streams,
    ) -> Result<(), String> {
        authorize(node, store)?;
        if store.node(node).is_none() {
            return Err(rpc(Code::NotFound, "node not found"));
        }
        self.ended.push(node);
        let living = self.nodes.get_mut(&node).and_then(|known| known.session.as_mut());
        match living.filter(|living| Some(living.id) == session) {
            Some(living) => {
                // the agent starts over with the whole set
                living.open = false;
                living.sent = Sent::default();
            }
            None => self.register(node, store, now, rng)?,
        }
        let update = NodeUpdate {
            state: NodeState::Ready,
            message: String::new(),
            addr: Some(from_addr.to_owned()),
            description: Some(description),
        };
        self.node_updates.insert(node, update);
        self.schedule(now);
        Ok(())
    }

    fn register(
        &mut self,
        node: NodeId,
        store: &Store,
        now: Timestamp,
        rng: &mut Streams,
    ) -> Result<(), String> {
        let mut attempts = 0;
        if let Some(known) = self.nodes.get_mut(&node) {
            if now.since_us(known.registered_at) > RATE_PERIOD_US {
                known.attempts = 0;
            }
            known.attempts += 1;
            attempts = known.attempts;
            if attempts > RATE_LIMIT {
                let text = format!("node {node} exceeded rate limit count of registrations");
                return Err(rpc(Code::Unavailable, &text));
            }
        }
        let mut bytes = [0; 17];
        rng.stream("ids").fill(&mut bytes);
        let period = draw_period(base_period(store), rng);
        let session = Session {
            id: SessionId::from_random(bytes),
            period_us: period,
            open: false,
            told: None,
            sent: Sent::default(),
        };
        let expires = after(now, period * GRACE);
        let known = Registered { session: Some(session), expires, attempts, registered_at: now };
        self.nodes.insert(node, known);
        self.down.remove(&node);
        Ok(())
    }

    fn heartbeat(
        &mut self,
        node: NodeId,
        session: SessionId,
        store: &Store,
        now: Timestamp,
        rng: &mut Streams,
    ) -> Result<(), String> {
        authorize(node, store)?;
        self.check_session(node, session)?;
        let period = draw_period(base_period(store), rng);
        if let Some(known) = self.nodes.get_mut(&node) {
            known.expires = after(now, period * GRACE);
            if let Some(session) = &mut known.session {
                session.period_us = period;
            }
        }
        self.messages.push((node, ToAgent::Heartbeat { period_ms: period / 1000 }));
        Ok(())
    }

    fn update_tasks(
        &mut self,
        node: NodeId,
        session: SessionId,
        updates: Vec<(TaskId, TaskStatus)>,
        store: &Store,
        now: Timestamp,
    ) -> Result<(), String> {
        authorize(node, store)?;
        self.check_session(node, session)?;
        for (id, _) in &updates {
            if store.task(*id).is_some_and(|task| task.node_id != Some(node)) {
                let text = "cannot update a task not assigned this node";
                return Err(rpc(Code::PermissionDenied, text));
            }
        }
        self.task_updates.extend(updates);
        self.schedule(now);
        Ok(())
    }

    fn check_session(&self, node: NodeId, session: SessionId) -> Result<(), String> {
        let Some(known) = self.nodes.get(&node) else {
            return Err(rpc(Code::NotFound, "node not registered"));
        };
        match &known.session {
            Some(living) if living.id == session => Ok(()),
            Some(_) | None => Err(rpc(Code::InvalidArgument, "session invalid")),
        }
    }

    /// The next of the ticks that write what was reported.
    fn schedule(&mut self, now: Timestamp) {
        let ticks = now.since_us(self.started) / BATCH_US + 1;
        self.flush.get_or_insert(after(self.started, ticks * BATCH_US));
    }

    pub(crate) fn on_event(&mut self, event: &StoreEvent, store: &Store, now: Timestamp) {
        match event.object() {
            Object::Node(node) if event.is_removal() => {
                self.node_updates.remove(&node.id);
                self.down.remove(&node.id);
            }
            Object::Node(node) if event.is_creation() => {}
            Object::Node(node) => self.on_node(node, store),
            Object::Task(task) => {
                let Some(node) = task.node_id else { return };
                if let Some(session) = self.open_session(node) {
                    session.sent.on_task(task, event.is_removal(), now);
                }
            }
            Object::Network(network) => {
                for known in self.nodes.values_mut() {
                    if let Some(session) = known.session.as_mut().filter(|s| s.open) {
                        session.sent.on_network(network, now);
                    }
                }
            }
            Object::Cluster(_) | Object::Service(_) | Object::Secret(_) | Object::Config(_) => {}
        }
    }

    fn open_session(&mut self, node: NodeId) -> Option<&mut Session> {
        self.nodes.get_mut(&node)?.session.as_mut().filter(|session| session.open)
    }

    /// Opens a session whose registration is written; tells an open one what changed.
    fn on_node(&mut self, node: &Rc<Node>, store: &Store) {
        let known = self.nodes.get_mut(&node.id);
        let Some(session) = known.and_then(|known| known.session.as_mut()) else { return };
        if session.open {
            let same = session.told.as_ref().is_some_and(|told| {
                told.spec == node.spec
                    && told.role == node.role
                    && told.attachments == node.attachments
            });
            if same {
                return;
            }
            session.told = Some(Rc::clone(node));
            self.tell(node.id);
        } else if node.status.state == NodeState::Ready && !self.node_updates.contains_key(&node.id)
        {
            session.open = true;
            session.told = Some(Rc::clone(node));
            let assignments = session.sent.whole(node, store);
            self.tell(node.id);
            self.messages.push((node.id, ToAgent::Assignments(assignments)));
        }
    }

    /// Sends the session message (again).
    fn tell(&mut self, node: NodeId) {
        let managers = self.managers.clone();
        let Some(session) = self.open_session(node) else { return };
        let Some(told) = session.told.clone() else { return };
        let message = ToAgent::Session { session: session.id, node: told, managers };
        self.messages.push((node, message));
    }

    /// When each node is given up unless it is heard, with the first and the last instant that
    /// could have been drawn for it.
    pub(crate) fn expiries(
        &self,
        store: &Store,
    ) -> impl Iterator<Item = (NodeId, Timestamp, (Timestamp, Timestamp))> {
        let base = base_period(store);
        let (low, high) = (base.saturating_sub(EPSILON_US), base + EPSILON_US - 1);
        self.nodes.iter().map(move |(id, known)| {
            let (heard, grace) = match &known.session {
                Some(session) => {
                    let waits = session.period_us * GRACE;
                    (Timestamp(known.expires.0.saturating_sub(waits)), GRACE)
                }
                None => (known.registered_at, GRACE_UNKNOWN),
            };
            (*id, known.expires, (after(heard, low * grace), after(heard, high * grace)))
        })
    }

    /// Answers the draw of a node's period anew, as far as it tells when the node is given up.
    pub(crate) fn redraw_expiry(&mut self, node: NodeId, at: Timestamp) {
        if let Some(known) = self.nodes.get_mut(&node) {
            let heard = known.session.as_ref().map(|s| known.expires.0 - s.period_us * GRACE);
            known.expires = at;
            if let (Some(session), Some(heard)) = (&mut known.session, heard) {
                session.period_us = at.0.saturating_sub(heard) / GRACE;
            }
        }
    }

    /// Missed heartbeats and due assignments; neither writes.
    pub(crate) fn poll(&mut self, store: &Store, now: Timestamp) {
        let expired: Vec<NodeId> = self
            .nodes
            .iter()
            .filter(|(_, known)| known.expires <= now)
            .map(|(id, _)| *id)
            .collect();
        for id in expired {
            let Some(known) = self.nodes.remove(&id) else { continue };
            let message = if known.session.is_some() {
                "heartbeat failure"
            } else {
                "heartbeat failure for node in \"unknown\" state"
            };
            let update = NodeUpdate {
                state: NodeState::Down,
                message: message.to_owned(),
                addr: None,
                description: None,
            };
            self.ended.push(id);
            self.node_updates.insert(id, update);
            self.down.insert(id, after(now, ORPHAN_US));
            self.schedule(now);
        }
        for (id, known) in &mut self.nodes {
            let Some(session) = known.session.as_mut().filter(|session| session.open) else {
                continue;
            };
            if let Some(node) = store.node(*id)
                && let Some(assignments) = session.sent.due(node, store, now)
            {
                self.messages.push((*id, ToAgent::Assignments(assignments)));
            }
        }
    }

    pub(crate) fn next_wakeup(&self) -> Option<Timestamp> {
        let nodes = self.nodes.values().flat_map(|known| {
            let sent = known.session.as_ref().and_then(|session| session.sent.due_at());
            [Some(known.expires), sent].into_iter().flatten()
        });
        nodes.chain(self.down.values().copied()).chain(self.flush).min()
    }

    /// Writes what was reported and gives up tasks of nodes that are down for too long.
    pub(crate) fn run(&mut self, draft: &mut Draft<'_>) {
        if self.flush.is_some_and(|at| at <= draft.now) {
            self.flush = None;
            for (id, update) in std::mem::take(&mut self.node_updates) {
                write_node(draft, id, update);
            }
            for (id, status) in std::mem::take(&mut self.task_updates) {
                write_task(draft, id, status);
            }
        }
        let lost: Vec<NodeId> =
            self.down.iter().filter(|(_, at)| **at <= draft.now).map(|(id, _)| *id).collect();
        for node in lost {
            self.down.remove(&node);
            orphan(draft, node);
        }
    }

    /// Sends a message that another loop made; false if the node has no session.
    pub(crate) fn send(&mut self, node: NodeId, message: ToAgent) -> bool {
        let open = self.open_session(node).is_some();
        if open {
            self.messages.push((node, message));
        }
        open
    }

    pub(crate) fn take_ended(&mut self) -> Vec<NodeId> {
        std::mem::take(&mut self.ended)
    }

    pub(crate) fn take_messages(&mut self) -> Vec<(NodeId, ToAgent)> {
        std::mem::take(&mut self.messages)
    }
}

impl Registered {
    fn expected(expires: Timestamp, now: Timestamp) -> Self {
        Self { session: None, expires, attempts: 0, registered_at: now }
    }
}

fn rpc(code: Code, text: &str) -> String {
    api::ApiError::rpc(code, text).message
}

/// Removed nodes' certificates are refused before anything else.
fn authorize(node: NodeId, store: &Store) -> Result<(), String> {
    let listed =
        store.cluster().is_some_and(|cluster| cluster.blacklisted_certificates.contains_key(&node));
    if listed { Err(ca::removed(node).message) } else { Ok(()) }
}

fn base_period(store: &Store) -> u64 {
    store.cluster().map_or(5_000_000, |cluster| micros(cluster.spec.heartbeat_period_ns))
}

fn draw_period(base: u64, rng: &mut Streams) -> u64 {
    let low = base.saturating_sub(EPSILON_US).max(1);
    rng.stream("dispatcher").range(low, base + EPSILON_US)
}
