//! `docker service scale`: scale one or multiple replicated services.
//!
//! Docker: `cli/command/service/scale.go`.

use crate::prelude::*;

static FLAGS: &[Flag] = &[
    short(
        'd',
        "detach",
        Kind::Bool,
        "Exit immediately instead of waiting for the service to converge",
    ),
];

pub(crate) const COMMAND: Command = Command {
    path: "service scale",
    usage: "SERVICE=REPLICAS [SERVICE=REPLICAS...]",
    short: "Scale one or multiple replicated services",
    args: Args::AtLeast(1),
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

fn start(_: &mut Cx<'_>, _: &Parsed) -> Flow {
    crate::command::later()
}
