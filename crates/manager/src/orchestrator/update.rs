//! Updater: moves the slots of a service to its current spec, and back if that fails.
//!
//! | | |
//! |---|---|
//! | runs on | the leader; a new leader starts over with the slots that are still dirty |
//! | watches | tasks of services under update |
//! | writes | tasks, the service's update status, its spec on a rollback |
//! | SwarmKit | `manager/orchestrator/update` |
//!
//! One [`Update`] per service with `parallelism` workers; a worker is a phase of one slot.
//! Slots are taken in random order, one draw of the stream `updater` each, among the slots
//! left in order of their number.
//!
//! As in SwarmKit, a worker waits without end for a new task that was told to stop before a
//! node took it. Other than there, it goes on once that task is deleted.

use super::{
    DEFAULT_DELAY_US, Place, after, create_task, is_global, is_task_dirty, micros, new_task,
    restart::Supervisor, set_desired,
};
use crate::store::{Draft, StoreEvent};
use crate::{Source, Store, Trace};
use api::{
    FailureAction, NodeId, Service, ServiceId, ServiceSpec, Task, TaskId, TaskState, Timestamp,
    UpdateConfig, UpdateOrder, UpdateState, UpdateStatus,
};
use serde::{Deserialize, Serialize};
use share::Rc;
use std::collections::{BTreeMap, BTreeSet};

/// Most waiting slots that the trace lists.
const TOLD: usize = 16;

/// The members of a slot when the update began.
type Slot = Vec<Rc<Task>>;

/// All updates under way.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Updater {
    updates: BTreeMap<ServiceId, Update>,
}

/// One update.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Update {
    service: Rc<Service>,
    config: UpdateConfig,
    rolling_back: bool,
    waiting: Vec<Slot>,
    workers: Vec<Worker>,
    parallelism: u64,
    dirty_slots: u32,
    /// Tasks made by this update and when they were seen running.
    updated: BTreeMap<TaskId, Option<Timestamp>>,
    /// Tasks that ended and were not yet looked at.
    ended: BTreeSet<TaskId>,
    failed: BTreeSet<TaskId>,
    stopped: bool,
    monitor_until: Option<Timestamp>,
}

/// What a worker waits for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Worker {
    /// The new task's start.
    Starting { task: TaskId, stop_after: Option<Slot> },
    /// The new task to run.
    Coming { task: TaskId, stop_after: Option<Slot> },
    /// The start of a clean task that was already there.
    Existing { task: TaskId },
    /// The pause between two slots.
    Pausing { until: Timestamp },
}

impl Updater {
    /// Brings slots up to date, unless the same spec is being rolled out already
    /// (SwarmKit `Supervisor.Update`).
    pub(crate) fn update(
        &mut self,
        draft: &mut Draft<'_>,
        sup: &mut Supervisor,
        service: &Rc<Service>,
        slots: Vec<Slot>,
    ) {
        if self.updates.get(&service.id).is_some_and(|u| same_spec(u, &service.spec)) {
            return;
        }
        self.updates.remove(&service.id);
        if let Some(mut update) = begin(draft, service, slots)
            && !update.run(draft, sup)
        {
            self.updates.insert(service.id, update);
        }
    }

    /// A deleted service is not updated.
    pub(crate) fn forget_service(&mut self, service: ServiceId) {
        self.updates.remove(&service);
    }

    pub(crate) fn on_event(&mut self, event: &StoreEvent) {
        let (Some(task), Some(_)) = (event.task(), event.old_task()) else { return };
        if task.status.state > TaskState::Running
            && let Some(update) = task.service_id.and_then(|id| self.updates.get_mut(&id))
        {
            update.ended.insert(task.id);
        }
    }

    pub(crate) fn run(&mut self, draft: &mut Draft<'_>, sup: &mut Supervisor) {
        self.updates.retain(|_, update| !update.run(draft, sup));
    }

    pub(crate) fn next_wakeup(&self) -> Option<Timestamp> {
        self.updates.values().flat_map(Update::times).min()
    }
}

fn same_spec(update: &Update, spec: &ServiceSpec) -> bool {
    *update.service.spec == *spec
}

/// Decides whether there is anything to do, and says that an update is in progress.
fn begin(draft: &mut Draft<'_>, service: &Rc<Service>, slots: Vec<Slot>) -> Option<Update> {
    let state = service.update_status.as_ref().map(|status| status.state);
    if matches!(state, Some(UpdateState::Paused | UpdateState::RollbackPaused)) {
        return None;
    }
    let waiting: Vec<Slot> =
        slots.into_iter().filter(|slot| is_slot_dirty(draft, service, slot)).collect();
    if waiting.is_empty() {
        if matches!(state, Some(UpdateState::Updating | UpdateState::RollbackStarted)) {
            complete(draft, service.id);
        }
        return None;
    }
    if state.is_none() {
        let status = UpdateStatus {
            state: UpdateState::Updating,
            started_at: Some(draft.now),
            completed_at: None,
            message: "update in progress".to_owned(),
        };
        write_status(draft, service.id, status);
    }
    let rolling_back = state == Some(UpdateState::RollbackStarted);
    let config =
        if rolling_back { service.spec.rollback.clone() } else { service.spec.update.clone() }
            .unwrap_or_default();
    let dirty_slots = u32::try_from(waiting.len()).unwrap_or(u32::MAX);
    let parallelism =
        if config.parallelism == 0 { u64::from(dirty_slots) } else { config.parallelism };
    Some(Update {
        service: Rc::clone(service),
        config,
        rolling_back,
        waiting,
        workers: Vec::new(),
        parallelism,
        dirty_slots,
        updated: BTreeMap::new(),
        ended: BTreeSet::new(),
        failed: BTreeSet::new(),
        stopped: false,
        monitor_until: None,
    })
}

impl Update {
    /// Does what can be done now; true: the update is over.
    fn run(&mut self, draft: &mut Draft<'_>, sup: &mut Supervisor) -> bool {
        for worker in std::mem::take(&mut self.workers) {
            let next = self.advance(draft, sup, worker);
            self.workers.extend(next);
        }
        if self.look_at_failures(draft) {
            self.stopped = true;
            self.waiting.clear();
        }
        while self.has_free_worker() && !self.waiting.is_empty() {
            let from = self.told();
            let slot = self.take_slot(draft);
            let worker = self.start_slot(draft, sup, &slot, from);
            self.workers.push(worker);
            if let Some(worker) = self.workers.pop() {
                let next = self.advance(draft, sup, worker);
                self.workers.extend(next);
            }
        }
        if !self.workers.is_empty() || !self.waiting.is_empty() {
            return false;
        }
        if self.stopped {
            return true;
        }
        let monitor = self.monitor_us();
        let until = *self.monitor_until.get_or_insert(after(draft.now, monitor));
        if until > draft.now {
            return false;
        }
        complete(draft, self.service.id);
        true
    }

    fn has_free_worker(&self) -> bool {
        u64::try_from(self.workers.len()).is_ok_and(|busy| busy < self.parallelism)
    }

    fn monitor_us(&self) -> u64 {
        let monitor = self.config.monitor_ns.map_or(DEFAULT_DELAY_US, micros);
        let delay = micros(self.config.delay_ns);
        if delay >= monitor { delay.saturating_add(1_000_000) } else { monitor }
    }

    /// The slots that wait, for the trace.
    fn told(&self) -> Vec<u64> {
        let few = self.waiting.len() <= TOLD && !is_global(&self.service);
        let waiting = self.waiting.iter().filter(|_| few);
        waiting.filter_map(|slot| slot.first()).map(|task| task.slot).collect()
    }

    fn take_slot(&mut self, draft: &mut Draft<'_>) -> Slot {
        let left = u32::try_from(self.waiting.len()).unwrap_or(u32::MAX);
        let drawn = if left > 1 { draft.rng.stream("updater").pick(left) } else { Some(0) };
        let index = drawn.and_then(|index| usize::try_from(index).ok()).unwrap_or(0);
        if index < self.waiting.len() { self.waiting.remove(index) } else { Vec::new() }
    }

    fn start_slot(
        &mut self,
        draft: &mut Draft<'_>,
        sup: &mut Supervisor,
        slot: &Slot,
        from: Vec<u64>,
    ) -> Worker {
        let done = self.pause(draft.now);
        let Some(first) = slot.first() else { return done };
        draft.why(Trace::UpdateSlot {
            service: self.service.id,
            name: self.service.spec.annotations.name.clone(),
            slot: first.slot,
            node: first.node_id,
            of: from,
        });
        let clean: Vec<_> = slot.iter().filter(|task| !self.is_dirty(draft, task)).collect();
        let running = clean.iter().find(|task| task.desired_state == TaskState::Running);
        let existing =
            running.or(clean.iter().rfind(|task| task.desired_state < TaskState::Running));
        match existing {
            Some(existing) => use_existing(draft, sup, slot, existing).unwrap_or(done),
            None => self.replace(draft, sup, slot, first).unwrap_or(done),
        }
    }

    /// A new task for the slot; `None` if its old ones were shut down by someone else.
    fn replace(
        &mut self,
        draft: &mut Draft<'_>,
        sup: &mut Supervisor,
        slot: &Slot,
        first: &Task,
    ) -> Option<Worker> {
        draft.service(self.service.id)?;
        let place = match first.node_id {
            Some(node) if is_global(&self.service) => Place::Node(node),
            _ => Place::Slot(first.slot),
        };
        let start_first = self.config.order == UpdateOrder::StartFirst;
        if !start_first && !removable(draft, slot) {
            return None;
        }
        let mut task = new_task(draft, &self.service, place);
        task.desired_state = TaskState::Ready;
        let id = task.id;
        self.updated.insert(id, None);
        create_task(draft, task, Source::Updater);
        let old = if start_first { None } else { remove_old(draft, slot) };
        sup.delay_start(draft.now, id, 0, old);
        Some(Worker::Starting { task: id, stop_after: start_first.then(|| slot.clone()) })
    }

    /// What a worker waits for next; `None`: it is free.
    fn advance(
        &mut self,
        draft: &mut Draft<'_>,
        sup: &Supervisor,
        worker: Worker,
    ) -> Option<Worker> {
        match worker {
            Worker::Starting { task, .. } | Worker::Existing { task } if sup.is_waiting(task) => {
                Some(worker)
            }
            Worker::Starting { task, stop_after } => {
                self.advance(draft, sup, Worker::Coming { task, stop_after })
            }
            Worker::Existing { .. } => Some(self.pause(draft.now)).filter(Worker::waits),
            Worker::Coming { task, stop_after } => {
                let state = draft.task(task).map(|task| task.status.state);
                if state.is_some_and(|state| state < TaskState::Running) {
                    return Some(Worker::Coming { task, stop_after });
                }
                if state.is_some() {
                    self.updated.insert(task, Some(draft.now));
                }
                if state == Some(TaskState::Running)
                    && let Some(slot) = stop_after
                    && removable(draft, &slot)
                {
                    remove_old(draft, &slot);
                }
                Some(self.pause(draft.now)).filter(Worker::waits)
            }
            Worker::Pausing { until } if until > draft.now => Some(worker),
            Worker::Pausing { .. } => None,
        }
    }

    fn pause(&self, now: Timestamp) -> Worker {
        let delay = micros(self.config.delay_ns);
        Worker::Pausing { until: if delay == 0 { Timestamp(0) } else { after(now, delay) } }
    }

    fn is_dirty(&self, store: &Store, task: &Task) -> bool {
        is_task_dirty(&self.service, task, task.node_id.and_then(|node| store.node(node)))
    }

    /// True if a failure ends the update here.
    fn look_at_failures(&mut self, draft: &mut Draft<'_>) -> bool {
        let monitor = self.monitor_us();
        for id in std::mem::take(&mut self.ended) {
            if self.stopped || self.config.failure_action == FailureAction::Continue {
                continue;
            }
            let counts = self
                .updated
                .get(&id)
                .is_some_and(|started| started.is_none_or(|at| draft.now.since_us(at) <= monitor));
            if !counts || !self.failed.insert(id) || !self.too_many() {
                continue;
            }
            self.fail(draft, id);
            return true;
        }
        false
    }

    fn too_many(&self) -> bool {
        let failed = u16::try_from(self.failed.len()).unwrap_or(u16::MAX);
        let slots = u16::try_from(self.dirty_slots).unwrap_or(u16::MAX);
        f32::from(failed) / f32::from(slots) > self.config.max_failure_ratio
    }

    fn fail(&self, draft: &mut Draft<'_>, task: TaskId) {
        let because = format!("due to failure or early termination of task {task}");
        match self.config.failure_action {
            FailureAction::Rollback if self.rolling_back => {
                pause_update(draft, self.service.id, format!("rollback paused {because}"));
            }
            FailureAction::Rollback => {
                roll_back(draft, self.service.id, format!("update rolled back {because}"));
            }
            FailureAction::Pause | FailureAction::Continue => {
                pause_update(draft, self.service.id, format!("update paused {because}"));
            }
        }
    }

    fn times(&self) -> impl Iterator<Item = Timestamp> {
        let pauses = self.workers.iter().filter_map(|worker| match worker {
            Worker::Pausing { until } => Some(*until),
            Worker::Starting { .. } | Worker::Coming { .. } | Worker::Existing { .. } => None,
        });
        pauses.chain(self.monitor_until)
    }
}

impl Worker {
    /// A pause of no length is no pause.
    fn waits(&self) -> bool {
        *self != Self::Pausing { until: Timestamp(0) }
    }
}

fn is_slot_dirty(store: &Store, service: &Service, slot: &Slot) -> bool {
    let dirty =
        |task: &Task| is_task_dirty(service, task, task.node_id.and_then(|node| store.node(node)));
    match slot.as_slice() {
        [] => false,
        [only] => dirty(only),
        _ => true,
    }
}

/// A clean task of the slot stays; the others go. `None`: there is nothing to wait for.
fn use_existing(
    draft: &mut Draft<'_>,
    sup: &mut Supervisor,
    slot: &Slot,
    existing: &Task,
) -> Option<Worker> {
    let others: Slot = slot.iter().filter(|task| task.id != existing.id).cloned().collect();
    if !removable(draft, &others) {
        return None;
    }
    let old = remove_old(draft, &others);
    if existing.desired_state == TaskState::Running {
        return None;
    }
    sup.delay_start(draft.now, existing.id, 0, old);
    Some(Worker::Existing { task: existing.id })
}

/// Whether the members that were live when the update began still are.
fn removable(store: &Store, slot: &Slot) -> bool {
    slot.iter()
        .filter(|task| task.desired_state <= TaskState::Running)
        .all(|task| store.task(task.id).is_some_and(|t| t.desired_state <= TaskState::Running))
}

/// Shuts the live members down; one of them, with its node, to wait for.
fn remove_old(draft: &mut Draft<'_>, slot: &Slot) -> Option<(TaskId, Option<NodeId>)> {
    let mut removed = None;
    for task in slot.iter().filter(|task| task.desired_state <= TaskState::Running) {
        if set_desired(draft, task.id, TaskState::Shutdown, Source::Updater) {
            removed = Some((task.id, task.node_id));
        }
    }
    removed
}

fn write_status(draft: &mut Draft<'_>, id: ServiceId, status: UpdateStatus) {
    let Some(service) = draft.service(id) else { return };
    let name = service.spec.annotations.name.clone();
    let (state, message) = (status.state, status.message.clone());
    draft.update_service(id, |service| service.update_status = Some(status));
    draft.why(Trace::UpdateState { service: id, name, state, message });
}

fn current(draft: &Draft<'_>, id: ServiceId) -> Option<UpdateStatus> {
    draft.service(id)?.update_status.clone()
}

/// The service may have been changed meanwhile, which takes the status away.
fn pause_update(draft: &mut Draft<'_>, id: ServiceId, message: String) {
    let Some(status) = current(draft, id) else { return };
    let state = match status.state {
        UpdateState::RollbackStarted => UpdateState::RollbackPaused,
        UpdateState::Updating
        | UpdateState::Paused
        | UpdateState::Completed
        | UpdateState::RollbackPaused
        | UpdateState::RollbackCompleted => UpdateState::Paused,
    };
    write_status(draft, id, UpdateStatus { state, message, ..status });
}

fn complete(draft: &mut Draft<'_>, id: ServiceId) {
    let Some(status) = current(draft, id) else { return };
    let rolled = status.state == UpdateState::RollbackStarted;
    let (state, message) = if rolled {
        (UpdateState::RollbackCompleted, "rollback completed")
    } else {
        (UpdateState::Completed, "update completed")
    };
    let completed_at = Some(draft.now);
    let message = message.to_owned();
    write_status(draft, id, UpdateStatus { state, message, completed_at, ..status });
}

fn roll_back(draft: &mut Draft<'_>, id: ServiceId, message: String) {
    let Some(status) = current(draft, id) else { return };
    let Some(previous) = draft.service(id).and_then(|service| service.previous_spec.clone()) else {
        return;
    };
    write_status(
        draft,
        id,
        UpdateStatus { state: UpdateState::RollbackStarted, message, ..status },
    );
    draft.update_service(id, |service| {
        service.spec = previous;
        service.spec_version = service.previous_spec_version;
        service.previous_spec = None;
        service.previous_spec_version = None;
    });
}
