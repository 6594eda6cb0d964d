//! `docker volume ls`: list volumes.
//!
//! Docker: `cli/command/volume/ls.go`.

use crate::prelude::*;

static FLAGS: &[Flag] = &[
    short('f', "filter", Kind::Filter, "Provide filter values (e.g. 'dangling=true')"),
    flag("format", Kind::Str, "Pretty-print volumes using a Go template"),
    short('q', "quiet", Kind::Bool, "Only display volume names"),
];

pub(crate) const COMMAND: Command = Command {
    path: "volume ls",
    usage: "[OPTIONS]",
    short: "List volumes",
    aliases: &["list"],
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

fn start(_: &mut Cx<'_>, _: &Parsed) -> Flow {
    crate::command::later()
}
