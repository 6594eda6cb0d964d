//! `docker network disconnect`: disconnect a container from a network.
//!
//! Docker: `cli/command/network/disconnect.go`.

use crate::prelude::*;

static FLAGS: &[Flag] =
    &[short('f', "force", Kind::Bool, "Force the container to disconnect from a network")];

pub(crate) const COMMAND: Command = Command {
    path: "network disconnect",
    usage: "[OPTIONS] NETWORK CONTAINER",
    short: "Disconnect a container from a network",
    args: Args::Exactly(2),
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    cx.ask(Request::NetworkDisconnect {
        network: parsed.arg(0).to_owned(),
        container: parsed.arg(1).to_owned(),
        force: parsed.bool("force"),
    })?;
    Ok(())
}
