//! What users declare: specs of services, nodes, networks, secrets, configs and the cluster
//! (SwarmKit `api/specs.proto`, `api/types.proto`). Durations are nanoseconds, as in the API.

use serde::{Deserialize, Serialize};
use share::Rc;
use std::collections::BTreeMap;

/// Labels and other string maps.
pub type Labels = BTreeMap<String, String>;

/// Name and labels.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Annotations {
    /// The object's name.
    pub name: String,
    /// Its labels.
    pub labels: Labels,
}

/// One second in the API's nanoseconds.
pub const SECOND_NS: i64 = 1_000_000_000;

/// A service as declared.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ServiceSpec {
    /// Name and labels.
    pub annotations: Annotations,
    /// What each task runs. Shared with the tasks made of it.
    pub task: Rc<TaskSpec>,
    /// How many tasks and where.
    pub mode: ServiceMode,
    /// How a new spec is rolled out; the defaults hold when absent.
    pub update: Option<UpdateConfig>,
    /// How a rollback is rolled out.
    pub rollback: Option<UpdateConfig>,
    /// Published ports and how the service is found.
    pub endpoint: EndpointSpec,
}

impl ServiceSpec {
    /// What each task runs, to change.
    pub fn task_mut(&mut self) -> &mut TaskSpec {
        Rc::make_mut(&mut self.task)
    }
}

/// The kinds of service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ServiceMode {
    /// A number of slots.
    Replicated {
        /// Wanted slots.
        replicas: u64,
    },
    /// One task on each node that fits.
    Global,
    /// Tasks that run to completion, so many in all, so many at once.
    ReplicatedJob {
        /// At once.
        max_concurrent: u64,
        /// In all.
        total_completions: u64,
    },
    /// One run to completion on each node that fits.
    GlobalJob,
}

impl Default for ServiceMode {
    fn default() -> Self {
        Self::Replicated { replicas: 1 }
    }
}

/// What a task runs and under which conditions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskSpec {
    /// The container.
    pub container: ContainerSpec,
    /// Limits of the container.
    pub limits: Resources,
    /// What the scheduler keeps free for it.
    pub reservations: Resources,
    /// When a finished task is replaced; absent: the defaults.
    pub restart: Option<RestartPolicy>,
    /// Where it may run.
    pub placement: Placement,
    /// Networks by id or name as given, in the client's order.
    pub networks: Vec<NetworkAttachmentConfig>,
    /// Log driver, if the service names one.
    pub log_driver: Option<LogDriver>,
    /// Raised by `--force`.
    pub force_update: u64,
}

/// A container as a service declares it. Docker's `--entrypoint` is `command`, CMD is `args`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the API's own field names")]
pub struct ContainerSpec {
    pub image: String,
    pub labels: Labels,
    pub command: Vec<String>,
    pub args: Vec<String>,
    pub hostname: String,
    pub env: Vec<String>,
    pub dir: String,
    pub user: String,
    pub groups: Vec<String>,
    pub init: Option<bool>,
    pub tty: bool,
    pub open_stdin: bool,
    pub read_only: bool,
    pub stop_signal: String,
    pub mounts: Vec<Mount>,
    /// Absent: 10 s.
    pub stop_grace_period_ns: Option<i64>,
    pub secrets: Vec<FileReference>,
    pub configs: Vec<FileReference>,
    pub hosts: Vec<String>,
    pub dns: DnsConfig,
    pub healthcheck: Option<HealthConfig>,
    pub isolation: String,
    pub pids_limit: i64,
    pub sysctls: Labels,
    pub capability_add: Vec<String>,
    pub capability_drop: Vec<String>,
    pub ulimits: Vec<Ulimit>,
}

/// A resource limit of a process.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the API's own field names")]
pub struct Ulimit {
    pub name: String,
    pub hard: i64,
    pub soft: i64,
}

/// DNS settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the API's own field names")]
pub struct DnsConfig {
    pub nameservers: Vec<String>,
    pub search: Vec<String>,
    pub options: Vec<String>,
}

/// A mount of a container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the API's own field names")]
pub struct Mount {
    pub kind: MountKind,
    pub source: String,
    pub target: String,
    pub read_only: bool,
    pub consistency: String,
    pub bind_propagation: String,
    pub volume_driver: String,
    pub volume_driver_options: Labels,
    pub volume_labels: Labels,
    pub volume_no_copy: bool,
    pub tmpfs_size_bytes: i64,
    pub tmpfs_mode: u32,
}

/// What is mounted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the API's own names")]
pub enum MountKind {
    Bind,
    #[default]
    Volume,
    Tmpfs,
    NamedPipe,
}

/// A secret or config that a container gets as a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the API's own field names")]
pub struct FileReference {
    /// The secret's or config's id, as text.
    pub id: String,
    pub name: String,
    pub target: String,
    pub uid: String,
    pub gid: String,
    pub mode: u32,
}

/// A health check.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the API's own field names")]
pub struct HealthConfig {
    /// `["NONE"]`, `["CMD", …]`, `["CMD-SHELL", line]` or empty (the image's).
    pub test: Vec<String>,
    pub interval_ns: i64,
    pub timeout_ns: i64,
    pub start_period_ns: i64,
    pub retries: i64,
}

/// CPU, memory and generic resources.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resources {
    /// Billionths of a CPU.
    pub nano_cpus: i64,
    /// Bytes.
    pub memory_bytes: i64,
    /// User-defined resources by kind.
    pub generic: Vec<GenericResource>,
}

/// A user-defined resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum GenericResource {
    /// `kind=3`
    Discrete {
        /// Kind.
        kind: String,
        /// Amount.
        value: i64,
    },
    /// `kind=NAME`
    Named {
        /// Kind.
        kind: String,
        /// One value of the set.
        value: String,
    },
}

/// When finished tasks are replaced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum RestartCondition {
    /// Never.
    None,
    /// When they did not complete.
    OnFailure,
    /// Always.
    #[default]
    Any,
}

/// The restart policy of a service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the API's own field names")]
pub struct RestartPolicy {
    pub condition: RestartCondition,
    /// Absent: 5 s.
    pub delay_ns: Option<i64>,
    /// Absent or 0: unlimited.
    pub max_attempts: Option<u64>,
    pub window_ns: Option<i64>,
}

/// Where tasks may run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placement {
    /// `key==value` and `key!=value`, as given.
    pub constraints: Vec<String>,
    /// Spread descriptors in order (`node.labels.zone`).
    pub preferences: Vec<String>,
    /// Architecture and operating system of the image.
    pub platforms: Vec<Platform>,
    /// 0: no limit.
    pub max_replicas: u64,
}

/// An architecture (`x86_64`) and an operating system.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the API's own field names")]
pub struct Platform {
    pub architecture: String,
    pub os: String,
}

/// A network a task is attached to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the API's own field names")]
pub struct NetworkAttachmentConfig {
    /// The network's id (the client resolves names first).
    pub target: String,
    pub aliases: Vec<String>,
    pub driver_opts: Labels,
}

/// A log driver and its options.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the API's own field names")]
pub struct LogDriver {
    pub name: String,
    pub options: Labels,
}

/// What an update does when tasks fail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the API's own names")]
pub enum FailureAction {
    #[default]
    Pause,
    Continue,
    Rollback,
}

/// Whether the old task stops before or after the new one starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the API's own names")]
pub enum UpdateOrder {
    #[default]
    StopFirst,
    StartFirst,
}

/// How an update is rolled out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the API's own field names")]
pub struct UpdateConfig {
    /// 0: all at once.
    pub parallelism: u64,
    pub delay_ns: i64,
    pub failure_action: FailureAction,
    /// Absent: 5 s.
    pub monitor_ns: Option<i64>,
    pub max_failure_ratio: f32,
    pub order: UpdateOrder,
}

impl Default for UpdateConfig {
    /// SwarmKit `api/defaults/service.go`.
    fn default() -> Self {
        Self {
            parallelism: 1,
            delay_ns: 0,
            failure_action: FailureAction::Pause,
            monitor_ns: Some(5 * SECOND_NS),
            max_failure_ratio: 0.0,
            order: UpdateOrder::StopFirst,
        }
    }
}

/// How a service is found by others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum EndpointMode {
    /// One virtual address per network.
    #[default]
    Vip,
    /// The addresses of the tasks.
    Dnsrr,
}

/// Published ports and resolution mode.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the API's own field names")]
pub struct EndpointSpec {
    pub mode: EndpointMode,
    pub ports: Vec<PortConfig>,
}

/// TCP, UDP or SCTP.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[allow(missing_docs, reason = "protocol names")]
pub enum Protocol {
    #[default]
    Tcp,
    Udp,
    Sctp,
}

impl Protocol {
    /// `tcp`, `udp` or `sctp`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Sctp => "sctp",
        }
    }
}

/// Where a published port listens.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub enum PublishMode {
    /// On every node, through the routing mesh.
    #[default]
    Ingress,
    /// On the nodes that run a task.
    Host,
}

/// One published port.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the API's own field names")]
pub struct PortConfig {
    pub name: String,
    pub protocol: Protocol,
    pub target_port: u16,
    /// 0: chosen by the swarm.
    pub published_port: u16,
    pub publish_mode: PublishMode,
}

/// Role of a node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "Docker's names")]
pub enum NodeRole {
    #[default]
    Worker,
    Manager,
}

/// Availability of a node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "Docker's names")]
pub enum Availability {
    #[default]
    Active,
    Pause,
    Drain,
}

/// A node as declared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeSpec {
    /// Name (usually empty) and labels.
    pub annotations: Annotations,
    /// The role it should have.
    pub desired_role: NodeRole,
    /// Whether it gets tasks.
    pub availability: Availability,
}

/// A network as declared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the API's own field names")]
pub struct NetworkSpec {
    pub annotations: Annotations,
    pub driver: String,
    pub driver_options: Labels,
    pub ipv6: bool,
    pub internal: bool,
    pub attachable: bool,
    pub ingress: bool,
    pub ipam_driver: String,
    pub ipam: Vec<IpamConfig>,
}

/// One address range of a network.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the API's own field names")]
pub struct IpamConfig {
    pub subnet: String,
    pub range: String,
    pub gateway: String,
}

/// A secret as declared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the API's own field names")]
pub struct SecretSpec {
    pub annotations: Annotations,
    pub data: Vec<u8>,
    pub driver: String,
    pub templating: String,
}

/// A config as declared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the API's own field names")]
pub struct ConfigSpec {
    pub annotations: Annotations,
    pub data: Vec<u8>,
    pub templating: String,
}

/// The cluster as declared (`docker swarm update`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the API's own field names")]
pub struct ClusterSpec {
    pub annotations: Annotations,
    pub task_history_retention_limit: i64,
    pub snapshot_interval: u64,
    pub keep_old_snapshots: u64,
    pub log_entries_for_slow_followers: u64,
    pub heartbeat_tick: u32,
    pub election_tick: u32,
    pub heartbeat_period_ns: i64,
    pub node_cert_expiry_ns: i64,
    pub ca_force_rotate: u64,
    pub autolock: bool,
    pub log_driver: Option<LogDriver>,
}

impl Default for ClusterSpec {
    /// swarm-semantics §1 (SwarmKit `manager/manager.go`, `api/defaults`).
    fn default() -> Self {
        Self {
            annotations: Annotations { name: "default".into(), labels: Labels::new() },
            task_history_retention_limit: 5,
            snapshot_interval: 10_000,
            keep_old_snapshots: 0,
            log_entries_for_slow_followers: 500,
            heartbeat_tick: 1,
            election_tick: 10,
            heartbeat_period_ns: 5 * SECOND_NS,
            node_cert_expiry_ns: 90 * 24 * 3600 * SECOND_NS,
            ca_force_rotate: 0,
            autolock: false,
            log_driver: None,
        }
    }
}
