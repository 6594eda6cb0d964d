//! What the display of each kind of service says of a set of tasks
//! (`cli/command/service/progress/progress.go`, the `…ProgressUpdater`s).
//!
//! The real client walks a Go map, so its lines come in random order; here by slot or node.

use super::progress::Line;
use api::{NodeId, Service, ServiceMode, Task, TaskState};
use serde::{Deserialize, Serialize};
use share::Rc;
use std::collections::{BTreeMap, BTreeSet};

/// With more lines than this only the overall line is shown.
const MAX_BARS: u64 = 20;

/// The last state with a bar.
const RUNNING: u64 = 9;

/// Columns of the longest state's name.
const LONGEST_STATE: usize = 9;

/// A display's memory between polls.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Updater {
    Replicated { initialized: bool, done: bool, slots: BTreeMap<u64, u64> },
    Global { initialized: bool, done: bool },
    ReplicatedJob { initialized: bool, concurrent: u64, total: u64, iteration: u64 },
    GlobalJob { nodes: Option<BTreeSet<NodeId>>, iteration: u64 },
}

/// docker's numbers of states; 0 for those it does not know.
const fn number(state: TaskState) -> u64 {
    match state {
        TaskState::New => 1,
        TaskState::Pending => 3,
        TaskState::Assigned => 4,
        TaskState::Accepted => 5,
        TaskState::Preparing => 6,
        TaskState::Ready => 7,
        TaskState::Starting => 8,
        TaskState::Running => RUNNING,
        TaskState::Complete => 10,
        TaskState::Shutdown => 11,
        TaskState::Failed => 12,
        TaskState::Rejected => 13,
        TaskState::Remove | TaskState::Orphaned => 0,
    }
}

const fn terminal(state: TaskState) -> bool {
    number(state) > RUNNING
}

fn known(task: &Task) -> bool {
    number(task.desired_state) != 0 && number(task.status.state) != 0
}

/// Whether a task takes the place of another in the same slot: lower desired state first, then
/// lower observed state.
fn replaces(old: &Task, new: &Task) -> bool {
    let key = |task: &Task| (number(task.desired_state), number(task.status.state));
    key(new) < key(old)
}

fn state_line(id: String, state: TaskState, current: u64, total: u64) -> Line {
    Line::new(id, format!("{:<LONGEST_STATE$}", state.as_str())).with_bar(current, total)
}

/// At most 75 bytes on one line.
fn short_error(err: &str) -> String {
    let mut line = err.replace('\n', " ");
    if line.len() > 75 {
        let mut end = 74;
        while !line.is_char_boundary(end) {
            end -= 1;
        }
        line.truncate(end);
        line.push('…');
    }
    line
}

fn task_line(id: String, task: &Task, rollback: bool) -> Option<Line> {
    if !task.status.err.is_empty() {
        return Some(Line::new(id, short_error(&task.status.err)));
    }
    if terminal(task.desired_state) || terminal(task.status.state) {
        return None;
    }
    let at = number(task.status.state);
    let at = if rollback { RUNNING - at } else { at };
    Some(state_line(id, task.status.state, at, RUNNING))
}

fn overall(done: u64, all: u64, rollback: bool) -> Line {
    let words = if rollback { "rolling back update: " } else { "" };
    Line::new("overall progress", format!("{words}{done} out of {all} tasks"))
}

fn is_running(task: &Task) -> bool {
    !terminal(task.desired_state) && task.status.state == TaskState::Running
}

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

impl Updater {
    pub(crate) fn new(service: &Service) -> Self {
        let iteration = service.job_status.as_ref().map_or(0, |job| job.job_iteration);
        match service.spec.mode {
            ServiceMode::Replicated { .. } => {
                Self::Replicated { initialized: false, done: false, slots: BTreeMap::new() }
            }
            ServiceMode::Global => Self::Global { initialized: false, done: false },
            ServiceMode::ReplicatedJob { max_concurrent, total_completions } => {
                Self::ReplicatedJob {
                    initialized: false,
                    concurrent: max_concurrent,
                    total: total_completions,
                    iteration,
                }
            }
            ServiceMode::GlobalJob => Self::GlobalJob { nodes: None, iteration },
        }
    }

    pub(crate) const fn is_job(&self) -> bool {
        matches!(self, Self::ReplicatedJob { .. } | Self::GlobalJob { .. })
    }

    /// The lines that change, and whether the service has converged.
    pub(crate) fn update(
        &mut self,
        service: &Service,
        tasks: &[Rc<Task>],
        active: &BTreeSet<NodeId>,
        rollback: bool,
    ) -> (Vec<Line>, bool) {
        match self {
            Self::Replicated { initialized, done, slots } => {
                let ServiceMode::Replicated { replicas } = service.spec.mode else {
                    return (Vec::new(), false);
                };
                replicated(replicas, tasks, active, rollback, (initialized, done, slots))
            }
            Self::Global { initialized, done } => {
                global(tasks, active, rollback, initialized, done)
            }
            Self::ReplicatedJob { initialized, concurrent, total, iteration } => {
                let first = !std::mem::replace(initialized, true);
                replicated_job(tasks, first, *concurrent, *total, *iteration)
            }
            Self::GlobalJob { nodes, iteration } => global_job(tasks, active, nodes, *iteration),
        }
    }
}

type ReplicatedMemory<'a> = (&'a mut bool, &'a mut bool, &'a mut BTreeMap<u64, u64>);

fn replicated(
    replicas: u64,
    tasks: &[Rc<Task>],
    active: &BTreeSet<NodeId>,
    rollback: bool,
    (initialized, done, slots): ReplicatedMemory<'_>,
) -> (Vec<Line>, bool) {
    let mut lines = Vec::new();
    if !std::mem::replace(initialized, true) {
        lines.push(overall(0, replicas, rollback));
        if replicas <= MAX_BARS {
            lines.extend((1..=replicas).map(|k| Line::new(format!("{k}/{replicas}"), " ")));
        }
    }
    let mut by_slot: BTreeMap<u64, &Task> = BTreeMap::new();
    for task in tasks.iter().filter(|task| known(task)) {
        let better = by_slot.get(&task.slot).is_none_or(|old| replaces(old, task));
        let alive = task.node_id.is_none_or(|node| active.contains(&node));
        if better && alive {
            by_slot.insert(task.slot, task);
        }
    }
    if *done {
        *done = by_slot.values().all(|task| task.status.state == TaskState::Running);
    }
    let mut running = 0;
    for (slot, task) in by_slot {
        let next = count(slots.len()) + 1;
        let mapped = *slots.entry(slot).or_insert(next);
        running += u64::from(is_running(task));
        if !*done && replicas <= MAX_BARS && mapped <= replicas {
            lines.extend(task_line(format!("{mapped}/{replicas}"), task, rollback));
        }
    }
    if !*done {
        lines.push(overall(running, replicas, rollback));
        *done = running == replicas;
    }
    (lines, running == replicas)
}

fn global(
    tasks: &[Rc<Task>],
    active: &BTreeSet<NodeId>,
    rollback: bool,
    initialized: &mut bool,
    done: &mut bool,
) -> (Vec<Line>, bool) {
    let mut by_node: BTreeMap<NodeId, &Task> = BTreeMap::new();
    // first seen first, as the lines stand
    let mut order: Vec<NodeId> = Vec::new();
    for task in tasks.iter().filter(|task| known(task)) {
        let Some(node) = task.node_id else { continue };
        if !order.contains(&node) {
            order.push(node);
        }
        if by_node.get(&node).is_none_or(|old| replaces(old, task)) {
            by_node.insert(node, task);
        }
    }
    let nodes = count(by_node.len());
    let mut lines = Vec::new();
    if !*initialized {
        if nodes == 0 {
            return (vec![Line::new("overall progress", "waiting for new tasks")], false);
        }
        lines.push(overall(0, nodes, rollback));
        *initialized = true;
    }
    if *done {
        *done = by_node.values().all(|task| task.status.state == TaskState::Running);
    }
    let mut running = 0;
    for node in order.iter().filter(|node| active.contains(node)) {
        let Some(task) = by_node.get(node) else { continue };
        running += u64::from(is_running(task));
        if !*done && nodes <= MAX_BARS {
            lines.extend(task_line(node.short().to_owned(), task, rollback));
        }
    }
    if !*done {
        lines.push(overall(running, nodes, rollback));
        *done = running == nodes;
    }
    (lines, running == nodes)
}

fn of_iteration(task: &Task, iteration: u64) -> bool {
    task.job_iteration == Some(iteration) && known(task)
}

fn width(n: u64) -> usize {
    n.to_string().len()
}

fn job_progress(completed: u64, total: u64) -> Line {
    let digits = width(total);
    Line::new("job progress", format!("{completed:>digits$} out of {total} complete"))
        .with_bar(completed, total)
}

fn job_line(id: String, task: &Task) -> Line {
    if !task.status.err.is_empty() {
        return Line::new(id, short_error(&task.status.err));
    }
    state_line(id, task.status.state, number(task.status.state), 10)
}

fn replicated_job(
    tasks: &[Rc<Task>],
    first: bool,
    concurrent: u64,
    total: u64,
    iteration: u64,
) -> (Vec<Line>, bool) {
    let overall = |active: u64, completed: u64| {
        let digits = width(concurrent);
        let wanted = total.saturating_sub(completed).min(concurrent);
        let active = format!("{active:>digits$} out of {wanted} tasks");
        [job_progress(completed, total), Line::new("active tasks", active)]
    };
    let mut lines = Vec::new();
    if first {
        lines.extend(overall(0, 0));
        if total <= MAX_BARS {
            lines.extend((1..=total).map(|k| Line::new(format!("{k}/{total}"), " ")));
        }
    }
    let mut by_slot: BTreeMap<u64, &Task> = BTreeMap::new();
    for task in tasks.iter().filter(|task| of_iteration(task, iteration)) {
        let state = number(task.status.state);
        if by_slot.get(&task.slot).is_none_or(|old| number(old.status.state) > state) {
            by_slot.insert(task.slot, task);
        }
    }
    let (mut active, mut completed) = (0, 0);
    for task in by_slot.values() {
        if total <= MAX_BARS {
            lines.push(job_line(format!("{}/{total}", task.slot + 1), task));
        }
        active += u64::from(number(task.status.state) < number(TaskState::Complete));
        completed += u64::from(task.status.state == TaskState::Complete);
    }
    lines.extend(overall(active, completed));
    (lines, completed == total)
}

fn global_job(
    tasks: &[Rc<Task>],
    active: &BTreeSet<NodeId>,
    nodes: &mut Option<BTreeSet<NodeId>>,
    iteration: u64,
) -> (Vec<Line>, bool) {
    let mut lines = Vec::new();
    let first = nodes.is_none();
    if first && tasks.is_empty() && !active.is_empty() {
        return (vec![Line::new("job progress", "waiting for tasks")], false);
    }
    let of_job = || tasks.iter().filter(|task| of_iteration(task, iteration));
    let nodes = nodes.get_or_insert_with(|| of_job().filter_map(|task| task.node_id).collect());
    let total = count(nodes.len());
    if first {
        lines.push(job_progress(0, total));
    }
    let mut by_node: BTreeMap<NodeId, &Task> = BTreeMap::new();
    for task in of_job() {
        let Some(node) = task.node_id.filter(|node| nodes.contains(node)) else { continue };
        let state = number(task.status.state);
        if by_node.get(&node).is_none_or(|old| number(old.status.state) > state) {
            by_node.insert(node, task);
        }
    }
    let mut completed = 0;
    for (node, task) in by_node {
        if total <= MAX_BARS {
            lines.push(job_line(node.to_string(), task));
        }
        completed += u64::from(task.status.state == TaskState::Complete);
    }
    lines.push(job_progress(completed, total));
    (lines, completed == total)
}
