//! `docker inspect`: return low-level information on Docker objects.
//!
//! Docker: `cli/command/system/inspect.go`.

use crate::prelude::*;

static FLAGS: &[Flag] = &[
    short('f', "format", Kind::Str, "Format the output using the given Go template"),
    short('s', "size", Kind::Bool, "Display total file sizes if the type is container"),
    flag("type", Kind::Str, "Return JSON for specified type"),
];

pub(crate) const COMMAND: Command = Command {
    path: "inspect",
    usage: "[OPTIONS] NAME|ID [NAME|ID...]",
    short: "Return low-level information on Docker objects",
    args: Args::AtLeast(1),
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

fn start(_: &mut Cx<'_>, _: &Parsed) -> Flow {
    crate::command::later()
}
