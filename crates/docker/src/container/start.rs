//! `docker container start`, `docker start`: start one or more stopped containers.
//!
//! Docker: `cli/command/container/start.go`.

use crate::prelude::*;

static FLAGS: &[Flag] = &[
    short('a', "attach", Kind::Bool, "Attach STDOUT/STDERR and forward signals"),
    flag("detach-keys", Kind::Str, "Override the key sequence for detaching a container"),
    short('i', "interactive", Kind::Bool, "Attach container's STDIN"),
];

pub(crate) const COMMAND: Command = Command {
    path: "container start",
    usage: "[OPTIONS] CONTAINER [CONTAINER...]",
    short: "Start one or more stopped containers",
    args: Args::AtLeast(1),
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

pub(crate) const LEGACY: Command = Command {
    path: "start",
    aliases: &[],
    ..COMMAND
};

fn start(_: &mut Cx<'_>, _: &Parsed) -> Flow {
    crate::command::later()
}
