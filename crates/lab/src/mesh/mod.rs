//! The routing mesh and names on overlay networks: what each node knows by gossip, its rings,
//! and the way of a request (libnetwork; recorded in the mesh recordings).
//!
//! | | |
//! |---|---|
//! | runs on | every node of a swarm |
//! | libnetwork | `networkdb`, `service_linux.go`, `resolver.go` |
//! | `ring`, `gossip` | one IPVS service, who hears of whom |
//! | `request`, `names` | a web request's stations, what a container asks |
//!
//! **Invariant:** a node's rings hold only what its own gossip told it; they may be wrong, and a
//! request then fails as it does with a real swarm.

mod gossip;
mod names;
mod request;
mod ring;

pub(crate) use request::WebRequest;
pub(crate) use ring::Ring;

use crate::Machine;
use api::{NetworkId, Protocol, ServiceId, TaskId, Timestamp};
use engine::EndpointRecord;
use serde::{Deserialize, Serialize};
use sim::Derived;
use std::collections::{BTreeMap, BTreeSet};

/// What one node knows of the endpoints of all nodes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Mesh {
    /// Endpoint records by owner, task and network.
    #[serde(with = "sim::entries")]
    pub(crate) records: BTreeMap<(Machine, TaskId, NetworkId), EndpointRecord>,
    /// IPVS: one ring per network and service.
    #[serde(with = "sim::entries")]
    pub(crate) rings: BTreeMap<(NetworkId, ServiceId), Ring>,
    /// Peers that do not answer, and since when; `true`: given up.
    #[serde(with = "sim::entries")]
    pub(crate) silent: BTreeMap<Machine, (Timestamp, bool)>,
    /// When the last record on the way to each peer arrives: gossip keeps the order.
    #[serde(with = "sim::entries")]
    pub(crate) on_the_way: BTreeMap<Machine, Timestamp>,
    /// Names of the swarm's networks that were assigned to this node.
    pub(crate) networks: BTreeMap<NetworkId, String>,
    /// Grows with every change of records and rings: the view looks at them only then.
    #[serde(skip)]
    pub(crate) changes: Derived<u64>,
}

impl Mesh {
    /// Takes a record in.
    pub(crate) fn learn(&mut self, owner: Machine, record: &EndpointRecord) {
        *self.changes += 1;
        let key = (owner, record.task, record.network);
        if record.removed {
            self.records.remove(&key);
        } else {
            self.records.insert(key, record.clone());
        }
        if let Some(service) = record.service {
            let ring = self.rings.entry((record.network, service)).or_default();
            if record.removed {
                ring.remove(record.task);
            } else {
                ring.join(record.task);
            }
            if ring.is_empty() {
                self.rings.remove(&(record.network, service));
            }
        }
    }

    /// Takes in all that a peer has: what it had besides is gone.
    pub(crate) fn learn_all(&mut self, owner: Machine, records: &[EndpointRecord]) {
        let gone: Vec<EndpointRecord> = self
            .own(owner)
            .into_iter()
            .filter(|old| !records.iter().any(|r| (r.task, r.network) == (old.task, old.network)))
            .map(|record| EndpointRecord { removed: true, ..record })
            .collect();
        for record in gone.iter().chain(records) {
            self.learn(owner, record);
        }
    }

    /// Forgets everything that a peer had.
    pub(crate) fn forget(&mut self, owner: Machine) {
        self.learn_all(owner, &[]);
    }

    /// Everything that is known of one node.
    pub(crate) fn own(&self, owner: Machine) -> Vec<EndpointRecord> {
        self.records.iter().filter(|((of, ..), _)| *of == owner).map(|(_, r)| r.clone()).collect()
    }

    /// Ports that the mesh listens on, with the service and its network.
    pub(crate) fn ports(&self) -> BTreeMap<(u16, Protocol), (NetworkId, ServiceId)> {
        let mut out = BTreeMap::new();
        for ((_, _, network), record) in &self.records {
            let Some(service) = record.service else { continue };
            for port in &record.ports {
                out.insert((port.published_port, port.protocol), (*network, service));
            }
        }
        out
    }

    /// The same as a set, for the engine.
    pub(crate) fn port_set(&self) -> BTreeSet<(u16, Protocol)> {
        self.ports().into_keys().collect()
    }

    /// Whose turn it is in a ring.
    pub(crate) fn turn(&mut self, ring: (NetworkId, ServiceId)) -> Option<TaskId> {
        *self.changes += 1;
        self.rings.get_mut(&ring).and_then(Ring::turn)
    }

    /// A task's record on a network, with its owner.
    pub(crate) fn record(
        &self,
        task: TaskId,
        network: NetworkId,
    ) -> Option<(Machine, &EndpointRecord)> {
        self.records
            .iter()
            .find(|((_, t, n), _)| *t == task && *n == network)
            .map(|((owner, ..), record)| (*owner, record))
    }
}
