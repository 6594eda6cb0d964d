//! `docker secret rm`: remove one or more secrets.
//!
//! Docker: `cli/command/secret/rm.go`.

use crate::prelude::*;

pub(crate) const COMMAND: Command = Command {
    path: "secret rm",
    usage: "SECRET [SECRET...]",
    short: "Remove one or more secrets",
    aliases: &["remove"],
    args: Args::AtLeast(1),
    start,
    ..COMMAND_DEFAULTS
};

fn start(_: &mut Cx<'_>, _: &Parsed) -> Flow {
    crate::command::later()
}
