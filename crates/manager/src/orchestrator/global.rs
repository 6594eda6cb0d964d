//! Global orchestrator: one task of each global service on every node that fits.
//!
//! | | |
//! |---|---|
//! | runs on | the leader; rebuilt from the store at every election |
//! | watches | services, nodes, tasks |
//! | writes | tasks with their node preset, desired states |
//! | SwarmKit | `manager/orchestrator/global` |
//!
//! **Invariant:** never counts replicas. A deleted task is not made again before the next
//! event of its service or node, as in SwarmKit.

use super::{
    Place, create_task, invalid_node, is_global, is_task_dirty, new_task, restart::Supervisor,
    set_desired, set_service_tasks_remove, updatable_tasks, update::Updater,
};
use crate::scheduler::constraint;
use crate::store::{Draft, StoreEvent};
use crate::{Source, Store};
use api::{Availability, Node, NodeId, Object, Service, ServiceId, Task, TaskId, TaskState};
use serde::{Deserialize, Serialize};
use share::Rc;
use std::collections::{BTreeMap, BTreeSet};

/// Forgotten when leadership is lost.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Global {
    services: BTreeSet<ServiceId>,
    deleted: BTreeSet<ServiceId>,
    nodes: BTreeSet<NodeId>,
    deleted_nodes: BTreeSet<NodeId>,
    restart: BTreeSet<TaskId>,
}

impl Global {
    /// Every global service is looked at.
    pub(crate) fn elected(store: &Store) -> Self {
        let services = store.services().filter(|s| is_global(s)).map(|s| s.id).collect();
        Self { services, ..Self::default() }
    }

    pub(crate) fn on_event(&mut self, event: &StoreEvent, store: &Store) {
        match event.object() {
            Object::Service(service) if is_global(service) => {
                if event.is_removal() {
                    self.services.remove(&service.id);
                    self.deleted.insert(service.id);
                } else {
                    self.services.insert(service.id);
                }
            }
            Object::Node(node) if event.is_removal() => {
                self.nodes.remove(&node.id);
                self.deleted_nodes.insert(node.id);
            }
            Object::Node(node) => {
                self.nodes.insert(node.id);
            }
            Object::Task(task) if !event.is_removal() => self.check_task(store, task),
            Object::Cluster(_)
            | Object::Service(_)
            | Object::Task(_)
            | Object::Network(_)
            | Object::Secret(_)
            | Object::Config(_) => {}
        }
    }

    /// A live task that ended is restarted.
    pub(crate) fn check_task(&mut self, store: &Store, task: &Task) {
        if task.desired_state <= TaskState::Running
            && task.status.state > TaskState::Running
            && task.service_id.and_then(|id| store.service(id)).is_some_and(|s| is_global(s))
        {
            self.restart.insert(task.id);
        }
    }

    pub(crate) fn run(
        &mut self,
        draft: &mut Draft<'_>,
        sup: &mut Supervisor,
        updater: &mut Updater,
    ) {
        for id in std::mem::take(&mut self.deleted) {
            set_service_tasks_remove(draft, id, Source::Global);
            sup.forget_service(id);
            updater.forget_service(id);
        }
        for node in std::mem::take(&mut self.deleted_nodes) {
            for (task, _) in tasks_on(draft, node) {
                draft.remove_task(task.id);
            }
        }
        for node in std::mem::take(&mut self.nodes) {
            reconcile_node(draft, sup, node);
        }
        for id in std::mem::take(&mut self.services) {
            if let Some(service) = draft.service(id).cloned() {
                reconcile(draft, sup, updater, &service);
            }
        }
        for id in std::mem::take(&mut self.restart) {
            restart(draft, sup, id);
        }
    }
}

/// Tasks of global services on a node.
fn tasks_on(store: &Store, node: NodeId) -> Vec<(Rc<Task>, Rc<Service>)> {
    store
        .tasks_of_node(node)
        .filter_map(|task| {
            let service = store.service(task.service_id?).filter(|s| is_global(s))?;
            Some((Rc::clone(task), Rc::clone(service)))
        })
        .collect()
}

fn shutdown(draft: &mut Draft<'_>, tasks: &[Rc<Task>]) {
    for task in tasks {
        set_desired(draft, task.id, TaskState::Shutdown, Source::Global);
    }
}

fn add_task(draft: &mut Draft<'_>, service: &Service, node: NodeId) {
    let task = new_task(draft, service, Place::Node(node));
    create_task(draft, task, Source::Global);
}

fn fits(service: &Service, node: &Node) -> bool {
    constraint::node_matches(&service.spec.task.placement, node)
}

/// All nodes for one service (SwarmKit `reconcileServices`).
fn reconcile(
    draft: &mut Draft<'_>,
    sup: &mut Supervisor,
    updater: &mut Updater,
    service: &Rc<Service>,
) {
    let mut by_node: BTreeMap<NodeId, Vec<Rc<Task>>> = BTreeMap::new();
    for task in draft.tasks_of_service(service.id) {
        if let Some(node) = task.node_id {
            by_node.entry(node).or_default().push(Rc::clone(task));
        }
    }
    for slot in by_node.values_mut() {
        *slot = updatable_tasks(sup, service, slot);
    }
    let nodes: Vec<Rc<Node>> =
        draft.nodes().filter(|node| !invalid_node(Some(node))).cloned().collect();
    let mut slots = Vec::new();
    for node in nodes {
        let tasks = by_node.remove(&node.id).unwrap_or_default();
        if !fits(service, &node) {
            shutdown(draft, &tasks);
        } else if node.spec.availability == Availability::Pause {
            // neither new tasks nor updates there
        } else if tasks.is_empty() {
            add_task(draft, service, node.id);
        } else {
            slots.push(tasks);
        }
    }
    for tasks in by_node.into_values() {
        shutdown(draft, &tasks);
    }
    if !slots.is_empty() {
        updater.update(draft, sup, service, slots);
    }
}

/// All services for one node (SwarmKit `reconcileOneNode`). Not a rolling update: what is out
/// of date here is replaced at once, without a word in the update status.
fn reconcile_node(draft: &mut Draft<'_>, sup: &mut Supervisor, id: NodeId) {
    let here = tasks_on(draft, id);
    let Some(node) = draft.node(id).cloned().filter(|node| !invalid_node(Some(node))) else {
        for (task, _) in here {
            set_desired(draft, task.id, TaskState::Shutdown, Source::Global);
        }
        return;
    };
    let services: Vec<Rc<Service>> =
        draft.services().filter(|service| is_global(service)).cloned().collect();
    for service in services {
        let tasks: Vec<Rc<Task>> = here
            .iter()
            .filter(|(_, of)| of.id == service.id)
            .map(|(task, _)| Rc::clone(task))
            .collect();
        let tasks = updatable_tasks(sup, &service, &tasks);
        if !fits(&service, &node) {
            shutdown(draft, &tasks);
        } else if node.spec.availability == Availability::Pause {
            continue;
        } else {
            let (dirty, clean): (Vec<_>, Vec<_>) =
                tasks.into_iter().partition(|task| is_task_dirty(&service, task, Some(&node)));
            if clean.is_empty() {
                add_task(draft, &service, id);
            }
            shutdown(draft, clean.get(1..).unwrap_or_default());
            shutdown(draft, &dirty);
        }
    }
}

fn restart(draft: &mut Draft<'_>, sup: &mut Supervisor, id: TaskId) {
    let Some(task) = draft.task(id).cloned() else { return };
    let Some(service) = task.service_id.and_then(|id| draft.service(id)).cloned() else { return };
    let Some(node) = task.node_id.and_then(|node| draft.node(node)).cloned() else { return };
    if task.desired_state > TaskState::Running || invalid_node(Some(&node)) {
        return;
    }
    if node.spec.availability == Availability::Pause || !fits(&service, &node) {
        set_desired(draft, id, TaskState::Shutdown, Source::Global);
    } else {
        sup.restart(draft, &service, id);
    }
}
