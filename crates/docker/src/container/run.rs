//! `docker container run`, `docker run`: run a command in a new container.
//!
//! Docker: `cli/command/container/run.go`.

use crate::prelude::*;

pub(crate) const COMMAND: Command = Command {
    path: "container run",
    usage: "[OPTIONS] IMAGE [COMMAND] [ARG...]",
    short: "Run a command in a new container",
    args: Args::AtLeast(1),
    flags: super::run_flags::FLAGS,
    interspersed: false,
    start,
    ..COMMAND_DEFAULTS
};

pub(crate) const LEGACY: Command = Command {
    path: "run",
    aliases: &[],
    ..COMMAND
};

fn start(_: &mut Cx<'_>, _: &Parsed) -> Flow {
    crate::command::later()
}
