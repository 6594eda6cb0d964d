//! `docker container update`, `docker update`: update configuration of one or more containers.
//!
//! Docker: `cli/command/container/update.go`.

use crate::prelude::*;

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

pub(crate) const LEGACY: Command = Command {
    path: "update",
    aliases: &[],
    ..COMMAND
};

fn start(_: &mut Cx<'_>, _: &Parsed) -> Flow {
    crate::command::later()
}
