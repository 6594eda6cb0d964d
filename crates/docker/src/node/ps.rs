//! `docker node ps`: list tasks running on one or more nodes, defaults to current node.
//!
//! Docker: `cli/command/node/ps.go`.

use crate::prelude::*;
use crate::service::tasks;

static FLAGS: &[Flag] = &[
    short('f', "filter", Kind::Filter, "Filter output based on conditions provided"),
    flag("format", Kind::Str, "Pretty-print tasks using a Go template"),
    flag("no-resolve", Kind::Bool, "Do not map IDs to Names"),
    flag("no-trunc", Kind::Bool, "Do not truncate output"),
    short('q', "quiet", Kind::Bool, "Only display task IDs"),
];

pub(crate) const COMMAND: Command = Command {
    path: "node ps",
    usage: "[OPTIONS] [NODE...]",
    short: "List tasks running on one or more nodes, defaults to current node",
    args: Args::AtLeast(0),
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

/// `self` is the node that answers (`node.Reference`).
pub(crate) fn reference(cx: &mut Cx<'_>, node: &str) -> Flow<String> {
    if node != "self" {
        return Ok(node.to_owned());
    }
    let info = objects::info(cx)?;
    if info.swarm.node_id.is_empty() {
        // a daemon that is no manager refuses to list nodes in the words that explain it
        cx.ask(Request::NodeList { filters: api::Filters::new() })?;
        return fail("node ID not found in /info");
    }
    Ok(info.swarm.node_id)
}

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    let (mut found, mut errors) = (Vec::new(), Vec::new());
    // docker adds one node after the other to the same filters: the tasks of an earlier one come
    // again with each later one
    let mut filters = parsed.filters();
    let nodes = if parsed.args.is_empty() { vec!["self".to_owned()] } else { parsed.args.clone() };
    for word in nodes {
        let node = reference(cx, &word)?;
        match cx.try_ask(Request::NodeInspect { node: node.clone() })? {
            Ok(Response::Node(node)) => {
                filters.entry("node".to_owned()).or_default().insert(node.id.to_string());
                match cx.try_ask(Request::TaskList { filters: filters.clone() })? {
                    Ok(Response::Tasks(tasks)) => found.extend(tasks),
                    Ok(_other) => return confused(),
                    Err(error) => errors.push(error_text(&error)),
                }
            }
            Ok(_other) => return confused(),
            Err(error) => errors.push(not_found_text(&error, "node", &node)),
        }
    }
    if errors.is_empty() || !found.is_empty() {
        tasks::print(cx, parsed, found)?;
    }
    objects::end_with(errors)
}
