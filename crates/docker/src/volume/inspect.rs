//! `docker volume inspect`: display detailed information on one or more volumes.
//!
//! Docker: `cli/command/volume/inspect.go`.

use crate::prelude::*;

static FLAGS: &[Flag] = &[
    short('f', "format", Kind::Str, "Format the output using the given Go template"),
];

pub(crate) const COMMAND: Command = Command {
    path: "volume inspect",
    usage: "[OPTIONS] VOLUME [VOLUME...]",
    short: "Display detailed information on one or more volumes",
    args: Args::AtLeast(1),
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

fn start(_: &mut Cx<'_>, _: &Parsed) -> Flow {
    crate::command::later()
}
