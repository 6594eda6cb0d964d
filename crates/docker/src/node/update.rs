//! `docker node update`: update a node.
//!
//! Docker: `cli/command/node/update.go`.

use crate::prelude::*;
use api::{Availability, Node, NodeRole, NodeSpec};

static FLAGS: &[Flag] = &[
    flag("availability", Kind::Str, "Availability of the node (\"active\"|\"pause\"|\"drain\")"),
    flag("label-add", Kind::List, "Add or update a node label (key=value)"),
    flag("label-rm", Kind::List, "Remove a node label if exists"),
    flag("role", Kind::Str, "Role of the node (\"worker\"|\"manager\")"),
];

pub(crate) const COMMAND: Command = Command {
    path: "node update",
    usage: "[OPTIONS] NODE",
    short: "Update a node",
    args: Args::Exactly(1),
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

/// Inspects and updates nodes one by one (`node.updateNodes`). The change gives the new spec and
/// the line of success, or nothing to do. As in docker, the first error ends the loop, except
/// that all lines before stay.
pub(crate) fn update_each(
    cx: &mut Cx<'_>,
    nodes: &[String],
    change: impl Fn(&mut Cx<'_>, &str, &Node) -> Flow<Option<(NodeSpec, String)>>,
) -> Flow {
    for node in nodes {
        let request = Request::NodeInspect { node: node.clone() };
        let Response::Node(found) = cx.ask_for("node", node, request)? else { return confused() };
        let Some((spec, line)) = change(cx, node, &found)? else { continue };
        let request = Request::NodeUpdate {
            node: found.id,
            version: found.meta.version,
            spec: Box::new(spec),
        };
        cx.ask(request)?;
        cx.line(line);
    }
    Ok(())
}

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    let node = parsed.arg(0).to_owned();
    update_each(cx, &[node], |_, node, found| {
        let mut spec = found.spec.clone();
        match parsed.get("role").map(str::to_lowercase).as_deref() {
            None => {}
            Some("worker") => spec.desired_role = NodeRole::Worker,
            Some("manager") => spec.desired_role = NodeRole::Manager,
            Some(other) => {
                return fail(format!(
                    "Error response from daemon: invalid Role: {}",
                    crate::values::quote(other)
                ));
            }
        }
        match parsed.get("availability").map(str::to_lowercase).as_deref() {
            None => {}
            Some("active") => spec.availability = Availability::Active,
            Some("pause") => spec.availability = Availability::Pause,
            Some("drain") => spec.availability = Availability::Drain,
            Some(other) => {
                return fail(format!(
                    "Error response from daemon: invalid Availability: {}",
                    crate::values::quote(other)
                ));
            }
        }
        let labels = &mut spec.annotations.labels;
        labels.extend(objects::labels_from(&parsed.list("label-add")));
        for key in parsed.list("label-rm") {
            if labels.remove(&key).is_none() {
                return fail(format!("key {key} doesn't exist in node's labels"));
            }
        }
        Ok(Some((spec, node.to_owned())))
    })
}
