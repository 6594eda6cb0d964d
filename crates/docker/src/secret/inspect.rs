//! `docker secret inspect`: display detailed information on one or more secrets.
//!
//! Docker: `cli/command/secret/inspect.go`.

use crate::prelude::*;

static FLAGS: &[Flag] = &[
    short('f', "format", Kind::Str, "Format the output using the given Go template"),
    flag("pretty", Kind::Bool, "Print the information in a human friendly format"),
];

pub(crate) const COMMAND: Command = Command {
    path: "secret inspect",
    usage: "[OPTIONS] SECRET [SECRET...]",
    short: "Display detailed information on one or more secrets",
    args: Args::AtLeast(1),
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

fn start(_: &mut Cx<'_>, _: &Parsed) -> Flow {
    crate::command::later()
}
