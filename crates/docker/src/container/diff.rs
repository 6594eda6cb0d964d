//! `docker container diff`, `docker diff`:
//! inspect changes to files or directories on a container's filesystem.
//!
//! Docker: `cli/command/container/diff.go`.

use crate::prelude::*;

pub(crate) const COMMAND: Command = Command {
    path: "container diff",
    usage: "CONTAINER",
    short: "Inspect changes to files or directories on a container's filesystem",
    args: Args::Exactly(1),
    start,
    ..COMMAND_DEFAULTS
};

pub(crate) const LEGACY: Command = Command {
    path: "diff",
    aliases: &[],
    ..COMMAND
};

fn start(_: &mut Cx<'_>, _: &Parsed) -> Flow {
    crate::command::later()
}
