//! `docker swarm join-token`: manage join tokens.
//!
//! Docker: `cli/command/swarm/join-token.go`.

use crate::prelude::*;

static FLAGS: &[Flag] = &[
    short('q', "quiet", Kind::Bool, "Only display token"),
    flag("rotate", Kind::Bool, "Rotate join token"),
];

pub(crate) const COMMAND: Command = Command {
    path: "swarm join-token",
    usage: "[OPTIONS] (worker|manager)",
    short: "Manage join tokens",
    args: Args::Exactly(1),
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

fn start(_: &mut Cx<'_>, _: &Parsed) -> Flow {
    crate::command::later()
}
