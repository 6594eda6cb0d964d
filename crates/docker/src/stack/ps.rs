//! `docker stack ps`: list the tasks in the stack.
//!
//! Docker: `cli/command/stack/ps.go`.

use super::{check, filters};
use crate::prelude::*;
use crate::service::tasks;

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

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    let stack = parsed.arg(0).to_owned();
    check(cx, parsed, std::slice::from_ref(&stack))?;
    let filters = filters(parsed, &stack);
    let Response::Tasks(tasks) = cx.ask(Request::TaskList { filters })? else {
        return confused();
    };
    if tasks.is_empty() {
        return fail(format!("nothing found in stack: {stack}"));
    }
    tasks::print(cx, parsed, tasks)
}
