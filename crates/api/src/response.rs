//! What a daemon answers.

use crate::{
    Cluster, Config, ContainerInspect, ContainerSummary, Digest, ImageHistoryItem, ImageInspect,
    ImageSummary, Labels, NetworkResource, Node, Platform, Secret, Service, Task, Timestamp,
    VolumeResource,
};
use serde::{Deserialize, Serialize};
use share::Rc;

/// The answer to a [`crate::Request`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "one arm per kind of answer")]
pub enum Response {
    /// Done, nothing to say.
    Done,
    Version(Box<VersionInfo>),
    Info(Box<SystemInfo>),
    DiskUsage(Box<DiskUsage>),
    Containers(Vec<ContainerSummary>),
    Container(Box<ContainerInspect>),
    /// A new object's id, with warnings for stderr.
    Created {
        id: String,
        warnings: Vec<String>,
    },
    /// A program ended.
    Exit {
        code: i32,
        error: String,
    },
    Top {
        titles: Vec<String>,
        processes: Vec<Vec<String>>,
    },
    /// (kind, path): `A`, `C` or `D`.
    Diff(Vec<(char, String)>),
    Pruned {
        deleted: Vec<String>,
        reclaimed: u64,
    },
    Files(Vec<(String, Vec<u8>)>),
    Images(Vec<ImageSummary>),
    Image(Box<ImageInspect>),
    History(Vec<ImageHistoryItem>),
    /// `Untagged: …` and `Deleted: …` in order.
    ImageDeleted(Vec<ImageDeletion>),
    Distribution {
        digest: Digest,
        platforms: Vec<Platform>,
    },
    Networks(Vec<NetworkResource>),
    Network(Box<NetworkResource>),
    Volumes(Vec<VolumeResource>),
    Volume(Box<VolumeResource>),
    Cluster(Rc<Cluster>),
    UnlockKey(String),
    Nodes(Vec<Rc<Node>>),
    Node(Rc<Node>),
    /// With task counts when they were asked for.
    Services(Vec<(Rc<Service>, Option<ServiceStatus>)>),
    Service(Rc<Service>),
    Tasks(Vec<Rc<Task>>),
    Task(Rc<Task>),
    Secrets(Vec<Rc<Secret>>),
    Secret(Rc<Secret>),
    Configs(Vec<Rc<Config>>),
    Config(Rc<Config>),
}

/// An image or a tag that went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "Docker's words")]
pub enum ImageDeletion {
    Untagged(String),
    Deleted(String),
}

/// Task counts of a service (moby `ServiceStatus`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the API's own field names")]
pub struct ServiceStatus {
    pub running_tasks: u64,
    pub desired_tasks: u64,
    pub completed_tasks: u64,
}

/// One piece of a stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "one arm per kind of stream")]
pub enum Item {
    Pull(PullItem),
    Log(crate::dispatch::LogLine),
    /// Bytes of a program, with the side they came from.
    Output {
        stderr: bool,
        bytes: Vec<u8>,
    },
    Event(Event),
    Stats(Box<Stats>),
}

/// Progress of a pull, in the order the engine tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "Docker's words")]
pub enum PullItem {
    /// A line of its own: `1: Pulling from library/nginx`, `Digest: …`, `Status: …`.
    Line(String),
    /// A layer's line: `b9851150b955: Pull complete`.
    Layer { id: String, status: String, current: u64, total: u64 },
}

/// An event of the daemon or the swarm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the API's own field names")]
pub struct Event {
    pub at: Timestamp,
    pub kind: String,
    pub action: String,
    pub actor_id: String,
    pub attributes: Rc<Labels>,
    /// `local` or `swarm`.
    pub scope: String,
}

/// One sample of `docker stats`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "what the columns say")]
pub struct Stats {
    pub id: String,
    pub name: String,
    /// Hundredths of a percent.
    pub cpu_centi_percent: u64,
    pub memory_bytes: u64,
    pub memory_limit_bytes: u64,
    pub net_rx_bytes: u64,
    pub net_tx_bytes: u64,
    pub block_read_bytes: u64,
    pub block_write_bytes: u64,
    pub pids: u32,
}

/// `docker version`, the server's half.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the API's own field names")]
pub struct VersionInfo {
    pub version: String,
    pub api_version: String,
    pub min_api_version: String,
    pub go_version: String,
    pub git_commit: String,
    pub build_time: String,
    pub os: String,
    pub arch: String,
    pub experimental: bool,
    /// (name, version, git commit) of containerd, runc, docker-init.
    pub components: Vec<(String, String, String)>,
}

/// `docker info`, the server's half.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the API's own field names")]
pub struct SystemInfo {
    pub id: String,
    pub containers: u32,
    pub containers_running: u32,
    pub containers_paused: u32,
    pub containers_stopped: u32,
    pub images: u32,
    pub server_version: String,
    pub name: String,
    pub cpus: u32,
    pub memory_bytes: u64,
    pub kernel_version: String,
    pub operating_system: String,
    pub labels: Vec<String>,
    pub swarm: SwarmInfo,
}

/// The daemon's word for its place in a swarm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "Docker's names")]
pub enum LocalNodeState {
    #[default]
    Inactive,
    Pending,
    Active,
    Error,
    Locked,
}

impl LocalNodeState {
    /// `inactive`, `active`, …
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inactive => "inactive",
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Error => "error",
            Self::Locked => "locked",
        }
    }
}

/// The swarm part of `docker info`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the API's own field names")]
pub struct SwarmInfo {
    pub node_id: String,
    pub node_addr: String,
    pub local_node_state: LocalNodeState,
    pub control_available: bool,
    pub error: String,
    /// (node id, address) of managers known to this node.
    pub remote_managers: Vec<(String, String)>,
    pub nodes: u32,
    pub managers: u32,
    /// Only on a manager that reaches the leader.
    pub cluster: Option<Rc<Cluster>>,
}

/// `docker system df`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the API's own field names")]
pub struct DiskUsage {
    pub images: Vec<ImageSummary>,
    pub containers: Vec<ContainerSummary>,
    pub volumes: Vec<(VolumeResource, u64, u32)>,
    pub layers_size: u64,
}

/// What the leader answers to a [`crate::ControlRequest`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "one arm per kind of answer")]
pub enum ControlResponse {
    Done,
    Cluster(Rc<Cluster>),
    UnlockKey(String),
    Nodes(Vec<Rc<Node>>),
    Node(Rc<Node>),
    Services(Vec<Rc<Service>>),
    Service(Rc<Service>),
    Tasks(Vec<Rc<Task>>),
    Task(Rc<Task>),
    Networks(Vec<Rc<crate::Network>>),
    Network(Rc<crate::Network>),
    Secrets(Vec<Rc<Secret>>),
    Secret(Rc<Secret>),
    Configs(Vec<Rc<Config>>),
    Config(Rc<Config>),
    /// Log lines follow under this subscription.
    Subscribed(u64),
}

/// What a manager answers to a [`crate::JoinRequest`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "one arm per kind of answer")]
pub enum JoinResponse {
    Certificate(crate::dispatch::Certificate),
    /// Member of raft now: own raft id and all members (raft id, node, address).
    Joined {
        raft_id: u64,
        members: Vec<(u64, crate::NodeId, String)>,
    },
    Healthy,
}
