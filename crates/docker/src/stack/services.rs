//! `docker stack services`: list the services in the stack.
//!
//! Docker: `cli/command/stack/services.go`.

use super::{check, filters};
use crate::prelude::*;
use crate::service::ls;

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

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    let stack = parsed.arg(0).to_owned();
    check(cx, parsed, std::slice::from_ref(&stack))?;
    let request = Request::ServiceList { filters: filters(parsed, &stack), status: true };
    let Response::Services(services) = cx.ask(request)? else { return confused() };
    if services.is_empty() {
        cx.err_line(format!("Nothing found in stack: {stack}"));
        return Ok(());
    }
    ls::show(cx, parsed, services)
}
