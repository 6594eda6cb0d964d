//! A manager's connections to the other members of raft: what is sent, what breaks, what TCP does.
//!
//! | | |
//! |---|---|
//! | SwarmKit | `manager/state/raft/transport` |
//! | below it | gRPC's back-off for a connection that broke, TCP's for one that stands unanswered |
//!
//! Calls that a manager makes to or passes on to another one share its connection.

use crate::Machine;
use crate::event::{Broken, Event, RaftMessage, SwarmStep, Wire};
use crate::lab::Lab;
use crate::machine::{Manager, Peer, host_of};
use crate::step::{RAFT_TIMEOUT_US, RESEND_US};
use api::Timestamp;

/// First wait before a broken connection is tried again (gRPC's back-off).
const BACKOFF_US: u64 = 1_000_000;
/// Longest (SwarmKit's transport sets it).
const BACKOFF_MAX_US: u64 = 8_000_000;
/// TCP's longest pause before it sends again, and that after a failure at this end.
const RESEND_MAX_US: u64 = 120_000_000;
const RESEND_LOCAL_US: u64 = 500_000;
/// Calls that wait in a connection; what else is sent finds it full.
const UNSENT: usize = 64;

impl Lab {
    /// Raft's messages go out; a broken connection is not tried before its time.
    pub(crate) fn send_raft(&mut self, machine: Machine, messages: Vec<(u64, RaftMessage)>) {
        let now = self.now;
        for (to, message) in messages {
            let Some(manager) = self.at_mut(machine).and_then(|m| m.manager_mut()) else { return };
            let Some(from) = manager.raft.as_ref().map(raft::Raft::id) else { return };
            let Some(addr) = manager.addr_of(to).map(str::to_owned) else {
                self.resolve_address(machine, from, to, message);
                continue;
            };
            let peer = manager.peers.entry(to).or_insert_with(|| Peer::fresh(now));
            if let Some(since) = peer.stalled {
                if peer.reachable && now.since_us(since) >= RAFT_TIMEOUT_US {
                    peer.reachable = false;
                    peer.since = now;
                }
                manager.not_sent(to, &message);
                continue;
            }
            if peer.retry_at > now {
                manager.not_sent(to, &message);
                continue;
            }
            let wire = Wire::Raft { from, to, message: Box::new(message) };
            self.send_to(machine, &addr, wire);
        }
    }

    /// An answer to a member of whom this one's log does not tell yet: another member knows where
    /// it is (SwarmKit `transport/transport.go`, `sendUnknownMessage`).
    fn resolve_address(&mut self, machine: Machine, from: u64, to: u64, message: RaftMessage) {
        let manager = self.at(machine).and_then(|m| m.manager());
        let gone = |raft: &crate::event::Raft| raft.membership().removed.contains(&to);
        let asked = manager
            .filter(|p| !p.raft.as_ref().is_some_and(gone))
            .and_then(|p| Some(p.members().longest_active()?.addr.clone()));
        if let Some(addr) = asked {
            let message = Box::new(message);
            self.send_to(machine, &addr, Wire::ResolveAddress { from, to, message });
        }
    }

    /// A message of raft did not get through. Refused: the connection is broken, and gRPC makes a
    /// new one. No answer: the connection stands and waits for its acknowledgement.
    pub(crate) fn raft_undelivered(
        &mut self,
        machine: Machine,
        to: u64,
        message: &RaftMessage,
        broken: Broken,
    ) {
        let now = self.now;
        let Some(m) = self.at_mut(machine) else { return };
        if let Some(manager) = m.manager_mut() {
            manager.not_sent(to, message);
        }
        if broken == Broken::Silent {
            let Some(peer) = m.manager_mut().and_then(|p| p.peers.get_mut(&to)) else { return };
            if peer.reachable {
                peer.reachable = false;
                peer.since = now;
            }
            return;
        }
        let jitter = m.rng.stream("backoff").range(80, 121);
        let Some(manager) = m.manager_mut() else { return };
        let Some(peer) = manager.peers.get_mut(&to) else { return };
        if peer.reachable {
            peer.reachable = false;
            peer.since = now;
        }
        if peer.retry_at <= now {
            let mut wait = BACKOFF_US;
            for _ in 0..peer.failures.min(8) {
                wait = (wait * 8 / 5).min(BACKOFF_MAX_US);
            }
            peer.failures += 1;
            peer.retry_at = Timestamp(now.0 + wait * jitter / 100);
        }
    }

    /// A message of a manager to another one is lost, and their connection stands: TCP sends it
    /// again. Raft does not care for an old message; a call is carried out in the end, long after
    /// whoever made it has given up (recording c_failures: a cut-off node is Ready as soon as its
    /// cable is back, though its agent waits for a leader; then Down).
    pub(crate) fn stall(&mut self, from: Machine, to: Machine, wire: &Wire) {
        let now = self.now;
        let call = wire.between_managers();
        if from == to || !(call || matches!(wire, Wire::Raft { .. })) {
            return;
        }
        let Some(id) = self.peer_at(from, to) else { return };
        let Some(manager) = self.at_mut(from).and_then(|m| m.manager_mut()) else { return };
        let peer = manager.peers.entry(id).or_insert_with(|| Peer::fresh(now));
        if call && peer.unsent.len() < UNSENT {
            peer.unsent.push((to, wire.clone()));
        }
        if peer.stalled.is_none() {
            peer.stalled = Some(now);
            self.resend_later(from, id);
        }
    }

    /// Nothing gets through on that manager's connection to another one at present.
    pub(crate) fn is_stalled(&self, machine: Machine, other: Machine) -> bool {
        let manager = self.at(machine).and_then(|m| m.manager());
        let Some(manager) = manager.filter(|p| p.peers.values().any(|p| p.stalled.is_some()))
        else {
            return false;
        };
        self.peer_at(machine, other)
            .and_then(|id| manager.peers.get(&id))
            .is_some_and(|peer| peer.stalled.is_some())
    }

    /// No manager waits for TCP to send again: after a cut that may take longer than anything else.
    #[must_use]
    pub fn connections_stand(&self) -> bool {
        self.all().all(|machine| {
            let manager = self.at(machine).and_then(|m| m.manager());
            manager.is_none_or(|p| p.peers.values().all(|peer| peer.stalled.is_none()))
        })
    }

    /// The member of raft on a machine, as another one knows it.
    fn peer_at(&self, machine: Machine, other: Machine) -> Option<u64> {
        let manager = self.at(machine)?.manager()?;
        let lives_there = |id: &u64| {
            manager.addr_of(*id).and_then(|addr| self.resolve(host_of(addr))) == Some(other)
        };
        manager.raft.as_ref()?.membership().members.keys().copied().find(lives_there)
    }

    /// When TCP tries again: the pauses double, but for a cable pulled at this end, which fails at
    /// once and is tried twice a second (Linux `tcp_retransmit_timer`).
    fn resend_later(&mut self, machine: Machine, to: u64) {
        let now = self.now;
        let Some(m) = self.at(machine) else { return };
        let Some(since) = m.manager().and_then(|p| p.peers.get(&to)?.stalled) else { return };
        let boot = m.boot;
        let wait = if self.net.is_cut(sim::Host(machine.0)) {
            RESEND_LOCAL_US
        } else {
            let (mut at, mut pause) = (since.0 + RESEND_US, RESEND_US);
            while at <= now.0 {
                pause = (pause * 2).min(RESEND_MAX_US);
                at += pause;
            }
            at - now.0
        };
        self.after(wait, Event::Swarm { machine, boot, step: SwarmStep::Resend(to) });
    }

    /// TCP tries again. Whatever comes back, an acknowledgement or a reset, the connection is of
    /// use again; without an answer it waits on.
    pub(crate) fn resend(&mut self, machine: Machine, to: u64) {
        let Some(manager) = self.at(machine).and_then(|m| m.manager()) else { return };
        let Some(addr) = manager.addr_of(to) else {
            // no member any more
            if let Some(manager) = self.at_mut(machine).and_then(|m| m.manager_mut()) {
                manager.peers.remove(&to);
            }
            return;
        };
        let target = self.resolve(host_of(addr));
        let answers = target.is_some_and(|other| {
            self.net.reachable(sim::Host(machine.0), sim::Host(other.0))
                && self.at(other).is_some_and(|m| m.powered && !m.frozen)
        });
        if !answers {
            return self.resend_later(machine, to);
        }
        let manager = self.at_mut(machine).and_then(|m| m.manager_mut());
        let Some(peer) = manager.and_then(|p| p.peers.get_mut(&to)) else { return };
        peer.stalled = None;
        peer.retry_at = Timestamp(0);
        for (other, wire) in std::mem::take(&mut peer.unsent) {
            self.transmit(machine, other, wire);
        }
    }
}

impl Peer {
    pub(crate) fn fresh(now: Timestamp) -> Self {
        Self {
            reachable: true,
            since: now,
            failures: 0,
            retry_at: Timestamp(0),
            stalled: None,
            unsent: Vec::new(),
        }
    }
}

/// Raft waits for the end of each snapshot that it sends.
pub(crate) fn is_snapshot(message: &RaftMessage) -> bool {
    matches!(message.body, raft::Body::Snapshot(_))
}

impl Manager {
    /// Raft hears that a message did not get through, as far as is known (SwarmKit
    /// `transport/peer.go`, `ReportUnreachable` and `ReportSnapshot`).
    fn not_sent(&mut self, to: u64, message: &RaftMessage) {
        let Some(raft) = &mut self.raft else { return };
        if is_snapshot(message) {
            raft.report_snapshot(to, false);
        }
        raft.report_unreachable(to);
    }

    /// A message got through to this member. (It was sent before a stall, if there is one.)
    pub(crate) fn peer_works(&mut self, raft_id: u64, now: Timestamp) {
        let peer = self.peers.entry(raft_id).or_insert_with(|| Peer::fresh(now));
        if !peer.reachable {
            peer.reachable = true;
            peer.since = now;
        }
        peer.failures = 0;
        peer.retry_at = Timestamp(0);
    }
}
