//! `docker system info`, `docker info`: display system-wide information.
//!
//! Docker: `cli/command/system/info.go`.

use crate::format::inspect;
use crate::format::listing::unescape;
use crate::format::template::{Data, Kind as DataKind, Template};
use crate::prelude::*;
use api::{Cluster, LocalNodeState, SystemInfo};
use serde_json::{Value, json};

static FLAGS: &[Flag] =
    &[short('f', "format", Kind::Str, "Format the output using the given Go template")];

pub(crate) const COMMAND: Command = Command {
    path: "system info",
    usage: "[OPTIONS]",
    short: "Display system-wide information",
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

pub(crate) const LEGACY: Command = Command { path: "info", aliases: &[], ..COMMAND };

const CLIENT: &str = "Client:\n Context:    default\n Debug Mode: false\n\nServer:\n";

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    let info = match cx.try_ask(Request::Info)? {
        Ok(Response::Info(info)) => Ok(info),
        Ok(_other) => return confused(),
        Err(error) => Err(error_text(&error)),
    };
    if let Some(format) = parsed.get("format").filter(|format| !format.is_empty()) {
        let template = match Template::parse(&unescape(format)) {
            Ok(template) => template,
            Err(why) => return exit(64, format!("Template parsing error: {why}")),
        };
        let info = match info {
            Ok(info) => info,
            Err(why) => return fail(why),
        };
        let root = data(&info);
        let data = Data { root: &root, kind: DataKind::Struct("system.info") };
        return match template.execute(&data) {
            Ok(text) => {
                cx.line(text);
                Ok(())
            }
            Err(why) => fail(why),
        };
    }
    cx.out(CLIENT);
    match info {
        Ok(info) => {
            cx.out(text(&info));
            let warning = warnings(&info);
            cx.err(warning);
            Ok(())
        }
        Err(why) => {
            cx.line(format!("ERROR: {why}"));
            fail("errors pretty printing info")
        }
    }
}

fn text(info: &SystemInfo) -> String {
    let mut text = format!(
        " Containers: {}\n  Running: {}\n  Paused: {}\n  Stopped: {}\n Images: {}\n \
         Server Version: {}\n Storage Driver: overlay2\n  Backing Filesystem: extfs\n  \
         Supports d_type: true\n  Native Overlay Diff: true\n  userxattr: false\n \
         Logging Driver: json-file\n Cgroup Driver: cgroupfs\n Cgroup Version: 1\n \
         Plugins:\n  Volume: local\n  Network: bridge host ipvlan macvlan null overlay\n  \
         Log: awslogs fluentd gcplogs gelf journald json-file local logentries splunk syslog\n",
        info.containers,
        info.containers_running,
        info.containers_paused,
        info.containers_stopped,
        info.images,
        info.server_version
    );
    text += &swarm(info);
    text += &format!(
        " Runtimes: io.containerd.runc.v2 io.containerd.runtime.v1.linux runc\n \
         Default Runtime: runc\n Init Binary: docker-init\n \
         containerd version: 1.6.20~ds1-1+deb12u3\n runc version: 1.1.5+ds1-1+deb12u1\n \
         init version: \n Security Options:\n  seccomp\n   Profile: default\n \
         Kernel Version: {}\n Operating System: {}\n OSType: linux\n Architecture: x86_64\n \
         CPUs: {}\n Total Memory: {}\n Name: {}\n ID: {}\n Docker Root Dir: /var/lib/docker\n \
         Debug Mode: false\n Registry: https://index.docker.io/v1/\n Labels:\n",
        info.kernel_version,
        info.operating_system,
        info.cpus,
        units::bytes_size(info.memory_bytes),
        info.name,
        info.id
    );
    for label in &info.labels {
        text += &format!("  {label}\n");
    }
    text + " Experimental: false\n Insecure Registries:\n  127.0.0.0/8\n \
            Live Restore Enabled: false\n\n"
}

/// The swarm's part (`printSwarmInfo`).
pub(crate) fn swarm(info: &SystemInfo) -> String {
    let swarm = &info.swarm;
    let state = swarm.local_node_state;
    let mut text = format!(" Swarm: {}\n", state.as_str());
    if matches!(state, LocalNodeState::Inactive | LocalNodeState::Locked) {
        return text;
    }
    text += &format!("  NodeID: {}\n", swarm.node_id);
    if !swarm.error.is_empty() {
        text += &format!("  Error: {}\n", swarm.error);
    }
    text += &format!("  Is Manager: {}\n", swarm.control_available);
    if let Some(cluster) = &swarm.cluster
        && swarm.control_available
        && swarm.error.is_empty()
        && state != LocalNodeState::Error
    {
        text += &cluster_text(cluster, swarm.managers, swarm.nodes);
    }
    text += &format!("  Node Address: {}\n", swarm.node_addr);
    let mut managers: Vec<&str> =
        swarm.remote_managers.iter().map(|(_, addr)| addr.as_str()).collect();
    managers.sort_unstable();
    if !managers.is_empty() {
        text += "  Manager Addresses:\n";
    }
    for addr in managers {
        text += &format!("   {addr}\n");
    }
    text
}

fn cluster_text(cluster: &Cluster, managers: u32, nodes: u32) -> String {
    let spec = &cluster.spec;
    let heartbeat = u64::try_from(spec.heartbeat_period_ns / 1_000_000_000).unwrap_or(0);
    let expiry = u64::try_from(spec.node_cert_expiry_ns / 1_000_000_000).unwrap_or(0);
    format!(
        "  ClusterID: {}\n  Managers: {managers}\n  Nodes: {nodes}\n  \
         Default Address Pool: {}  \n  SubnetSize: {}\n  Data Path Port: {}\n  \
         Orchestration:\n   Task History Retention Limit: {}\n  Raft:\n   \
         Snapshot Interval: {}\n   Number of Old Snapshots to Retain: {}\n   \
         Heartbeat Tick: {}\n   Election Tick: {}\n  Dispatcher:\n   Heartbeat Period: {}\n  \
         CA Configuration:\n   Expiry Duration: {}\n   Force Rotate: {}\n  \
         Autolock Managers: {}\n  Root Rotation In Progress: {}\n",
        cluster.id,
        cluster.default_addr_pool.join("  "),
        cluster.subnet_size,
        cluster.data_path_port,
        spec.task_history_retention_limit,
        spec.snapshot_interval,
        spec.keep_old_snapshots,
        spec.heartbeat_tick,
        spec.election_tick,
        units::human_duration(heartbeat),
        units::human_duration(expiry),
        spec.ca_force_rotate,
        spec.autolock,
        cluster.root_rotation
    )
}

/// What docker says about two managers, on stderr.
fn warnings(info: &SystemInfo) -> String {
    if info.swarm.local_node_state == LocalNodeState::Active
        && info.swarm.control_available
        && info.swarm.managers == 2
    {
        return "WARNING: Running Swarm in a two-manager configuration. This configuration \
                provides\n         no fault tolerance, and poses a high risk to lose control \
                over the cluster.\n         Refer to \
                https://docs.docker.com/engine/swarm/admin_guide/ to configure the\n         \
                Swarm for fault-tolerance.\n"
            .to_owned();
    }
    String::new()
}

fn data(info: &SystemInfo) -> Value {
    let swarm = &info.swarm;
    let managers: Vec<Value> = swarm
        .remote_managers
        .iter()
        .map(|(id, addr)| json!({ "NodeID": id, "Addr": addr }))
        .collect();
    let cluster = swarm.cluster.as_deref().map_or(Value::Null, inspect::cluster);
    json!({
        "ID": info.id,
        "Containers": info.containers,
        "ContainersRunning": info.containers_running,
        "ContainersPaused": info.containers_paused,
        "ContainersStopped": info.containers_stopped,
        "Images": info.images,
        "Driver": "overlay2",
        "LoggingDriver": "json-file",
        "CgroupDriver": "cgroupfs",
        "CgroupVersion": "1",
        "KernelVersion": info.kernel_version,
        "OperatingSystem": info.operating_system,
        "OSType": "linux",
        "Architecture": "x86_64",
        "NCPU": info.cpus,
        "MemTotal": info.memory_bytes,
        "DockerRootDir": "/var/lib/docker",
        "Name": info.name,
        "Labels": info.labels,
        "ServerVersion": info.server_version,
        "DefaultRuntime": "runc",
        "Swarm": inspect::Obj::new()
            .put("NodeID", swarm.node_id.clone())
            .put("NodeAddr", swarm.node_addr.clone())
            .put("LocalNodeState", swarm.local_node_state.as_str())
            .put("ControlAvailable", swarm.control_available)
            .put("Error", swarm.error.clone())
            .put("RemoteManagers", if managers.is_empty() { Value::Null } else { managers.into() })
            .opt("Nodes", swarm.nodes)
            .opt("Managers", swarm.managers)
            .opt("Cluster", cluster)
            .done(),
        "LiveRestoreEnabled": false,
    })
}
