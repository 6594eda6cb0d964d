//! Scheduler: gives every pending task a node, or says why none will do.
//!
//! | | |
//! |---|---|
//! | runs on | the leader: at its start, then 50 ms after the last commit, at most 1 s late |
//! | watches | tasks, nodes |
//! | writes | node, state ASSIGNED and message of tasks, or the error of those that wait |
//! | SwarmKit | `manager/scheduler` |
//!
//! Tasks of one service and spec version are placed as a group. What SwarmKit leaves to the
//! order of Go's maps is drawn: which of equally good nodes comes first (stream `scheduler`,
//! see `spread`), and which task of a group gets which of the places found (stream
//! `scheduler.slots`: for each task by slot, one `pick` among the places left, listed by host
//! name, then id, unless they are all the same).
//!
//! **Invariant:** never looks at limits, only at reservations.

pub(crate) mod constraint;
mod filter;
pub(crate) mod nodeinfo;
mod spread;

use crate::orchestrator::{after, label};
use crate::store::{Draft, StoreEvent};
use crate::{Store, Trace};
use api::{Node, NodeId, Object, ServiceId, Task, TaskId, TaskState, Timestamp, Version};
use filter::Pipeline;
use nodeinfo::{NodeInfo, VersionedService};
use serde::{Deserialize, Serialize};
use spread::{Nodes, Spread};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// Pause after a commit before the next pass.
const DEBOUNCE_US: u64 = 50_000;
/// No pass waits longer than this.
const MAX_LATENCY_US: u64 = 1_000_000;
/// How long a failure counts.
const FAILURE_MEMORY_US: u64 = 300_000_000;

/// Queues and memory of failures.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Scheduler {
    unassigned: BTreeSet<TaskId>,
    preassigned: BTreeSet<TaskId>,
    /// Tasks whose node was preset: their failures say nothing about the choice.
    was_preassigned: BTreeSet<TaskId>,
    #[serde(with = "sim::entries")]
    failures: BTreeMap<(NodeId, VersionedService), Vec<Timestamp>>,
    tick: bool,
    due: Option<Timestamp>,
    first_commit: Timestamp,
}

impl Scheduler {
    /// Queues every pending task; the first pass is due at once.
    pub(crate) fn elected(store: &Store, now: Timestamp) -> Self {
        let mut scheduler = Self { tick: true, due: Some(now), ..Self::default() };
        for task in store.tasks() {
            if task.desired_state <= TaskState::Complete || task.status.state > TaskState::Pending {
                scheduler.note(task, None, now);
            }
        }
        scheduler
    }

    pub(crate) fn on_event(&mut self, event: &StoreEvent, now: Timestamp) {
        match event.object() {
            Object::Task(task) if event.is_removal() => self.forget(task.id),
            Object::Task(task) => self.note(task, event.old_task(), now),
            Object::Node(node) => {
                if event.is_removal() {
                    self.failures.retain(|(of, _), _| *of != node.id);
                }
                self.tick = true;
            }
            Object::Cluster(_)
            | Object::Service(_)
            | Object::Network(_)
            | Object::Secret(_)
            | Object::Config(_) => {}
        }
    }

    /// After the last event of a transaction: the pass waits a little for more.
    pub(crate) fn on_commit(&mut self, now: Timestamp) {
        if !self.tick && self.preassigned.is_empty() {
            return;
        }
        if self.due.is_none() {
            self.first_commit = now;
        }
        let latest = after(self.first_commit, MAX_LATENCY_US);
        self.due = Some(after(now, DEBOUNCE_US).min(latest.max(now)));
    }

    /// A pass now, whatever changed: for cases that ask for one pass at a time.
    pub(crate) fn force(&mut self, now: Timestamp) {
        self.tick = true;
        self.due = Some(now);
    }

    fn forget(&mut self, id: TaskId) {
        self.unassigned.remove(&id);
        self.preassigned.remove(&id);
        self.was_preassigned.remove(&id);
        self.tick = true;
    }

    fn note(&mut self, task: &Rc<Task>, old: Option<&Rc<Task>>, now: Timestamp) {
        let state = task.status.state;
        if state < TaskState::Pending {
            return;
        }
        if state > TaskState::Running {
            let ended = old.is_some_and(|old| old.status.state <= TaskState::Running);
            if ended && matches!(state, TaskState::Failed | TaskState::Rejected) {
                self.task_failed(task, now);
            }
            if old.is_none_or(|old| old.status.state <= TaskState::Running) {
                self.forget(task.id);
            }
            return;
        }
        match task.node_id {
            None => {
                self.unassigned.insert(task.id);
                self.tick = true;
            }
            Some(_) if state == TaskState::Pending => {
                self.preassigned.insert(task.id);
                self.was_preassigned.insert(task.id);
            }
            Some(_) => {}
        }
    }

    fn task_failed(&mut self, task: &Task, now: Timestamp) {
        if self.was_preassigned.contains(&task.id) {
            return;
        }
        let Some(node) = task.node_id else { return };
        let times = self.failures.entry((node, (task.service_id, task.spec_version)));
        let times = times.or_default();
        times.retain(|at| now.since_us(*at) < FAILURE_MEMORY_US);
        times.push(now);
    }

    fn recent_failures(&self, node: NodeId, of: VersionedService, now: Timestamp) -> u64 {
        let recent = self.failures.get(&(node, of)).map_or(0, |times| {
            times.iter().filter(|at| now.since_us(**at) < FAILURE_MEMORY_US).count()
        });
        u64::try_from(recent).unwrap_or(u64::MAX)
    }

    pub(crate) fn next_wakeup(&self) -> Option<Timestamp> {
        self.due
    }

    /// Whether a task waits for a node.
    pub(crate) fn is_queued(&self, task: TaskId) -> bool {
        self.unassigned.contains(&task) || self.preassigned.contains(&task)
    }

    /// Failures of a service on a node under any spec version.
    pub(crate) fn failures(&self, node: NodeId, service: ServiceId, now: Timestamp) -> u64 {
        self.failures
            .keys()
            .filter(|(of, (id, _))| *of == node && *id == Some(service))
            .map(|(of, versioned)| self.recent_failures(*of, *versioned, now))
            .sum()
    }

    /// One pass, if it is due: preassigned tasks, groups, single tasks.
    pub(crate) fn run(&mut self, draft: &mut Draft<'_>) {
        if self.due.is_none_or(|due| due > draft.now) {
            return;
        }
        self.due = None;
        let tick = std::mem::take(&mut self.tick);
        if self.preassigned.is_empty() && (!tick || self.unassigned.is_empty()) {
            return;
        }
        let mut nodes: Nodes =
            draft.nodes().map(|node| (node.id, NodeInfo::new(draft, node))).collect();
        self.confirm_preassigned(draft, &mut nodes);
        if tick {
            for group in self.take_groups(draft) {
                self.place_group(draft, &mut nodes, &group);
            }
        }
    }

    fn confirm_preassigned(&mut self, draft: &mut Draft<'_>, nodes: &mut Nodes) {
        for id in self.preassigned.clone() {
            let Some(task) = draft.task(id).cloned() else { continue };
            if task.status.state != TaskState::Pending || task.desired_state > TaskState::Complete {
                self.preassigned.remove(&id);
                continue;
            }
            let Some(info) = task.node_id.and_then(|node| nodes.get_mut(&node)) else { continue };
            let mut pipeline = Pipeline::new(draft, &task);
            if pipeline.process(info) {
                self.preassigned.remove(&id);
                let claimed = info.add(&task);
                let node = Rc::clone(&info.node);
                assign(draft, &task, &node, claimed, true);
            } else {
                explain(draft, &task, pipeline.explain());
            }
        }
    }

    /// Unassigned tasks that can be placed: those of one spec together, others alone.
    fn take_groups(&mut self, store: &Store) -> Vec<Vec<Rc<Task>>> {
        let mut groups: BTreeMap<(Option<ServiceId>, Version), Vec<Rc<Task>>> = BTreeMap::new();
        let mut single = Vec::new();
        for id in std::mem::take(&mut self.unassigned) {
            let Some(task) = store.task(id) else { continue };
            if task.node_id.is_some() || task.status.state != TaskState::Pending {
                continue;
            }
            match task.spec_version {
                Some(version) => {
                    groups.entry((task.service_id, version)).or_default().push(Rc::clone(task));
                }
                None => single.push(vec![Rc::clone(task)]),
            }
        }
        let mut all: Vec<Vec<Rc<Task>>> = groups.into_values().collect();
        for group in &mut all {
            group.sort_by_key(|task| (task.slot, task.id));
        }
        all.extend(single);
        all
    }

    fn place_group(&mut self, draft: &mut Draft<'_>, nodes: &mut Nodes, group: &[Rc<Task>]) {
        let Some(first) = group.first() else { return };
        let versioned = (first.service_id, first.spec_version);
        for (id, info) in nodes.iter_mut() {
            info.failures = self.recent_failures(*id, versioned, draft.now);
        }
        let pipeline = Pipeline::new(draft, first);
        let mut found = Spread {
            nodes,
            pipeline,
            draws: draft.rng.stream("scheduler"),
            task: first,
            placed: Vec::new(),
            ties: Vec::new(),
        };
        found.place(u64::try_from(group.len()).unwrap_or(u64::MAX));
        let (mut places, ties, reason) =
            (found.placed.clone(), found.ties.clone(), found.explain());
        for (nodes, chosen) in ties {
            draft.why(Trace::Tie { task: first.id, name: label(first), nodes, chosen });
        }
        let known = |id: &NodeId| {
            let node = nodes.get(id).map(|info| Rc::clone(&info.node));
            (node.as_ref().map_or_else(String::new, |node| hostname(node)), *id)
        };
        places.sort_by_key(|id| known(id));
        let mut generic = GenericLeft::new(draft, &places);
        // tasks beyond the places found wait: the last ones by slot
        let fitting = group.len().min(places.len());
        let (placed, waiting) = group.split_at(fitting);
        for task in placed {
            let Some(node) = take_place(draft, &mut places) else { break };
            let claimed = generic.claim(node, task);
            if let Some(node) = draft.node(node).cloned() {
                assign(draft, task, &node, claimed, false);
            }
        }
        for task in waiting {
            self.no_suitable_node(draft, task, &reason);
        }
    }

    fn no_suitable_node(&mut self, draft: &mut Draft<'_>, task: &Task, reason: &str) {
        let Some(service) = task.service_id.and_then(|id| draft.service(id)) else { return };
        let outdated = matches!(
            (service.spec_version, task.spec_version),
            (Some(new), Some(old)) if new > old
        );
        if outdated && task.desired_state >= TaskState::Shutdown {
            let now = draft.now;
            draft.update_task(task.id, |task| {
                task.status.timestamp = now;
                task.status.state = TaskState::Shutdown;
                task.status.err = String::new();
            });
            return;
        }
        self.unassigned.insert(task.id);
        let err = if reason.is_empty() {
            "no suitable node".to_owned()
        } else {
            format!("no suitable node ({reason})")
        };
        explain(draft, task, err);
    }
}

/// Draws one of the places left for the next task.
fn take_place(draft: &mut Draft<'_>, places: &mut Vec<NodeId>) -> Option<NodeId> {
    let count = u32::try_from(places.len()).unwrap_or(u32::MAX);
    let same = places.first() == places.last();
    let index = if same { Some(0) } else { draft.rng.stream("scheduler.slots").pick(count) };
    let index = index.and_then(|index| usize::try_from(index).ok())?;
    (index < places.len()).then(|| places.remove(index))
}

/// Generic resources of the nodes a group goes to, before it goes there.
struct GenericLeft(Nodes);

impl GenericLeft {
    fn new(store: &Store, places: &[NodeId]) -> Self {
        let nodes = places.iter().filter_map(|id| store.node(*id));
        Self(nodes.map(|node| (node.id, NodeInfo::new(store, node))).collect())
    }

    fn claim(&mut self, node: NodeId, task: &Task) -> Vec<api::GenericResource> {
        if task.spec.reservations.generic.is_empty() {
            return Vec::new();
        }
        self.0.get_mut(&node).map(|info| info.add(task)).unwrap_or_default()
    }
}

fn hostname(node: &Node) -> String {
    node.description.as_ref().map_or_else(String::new, |about| about.hostname.clone())
}

fn assign(
    draft: &mut Draft<'_>,
    task: &Task,
    node: &Node,
    claimed: Vec<api::GenericResource>,
    preassigned: bool,
) {
    let now = draft.now;
    let message = if preassigned {
        "scheduler confirmed task can run on preassigned node"
    } else {
        "scheduler assigned task to node"
    };
    draft.update_task(task.id, |task| {
        task.node_id = Some(node.id);
        task.assigned_generic_resources = claimed;
        task.status.state = TaskState::Assigned;
        task.status.timestamp = now;
        task.status.message = message.to_owned();
        task.status.err = String::new();
    });
    let name = node.description.as_ref().map(|about| about.hostname.clone());
    draft.why(Trace::Assigned {
        task: task.id,
        name: label(task),
        node: node.id,
        node_name: name.unwrap_or_else(|| node.id.short().to_owned()),
        preassigned,
    });
}

/// Writes why a task waits, unless it already says so.
fn explain(draft: &mut Draft<'_>, task: &Task, err: String) {
    if task.status.err == err {
        return;
    }
    let now = draft.now;
    draft.why(Trace::NoSuitableNode { task: task.id, name: label(task), err: err.clone() });
    draft.update_task(task.id, |task| {
        task.status.timestamp = now;
        task.status.err = err;
    });
}
