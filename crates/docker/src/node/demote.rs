//! `docker node demote`: demote one or more nodes from manager in the swarm.
//!
//! Docker: `cli/command/node/demote.go`.

use super::update::update_each;
use crate::prelude::*;
use api::NodeRole;

pub(crate) const COMMAND: Command = Command {
    path: "node demote",
    usage: "NODE [NODE...]",
    short: "Demote one or more nodes from manager in the swarm",
    args: Args::AtLeast(1),
    start,
    ..COMMAND_DEFAULTS
};

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    update_each(cx, &parsed.args, |cx, node, found| {
        if found.spec.desired_role == NodeRole::Worker {
            cx.line(format!("Node {} is already a worker.", found.id));
            return Ok(None);
        }
        let mut spec = found.spec.clone();
        spec.desired_role = NodeRole::Worker;
        Ok(Some((spec, format!("Manager {node} demoted in the swarm."))))
    })
}
