//! `docker swarm unlock`: unlock swarm.
//!
//! Docker: `cli/command/swarm/unlock.go`.

use crate::prelude::*;

pub(crate) const COMMAND: Command = Command {
    path: "swarm unlock",
    short: "Unlock swarm",
    start,
    ..COMMAND_DEFAULTS
};

fn start(_: &mut Cx<'_>, _: &Parsed) -> Flow {
    crate::command::later()
}
