//! `docker container kill`, `docker kill`: kill one or more running containers.
//!
//! Docker: `cli/command/container/kill.go`.

use crate::prelude::*;

static FLAGS: &[Flag] = &[
    short('s', "signal", Kind::Str, "Signal to send to the container (default \"KILL\")"),
];

pub(crate) const COMMAND: Command = Command {
    path: "container kill",
    usage: "[OPTIONS] CONTAINER [CONTAINER...]",
    short: "Kill one or more running containers",
    args: Args::AtLeast(1),
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

pub(crate) const LEGACY: Command = Command {
    path: "kill",
    aliases: &[],
    ..COMMAND
};

fn start(_: &mut Cx<'_>, _: &Parsed) -> Flow {
    crate::command::later()
}
