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
//! **Left out:** volumes of CSI plugins (they came after 20.10).
//!
//! **Invariant:** never looks at limits, only at reservations.

pub(crate) mod constraint;
mod filter;
mod left;
pub(crate) mod nodeinfo;
mod nodeset;
#[cfg(test)]
mod plain;
mod single;
mod spread;

use crate::orchestrator::{after, label};
use crate::store::{Draft, StoreEvent};
use crate::{Store, Trace};
use api::{NodeId, Object, ServiceId, Task, TaskId, TaskState, Timestamp, Version};
use filter::Pipeline;
use left::Left;
use nodeinfo::{NodeInfo, VersionedService};
use nodeset::Kept;
pub(crate) use nodeset::NodeSet;
use serde::{Deserialize, Serialize};
use share::Rc;
use sim::Stream;
use single::Best;
use spread::{Spread, Tie};
use std::collections::{BTreeMap, BTreeSet};

/// Pause after a commit before the next pass.
const DEBOUNCE_US: u64 = 50_000;
/// No pass waits longer than this.
const MAX_LATENCY_US: u64 = 1_000_000;
/// How long a failure counts.
const FAILURE_MEMORY_US: u64 = 300_000_000;

/// Tasks that wait for a node: those of one spec together, others alone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Waiting {
    groups: Vec<Vec<Rc<Task>>>,
    single: Vec<Rc<Task>>,
}

/// Queues and memory of failures.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Scheduler {
    unassigned: BTreeSet<TaskId>,
    preassigned: BTreeSet<TaskId>,
    /// Tasks whose node was preset: their failures say nothing about the choice.
    was_preassigned: BTreeSet<TaskId>,
    #[serde(with = "sim::entries")]
    failures: BTreeMap<(VersionedService, NodeId), Vec<Timestamp>>,
    #[serde(skip)]
    nodes: Kept,
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
        self.nodes.on_event(event);
        match event.object() {
            Object::Task(task) if event.is_removal() => self.forget(task.id),
            Object::Task(task) => self.note(task, event.old_task(), now),
            Object::Node(node) => {
                if event.is_removal() {
                    self.failures.retain(|(_, of), _| *of != node.id);
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
        let times = self.failures.entry(((task.service_id, task.spec_version), node));
        let times = times.or_default();
        times.retain(|at| now.since_us(*at) < FAILURE_MEMORY_US);
        times.push(now);
    }

    /// Recent failures of a service by position of the node; empty if there are none.
    fn failures_of(&self, nodes: &NodeSet, of: VersionedService, now: Timestamp) -> Vec<u64> {
        let mut failures = Vec::new();
        let all = self.failures.range((of, NodeId::LOWEST)..);
        for ((_, node), times) in all.take_while(|((service, _), _)| *service == of) {
            if let Some(at) = nodes.position(*node) {
                failures.resize(nodes.len(), 0);
                if let Some(count) = failures.get_mut(at) {
                    *count = recent(times, now);
                }
            }
        }
        failures
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
        let all = self.failures.iter();
        all.filter(|(((id, _), of), _)| *of == node && *id == Some(service))
            .map(|(_, times)| recent(times, now))
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
        let mut nodes = self.nodes.take(draft);
        self.confirm_preassigned(draft, &mut nodes);
        if tick {
            let mut generic = GenericLeft::default();
            let Waiting { groups, single } = self.take_waiting(draft);
            for group in groups {
                let choice = self.choose(draft, &mut nodes, &group);
                self.carry_out(draft, &nodes, &group, &choice, &mut generic);
            }
            let choices = self.choose_single(draft, &mut nodes, &single);
            for (task, choice) in single.iter().zip(&choices) {
                let group = std::slice::from_ref(task);
                self.carry_out(draft, &nodes, group, choice, &mut generic);
            }
        }
        self.nodes.keep(nodes);
    }

    /// Makes the set of nodes that passes keep.
    pub(crate) fn look(&mut self, store: &Store) {
        self.nodes.keep(NodeSet::new(store));
    }

    /// Decides where tasks go and writes nothing down; how many have a place.
    pub(crate) fn decide(
        &self,
        draft: &mut Draft<'_>,
        nodes: &mut NodeSet,
        waiting: &Waiting,
    ) -> usize {
        let groups = waiting.groups.iter();
        let placed: usize = groups.map(|group| self.choose(draft, nodes, group).places.len()).sum();
        let single = self.choose_single(draft, nodes, &waiting.single);
        placed + single.iter().map(|choice| choice.places.len()).sum::<usize>()
    }

    fn confirm_preassigned(&mut self, draft: &mut Draft<'_>, nodes: &mut NodeSet) {
        for id in self.preassigned.clone() {
            let Some(task) = draft.task(id).cloned() else { continue };
            if task.status.state != TaskState::Pending || task.desired_state > TaskState::Complete {
                self.preassigned.remove(&id);
                continue;
            }
            let Some(at) = task.node_id.and_then(|node| nodes.position(node)) else { continue };
            let mut pipeline = Pipeline::new(draft, &task);
            if pipeline.process(nodes, at) {
                self.preassigned.remove(&id);
                let claimed = nodes.add(at, &task);
                assign(draft, &task, nodes, at, claimed, true);
            } else {
                explain(draft, &task, pipeline.explain());
            }
        }
    }

    /// Takes the unassigned tasks that can be placed.
    pub(crate) fn take_waiting(&mut self, store: &Store) -> Waiting {
        let mut groups: BTreeMap<(Option<ServiceId>, Version), Vec<Rc<Task>>> = BTreeMap::new();
        let mut single = Vec::new();
        for task in store.tasks_among(&std::mem::take(&mut self.unassigned)) {
            if task.node_id.is_some() || task.status.state != TaskState::Pending {
                continue;
            }
            match task.spec_version {
                Some(version) => {
                    groups.entry((task.service_id, version)).or_default().push(Rc::clone(task));
                }
                None => single.push(Rc::clone(task)),
            }
        }
        let mut groups: Vec<Vec<Rc<Task>>> = groups.into_values().collect();
        for group in &mut groups {
            group.sort_by_cached_key(|task| (task.slot, task.id));
        }
        Waiting { groups, single }
    }

    /// Decides where the tasks of a group go.
    fn choose(&self, draft: &mut Draft<'_>, nodes: &mut NodeSet, group: &[Rc<Task>]) -> Choice {
        let Some(first) = group.first() else { return Choice::default() };
        let mut found = Spread {
            failures: self.failures_of(nodes, (first.service_id, first.spec_version), draft.now),
            nodes,
            pipeline: Pipeline::new(draft, first),
            draws: draft.rng.stream("scheduler"),
            task: first,
            group: group.len(),
            placed: Vec::new(),
            ties: Vec::new(),
        };
        found.place();
        let reason = found.pipeline.explain();
        let (placed, ties) = (found.placed, found.ties);
        Choice { places: draw_places(draft.rng.stream("scheduler.slots"), placed), ties, reason }
    }

    /// Decides where tasks go that are placed one after the other.
    fn choose_single(
        &self,
        draft: &mut Draft<'_>,
        nodes: &mut NodeSet,
        tasks: &[Rc<Task>],
    ) -> Vec<Choice> {
        let mut best: Option<Best<'_>> = None;
        let mut choices = Vec::with_capacity(tasks.len());
        for task in tasks {
            // preferences ask for what stands on every branch: a group of one
            if !task.spec.placement.preferences.is_empty() {
                best = None;
                choices.push(self.choose(draft, nodes, std::slice::from_ref(task)));
                continue;
            }
            let of_kind = best.take().filter(|best| best.is_for(task)).unwrap_or_else(|| {
                let of = (task.service_id, task.spec_version);
                Best::new(draft, nodes, task, self.failures_of(nodes, of, draft.now))
            });
            let of_kind = best.insert(of_kind);
            choices.push(of_kind.choose(nodes, task, draft.rng.stream("scheduler")));
        }
        choices
    }

    fn carry_out(
        &mut self,
        draft: &mut Draft<'_>,
        nodes: &NodeSet,
        group: &[Rc<Task>],
        choice: &Choice,
        generic: &mut GenericLeft,
    ) {
        if let Some(first) = group.first() {
            tell(draft, nodes, first, &choice.ties);
        }
        let few = choice.places.len() < group.len() && !choice.places.is_empty();
        let placed = few.then(|| {
            let draws = draft.rng.stream("scheduler.placed");
            draw_placed(draws, group.len(), choice.places.len())
        });
        let mut places = choice.places.iter();
        let mut waiting = Vec::new();
        for (index, task) in group.iter().enumerate() {
            let placed = placed.as_ref().is_none_or(|placed| placed.get(index) == Some(&true));
            match placed.then(|| places.next()).flatten() {
                Some(at) => {
                    let claimed = generic.claim(draft, nodes, *at, task);
                    assign(draft, task, nodes, *at, claimed, false);
                }
                None => waiting.push(task),
            }
        }
        for task in waiting {
            self.no_suitable_node(draft, task, &choice.reason);
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

fn recent(times: &[Timestamp], now: Timestamp) -> u64 {
    let recent = times.iter().filter(|at| now.since_us(**at) < FAILURE_MEMORY_US);
    u64::try_from(recent.count()).unwrap_or(u64::MAX)
}

/// What was decided about a group.
#[derive(Debug, Default, PartialEq)]
struct Choice {
    /// Node of each task that has one, in the group's order.
    places: Vec<usize>,
    ties: Vec<Tie>,
    /// Why the others have none.
    reason: String,
}

/// Which tasks of a group get the places, when these are fewer. SwarmKit goes through a map,
/// which Go does in any order.
fn draw_placed(draws: &mut Stream, tasks: usize, places: usize) -> Vec<bool> {
    let mut placed = vec![false; tasks];
    let mut left = Left::all(tasks);
    for _ in 0..places {
        let drawn = draws.pick(left.count()).and_then(|index| left.nth(index));
        let Some(index) = drawn else { break };
        left.take(index);
        if let Some(flag) = placed.get_mut(index) {
            *flag = true;
        }
    }
    placed
}

/// Draws for each task one of the places left, unless those are all the same.
fn draw_places(draws: &mut Stream, mut places: Vec<usize>) -> Vec<usize> {
    places.sort_unstable();
    let mut left = Left::all(places.len());
    let mut drawn = Vec::with_capacity(places.len());
    let place = |index: Option<usize>| index.and_then(|index| places.get(index)).copied();
    let (mut low, mut high) = (left.nth(0), left.nth(left.count().saturating_sub(1)));
    while left.count() > 0 {
        let index = if place(low) == place(high) {
            low
        } else {
            draws.pick(left.count()).and_then(|index| left.nth(index))
        };
        let (Some(index), Some(at)) = (index, place(index)) else { break };
        left.take(index);
        drawn.push(at);
        if low == Some(index) {
            low = left.nth(0);
        }
        if high == Some(index) {
            high = left.nth(left.count().saturating_sub(1));
        }
    }
    drawn
}

/// Says between which nodes draws decided.
fn tell(draft: &mut Draft<'_>, nodes: &NodeSet, task: &Task, ties: &[Tie]) {
    let id = |at: usize| nodes.info(at).map(|info| info.node.id);
    for tie in ties {
        let Some(chosen) = id(tie.chosen) else { continue };
        draft.why(Trace::Tie {
            task: task.id,
            name: label(task),
            of: tie.of,
            nodes: tie.nodes.iter().filter_map(|at| id(*at)).collect(),
            chosen,
        });
    }
}

/// Generic resources of the nodes that tasks went to, as they go there one by one.
#[derive(Default)]
struct GenericLeft(Vec<(usize, NodeInfo)>);

impl GenericLeft {
    fn claim(
        &mut self,
        store: &Store,
        nodes: &NodeSet,
        at: usize,
        task: &Task,
    ) -> Vec<api::GenericResource> {
        if task.spec.reservations.generic.is_empty() {
            return Vec::new();
        }
        let Some(info) = nodes.info(at) else { return Vec::new() };
        let known = self.0.iter().position(|(of, _)| *of == at);
        let index = known.unwrap_or_else(|| {
            self.0.push((at, NodeInfo::new(store, &info.node)));
            self.0.len() - 1
        });
        self.0.get_mut(index).map(|(_, left)| left.add(task)).unwrap_or_default()
    }
}

fn assign(
    draft: &mut Draft<'_>,
    task: &Task,
    nodes: &NodeSet,
    at: usize,
    claimed: Vec<api::GenericResource>,
    preassigned: bool,
) {
    let Some(node) = nodes.info(at).map(|info| Rc::clone(&info.node)) else { return };
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
