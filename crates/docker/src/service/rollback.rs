//! `docker service rollback`: revert changes to a service's configuration.
//!
//! Docker: `cli/command/service/rollback.go`.

use crate::prelude::*;

static FLAGS: &[Flag] = &[
    short(
        'd',
        "detach",
        Kind::Bool,
        "Exit immediately instead of waiting for the service to converge",
    ),
    short('q', "quiet", Kind::Bool, "Suppress progress output"),
];

pub(crate) const COMMAND: Command = Command {
    path: "service rollback",
    usage: "[OPTIONS] SERVICE",
    short: "Revert changes to a service's configuration",
    args: Args::Exactly(1),
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

fn start(_: &mut Cx<'_>, _: &Parsed) -> Flow {
    crate::command::later()
}
