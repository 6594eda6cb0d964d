//! `docker container rm`, `docker rm`: remove one or more containers.
//!
//! Docker: `cli/command/container/rm.go`.

use crate::prelude::*;

static FLAGS: &[Flag] = &[
    short('f', "force", Kind::Bool, "Force the removal of a running container (uses SIGKILL)"),
    short('l', "link", Kind::Bool, "Remove the specified link"),
    short('v', "volumes", Kind::Bool, "Remove anonymous volumes associated with the container"),
];

pub(crate) const COMMAND: Command = Command {
    path: "container rm",
    usage: "[OPTIONS] CONTAINER [CONTAINER...]",
    short: "Remove one or more containers",
    args: Args::AtLeast(1),
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

pub(crate) const LEGACY: Command = Command {
    path: "rm",
    aliases: &[],
    ..COMMAND
};

fn start(_: &mut Cx<'_>, _: &Parsed) -> Flow {
    crate::command::later()
}
