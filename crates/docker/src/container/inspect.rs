//! `docker container inspect`: display detailed information on one or more containers.
//!
//! Docker: `cli/command/container/inspect.go`.

use crate::prelude::*;

static FLAGS: &[Flag] = &[
    short('f', "format", Kind::Str, "Format the output using the given Go template"),
    short('s', "size", Kind::Bool, "Display total file sizes"),
];

pub(crate) const COMMAND: Command = Command {
    path: "container inspect",
    usage: "[OPTIONS] CONTAINER [CONTAINER...]",
    short: "Display detailed information on one or more containers",
    args: Args::AtLeast(1),
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

fn start(_: &mut Cx<'_>, _: &Parsed) -> Flow {
    crate::command::later()
}
