//! `docker system info`, `docker info`: display system-wide information.
//!
//! Docker: `cli/command/system/info.go`.

use crate::prelude::*;

static FLAGS: &[Flag] = &[
    short('f', "format", Kind::Str, "Format the output using the given Go template"),
];

pub(crate) const COMMAND: Command = Command {
    path: "system info",
    usage: "[OPTIONS]",
    short: "Display system-wide information",
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

pub(crate) const LEGACY: Command = Command {
    path: "info",
    aliases: &[],
    ..COMMAND
};

fn start(_: &mut Cx<'_>, _: &Parsed) -> Flow {
    crate::command::later()
}
