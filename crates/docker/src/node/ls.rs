//! `docker node ls`: list nodes in the swarm.
//!
//! Docker: `cli/command/node/ls.go`.

use crate::prelude::*;

static FLAGS: &[Flag] = &[
    short('f', "filter", Kind::Filter, "Filter output based on conditions provided"),
    flag("format", Kind::Str, "Pretty-print nodes using a Go template"),
    short('q', "quiet", Kind::Bool, "Only display IDs"),
];

pub(crate) const COMMAND: Command = Command {
    path: "node ls",
    usage: "[OPTIONS]",
    short: "List nodes in the swarm",
    aliases: &["list"],
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

fn start(_: &mut Cx<'_>, _: &Parsed) -> Flow {
    crate::command::later()
}
