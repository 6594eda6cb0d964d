//! The tasks that a recording shows, read ahead from its tables: where each went, whether it had
//! to wait for a node, and about when it was made.

use crate::recording::{Recording, Step};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// A task as the recording shows it.
#[derive(Clone, Debug)]
pub struct Shown {
    service: String,
    slot: String,
    /// Without a digest.
    pub image: String,
    /// Empty: never shown with one.
    pub node: String,
    /// It was first seen waiting, with the reason why no node takes it.
    pub waits: bool,
    /// Milliseconds since the scenario's start when its first state was reached that is known of.
    pub made: i64,
}

/// A service and the number of a slot.
type Slot = (String, String);

/// All tasks shown.
#[derive(Clone)]
pub struct History {
    tasks: Vec<Shown>,
    /// Those not yet met, by slot, oldest first.
    queues: BTreeMap<Slot, VecDeque<usize>>,
    /// Names of services that no command gave, in order.
    generated: VecDeque<String>,
    /// Names of all services.
    known: BTreeSet<String>,
    /// What stands for which simulated generated name.
    names: BTreeMap<String, String>,
}

impl History {
    /// Reads ahead.
    #[must_use]
    pub fn new(recording: &Recording) -> Self {
        let mut history = Self {
            tasks: Vec::new(),
            queues: BTreeMap::new(),
            generated: VecDeque::new(),
            known: BTreeSet::new(),
            names: BTreeMap::new(),
        };
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        let mut steps: Vec<&Step> = recording.commands().into_iter().map(|(_, s)| s).collect();
        steps.sort_by_key(|s| s.t);
        for step in steps {
            let now = i64::try_from(step.t + step.ms).unwrap_or(i64::MAX);
            for (id, task) in tasks(&step.screen, now).into_iter().rev() {
                let named = step.cmd.contains(&task.service);
                if history.known.insert(task.service.clone())
                    && !named
                    && is_generated(&task.service)
                {
                    history.generated.push_back(task.service.clone());
                }
                if let Some(known) = seen.get(&id).and_then(|at| history.tasks.get_mut(*at)) {
                    known.made = known.made.min(task.made);
                    if known.node.is_empty() {
                        known.node = task.node;
                    }
                    continue;
                }
                let at = history.tasks.len();
                seen.insert(id, at);
                let slot = (task.service.clone(), task.slot.clone());
                history.queues.entry(slot).or_default().push_back(at);
                history.tasks.push(task);
            }
        }
        history
    }

    /// The next recorded task of a slot with this image; it and those before it are met now.
    pub fn take(&mut self, service: &str, slot: u64, image: &str) -> Option<Shown> {
        let key = (self.recorded_name(service), slot.to_string());
        let queue = self.queues.get_mut(&key)?;
        let tasks = &self.tasks;
        let like = |at: &usize| tasks.get(*at).is_some_and(|t| t.image == bare(image));
        let at = queue.iter().position(like)?;
        queue.drain(..at);
        queue.pop_front().and_then(|at| self.tasks.get(at)).cloned()
    }

    /// When the next recorded task of a slot with this image was made.
    pub fn made(&mut self, service: &str, slot: u64, image: &str) -> Option<i64> {
        let key = (self.recorded_name(service), slot.to_string());
        let queue = self.queues.get(&key)?;
        let tasks = queue.iter().filter_map(|at| self.tasks.get(*at));
        tasks.filter(|task| task.image == bare(image)).map(|task| task.made).next()
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

/// An image without its digest.
fn bare(image: &str) -> &str {
    image.split('@').next().unwrap_or(image)
}

/// Rows of tables of tasks, with their ids' beginnings.
fn tasks(screen: &str, now: i64) -> Vec<(String, Shown)> {
    const HEADS: [&str; 7] =
        ["NAME", "IMAGE", "NODE", "DESIRED STATE", "CURRENT STATE", "ERROR", "PORTS"];
    let mut out = Vec::new();
    let mut columns: Option<[usize; 7]> = None;
    for line in screen.lines() {
        if line.starts_with("ID ") && line.contains("DESIRED STATE") {
            let starts = HEADS.map(|word| line.find(word));
            let whole = starts.iter().all(Option::is_some);
            columns = whole.then(|| starts.map(Option::unwrap_or_default));
            continue;
        }
        let Some([name, image, node, desired, current, error, ports]) = columns else { continue };
        // an ellipsis is three bytes long
        let end = line.len().min(ports + 2 * line.matches('…').count());
        let cell = |from: usize, to: usize| line.get(from..to.min(line.len())).map(str::trim);
        let (Some(id), Some(title), Some(kind), Some(host), Some(state)) = (
            cell(0, name),
            cell(name, image),
            cell(image, node),
            cell(node, desired),
            cell(current, error),
        ) else {
            columns = None;
            continue;
        };
        let title = title.trim_start_matches("\\_ ");
        let Some((service, slot)) = title.rsplit_once('.') else { continue };
        let why = line.get(error.min(line.len())..end).unwrap_or_default();
        let shown = Shown {
            service: service.to_owned(),
            slot: slot.to_owned(),
            image: bare(kind).to_owned(),
            node: host.to_owned(),
            waits: host.is_empty() && why.contains("no suitable node"),
            made: now - age_ms(state),
        };
        out.push((id.get(..12).unwrap_or(id).to_owned(), shown));
    }
    out
}

/// `Running 34 seconds ago` → 34,000.
fn age_ms(state: &str) -> i64 {
    let words: Vec<&str> = state.split_whitespace().collect();
    let pairs = words.windows(2).filter_map(|pair| match pair {
        [number, unit] => Some((number, unit)),
        _ => None,
    });
    for (number, unit) in pairs {
        let scale = match unit.trim_end_matches('s') {
            "second" => 1_000,
            "minute" => 60_000,
            "hour" => 3_600_000,
            _ => continue,
        };
        return match *number {
            "a" | "an" => scale,
            number => number.parse::<i64>().unwrap_or(0).saturating_mul(scale),
        };
    }
    0
}

fn is_generated(name: &str) -> bool {
    name.split_once('_').is_some_and(|(a, b)| {
        !b.is_empty() && a.len() > 1 && name.bytes().all(|c| c.is_ascii_lowercase() || c == b'_')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_a_table_are_tasks() {
        let screen = "\
ID     NAME      IMAGE   NODE DESIRED STATE CURRENT STATE              ERROR               PORTS
aaaaaa web.1     nginx:1 w1   Running       Running about a minute ago
bbbbbb  \\_ web.1 nginx:0 w2   Shutdown      Shutdown 7 seconds ago
cccccc web.2     nginx:1      Running       Pending 3 seconds ago      \"no suitable node…\"
";
        let found = tasks(screen, 100_000);
        assert_eq!(found.len(), 3);
        assert_eq!(found[0].1.made, 40_000);
        assert_eq!((found[1].1.slot.as_str(), found[1].1.image.as_str()), ("1", "nginx:0"));
        assert_eq!(found[1].1.made, 93_000);
        assert!(found[2].1.waits && !found[0].1.waits);
    }
}
