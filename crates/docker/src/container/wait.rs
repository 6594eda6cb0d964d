//! `docker container wait`, `docker wait`:
//! block until one or more containers stop, then print their exit codes.
//!
//! Docker: `cli/command/container/wait.go`.

use crate::prelude::*;

pub(crate) const COMMAND: Command = Command {
    path: "container wait",
    usage: "CONTAINER [CONTAINER...]",
    short: "Block until one or more containers stop, then print their exit codes",
    args: Args::AtLeast(1),
    start,
    ..COMMAND_DEFAULTS
};

pub(crate) const LEGACY: Command = Command {
    path: "wait",
    aliases: &[],
    ..COMMAND
};

fn start(_: &mut Cx<'_>, _: &Parsed) -> Flow {
    crate::command::later()
}
