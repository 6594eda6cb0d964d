//! `docker swarm leave`: leave the swarm.
//!
//! Docker: `cli/command/swarm/leave.go`.

use crate::prelude::*;

static FLAGS: &[Flag] =
    &[short('f', "force", Kind::Bool, "Force this node to leave the swarm, ignoring warnings")];

pub(crate) const COMMAND: Command = Command {
    path: "swarm leave",
    usage: "[OPTIONS]",
    short: "Leave the swarm",
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    cx.ask(Request::SwarmLeave { force: parsed.bool("force") })?;
    cx.line("Node left the swarm.");
    Ok(())
}
