//! `docker system df`: show docker disk usage.
//!
//! Docker: `cli/command/system/df.go`.

use crate::prelude::*;

static FLAGS: &[Flag] = &[
    flag("format", Kind::Str, "Pretty-print images using a Go template"),
    short('v', "verbose", Kind::Bool, "Show detailed information on space usage"),
];

pub(crate) const COMMAND: Command = Command {
    path: "system df",
    usage: "[OPTIONS]",
    short: "Show docker disk usage",
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

fn start(_: &mut Cx<'_>, _: &Parsed) -> Flow {
    crate::command::later()
}
