//! `docker container top`, `docker top`: display the running processes of a container.
//!
//! Docker: `cli/command/container/top.go`.

use crate::prelude::*;

pub(crate) const COMMAND: Command = Command {
    path: "container top",
    usage: "CONTAINER [ps OPTIONS]",
    short: "Display the running processes of a container",
    args: Args::AtLeast(1),
    interspersed: false,
    start,
    ..COMMAND_DEFAULTS
};

pub(crate) const LEGACY: Command = Command {
    path: "top",
    aliases: &[],
    ..COMMAND
};

fn start(_: &mut Cx<'_>, _: &Parsed) -> Flow {
    crate::command::later()
}
