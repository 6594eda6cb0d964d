//! Constraint enforcer: rejects tasks whose node no longer fits them.
//!
//! | | |
//! |---|---|
//! | runs on | the leader |
//! | watches | nodes |
//! | writes | observed state REJECTED |
//! | SwarmKit | `manager/orchestrator/constraintenforcer` |
//!
//! **Left out:** 20.10's inverted test of generic resources; the later, right one is here.

use super::label;
use crate::scheduler::{constraint, nodeinfo};
use crate::store::{Draft, StoreEvent};
use crate::{Store, Trace};
use api::{Availability, Node, NodeId, Resources, Task, TaskId, TaskState};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Nodes to look at.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct ConstraintEnforcer {
    dirty: BTreeSet<NodeId>,
}

impl ConstraintEnforcer {
    pub(crate) fn elected(store: &Store) -> Self {
        Self { dirty: store.nodes().map(|node| node.id).collect() }
    }

    pub(crate) fn on_event(&mut self, event: &StoreEvent) {
        if event.old_node().is_some() {
            self.dirty.extend(event.node().map(|node| node.id));
        }
    }

    pub(crate) fn run(&mut self, draft: &mut Draft<'_>) {
        for id in std::mem::take(&mut self.dirty) {
            let Some(node) = draft.node(id).cloned() else { continue };
            for task in misfits(draft, &node) {
                reject(draft, task, id);
            }
        }
    }
}

fn misfits(store: &Store, node: &Node) -> Vec<TaskId> {
    if node.spec.availability != Availability::Active {
        return Vec::new();
    }
    let mut left =
        node.description.as_ref().map(|about| about.resources.clone()).unwrap_or_default();
    let mut misfits = Vec::new();
    for task in store.tasks_of_node(node.id) {
        let wanted = (TaskState::Assigned..=TaskState::Complete).contains(&task.desired_state);
        if !wanted || task.status.state > TaskState::Running {
            continue;
        }
        let placement = task
            .service_id
            .and_then(|id| store.service(id))
            .map_or(&task.spec.placement, |service| &service.spec.task.placement);
        if !constraint::node_matches(placement, node) || !take(&mut left, task) {
            misfits.push(task.id);
        }
    }
    misfits
}

/// Takes what the task holds; false, and nothing taken, if it is no longer there.
fn take(left: &mut Resources, task: &Task) -> bool {
    let wanted = &task.spec.reservations;
    if wanted.memory_bytes > left.memory_bytes || wanted.nano_cpus > left.nano_cpus {
        return false;
    }
    if !nodeinfo::has_all(&left.generic, &task.assigned_generic_resources) {
        return false;
    }
    left.memory_bytes -= wanted.memory_bytes;
    left.nano_cpus -= wanted.nano_cpus;
    nodeinfo::remove_all(&mut left.generic, &task.assigned_generic_resources);
    true
}

fn reject(draft: &mut Draft<'_>, id: TaskId, node: NodeId) {
    let now = draft.now;
    let Some(name) = draft.task(id).map(|task| label(task)) else { return };
    draft.update_task(id, |task| {
        task.status.state = TaskState::Rejected;
        task.status.message = "task rejected by constraint enforcer".to_owned();
        task.status.err = "assigned node no longer meets constraints".to_owned();
        task.status.timestamp = now;
    });
    draft.why(Trace::Rejected { task: id, name, node });
}
