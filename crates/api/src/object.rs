//! Objects of the replicated store (SwarmKit `api/objects.proto`), and the store's change list.

use crate::{
    ClusterId, ClusterSpec, ConfigId, ConfigSpec, EndpointSpec, IpamConfig, NetworkAttachment,
    NetworkId, NetworkSpec, NodeId, NodeRole, NodeSpec, Platform, PortConfig, Resources, SecretId,
    SecretSpec, ServiceId, ServiceSpec, Task, TaskId, Timestamp,
};
use serde::{Deserialize, Serialize};
use share::Rc;
use std::collections::BTreeMap;

/// Raft's commit index when the writing transaction started.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Version(pub u64);

/// Version and times of an object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the API's own field names")]
pub struct Meta {
    pub version: Version,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// State of a node as the dispatcher sees it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "Docker's names")]
pub enum NodeState {
    #[default]
    Unknown,
    Down,
    Ready,
    Disconnected,
}

/// A node's state, why, and its address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the API's own field names")]
pub struct NodeStatus {
    pub state: NodeState,
    pub message: String,
    pub addr: String,
}

/// What an agent says of its machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the API's own field names")]
pub struct NodeDescription {
    pub hostname: String,
    pub platform: Platform,
    pub resources: Resources,
    pub engine_version: String,
    pub engine_labels: crate::Labels,
    /// (type, name): `("Network", "overlay")`.
    pub plugins: Vec<(String, String)>,
    /// The root certificate that the agent trusts.
    pub tls_root: Option<Box<crate::Digest>>,
}

/// Standing of a manager in raft, filled in when read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "Docker's names")]
pub enum Reachability {
    Unknown,
    Unreachable,
    Reachable,
}

/// A manager's place in raft; never stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the API's own field names")]
pub struct ManagerStatus {
    pub raft_id: u64,
    pub addr: String,
    pub leader: bool,
    pub reachability: Reachability,
}

/// A node of the swarm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// Its id.
    pub id: NodeId,
    /// Version and times.
    pub meta: Meta,
    /// As declared.
    pub spec: NodeSpec,
    /// As its agent described it; absent until the first session.
    pub description: Option<NodeDescription>,
    /// As the dispatcher sees it.
    pub status: NodeStatus,
    /// Filled in when read through the API, never stored.
    pub manager_status: Option<ManagerStatus>,
    /// The role it has (its certificate's), changed by the role manager.
    pub role: NodeRole,
    /// Load-balancer address per swarm network in use on the node.
    pub attachments: Vec<NetworkAttachment>,
}

/// A virtual address of a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the API's own field names")]
pub struct VirtualIp {
    pub network: NetworkId,
    /// CIDR.
    pub addr: String,
}

/// A service's endpoint as allocated.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the API's own field names")]
pub struct Endpoint {
    pub spec: EndpointSpec,
    pub ports: Vec<PortConfig>,
    pub virtual_ips: Vec<VirtualIp>,
}

/// Where an update stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "SwarmKit's own names")]
pub enum UpdateState {
    Updating,
    Paused,
    Completed,
    RollbackStarted,
    RollbackPaused,
    RollbackCompleted,
}

impl UpdateState {
    /// The API's word: `rollback_started`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Updating => "updating",
            Self::Paused => "paused",
            Self::Completed => "completed",
            Self::RollbackStarted => "rollback_started",
            Self::RollbackPaused => "rollback_paused",
            Self::RollbackCompleted => "rollback_completed",
        }
    }
}

/// Progress of an update.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the API's own field names")]
pub struct UpdateStatus {
    pub state: UpdateState,
    pub started_at: Option<Timestamp>,
    pub completed_at: Option<Timestamp>,
    pub message: String,
}

/// Which run of a job this is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the API's own field names")]
pub struct JobStatus {
    pub job_iteration: u64,
    pub last_execution: Option<Timestamp>,
}

/// A service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Service {
    /// Its id.
    pub id: ServiceId,
    /// Version and times.
    pub meta: Meta,
    /// As declared.
    pub spec: Rc<ServiceSpec>,
    /// The version the spec was last changed at; absent until the first update is 0 there.
    pub spec_version: Option<Version>,
    /// What a rollback goes back to.
    pub previous_spec: Option<Rc<ServiceSpec>>,
    /// Its version.
    pub previous_spec_version: Option<Version>,
    /// Ports and addresses; absent until allocated.
    pub endpoint: Option<Endpoint>,
    /// The running or last update.
    pub update_status: Option<UpdateStatus>,
    /// For jobs.
    pub job_status: Option<JobStatus>,
}

/// A network of the swarm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Network {
    /// Its id.
    pub id: NetworkId,
    /// Version and times.
    pub meta: Meta,
    /// As declared.
    pub spec: NetworkSpec,
    /// Ranges as allocated; empty until then.
    pub ipam: Vec<IpamConfig>,
    /// Driver options as allocated (`com.docker.network.driver.overlay.vxlanid_list`).
    pub driver_state: crate::Labels,
    /// `bridge` and `host`, known to every swarm and hidden from `network ls`.
    pub predefined: bool,
}

/// A secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "id, meta, spec as everywhere")]
pub struct Secret {
    pub id: SecretId,
    pub meta: Meta,
    pub spec: SecretSpec,
}

/// A config.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "id, meta, spec as everywhere")]
pub struct Config {
    pub id: ConfigId,
    pub meta: Meta,
    pub spec: ConfigSpec,
}

/// The one cluster object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cluster {
    /// Its id.
    pub id: ClusterId,
    /// Version and times.
    pub meta: Meta,
    /// As declared.
    pub spec: ClusterSpec,
    /// SHA-256 of the root certificate, the part of a token that names the swarm.
    pub ca_digest: crate::Digest,
    /// `SWMTKN-1-…` for workers.
    pub worker_token: String,
    /// `SWMTKN-1-…` for managers.
    pub manager_token: String,
    /// `SWMKEY-1-…` while autolock is on.
    pub unlock_key: Option<String>,
    /// Address pools (`10.0.0.0/8`).
    pub default_addr_pool: Vec<String>,
    /// Mask length of each network's subnet (24).
    pub subnet_size: u32,
    /// VXLAN port (4789).
    pub data_path_port: u16,
    /// Ids of removed nodes whose certificates still live, with their end.
    pub blacklisted_certificates: BTreeMap<NodeId, Timestamp>,
    /// Root CA rotation under way.
    pub root_rotation: bool,
}

/// Any object of the store.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "one arm per table")]
pub enum Object {
    Cluster(Rc<Cluster>),
    Node(Rc<Node>),
    Service(Rc<Service>),
    Task(Rc<Task>),
    Network(Rc<Network>),
    Secret(Rc<Secret>),
    Config(Rc<Config>),
}

/// Names an object of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[allow(missing_docs, reason = "one arm per table")]
pub enum ObjectId {
    Cluster(ClusterId),
    Node(NodeId),
    Service(ServiceId),
    Task(TaskId),
    Network(NetworkId),
    Secret(SecretId),
    Config(ConfigId),
}

/// One change of a committed transaction: what raft replicates.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum StoreAction {
    /// A new object.
    Create(Object),
    /// A new value for one.
    Update(Object),
    /// One less.
    Remove(ObjectId),
}
