//! `docker swarm unlock`: unlock swarm.
//!
//! Docker: `cli/command/swarm/unlock.go`.

use crate::prelude::*;
use api::LocalNodeState;

pub(crate) const COMMAND: Command =
    Command { path: "swarm unlock", short: "Unlock swarm", start, ..COMMAND_DEFAULTS };

fn start(cx: &mut Cx<'_>, _: &Parsed) -> Flow {
    match objects::info(cx)?.swarm.local_node_state {
        LocalNodeState::Inactive => return fail("Error: This node is not part of a swarm"),
        LocalNodeState::Locked => {}
        LocalNodeState::Pending | LocalNodeState::Active | LocalNodeState::Error => {
            return fail("Error: swarm is not locked");
        }
    }
    let terminal = cx.env.stdin_tty;
    if terminal {
        cx.out("Please enter unlock key: ");
    }
    let key = cx.stdin_line(false)?;
    if terminal {
        cx.out("\n");
    }
    cx.ask(Request::SwarmUnlock { key: key.trim().to_owned() })?;
    Ok(())
}
