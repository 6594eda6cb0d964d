//! `docker image ls`, `docker images`: list images.
//!
//! Docker: `cli/command/image/ls.go`.

use crate::prelude::*;

static FLAGS: &[Flag] = &[
    short('a', "all", Kind::Bool, "Show all images (default hides intermediate images)"),
    flag("digests", Kind::Bool, "Show digests"),
    short('f', "filter", Kind::Filter, "Filter output based on conditions provided"),
    flag("format", Kind::Str, "Pretty-print images using a Go template"),
    flag("no-trunc", Kind::Bool, "Don't truncate output"),
    short('q', "quiet", Kind::Bool, "Only show image IDs"),
];

pub(crate) const COMMAND: Command = Command {
    path: "image ls",
    usage: "[OPTIONS] [REPOSITORY[:TAG]]",
    short: "List images",
    aliases: &["list"],
    args: Args::AtMost(1),
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

pub(crate) const LEGACY: Command = Command {
    path: "images",
    aliases: &[],
    ..COMMAND
};

fn start(_: &mut Cx<'_>, _: &Parsed) -> Flow {
    crate::command::later()
}
