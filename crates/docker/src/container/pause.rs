//! `docker container pause`, `docker pause`: pause all processes within one or more containers.
//!
//! Docker: `cli/command/container/pause.go`.

use crate::prelude::*;

pub(crate) const COMMAND: Command = Command {
    path: "container pause",
    usage: "CONTAINER [CONTAINER...]",
    short: "Pause all processes within one or more containers",
    args: Args::AtLeast(1),
    start,
    ..COMMAND_DEFAULTS
};

pub(crate) const LEGACY: Command = Command {
    path: "pause",
    aliases: &[],
    ..COMMAND
};

fn start(_: &mut Cx<'_>, _: &Parsed) -> Flow {
    crate::command::later()
}
