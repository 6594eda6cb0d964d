//! What the scheduler counts on a node: tasks, resources left, host ports, failures.
//!
//! SwarmKit: `manager/scheduler/nodeinfo.go`, `api/genericresource`.

use crate::Store;
use api::{
    GenericResource, Node, Protocol, PublishMode, Resources, ServiceId, Task, TaskState, Version,
};
use share::Rc;
use std::collections::{BTreeMap, BTreeSet};

/// One node as a pass sees it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct NodeInfo {
    pub(crate) node: Rc<Node>,
    /// Tasks wanted to run here, per service.
    pub(crate) by_service: BTreeMap<Option<ServiceId>, u64>,
    /// The same over all services.
    pub(crate) active: u64,
    /// What is not reserved.
    pub(crate) available: Resources,
    /// Host ports in use.
    pub(crate) host_ports: BTreeSet<(Protocol, u16)>,
}

/// A service at a spec version, whose failures are counted together.
pub(crate) type VersionedService = (Option<ServiceId>, Option<Version>);

impl NodeInfo {
    /// A node as the store has it.
    pub(crate) fn new(store: &Store, node: &Rc<Node>) -> Self {
        let available =
            node.description.as_ref().map(|about| about.resources.clone()).unwrap_or_default();
        let mut info = Self {
            node: Rc::clone(node),
            by_service: BTreeMap::new(),
            active: 0,
            available,
            host_ports: BTreeSet::new(),
        };
        for task in store.tasks_of_node(node.id) {
            // a preassigned task counts only once it is confirmed
            if (TaskState::Assigned..=TaskState::Running).contains(&task.status.state) {
                info.hold(task);
            }
        }
        info
    }

    /// Takes in a task that is here already.
    fn hold(&mut self, task: &Task) {
        remove_all(&mut self.available.generic, &task.assigned_generic_resources);
        self.count(task);
    }

    /// Takes in a new task; the generic resources it was given.
    pub(crate) fn add(&mut self, task: &Task) -> Vec<GenericResource> {
        let claimed = claim(&mut self.available.generic, &task.spec.reservations.generic);
        self.count(task);
        claimed
    }

    fn count(&mut self, task: &Task) {
        let reserved = &task.spec.reservations;
        self.available.memory_bytes -= reserved.memory_bytes;
        self.available.nano_cpus -= reserved.nano_cpus;
        self.host_ports.extend(host_ports(task));
        if task.desired_state <= TaskState::Complete {
            self.active += 1;
            *self.by_service.entry(task.service_id).or_default() += 1;
        }
    }

    /// Active tasks of a service.
    pub(crate) fn tasks_of(&self, service: Option<ServiceId>) -> u64 {
        self.by_service.get(&service).copied().unwrap_or(0)
    }
}

/// Fixed host-mode ports of a task.
pub(crate) fn host_ports(task: &Task) -> impl Iterator<Item = (Protocol, u16)> {
    let ports = task.endpoint.as_ref().map_or(&[][..], |endpoint| &endpoint.ports);
    ports
        .iter()
        .filter(|port| port.publish_mode == PublishMode::Host && port.published_port != 0)
        .map(|port| (port.protocol, port.published_port))
}

fn kind(resource: &GenericResource) -> &str {
    match resource {
        GenericResource::Discrete { kind, .. } | GenericResource::Named { kind, .. } => kind,
    }
}

/// How much of a kind there is: an amount, or the size of a set.
fn amount(resources: &[GenericResource], wanted: &str) -> i64 {
    resources
        .iter()
        .filter(|resource| kind(resource) == wanted)
        .map(|resource| match resource {
            GenericResource::Discrete { value, .. } => *value,
            GenericResource::Named { .. } => 1,
        })
        .sum()
}

/// Whether every asked kind is there in the asked amount.
pub(crate) fn enough(available: &[GenericResource], asked: &[GenericResource]) -> bool {
    asked.iter().all(|ask| amount(available, kind(ask)) >= amount(asked, kind(ask)))
}

/// Takes what is asked for out of what is available, and names what was taken: an amount of a
/// discrete kind, single values of a named set.
fn claim(available: &mut Vec<GenericResource>, asked: &[GenericResource]) -> Vec<GenericResource> {
    let mut claimed = Vec::new();
    for ask in asked {
        let wanted = amount(std::slice::from_ref(ask), kind(ask));
        let named: Vec<GenericResource> = available
            .iter()
            .filter(|resource| {
                kind(resource) == kind(ask) && matches!(resource, GenericResource::Named { .. })
            })
            .take(usize::try_from(wanted).unwrap_or(0))
            .cloned()
            .collect();
        if named.is_empty() {
            claimed.push(GenericResource::Discrete { kind: kind(ask).to_owned(), value: wanted });
        } else {
            claimed.extend(named);
        }
    }
    remove_all(available, &claimed);
    claimed
}

/// Takes assigned resources out of what is available.
pub(crate) fn remove_all(available: &mut Vec<GenericResource>, taken: &[GenericResource]) {
    for resource in taken {
        match resource {
            GenericResource::Discrete { kind, value } => {
                for left in available.iter_mut() {
                    if let GenericResource::Discrete { kind: of, value: left } = left
                        && of == kind
                    {
                        *left -= value;
                    }
                }
            }
            GenericResource::Named { .. } => available.retain(|left| left != resource),
        }
    }
}

/// Whether assigned resources are (still) among the available ones.
pub(crate) fn has_all(available: &[GenericResource], taken: &[GenericResource]) -> bool {
    taken.iter().all(|resource| match resource {
        GenericResource::Discrete { kind, value } => amount(available, kind) >= *value,
        GenericResource::Named { .. } => available.contains(resource),
    })
}
