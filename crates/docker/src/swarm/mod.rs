//! `docker swarm`: one file a command.

pub(crate) mod ca;
pub(crate) mod init;
pub(crate) mod join;
pub(crate) mod join_token;
pub(crate) mod leave;
pub(crate) mod unlock;
pub(crate) mod unlock_key;
pub(crate) mod update;

use crate::flags::Parsed;
use crate::script::{Cx, Flow, confused, fail};
use api::{Availability, Cluster, ClusterSpec, Request, Response};
use share::Rc;

/// An address range; nothing else is a CIDR.
pub(crate) fn parse_cidr(text: &str) -> Option<(std::net::IpAddr, u8)> {
    let (address, bits) = text.split_once('/')?;
    let address: std::net::IpAddr = address.parse().ok()?;
    let bits: u8 = bits.parse().ok()?;
    let max = if address.is_ipv4() { 32 } else { 128 };
    (bits <= max).then_some((address, bits))
}

/// The cluster as the daemon shows it to managers.
pub(crate) fn cluster(cx: &mut Cx<'_>) -> Flow<Rc<Cluster>> {
    match cx.ask(Request::SwarmInspect)? {
        Response::Cluster(cluster) => Ok(cluster),
        _ => confused(),
    }
}

/// The flags `swarm init` and `swarm update` share, laid over a spec (`mergeSwarmSpec`).
pub(crate) fn merge(parsed: &Parsed, spec: &mut ClusterSpec) {
    if let Some(n) = parsed.i64("task-history-limit") {
        spec.task_history_retention_limit = n;
    }
    if let Some(ns) = parsed.duration("dispatcher-heartbeat") {
        spec.heartbeat_period_ns = ns;
    }
    if let Some(ns) = parsed.duration("cert-expiry") {
        spec.node_cert_expiry_ns = ns;
    }
    if let Some(n) = parsed.u64("max-snapshots") {
        spec.keep_old_snapshots = n;
    }
    if let Some(n) = parsed.u64("snapshot-interval") {
        spec.snapshot_interval = n;
    }
    if parsed.changed("autolock") {
        spec.autolock = parsed.bool("autolock");
    }
}

/// `--availability` of `swarm init` and `swarm join`.
pub(crate) fn availability(parsed: &Parsed) -> Flow<Availability> {
    match parsed.get("availability").map(str::to_lowercase).as_deref() {
        None | Some("active") => Ok(Availability::Active),
        Some("pause") => Ok(Availability::Pause),
        Some("drain") => Ok(Availability::Drain),
        Some(_) => {
            let word = crate::values::quote(parsed.str("availability"));
            fail(format!("invalid availability {word}, only active, pause and drain are supported"))
        }
    }
}

/// How to join, for the role asked (`printJoinCommand`).
pub(crate) fn print_join_command(cx: &mut Cx<'_>, node: &str, worker: bool) -> Flow {
    let Response::Node(node) = cx.ask(Request::NodeInspect { node: node.to_owned() })? else {
        return confused();
    };
    let cluster = cluster(cx)?;
    let Some(manager) = &node.manager_status else { return Ok(()) };
    let (role, token) = if worker {
        ("worker", &cluster.worker_token)
    } else {
        ("manager", &cluster.manager_token)
    };
    cx.out(format!(
        "To add a {role} to this swarm, run the following command:\n\n    docker swarm join \
         --token {token} {}\n\n",
        manager.addr
    ));
    Ok(())
}

/// The key that opens managers after a restart, with what to do with it.
pub(crate) fn print_unlock_command(cx: &mut Cx<'_>, key: &str) {
    if key.is_empty() {
        return;
    }
    cx.out(format!(
        "To unlock a swarm manager after it restarts, run the `docker swarm unlock`\ncommand and \
         provide the following key:\n\n    {key}\n\nPlease remember to store this key in a \
         password manager, since without it you\nwill not be able to restart the manager.\n"
    ));
}

/// The unlock key, with the words docker puts before a refusal.
pub(crate) fn unlock_key(cx: &mut Cx<'_>) -> Flow<String> {
    match cx.try_ask(Request::SwarmUnlockKey)? {
        Ok(Response::UnlockKey(key)) => Ok(key),
        Ok(_) => confused(),
        Err(error) => {
            let why = crate::script::error_text(&error);
            fail(format!("could not fetch unlock key: {why}"))
        }
    }
}
