//! What a daemon does with a message of another daemon, and with one that did not arrive.

use crate::Machine;
use crate::event::{Broken, Rpc, Wire};
use crate::lab::Lab;
use crate::machine::host_of;
use api::dispatch::{ToAgent, ToDispatcher};
use api::{ApiError, JoinRequest, JoinResponse, NodeId};

impl Lab {
    pub(crate) fn arrives(&mut self, from: Machine, to: Machine, wire: Wire) {
        match wire {
            Wire::Raft { from: sender, to: receiver, message } => {
                self.raft_arrives(from, to, sender, receiver, *message);
            }
            Wire::RaftRemoved { to: member } => {
                let mine = self.at(to).and_then(|m| m.manager()?.raft.as_ref().map(raft::Raft::id));
                if mine == Some(member) {
                    self.removed_from_raft(to);
                }
            }
            Wire::ResolveAddress { from: member, to: other, message } => {
                let addr = self.at(to).and_then(|m| m.manager()?.addr_of(other)).map(str::to_owned);
                if let Some(addr) = addr {
                    let answer = Wire::Address { addr, from: member, to: other, message };
                    self.transmit(to, from, answer);
                }
            }
            Wire::Address { addr, from: member, to: other, message } => {
                self.send_to(to, &addr, Wire::Raft { from: member, to: other, message });
            }
            Wire::Dispatch { agent, proxied, message } => {
                self.dispatch_arrives(from, to, agent, proxied, *message);
            }
            Wire::Agent { agent, message } => {
                if agent == to {
                    self.remember_networks(to, &message);
                    self.agent_hears(to, *message);
                } else {
                    self.transmit(to, agent, Wire::Agent { agent, message });
                }
            }
            Wire::AgentGone { agent } => {
                if agent == to {
                    self.agent_disconnected(to);
                } else {
                    self.transmit(to, agent, Wire::AgentGone { agent });
                }
            }
            Wire::Control { rpc, origin, request } => {
                self.control_arrives(to, rpc, origin, *request);
            }
            Wire::ControlAnswer { rpc, answer } => self.control_answer(rpc, answer),
            Wire::NotLeader { rpc } => {
                let control = self
                    .rpcs
                    .get(&rpc)
                    .is_some_and(|q| matches!(q.about, crate::lab::About::Control(..)));
                if control {
                    self.control_broken(rpc, from, Broken::NotLeader);
                } else {
                    self.join_broken(to, from, rpc, Broken::NotLeader);
                }
            }
            Wire::Join { rpc, origin, proxied, request } => {
                self.join_arrives(to, rpc, origin, proxied, *request);
            }
            Wire::JoinAnswer { rpc, answer } => self.join_answer(to, from, rpc, answer),
            Wire::Logs { rpc, lines, done } => self.logs_arrive(rpc, lines, done),
            Wire::Gossip { records } => {
                self.arrived(from, to);
                self.learn(to, from, &records);
            }
            Wire::GossipAll { records } => {
                self.arrived(from, to);
                self.learn_all(to, from, &records);
            }
            Wire::Http { .. } => {}
        }
    }

    /// Names of the networks that come with assignments: the resolver needs them.
    fn remember_networks(&mut self, machine: Machine, message: &ToAgent) {
        if let ToAgent::Assignments(assignments) = message
            && let Some(m) = self.at_mut(machine)
        {
            for network in &assignments.networks {
                m.mesh.networks.insert(network.id, network.spec.annotations.name.clone());
            }
        }
    }

    /// The agent's connection is gone: it looks for another manager.
    pub(crate) fn agent_disconnected(&mut self, machine: Machine) {
        let now = self.now;
        let Some(m) = self.at_mut(machine) else { return };
        if !m.daemon_up() {
            return;
        }
        m.agent_via = None;
        if let Some(agent) = m.node.as_mut().and_then(|n| n.agent.as_mut()) {
            agent.disconnected(now, &mut m.rng);
        }
    }

    fn dispatch_arrives(
        &mut self,
        from: Machine,
        machine: Machine,
        agent: Machine,
        proxied: bool,
        message: ToDispatcher,
    ) {
        let now = self.now;
        let addr = self.at(agent).map(|m| m.config.ip.clone()).unwrap_or_default();
        let via = if proxied { from } else { machine };
        let Some(m) = self.at_mut(machine) else { return };
        let addr = m
            .node
            .as_ref()
            .filter(|_| agent == machine)
            .map_or(addr, |node| host_of(&node.addr).to_owned());
        let Some(manager) = m.node.as_mut().and_then(|n| n.manager.as_mut()) else {
            self.transmit(machine, via, Wire::AgentGone { agent });
            return;
        };
        if manager.broken.remove(&agent) && !matches!(message, ToDispatcher::Session { .. }) {
            let back = if proxied { via } else { agent };
            self.transmit(machine, back, Wire::AgentGone { agent });
            return;
        }
        let leader_addr = manager.leader_addr().map(str::to_owned);
        if manager.leader.is_some() {
            manager.sessions.insert(node_of(&message), (agent, via));
            if let Some(leader) = &mut manager.leader {
                leader.handle_dispatch(&addr, message, &manager.store, now, &mut m.rng);
            }
            return;
        }
        match leader_addr {
            Some(leader) if !proxied => {
                let message = Box::new(message);
                self.send_to(machine, &leader, Wire::Dispatch { agent, proxied: true, message });
            }
            Some(_) | None => {
                let back = if proxied { via } else { agent };
                self.transmit(machine, back, Wire::AgentGone { agent });
            }
        }
    }

    fn join_arrives(
        &mut self,
        machine: Machine,
        rpc: Rpc,
        origin: Machine,
        proxied: bool,
        request: JoinRequest,
    ) {
        let now = self.now;
        if request == JoinRequest::Health {
            let answer = Ok(Box::new(JoinResponse::Healthy));
            self.transmit(machine, origin, Wire::JoinAnswer { rpc, answer });
            return;
        }
        if let JoinRequest::IssueCertificate { token, .. } = &request
            && let Some(error) = self.wrong_root(machine, token)
        {
            self.transmit(machine, origin, Wire::JoinAnswer { rpc, answer: Err(error) });
            return;
        }
        let Some(m) = self.at_mut(machine) else { return };
        let rng = &mut m.rng;
        let manager = m.node.as_mut().and_then(|n| n.manager.as_mut());
        let Some(manager) = manager else {
            self.transmit(machine, origin, Wire::NotLeader { rpc });
            return;
        };
        let leader_addr = manager.leader_addr().map(str::to_owned);
        if manager.leader.is_some() {
            let members = manager.members();
            manager.callers.insert(rpc, origin);
            if let Some(leader) = &mut manager.leader {
                leader.handle_join(rpc.0, request, &manager.store, &members, now, rng);
            }
            return;
        }
        match leader_addr {
            Some(leader) if !proxied => {
                let request = Box::new(request);
                self.send_to(machine, &leader, Wire::Join { rpc, origin, proxied: true, request });
            }
            Some(_) | None => self.transmit(machine, origin, Wire::NotLeader { rpc }),
        }
    }

    /// The joiner fetches the root certificate first and compares it with its token.
    fn wrong_root(&self, machine: Machine, token: &str) -> Option<ApiError> {
        let expected = crate::swarm::token_digest(token)?;
        let cluster = self.at(machine)?.manager()?.store.cluster()?;
        let actual = crate::swarm::token_digest(&cluster.worker_token)?;
        (expected != actual).then(|| {
            let text = format!("remote CA does not match fingerprint. Expected: {expected}");
            ApiError::new(500, text)
        })
    }

    /// A message did not get through, and its sender knows.
    pub(crate) fn undelivered(&mut self, from: Machine, to: Machine, wire: Wire, broken: Broken) {
        if !self.at(from).is_some_and(|m| m.daemon_up()) && !matches!(wire, Wire::Http { .. }) {
            return;
        }
        match wire {
            Wire::Raft { to: member, message, .. } => {
                self.raft_undelivered(from, member, &message, broken);
            }
            Wire::Dispatch { agent, proxied, .. } => {
                if proxied {
                    self.transmit(from, agent, Wire::AgentGone { agent });
                } else if agent == from && self.at(from).and_then(|m| m.agent_via) == Some(to) {
                    self.agent_disconnected(from);
                } else if agent == from {
                    self.agent_unreached(from, to);
                }
            }
            Wire::Control { rpc, origin, .. } => {
                if origin == from {
                    self.control_broken(rpc, to, broken);
                }
            }
            Wire::Join { rpc, origin, .. } => {
                if origin == from {
                    self.join_broken(from, to, rpc, broken);
                } else {
                    self.transmit(from, origin, Wire::NotLeader { rpc });
                }
            }
            Wire::Http { request } => self.request_lost(request),
            // a stream without one of its messages is broken: the agent hears so with its next
            Wire::Agent { agent, .. } | Wire::AgentGone { agent } => {
                if let Some(manager) = self.at_mut(from).and_then(|m| m.manager_mut()) {
                    manager.broken.insert(agent);
                }
            }
            Wire::Logs { rpc, .. } => self.reader_lost(from, rpc),
            Wire::RaftRemoved { .. }
            | Wire::ResolveAddress { .. }
            | Wire::Address { .. }
            | Wire::ControlAnswer { .. }
            | Wire::NotLeader { .. }
            | Wire::JoinAnswer { .. }
            | Wire::Gossip { .. }
            | Wire::GossipAll { .. } => {}
        }
    }

    /// Its manager is at an address that belongs to no machine.
    fn agent_unreached(&mut self, machine: Machine, to: Machine) {
        if self.at(to).is_none() {
            self.agent_disconnected(machine);
        }
    }
}

fn node_of(message: &ToDispatcher) -> NodeId {
    match message {
        ToDispatcher::Session { node, .. }
        | ToDispatcher::Heartbeat { node, .. }
        | ToDispatcher::UpdateTaskStatus { node, .. }
        | ToDispatcher::Logs { node, .. } => *node,
    }
}
