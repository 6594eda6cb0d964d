//! `docker service update`: update a service.
//!
//! Docker: `cli/command/service/update.go`.

use crate::prelude::*;

pub(crate) const COMMAND: Command = Command {
    path: "service update",
    usage: "[OPTIONS] SERVICE",
    short: "Update a service",
    args: Args::Exactly(1),
    flags: super::update_flags::FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

fn start(_: &mut Cx<'_>, _: &Parsed) -> Flow {
    crate::command::later()
}
