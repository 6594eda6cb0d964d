//! `docker container create`, `docker create`: create a new container.
//!
//! Docker: `cli/command/container/create.go`.

use crate::prelude::*;

pub(crate) const COMMAND: Command = Command {
    path: "container create",
    usage: "[OPTIONS] IMAGE [COMMAND] [ARG...]",
    short: "Create a new container",
    args: Args::AtLeast(1),
    flags: super::create_flags::FLAGS,
    interspersed: false,
    start,
    ..COMMAND_DEFAULTS
};

pub(crate) const LEGACY: Command = Command {
    path: "create",
    aliases: &[],
    ..COMMAND
};

fn start(_: &mut Cx<'_>, _: &Parsed) -> Flow {
    crate::command::later()
}
