//! What objects need of the allocator, and whether they have it.

use super::ports;
use crate::Store;
use api::{EndpointMode, Network, NetworkId, Node, PublishMode, Service, Task, TaskState};
use std::collections::BTreeSet;

/// Neither runs nor is wanted to.
pub(super) fn is_dead(task: &Task) -> bool {
    task.desired_state > TaskState::Running && task.status.state > TaskState::Running
}

/// Whether the service publishes through the routing mesh.
pub(crate) fn needs_ingress(service: &Service) -> bool {
    let ports = &service.spec.endpoint.ports;
    ports.iter().any(|port| port.publish_mode == PublishMode::Ingress)
}

pub(super) fn is_swarm_driver(network: &Network) -> bool {
    matches!(network.spec.driver.as_str(), "" | "overlay")
}

/// Networks on which the service has a virtual address.
pub(super) fn virtual_networks(store: &Store, service: &Service) -> Vec<NetworkId> {
    if service.spec.endpoint.mode == EndpointMode::Dnsrr {
        return Vec::new();
    }
    let ingress = store.ingress().filter(|_| needs_ingress(service)).map(|network| network.id);
    let mut wanted: Vec<NetworkId> = ingress.into_iter().collect();
    for config in &service.spec.task.networks {
        let network = NetworkId::parse(&config.target).and_then(|id| store.network(id));
        if let Some(network) = network
            && !network.predefined
            && is_swarm_driver(network)
            && !wanted.contains(&network.id)
        {
            wanted.push(network.id);
        }
    }
    wanted
}

pub(super) fn is_service_allocated(service: &Service, wanted: &[NetworkId]) -> bool {
    // without networks and ports there is nothing to write (`IsServiceAllocated`)
    let Some(endpoint) = &service.endpoint else {
        return wanted.is_empty() && service.spec.endpoint.ports.is_empty();
    };
    endpoint.spec == service.spec.endpoint
        && ports::satisfied(&service.spec.endpoint.ports, &endpoint.ports)
        && endpoint.virtual_ips.len() == wanted.len()
        && endpoint.virtual_ips.iter().all(|vip| wanted.contains(&vip.network))
}

pub(super) fn networks_of_node(store: &Store, node: &Node) -> BTreeSet<NetworkId> {
    let mut wanted: BTreeSet<NetworkId> = BTreeSet::new();
    for task in store.tasks_of_node(node.id).filter(|task| !is_dead(task)) {
        for attachment in &task.networks {
            if !attachment.addresses.is_empty() {
                wanted.insert(attachment.network);
            }
        }
    }
    wanted.extend(store.ingress().map(|network| network.id));
    wanted
}
