//! What a replay of a recording supplies: draws that the real engine made at random, before
//! anything of them was seen. Never what it decides by rule.
//!
//! Nothing here is used by a lab that is not a replay.

use crate::Machine;
use crate::lab::Lab;
use api::{NodeId, Timestamp};

impl Lab {
    /// Queues answers for one of a machine's random draws (or of all machines): a replay of a
    /// recording supplies what the real engine drew.
    pub fn steer(&mut self, machine: Option<Machine>, stream: &str, draws: &[u64]) {
        for m in self.all() {
            if machine.is_none_or(|only| only == m)
                && let Some(state) = self.at_mut(m)
            {
                state.rng.stream(stream).steer(draws.iter().copied());
            }
        }
    }

    /// Managers that run and do not lead: (machine, ticks without a leader, ticks until it
    /// campaigns).
    pub fn electors(&self) -> impl Iterator<Item = (Machine, u32, u32)> {
        self.machines().filter_map(|(machine, _)| {
            let at = self.at(machine).filter(|m| m.powered && m.engine.is_up())?;
            let raft = at.node.as_ref()?.manager.as_ref()?.raft.as_ref()?;
            let waits = raft.role() != raft::Role::Leader;
            waits.then(|| (machine, raft.election_elapsed(), raft.election_timeout()))
        })
    }

    /// Answers a manager's draw of its election timeout anew: when it campaigns is drawn at random
    /// by the real engine, and a replay of a recording supplies it.
    pub fn redraw_election_timeout(&mut self, machine: Machine, ticks: u32) {
        let manager = self.at_mut(machine).and_then(|m| m.node.as_mut()?.manager.as_mut());
        if let Some(raft) = manager.and_then(|m| m.raft.as_mut()) {
            raft.redraw_election_timeout(ticks);
        }
    }

    /// Agents that wait before they ask for a session again: (machine, when, longest wait that
    /// could have been drawn in µs).
    pub fn retries(&self) -> impl Iterator<Item = (Machine, Timestamp, u64)> {
        self.machines().filter_map(|(machine, _)| {
            let at = self.at(machine).filter(|m| m.daemon_up())?;
            let (when, longest) = at.node.as_ref()?.agent.as_ref()?.retry()?;
            Some((machine, when, longest))
        })
    }

    /// Answers the draw of such a wait anew.
    pub fn redraw_retry(&mut self, machine: Machine, to: Timestamp) {
        let agent = self.at_mut(machine).and_then(|m| m.node.as_mut()?.agent.as_mut());
        if let Some(agent) = agent {
            agent.redraw_retry(to);
            self.drain(machine);
        }
    }

    /// When agents beat next: (machine, when).
    pub fn beats(&self) -> impl Iterator<Item = (Machine, Timestamp)> {
        self.machines().filter_map(|(machine, _)| {
            let at = self.at(machine).filter(|m| m.daemon_up())?;
            Some((machine, at.node.as_ref()?.agent.as_ref()?.next_beat()?))
        })
    }

    /// Answers the draw of a period between two beats anew.
    pub fn redraw_beat(&mut self, machine: Machine, to: Timestamp) {
        let agent = self.at_mut(machine).and_then(|m| m.node.as_mut()?.agent.as_mut());
        if let Some(agent) = agent {
            agent.redraw_beat(to);
            self.drain(machine);
        }
    }

    /// When the leader gives nodes up unless it hears of them: (node, when, the range it was drawn
    /// from).
    pub fn expiries(&self) -> Vec<(NodeId, Timestamp, (Timestamp, Timestamp))> {
        let leads =
            |m: &Machine| self.at(*m).is_some_and(|s| s.manager().is_some_and(|p| p.leads()));
        let manager = self.all().find(leads).and_then(|m| self.at(m)?.manager());
        let found = manager.and_then(|p| Some(p.leader.as_ref()?.expiries(&p.store).collect()));
        found.unwrap_or_default()
    }

    /// Answers the draw of when a node is given up anew.
    pub fn redraw_expiry(&mut self, node: NodeId, at: Timestamp) {
        for machine in self.all() {
            let manager = self.at_mut(machine).and_then(|m| m.manager_mut());
            if let Some(leader) = manager.and_then(|p| p.leader.as_mut()) {
                leader.redraw_expiry(node, at);
                self.drain(machine);
            }
        }
    }

    /// Replaces the queued answers of one machine's stream.
    pub fn steer_anew(&mut self, machine: Machine, stream: &str, draws: &[u64]) {
        if let Some(state) = self.at_mut(machine) {
            state.rng.stream(stream).steer_anew(draws.iter().copied());
        }
    }

    /// Takes a draw out of a stream: what is drawn next is another thing.
    pub fn stir(&mut self, machine: Machine, stream: &str) {
        if let Some(state) = self.at_mut(machine) {
            state.rng.stream(stream).next_u32();
        }
    }

    /// How slow all engines are with containers from now on.
    pub fn set_pace(&mut self, pace: engine::Pace) {
        for m in self.all() {
            if let Some(state) = self.at_mut(m) {
                state.engine.set_pace(pace);
            }
        }
    }
}
