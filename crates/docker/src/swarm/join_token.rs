//! `docker swarm join-token`: manage join tokens.
//!
//! Docker: `cli/command/swarm/join-token.go`.

use crate::prelude::*;
use crate::swarm;

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

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    let role = parsed.arg(0);
    let worker = match role {
        "worker" => true,
        "manager" => false,
        other => return fail(format!("unknown role {other}")),
    };
    if parsed.bool("rotate") {
        let cluster = swarm::cluster(cx)?;
        cx.ask(Request::SwarmUpdate {
            version: cluster.meta.version,
            spec: Box::new(cluster.spec.clone()),
            rotate_worker_token: worker,
            rotate_manager_token: !worker,
            rotate_manager_unlock_key: false,
        })?;
        if !parsed.bool("quiet") {
            cx.out(format!("Successfully rotated {role} join token.\n\n"));
        }
    }
    let cluster = swarm::cluster(cx)?;
    if parsed.bool("quiet") {
        cx.line(if worker { &cluster.worker_token } else { &cluster.manager_token });
        return Ok(());
    }
    let node = objects::info(cx)?.swarm.node_id;
    swarm::print_join_command(cx, &node, worker)
}
