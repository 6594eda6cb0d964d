//! Calls about networks: the swarm's and the machine's own, in one answer (moby
//! `daemon/cluster/networks.go`, `api/server/router/network`).

#![allow(clippy::wildcard_enum_match_arm, reason = "other requests are not its business")]

use super::resolve::resolve;
use super::steps::{Step, answer, created, list, local_networks};
use super::texts::{invalid, unavailable};
use super::{Learned, Next, filter, texts};
use api::{ApiError, ControlRequest, Filters, Network, NetworkResource, Request, Response};
use share::Rc;

/// Removes the swarm's networks that nothing uses, one by one, then the machine's own (moby
/// `daemon/prune.go`, `NetworksPrune`). What cannot be removed stays without a word.
fn prune_networks(filters: &Filters, learned: &Learned) -> Step {
    let mut deleted = Vec::new();
    if learned.refused.is_none() {
        let all = list!(learned, networks, ListNetworks);
        let mut unused = all.iter().filter(|n| {
            !n.predefined && !n.spec.ingress && filter::pruned(filters, &n.spec.annotations.labels)
        });
        for removed in &learned.removed {
            deleted.extend(
                unused.next().filter(|_| *removed).map(|n| n.spec.annotations.name.clone()),
            );
        }
        if let Some(next) = unused.next() {
            return Ok(Next::Ask(ControlRequest::RemoveNetwork(next.id)));
        }
    }
    match &learned.local {
        None => Ok(Next::Local(Request::NetworkPrune { filters: filters.clone() })),
        Some(Ok(response)) => {
            if let Response::Pruned { deleted: own, .. } = &**response {
                deleted.extend(own.iter().cloned());
            }
            answer(Response::Pruned { deleted, reclaimed: 0 })
        }
        Some(Err(error)) => Err(error.clone()),
    }
}

pub(super) fn network(request: &Request, learned: &Learned, active: bool, in_swarm: bool) -> Step {
    let local = |request: Request| match &learned.local {
        None => Ok(Next::Local(request)),
        Some(result) => Ok(Next::Answer(result.clone().map(|r| *r))),
    };
    match request {
        Request::NetworkCreate { spec, scope, .. } => {
            if let Some(id) = &learned.done {
                return created(id, Vec::new());
            }
            if !active {
                return Err(create_refused(scope, in_swarm));
            }
            if spec.ingress && spec.driver != "overlay" && scope != "swarm" {
                return Err(invalid("Ingress network can only be global scope network"));
            }
            let all = list!(learned, networks, ListNetworks);
            let name = &spec.annotations.name;
            if learned.local.is_none() {
                return Ok(Next::Local(Request::NetworkList { filters: Filters::new() }));
            }
            let taken = all.iter().any(|n| n.spec.annotations.name == *name && !n.predefined)
                || local_networks(learned).iter().any(|n| n.name == *name);
            if taken {
                let text = format!("network with name {name} already exists");
                return Err(ApiError::new(409, text));
            }
            Ok(Next::Ask(ControlRequest::CreateNetwork(Box::new(spec.clone()))))
        }
        Request::NetworkList { filters } => {
            filter::check_networks(filters)?;
            if learned.refused.is_none() {
                let _ = list!(learned, networks, ListNetworks);
            }
            if learned.local.is_none() {
                return local(request.clone());
            }
            answer(Response::Networks(all_networks(filters, learned)))
        }
        Request::NetworkInspect { .. } if !active => local(request.clone()),
        // of this scope are also the swarm's `bridge` and `host`, but no network of the machine
        Request::NetworkInspect { network, scope, .. } if scope == "swarm" => {
            let all = list!(learned, networks, ListNetworks);
            answer(Response::Network(Box::new(filter::resource(resolve(all, network)?))))
        }
        Request::NetworkInspect { network, scope, .. } => {
            let all = list!(learned, networks, ListNetworks);
            match &learned.local {
                None => local(request.clone()),
                Some(Err(error)) if error.is_not_found() && scope != "local" => {
                    let visible: Vec<_> = all.iter().filter(|n| !n.predefined).cloned().collect();
                    if let Some((n, what)) = several(&visible, network) {
                        let which = format!("network {network} is ambiguous");
                        let text = format!("{n} matches found based on {what}: {which}");
                        return Err(invalid(text));
                    }
                    let found = resolve(&visible, network)
                        .map_err(|e| if e.status == 404 { error.clone() } else { e })?;
                    answer(Response::Network(Box::new(filter::resource(found))))
                }
                Some(result) => {
                    let result = result.clone().map(|r| *r);
                    Ok(Next::Answer(result.map(|r| with_swarm_facts(r, all))))
                }
            }
        }
        Request::NetworkPrune { filters } => prune_networks(filters, learned),
        Request::NetworkRemove { network } => {
            if learned.done.is_some() {
                return answer(Response::Done);
            }
            let all = list!(learned, networks, ListNetworks);
            match all.iter().filter(|n| !n.predefined).cloned().collect::<Vec<_>>() {
                visible if resolve(&visible, network).is_ok() => {
                    let id = resolve(&visible, network)?.id;
                    Ok(Next::Ask(ControlRequest::RemoveNetwork(id)))
                }
                visible => match several(&visible, network) {
                    Some((n, what)) => Err(invalid(format!(
                        "network {network} is ambiguous ({n} matches found based on {what})"
                    ))),
                    None => local(request.clone()),
                },
            }
        }
        _ => answer(Response::Done),
    }
}

/// How many networks are meant, if several are, and by what
/// (moby `api/server/router/network/network_routes.go`).
fn several(networks: &[Rc<Network>], reference: &str) -> Option<(usize, &'static str)> {
    let named = networks.iter().filter(|n| n.spec.annotations.name == reference).count();
    let begun = networks.iter().filter(|n| n.id.as_str().starts_with(reference)).count();
    match (named, begun) {
        (0, 2..) => Some((begun, "ID prefix")),
        (2.., _) => Some((named, "name")),
        _ => None,
    }
}

/// The engine knows who is attached here; the swarm knows the rest.
fn with_swarm_facts(response: Response, networks: &[Rc<Network>]) -> Response {
    match response {
        Response::Network(mut here) => {
            if let Some(found) = networks.iter().find(|n| n.id.as_str() == here.id) {
                let swarm = filter::resource(found);
                let (containers, peers) = (here.containers.clone(), here.peers.clone());
                *here = NetworkResource { containers, peers, ..swarm };
            }
            Response::Network(here)
        }
        other => other,
    }
}

fn create_refused(scope: &str, in_swarm: bool) -> ApiError {
    match (scope, in_swarm) {
        ("swarm", false) => {
            invalid("cannot create a swarm scoped network when swarm is not active")
        }
        (_, false) => unavailable(texts::NO_SWARM),
        (_, true) => ApiError::new(
            403,
            "Cannot create a multi-host network from a worker node. Please create the network \
             from a manager node.",
        ),
    }
}

fn all_networks(filters: &Filters, learned: &Learned) -> Vec<NetworkResource> {
    let mut all: Vec<NetworkResource> = learned
        .networks
        .iter()
        .flatten()
        .filter(|n| !n.predefined)
        .map(|n| filter::resource(n))
        .filter(|n| filter::network(filters, n))
        .collect();
    for here in local_networks(learned) {
        if all.iter().all(|n| n.id != here.id) {
            all.push(here.clone());
        }
    }
    all
}
