//! When nodes come back to a new leader: each waits a random part of its back-off, and the recorded
//! tables of nodes show when they were there.

use super::elections::rows;
use crate::recording::{Recording, Step};
use api::Timestamp;
use lab::Machine;
use shell::Desk;
use std::collections::BTreeMap;

/// Where polls are far between, a node is taken to have come back so long before it was seen.
const LATEST_MS: u64 = 1_000;

/// An attempt that failed is not made again in the same instant.
const SOON_US: u64 = 100_000;

/// A node was not ready, and then it was: ms of the recording.
#[derive(Clone, Copy, Debug)]
struct Return {
    after: u64,
    by: u64,
}

/// The recorded returns of each host, in order.
#[derive(Clone, Default)]
pub(super) struct Returns {
    hosts: BTreeMap<String, Vec<Return>>,
    /// The wait that was looked at last.
    looked: BTreeMap<Machine, Timestamp>,
}

impl Returns {
    pub(super) fn new(recording: &Recording) -> Self {
        let mut steps: Vec<&Step> = recording.commands().into_iter().map(|(_, s)| s).collect();
        steps.sort_by_key(|step| step.t + step.ms);
        let mut hosts: BTreeMap<String, Vec<Return>> = BTreeMap::new();
        let mut away: BTreeMap<String, u64> = BTreeMap::new();
        // the leader shown last, and when; none since then
        let mut led: Option<(String, u64)> = None;
        let mut gap = false;
        for step in steps {
            let at = step.t + step.ms;
            let rows = rows(&step.screen);
            let Some(leader) = rows.iter().find(|row| row.leads()) else {
                gap |= step.screen.contains("does not have a leader");
                continue;
            };
            let before = led.replace((leader.host.clone(), at));
            // a new leader knows nothing of any node at first
            let new = before.filter(|(host, _)| gap || *host != leader.host).map(|(_, at)| at);
            gap = false;
            for row in &rows {
                // of several nodes of one host only one can come back
                let twice = rows.iter().filter(|other| other.host == row.host).count() > 1;
                if row.status == "Ready" {
                    if let Some(after) = away.remove(&row.host).or(new) {
                        hosts.entry(row.host.clone()).or_default().push(Return { after, by: at });
                    }
                } else if !twice || row.status == "Unknown" {
                    away.insert(row.host.clone(), at);
                }
            }
        }
        Self { hosts, looked: BTreeMap::new() }
    }

    /// Answers the draws of agents that wait; `zero` is the recording's instant 0.
    pub(super) fn steer(&mut self, desk: &mut Desk, zero: Timestamp) {
        let now = desk.now();
        let waiting: Vec<(Machine, Timestamp, u64)> = desk.lab().retries().collect();
        for (machine, at, longest) in waiting {
            if self.looked.get(&machine) == Some(&at) || at <= now {
                continue;
            }
            let name = desk.lab().machines().find(|(m, _)| *m == machine).map(|(_, n)| n);
            let returns = name.and_then(|name| self.hosts.get(name));
            let ms = now.since_us(zero) / 1_000;
            let next = returns.and_then(|all| all.iter().find(|r| r.by > ms));
            let mut to = at;
            if let Some(next) = next {
                // a table is drawn a little before its command ends
                let wish = (next.after.max(next.by.saturating_sub(LATEST_MS)) + next.by) / 2;
                let wish = Timestamp(zero.0 + wish * 1_000);
                // any wait below the longest may have been drawn
                let last = Timestamp(now.0 + longest.saturating_sub(1));
                to = wish.clamp(Timestamp(now.0 + SOON_US).min(at), last);
            }
            self.looked.insert(machine, to);
            if to != at {
                desk.lab_mut().redraw_retry(machine, to);
            }
        }
    }
}
