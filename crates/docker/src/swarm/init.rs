//! `docker swarm init`: initialize a swarm.
//!
//! Docker: `cli/command/swarm/init.go`.

use crate::prelude::*;
use crate::swarm;
use api::{ClusterSpec, SwarmInit};

static FLAGS: &[Flag] = &[
    flag("advertise-addr", Kind::Str, "Advertised address (format: <ip|interface>[:port])"),
    flag(
        "autolock",
        Kind::Bool,
        "Enable manager autolocking (requiring an unlock key to start a stopped manager)",
    ),
    flag(
        "availability",
        Kind::Str,
        "Availability of the node (\"active\"|\"pause\"|\"drain\") (default \"active\")",
    ),
    flag(
        "cert-expiry",
        Kind::Duration,
        "Validity period for node certificates (ns|us|ms|s|m|h) (default 2160h0m0s)",
    ),
    flag(
        "data-path-addr",
        Kind::Str,
        "Address or interface to use for data path traffic (format: <ip|interface>)",
    ),
    flag(
        "data-path-port",
        Kind::Uint32,
        "Port number to use for data path traffic (1024 - 49151). If no value is set or is set \
         to 0, the default port (4789) is used.",
    ),
    flag("default-addr-pool", Kind::Pools, "default address pool in CIDR format (default [])"),
    flag(
        "default-addr-pool-mask-length",
        Kind::Uint32,
        "default address pool subnet mask length (default 24)",
    ),
    flag(
        "dispatcher-heartbeat",
        Kind::Duration,
        "Dispatcher heartbeat period (ns|us|ms|s|m|h) (default 5s)",
    ),
    flag(
        "external-ca",
        Kind::ExternalCa,
        "Specifications of one or more certificate signing endpoints",
    ),
    flag("force-new-cluster", Kind::Bool, "Force create a new cluster from current state"),
    flag(
        "listen-addr",
        Kind::NodeAddr,
        "Listen address (format: <ip|interface>[:port]) (default 0.0.0.0:2377)",
    ),
    flag("max-snapshots", Kind::Uint, "Number of additional Raft snapshots to retain"),
    flag(
        "snapshot-interval",
        Kind::Uint,
        "Number of log entries between Raft snapshots (default 10000)",
    ),
    flag("task-history-limit", Kind::Int, "Task history retention limit (default 5)"),
];

pub(crate) const COMMAND: Command = Command {
    path: "swarm init",
    usage: "[OPTIONS]",
    short: "Initialize a swarm",
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    let mut spec = ClusterSpec::default();
    swarm::merge(parsed, &mut spec);
    let number = |flag: &str, default: u32| {
        parsed.u64(flag).and_then(|n| u32::try_from(n).ok()).unwrap_or(default)
    };
    let autolock = spec.autolock;
    let request = SwarmInit {
        listen_addr: parsed.get("listen-addr").unwrap_or("0.0.0.0:2377").to_owned(),
        advertise_addr: parsed.str("advertise-addr").to_owned(),
        data_path_addr: parsed.str("data-path-addr").to_owned(),
        data_path_port: number("data-path-port", 0),
        force_new_cluster: parsed.bool("force-new-cluster"),
        spec,
        availability: swarm::availability(parsed)?,
        default_addr_pool: parsed.strings("default-addr-pool"),
        subnet_size: number("default-addr-pool-mask-length", 0),
    };
    let node = match cx.try_ask(Request::SwarmInit(Box::new(request)))? {
        Ok(Response::Created { id, .. }) => id,
        Ok(Response::Done) => objects::info(cx)?.swarm.node_id,
        Ok(_other) => return confused(),
        Err(error) => return fail(advise(&error_text(&error))),
    };
    cx.out(format!("Swarm initialized: current node ({node}) is now a manager.\n\n"));
    swarm::print_join_command(cx, &node, true)?;
    cx.out(
        "To add a manager to this swarm, run 'docker swarm join-token manager' and follow the \
         instructions.\n\n",
    );
    if autolock {
        let key = swarm::unlock_key(cx)?;
        swarm::print_unlock_command(cx, &key);
    }
    Ok(())
}

/// The client's own hint behind two errors of the daemon.
fn advise(error: &str) -> String {
    let unclear = ["could not choose an IP address to advertise", "could not find the system's IP"];
    if unclear.iter().any(|words| error.contains(words)) {
        return format!("{error} - specify one with --advertise-addr");
    }
    error.to_owned()
}
