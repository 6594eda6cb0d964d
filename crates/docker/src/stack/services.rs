//! `docker stack services`: list the services in the stack.
//!
//! Docker: `cli/command/stack/services.go`.

use crate::prelude::*;

static FLAGS: &[Flag] = &[
    short('f', "filter", Kind::Filter, "Filter output based on conditions provided"),
    flag("format", Kind::Str, "Pretty-print services using a Go template"),
    flag("orchestrator", Kind::Str, "Orchestrator to use (swarm|kubernetes|all)"),
    short('q', "quiet", Kind::Bool, "Only display IDs"),
];

pub(crate) const COMMAND: Command = Command {
    path: "stack services",
    usage: "[OPTIONS] STACK",
    short: "List the services in the stack",
    args: Args::Exactly(1),
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

fn start(_: &mut Cx<'_>, _: &Parsed) -> Flow {
    crate::command::later()
}
