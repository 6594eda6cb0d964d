//! `docker container prune`: remove all stopped containers.
//!
//! Docker: `cli/command/container/prune.go`.

use crate::prelude::*;

static FLAGS: &[Flag] = &[
    flag("filter", Kind::Filter, "Provide filter values (e.g. 'until=<timestamp>')"),
    short('f', "force", Kind::Bool, "Do not prompt for confirmation"),
];

pub(crate) const COMMAND: Command = Command {
    path: "container prune",
    usage: "[OPTIONS]",
    short: "Remove all stopped containers",
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

fn start(_: &mut Cx<'_>, _: &Parsed) -> Flow {
    crate::command::later()
}
