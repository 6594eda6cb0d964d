//! `docker image prune`: remove unused images.
//!
//! Docker: `cli/command/image/prune.go`.

use crate::prelude::*;

static FLAGS: &[Flag] = &[
    short('a', "all", Kind::Bool, "Remove all unused images, not just dangling ones"),
    flag("filter", Kind::Filter, "Provide filter values (e.g. 'until=<timestamp>')"),
    short('f', "force", Kind::Bool, "Do not prompt for confirmation"),
];

pub(crate) const COMMAND: Command = Command {
    path: "image prune",
    usage: "[OPTIONS]",
    short: "Remove unused images",
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

fn start(_: &mut Cx<'_>, _: &Parsed) -> Flow {
    crate::command::later()
}
