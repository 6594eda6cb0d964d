//! `docker node update`: update a node.
//!
//! Docker: `cli/command/node/update.go`.

use crate::prelude::*;

static FLAGS: &[Flag] = &[
    flag("availability", Kind::Str, "Availability of the node (\"active\"|\"pause\"|\"drain\")"),
    flag("label-add", Kind::Label, "Add or update a node label (key=value)"),
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

fn start(_: &mut Cx<'_>, _: &Parsed) -> Flow {
    crate::command::later()
}
