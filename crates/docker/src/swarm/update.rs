//! `docker swarm update`: update the swarm.
//!
//! Docker: `cli/command/swarm/update.go`.

use crate::prelude::*;

static FLAGS: &[Flag] = &[
    flag("autolock", Kind::Bool, "Change manager autolocking setting (true|false)"),
    flag(
        "cert-expiry",
        Kind::Duration,
        "Validity period for node certificates (ns|us|ms|s|m|h) (default 2160h0m0s)",
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
    flag("max-snapshots", Kind::Uint, "Number of additional Raft snapshots to retain"),
    flag(
        "snapshot-interval",
        Kind::Uint,
        "Number of log entries between Raft snapshots (default 10000)",
    ),
    flag("task-history-limit", Kind::Int, "Task history retention limit (default 5)"),
];

pub(crate) const COMMAND: Command = Command {
    path: "swarm update",
    usage: "[OPTIONS]",
    short: "Update the swarm",
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

fn start(_: &mut Cx<'_>, _: &Parsed) -> Flow {
    crate::command::later()
}
