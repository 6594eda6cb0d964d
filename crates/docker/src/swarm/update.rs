//! `docker swarm update`: update the swarm.
//!
//! Docker: `cli/command/swarm/update.go`.

use crate::prelude::*;
use crate::{help, swarm};

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

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    if parsed.values.is_empty() {
        let text = help::command(cx, &COMMAND);
        cx.out(text);
        return Ok(());
    }
    let cluster = swarm::cluster(cx)?;
    let mut spec = cluster.spec.clone();
    swarm::merge(parsed, &mut spec);
    let locks_now = spec.autolock && !cluster.spec.autolock;
    cx.ask(Request::SwarmUpdate {
        version: cluster.meta.version,
        spec: Box::new(spec),
        rotate_worker_token: false,
        rotate_manager_token: false,
        rotate_manager_unlock_key: false,
    })?;
    cx.line("Swarm updated.");
    if locks_now {
        let key = swarm::unlock_key(cx)?;
        swarm::print_unlock_command(cx, &key);
    }
    Ok(())
}
