//! `docker swarm init`: initialize a swarm.
//!
//! Docker: `cli/command/swarm/init.go`.

use crate::prelude::*;

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

fn start(_: &mut Cx<'_>, _: &Parsed) -> Flow {
    crate::command::later()
}
