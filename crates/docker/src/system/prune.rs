//! `docker system prune`: remove unused data.
//!
//! Docker: `cli/command/system/prune.go`.

use crate::prelude::*;

static FLAGS: &[Flag] = &[
    short('a', "all", Kind::Bool, "Remove all unused images not just dangling ones"),
    flag("filter", Kind::Filter, "Provide filter values (e.g. 'label=<key>=<value>')"),
    short('f', "force", Kind::Bool, "Do not prompt for confirmation"),
    flag("volumes", Kind::Bool, "Prune volumes"),
];

pub(crate) const COMMAND: Command = Command {
    path: "system prune",
    usage: "[OPTIONS]",
    short: "Remove unused data",
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

fn start(_: &mut Cx<'_>, _: &Parsed) -> Flow {
    crate::command::later()
}
