//! `docker service create`: create a new service.
//!
//! Docker: `cli/command/service/create.go`.

use crate::prelude::*;

pub(crate) const COMMAND: Command = Command {
    path: "service create",
    usage: "[OPTIONS] IMAGE [COMMAND] [ARG...]",
    short: "Create a new service",
    args: Args::AtLeast(1),
    flags: super::create_flags::FLAGS,
    interspersed: false,
    start,
    ..COMMAND_DEFAULTS
};

fn start(_: &mut Cx<'_>, _: &Parsed) -> Flow {
    crate::command::later()
}
