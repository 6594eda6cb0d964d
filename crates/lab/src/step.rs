//! One event after the other: delivery, wake-ups, and draining what a machine has to say.

use crate::event::{Broken, Event, SwarmStep, Wire};
use crate::lab::{Lab, Work};
use crate::{Answer, CallId, Machine};
use api::Timestamp;
use api::dispatch::ToDispatcher;
use engine::{EngineAnswer, EngineEffect, FetchReply};
use sim::{Fate, Host, Time};

/// Sends that find nobody there are noticed after so long (SwarmKit's send timeout).
pub(crate) const RAFT_TIMEOUT_US: u64 = 2_000_000;
/// TCP's first pause before it sends again (Linux: 200 ms and the granularity of its clock).
pub(crate) const RESEND_US: u64 = 204_000;
/// Times that TCP sends again before it gives up (Linux `tcp_retries2`).
const RESENDS: u32 = 15;
/// Other calls between daemons.
const RPC_TIMEOUT_US: u64 = 5_000_000;
/// Rounds of draining one machine at one instant before the model is taken to be stuck.
const MAX_ROUNDS: u32 = 10_000;

impl Lab {
    pub(crate) fn handle(&mut self, event: Event) {
        if let Some(machine) = frozen_target(&event)
            && self.at(machine).is_some_and(|m| m.frozen)
        {
            self.hold(machine, event);
            return;
        }
        match event {
            Event::Wire { from, to, sent, wire } => self.deliver(from, to, sent, wire),
            Event::Undelivered { from, to, wire, broken } => {
                self.undelivered(from, to, wire, broken);
                self.drain(from);
            }
            Event::Tick { machine, boot } => self.tick(machine, boot),
            Event::Wake { machine } => {
                if let Some(m) = self.at_mut(machine) {
                    m.wake = None;
                }
                self.poll(machine);
                self.drain(machine);
            }
            Event::Retry { rpc } => self.retry_control(rpc),
            Event::Deadline { rpc } => self.deadline(rpc),
            Event::Resume { call } => self.resume_call(call),
            Event::Swarm { machine, boot, step } => self.swarm_event(machine, boot, step),
            Event::Registry { machine, boot, ticket, reply } => {
                let now = self.now;
                if let Some(m) = self.at_mut(machine)
                    && m.boot == boot
                {
                    m.engine.handle_registry(ticket, *reply, now, &mut m.rng);
                }
                self.drain(machine);
            }
            Event::Digest { call, reply } => self.digest_answer(call, &reply),
            Event::Net { machine, ticket, answer } => {
                let now = self.now;
                if let Some(m) = self.at_mut(machine) {
                    m.engine.handle_net(ticket, *answer, now, &mut m.rng);
                }
                self.drain(machine);
            }
            Event::PeerLost { machine, peer, since } => self.peer_lost(machine, peer, since),
            Event::PeerFound { machine, peer } => self.peer_found(machine, peer),
            Event::Request { request } => self.request_event(request),
            Event::DaemonUp { machine, boot } => self.daemon_is_up(machine, boot),
        }
    }

    fn swarm_event(&mut self, machine: Machine, boot: u32, step: SwarmStep) {
        if self.at(machine).is_some_and(|m| m.boot == boot && m.daemon_up()) {
            self.swarm_step(machine, step);
            self.drain(machine);
        }
    }

    /// A frozen machine's events wait for its thaw; who sent to it notices the silence.
    fn hold(&mut self, machine: Machine, event: Event) {
        if matches!(event, Event::Wake { .. })
            && let Some(m) = self.at_mut(machine)
        {
            m.wake = None;
            return;
        }
        if let Event::Wire { from, to, sent, wire } = &event {
            self.give_up(*from, *to, *sent, wire.clone());
        }
        self.held.entry(machine).or_default().push(event);
    }

    /// Sends to an address (`host:port`); a stranger's address is silent.
    pub(crate) fn send_to(&mut self, from: Machine, addr: &str, wire: Wire) {
        let host = crate::machine::host_of(addr);
        let own = self.at(from).is_some_and(|m| {
            m.config.ip == host
                || m.config.extra_ips.iter().any(|(_, ip)| ip == host)
                // an address that the machine only says it has
                || m.node.as_ref().is_some_and(|n| crate::machine::host_of(&n.addr) == host)
        });
        let target = if own {
            Some(from)
        } else {
            // only eth0 is routed between machines
            self.machine_at(host).filter(|m| self.at(*m).is_some_and(|m| m.config.ip == host))
        };
        let to = target.unwrap_or(Machine(u32::MAX));
        let port = crate::machine::port_of(addr);
        let listens =
            self.at(to).and_then(|m| m.node.as_ref()).is_none_or(|node| node.listen_port == port);
        if target.is_some() && !listens {
            self.after(1_000, Event::Undelivered { from, to, wire, broken: Broken::Refused });
            return;
        }
        self.transmit(from, to, wire);
    }

    /// Sends to a machine.
    pub(crate) fn transmit(&mut self, from: Machine, to: Machine, wire: Wire) {
        let lost = self.at(to).is_none()
            || (from != to && wire.between_managers() && self.is_stalled(from, to));
        let fate = if lost { Fate::Lost } else { self.fate(from, to, &wire) };
        match fate {
            Fate::Deliver(at) => {
                let sent = self.now;
                self.schedule(Timestamp(at.0), Event::Wire { from, to, sent, wire });
            }
            Fate::Lost => {
                self.stall(from, to, &wire);
                self.give_up(from, to, self.now, wire);
            }
        }
    }

    /// What a lossy link loses TCP sends again, later and later; gossip is not sent again.
    fn fate(&mut self, from: Machine, to: Machine, wire: &Wire) -> Fate {
        let (from, to) = (Host(from.0), Host(to.0));
        let gossip = matches!(wire, Wire::Gossip { .. } | Wire::GossipAll { .. });
        let tries = if gossip || !self.net.reachable(from, to) { 0 } else { RESENDS };
        let (mut at, mut pause) = (Time(self.now.0), RESEND_US);
        for _ in 0..tries {
            match self.net.fate(at, from, to, self.rng.stream("net")) {
                Fate::Lost => at += sim::Span::us(pause),
                fate @ Fate::Deliver(_) => return fate,
            }
            pause *= 2;
        }
        self.net.fate(at, from, to, self.rng.stream("net"))
    }

    fn give_up(&mut self, from: Machine, to: Machine, sent: Timestamp, wire: Wire) {
        let timeout = match &wire {
            // no new connection without a cable: the network is unreachable, said at once
            Wire::Dispatch { proxied: false, message, .. }
                if self.net.is_cut(Host(from.0))
                    && matches!(**message, ToDispatcher::Session { .. }) =>
            {
                0
            }
            Wire::Raft { .. }
            | Wire::RaftRemoved { .. }
            | Wire::ResolveAddress { .. }
            | Wire::Address { .. } => RAFT_TIMEOUT_US,
            Wire::Agent { .. }
            | Wire::AgentGone { .. }
            | Wire::Dispatch { .. }
            | Wire::Control { .. }
            | Wire::ControlAnswer { .. }
            | Wire::NotLeader { .. }
            | Wire::Join { .. }
            | Wire::JoinAnswer { .. }
            | Wire::Logs { .. } => RPC_TIMEOUT_US,
            Wire::Gossip { .. } | Wire::GossipAll { .. } => return,
            Wire::Http { .. } => 0,
        };
        let at = Timestamp(sent.0 + timeout).max(self.now);
        self.schedule(at, Event::Undelivered { from, to, wire, broken: Broken::Silent });
    }

    fn deliver(&mut self, from: Machine, to: Machine, sent: Timestamp, wire: Wire) {
        let reaches = self.net.reachable(Host(from.0), Host(to.0))
            && self.at(to).is_some_and(|m| m.powered)
            && self.at(from).is_some_and(|m| m.powered || from == to);
        if !reaches {
            self.stall(from, to, &wire);
            self.give_up(from, to, sent, wire);
            return;
        }
        if let Wire::Http { request } = wire {
            self.request_arrives(request, to);
            return;
        }
        let listens = self.at(to).is_some_and(|m| m.daemon_up() && m.node.is_some());
        if !listens || (from != to && wire.is_tls() && self.mistrust(from, to)) {
            let wire = Event::Undelivered { from, to, wire, broken: Broken::Refused };
            self.after(300, wire);
            return;
        }
        self.arrives(from, to, wire);
        self.drain(to);
    }

    /// Lets engine, agent and leader do what is due.
    fn poll(&mut self, machine: Machine) {
        let now = self.now;
        let Some(m) = self.at_mut(machine) else { return };
        if !m.powered {
            return;
        }
        m.engine.poll(now, &mut m.rng);
        if m.engine.is_up()
            && let Some(node) = &mut m.node
        {
            if let Some(agent) = &mut node.agent {
                agent.poll(&mut m.engine, now, &mut m.rng);
            }
            if let Some(manager) = &mut node.manager {
                let members = manager.members();
                if let Some(leader) = &mut manager.leader {
                    leader.poll(&manager.store, &members, now, &mut m.rng);
                }
            }
        }
    }

    /// Takes everything that a machine has to say until it has no more, then sets its alarm.
    pub(crate) fn drain(&mut self, machine: Machine) {
        for _ in 0..MAX_ROUNDS {
            let mut more = self.drain_engine(machine);
            more |= self.drain_agent(machine);
            more |= self.drain_manager(machine);
            more |= self.progress_node(machine);
            more |= self.finish_start(machine);
            if !more {
                break;
            }
        }
        self.set_alarm(machine);
    }

    fn set_alarm(&mut self, machine: Machine) {
        let now = self.now;
        let Some(m) = self.at(machine) else { return };
        let mut due = if m.powered { m.engine.next_wakeup() } else { None };
        if m.powered
            && m.engine.is_up()
            && let Some(node) = &m.node
        {
            let agent = node.agent.as_ref().and_then(engine::Agent::next_wakeup);
            let leader = node
                .manager
                .as_ref()
                .and_then(|manager| manager.leader.as_ref())
                .and_then(|leader| leader.next_wakeup());
            due = [due, agent, leader].into_iter().flatten().min();
        }
        let due = due.map(|at| at.max(now));
        let set = m.wake;
        if set.map(|(at, _)| at) == due {
            return;
        }
        if let Some((_, ticket)) = set {
            self.queue.cancel(ticket);
        }
        let wake = due.map(|at| (at, self.schedule(at, Event::Wake { machine })));
        if let Some(m) = self.at_mut(machine) {
            m.wake = wake;
        }
    }

    fn drain_engine(&mut self, machine: Machine) -> bool {
        let now = self.now;
        let Some(m) = self.at_mut(machine) else { return false };
        let before = m.engine.revision();
        if m.powered
            && m.engine.is_up()
            && let Some(agent) = m.node.as_mut().and_then(|n| n.agent.as_mut())
        {
            agent.poll(&mut m.engine, now, &mut m.rng);
        }
        let changed = m.engine.revision() != before;
        let answers = m.engine.take_answers();
        let effects = m.engine.take_effects();
        let busy = changed || !answers.is_empty() || !effects.is_empty();
        for (call, answer) in answers {
            self.engine_answer(CallId(call), answer);
        }
        for effect in effects {
            self.engine_effect(machine, effect);
        }
        busy
    }

    fn engine_answer(&mut self, call: CallId, answer: EngineAnswer) {
        let Some(open) = self.calls.get(&call) else { return };
        match (&open.work, answer) {
            (Work::Engine, EngineAnswer::Item(item)) => {
                self.answers.push((call, Answer::Item(item)));
            }
            (Work::Engine, EngineAnswer::Done(result)) => self.finish(call, result),
            (Work::Swarm(_), EngineAnswer::Done(result)) => self.engine_part(call, result),
            (Work::Swarm(_), EngineAnswer::Item(item)) => {
                self.answers.push((call, Answer::Item(item)));
            }
            (Work::Entering, _) => {}
        }
    }

    fn engine_effect(&mut self, machine: Machine, effect: EngineEffect) {
        match effect {
            EngineEffect::Fetch { ticket, reference } => {
                let boot = self.at(machine).map_or(0, |m| m.boot);
                let (reply, after) = self.registry(machine, &reference);
                let reply = Box::new(reply);
                self.after(after, Event::Registry { machine, boot, ticket, reply });
            }
            EngineEffect::Net { ticket, container, request } => {
                self.container_asks(machine, ticket, container, request);
            }
            EngineEffect::PortsChanged => {}
        }
    }

    /// What the registry answers to a machine, and after how many microseconds.
    pub(crate) fn registry(
        &mut self,
        machine: Machine,
        reference: &engine::registry::Reference,
    ) -> (FetchReply, u64) {
        let silent = |what: &str| FetchReply::Unreachable { reason: what.to_owned() };
        if self.net.is_cut(Host(machine.0)) {
            let reason = "dial tcp: lookup registry-1.docker.io on 192.168.0.1:53: read udp: \
                          i/o timeout";
            return (silent(reason), 15_000_000);
        }
        if self.registry_off {
            let reason = "dial tcp 192.168.0.1:443: connect: connection refused";
            // recorded (`f_service_failing`): the name server's silence is waited for first
            return (silent(reason), 5_000_000);
        }
        let named = [reference.familiar_tagged(), reference.familiar_name()];
        if named.iter().any(|name| self.pull_fails.contains(name)) {
            return (FetchReply::NoManifest, 30_000);
        }
        let slow = self.net.slowness(Host(machine.0)).0 * 2;
        (self.catalog.fetch(reference), 30_000 + slow)
    }

    fn drain_agent(&mut self, machine: Machine) -> bool {
        let Some(m) = self.at_mut(machine) else { return false };
        if !m.powered || !m.engine.is_up() {
            return false;
        }
        let Some(agent) = m.node.as_mut().and_then(|n| n.agent.as_mut()) else { return false };
        let messages = agent.take_messages();
        let records = agent.take_endpoint_changes();
        let busy = !messages.is_empty() || !records.is_empty();
        for (addr, message) in messages {
            let via = self.machine_at(crate::machine::host_of(&addr));
            if let Some(m) = self.at_mut(machine) {
                m.agent_via = via;
            }
            let message = Box::new(message);
            let wire = Wire::Dispatch { agent: machine, proxied: false, message };
            self.send_to(machine, &addr, wire);
        }
        if !records.is_empty() {
            self.gossip(machine, records);
        }
        busy
    }
}

/// Whose standing still holds an event up.
fn frozen_target(event: &Event) -> Option<Machine> {
    match event {
        Event::Wire { to, .. } => Some(*to),
        Event::Undelivered { from, .. } => Some(*from),
        Event::Tick { machine, .. }
        | Event::Wake { machine }
        | Event::Swarm { machine, .. }
        | Event::Registry { machine, .. }
        | Event::Net { machine, .. }
        | Event::PeerLost { machine, .. }
        | Event::PeerFound { machine, .. }
        | Event::DaemonUp { machine, .. } => Some(*machine),
        Event::Retry { .. }
        | Event::Deadline { .. }
        | Event::Resume { .. }
        | Event::Digest { .. }
        | Event::Request { .. } => None,
    }
}
