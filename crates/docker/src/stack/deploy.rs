//! `docker stack deploy`: deploy a new stack or update an existing stack.
//!
//! Docker: `cli/command/stack/deploy.go`.
//!
//! **Left out:** everything but the first checks: Compose files are not modelled yet.

use super::check;
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

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    let stack = parsed.arg(0).to_owned();
    check(cx, parsed, &[stack])?;
    let files = parsed.strings("compose-file");
    if files.is_empty() {
        return fail("Please specify a Compose file (with --compose-file)");
    }
    for file in files {
        objects::read(cx, &file)?;
    }
    let swarm = objects::info(cx)?.swarm;
    if !swarm.control_available {
        return fail(
            "this node is not a swarm manager. Use \"docker swarm init\" or \"docker swarm \
             join\" to connect this node to swarm and try again",
        );
    }
    fail(
        "docker stack deploy: este laboratório ainda não lê arquivos Compose (Compose files are \
         not modelled yet)",
    )
}
