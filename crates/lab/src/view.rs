//! What a person may see of the world: the map's and the checks' only source.
//!
//! A view never influences the world. A part that has not changed is the same `Rc`. The swarm's
//! part is what the freshest living manager has committed.

use crate::{LabConfig, Machine, MachineConfig};
use api::{
    Cluster, Config, ContainerId, ContainerStatusWord, LocalNodeState, Network, Node, NodeId,
    NodeRole, Protocol, Secret, Service, ServiceId, Task, TaskId, Timestamp,
};
use serde::{Deserialize, Serialize};
use share::Rc;

/// The world at one instant.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct View {
    /// Changes whenever anything below (but `now`) does.
    pub revision: u64,
    /// The instant.
    pub now: Timestamp,
    /// In the order of the lab's machines.
    pub machines: Vec<Rc<MachineView>>,
    /// Present as soon as one machine that runs has a swarm's store.
    pub swarm: Option<Rc<SwarmView>>,
}

impl View {
    /// The machines of a lab that is still to be made: on, in no swarm. For those who have no
    /// lab yet.
    #[must_use]
    pub fn planned(config: &LabConfig) -> Self {
        let machines = (0..).map(Machine).zip(&config.machines);
        let planned = |(machine, config)| Rc::new(MachineView::planned(machine, config));
        Self { machines: machines.map(planned).collect(), ..Self::default() }
    }

    /// A machine by host name.
    #[must_use]
    pub fn machine(&self, name: &str) -> Option<&MachineView> {
        self.machines.iter().find(|m| m.name == name).map(Rc::as_ref)
    }

    /// The machine that is this node of the swarm.
    #[must_use]
    pub fn machine_of(&self, node: NodeId) -> Option<&MachineView> {
        self.machines.iter().find(|m| m.node_id == Some(node)).map(Rc::as_ref)
    }
}

/// One machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MachineView {
    /// The engine's own count of changes.
    pub engine_revision: u64,
    /// Which.
    pub machine: Machine,
    /// Host name.
    pub name: String,
    /// eth0.
    pub ip: String,
    /// All interfaces: (name, address).
    pub addresses: Vec<(String, String)>,
    /// It has power.
    pub powered: bool,
    /// It stands still.
    pub frozen: bool,
    /// Its cable.
    pub link: LinkView,
    /// dockerd runs.
    pub daemon: bool,
    /// What the daemon says of itself: inactive, pending, active, locked, error.
    pub swarm: LocalNodeState,
    /// Its id in the swarm it is in.
    pub node_id: Option<NodeId>,
    /// The role of its certificate.
    pub role: Option<NodeRole>,
    /// Its manager part leads, by its own belief.
    pub leads: bool,
    /// All its containers, running or not.
    pub containers: Vec<ContainerView>,
    /// `name:tag` of its images.
    pub images: Vec<String>,
    /// Ports that answer on it.
    pub ports: Vec<PortView>,
    /// Its manager part in raft.
    pub raft: Option<RaftView>,
    /// Its disk is full.
    pub disk_full: bool,
}

impl MachineView {
    fn planned(machine: Machine, config: &MachineConfig) -> Self {
        let own = ("eth0".to_owned(), config.ip.clone());
        Self {
            engine_revision: 0,
            machine,
            name: config.name.clone(),
            ip: config.ip.clone(),
            addresses: std::iter::once(own).chain(config.extra_ips.iter().cloned()).collect(),
            powered: true,
            frozen: false,
            link: LinkView { plugged: true, slow_ms: 0, part: 0 },
            daemon: true,
            swarm: LocalNodeState::Inactive,
            node_id: None,
            role: None,
            leads: false,
            containers: Vec::new(),
            images: Vec::new(),
            ports: Vec::new(),
            raft: None,
            disk_full: false,
        }
    }
}

/// A machine's cable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkView {
    /// In.
    pub plugged: bool,
    /// Milliseconds that it takes more each way.
    pub slow_ms: u64,
    /// Which part of a split network it is in; 0 without a split.
    pub part: u32,
}

/// One container of a machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the engine's own field names")]
pub struct ContainerView {
    pub id: ContainerId,
    pub name: String,
    pub image: String,
    pub status: ContainerStatusWord,
    pub exit_code: i32,
    /// `starting`, `healthy`, `unhealthy`; empty without a health check.
    pub health: String,
    pub created: Timestamp,
    pub started: Option<Timestamp>,
    pub finished: Option<Timestamp>,
    /// The task it belongs to.
    pub task: Option<TaskId>,
    pub ports: Vec<api::BoundPort>,
}

/// A port that answers on a machine.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PortView {
    /// The number.
    pub port: u16,
    /// TCP, UDP, SCTP.
    pub protocol: Protocol,
    /// Through the mesh: the service.
    pub service: Option<ServiceId>,
    /// Host mode or `docker run -p`: the container.
    pub container: Option<ContainerId>,
}

/// What a manager is in raft.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "raft's own names")]
pub enum RaftRole {
    Follower,
    Candidate,
    Leader,
}

/// A manager's raft, by its own belief.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "raft's own names")]
pub struct RaftView {
    pub raft_id: u64,
    pub role: RaftRole,
    pub term: u64,
    pub voted_for: Option<u64>,
    pub leader: Option<u64>,
    pub last_index: u64,
    pub commit: u64,
    pub applied: u64,
    /// Ticks (seconds) since it last heard from the leader, or led.
    pub elapsed_ticks: u32,
    /// Ticks at which it campaigns.
    pub timeout_ticks: u32,
    /// Raft ids of the members it knows.
    pub members: Vec<u64>,
}

/// The swarm as its freshest living manager has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SwarmView {
    /// The last entry that the store has applied.
    pub store_index: api::Version,
    /// Whose store this is.
    pub from: Machine,
    /// The machine that leads with a majority behind it.
    pub leader: Option<Machine>,
    /// Members of raft.
    pub members: u32,
    /// How many of them make a majority.
    pub quorum: u32,
    /// How many of them run and reach each other with the freshest one.
    pub alive: u32,
    /// Raft's term.
    pub term: u64,
    /// Committed index.
    pub commit: u64,
    /// The cluster object.
    pub cluster: Option<Rc<Cluster>>,
    /// Nodes; `manager_status` is filled in.
    pub nodes: Vec<Rc<Node>>,
    /// Services by name.
    pub services: Vec<ServiceView>,
    /// All tasks, in id order.
    pub tasks: Vec<Rc<Task>>,
    /// Networks of the swarm.
    pub networks: Vec<Rc<Network>>,
    /// Secrets.
    pub secrets: Vec<Rc<Secret>>,
    /// Configs.
    pub configs: Vec<Rc<Config>>,
    /// Per entry machine and service: the ring of the routing mesh.
    pub rings: Vec<RingView>,
}

impl SwarmView {
    /// A node by id.
    #[must_use]
    pub fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.iter().find(|n| n.id == id).map(Rc::as_ref)
    }

    /// A service by name.
    #[must_use]
    pub fn service(&self, name: &str) -> Option<&ServiceView> {
        self.services.iter().find(|s| s.service.spec.annotations.name == name)
    }

    /// A majority of the members is there.
    #[must_use]
    pub const fn has_quorum(&self) -> bool {
        self.alive >= self.quorum
    }
}

/// A service with its counts as `docker service ls` shows them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the API's own field names")]
pub struct ServiceView {
    pub service: Rc<Service>,
    pub running: u64,
    pub desired: u64,
    pub completed: u64,
}

/// The ring of tasks that one entry node keeps for one service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RingView {
    /// The entry node.
    pub machine: Machine,
    /// The service.
    pub service: ServiceId,
    /// Tasks in the order of their turns, the next one first.
    pub tasks: Vec<TaskId>,
}
