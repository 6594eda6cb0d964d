//! One machine: what is on its disk, what is in its memory.

use crate::event::{Raft, Rpc};
use crate::mesh::Mesh;
use crate::{CallId, Machine, MachineConfig};
use api::dispatch::Certificate;
use api::{Availability, LocalNodeState, NodeDescription, NodeId, NodeRole, Timestamp};
use engine::{Agent, Engine, MachineFacts};
use manager::{Leader, Member, Members, Store};
use serde::{Deserialize, Serialize};
use sim::{Streams, Ticket};
use std::collections::{BTreeMap, BTreeSet};

/// CPUs of every machine of a lab (as the recorded ones had).
pub(crate) const CPUS: u32 = 2;
/// Bytes of memory of every machine.
pub(crate) const MEMORY_BYTES: u64 = 25_276_502_016;
/// `docker version` of every machine.
pub(crate) const ENGINE_VERSION: &str = "20.10.24";

/// One machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct MachineState {
    pub(crate) config: MachineConfig,
    pub(crate) powered: bool,
    pub(crate) frozen: bool,
    /// Lives of its daemon so far: what was scheduled for an earlier one is void.
    pub(crate) boot: u32,
    /// The daemon was started and its swarm part not yet.
    pub(crate) starting: bool,
    /// The daemon runs and waits for its node before it answers anybody.
    pub(crate) opening: bool,
    pub(crate) engine: Engine,
    pub(crate) node: Option<SwarmNode>,
    pub(crate) mesh: Mesh,
    pub(crate) rng: Streams,
    /// The scheduled wake-up.
    pub(crate) wake: Option<(Timestamp, Ticket)>,
    /// Which manager its agent talks to.
    pub(crate) agent_via: Option<Machine>,
}

/// A machine's part in a swarm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SwarmNode {
    /// Its address as others reach it, with port.
    pub(crate) addr: String,
    /// Port it listens on for managers and agents.
    pub(crate) listen_port: u16,
    pub(crate) state: LocalNodeState,
    /// Why the state is not `active`.
    pub(crate) error: String,
    /// On disk once issued.
    pub(crate) certificate: Option<Certificate>,
    /// On disk: managers known to the agent (node, address).
    pub(crate) managers: Vec<(NodeId, String)>,
    pub(crate) agent: Option<Agent>,
    pub(crate) manager: Option<Manager>,
    /// Init or join under way.
    pub(crate) entering: Option<Entering>,
    /// A certificate in this role is being asked for.
    pub(crate) renewing: Option<NodeRole>,
    /// When it asks for the next one by itself.
    pub(crate) renew_at: Option<Timestamp>,
    /// The dispatcher has spoken to its agent since the daemon started.
    pub(crate) has_session: bool,
    /// A leave under way: the call to be answered.
    pub(crate) leaving: Option<CallId>,
}

/// How a machine is coming into a swarm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Entering {
    /// Who asked, as long as it waits.
    pub(crate) call: Option<CallId>,
    pub(crate) since: Timestamp,
    /// Empty for `swarm init`.
    pub(crate) token: String,
    pub(crate) remote: String,
    pub(crate) availability: Availability,
    /// What went wrong at the last attempt.
    pub(crate) failure: Option<api::ApiError>,
}

/// The manager part of a node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Manager {
    /// Absent before the node was let in, and while it is locked.
    pub(crate) raft: Option<Raft>,
    /// What a stopped or locked manager has on its disk.
    pub(crate) disk: Option<Box<raft::Disk<crate::event::Command, Store>>>,
    pub(crate) store: Store,
    pub(crate) leader: Option<Box<Leader>>,
    pub(crate) bootstrap: Option<manager::Bootstrap>,
    /// The proposal that raft has: (number, index).
    pub(crate) in_flight: Option<(u64, u64)>,
    /// What each peer's connection is like.
    pub(crate) peers: BTreeMap<u64, Peer>,
    /// Ticks without any leader.
    pub(crate) ticks_without_leader: u32,
    /// Agents that speak to this leader: where they are, and through whom.
    pub(crate) sessions: BTreeMap<NodeId, (Machine, Machine)>,
    /// Agents to whom a message got lost: their connection through here is broken.
    pub(crate) broken: BTreeSet<Machine>,
    /// Control and join calls that the leader works on: who asked.
    pub(crate) callers: BTreeMap<Rpc, Machine>,
    /// Readers of logs by the leader's number of their subscription.
    pub(crate) subscriptions: BTreeMap<u64, (Rpc, Machine)>,
    /// Changes of raft's membership that wait for their turn.
    pub(crate) conf_queue: Vec<ConfWork>,
    /// Addresses told at the join, for a member that has applied nothing yet.
    pub(crate) book: BTreeMap<u64, String>,
    /// It was removed from raft.
    pub(crate) removed: bool,
    /// Autolock: a restart needs the key.
    pub(crate) unlock_key: Option<String>,
}

/// What a manager knows of its connection to another member.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Peer {
    pub(crate) reachable: bool,
    pub(crate) since: Timestamp,
    /// Failures in a row.
    pub(crate) failures: u32,
    /// Not tried again before.
    pub(crate) retry_at: Timestamp,
    /// What was sent last is lost and its connection still stands: TCP sends it again and again,
    /// and nothing else passes before. Since when, by the first of what was lost.
    pub(crate) stalled: Option<Timestamp>,
    /// Calls that are among what is sent again, to a machine.
    pub(crate) unsent: Vec<(Machine, crate::event::Wire)>,
}

/// One change of membership under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ConfWork {
    pub(crate) change: raft::ConfChange,
    /// Answered when it is in force.
    pub(crate) call: Option<Rpc>,
    /// It waits until the joiner has answered a sign of life.
    pub(crate) probe: Option<Rpc>,
    /// Given to raft.
    pub(crate) proposed: bool,
    pub(crate) since: Timestamp,
}

impl MachineState {
    pub(crate) fn new(config: MachineConfig, machine: Machine, seed: u64) -> Self {
        let mut addresses = vec![("eth0".to_owned(), config.ip.clone())];
        addresses.extend(config.extra_ips.iter().cloned());
        let engine = Engine::new(MachineFacts {
            hostname: config.name.clone(),
            addresses,
            cpus: CPUS,
            memory_bytes: MEMORY_BYTES,
        });
        let own = sim::digest(&("machine", seed, machine.0));
        Self {
            config,
            powered: true,
            frozen: false,
            boot: 0,
            starting: false,
            opening: false,
            engine,
            node: None,
            mesh: Mesh::default(),
            rng: Streams::new(own),
            wake: None,
            agent_via: None,
        }
    }

    /// dockerd runs: its engine, and its part in a swarm.
    pub(crate) fn daemon_up(&self) -> bool {
        self.powered && self.engine.is_up()
    }

    /// dockerd answers on its socket.
    pub(crate) fn answers(&self) -> bool {
        self.daemon_up() && !self.frozen && !self.opening
    }

    /// The manager part, if there is one that runs.
    pub(crate) fn manager(&self) -> Option<&Manager> {
        self.node.as_ref()?.manager.as_ref()
    }

    pub(crate) fn manager_mut(&mut self) -> Option<&mut Manager> {
        self.node.as_mut()?.manager.as_mut()
    }

    pub(crate) fn node_id(&self) -> Option<NodeId> {
        self.node.as_ref()?.certificate.as_ref().map(|c| c.node)
    }
}

/// What the agent of a machine with that certificate tells of it.
pub(crate) fn description(config: &MachineConfig, certificate: &Certificate) -> NodeDescription {
    let plugin = |kind: &str, name: &str| (kind.to_owned(), name.to_owned());
    let mut plugins = Vec::new();
    for log in [
        "awslogs",
        "fluentd",
        "gcplogs",
        "gelf",
        "journald",
        "json-file",
        "local",
        "logentries",
        "splunk",
        "syslog",
    ] {
        plugins.push(plugin("Log", log));
    }
    for net in ["bridge", "host", "ipvlan", "macvlan", "null", "overlay"] {
        plugins.push(plugin("Network", net));
    }
    plugins.push(plugin("Volume", "local"));
    NodeDescription {
        hostname: config.name.clone(),
        platform: api::Platform { architecture: "x86_64".into(), os: "linux".into() },
        resources: api::Resources {
            nano_cpus: i64::from(CPUS) * 1_000_000_000,
            memory_bytes: i64::try_from(MEMORY_BYTES).unwrap_or(i64::MAX),
            generic: Vec::new(),
        },
        engine_version: ENGINE_VERSION.to_owned(),
        engine_labels: api::Labels::new(),
        plugins,
        tls_root: Some(Box::new(certificate.root)),
    }
}

/// How a member's node and address are kept in raft's own words.
pub(crate) fn member_context(node: NodeId, addr: &str) -> String {
    format!("{node} {addr}")
}

/// The reverse of [`member_context`].
pub(crate) fn read_context(context: &str) -> Option<(NodeId, &str)> {
    let (node, addr) = context.split_once(' ')?;
    Some((NodeId::parse(node)?, addr))
}

impl Manager {
    pub(crate) fn new() -> Self {
        Self {
            raft: None,
            disk: None,
            store: Store::new(),
            leader: None,
            bootstrap: None,
            in_flight: None,
            peers: BTreeMap::new(),
            ticks_without_leader: 0,
            sessions: BTreeMap::new(),
            broken: BTreeSet::new(),
            callers: BTreeMap::new(),
            subscriptions: BTreeMap::new(),
            conf_queue: Vec::new(),
            book: BTreeMap::new(),
            removed: false,
            unlock_key: None,
        }
    }

    /// It leads, and its loops run.
    pub(crate) fn leads(&self) -> bool {
        self.leader.is_some()
    }

    /// The membership and who of it answers, as this manager sees it.
    pub(crate) fn members(&self) -> Members {
        let Some(raft) = &self.raft else { return Members::default() };
        let list = raft
            .membership()
            .members
            .iter()
            .filter_map(|(raft_id, context)| {
                let (node, addr) = read_context(context)?;
                let peer = self.peers.get(raft_id);
                Some(Member {
                    raft_id: *raft_id,
                    node,
                    addr: addr.to_owned(),
                    reachable: *raft_id == raft.id() || peer.is_none_or(|p| p.reachable),
                    since: peer.map_or(Timestamp(0), |p| p.since),
                })
            })
            .collect();
        Members { me: raft.id(), leader: raft.leader(), list, commit_index: raft.commit_index() }
    }

    /// Address of a member.
    pub(crate) fn addr_of(&self, raft_id: u64) -> Option<&str> {
        match self.raft.as_ref()?.membership().members.get(&raft_id) {
            // only who needs the node reads it: this is asked for every message
            Some(context) => context.split_once(' ').map(|(_, addr)| addr),
            None => self.book.get(&raft_id).map(String::as_str),
        }
    }

    /// Address of the leader, if there is another one.
    pub(crate) fn leader_addr(&self) -> Option<&str> {
        let raft = self.raft.as_ref()?;
        let leader = raft.leader().filter(|id| *id != raft.id())?;
        self.addr_of(leader)
    }
}

/// The address without its port.
pub(crate) fn host_of(addr: &str) -> &str {
    addr.rsplit_once(':').map_or(addr, |(host, _)| host)
}

/// The port of an address, or the one every manager listens on.
pub(crate) fn port_of(addr: &str) -> u16 {
    addr.rsplit_once(':').and_then(|(_, port)| port.parse().ok()).unwrap_or(2377)
}
