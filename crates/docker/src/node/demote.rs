//! `docker node demote`: demote one or more nodes from manager in the swarm.
//!
//! Docker: `cli/command/node/demote.go`.

use crate::prelude::*;

pub(crate) const COMMAND: Command = Command {
    path: "node demote",
    usage: "NODE [NODE...]",
    short: "Demote one or more nodes from manager in the swarm",
    args: Args::AtLeast(1),
    start,
    ..COMMAND_DEFAULTS
};

fn start(_: &mut Cx<'_>, _: &Parsed) -> Flow {
    crate::command::later()
}
