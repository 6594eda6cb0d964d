//! Replicated orchestrator: keeps the slots of every replicated service filled.
//!
//! | | |
//! |---|---|
//! | runs on | the leader; rebuilt from the store at every election |
//! | watches | services, tasks, nodes |
//! | writes | tasks: creates them, lowers their desired state |
//! | SwarmKit | `manager/orchestrator/replicated`, `design/orchestrators.md` |
//!
//! Events only mark services and tasks. The work happens once per commit, so a transaction
//! that touches a service three times is reconciled once, against its final state.
//!
//! **Invariant:** never picks a node. A new task leaves here without one.

use super::{
    Place, create_task, invalid_node, is_replicated, new_task, restart::Supervisor, set_desired,
    set_service_tasks_remove, updatable_tasks, update::Updater,
};
use crate::store::{Draft, StoreEvent};
use crate::{Source, Store, Trace};
use api::{NodeId, Object, Service, ServiceId, ServiceMode, Task, TaskId, TaskState};
use serde::{Deserialize, Serialize};
use share::Rc;
use std::collections::{BTreeMap, BTreeSet};

/// Forgotten when leadership is lost.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Replicated {
    dirty: BTreeSet<ServiceId>,
    deleted: BTreeSet<ServiceId>,
    restart: BTreeSet<TaskId>,
}

/// The updatable tasks of one slot.
type Slot = Vec<Rc<Task>>;

impl Replicated {
    /// A new leader has not seen earlier events, so every service is dirty.
    pub(crate) fn elected(store: &Store) -> Self {
        let dirty = store.services().filter(|s| is_replicated(s)).map(|s| s.id).collect();
        Self { dirty, ..Self::default() }
    }

    /// Called for each change of a committed transaction, in order.
    pub(crate) fn on_event(&mut self, event: &StoreEvent, store: &Store, sup: &mut Supervisor) {
        match event.object() {
            Object::Service(service) if is_replicated(service) => {
                if event.is_removal() {
                    self.dirty.remove(&service.id);
                    self.deleted.insert(service.id);
                } else {
                    self.dirty.insert(service.id);
                }
            }
            Object::Task(task) if event.is_removal() => {
                if task.desired_state <= TaskState::Running {
                    self.dirty.extend(service_of(store, task).map(|service| service.id));
                }
                sup.cancel(task.id);
            }
            Object::Task(task) => self.check_task(store, task),
            Object::Node(node) => {
                if event.is_removal() || invalid_node(Some(node)) {
                    for task in store.tasks_of_node(node.id) {
                        if task.desired_state <= TaskState::Running {
                            self.restart.extend(service_of(store, task).map(|_| task.id));
                        }
                    }
                }
            }
            Object::Cluster(_)
            | Object::Service(_)
            | Object::Network(_)
            | Object::Secret(_)
            | Object::Config(_) => {}
        }
    }

    /// A live task that ended or sits on a lost node is restarted.
    pub(crate) fn check_task(&mut self, store: &Store, task: &Task) {
        if task.desired_state > TaskState::Running || service_of(store, task).is_none() {
            return;
        }
        let lost = task.node_id.is_some_and(|node| invalid_node(store.node(node)));
        if task.status.state > TaskState::Running || lost {
            self.restart.insert(task.id);
        }
    }

    /// Called after the last event of a transaction.
    pub(crate) fn run(
        &mut self,
        draft: &mut Draft<'_>,
        sup: &mut Supervisor,
        updater: &mut Updater,
    ) {
        for id in std::mem::take(&mut self.deleted) {
            set_service_tasks_remove(draft, id, Source::Replicated);
            sup.forget_service(id);
            updater.forget_service(id);
        }
        for id in std::mem::take(&mut self.restart) {
            let Some(task) = draft.task(id).cloned() else { continue };
            let Some(service) = service_of(draft, &task).cloned() else { continue };
            if task.desired_state <= TaskState::Running {
                sup.restart(draft, &service, id);
            }
        }
        for id in std::mem::take(&mut self.dirty) {
            if let Some(service) = draft.service(id).cloned() {
                reconcile(draft, &service, sup, updater);
            }
        }
    }
}

fn service_of<'a>(store: &'a Store, task: &Task) -> Option<&'a Rc<Service>> {
    store.service(task.service_id?).filter(|service| is_replicated(service))
}

fn reconcile(
    draft: &mut Draft<'_>,
    service: &Rc<Service>,
    sup: &mut Supervisor,
    updater: &mut Updater,
) {
    let ServiceMode::Replicated { replicas: want } = service.spec.mode else { return };
    let mut all: BTreeMap<u64, Slot> = BTreeMap::new();
    for task in draft.tasks_of_service(service.id) {
        all.entry(task.slot).or_default().push(Rc::clone(task));
    }
    let mut live: BTreeMap<u64, Slot> = BTreeMap::new();
    let mut dead: BTreeMap<u64, Slot> = BTreeMap::new();
    for (number, tasks) in all {
        let updatable = updatable_tasks(sup, service, &tasks);
        if updatable.is_empty() {
            dead.insert(number, tasks);
        } else {
            live.insert(number, updatable);
        }
    }
    let have = u64::try_from(live.len()).unwrap_or(u64::MAX);
    let name = service.spec.annotations.name.clone();
    if want > have {
        updater.update(draft, sup, service, live.values().cloned().collect());
        draft.why(Trace::TooFewSlots { service: service.id, name, have, want });
        for number in (1..).filter(|slot| !live.contains_key(slot)).take_while_count(want - have) {
            dead.remove(&number);
            let task = new_task(draft, service, Place::Slot(number));
            create_task(draft, task, Source::Replicated);
        }
        delete_dead(draft, dead);
    } else if want < have {
        draft.why(Trace::TooManySlots { service: service.id, name, have, want });
        let mut kept = victims_last(live);
        let keep = usize::try_from(want).unwrap_or(usize::MAX).min(kept.len());
        let removed = kept.split_off(keep);
        updater.update(draft, sup, service, kept.into_iter().map(|(slot, _)| slot).collect());
        delete_dead(draft, dead);
        for (slot, copies) in removed {
            remove_slot(draft, service, &slot, copies);
        }
    } else {
        delete_dead(draft, dead);
        updater.update(draft, sup, service, live.into_values().collect());
    }
}

/// Orders slots so that those to go come last, each with its number among the service's
/// copies on its node: unassigned and half-updated slots first to go, then copies on the
/// fullest nodes, then tasks that do not run yet, then high slot numbers.
fn victims_last(live: BTreeMap<u64, Slot>) -> Vec<(Slot, Option<u64>)> {
    let runs = |slot: &Slot| slot.iter().any(|task| task.status.state == TaskState::Running);
    let mut slots: Vec<Slot> = live.into_values().collect();
    slots.sort_by_key(|slot| (!runs(slot), slot.first().map(|task| task.slot)));
    let mut copies: BTreeMap<NodeId, u64> = BTreeMap::new();
    let mut indexed: Vec<(Slot, Option<u64>)> = slots
        .into_iter()
        .map(|slot| {
            let node = match slot.as_slice() {
                [only] => only.node_id,
                _ => None,
            };
            let index = node.map(|node| {
                let count = copies.entry(node).or_default();
                *count += 1;
                *count
            });
            (slot, index)
        })
        .collect();
    indexed.sort_by_key(|(_, index)| index.unwrap_or(u64::MAX));
    indexed
}

fn remove_slot(draft: &mut Draft<'_>, service: &Service, slot: &Slot, copies: Option<u64>) {
    if let Some(first) = slot.first() {
        draft.why(Trace::SlotRemoved {
            service: service.id,
            name: service.spec.annotations.name.clone(),
            slot: first.slot,
            node: first.node_id,
            copies: copies.unwrap_or(0),
        });
    }
    for task in slot {
        set_desired(draft, task.id, TaskState::Remove, Source::Replicated);
    }
}

fn delete_dead(draft: &mut Draft<'_>, dead: BTreeMap<u64, Slot>) {
    for task in dead.into_values().flatten() {
        draft.remove_task(task.id);
    }
}

/// `take` for counts that may not fit a `usize`.
trait TakeCount: Iterator + Sized {
    fn take_while_count(self, count: u64) -> impl Iterator<Item = Self::Item> {
        self.zip(0..count).map(|(item, _)| item)
    }
}

impl<I: Iterator> TakeCount for I {}
