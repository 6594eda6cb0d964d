//! `--filter` as the daemon understands it (moby `daemon/cluster/filters.go`, SwarmKit's list
//! calls): which keys there are, and what they match.

use super::texts::invalid;
use api::{
    ApiError, Config, Filters, Labels, Network, NetworkResource, Node, NodeRole, Secret, Service,
    ServiceMode, Task, TaskState,
};

/// Refuses keys that this list does not know.
pub(crate) fn check(filters: &Filters, accepted: &[&str]) -> Result<(), ApiError> {
    match filters.keys().find(|key| !accepted.contains(&key.as_str())) {
        Some(key) => Err(invalid(format!("Invalid filter '{key}'"))),
        None => Ok(()),
    }
}

/// Absent key: everything; else any of its values.
fn any(filters: &Filters, key: &str, test: impl Fn(&str) -> bool) -> bool {
    filters.get(key).is_none_or(|values| values.iter().any(|v| test(v)))
}

/// `k` or `k=v`, all of them (labels are an *and*, as SwarmKit's `checkFilterLabels`).
fn labels(filters: &Filters, key: &str, have: &Labels) -> bool {
    filters.get(key).is_none_or(|values| values.iter().all(|wanted| has_label(have, wanted)))
}

fn has_label(have: &Labels, wanted: &str) -> bool {
    match wanted.split_once('=') {
        Some((k, v)) => have.get(k).is_some_and(|h| v.is_empty() || h == v),
        None => have.contains_key(wanted),
    }
}

const NODE_KEYS: &[&str] = &["name", "id", "label", "node.label", "role", "membership"];

/// Checks the filters of `node ls`.
pub(crate) fn check_nodes(filters: &Filters) -> Result<(), ApiError> {
    check(filters, NODE_KEYS)?;
    for role in filters.get("role").into_iter().flatten() {
        if !matches!(role.as_str(), "worker" | "manager") {
            return Err(invalid(format!("Invalid role filter: '{role}'")));
        }
    }
    for word in filters.get("membership").into_iter().flatten() {
        if !matches!(word.as_str(), "accepted" | "pending") {
            return Err(invalid(format!("Invalid membership filter: '{word}'")));
        }
    }
    Ok(())
}

/// Whether a node passes.
pub(crate) fn node(filters: &Filters, node: &Node) -> bool {
    let hostname = node.description.as_ref().map_or("", |d| d.hostname.as_str());
    let none = Labels::new();
    let engine = node.description.as_ref().map_or(&none, |d| &d.engine_labels);
    let role = match node.spec.desired_role {
        NodeRole::Worker => "worker",
        NodeRole::Manager => "manager",
    };
    any(filters, "name", |v| hostname.starts_with(v))
        && any(filters, "id", |v| node.id.as_str().starts_with(v))
        && any(filters, "role", |v| v == role)
        && any(filters, "membership", |v| v == "accepted")
        && labels(filters, "label", engine)
        && labels(filters, "node.label", &node.spec.annotations.labels)
}

/// Checks the filters of `service ls`.
pub(crate) fn check_services(filters: &Filters) -> Result<(), ApiError> {
    // a mode that there is not matches nothing, and is no error
    check(filters, &["name", "id", "label", "mode", "runtime"])
}

/// Whether a service passes.
pub(crate) fn service(filters: &Filters, service: &Service) -> bool {
    let mode = match service.spec.mode {
        ServiceMode::Replicated { .. } => "replicated",
        ServiceMode::Global => "global",
        ServiceMode::ReplicatedJob { .. } => "replicated-job",
        ServiceMode::GlobalJob => "global-job",
    };
    any(filters, "name", |v| service.spec.annotations.name.starts_with(v))
        && any(filters, "id", |v| service.id.as_str().starts_with(v))
        && any(filters, "mode", |v| v == mode)
        && any(filters, "runtime", |v| v.is_empty() || v == "container")
        && labels(filters, "label", &service.spec.annotations.labels)
}

const STATES: &[TaskState] = &[
    TaskState::New,
    TaskState::Pending,
    TaskState::Assigned,
    TaskState::Accepted,
    TaskState::Preparing,
    TaskState::Ready,
    TaskState::Starting,
    TaskState::Running,
    TaskState::Complete,
    TaskState::Shutdown,
    TaskState::Failed,
    TaskState::Rejected,
    TaskState::Remove,
    TaskState::Orphaned,
];

/// Checks the filters of `service ps`, `node ps` and `stack ps`.
pub(crate) fn check_tasks(filters: &Filters) -> Result<(), ApiError> {
    const KEYS: &[&str] =
        &["name", "id", "label", "service", "node", "desired-state", "_up-to-date", "runtime"];
    check(filters, KEYS)?;
    for word in filters.get("desired-state").into_iter().flatten() {
        if !STATES.iter().any(|s| s.as_str().eq_ignore_ascii_case(word)) {
            return Err(invalid(format!("Invalid desired-state filter: '{word}'")));
        }
    }
    Ok(())
}

/// Whether a task passes; `service` and `node` values are ids by now.
pub(crate) fn task(filters: &Filters, task: &Task) -> bool {
    let service = task.service_id.map(|id| id.to_string()).unwrap_or_default();
    let node = task.node_id.map(|id| id.to_string()).unwrap_or_default();
    any(filters, "name", |v| task.name().starts_with(v))
        && any(filters, "id", |v| task.id.as_str().starts_with(v))
        && any(filters, "service", |v| service == v)
        && any(filters, "node", |v| node == v)
        && any(filters, "desired-state", |v| task.desired_state.as_str().eq_ignore_ascii_case(v))
        && any(filters, "runtime", |v| v.is_empty() || v == "container")
        && labels(filters, "label", &task.service_annotations.labels)
}

const FILE_KEYS: &[&str] = &["names", "name", "id", "label"];

/// Checks the filters of `secret ls` and `config ls`.
pub(crate) fn check_files(filters: &Filters) -> Result<(), ApiError> {
    check(filters, FILE_KEYS)
}

fn file(filters: &Filters, id: &str, name: &str, have: &Labels) -> bool {
    any(filters, "names", |v| name == v)
        && any(filters, "name", |v| name.starts_with(v))
        && any(filters, "id", |v| id.starts_with(v))
        && labels(filters, "label", have)
}

/// Whether a secret passes.
pub(crate) fn secret(filters: &Filters, secret: &Secret) -> bool {
    let a = &secret.spec.annotations;
    file(filters, secret.id.as_str(), &a.name, &a.labels)
}

/// Whether a config passes.
pub(crate) fn config(filters: &Filters, config: &Config) -> bool {
    let a = &config.spec.annotations;
    file(filters, config.id.as_str(), &a.name, &a.labels)
}

/// Whether what has these labels is to be pruned.
pub(crate) fn pruned(filters: &Filters, own: &Labels) -> bool {
    let mut kept = filters.get("label!").into_iter().flatten();
    labels(filters, "label", own) && !kept.any(|wanted| has_label(own, wanted))
}

/// Checks the filters of `network ls`.
pub(crate) fn check_networks(filters: &Filters) -> Result<(), ApiError> {
    const KEYS: &[&str] = &["driver", "type", "name", "id", "label", "scope", "dangling"];
    check(filters, KEYS)?;
    for kind in filters.get("type").into_iter().flatten() {
        if !matches!(kind.as_str(), "builtin" | "custom") {
            return Err(invalid(format!("Invalid filter: 'type'='{kind}'")));
        }
    }
    Ok(())
}

/// Whether a network of the swarm passes. Its name must be the whole name here, other than for
/// the engine's own networks.
pub(crate) fn network(filters: &Filters, network: &NetworkResource) -> bool {
    let builtin = matches!(network.name.as_str(), "bridge" | "host" | "none" | "default");
    any(filters, "driver", |v| network.driver == v)
        && any(filters, "name", |v| network.name == v)
        && any(filters, "id", |v| network.id.starts_with(v))
        && any(filters, "scope", |v| network.scope == v)
        && any(filters, "type", |v| (v == "builtin") == builtin)
        && any(filters, "dangling", |v| matches!(v, "true" | "1"))
        && labels(filters, "label", &network.labels)
}

/// A swarm's network as `docker network ls/inspect` shows it.
pub(crate) fn resource(network: &Network) -> NetworkResource {
    let spec = &network.spec;
    let mut options = spec.driver_options.clone();
    options.extend(network.driver_state.clone());
    NetworkResource {
        id: network.id.to_string(),
        name: spec.annotations.name.clone(),
        created: network.meta.created_at,
        scope: "swarm".into(),
        // the driver is named once the allocator has been there
        driver: match spec.driver.as_str() {
            "" | "overlay" if network.driver_state.is_empty() => String::new(),
            "" => "overlay".into(),
            named => named.to_owned(),
        },
        enable_ipv6: spec.ipv6,
        internal: spec.internal,
        attachable: spec.attachable,
        ingress: spec.ingress,
        ipam_driver: if spec.ipam_driver.is_empty() {
            "default".into()
        } else {
            spec.ipam_driver.clone()
        },
        ipam: network.ipam.clone(),
        options,
        labels: spec.annotations.labels.clone(),
        ..NetworkResource::default()
    }
}
