//! `docker network create`: create a network.
//!
//! Docker: `cli/command/network/create.go`.

use crate::prelude::*;

static FLAGS: &[Flag] = &[
    flag("attachable", Kind::Bool, "Enable manual container attachment"),
    flag(
        "aux-address",
        Kind::Map,
        "Auxiliary IPv4 or IPv6 addresses used by Network driver (default map[])",
    ),
    flag("config-from", Kind::Str, "The network from which to copy the configuration"),
    flag("config-only", Kind::Bool, "Create a configuration only network"),
    short('d', "driver", Kind::Str, "Driver to manage the Network (default \"bridge\")"),
    flag("gateway", Kind::Strings, "IPv4 or IPv6 Gateway for the master subnet"),
    flag("ingress", Kind::Bool, "Create swarm routing-mesh network"),
    flag("internal", Kind::Bool, "Restrict external access to the network"),
    flag("ip-range", Kind::Strings, "Allocate container ip from a sub-range"),
    flag("ipam-driver", Kind::Str, "IP Address Management Driver (default \"default\")"),
    flag("ipam-opt", Kind::Map, "Set IPAM driver specific options (default map[])"),
    flag("ipv6", Kind::Bool, "Enable IPv6 networking"),
    flag("label", Kind::Label, "Set metadata on a network"),
    short('o', "opt", Kind::Map, "Set driver specific options (default map[])"),
    flag("scope", Kind::Str, "Control the network's scope"),
    flag("subnet", Kind::Strings, "Subnet in CIDR format that represents a network segment"),
];

pub(crate) const COMMAND: Command = Command {
    path: "network create",
    usage: "[OPTIONS] NETWORK",
    short: "Create a network",
    args: Args::Exactly(1),
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

fn start(_: &mut Cx<'_>, _: &Parsed) -> Flow {
    crate::command::later()
}
