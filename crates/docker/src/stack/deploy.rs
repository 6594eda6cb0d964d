//! `docker stack deploy`: deploy a new stack or update an existing stack.
//!
//! Docker: `cli/command/stack/deploy.go`.

use crate::prelude::*;

static FLAGS: &[Flag] = &[
    short(
        'c',
        "compose-file",
        Kind::Strings,
        "Path to a Compose file, or \"-\" to read from stdin",
    ),
    flag("orchestrator", Kind::Str, "Orchestrator to use (swarm|kubernetes|all)"),
    flag("prune", Kind::Bool, "Prune services that are no longer referenced"),
    flag(
        "resolve-image",
        Kind::Str,
        "Query the registry to resolve image digest and supported platforms \
         (\"always\"|\"changed\"|\"never\") (default \"always\")",
    ),
    flag("with-registry-auth", Kind::Bool, "Send registry authentication details to Swarm agents"),
];

pub(crate) const COMMAND: Command = Command {
    path: "stack deploy",
    usage: "[OPTIONS] STACK",
    short: "Deploy a new stack or update an existing stack",
    aliases: &["up"],
    args: Args::Exactly(1),
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

fn start(_: &mut Cx<'_>, _: &Parsed) -> Flow {
    crate::command::later()
}
