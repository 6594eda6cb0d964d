//! A manager's part in raft and, when it leads, its leader: ticks, messages, proposals, health.
//!
//! | | |
//! |---|---|
//! | SwarmKit | `manager/state/raft`, `manager/state/raft/transport`, `manager/manager.go` |
//!
//! **Left out:** while leadership is handed over SwarmKit refuses writes (`raft proposal dropped`);
//! here they wait for its end.
//!
//! **Invariant:** the store changes only here, by entries that raft handed out as committed.

use crate::Machine;
use crate::event::{Command, Event, RaftMessage, Rpc, SwarmStep, Wire};
use crate::lab::{About, Lab, Question};
use crate::machine::{ConfWork, Manager, member_context};
use crate::peer::is_snapshot;
use crate::trace::TraceEvent;
use api::{ApiError, Code, NodeId, Timestamp, Version};
use manager::{Leader, RaftRequest};
use raft::{ConfChange, Payload};
use share::Rc;
use sim::{Stream, Streams};

/// One tick of raft.
pub(crate) const TICK_US: u64 = 1_000_000;
/// A removed manager waits for another role, asks for a new certificate, and waits once more
/// (SwarmKit `node/node.go`, `superviseManager`: `roleChangeTimeout`, twice).
const REJOIN_US: u64 = 2 * 16_000_000;
/// How long a joiner has to show a sign of life.
const PROBE_US: u64 = 5_000_000;

/// Election timeouts are drawn from this stream of the machine.
pub(crate) fn draw(stream: &mut Stream) -> impl FnMut(u32) -> u32 + '_ {
    |n| stream.pick(n).unwrap_or(0)
}

/// Raft's settings; ticks are seconds.
pub(crate) fn raft_config(manager: &Manager) -> raft::Config {
    let mut config = raft::Config::default();
    if let Some(cluster) = manager.store.cluster() {
        config.election_tick = cluster.spec.election_tick.max(2);
        config.heartbeat_tick = cluster.spec.heartbeat_tick.max(1);
        config.snapshot_interval = cluster.spec.snapshot_interval.max(1);
        config.keep_entries = cluster.spec.log_entries_for_slow_followers;
    }
    config
}

/// A fresh id for a member of raft: 63 random bits, never 0.
pub(crate) fn raft_id(rng: &mut Streams) -> u64 {
    (rng.stream("raft-id").next_u64() >> 1) + 1
}

impl Lab {
    /// The clock of one manager's raft, once a second from the start of its daemon on.
    pub(crate) fn tick(&mut self, machine: Machine, boot: u32) {
        let Some(m) = self.at_mut(machine) else { return };
        if m.boot != boot || !m.powered || !m.engine.is_up() {
            return;
        }
        let Some(node) = m.node.as_mut() else { return };
        let Some(manager) = node.manager.as_mut() else { return };
        if let Some(raft) = manager.raft.as_mut() {
            raft.tick(&mut draw(m.rng.stream("election")));
            if raft.leader().is_none() {
                manager.ticks_without_leader = manager.ticks_without_leader.saturating_add(1);
            } else {
                manager.ticks_without_leader = 0;
            }
        }
        self.after(TICK_US, Event::Tick { machine, boot });
        self.drain(machine);
    }

    /// Starts the ticks of a machine's manager part at a phase of its own.
    pub(crate) fn start_ticks(&mut self, machine: Machine) {
        let Some(m) = self.at_mut(machine) else { return };
        let (boot, phase) = (m.boot, m.rng.stream("tick").range(0, TICK_US));
        let running = self.queue.iter().any(|(_, e)| {
            matches!(e, Event::Tick { machine: who, boot: b } if *who == machine && *b ==
                boot)
        });
        if !running {
            self.after(phase, Event::Tick { machine, boot });
        }
    }

    /// A message of raft arrives.
    pub(crate) fn raft_arrives(
        &mut self,
        from_machine: Machine,
        machine: Machine,
        from: u64,
        to: u64,
        message: RaftMessage,
    ) {
        let now = self.now;
        let Some(m) = self.at_mut(machine) else { return };
        let Some(node) = m.node.as_mut() else { return };
        let removed = node.manager.as_ref().is_some_and(|manager| manager.removed);
        let Some(manager) = node.manager.as_mut() else { return };
        let Some(raft) = manager.raft.as_mut() else { return };
        if raft.id() != to || removed {
            return;
        }
        let snapshot = is_snapshot(&message);
        let result = raft.step(from, message, &mut draw(m.rng.stream("election")));
        if result == Err(raft::Refused::SenderRemoved) {
            self.transmit(machine, from_machine, Wire::RaftRemoved { to: from });
            return;
        }
        // whoever sent it got through: its own book says so
        let reachable = self.net.reachable(sim::Host(machine.0), sim::Host(from_machine.0));
        let Some(sender) = self.at_mut(from_machine).and_then(|m| m.manager_mut()) else { return };
        if reachable {
            sender.peer_works(to, now);
        }
        if snapshot && let Some(raft) = &mut sender.raft {
            raft.report_snapshot(to, reachable);
        }
    }

    /// Applies what is committed, starts and stops the leader, sends what is to be sent.
    pub(crate) fn drain_manager(&mut self, machine: Machine) -> bool {
        let mut busy = self.drain_raft(machine);
        busy |= self.drain_leader(machine);
        busy |= self.propose_conf(machine);
        busy
    }

    fn drain_raft(&mut self, machine: Machine) -> bool {
        let now = self.now;
        let Some(m) = self.at_mut(machine) else { return false };
        let Some(node) = m.node.as_mut() else { return false };
        let Some(me) = node.certificate.as_ref().map(|c| c.node) else { return false };
        // the daemon watches the store from the moment that the node is in the swarm
        let registered = node.agent.as_ref().is_some_and(engine::Agent::is_registered);
        let watches = node.entering.is_none() || registered;
        let Some(manager) = node.manager.as_mut() else { return false };
        let Some(raft) = manager.raft.as_mut() else { return false };
        let effects = raft.take_effects();
        let term = raft.term();
        let mut busy = effects.snapshot.is_some()
            || !effects.committed.is_empty()
            || !effects.messages.is_empty()
            || effects.became_leader
            || effects.lost_leader;
        let mut lost = None;
        if effects.lost_leader {
            lost = Some(manager.step_down());
        }
        if let Some(snapshot) = &effects.snapshot {
            manager.store = snapshot.state.clone();
        }
        let mut conf_done = Vec::new();
        for entry in effects.committed {
            match entry.payload {
                Payload::Normal(command) => {
                    let events = manager.apply(entry.index, &command, now, &mut m.rng);
                    if watches {
                        for event in crate::watch::news(&events, command.at, now) {
                            m.engine.tell_swarm_event(event);
                        }
                    }
                }
                Payload::Conf(change) => conf_done.push(change),
                Payload::Empty => {}
            }
        }
        if effects.became_leader {
            let bootstrap = manager.bootstrap.take();
            let leader = match bootstrap {
                Some(b) => Leader::elected_with(&manager.store, me, &b, now, &mut m.rng),
                None => Leader::elected(&manager.store, me, now, &mut m.rng),
            };
            manager.leader = Some(Box::new(leader));
            manager.ticks_without_leader = 0;
            manager.poll_leader(now, &mut m.rng);
        }
        if manager.raft.as_ref().is_some_and(raft::Raft::wants_snapshot) {
            let state = manager.store.clone();
            if let Some(raft) = manager.raft.as_mut() {
                let index = raft.applied_index();
                raft.compact(index, state);
            }
        }
        let membership_changed = !conf_done.is_empty();
        if membership_changed {
            manager.poll_leader(now, &mut m.rng);
        }
        if effects.leader_changed {
            let what = TraceEvent::LeaderKnown { term, leader: effects.leader };
            self.note(Some(machine), what);
            busy = true;
        }
        if let Some(orphans) = lost {
            self.note(Some(machine), TraceEvent::LostLeadership { term });
            self.leadership_lost(machine, orphans);
        }
        for change in conf_done {
            self.conf_in_force(machine, &change);
        }
        self.send_raft(machine, effects.messages);
        busy
    }

    /// Everybody who waited for this leader is told.
    fn leadership_lost(&mut self, machine: Machine, orphans: Orphans) {
        for (rpc, origin) in orphans.callers {
            let answer = Err(crate::daemon::texts::lost_leadership());
            let is_control = self
                .rpcs
                .get(&rpc)
                .is_some_and(|question| matches!(question.about, About::Control(..)));
            let wire = if is_control {
                Wire::ControlAnswer { rpc, answer }
            } else {
                Wire::NotLeader { rpc }
            };
            self.transmit(machine, origin, wire);
        }
        for (agent, via) in orphans.sessions {
            if via == machine {
                self.transmit(machine, agent, Wire::AgentGone { agent });
            } else {
                self.transmit(machine, via, Wire::AgentGone { agent });
            }
        }
    }

    fn drain_leader(&mut self, machine: Machine) -> bool {
        let at = self.now;
        let Some(m) = self.at_mut(machine) else { return false };
        let Some(manager) = m.manager_mut() else { return false };
        let Some(raft) = manager.raft.as_mut() else { return false };
        let Some(leader) = manager.leader.as_mut() else { return false };
        let mut busy = false;
        let traces = leader.take_trace();
        // while leadership is handed over raft drops what is proposed; if that comes to nothing,
        // the leader goes on with what waited
        if manager.in_flight.is_none()
            && raft.transferee().is_none()
            && let Some(proposal) = leader.take_proposal(&manager.store)
        {
            let command = Command {
                proposal: proposal.id,
                by: (raft.id(), raft.term()),
                at,
                actions: proposal.actions,
            };
            // a leader that may not propose any more is about to hear of it
            if let Ok(index) = raft.propose(Rc::new(command)) {
                manager.in_flight = Some((proposal.id, index));
            }
            busy = true;
        }
        let answers = leader.take_answers();
        let joins = leader.take_join_answers();
        let agents = leader.take_agent_messages();
        let logs = leader.take_log_lines();
        let requests = leader.take_raft_requests();
        busy |= !answers.is_empty()
            || !joins.is_empty()
            || !agents.is_empty()
            || !logs.is_empty()
            || !requests.is_empty();
        for trace in traces {
            self.note(Some(machine), TraceEvent::Manager(trace));
        }
        for (call, answer) in answers {
            self.control_answered(machine, Rpc(call), answer.map(Box::new));
        }
        for (call, answer) in joins {
            self.join_answered(machine, Rpc(call), answer.map(Box::new));
        }
        for (node, message) in agents {
            self.tell_agent(machine, node, message);
        }
        for (subscription, lines, done) in logs {
            self.log_lines(machine, subscription, lines, done);
        }
        for request in requests {
            self.raft_request(machine, request);
        }
        busy
    }

    fn tell_agent(&mut self, machine: Machine, node: NodeId, message: api::dispatch::ToAgent) {
        let Some(manager) = self.at(machine).and_then(|m| m.manager()) else { return };
        let Some((agent, via)) = manager.sessions.get(&node).copied() else { return };
        let wire = Wire::Agent { agent, message: Box::new(message) };
        self.transmit(machine, if via == machine { agent } else { via }, wire);
    }

    /// Whoever read these logs is out of reach: the stream ends.
    pub(crate) fn reader_lost(&mut self, machine: Machine, rpc: Rpc) {
        let Some(manager) = self.at_mut(machine).and_then(|m| m.manager_mut()) else { return };
        let found = manager.subscriptions.iter().find(|(_, (reader, _))| *reader == rpc);
        let Some(id) = found.map(|(id, _)| *id) else { return };
        manager.subscriptions.remove(&id);
        if let Some(leader) = &mut manager.leader {
            leader.unsubscribe(id);
        }
        self.drain(machine);
    }

    pub(crate) fn control_answered(
        &mut self,
        machine: Machine,
        rpc: Rpc,
        answer: Result<Box<api::ControlResponse>, ApiError>,
    ) {
        let Some(manager) = self.at_mut(machine).and_then(|m| m.manager_mut()) else { return };
        let subscription = match answer.as_deref() {
            Ok(api::ControlResponse::Subscribed(id)) => Some(*id),
            Ok(_) | Err(_) => None,
        };
        let origin = manager.callers.remove(&rpc);
        if let (Some(id), Some(origin)) = (subscription, origin) {
            manager.subscriptions.insert(id, (rpc, origin));
        }
        if let Some(origin) = origin {
            self.transmit(machine, origin, Wire::ControlAnswer { rpc, answer });
        }
    }

    pub(crate) fn join_answered(
        &mut self,
        machine: Machine,
        rpc: Rpc,
        answer: Result<Box<api::JoinResponse>, ApiError>,
    ) {
        let Some(manager) = self.at_mut(machine).and_then(|m| m.manager_mut()) else { return };
        if let Some(origin) = manager.callers.remove(&rpc) {
            self.transmit(machine, origin, Wire::JoinAnswer { rpc, answer });
        }
    }

    fn log_lines(
        &mut self,
        machine: Machine,
        subscription: u64,
        lines: Vec<api::dispatch::LogLine>,
        done: bool,
    ) {
        let Some(manager) = self.at_mut(machine).and_then(|m| m.manager_mut()) else { return };
        let Some((rpc, origin)) = manager.subscriptions.get(&subscription).copied() else { return };
        if done {
            manager.subscriptions.remove(&subscription);
        }
        self.transmit(machine, origin, Wire::Logs { rpc, lines, done });
    }

    fn raft_request(&mut self, machine: Machine, request: RaftRequest) {
        let now = self.now;
        match request {
            RaftRequest::AddMember { call, node, addr } => {
                let probe = Rpc(self.number());
                let Some(m) = self.at_mut(machine) else { return };
                let fresh = raft_id(&mut m.rng);
                let Some(manager) = m.manager_mut() else { return };
                let known = manager.members().of_node(node).map(|member| member.raft_id);
                let context = member_context(node, &addr);
                let change = match known {
                    Some(id) => ConfChange::UpdateAddr { id, context },
                    None => ConfChange::Add { id: fresh, context },
                };
                manager.conf_queue.push(ConfWork {
                    change,
                    call: Some(Rpc(call)),
                    probe: Some(probe),
                    proposed: false,
                    since: now,
                });
                let question =
                    Question { origin: machine, since: now, about: About::Probe, asked: None };
                self.rpcs.insert(probe, question);
                self.after(PROBE_US, Event::Deadline { rpc: probe });
                let request = Box::new(api::JoinRequest::Health);
                let wire = Wire::Join { rpc: probe, origin: machine, proxied: true, request };
                self.send_to(machine, &addr, wire);
            }
            RaftRequest::RemoveMember { raft_id } => {
                let Some(manager) = self.at_mut(machine).and_then(|m| m.manager_mut()) else {
                    return;
                };
                let change = ConfChange::Remove { id: raft_id };
                if manager.conf_queue.iter().all(|work| work.change != change) {
                    manager.conf_queue.push(ConfWork {
                        change,
                        call: None,
                        probe: None,
                        proposed: false,
                        since: now,
                    });
                }
            }
            RaftRequest::TransferLeader { to } => {
                if let Some(raft) =
                    self.at_mut(machine).and_then(|m| m.manager_mut()).and_then(|p| p.raft.as_mut())
                {
                    raft.transfer_leader(to);
                }
            }
        }
    }

    /// The joiner answered (or not): its change of membership may be proposed (or is dropped).
    pub(crate) fn probe_answered(&mut self, machine: Machine, probe: Rpc, alive: bool) {
        let Some(manager) = self.at_mut(machine).and_then(|m| m.manager_mut()) else { return };
        let Some(at) = manager.conf_queue.iter().position(|work| work.probe == Some(probe)) else {
            return;
        };
        if alive {
            if let Some(work) = manager.conf_queue.get_mut(at) {
                work.probe = None;
            }
            return;
        }
        let work = manager.conf_queue.remove(at);
        if let Some(call) = work.call {
            let text = "could not connect to prospective new cluster member using its advertised \
                        address: rpc error: code = DeadlineExceeded desc = context deadline \
                        exceeded";
            self.join_answered(machine, call, Err(ApiError::rpc(Code::Unknown, text)));
        }
    }

    fn propose_conf(&mut self, machine: Machine) -> bool {
        let now = self.now;
        let Some(manager) = self.at_mut(machine).and_then(|m| m.manager_mut()) else {
            return false;
        };
        manager.conf_queue.retain(|work| {
            work.call.is_some() || work.proposed || now.since_us(work.since) < PROBE_US
        });
        if manager.conf_queue.iter().any(|work| work.proposed) {
            return false;
        }
        let Some(raft) = manager.raft.as_mut() else { return false };
        let Some(work) = manager.conf_queue.iter_mut().find(|work| work.probe.is_none()) else {
            return false;
        };
        if raft.propose_conf_change(work.change.clone()).is_ok() {
            work.proposed = true;
            return true;
        }
        false
    }

    /// A change of membership is in force on one member.
    fn conf_in_force(&mut self, machine: Machine, change: &ConfChange) {
        let Some(manager) = self.at_mut(machine).and_then(|m| m.manager_mut()) else { return };
        let own = manager.raft.as_ref().map(raft::Raft::id);
        if let ConfChange::Remove { id } = change {
            manager.peers.remove(id);
            if own == Some(*id) {
                self.removed_from_raft(machine);
                return;
            }
        }
        let Some(manager) = self.at_mut(machine).and_then(|m| m.manager_mut()) else { return };
        let Some(at) = manager.conf_queue.iter().position(|w| w.proposed && w.change == *change)
        else {
            return;
        };
        let work = manager.conf_queue.remove(at);
        let id = match change {
            ConfChange::Add { id, .. }
            | ConfChange::Remove { id }
            | ConfChange::UpdateAddr { id, .. } => *id,
        };
        if let Some(call) = work.call {
            let list = manager.members().list;
            let members = list.into_iter().map(|m| (m.raft_id, m.node, m.addr)).collect();
            let joined = api::JoinResponse::Joined { raft_id: id, members };
            self.join_answered(machine, call, Ok(Box::new(joined)));
        }
    }

    /// This member is out of raft for ever; its manager part stops.
    pub(crate) fn removed_from_raft(&mut self, machine: Machine) {
        let Some(m) = self.at_mut(machine) else { return };
        let boot = m.boot;
        let Some(manager) = m.manager_mut() else { return };
        manager.removed = true;
        let orphans = manager.step_down();
        manager.raft = None;
        self.leadership_lost(machine, orphans);
        self.after(REJOIN_US, Event::Swarm { machine, boot, step: SwarmStep::Rejoin });
    }

    /// No certificate of a worker has come since: it was made a manager again meanwhile, and
    /// joins raft as a new member.
    pub(crate) fn rejoin(&mut self, machine: Machine) {
        let Some(node) = self.at_mut(machine).and_then(|m| m.node.as_mut()) else { return };
        if node.manager.as_ref().is_some_and(|manager| manager.removed) {
            node.manager = Some(Manager::new());
            self.swarm_step(machine, SwarmStep::JoinRaft);
        }
    }
}

/// Who waited for a leader that is none any more.
pub(crate) struct Orphans {
    callers: Vec<(Rpc, Machine)>,
    sessions: Vec<(Machine, Machine)>,
}

impl Manager {
    /// The leader's memory goes: loops, drafts, who waits.
    pub(crate) fn step_down(&mut self) -> Orphans {
        self.leader = None;
        self.in_flight = None;
        self.conf_queue.clear();
        let readers = std::mem::take(&mut self.subscriptions).into_values();
        self.callers.extend(readers);
        Orphans {
            callers: std::mem::take(&mut self.callers).into_iter().collect(),
            sessions: std::mem::take(&mut self.sessions).into_values().collect(),
        }
    }

    pub(crate) fn poll_leader(&mut self, now: Timestamp, rng: &mut Streams) {
        let members = self.members();
        if let Some(leader) = &mut self.leader {
            leader.poll(&self.store, &members, now, rng);
        }
    }

    fn apply(
        &mut self,
        index: u64,
        command: &Command,
        now: Timestamp,
        rng: &mut Streams,
    ) -> Vec<manager::StoreEvent> {
        let events = self.store.apply(Version(index), command.at, &command.actions);
        let ours = self
            .in_flight
            .filter(|(number, at)| *at == index && *number == command.proposal)
            .map(|(number, _)| number);
        if ours.is_some() {
            self.in_flight = None;
        }
        if let Some(cluster) = self.store.cluster() {
            self.unlock_key.clone_from(&cluster.unlock_key);
        }
        if let Some(leader) = &mut self.leader {
            leader.on_commit(&self.store, &events, ours, now, rng);
        }
        events
    }
}
