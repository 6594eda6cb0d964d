//! `docker network inspect`: display detailed information on one or more networks.
//!
//! Docker: `cli/command/network/inspect.go`.

use crate::prelude::*;

static FLAGS: &[Flag] = &[
    short('f', "format", Kind::Str, "Format the output using the given Go template"),
    short('v', "verbose", Kind::Bool, "Verbose output for diagnostics"),
];

pub(crate) const COMMAND: Command = Command {
    path: "network inspect",
    usage: "[OPTIONS] NETWORK [NETWORK...]",
    short: "Display detailed information on one or more networks",
    args: Args::AtLeast(1),
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

fn start(_: &mut Cx<'_>, _: &Parsed) -> Flow {
    crate::command::later()
}
