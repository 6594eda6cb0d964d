//! What one engine knows: containers, images, networks and volumes outside the swarm's store
//! (moby `api/types`). Durations are nanoseconds, sizes bytes.

use crate::{ContainerId, Digest, HealthConfig, Labels, Mount, Protocol, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A container as `docker run` and `docker create` ask for it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the API's own field names")]
pub struct ContainerConfig {
    pub image: String,
    /// Empty: the image's.
    pub cmd: Vec<String>,
    /// Absent: the image's; `Some([""])` clears it.
    pub entrypoint: Option<Vec<String>>,
    pub env: Vec<String>,
    pub labels: Labels,
    pub hostname: String,
    pub domainname: String,
    pub working_dir: String,
    pub user: String,
    pub tty: bool,
    pub open_stdin: bool,
    pub attach_stdin: bool,
    pub attach_stdout: bool,
    pub attach_stderr: bool,
    pub stop_signal: String,
    pub stop_timeout_s: Option<i64>,
    pub healthcheck: Option<HealthConfig>,
    /// Ports named by `--expose` and `-p`, beside the image's.
    pub exposed_ports: BTreeSet<(u16, Protocol)>,
    pub host: HostConfig,
    /// Networks to join at creation besides `host.network_mode`, with aliases and fixed address.
    pub endpoints: BTreeMap<String, EndpointSettings>,
}

/// The part of a container that concerns its machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the API's own field names")]
pub struct HostConfig {
    pub binds: Vec<String>,
    pub mounts: Vec<Mount>,
    /// Container port → host addresses and ports asked for.
    pub port_bindings: BTreeMap<(u16, Protocol), Vec<PortBinding>>,
    pub publish_all_ports: bool,
    /// `default`, `bridge`, `host`, `none`, `container:ID` or a network.
    pub network_mode: String,
    /// `no`, `always`, `unless-stopped`, `on-failure`.
    pub restart_policy: String,
    pub restart_max_retries: u32,
    pub auto_remove: bool,
    pub privileged: bool,
    pub read_only: bool,
    pub init: Option<bool>,
    pub memory_bytes: i64,
    pub memory_reservation_bytes: i64,
    pub memory_swap_bytes: i64,
    pub nano_cpus: i64,
    pub cpu_shares: i64,
    pub pids_limit: i64,
    pub dns: Vec<String>,
    pub dns_search: Vec<String>,
    pub extra_hosts: Vec<String>,
    pub cap_add: Vec<String>,
    pub cap_drop: Vec<String>,
    pub links: Vec<String>,
    pub log_driver: String,
    pub log_options: Labels,
    pub tmpfs: BTreeMap<String, String>,
    pub volumes_from: Vec<String>,
}

/// Host side of a published port.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PortBinding {
    /// Empty: all addresses.
    pub host_ip: String,
    /// `""` or `0`: chosen by the engine; `8000-8010` is a range.
    pub host_port: String,
}

/// How a container stands on a network.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the API's own field names")]
pub struct EndpointSettings {
    pub network_id: String,
    pub endpoint_id: String,
    pub gateway: String,
    pub ip_address: String,
    pub ip_prefix_len: u8,
    pub mac_address: String,
    pub aliases: Vec<String>,
    /// Asked-for address (`--ip`).
    pub fixed_ip: String,
    pub links: Vec<String>,
}

/// The engine's word for what a container does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "Docker's names")]
pub enum ContainerStatusWord {
    #[default]
    Created,
    Running,
    Paused,
    Restarting,
    Removing,
    Exited,
    Dead,
}

impl ContainerStatusWord {
    /// `running`, `exited`, …
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Restarting => "restarting",
            Self::Removing => "removing",
            Self::Exited => "exited",
            Self::Dead => "dead",
        }
    }
}

/// Health as probed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the API's own field names")]
pub struct Health {
    /// `starting`, `healthy` or `unhealthy`.
    pub status: String,
    pub failing_streak: u32,
    /// (start, end, exit code, output), newest last, five at most.
    pub log: Vec<(Timestamp, Timestamp, i32, String)>,
}

/// State of a container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the API's own field names")]
pub struct ContainerState {
    pub status: ContainerStatusWord,
    pub oom_killed: bool,
    pub pid: u32,
    pub exit_code: i32,
    pub error: String,
    pub started_at: Option<Timestamp>,
    pub finished_at: Option<Timestamp>,
    pub health: Option<Health>,
}

/// A port of a container as bound now.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the API's own field names")]
pub struct BoundPort {
    pub private_port: u16,
    pub protocol: Protocol,
    /// (address, port) pairs on the host; empty for a port only exposed.
    pub bindings: Vec<(String, u16)>,
}

/// A row of `docker ps`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the API's own field names")]
pub struct ContainerSummary {
    pub id: ContainerId,
    /// Without the leading slash.
    pub names: Vec<String>,
    pub image: String,
    pub image_id: Digest,
    /// The command line as one text, unquoted and not truncated.
    pub command: String,
    pub created: Timestamp,
    pub ports: Vec<BoundPort>,
    pub labels: Labels,
    pub state: ContainerState,
    pub networks: Vec<String>,
    pub mounts: Vec<String>,
    pub size_rw: u64,
    pub size_root: u64,
}

/// `docker inspect` of a container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the API's own field names")]
pub struct ContainerInspect {
    pub summary: ContainerSummary,
    pub config: ContainerConfig,
    pub path: String,
    pub args: Vec<String>,
    pub restart_count: u32,
    pub networks: BTreeMap<String, EndpointSettings>,
    pub sandbox_id: String,
    pub mount_points: Vec<MountPoint>,
}

/// A mount as made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the API's own field names")]
pub struct MountPoint {
    pub kind: String,
    pub name: String,
    pub source: String,
    pub destination: String,
    pub driver: String,
    pub mode: String,
    pub rw: bool,
    pub propagation: String,
}

/// An image as an engine keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the API's own field names")]
pub struct ImageSummary {
    pub id: Digest,
    /// `name:tag`, familiar form.
    pub repo_tags: Vec<String>,
    /// (repository, digest).
    pub repo_digests: Vec<(String, Digest)>,
    pub created: Timestamp,
    /// Seconds before the lab's start when the image was built, as images are older than the lab.
    pub created_before_s: u64,
    pub size: u64,
    pub labels: Labels,
    /// Containers using it.
    pub containers: u32,
}

/// `docker image inspect`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the API's own field names")]
pub struct ImageInspect {
    pub summary: ImageSummary,
    pub cmd: Vec<String>,
    pub entrypoint: Vec<String>,
    pub env: Vec<String>,
    pub exposed_ports: Vec<(u16, Protocol)>,
    pub working_dir: String,
    pub user: String,
    pub stop_signal: String,
    pub volumes: Vec<String>,
    pub layers: Vec<Digest>,
    pub history: Vec<ImageHistoryItem>,
    pub architecture: String,
    pub os: String,
    pub author: String,
    pub comment: String,
}

/// A row of `docker history`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the API's own field names")]
pub struct ImageHistoryItem {
    /// Absent: `<missing>`.
    pub id: Option<Digest>,
    /// Seconds before the lab's start.
    pub created_before_s: u64,
    pub created_by: String,
    pub size: u64,
    pub comment: String,
}

/// A network, the engine's own or the swarm's, as `docker network ls/inspect` shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the API's own field names")]
pub struct NetworkResource {
    /// 64 hex digits for local networks, 25 characters for the swarm's.
    pub id: String,
    pub name: String,
    pub created: Timestamp,
    /// `local` or `swarm`.
    pub scope: String,
    pub driver: String,
    pub enable_ipv6: bool,
    pub internal: bool,
    pub attachable: bool,
    pub ingress: bool,
    pub ipam_driver: String,
    pub ipam: Vec<crate::IpamConfig>,
    pub options: Labels,
    pub labels: Labels,
    /// Endpoints on this engine: container id (or `lb-NAME`) → (name, endpoint).
    pub containers: BTreeMap<String, (String, EndpointSettings)>,
    /// (node name, address) of the overlay's peers.
    pub peers: Vec<(String, String)>,
}

/// A volume.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the API's own field names")]
pub struct VolumeResource {
    pub name: String,
    pub driver: String,
    pub mountpoint: String,
    pub created: Timestamp,
    pub labels: Labels,
    pub options: Labels,
}
