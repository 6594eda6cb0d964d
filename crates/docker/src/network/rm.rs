//! `docker network rm`: remove one or more networks.
//!
//! Docker: `cli/command/network/rm.go`.

use crate::prelude::*;

pub(crate) const COMMAND: Command = Command {
    path: "network rm",
    usage: "NETWORK [NETWORK...]",
    short: "Remove one or more networks",
    aliases: &["remove"],
    args: Args::AtLeast(1),
    start,
    ..COMMAND_DEFAULTS
};

/// Errors come as they occur, between the names of what went (`runRemove`).
fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    let mut failed = false;
    for name in &parsed.args {
        let looked =
            Request::NetworkInspect { network: name.clone(), scope: String::new(), verbose: false };
        if let Ok(Response::Network(network)) = cx.try_ask(looked)? {
            let sure = "WARNING! Before removing the routing-mesh network, make sure all the \
                        nodes in your swarm run the same docker engine version. Otherwise, \
                        removal may not be effective and functionality of newly create ingress \
                        networks will be impaired.\nAre you sure you want to continue?";
            if network.ingress && !cx.confirm(sure)? {
                continue;
            }
        }
        match cx.try_ask(Request::NetworkRemove { network: name.clone() })? {
            Ok(_) => cx.line(name),
            Err(error) => {
                cx.err_line(not_found_text(&error, "network", name));
                failed = true;
            }
        }
    }
    if failed { exit(1, "") } else { Ok(()) }
}
