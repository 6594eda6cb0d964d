//! `docker node rm`: remove one or more nodes from the swarm.
//!
//! Docker: `cli/command/node/rm.go`.

use crate::prelude::*;

static FLAGS: &[Flag] = &[short('f', "force", Kind::Bool, "Force remove a node from the swarm")];

pub(crate) const COMMAND: Command = Command {
    path: "node rm",
    usage: "[OPTIONS] NODE [NODE...]",
    short: "Remove one or more nodes from the swarm",
    aliases: &["remove"],
    args: Args::AtLeast(1),
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    let force = parsed.bool("force");
    objects::each(cx, &parsed.args, "node", |node| Request::NodeRemove {
        node: node.to_owned(),
        force,
    })
}
