//! `docker swarm join`: join a swarm as a node and/or manager.
//!
//! Docker: `cli/command/swarm/join.go`.

use crate::prelude::*;
use crate::swarm;
use api::SwarmJoin;

static FLAGS: &[Flag] = &[
    flag("advertise-addr", Kind::Str, "Advertised address (format: <ip|interface>[:port])"),
    flag(
        "availability",
        Kind::Str,
        "Availability of the node (\"active\"|\"pause\"|\"drain\") (default \"active\")",
    ),
    flag(
        "data-path-addr",
        Kind::Str,
        "Address or interface to use for data path traffic (format: <ip|interface>)",
    ),
    flag(
        "listen-addr",
        Kind::NodeAddr,
        "Listen address (format: <ip|interface>[:port]) (default 0.0.0.0:2377)",
    ),
    flag("token", Kind::Str, "Token for entry into the swarm"),
];

pub(crate) const COMMAND: Command = Command {
    path: "swarm join",
    usage: "[OPTIONS] HOST:PORT",
    short: "Join a swarm as a node and/or manager",
    args: Args::Exactly(1),
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    let request = SwarmJoin {
        listen_addr: parsed.get("listen-addr").unwrap_or("0.0.0.0:2377").to_owned(),
        advertise_addr: parsed.str("advertise-addr").to_owned(),
        data_path_addr: parsed.str("data-path-addr").to_owned(),
        remote_addrs: vec![parsed.arg(0).to_owned()],
        join_token: parsed.str("token").to_owned(),
        availability: swarm::availability(parsed)?,
    };
    cx.ask(Request::SwarmJoin(Box::new(request)))?;
    let role = if objects::info(cx)?.swarm.control_available { "manager" } else { "worker" };
    cx.line(format!("This node joined a swarm as a {role}."));
    Ok(())
}
