//! Who leads next, and from when on: drawn at random by the real engine, shown by its recording.
//!
//! A member campaigns after 10 to 19 ticks without a leader, as drawn. The recorded winner draws
//! the tick nearest to the recorded change, all others one as late as may be. What no draw gives
//! stays a difference.

use crate::recording::{Recording, Step};
use lab::Machine;
use shell::Desk;
use std::collections::BTreeMap;

/// A tick of raft.
const TICK_MS: u64 = 1_000;
/// Ticks of the shortest and of the longest election timeout (SwarmKit's defaults).
const TICKS: (u32, u32) = (10, 19);
/// A query that took so long waited for a leader: it answers as soon as there is one.
const BLOCKED_MS: u64 = 1_500;
/// A query may go on waiting for a leader that is gone so long after there is a new one.
const LATE_MS: u64 = 3_000;
/// How long a new leader needs until a blocked query is answered.
const ANSWER_MS: u64 = 300;

/// The recording shows that a manager leads.
#[derive(Clone, Debug)]
struct Seen {
    leader: String,
    /// It may have been elected from then on, ms of the recording.
    after: u64,
    /// It had been elected by then.
    by: u64,
}

/// Leaders as recorded, in order.
#[derive(Clone, Default)]
pub(super) struct Elections {
    seen: Vec<Seen>,
    /// Ticks of each member when it was looked at last.
    looked: BTreeMap<Machine, u32>,
}

impl Elections {
    pub(super) fn new(recording: &Recording) -> Self {
        let mut steps: Vec<&Step> = recording.commands().into_iter().map(|(_, s)| s).collect();
        steps.sort_by_key(|step| step.t + step.ms);
        let mut seen: Vec<Seen> = Vec::new();
        // when there was none yet, or still another one
        let mut none = 0;
        for step in steps {
            let by = step.t + step.ms;
            let leads = rows(&step.screen).into_iter().find(Row::leads);
            let Some(Row { host: leader, .. }) = leads else {
                if step.screen.contains("does not have a leader")
                    || step.screen.contains("context deadline exceeded")
                {
                    none = by.saturating_sub(step.ms.min(LATE_MS));
                }
                continue;
            };
            let blocked = step.ms > BLOCKED_MS;
            let after = if blocked { by.saturating_sub(ANSWER_MS + TICK_MS / 2) } else { none };
            seen.push(Seen { leader, after, by });
            none = by;
        }
        Self { seen, looked: BTreeMap::new() }
    }

    /// Answers the draws of members that wait for a leader; `now` in ms of the recording.
    pub(super) fn steer(&mut self, desk: &mut Desk, now: u64) {
        let waiting: Vec<(Machine, u32, u32)> = desk.lab().electors().collect();
        for (machine, elapsed, timeout) in waiting {
            if self.looked.insert(machine, elapsed) == Some(elapsed) || elapsed + 1 < TICKS.0 {
                continue;
            }
            let Some(next) = self.seen.iter().find(|seen| seen.by > now) else { return };
            let own = desk.lab().machines().any(|(m, name)| m == machine && name == next.leader);
            // as late as may be, and before the others' last tick
            let waits = now + 2 * TICK_MS + ANSWER_MS < next.by && elapsed + 3 < TICKS.1;
            let ticks = if own && now + TICK_MS >= next.after && !waits {
                elapsed + 1
            } else {
                timeout.max((elapsed + 2).min(TICKS.1))
            };
            if ticks != timeout {
                desk.lab_mut().redraw_election_timeout(machine, ticks);
            }
        }
    }
}

/// A row of a table of nodes.
#[derive(Clone)]
pub(super) struct Row {
    pub(super) host: String,
    pub(super) status: String,
    manager: String,
}

impl Row {
    /// Whether it is the leader's.
    pub(super) fn leads(&self) -> bool {
        self.manager == "Leader"
    }
}

/// The rows of a table of nodes.
pub(super) fn rows(screen: &str) -> Vec<Row> {
    let mut columns = None;
    let mut rows = Vec::new();
    for line in screen.lines() {
        if line.starts_with("ID ") {
            let at = |word: &str| line.find(word);
            columns = at("HOSTNAME").zip(at("STATUS")).zip(at("MANAGER STATUS"));
        } else if let Some(((host, status), manager)) = columns {
            let word = |from: usize| {
                let cell = line.get(from..).unwrap_or_default();
                let word = cell.split_whitespace().next().unwrap_or_default();
                if cell.starts_with(' ') { String::new() } else { word.to_owned() }
            };
            rows.push(Row { host: word(host), status: word(status), manager: word(manager) });
        }
    }
    rows
}
