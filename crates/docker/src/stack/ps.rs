//! `docker stack ps`: list the tasks in the stack.
//!
//! Docker: `cli/command/stack/ps.go`.

use crate::prelude::*;

static FLAGS: &[Flag] = &[
    short('f', "filter", Kind::Filter, "Filter output based on conditions provided"),
    flag("format", Kind::Str, "Pretty-print tasks using a Go template"),
    flag("no-resolve", Kind::Bool, "Do not map IDs to Names"),
    flag("no-trunc", Kind::Bool, "Do not truncate output"),
    flag("orchestrator", Kind::Str, "Orchestrator to use (swarm|kubernetes|all)"),
    short('q', "quiet", Kind::Bool, "Only display task IDs"),
];

pub(crate) const COMMAND: Command = Command {
    path: "stack ps",
    usage: "[OPTIONS] STACK",
    short: "List the tasks in the stack",
    args: Args::Exactly(1),
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

fn start(_: &mut Cx<'_>, _: &Parsed) -> Flow {
    crate::command::later()
}
