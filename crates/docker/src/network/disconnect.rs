//! `docker network disconnect`: disconnect a container from a network.
//!
//! Docker: `cli/command/network/disconnect.go`.

use crate::prelude::*;

static FLAGS: &[Flag] = &[
    short('f', "force", Kind::Bool, "Force the container to disconnect from a network"),
];

pub(crate) const COMMAND: Command = Command {
    path: "network disconnect",
    usage: "[OPTIONS] NETWORK CONTAINER",
    short: "Disconnect a container from a network",
    args: Args::Exactly(2),
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

fn start(_: &mut Cx<'_>, _: &Parsed) -> Flow {
    crate::command::later()
}
