//! `docker image rm`, `docker rmi`: remove one or more images.
//!
//! Docker: `cli/command/image/rm.go`.

use crate::prelude::*;

static FLAGS: &[Flag] = &[
    short('f', "force", Kind::Bool, "Force removal of the image"),
    flag("no-prune", Kind::Bool, "Do not delete untagged parents"),
];

pub(crate) const COMMAND: Command = Command {
    path: "image rm",
    usage: "[OPTIONS] IMAGE [IMAGE...]",
    short: "Remove one or more images",
    aliases: &["rmi", "remove"],
    args: Args::AtLeast(1),
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

pub(crate) const LEGACY: Command = Command {
    path: "rmi",
    aliases: &[],
    ..COMMAND
};

fn start(_: &mut Cx<'_>, _: &Parsed) -> Flow {
    crate::command::later()
}
