//! `docker stack rm`: remove one or more stacks.
//!
//! Docker: `cli/command/stack/rm.go`.

use crate::prelude::*;

static FLAGS: &[Flag] = &[
    flag("orchestrator", Kind::Str, "Orchestrator to use (swarm|kubernetes|all)"),
];

pub(crate) const COMMAND: Command = Command {
    path: "stack rm",
    usage: "[OPTIONS] STACK [STACK...]",
    short: "Remove one or more stacks",
    aliases: &["remove", "down"],
    args: Args::AtLeast(1),
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

fn start(_: &mut Cx<'_>, _: &Parsed) -> Flow {
    crate::command::later()
}
