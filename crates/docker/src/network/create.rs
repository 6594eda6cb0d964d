//! `docker network create`: create a network.
//!
//! Docker: `cli/command/network/create.go`.

use crate::prelude::*;
use crate::swarm::parse_cidr;
use api::{Annotations, IpamConfig, NetworkSpec};
use std::net::IpAddr;

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

/// Whether an address lies in a range.
fn contains(range: &str, address: IpAddr) -> bool {
    match (parse_cidr(range), address) {
        (Some((IpAddr::V4(net), bits)), IpAddr::V4(address)) => {
            let shift = 32 - u32::from(bits);
            let mask = |ip: std::net::Ipv4Addr| u32::from(ip).checked_shr(shift).unwrap_or(0);
            mask(net) == mask(address)
        }
        (Some((IpAddr::V6(net), bits)), IpAddr::V6(address)) => {
            let shift = 128 - u32::from(bits);
            let mask = |ip: std::net::Ipv6Addr| u128::from(ip).checked_shr(shift).unwrap_or(0);
            mask(net) == mask(address)
        }
        _ => false,
    }
}

/// Subnets with the ranges and gateways that lie in them (`consolidateIpam`).
fn ipam(parsed: &Parsed) -> Result<Vec<IpamConfig>, String> {
    let subnets = parsed.strings("subnet");
    let ranges = parsed.strings("ip-range");
    let gateways = parsed.strings("gateway");
    if subnets.len() < ranges.len() || subnets.len() < gateways.len() {
        return Err("every ip-range or gateway must have a corresponding subnet".to_owned());
    }
    let mut pools: Vec<IpamConfig> =
        subnets.into_iter().map(|subnet| IpamConfig { subnet, ..IpamConfig::default() }).collect();
    for range in ranges {
        let inside = parse_cidr(&range)
            .and_then(|(address, _)| pools.iter_mut().find(|pool| contains(&pool.subnet, address)));
        match inside {
            Some(pool) if pool.range.is_empty() => pool.range = range,
            Some(_) => {
                return Err("cannot configure multiple ranges on the same subnet".to_owned());
            }
            None => return Err(format!("no matching subnet for range {range}")),
        }
    }
    for gateway in gateways {
        let inside = gateway
            .parse()
            .ok()
            .and_then(|address| pools.iter_mut().find(|pool| contains(&pool.subnet, address)));
        match inside {
            Some(pool) if pool.gateway.is_empty() => pool.gateway = gateway,
            Some(_) => {
                return Err("cannot configure multiple gateways for the same subnet".to_owned());
            }
            None => return Err(format!("no matching subnet for gateway {gateway}")),
        }
    }
    Ok(pools)
}

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    let ipam = match ipam(parsed) {
        Ok(ipam) => ipam,
        Err(why) => return fail(why),
    };
    let spec = NetworkSpec {
        annotations: Annotations {
            name: parsed.arg(0).to_owned(),
            labels: objects::labels_from(&parsed.list("label")),
        },
        driver: parsed.get("driver").unwrap_or("bridge").to_owned(),
        driver_options: objects::labels_from(&parsed.list("opt")),
        ipv6: parsed.bool("ipv6"),
        internal: parsed.bool("internal"),
        attachable: parsed.bool("attachable"),
        ingress: parsed.bool("ingress"),
        ipam_driver: parsed.get("ipam-driver").unwrap_or("default").to_owned(),
        ipam,
    };
    let request = Request::NetworkCreate {
        spec,
        scope: parsed.str("scope").to_owned(),
        check_duplicate: true,
    };
    let Response::Created { id, warnings } = cx.ask(request)? else { return confused() };
    for warning in warnings {
        cx.err_line(format!("WARNING: {warning}"));
    }
    cx.line(id);
    Ok(())
}
