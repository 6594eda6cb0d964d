//! `docker swarm unlock-key`: manage the unlock key.
//!
//! Docker: `cli/command/swarm/unlock-key.go`.

use crate::prelude::*;

static FLAGS: &[Flag] = &[
    short('q', "quiet", Kind::Bool, "Only display token"),
    flag("rotate", Kind::Bool, "Rotate unlock key"),
];

pub(crate) const COMMAND: Command = Command {
    path: "swarm unlock-key",
    usage: "[OPTIONS]",
    short: "Manage the unlock key",
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

fn start(_: &mut Cx<'_>, _: &Parsed) -> Flow {
    crate::command::later()
}
