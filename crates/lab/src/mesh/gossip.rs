//! Who hears of whose endpoints, and who gives whom up (libnetwork `networkdb`, memberlist).

use crate::Machine;
use crate::event::{Event, Wire};
use crate::lab::Lab;
use api::Timestamp;
use engine::EndpointRecord;
use share::Rc;
use sim::Host;

/// A record is with the others after so long, at least and at most (recorded: 0.2-0.6 s).
const SPREAD_US: (u64, u64) = (150_000, 450_000);
/// A peer that is silent is given up after so long by those who still have others.
const GIVE_UP_US: u64 = 5_000_000;
/// One whose daemon died (its machine answers, its gossip does not).
const GIVE_UP_DEAD_US: u64 = 6_000_000;
/// By one who hears nobody any more.
const GIVE_UP_ALONE_US: u64 = 30_000_000;
/// A cable that is back is noticed after so long.
const FOUND_US: u64 = 2_500_000;

impl Lab {
    /// Machines in the same swarm as this one, itself not among them.
    fn gossip_peers(&self, machine: Machine) -> Vec<Machine> {
        let root = |m: Machine| {
            self.at(m)?.node.as_ref().and_then(|n| n.certificate.as_ref()).map(|c| c.root)
        };
        let own = root(machine);
        self.all().filter(|m| *m != machine && own.is_some() && root(*m) == own).collect()
    }

    /// A node's agent changed endpoints: its own tables at once, the others by gossip.
    pub(crate) fn gossip(&mut self, machine: Machine, records: Vec<EndpointRecord>) {
        self.learn(machine, machine, &records);
        let records = Rc::new(records);
        for peer in self.gossip_peers(machine) {
            self.spread(machine, peer, Wire::Gossip { records: Rc::clone(&records) });
        }
    }

    fn spread(&mut self, from: Machine, to: Machine, wire: Wire) {
        if !self.hears(to, from) {
            return;
        }
        let now = self.now;
        let delay = self.rng.stream("gossip").range(SPREAD_US.0, SPREAD_US.1);
        let Some(m) = self.at_mut(from) else { return };
        let last = m.mesh.on_the_way.get(&to).copied().unwrap_or_default();
        let at = Timestamp(now.0 + delay).max(last);
        m.mesh.on_the_way.insert(to, at);
        self.schedule(at, Event::Wire { from, to, sent: now, wire });
    }

    /// Endpoint records arrive (or are the node's own).
    pub(crate) fn learn(&mut self, machine: Machine, owner: Machine, records: &[EndpointRecord]) {
        let Some(m) = self.at_mut(machine) else { return };
        if m.mesh.silent.get(&owner).is_some_and(|(_, given_up)| *given_up) {
            return;
        }
        for record in records {
            m.mesh.learn(owner, record);
        }
        let ports = m.mesh.port_set();
        m.engine.set_ingress_ports(ports);
    }

    /// All of a peer's records arrive.
    pub(crate) fn learn_all(
        &mut self,
        machine: Machine,
        owner: Machine,
        records: &[EndpointRecord],
    ) {
        let Some(m) = self.at_mut(machine) else { return };
        if m.mesh.silent.get(&owner).is_some_and(|(_, given_up)| *given_up) {
            return;
        }
        m.mesh.learn_all(owner, records);
        let ports = m.mesh.port_set();
        m.engine.set_ingress_ports(ports);
    }

    /// A node came into the swarm: it hears what the others have, and they what it has.
    pub(crate) fn gossip_join(&mut self, machine: Machine) {
        for peer in self.gossip_peers(machine) {
            self.exchange(machine, peer);
        }
    }

    fn exchange(&mut self, one: Machine, other: Machine) {
        self.tell_all(one, other);
        self.tell_all(other, one);
    }

    /// One peer tells another all that it has.
    fn tell_all(&mut self, from: Machine, to: Machine) {
        let own = self.at(from).map(|m| m.mesh.own(from)).unwrap_or_default();
        if own.is_empty() && !self.may_know(to, from) {
            return; // it would change nothing, and a large swarm has many pairs
        }
        self.spread(from, to, Wire::GossipAll { records: Rc::new(own) });
    }

    /// Whether a node has records of another one, or some are on their way to it.
    fn may_know(&self, machine: Machine, owner: Machine) -> bool {
        let on_the_way = self.at(owner).and_then(|m| m.mesh.on_the_way.get(&machine));
        on_the_way.is_some_and(|at| *at >= self.now)
            || self.at(machine).is_some_and(|m| m.mesh.records.keys().any(|(of, ..)| *of == owner))
    }

    /// What was on the way is there: the next message need not wait for it.
    pub(crate) fn arrived(&mut self, from: Machine, to: Machine) {
        let now = self.now;
        if let Some(m) = self.at_mut(from)
            && m.mesh.on_the_way.get(&to).is_some_and(|at| *at <= now)
        {
            m.mesh.on_the_way.remove(&to);
        }
    }

    /// A daemon has started, with empty tables: it asks everybody for theirs.
    pub(crate) fn gossip_start(&mut self, machine: Machine) {
        for peer in self.gossip_peers(machine) {
            self.after(FOUND_US, Event::PeerFound { machine, peer });
        }
    }

    /// A node left the swarm: its entries go at once.
    pub(crate) fn gossip_leave(&mut self, machine: Machine) {
        for peer in self.all() {
            if let Some(m) = self.at_mut(peer) {
                m.mesh.forget(machine);
                m.mesh.silent.remove(&machine);
                let ports = m.mesh.port_set();
                m.engine.set_ingress_ports(ports);
            }
        }
    }

    /// Whether gossip of `from` reaches `to`.
    fn hears(&self, to: Machine, from: Machine) -> bool {
        self.net.reachable(Host(from.0), Host(to.0))
            && [to, from].iter().all(|m| {
                self.at(*m).is_some_and(|s| s.daemon_up() && !s.frozen && s.node.is_some())
            })
    }

    /// After a fault: who does not hear whom any more, and who does again.
    pub(crate) fn check_gossip(&mut self) {
        let now = self.now;
        let machines: Vec<Machine> = self.all().collect();
        for machine in &machines {
            let alive =
                self.at(*machine).is_some_and(|m| m.daemon_up() && !m.frozen && m.node.is_some());
            if !alive {
                continue;
            }
            let peers = self.gossip_peers(*machine);
            let alone = !peers.iter().any(|p| self.hears(*machine, *p));
            for peer in peers {
                let hears = self.hears(*machine, peer);
                let silent = self.at(*machine).and_then(|m| m.mesh.silent.get(&peer).copied());
                match (hears, silent) {
                    (false, None) => {
                        let dead = self.net.reachable(Host(machine.0), Host(peer.0))
                            && self.at(peer).is_some_and(|m| m.powered);
                        let wait = match (alone, dead) {
                            (true, _) => GIVE_UP_ALONE_US,
                            (false, true) => GIVE_UP_DEAD_US,
                            (false, false) => GIVE_UP_US,
                        };
                        if let Some(m) = self.at_mut(*machine) {
                            m.mesh.silent.insert(peer, (now, false));
                        }
                        let lost = Event::PeerLost { machine: *machine, peer, since: now };
                        self.after(wait, lost);
                    }
                    (true, Some((_, given_up))) => {
                        // what was said in the meantime is lost, so all is told anew
                        let found = Event::PeerFound { machine: *machine, peer };
                        self.after(FOUND_US, found);
                        if !given_up && let Some(m) = self.at_mut(*machine) {
                            m.mesh.silent.remove(&peer);
                        }
                    }
                    (true, None) | (false, Some(_)) => {}
                }
            }
        }
    }

    /// A peer has been silent for too long.
    pub(crate) fn peer_lost(&mut self, machine: Machine, peer: Machine, since: Timestamp) {
        if self.hears(machine, peer) {
            return;
        }
        let Some(m) = self.at_mut(machine) else { return };
        if m.mesh.silent.get(&peer) != Some(&(since, false)) || !m.engine.is_up() {
            return;
        }
        m.mesh.silent.insert(peer, (since, true));
        m.mesh.forget(peer);
        let ports = m.mesh.port_set();
        m.engine.set_ingress_ports(ports);
        self.drain(machine);
    }

    /// A peer is heard (again): both tell each other what they have.
    pub(crate) fn peer_found(&mut self, machine: Machine, peer: Machine) {
        if !self.hears(machine, peer) {
            return;
        }
        if let Some(m) = self.at_mut(machine) {
            m.mesh.silent.remove(&peer);
        }
        // one that stood still has not noticed that anybody was missing
        self.exchange(machine, peer);
        self.drain(machine);
    }
}
