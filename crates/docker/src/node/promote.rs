//! `docker node promote`: promote one or more nodes to manager in the swarm.
//!
//! Docker: `cli/command/node/promote.go`.

use crate::prelude::*;

pub(crate) const COMMAND: Command = Command {
    path: "node promote",
    usage: "NODE [NODE...]",
    short: "Promote one or more nodes to manager in the swarm",
    args: Args::AtLeast(1),
    start,
    ..COMMAND_DEFAULTS
};

fn start(_: &mut Cx<'_>, _: &Parsed) -> Flow {
    crate::command::later()
}
