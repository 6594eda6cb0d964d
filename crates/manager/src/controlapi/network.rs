//! Networks: create and remove.
//!
//! SwarmKit: `manager/controlapi/network.go`.

use super::{Answer, common, not_found, refuse};
use crate::allocator::{ipam::Subnet, ipam::address, needs_ingress};
use crate::bootstrap::PREDEFINED_LABEL;
use crate::store::Draft;
use api::{
    ApiError, Code, ControlResponse, IpamConfig, Labels, Meta, Network, NetworkId, NetworkSpec,
    TaskState,
};
use share::Rc;

pub(super) fn create(draft: &mut Draft<'_>, spec: NetworkSpec) -> Answer {
    validate(&spec)?;
    if spec.annotations.labels.contains_key(PREDEFINED_LABEL) {
        return refuse(
            Code::PermissionDenied,
            format!(
                "label {PREDEFINED_LABEL} is for internally created predefined networks and \
                 cannot be applied by users"
            ),
        );
    }
    if spec.ingress
        && let Some(ingress) = draft.ingress()
    {
        let id = ingress.id;
        return refuse(Code::AlreadyExists, format!("ingress network ({id}) is already present"));
    }
    let name = &spec.annotations.name;
    if draft.networks().any(|other| common::same_name(&other.spec.annotations.name, name)) {
        return refuse(Code::Unknown, common::NAME_CONFLICT);
    }
    let id = NetworkId::from_random(draft.id_bytes());
    draft.create_network(Network {
        id,
        meta: Meta::default(),
        spec,
        ipam: Vec::new(),
        driver_state: Labels::new(),
        predefined: false,
    });
    match draft.network(id) {
        Some(network) => Ok(ControlResponse::Network(Rc::clone(network))),
        None => not_found("network", id),
    }
}

fn validate(spec: &NetworkSpec) -> Result<(), ApiError> {
    if spec.ingress && spec.attachable {
        return refuse(Code::InvalidArgument, "ingress network cannot be attachable");
    }
    common::annotations(&spec.annotations)?;
    if spec.ingress && !matches!(spec.driver.as_str(), "" | "overlay") {
        return refuse(
            Code::Unimplemented,
            "only overlay driver is currently supported for ingress network",
        );
    }
    if !matches!(spec.driver.as_str(), "" | "overlay" | "bridge" | "host" | "macvlan" | "ipvlan") {
        return refuse(
            Code::InvalidArgument,
            format!("error during lookup of plugin {}", spec.driver),
        );
    }
    spec.ipam.iter().try_for_each(validate_ipam)
}

fn validate_ipam(config: &IpamConfig) -> Result<(), ApiError> {
    let fail = |text: String| refuse(Code::InvalidArgument, format!("ipam configuration: {text}"));
    let IpamConfig { subnet, range, gateway } = config;
    if subnet.is_empty() {
        return fail("cannot be empty".to_owned());
    }
    let Some(whole) = Subnet::parse(subnet) else {
        return fail(format!("invalid subnet {subnet}"));
    };
    if !range.is_empty() {
        let Some(part) = Subnet::parse(range) else {
            return fail(format!("invalid range {range}"));
        };
        if !whole.covers(part) {
            return fail(format!("subnet {subnet} does not contain range {range}"));
        }
    }
    if !gateway.is_empty() {
        let Some(gateway_addr) = address(gateway) else {
            return fail(format!("invalid gateway {gateway}"));
        };
        if !whole.contains(gateway_addr) {
            return fail(format!("subnet {subnet} does not contain gateway {gateway}"));
        }
    }
    Ok(())
}

pub(super) fn remove(draft: &mut Draft<'_>, id: NetworkId) -> Answer {
    let Some(network) = draft.network(id).cloned() else { return not_found("network", id) };
    let refused = if network.predefined {
        let name = &network.spec.annotations.name;
        Some(format!("network {name} ({id}) is a swarm predefined network and cannot be removed"))
    } else if network.spec.ingress {
        let user = draft.services().find(|service| needs_ingress(service));
        user.map(|service| {
            let service = service.id;
            format!("ingress network cannot be removed because service {service} depends on it")
        })
    } else {
        user_of(draft, id)
    };
    if let Some(text) = refused {
        return refuse(Code::FailedPrecondition, text);
    }
    draft.remove_network(id);
    Ok(ControlResponse::Done)
}

fn user_of(draft: &Draft<'_>, id: NetworkId) -> Option<String> {
    let service = draft.services().find(|service| {
        service.spec.task.networks.iter().any(|config| config.target == id.as_str())
    });
    if let Some(service) = service {
        return Some(format!("network {id} is in use by service {}", service.id));
    }
    let live = TaskState::Running;
    let task = draft.tasks().find(|task| {
        task.desired_state <= live
            && task.status.state <= live
            && task.networks.iter().any(|attachment| attachment.network == id)
    });
    task.map(|task| format!("network {id} is in use by task {}", task.id))
}
