//! What the dispatcher writes into the store.

use super::NodeUpdate;
use crate::Trace;
use crate::orchestrator::label;
use crate::store::Draft;
use api::{NodeId, TaskId, TaskState, TaskStatus};

pub(super) fn write_node(draft: &mut Draft<'_>, id: NodeId, update: NodeUpdate) {
    let NodeUpdate { state, message, addr, description } = update;
    if draft.node(id).is_none() {
        return;
    }
    let said = message.clone();
    draft.update_node(id, |node| {
        node.status.state = state;
        node.status.message = message;
        if let Some(addr) = addr {
            node.status.addr = addr;
        }
        node.description = description.or(node.description.take());
    });
    let about = draft.node(id).and_then(|node| node.description.as_ref());
    let hostname = about.map_or_else(String::new, |about| about.hostname.clone());
    draft.why(Trace::NodeState { node: id, hostname, state, message: said });
}

pub(super) fn write_task(draft: &mut Draft<'_>, id: TaskId, mut status: TaskStatus) {
    let Some(task) = draft.task(id) else { return };
    status.applied_at = task.status.applied_at;
    status.applied_by = task.status.applied_by;
    if task.status == status || task.status.state > status.state {
        return;
    }
    let name = label(task);
    draft.why(Trace::TaskStatus { task: id, name, state: status.state, err: status.err.clone() });
    let (now, me) = (draft.now, draft.me);
    draft.update_task(id, |task| {
        task.status = status;
        task.status.applied_at = Some(now);
        task.status.applied_by = Some(me);
    });
}

pub(super) fn orphan(draft: &mut Draft<'_>, node: NodeId) {
    let held = TaskState::Assigned..=TaskState::Running;
    let tasks: Vec<(TaskId, String)> = draft
        .tasks_of_node(node)
        .filter(|task| held.contains(&task.status.state))
        .map(|task| (task.id, label(task)))
        .collect();
    for (task, name) in tasks {
        draft.update_task(task, |task| task.status.state = TaskState::Orphaned);
        draft.why(Trace::Orphaned { task, name });
    }
}
