//! `docker node promote`: promote one or more nodes to manager in the swarm.
//!
//! Docker: `cli/command/node/promote.go`.

use super::update::update_each;
use crate::prelude::*;
use api::NodeRole;

pub(crate) const COMMAND: Command = Command {
    path: "node promote",
    usage: "NODE [NODE...]",
    short: "Promote one or more nodes to manager in the swarm",
    args: Args::AtLeast(1),
    start,
    ..COMMAND_DEFAULTS
};

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    update_each(cx, &parsed.args, |cx, node, found| {
        if found.spec.desired_role == NodeRole::Manager {
            cx.line(format!("Node {} is already a manager.", found.id));
            return Ok(None);
        }
        let mut spec = found.spec.clone();
        spec.desired_role = NodeRole::Manager;
        Ok(Some((spec, format!("Node {node} promoted to a manager in the swarm."))))
    })
}
