//! `docker container update`, `docker update`: update configuration of one or more containers.
//!
//! Docker: `cli/command/container/update.go`.

use super::config::restart_policy;
use crate::prelude::*;
use crate::values;
use api::HostConfig;
use std::collections::BTreeSet;

static FLAGS: &[Flag] = &[
    flag(
        "blkio-weight",
        Kind::Uint16,
        "Block IO (relative weight), between 10 and 1000, or 0 to disable (default 0)",
    ),
    flag("cpu-period", Kind::Int, "Limit CPU CFS (Completely Fair Scheduler) period"),
    flag("cpu-quota", Kind::Int, "Limit CPU CFS (Completely Fair Scheduler) quota"),
    flag("cpu-rt-period", Kind::Int, "Limit the CPU real-time period in microseconds"),
    flag("cpu-rt-runtime", Kind::Int, "Limit the CPU real-time runtime in microseconds"),
    short('c', "cpu-shares", Kind::Int, "CPU shares (relative weight)"),
    flag("cpus", Kind::Decimal, "Number of CPUs"),
    flag("cpuset-cpus", Kind::Str, "CPUs in which to allow execution (0-3, 0,1)"),
    flag("cpuset-mems", Kind::Str, "MEMs in which to allow execution (0-3, 0,1)"),
    flag("kernel-memory", Kind::Bytes, "Kernel memory limit"),
    short('m', "memory", Kind::Bytes, "Memory limit"),
    flag("memory-reservation", Kind::Bytes, "Memory soft limit"),
    flag(
        "memory-swap",
        Kind::Bytes,
        "Swap limit equal to memory plus swap: '-1' to enable unlimited swap",
    ),
    flag("pids-limit", Kind::Int, "Tune container pids limit (set -1 for unlimited)"),
    flag("restart", Kind::Str, "Restart policy to apply when a container exits"),
];

pub(crate) const COMMAND: Command = Command {
    path: "container update",
    usage: "[OPTIONS] CONTAINER [CONTAINER...]",
    short: "Update configuration of one or more containers",
    args: Args::AtLeast(1),
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

pub(crate) const LEGACY: Command = Command { path: "update", aliases: &[], ..COMMAND };

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    if parsed.values.is_empty() {
        return fail("you must provide one or more flags when using this command");
    }
    let (policy, retries) = match restart_policy(parsed.str("restart")) {
        Ok(policy) => policy,
        Err(why) => return fail(why),
    };
    let swap = parsed.get("memory-swap").and_then(|v| values::parse_swap(v).ok());
    let host = HostConfig {
        restart_policy: policy,
        restart_max_retries: retries,
        memory_bytes: parsed.bytes("memory").unwrap_or(0),
        memory_reservation_bytes: parsed.bytes("memory-reservation").unwrap_or(0),
        memory_swap_bytes: swap.unwrap_or(0),
        nano_cpus: parsed.get("cpus").and_then(|v| values::parse_cpus(v).ok()).unwrap_or(0),
        cpu_shares: parsed.i64("cpu-shares").unwrap_or(0),
        pids_limit: parsed.i64("pids-limit").unwrap_or(0),
        ..HostConfig::default()
    };
    let changed: BTreeSet<String> =
        parsed.values.iter().map(|(flag, _)| (*flag).to_owned()).collect();
    let mut errors = Vec::new();
    for container in &parsed.args {
        let request = Request::ContainerUpdate {
            container: container.clone(),
            host: Box::new(host.clone()),
            changed: changed.clone(),
        };
        match cx.try_ask(request)? {
            Ok(_) => cx.line(container),
            Err(error) => errors.push(error_text(&error)),
        }
    }
    objects::end_with(errors)
}
