//! `docker network ls`: list networks.
//!
//! Docker: `cli/command/network/ls.go`.

use crate::prelude::*;

static FLAGS: &[Flag] = &[
    short('f', "filter", Kind::Filter, "Provide filter values (e.g. 'driver=bridge')"),
    flag("format", Kind::Str, "Pretty-print networks using a Go template"),
    flag("no-trunc", Kind::Bool, "Do not truncate the output"),
    short('q', "quiet", Kind::Bool, "Only display network IDs"),
];

pub(crate) const COMMAND: Command = Command {
    path: "network ls",
    usage: "[OPTIONS]",
    short: "List networks",
    aliases: &["list"],
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

fn start(_: &mut Cx<'_>, _: &Parsed) -> Flow {
    crate::command::later()
}
