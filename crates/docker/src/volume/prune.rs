//! `docker volume prune`: remove all unused local volumes.
//!
//! Docker: `cli/command/volume/prune.go`.

use crate::prelude::*;

static FLAGS: &[Flag] = &[
    flag("filter", Kind::Filter, "Provide filter values (e.g. 'label=<label>')"),
    short('f', "force", Kind::Bool, "Do not prompt for confirmation"),
];

pub(crate) const COMMAND: Command = Command {
    path: "volume prune",
    usage: "[OPTIONS]",
    short: "Remove all unused local volumes",
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

fn start(_: &mut Cx<'_>, _: &Parsed) -> Flow {
    crate::command::later()
}
