//! What a new leader repairs before its orchestrators start.
//!
//! SwarmKit: `manager/orchestrator/taskinit`.

use super::{
    Place, after, global::Global, invalid_node, is_global, is_replicated, replicated::Replicated,
    restart, restart::Supervisor, set_desired,
};
use crate::Source;
use crate::store::Draft;
use api::{Service, ServiceId, Task, TaskState, Timestamp};
use share::Rc;
use std::collections::BTreeMap;

/// Deletes tasks of deleted services, restarts the dead, resumes delays, and rebuilds the
/// restart history from the tasks that are there.
pub(crate) fn check_tasks(
    draft: &mut Draft<'_>,
    sup: &mut Supervisor,
    replicated: &mut Replicated,
    global: &mut Global,
) {
    let tasks: Vec<Rc<Task>> = draft.tasks().cloned().collect();
    let mut history: BTreeMap<(ServiceId, Place), Vec<Rc<Task>>> = BTreeMap::new();
    for task in &tasks {
        let Some(id) = task.service_id else { continue };
        let Some(service) = draft.service(id).cloned() else {
            draft.remove_task(task.id);
            continue;
        };
        history.entry((id, Place::of(&service, task))).or_default().push(Rc::clone(task));
        fix(draft, &service, task, replicated, global);
        resume(draft, sup, task);
    }
    for ((service, place), tasks) in history {
        rebuild(sup, service, place, tasks);
    }
}

fn fix(
    draft: &mut Draft<'_>,
    service: &Service,
    task: &Task,
    replicated: &mut Replicated,
    global: &mut Global,
) {
    if is_replicated(service) {
        replicated.check_task(draft, task);
    } else if is_global(service) && task.desired_state <= TaskState::Running {
        let node = task.node_id.and_then(|node| draft.node(node));
        if invalid_node(node) {
            set_desired(draft, task.id, TaskState::Shutdown, Source::TaskInit);
        } else {
            global.check_task(draft, task);
        }
    }
}

/// A replacement that an earlier leader left waiting goes on waiting for the rest.
fn resume(draft: &mut Draft<'_>, sup: &mut Supervisor, task: &Task) {
    if task.desired_state != TaskState::Ready || task.status.state > TaskState::Complete {
        return;
    }
    let delay = restart::delay_of(task.spec.restart.as_ref());
    let begun = task.status.applied_at.unwrap_or(task.status.timestamp);
    let until = after(begun, delay);
    let rest = until.since_us(draft.now).min(delay);
    if rest > 0 {
        sup.delay_start(draft.now, task.id, rest, None);
    } else {
        restart::start_now(draft, task.id);
    }
}

/// All but the first task of the newest spec were restarts.
fn rebuild(sup: &mut Supervisor, service: ServiceId, place: Place, mut tasks: Vec<Rc<Task>>) {
    let created = |task: &Rc<Task>| -> (Timestamp, api::TaskId) { (task.meta.created_at, task.id) };
    let newest = tasks.iter().filter_map(|task| task.spec_version).max();
    tasks.retain(|task| newest.is_some() && task.spec_version == newest);
    tasks.sort_by_key(created);
    for task in tasks.iter().skip(1) {
        sup.record(service, place, task, task.meta.created_at);
    }
}
