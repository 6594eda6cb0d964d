//! `docker stack ls`: list stacks.
//!
//! Docker: `cli/command/stack/ls.go`.

use crate::prelude::*;

static FLAGS: &[Flag] = &[
    flag("format", Kind::Str, "Pretty-print stacks using a Go template"),
    flag("orchestrator", Kind::Str, "Orchestrator to use (swarm|kubernetes|all)"),
];

pub(crate) const COMMAND: Command = Command {
    path: "stack ls",
    usage: "[OPTIONS]",
    short: "List stacks",
    aliases: &["list"],
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

fn start(_: &mut Cx<'_>, _: &Parsed) -> Flow {
    crate::command::later()
}
