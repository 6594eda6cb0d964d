//! `docker image history`, `docker history`: show the history of an image.
//!
//! Docker: `cli/command/image/history.go`.

use crate::prelude::*;

static FLAGS: &[Flag] = &[
    flag("format", Kind::Str, "Pretty-print images using a Go template"),
    short(
        'H',
        "human",
        Kind::Bool,
        "Print sizes and dates in human readable format (default true)",
    ),
    flag("no-trunc", Kind::Bool, "Don't truncate output"),
    short('q', "quiet", Kind::Bool, "Only show image IDs"),
];

pub(crate) const COMMAND: Command = Command {
    path: "image history",
    usage: "[OPTIONS] IMAGE",
    short: "Show the history of an image",
    args: Args::Exactly(1),
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

pub(crate) const LEGACY: Command = Command {
    path: "history",
    aliases: &[],
    ..COMMAND
};

fn start(_: &mut Cx<'_>, _: &Parsed) -> Flow {
    crate::command::later()
}
