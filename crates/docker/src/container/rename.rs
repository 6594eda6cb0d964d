//! `docker container rename`, `docker rename`: rename a container.
//!
//! Docker: `cli/command/container/rename.go`.

use crate::prelude::*;

pub(crate) const COMMAND: Command = Command {
    path: "container rename",
    usage: "CONTAINER NEW_NAME",
    short: "Rename a container",
    args: Args::Exactly(2),
    start,
    ..COMMAND_DEFAULTS
};

pub(crate) const LEGACY: Command = Command {
    path: "rename",
    aliases: &[],
    ..COMMAND
};

fn start(_: &mut Cx<'_>, _: &Parsed) -> Flow {
    crate::command::later()
}
