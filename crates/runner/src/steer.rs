//! What a replay takes from its recording beside the commands: the draws of the real engine and
//! the times its host took. Never what the engine decides by rule.
//!
//! Which of equally good nodes gets a task is drawn. The recording shows where each task went;
//! when a pass of the scheduler placed tasks elsewhere, the pass is played again from the desk
//! before it, with the draws that lead to the recorded nodes. A recorded node that was not among
//! the equal ones stays a difference.

mod elections;
mod returns;

use crate::recording::{Line, Recording, Step};
use api::{TaskId, TaskState, Timestamp};
use elections::Elections;
use lab::{Decision as Trace, TraceEvent};
use returns::Returns;
use serde_json::Value;
use shell::Desk;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Attempts to lead one pass of the scheduler to the recorded nodes.
const ATTEMPTS: u32 = 6;

/// A daemon answers at the latest so long after it runs, be its node ready or not.
const NODE_WAIT_US: u64 = 20_000_000;

/// A task as the recording shows it.
#[derive(Clone, Debug)]
struct Placed {
    service: String,
    slot: String,
    node: String,
    /// When it came to be about, milliseconds after the scenario's start.
    since: u64,
}

/// What the recording tells ahead.
#[derive(Clone)]
pub struct Steering {
    /// How long each start of a daemon took, microseconds, in order, by node.
    starts: BTreeMap<String, VecDeque<u64>>,
    /// Tasks by (service, slot), oldest first.
    placed: BTreeMap<(String, String), VecDeque<Placed>>,
    /// Generated names of recorded services in order, and what stands for them.
    generated: VecDeque<String>,
    names: BTreeMap<String, String>,
    known: BTreeSet<String>,
    /// Some slot had several tasks: there may be rolling updates.
    rolls: bool,
    /// Tasks that were looked up already.
    wishes: BTreeMap<TaskId, String>,
    elections: Elections,
    returns: Returns,
    /// The recording's instant 0.
    zero: Timestamp,
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
        let mut placed: BTreeMap<(String, String), VecDeque<Placed>> = BTreeMap::new();
        let mut seen = BTreeSet::new();
        let mut generated = VecDeque::new();
        let mut known = BTreeSet::new();
        let mut steps: Vec<&Step> = recording.commands().into_iter().map(|(_, s)| s).collect();
        steps.sort_by_key(|s| s.t);
        for step in steps {
            for (id, mut task) in tasks(&step.screen).into_iter().rev() {
                task.since = step.t.saturating_sub(task.since);
                let named = step.cmd.contains(&task.service);
                if known.insert(task.service.clone()) && !named && is_generated(&task.service) {
                    generated.push_back(task.service.clone());
                }
                if seen.insert(id) && !task.node.is_empty() {
                    let key = (task.service.clone(), task.slot.clone());
                    placed.entry(key).or_default().push_back(task);
                }
            }
        }
        let rolls = placed.values().any(|tasks| tasks.len() > 1);
        Self {
            starts,
            placed,
            generated,
            names: BTreeMap::new(),
            known,
            rolls,
            wishes: BTreeMap::new(),
            elections: Elections::new(recording),
            returns: Returns::new(recording),
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
            let waited = if took > NODE_WAIT_US { NODE_WAIT_US } else { 0 };
            let host = took.saturating_sub(waited + 1_500_000);
            let alone = desk.view().swarm.as_ref().is_some_and(|s| s.leader.is_none());
            desk.lab_mut().set_daemon_start_us(if alone && waited == 0 { 0 } else { host });
        }
    }

    /// A command is about to be typed.
    pub fn before_command(&mut self, _desk: &mut Desk, _step: &Step) {}

    /// Each layer takes so long from now on.
    pub fn layer_us(&mut self, desk: &mut Desk, us: u64) {
        desk.lab_mut().set_layer_us(us);
    }

    /// One event of the desk; a pass of the scheduler goes where the recorded one went, if it may.
    pub fn step(&mut self, desk: &mut Desk, until: Timestamp) -> bool {
        let now = desk.now().since_us(self.zero) / 1_000;
        self.elections.steer(desk, now);
        self.returns.steer(desk, self.zero);
        let waits = self.anything_waits(desk);
        if !waits && !self.rolls {
            return desk.step(until);
        }
        let before = desk.clone();
        let mut more = desk.step(until);
        let from = before.lab().trace().position();
        let leader = before.view().swarm.as_ref().and_then(|s| s.leader);
        let mut updates: Vec<u64> = Vec::new();
        for _ in 0..ATTEMPTS {
            let Some(next) = self.slots_taken(desk, from).filter(|next| *next != updates) else {
                break;
            };
            updates = next;
            *desk = before.clone();
            desk.lab_mut().steer(leader, "updater", &updates);
            more = desk.step(until);
        }
        if !waits {
            return more;
        }
        let mut draws: Vec<u64> = Vec::new();
        for _ in 0..ATTEMPTS {
            let pass = Pass::read(desk, from, &self.wishes);
            let Some(next) = pass.better() else { break };
            if next == draws {
                break;
            }
            draws = next;
            *desk = before.clone();
            desk.lab_mut().steer(leader, "updater", &updates);
            desk.lab_mut().steer(None, "scheduler", &draws);
            desk.step(until);
        }
        let pass = Pass::read(desk, from, &self.wishes);
        if let Some(slots) = pass.slots() {
            *desk = before.clone();
            desk.lab_mut().steer(leader, "updater", &updates);
            desk.lab_mut().steer(None, "scheduler", &draws);
            desk.lab_mut().steer(None, "scheduler.slots", &slots);
            desk.step(until);
        }
        more
    }

    /// Draws that lead a rolling update to the slot whose new task the recording shows first,
    /// unless it went there. What follows a wrong one is seen when that is put right.
    fn slots_taken(&self, desk: &Desk, from: u64) -> Option<Vec<u64>> {
        let mut draws = Vec::new();
        for (_, line) in desk.lab().trace().since(from) {
            let TraceEvent::Manager(Trace::UpdateSlot { name, slot, left, .. }) = &line.what else {
                continue;
            };
            if left.len() < 2 {
                continue;
            }
            let name = self.names.get(name).unwrap_or(name);
            let since = |slot: &u64| {
                let next = self.placed.get(&(name.clone(), slot.to_string()));
                next.and_then(VecDeque::front).map_or(u64::MAX, |placed| placed.since)
            };
            let wish = left.iter().min_by_key(|slot| since(slot)).filter(|s| since(s) < u64::MAX);
            let wish = wish.unwrap_or(slot);
            let at = left.iter().position(|other| other == wish).unwrap_or(0);
            draws.push(u64::try_from(at).unwrap_or(0));
            if wish != slot {
                return Some(draws);
            }
        }
        None
    }

    /// Looks for tasks without a node whose recorded node is known.
    fn anything_waits(&mut self, desk: &Desk) -> bool {
        let Some(swarm) = desk.view().swarm.clone() else { return false };
        let mut any = false;
        for task in &swarm.tasks {
            if task.node_id.is_some() || task.status.state > TaskState::Pending {
                continue;
            }
            let id = task.id;
            if !self.wishes.contains_key(&id) {
                let name = self.recorded_name(&task.service_annotations.name);
                let key = (name, task.slot.to_string());
                if let Some(placed) = self.placed.get_mut(&key).and_then(VecDeque::pop_front) {
                    self.wishes.insert(id, placed.node);
                }
            }
            any |= self.wishes.contains_key(&id);
        }
        any
    }

    fn recorded_name(&mut self, name: &str) -> String {
        if self.known.contains(name) || !is_generated(name) {
            return name.to_owned();
        }
        if let Some(found) = self.names.get(name) {
            return found.clone();
        }
        let found = self.generated.pop_front().unwrap_or_else(|| name.to_owned());
        self.names.insert(name.to_owned(), found.clone());
        found
    }
}

/// What one event did in the scheduler.
struct Pass {
    /// Draws between equals: host names and the one taken.
    ties: Vec<(Vec<String>, String)>,
    /// (slot order) task, host name, wish.
    assigned: Vec<(TaskId, String, Option<String>)>,
}

impl Pass {
    fn read(desk: &Desk, from: u64, wishes: &BTreeMap<TaskId, String>) -> Self {
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
                assigned.push((*task, node_name.clone(), wishes.get(task).cloned()));
            }
        }
        Self { ties, assigned }
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

/// Rows of tables of tasks: (id, where it is).
fn tasks(screen: &str) -> Vec<(String, Placed)> {
    let mut out = Vec::new();
    let mut columns: Option<(usize, usize, usize, usize)> = None;
    let mut state = None;
    for line in screen.lines() {
        if line.starts_with("ID ") && line.contains("DESIRED STATE") {
            let at = |word: &str| line.find(word);
            state = at("CURRENT STATE");
            columns = match (at("NAME"), at("IMAGE"), at("NODE"), at("DESIRED STATE")) {
                (Some(name), Some(image), Some(node), Some(desired)) => {
                    Some((name, image, node, desired))
                }
                _ => None,
            };
            continue;
        }
        let Some((name, image, node, desired)) = columns else { continue };
        let cell = |from: usize, to: usize| line.get(from..to).map(str::trim);
        let (Some(id), Some(title), Some(host)) =
            (cell(0, name), cell(name, image), cell(node, desired))
        else {
            columns = None;
            continue;
        };
        let title = title.trim_start_matches("\\_ ");
        let Some((service, slot)) = title.rsplit_once('.') else { continue };
        let placed = Placed {
            service: service.to_owned(),
            slot: slot.to_owned(),
            node: host.to_owned(),
            since: state.and_then(|at| line.get(at..)).map_or(0, age_ms),
        };
        out.push((id.get(..12).unwrap_or(id).to_owned(), placed));
    }
    out
}

/// The age in `Running 9 seconds ago`, milliseconds.
fn age_ms(state: &str) -> u64 {
    let words: Vec<&str> = state.split_whitespace().collect();
    let ago = words.iter().position(|w| *w == "ago").unwrap_or(0);
    let (Some(number), Some(unit)) = (
        ago.checked_sub(2).and_then(|k| words.get(k)),
        ago.checked_sub(1).and_then(|k| words.get(k)),
    ) else {
        return 0;
    };
    let number = match *number {
        "a" if words.contains(&"less") || words.contains(&"Less") => 0,
        "a" | "an" => 1,
        digits => digits.parse::<u64>().unwrap_or(0),
    };
    let unit = if unit.starts_with("second") {
        1
    } else if unit.starts_with("minute") {
        60
    } else {
        3_600
    };
    number * unit * 1_000
}

fn is_generated(name: &str) -> bool {
    name.split_once('_').is_some_and(|(a, b)| {
        !b.is_empty() && a.len() > 1 && name.bytes().all(|c| c.is_ascii_lowercase() || c == b'_')
    })
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "recorded times are small and not negative"
)]
fn micros(seconds: f64) -> u64 {
    (seconds * 1_000_000.0).round().max(0.0) as u64
}
