//! What a replay takes from its recording beside the commands: the draws of the real engine and
//! the times its host took. Never what the engine decides by rule.
//!
//! Which of equally good nodes gets a task is drawn, which tasks of a group have to wait, and
//! which slot a rolling update takes next. The recording shows what became of it; when an event
//! went otherwise, it is played again from the desk before it, with the draws that lead there. A
//! recorded choice that was not among those possible stays a difference.

mod elections;
mod losses;
mod pace;
mod returns;

use crate::history::{History, Shown};
use crate::recording::{Line, Recording, Step};
use api::{TaskId, TaskState, Timestamp};
use elections::Elections;
use lab::{Decision as Trace, Pace, TraceEvent};
use losses::Losses;
use returns::Returns;
use serde_json::Value;
use shell::Desk;
use std::collections::{BTreeMap, VecDeque};

/// Attempts to lead one event to the recorded choices.
const ATTEMPTS: u32 = 6;
/// From `service create` to the first line that says so of a service that runs, where images are
/// present: what a lab takes, in milliseconds.
const USUAL_START_MS: u64 = 700;
/// A start that took longer had other reasons than the host.
const LONGEST_START_MS: u64 = 2_500;
/// From the first line that says that a service runs to the end of the command.
const VERIFIED_MS: u64 = 5_100;
/// The end of a program, when the recorder's host was slow or quick with it.
const REAPED_US: (u64, u64) = (400_000, 10_000);

/// A daemon answers at the latest so long after it runs, be its node ready or not.
const NODE_WAIT_US: u64 = 20_000_000;
/// A node that need not wait is ready so soon.
const NODE_USUAL_US: u64 = 100_000;

/// What the recording tells ahead.
#[derive(Clone)]
pub struct Steering {
    /// How long each start of a daemon took, microseconds, in order, by node.
    starts: BTreeMap<String, VecDeque<u64>>,
    history: History,
    /// Tasks that were looked up already.
    wishes: BTreeMap<TaskId, Shown>,
    elections: Elections,
    returns: Returns,
    losses: Losses,
    /// The recording's instant 0.
    zero: Timestamp,
}

/// Draws of an event that is played again, by stream.
#[derive(Clone, Default, PartialEq)]
struct Draws {
    /// Ids passed over.
    ids: u32,
    updater: Vec<u64>,
    placed: Vec<u64>,
    scheduler: Vec<u64>,
    slots: Vec<u64>,
}

impl Draws {
    fn play(&self, before: &Desk, desk: &mut Desk, until: Timestamp) {
        *desk = before.clone();
        let leader = desk.view().swarm.as_ref().and_then(|swarm| swarm.leader);
        if let Some(leader) = leader {
            for _ in 0..self.ids {
                desk.lab_mut().stir(leader, "ids");
            }
        }
        let streams = [
            ("updater", &self.updater),
            ("scheduler.placed", &self.placed),
            ("scheduler", &self.scheduler),
            ("scheduler.slots", &self.slots),
        ];
        for (stream, draws) in streams {
            if !draws.is_empty() {
                desk.lab_mut().steer(leader, stream, draws);
            }
        }
        desk.step(until);
    }
}

impl Steering {
    /// Reads ahead.
    #[must_use]
    pub fn new(recording: &Recording) -> Self {
        let mut starts: BTreeMap<String, VecDeque<u64>> = BTreeMap::new();
        for line in &recording.lines {
            let Line::Event { event, node, all, .. } = line else { continue };
            if event == "daemon-up" {
                let took = all.get("after_s").and_then(Value::as_f64).unwrap_or(1.0);
                starts.entry(node.clone()).or_default().push_back(micros(took));
            }
        }
        Self {
            starts,
            history: History::new(recording),
            wishes: BTreeMap::new(),
            elections: Elections::new(recording),
            returns: Returns::new(recording),
            losses: Losses::new(recording),
            zero: Timestamp(0),
        }
    }

    /// The recording begins now.
    pub const fn begin(&mut self, now: Timestamp) {
        self.zero = now;
    }

    /// A daemon is about to be started.
    pub fn before_start(&mut self, desk: &mut Desk, node: &str) {
        if let Some(took) = self.starts.get_mut(node).and_then(VecDeque::pop_front) {
            // what it took the host; a daemon that waits for its node has waited by rule
            let waited = if took > NODE_WAIT_US { NODE_WAIT_US } else { NODE_USUAL_US };
            let alone = desk.view().swarm.as_ref().is_some_and(|s| s.leader.is_none());
            let host = (!alone || took > NODE_WAIT_US).then(|| took.saturating_sub(waited));
            desk.lab_mut().set_daemon_start_us(host);
        }
    }

    /// A command is about to be typed: while it runs, containers start and end as fast as then.
    pub fn before_command(&mut self, desk: &mut Desk, step: &Step) {
        if !step.cmd.contains("docker service create") || pace::tells(step) {
            return;
        }
        let start = start_ms(step).filter(|ms| *ms < LONGEST_START_MS);
        let more_ms = start.unwrap_or(0).saturating_sub(USUAL_START_MS);
        // a program that ends at once is seen running or not
        let (slow, quick) = REAPED_US;
        let seen = step.screen.contains("Detected task failure");
        desk.lab_mut().set_pace(Pace {
            start_us: i64::try_from(more_ms * 1_000).unwrap_or(0),
            reap_us: step.ctrl_c_after_s.map(|_| if seen { slow } else { quick }),
        });
    }

    /// A command has ended.
    pub fn after_command(&mut self, desk: &mut Desk) {
        desk.lab_mut().set_pace(Pace::default());
    }

    /// Each layer takes so long from now on.
    pub fn layer_us(&mut self, desk: &mut Desk, us: u64) {
        desk.lab_mut().set_layer_us(us);
    }

    /// One event of the desk; what is drawn in it is drawn as it was recorded, if it may.
    pub fn step(&mut self, desk: &mut Desk, until: Timestamp) -> bool {
        let now = desk.now().since_us(self.zero) / 1_000;
        self.elections.steer(desk, now);
        self.returns.steer(desk, self.zero);
        self.losses.steer(desk, self.zero);
        if desk.view().swarm.is_none() {
            return desk.step(until);
        }
        let waits = self.anything_waits(desk);
        let before = desk.clone();
        let more = desk.step(until);
        let from = before.lab().trace().position();
        let mut draws = Draws::default();
        while draws.ids < ATTEMPTS && has_wordy_id(desk, from) {
            draws.ids += 1;
            draws.play(&before, desk, until);
        }
        for _ in 0..ATTEMPTS {
            let Some(next) = self.update_slots(desk, from).filter(|n| *n != draws.updater) else {
                break;
            };
            draws.updater = next;
            draws.play(&before, desk, until);
        }
        if !waits {
            return more;
        }
        if let Some(placed) = Pass::read(desk, from, &self.wishes).placed(desk, &self.wishes) {
            draws.placed = placed;
            draws.play(&before, desk, until);
        }
        for _ in 0..ATTEMPTS {
            let pass = Pass::read(desk, from, &self.wishes);
            let Some(next) = pass.better().filter(|next| *next != draws.scheduler) else { break };
            draws.scheduler = next;
            draws.play(&before, desk, until);
        }
        if let Some(slots) = Pass::read(desk, from, &self.wishes).slots() {
            draws.slots = slots;
            draws.play(&before, desk, until);
        }
        more
    }

    /// Looks for tasks without a node whose recorded node is known.
    fn anything_waits(&mut self, desk: &Desk) -> bool {
        let Some(swarm) = desk.view().swarm.clone() else { return false };
        let mut any = false;
        for task in &swarm.tasks {
            if task.node_id.is_some() || task.status.state > TaskState::Pending {
                continue;
            }
            if !self.wishes.contains_key(&task.id) {
                let (name, image) = (&task.service_annotations.name, &task.spec.container.image);
                if let Some(shown) = self.history.take(name, task.slot, image) {
                    self.wishes.insert(task.id, shown);
                }
            }
            any |= self.wishes.contains_key(&task.id);
        }
        any
    }

    /// Draws with which updates take their slots in the recorded order; `None`: they do.
    fn update_slots(&mut self, desk: &Desk, from: u64) -> Option<Vec<u64>> {
        let swarm = desk.view().swarm.clone()?;
        let mut draws = Vec::new();
        let mut other = false;
        for (_, line) in desk.lab().trace().since(from) {
            let TraceEvent::Manager(Trace::UpdateSlot { service, name, slot, of: from, .. }) =
                &line.what
            else {
                continue;
            };
            if from.len() < 2 {
                continue;
            }
            let found = swarm.services.iter().find(|s| s.service.id == *service);
            let image = found.map(|s| s.service.spec.task.container.image.clone());
            let image = image.unwrap_or_default();
            let made = from
                .iter()
                .filter_map(|slot| Some((self.history.made(name, *slot, &image)?, *slot)));
            let wanted = made.min().map_or(*slot, |(_, slot)| slot);
            other |= wanted != *slot;
            let at = from.iter().position(|slot| *slot == wanted).unwrap_or(0);
            draws.push(u64::try_from(at).unwrap_or(0));
        }
        other.then_some(draws)
    }
}

/// How long the start of a created service took, milliseconds, as far as the display tells.
fn start_ms(step: &Step) -> Option<u64> {
    let waited = step.screen.split("verify: Waiting ").nth(1);
    let left = waited.and_then(|rest| rest.split(' ').next()?.parse::<u64>().ok());
    match (left, step.ctrl_c_ms()) {
        // somewhere in the second that is said
        (Some(left), Some(pressed)) => (pressed + left * 1_000).checked_sub(VERIFIED_MS + 400),
        _ => step.first_shown("verify: W"),
    }
}

/// Whether a task was made whose id begins without a digit: such a beginning is no different
/// from a word to whoever compares, and of fifty ids one is like that.
fn has_wordy_id(desk: &Desk, from: u64) -> bool {
    desk.lab().trace().since(from).any(|(_, line)| {
        matches!(&line.what, TraceEvent::Manager(Trace::TaskCreated { task, .. })
            if !task.short().bytes().any(|b| b.is_ascii_digit()))
    })
}

/// What one event did in the scheduler.
struct Pass {
    /// Draws between equals: host names and the one taken.
    ties: Vec<(Vec<String>, String)>,
    /// (slot order) task, host name, wish.
    assigned: Vec<(TaskId, String, Option<String>)>,
}

impl Pass {
    fn read(desk: &Desk, from: u64, wishes: &BTreeMap<TaskId, Shown>) -> Self {
        let swarm = desk.view().swarm.clone();
        let host = |id: &api::NodeId| {
            swarm
                .as_ref()
                .and_then(|s| s.node(*id))
                .and_then(|n| n.description.as_ref().map(|d| d.hostname.clone()))
                .unwrap_or_default()
        };
        let (mut ties, mut assigned) = (Vec::new(), Vec::new());
        for (_, line) in desk.lab().trace().since(from) {
            let TraceEvent::Manager(trace) = &line.what else { continue };
            if let Trace::Tie { nodes, chosen, .. } = trace {
                ties.push((nodes.iter().map(&host).collect(), host(chosen)));
            }
            if let Trace::Assigned { task, node_name, preassigned: false, .. } = trace {
                let wish = wishes.get(task).map(|shown| shown.node.clone());
                let wish = wish.filter(|node| !node.is_empty());
                assigned.push((*task, node_name.clone(), wish));
            }
        }
        Self { ties, assigned }
    }

    /// Draws that give nodes to the tasks of a group that did not have to wait.
    fn placed(&self, desk: &Desk, wishes: &BTreeMap<TaskId, Shown>) -> Option<Vec<u64>> {
        let swarm = desk.view().swarm.clone()?;
        let (first, ..) = self.assigned.first()?;
        let first = swarm.tasks.iter().find(|task| task.id == *first)?;
        let is_placed = |id: TaskId| self.assigned.iter().any(|(task, ..)| *task == id);
        let mut group: Vec<_> = swarm
            .tasks
            .iter()
            .filter(|t| t.service_id == first.service_id && t.spec_version == first.spec_version)
            .filter(|t| is_placed(t.id) || t.node_id.is_none())
            .filter(|t| t.desired_state <= TaskState::Running)
            .map(|t| (t.slot, t.id, wishes.get(&t.id).is_some_and(|shown| shown.waits)))
            .collect();
        group.sort();
        let lucky = group.iter().filter(|(.., waits)| !waits).count();
        let right = group.iter().all(|(_, id, waits)| is_placed(*id) != *waits);
        if right || lucky != self.assigned.len() || lucky == group.len() {
            return None;
        }
        // one draw a place, among those that have none yet: whoever waits stays in front
        let mut draws = Vec::new();
        let mut before = 0;
        for (.., waits) in &group {
            if *waits {
                before += 1;
            } else {
                draws.push(before);
            }
        }
        Some(draws)
    }

    fn wanted(&self) -> Vec<String> {
        let mut wanted: Vec<String> =
            self.assigned.iter().filter_map(|(.., wish)| wish.clone()).collect();
        wanted.sort();
        wanted
    }

    /// Draws that lead closer, unless the nodes are the recorded ones already.
    fn better(&self) -> Option<Vec<u64>> {
        let wanted = self.wanted();
        let mut have: Vec<String> = self.assigned.iter().map(|(_, node, _)| node.clone()).collect();
        have.sort();
        if wanted.is_empty() || wanted == have || self.ties.is_empty() {
            return None;
        }
        let mut left = wanted;
        let mut draws = Vec::new();
        for (nodes, chosen) in &self.ties {
            // a node that gets several comes first: the round begins with it again
            let count = |n: &String| left.iter().filter(|l| *l == n).count();
            let most = nodes.iter().map(count).max().filter(|most| *most > 0);
            let at = most.and_then(|most| nodes.iter().position(|n| count(n) == most));
            let at = at.or_else(|| nodes.iter().position(|n| n == chosen)).unwrap_or(0);
            if let Some(node) = nodes.get(at)
                && let Some(k) = left.iter().position(|n| n == node)
            {
                left.remove(k);
            }
            draws.push(u64::try_from(at).unwrap_or(0));
        }
        Some(draws)
    }

    /// Draws that give each task its recorded node among those found.
    fn slots(&self) -> Option<Vec<u64>> {
        let good =
            self.assigned.iter().all(|(_, node, wish)| wish.as_ref().is_none_or(|w| w == node));
        if good || self.assigned.len() < 2 {
            return None;
        }
        let mut places: Vec<String> =
            self.assigned.iter().map(|(_, node, _)| node.clone()).collect();
        places.sort();
        let mut draws = Vec::new();
        for (_, node, wish) in &self.assigned {
            if places.first() == places.last() {
                break;
            }
            let wish = wish.as_ref().unwrap_or(node);
            let at = places.iter().position(|n| n == wish).unwrap_or(0);
            places.remove(at);
            draws.push(u64::try_from(at).unwrap_or(0));
        }
        Some(draws)
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "recorded times are small and not negative"
)]
fn micros(seconds: f64) -> u64 {
    (seconds * 1_000_000.0).round().max(0.0) as u64
}
