//! `docker network connect`: connect a container to a network.
//!
//! Docker: `cli/command/network/connect.go`.

use crate::prelude::*;
use api::EndpointSettings;

static FLAGS: &[Flag] = &[
    flag("alias", Kind::Strings, "Add network-scoped alias for the container"),
    flag("driver-opt", Kind::Strings, "driver options for the network"),
    flag("ip", Kind::Str, "IPv4 address (e.g., 172.30.100.104)"),
    flag("ip6", Kind::Str, "IPv6 address (e.g., 2001:db8::33)"),
    flag("link", Kind::List, "Add link to another container"),
    flag("link-local-ip", Kind::Strings, "Add a link-local address for the container"),
];

pub(crate) const COMMAND: Command = Command {
    path: "network connect",
    usage: "[OPTIONS] NETWORK CONTAINER",
    short: "Connect a container to a network",
    args: Args::Exactly(2),
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    cx.ask(Request::NetworkConnect {
        network: parsed.arg(0).to_owned(),
        container: parsed.arg(1).to_owned(),
        endpoint: EndpointSettings {
            aliases: parsed.strings("alias"),
            fixed_ip: parsed.str("ip").to_owned(),
            links: parsed.list("link"),
            ..EndpointSettings::default()
        },
    })?;
    Ok(())
}
