//! What the client asks of a daemon: the Engine API as data (moby `api/swagger.yaml`).
//!
//! A reference (`String`) is whatever the user typed: an id, a prefix, a name; the daemon
//! resolves it. One-shot requests get one [`crate::Response`]; those marked *stream* get
//! [`crate::Item`]s and then a response.

use crate::{
    ClusterSpec, ConfigSpec, ContainerConfig, EndpointSettings, Labels, NetworkId, NetworkSpec,
    NodeId, NodeRole, NodeSpec, SecretSpec, ServiceId, ServiceSpec, Timestamp, Version,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// `--filter` values by key; the same key twice is an *or*, different keys an *and*.
pub type Filters = BTreeMap<String, BTreeSet<String>>;

/// Which lines of logs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the API's own field names")]
pub struct LogOptions {
    pub stdout: bool,
    pub stderr: bool,
    pub follow: bool,
    /// Absent: all.
    pub tail: Option<u64>,
    pub since: Option<Timestamp>,
    pub until: Option<Timestamp>,
}

/// How `docker swarm init` sets the cluster up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the API's own field names")]
pub struct SwarmInit {
    pub listen_addr: String,
    pub advertise_addr: String,
    pub data_path_addr: String,
    pub data_path_port: u32,
    pub force_new_cluster: bool,
    pub spec: ClusterSpec,
    pub availability: crate::Availability,
    pub default_addr_pool: Vec<String>,
    pub subnet_size: u32,
}

/// How `docker swarm join` joins.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the API's own field names")]
pub struct SwarmJoin {
    pub listen_addr: String,
    pub advertise_addr: String,
    pub data_path_addr: String,
    pub remote_addrs: Vec<String>,
    pub join_token: String,
    pub availability: crate::Availability,
}

/// One request to a daemon.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the API's own names; what needs saying is said")]
pub enum Request {
    Version,
    Info,
    /// Disk usage.
    SystemDf,
    /// *Stream* of [`crate::Item::Event`].
    Events {
        since: Option<Timestamp>,
        until: Option<Timestamp>,
        filters: Filters,
    },

    ContainerList {
        all: bool,
        limit: i64,
        size: bool,
        filters: Filters,
    },
    /// Answers [`crate::Response::Created`]. Images are not pulled by it.
    ContainerCreate {
        name: String,
        config: Box<ContainerConfig>,
    },
    ContainerStart {
        container: String,
    },
    ContainerStop {
        container: String,
        timeout_s: Option<i64>,
    },
    ContainerRestart {
        container: String,
        timeout_s: Option<i64>,
    },
    ContainerKill {
        container: String,
        signal: String,
    },
    ContainerPause {
        container: String,
    },
    ContainerUnpause {
        container: String,
    },
    ContainerRemove {
        container: String,
        force: bool,
        volumes: bool,
    },
    ContainerRename {
        container: String,
        name: String,
    },
    ContainerUpdate {
        container: String,
        host: Box<crate::HostConfig>,
        changed: BTreeSet<String>,
    },
    ContainerInspect {
        container: String,
        size: bool,
    },
    /// Answers [`crate::Response::Exit`] when it ends. `condition`: `not-running`, `next-exit`
    /// or `removed`.
    ContainerWait {
        container: String,
        condition: String,
    },
    /// *Stream* of [`crate::Item::Log`].
    ContainerLogs {
        container: String,
        options: LogOptions,
    },
    /// *Stream* of [`crate::Item::Output`]; takes bytes sent to the call.
    ContainerAttach {
        container: String,
        stdin: bool,
        logs: bool,
    },
    ContainerTop {
        container: String,
        args: Vec<String>,
    },
    /// *Stream* of [`crate::Item::Stats`] unless `once`.
    ContainerStats {
        container: String,
        once: bool,
    },
    ContainerDiff {
        container: String,
    },
    ContainerPrune {
        filters: Filters,
    },
    /// Answers [`crate::Response::Created`] with the exec's id.
    ExecCreate {
        container: String,
        exec: ExecConfig,
    },
    /// *Stream* of [`crate::Item::Output`], then [`crate::Response::Exit`].
    ExecStart {
        exec: String,
    },
    /// A file or directory of a container, as (path, content) pairs.
    ContainerReadFile {
        container: String,
        path: String,
    },
    ContainerWriteFile {
        container: String,
        path: String,
        content: Vec<u8>,
    },
    ResizeTty {
        container: String,
        columns: u32,
        rows: u32,
    },

    ImageList {
        all: bool,
        filters: Filters,
    },
    /// *Stream* of [`crate::Item::Pull`].
    ImagePull {
        image: String,
        all_tags: bool,
    },
    ImageInspect {
        image: String,
    },
    ImageHistory {
        image: String,
    },
    ImageRemove {
        image: String,
        force: bool,
        no_prune: bool,
    },
    ImageTag {
        image: String,
        target: String,
    },
    ImagePrune {
        filters: Filters,
    },
    /// Asks the registry for the digest of a reference (`docker service create` pins it).
    DistributionInspect {
        image: String,
    },

    NetworkList {
        filters: Filters,
    },
    NetworkInspect {
        network: String,
        scope: String,
        verbose: bool,
    },
    NetworkCreate {
        spec: NetworkSpec,
        scope: String,
        check_duplicate: bool,
    },
    NetworkRemove {
        network: String,
    },
    NetworkConnect {
        network: String,
        container: String,
        endpoint: EndpointSettings,
    },
    NetworkDisconnect {
        network: String,
        container: String,
        force: bool,
    },
    NetworkPrune {
        filters: Filters,
    },

    VolumeList {
        filters: Filters,
    },
    VolumeInspect {
        volume: String,
    },
    VolumeCreate {
        name: String,
        driver: String,
        options: Labels,
        labels: Labels,
    },
    VolumeRemove {
        volume: String,
        force: bool,
    },
    VolumePrune {
        filters: Filters,
    },

    SwarmInit(Box<SwarmInit>),
    SwarmJoin(Box<SwarmJoin>),
    SwarmLeave {
        force: bool,
    },
    SwarmInspect,
    SwarmUpdate {
        version: Version,
        spec: Box<ClusterSpec>,
        rotate_worker_token: bool,
        rotate_manager_token: bool,
        rotate_manager_unlock_key: bool,
    },
    SwarmUnlock {
        key: String,
    },
    SwarmUnlockKey,

    NodeList {
        filters: Filters,
    },
    NodeInspect {
        node: String,
    },
    NodeUpdate {
        node: NodeId,
        version: Version,
        spec: Box<NodeSpec>,
    },
    NodeRemove {
        node: String,
        force: bool,
    },

    ServiceList {
        filters: Filters,
        status: bool,
    },
    ServiceInspect {
        service: String,
        insert_defaults: bool,
    },
    /// `query_registry`: pin the image to its digest, warn if that fails.
    ServiceCreate {
        spec: Box<ServiceSpec>,
        query_registry: bool,
    },
    ServiceUpdate {
        service: ServiceId,
        version: Version,
        spec: Box<ServiceSpec>,
        /// `previous`: roll back to the previous spec.
        rollback: String,
        query_registry: bool,
    },
    ServiceRemove {
        service: String,
    },
    /// *Stream* of [`crate::Item::Log`]. `service` may be a task too.
    ServiceLogs {
        service: String,
        options: LogOptions,
    },

    TaskList {
        filters: Filters,
    },
    TaskInspect {
        task: String,
    },

    SecretList {
        filters: Filters,
    },
    SecretInspect {
        secret: String,
    },
    SecretCreate {
        spec: Box<SecretSpec>,
    },
    SecretUpdate {
        secret: String,
        version: Version,
        spec: Box<SecretSpec>,
    },
    SecretRemove {
        secret: String,
    },
    ConfigList {
        filters: Filters,
    },
    ConfigInspect {
        config: String,
    },
    ConfigCreate {
        spec: Box<ConfigSpec>,
    },
    ConfigUpdate {
        config: String,
        version: Version,
        spec: Box<ConfigSpec>,
    },
    ConfigRemove {
        config: String,
    },
}

/// A program to run in a living container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the API's own field names")]
pub struct ExecConfig {
    pub cmd: Vec<String>,
    pub env: Vec<String>,
    pub tty: bool,
    pub attach_stdin: bool,
    pub attach_stdout: bool,
    pub attach_stderr: bool,
    pub detach: bool,
    pub user: String,
    pub working_dir: String,
    pub privileged: bool,
}

/// Which control-API call a daemon passes to the leader, once references are resolved
/// and specs converted (SwarmKit `api/control.proto`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "SwarmKit's own names")]
pub enum ControlRequest {
    GetCluster,
    UpdateCluster {
        version: Version,
        spec: Box<ClusterSpec>,
        rotate_worker_token: bool,
        rotate_manager_token: bool,
        rotate_manager_unlock_key: bool,
    },
    GetUnlockKey,
    ListNodes,
    GetNode(NodeId),
    UpdateNode {
        id: NodeId,
        version: Version,
        spec: Box<NodeSpec>,
    },
    RemoveNode {
        id: NodeId,
        force: bool,
    },
    ListServices,
    GetService(ServiceId),
    CreateService(Box<ServiceSpec>),
    UpdateService {
        id: ServiceId,
        version: Version,
        spec: Box<ServiceSpec>,
        rollback: bool,
    },
    RemoveService(ServiceId),
    ListTasks,
    GetTask(crate::TaskId),
    RemoveTask(crate::TaskId),
    ListNetworks,
    GetNetwork(NetworkId),
    CreateNetwork(Box<NetworkSpec>),
    RemoveNetwork(NetworkId),
    ListSecrets,
    GetSecret(crate::SecretId),
    CreateSecret(Box<SecretSpec>),
    UpdateSecret {
        id: crate::SecretId,
        version: Version,
        spec: Box<SecretSpec>,
    },
    RemoveSecret(crate::SecretId),
    ListConfigs,
    GetConfig(crate::ConfigId),
    CreateConfig(Box<ConfigSpec>),
    UpdateConfig {
        id: crate::ConfigId,
        version: Version,
        spec: Box<ConfigSpec>,
    },
    RemoveConfig(crate::ConfigId),
    /// Opens a subscription of the log broker.
    SubscribeLogs {
        services: Vec<ServiceId>,
        tasks: Vec<crate::TaskId>,
        options: LogOptions,
    },
}

/// What a joining node asks of a manager (SwarmKit `api/ca.proto`, `api/raft.proto`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum JoinRequest {
    /// A certificate for a token.
    IssueCertificate {
        /// `SWMTKN-1-…`.
        token: String,
        /// Availability asked for by `swarm join --availability`.
        availability: crate::Availability,
    },
    /// A new certificate in the role the node should have.
    RenewCertificate {
        /// Who.
        node: NodeId,
    },
    /// Membership of raft.
    JoinRaft {
        /// Who.
        node: NodeId,
        /// Its address with port.
        addr: String,
    },
    /// A plain sign of life.
    Health,
}

/// The role as the client's words have it.
impl NodeRole {
    /// `worker` or `manager`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Worker => "worker",
            Self::Manager => "manager",
        }
    }
}
