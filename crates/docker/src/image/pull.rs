//! `docker image pull`, `docker pull`: pull an image or a repository from a registry.
//!
//! Docker: `cli/command/image/pull.go`.

use crate::prelude::*;

static FLAGS: &[Flag] = &[
    short('a', "all-tags", Kind::Bool, "Download all tagged images in the repository"),
    flag("disable-content-trust", Kind::Bool, "Skip image verification (default true)"),
    flag("platform", Kind::Str, "Set platform if server is multi-platform capable"),
    short('q', "quiet", Kind::Bool, "Suppress verbose output"),
];

pub(crate) const COMMAND: Command = Command {
    path: "image pull",
    usage: "[OPTIONS] NAME[:TAG|@DIGEST]",
    short: "Pull an image or a repository from a registry",
    args: Args::Exactly(1),
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

pub(crate) const LEGACY: Command = Command {
    path: "pull",
    aliases: &[],
    ..COMMAND
};

fn start(_: &mut Cx<'_>, _: &Parsed) -> Flow {
    crate::command::later()
}
