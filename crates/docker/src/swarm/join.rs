//! `docker swarm join`: join a swarm as a node and/or manager.
//!
//! Docker: `cli/command/swarm/join.go`.

use crate::prelude::*;

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

fn start(_: &mut Cx<'_>, _: &Parsed) -> Flow {
    crate::command::later()
}
