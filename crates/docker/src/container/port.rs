//! `docker container port`, `docker port`:
//! list port mappings or a specific mapping for the container.
//!
//! Docker: `cli/command/container/port.go`.

use crate::prelude::*;

pub(crate) const COMMAND: Command = Command {
    path: "container port",
    usage: "CONTAINER [PRIVATE_PORT[/PROTO]]",
    short: "List port mappings or a specific mapping for the container",
    args: Args::Between(1, 2),
    start,
    ..COMMAND_DEFAULTS
};

pub(crate) const LEGACY: Command = Command {
    path: "port",
    aliases: &[],
    ..COMMAND
};

fn start(_: &mut Cx<'_>, _: &Parsed) -> Flow {
    crate::command::later()
}
