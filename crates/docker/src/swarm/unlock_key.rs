//! `docker swarm unlock-key`: manage the unlock key.
//!
//! Docker: `cli/command/swarm/unlock-key.go`.

use crate::prelude::*;
use crate::swarm;

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

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    let quiet = parsed.bool("quiet");
    if parsed.bool("rotate") {
        let cluster = swarm::cluster(cx)?;
        if !cluster.spec.autolock {
            return fail("cannot rotate because autolock is not turned on");
        }
        cx.ask(Request::SwarmUpdate {
            version: cluster.meta.version,
            spec: Box::new(cluster.spec.clone()),
            rotate_worker_token: false,
            rotate_manager_token: false,
            rotate_manager_unlock_key: true,
        })?;
        if !quiet {
            cx.out("Successfully rotated manager unlock key.\n\n");
        }
    }
    let key = swarm::unlock_key(cx)?;
    if key.is_empty() {
        return fail("no unlock key is set");
    }
    if quiet {
        cx.line(&key);
    } else {
        swarm::print_unlock_command(cx, &key);
    }
    Ok(())
}
