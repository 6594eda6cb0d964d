//! Task reaper: deletes removed tasks, and old tasks of slots whose history is too long.
//!
//! | | |
//! |---|---|
//! | runs on | the leader, 250 ms after the last event that matters |
//! | watches | tasks, the cluster's history limit |
//! | writes | deletes tasks |
//! | SwarmKit | `manager/orchestrator/taskreaper` |
//!
//! **Left out:** history of jobs, as in SwarmKit.

use super::{after, label, task_time};
use crate::store::{Draft, StoreEvent};
use crate::{Store, Trace};
use api::{NodeId, Object, Service, ServiceId, ServiceMode, Task, TaskId, TaskState, Timestamp};
use serde::{Deserialize, Serialize};
use share::Rc;
use std::collections::{BTreeMap, BTreeSet};

/// Pause between the last event and the work.
const BATCHING_US: u64 = 250_000;
/// More than this many waiting: work at once.
const MAX_DIRTY: usize = 1000;

/// A slot or, for global services, a node of a service.
type Key = (ServiceId, u64, Option<NodeId>);

/// What may have to go.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct TaskReaper {
    dirty: BTreeSet<Key>,
    cleanup: BTreeSet<TaskId>,
    due: Option<Timestamp>,
}

impl TaskReaper {
    /// Looks at the whole store once.
    pub(crate) fn elected(store: &Store, now: Timestamp) -> Self {
        let mut reaper = Self::default();
        for task in store.tasks() {
            reaper.note(store, task, true);
        }
        if !reaper.is_empty() {
            reaper.due = Some(now);
        }
        reaper
    }

    pub(crate) fn on_event(&mut self, event: &StoreEvent, store: &Store, now: Timestamp) {
        match event.object() {
            Object::Task(task) if !event.is_removal() => {
                self.note(store, task, event.is_creation());
            }
            Object::Cluster(_) => {}
            Object::Task(_)
            | Object::Node(_)
            | Object::Service(_)
            | Object::Network(_)
            | Object::Secret(_)
            | Object::Config(_) => return,
        }
        if self.dirty.len() + self.cleanup.len() > MAX_DIRTY {
            self.due = Some(now);
        } else if !self.is_empty() {
            self.due = Some(after(now, BATCHING_US));
        }
    }

    fn is_empty(&self) -> bool {
        self.dirty.is_empty() && self.cleanup.is_empty()
    }

    fn note(&mut self, store: &Store, task: &Task, created: bool) {
        let state = task.status.state;
        let stopped = state < TaskState::Assigned || state >= TaskState::Complete;
        let lost = state == TaskState::Orphaned && task.service_id.is_none();
        if lost || (task.desired_state == TaskState::Remove && stopped) {
            self.cleanup.insert(task.id);
        }
        if created && let Some(id) = task.service_id {
            let global = store
                .service(id)
                .is_some_and(|service| matches!(service.spec.mode, ServiceMode::Global));
            self.dirty.insert((id, task.slot, task.node_id.filter(|_| global)));
        }
    }

    pub(crate) fn next_wakeup(&self) -> Option<Timestamp> {
        self.due
    }

    pub(crate) fn run(&mut self, draft: &mut Draft<'_>) {
        if self.due.is_none_or(|due| due > draft.now) {
            return;
        }
        self.due = None;
        let mut gone: BTreeMap<TaskId, Option<i64>> =
            std::mem::take(&mut self.cleanup).into_iter().map(|id| (id, None)).collect();
        let limit = draft.cluster().map_or(5, |c| c.spec.task_history_retention_limit);
        self.dirty.retain(|key| match draft.service(key.0) {
            Some(service) => prune(draft, service, *key, limit, &mut gone),
            None => false,
        });
        for (id, history_limit) in gone {
            if let Some(name) = draft.task(id).map(|task| label(task)) {
                draft.why(Trace::TaskDeleted { task: id, name, history_limit });
                draft.remove_task(id);
            }
        }
    }
}

/// Picks the oldest finished tasks beyond the limit; true: look at the slot again later.
fn prune(
    store: &Store,
    service: &Service,
    (id, slot, node): Key,
    limit: i64,
    gone: &mut BTreeMap<TaskId, Option<i64>>,
) -> bool {
    let attempts = service.spec.task.restart.as_ref().and_then(|policy| policy.max_attempts);
    let mut keep = match attempts {
        Some(max) if max > 0 => i64::try_from(max).unwrap_or(i64::MAX).saturating_add(1),
        _ => limit,
    };
    if keep < 0 {
        return false;
    }
    let history: Vec<Rc<Task>> = match service.spec.mode {
        ServiceMode::Replicated { .. } => store.tasks_of_slot(id, slot).cloned().collect(),
        ServiceMode::Global => {
            store.tasks_of_slot(id, slot).filter(|task| task.node_id == node).cloned().collect()
        }
        ServiceMode::ReplicatedJob { .. } | ServiceMode::GlobalJob => return false,
    };
    let total = i64::try_from(history.len()).unwrap_or(i64::MAX);
    if total <= keep {
        return false;
    }
    let shown = keep;
    let mut history = history;
    history.sort_by_key(|task| task_time(task));
    let mut running = 0;
    for task in &history {
        let ended = task.status.state > TaskState::Running;
        let never_runs =
            task.status.state < TaskState::Assigned && task.desired_state > TaskState::Running;
        if ended || never_runs {
            gone.insert(task.id, Some(shown));
            keep += 1;
            if total <= keep {
                break;
            }
        } else {
            running += 1;
        }
    }
    running > 1
}
