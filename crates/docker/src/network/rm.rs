//! `docker network rm`: remove one or more networks.
//!
//! Docker: `cli/command/network/rm.go`.

use crate::prelude::*;

pub(crate) const COMMAND: Command = Command {
    path: "network rm",
    usage: "NETWORK [NETWORK...]",
    short: "Remove one or more networks",
    aliases: &["remove"],
    args: Args::AtLeast(1),
    start,
    ..COMMAND_DEFAULTS
};

fn start(_: &mut Cx<'_>, _: &Parsed) -> Flow {
    crate::command::later()
}
