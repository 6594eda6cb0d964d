//! `docker node inspect`: display detailed information on one or more nodes.
//!
//! Docker: `cli/command/node/inspect.go`.

use crate::prelude::*;

static FLAGS: &[Flag] = &[
    short('f', "format", Kind::Str, "Format the output using the given Go template"),
    flag("pretty", Kind::Bool, "Print the information in a human friendly format"),
];

pub(crate) const COMMAND: Command = Command {
    path: "node inspect",
    usage: "[OPTIONS] self|NODE [NODE...]",
    short: "Display detailed information on one or more nodes",
    args: Args::AtLeast(1),
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

fn start(_: &mut Cx<'_>, _: &Parsed) -> Flow {
    crate::command::later()
}
