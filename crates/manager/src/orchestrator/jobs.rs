//! Jobs orchestrator: runs tasks to completion, so many in all or one on each node.
//!
//! | | |
//! |---|---|
//! | runs on | the leader; rebuilt from the store at every election |
//! | watches | services, tasks |
//! | writes | tasks with desired state COMPLETE |
//! | SwarmKit | `manager/orchestrator/jobs` |
//!
//! As in 20.10 it does not watch nodes: a node that comes gets its task of a global job with
//! the next event of that service.
//!
//! **Left out:** 20.10 leaves the tasks of a deleted job running until the leader changes; here
//! they are removed with it, as later versions do.

use super::{
    Place, create_task, invalid_node, is_job, new_task, restart::Supervisor, set_desired,
    set_service_tasks_remove,
};
use crate::scheduler::constraint;
use crate::store::{Draft, StoreEvent};
use crate::{Source, Store};
use api::{
    Availability, NodeId, NodeState, Object, Service, ServiceId, ServiceMode, Task, TaskId,
    TaskState,
};
use serde::{Deserialize, Serialize};
use share::Rc;
use std::collections::BTreeSet;

/// Forgotten when leadership is lost.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Jobs {
    dirty: BTreeSet<ServiceId>,
    deleted: BTreeSet<ServiceId>,
}

impl Jobs {
    pub(crate) fn elected(store: &Store) -> Self {
        let dirty = store.services().filter(|s| is_job(s)).map(|s| s.id).collect();
        Self { dirty, ..Self::default() }
    }

    pub(crate) fn on_event(&mut self, event: &StoreEvent, store: &Store) {
        match event.object() {
            Object::Service(service) if is_job(service) => {
                if event.is_removal() {
                    self.dirty.remove(&service.id);
                    self.deleted.insert(service.id);
                } else {
                    self.dirty.insert(service.id);
                }
            }
            Object::Task(task) if event.old_task().is_some() => {
                if task.status.state > TaskState::Running
                    && task.desired_state <= TaskState::Complete
                    && let Some(service) = task.service_id.and_then(|id| store.service(id))
                    && is_job(service)
                {
                    self.dirty.insert(service.id);
                }
            }
            Object::Cluster(_)
            | Object::Node(_)
            | Object::Service(_)
            | Object::Task(_)
            | Object::Network(_)
            | Object::Secret(_)
            | Object::Config(_) => {}
        }
    }

    pub(crate) fn run(&mut self, draft: &mut Draft<'_>, sup: &mut Supervisor) {
        for id in std::mem::take(&mut self.deleted) {
            set_service_tasks_remove(draft, id, Source::Jobs);
            sup.forget_service(id);
        }
        for id in std::mem::take(&mut self.dirty) {
            let Some(service) = draft.service(id).cloned() else { continue };
            match service.spec.mode {
                ServiceMode::ReplicatedJob { max_concurrent, total_completions } => {
                    reconcile_replicated(draft, sup, &service, max_concurrent, total_completions);
                }
                ServiceMode::GlobalJob => reconcile_global(draft, sup, &service),
                ServiceMode::Replicated { .. } | ServiceMode::Global => {}
            }
        }
    }
}

fn iteration(service: &Service) -> u64 {
    service.job_status.as_ref().map_or(0, |status| status.job_iteration)
}

/// Tasks of this iteration and of earlier ones.
fn split(store: &Store, service: &Service) -> (Vec<Rc<Task>>, Vec<Rc<Task>>) {
    let current = iteration(service);
    store
        .tasks_of_service(service.id)
        .cloned()
        .partition(|task| task.job_iteration.unwrap_or(0) == current)
}

fn add_task(draft: &mut Draft<'_>, service: &Service, place: Place) {
    let mut task = new_task(draft, service, place);
    task.desired_state = TaskState::Complete;
    task.job_iteration = Some(iteration(service));
    create_task(draft, task, Source::Jobs);
}

/// Failed tasks go to the supervisor; the replacement takes their place.
fn restart_failed(draft: &mut Draft<'_>, sup: &mut Supervisor, service: &Service, ids: &[TaskId]) {
    for id in ids {
        sup.restart(draft, service, *id);
    }
}

fn ended_badly(task: &Task) -> bool {
    task.status.state > TaskState::Complete && task.desired_state <= TaskState::Complete
}

fn reconcile_replicated(
    draft: &mut Draft<'_>,
    sup: &mut Supervisor,
    service: &Service,
    max_concurrent: u64,
    total: u64,
) {
    let (current, old) = split(draft, service);
    for task in old.iter().filter(|task| task.status.state <= TaskState::Running) {
        set_desired(draft, task.id, TaskState::Remove, Source::Jobs);
    }
    let mut slots: BTreeSet<u64> = BTreeSet::new();
    let (mut complete, mut running) = (0_u64, 0_u64);
    let mut failed = Vec::new();
    for task in &current {
        if task.status.state == TaskState::Complete {
            complete += 1;
            slots.insert(task.slot);
        } else if task.desired_state <= TaskState::Complete {
            running += 1;
            slots.insert(task.slot);
            failed.extend(ended_badly(task).then_some(task.id));
        }
    }
    let possible = max_concurrent.saturating_sub(running);
    let needed = total.saturating_sub(complete).saturating_sub(running);
    let mut slot = 0;
    for _ in 0..possible.min(needed) {
        while !slots.insert(slot) {
            slot += 1;
        }
        add_task(draft, service, Place::Slot(slot));
    }
    restart_failed(draft, sup, service, &failed);
}

fn reconcile_global(draft: &mut Draft<'_>, sup: &mut Supervisor, service: &Service) {
    let (current, old) = split(draft, service);
    for task in &old {
        set_desired(draft, task.id, TaskState::Remove, Source::Jobs);
    }
    let mut served: BTreeSet<NodeId> = BTreeSet::new();
    let mut failed = Vec::new();
    for task in &current {
        let Some(node) = task.node_id else { continue };
        if invalid_node(draft.node(node)) {
            if task.status.state != TaskState::Complete {
                set_desired(draft, task.id, TaskState::Shutdown, Source::Jobs);
            }
            continue;
        }
        if task.desired_state <= TaskState::Complete {
            served.insert(node);
            failed.extend(ended_badly(task).then_some(task.id));
        }
    }
    let candidates: Vec<NodeId> = draft
        .nodes()
        .filter(|node| {
            node.status.state == NodeState::Ready
                && node.spec.availability == Availability::Active
                && constraint::node_matches(&service.spec.task.placement, node)
                && !served.contains(&node.id)
        })
        .map(|node| node.id)
        .collect();
    for node in candidates {
        add_task(draft, service, Place::Node(node));
    }
    restart_failed(draft, sup, service, &failed);
}
