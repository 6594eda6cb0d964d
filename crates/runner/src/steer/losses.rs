//! When a node that died is given up: by its last heartbeat and a period, both drawn at random. The
//! recorded tables of nodes show when it was Down.

use super::elections::rows;
use crate::recording::{Line, Recording, Step};
use api::{NodeId, Timestamp};
use lab::Machine;
use shell::Desk;
use std::collections::BTreeMap;

/// A period between two heartbeats, ms: the least, the usual, the most.
const PERIOD_MS: (u64, u64, u64) = (4_501, 5_000, 5_499);
/// How long after its last heartbeat a node is usually given up.
const GRACE_MS: u64 = 15_000;
/// Heartbeats are led so long ahead of a death.
const AHEAD_MS: u64 = 60_000;
/// What the death of a machine comes by.
const DEATHS: [&str; 3] = ["daemon-kill", "link-down", "poweroff"];

/// A node was up, and then it was Down: ms of the recording.
#[derive(Clone, Copy, Debug)]
struct Loss {
    after: u64,
    by: u64,
}

impl Loss {
    fn at(self) -> u64 {
        self.after.midpoint(self.by)
    }
}

/// The recorded losses and deaths of each host, in order.
#[derive(Clone, Default)]
pub(super) struct Losses {
    hosts: BTreeMap<String, Vec<Loss>>,
    deaths: BTreeMap<String, Vec<u64>>,
    beats: BTreeMap<Machine, Timestamp>,
    expiries: BTreeMap<NodeId, Timestamp>,
}

impl Losses {
    pub(super) fn new(recording: &Recording) -> Self {
        let mut deaths: BTreeMap<String, Vec<u64>> = BTreeMap::new();
        for line in &recording.lines {
            if let Line::Event { t, event, node, .. } = line
                && DEATHS.contains(&event.as_str())
            {
                deaths.entry(node.clone()).or_default().push(*t);
            }
        }
        let mut steps: Vec<&Step> = recording.commands().into_iter().map(|(_, s)| s).collect();
        steps.sort_by_key(|step| step.t + step.ms);
        let mut hosts: BTreeMap<String, Vec<Loss>> = BTreeMap::new();
        let mut up: BTreeMap<String, u64> = BTreeMap::new();
        for step in steps {
            let at = step.t + step.ms;
            let rows = rows(&step.screen);
            for row in &rows {
                if rows.iter().filter(|other| other.host == row.host).count() > 1 {
                    up.remove(&row.host);
                } else if row.status != "Down" {
                    up.insert(row.host.clone(), at);
                } else if let Some(after) = up.remove(&row.host) {
                    hosts.entry(row.host.clone()).or_default().push(Loss { after, by: at });
                }
            }
        }
        Self { hosts, deaths, ..Self::default() }
    }

    fn next(&self, host: &str, now: u64) -> Option<Loss> {
        self.hosts.get(host)?.iter().find(|loss| loss.by > now).copied()
    }

    /// Answers the draws of periods; `zero` is the recording's instant 0.
    pub(super) fn steer(&mut self, desk: &mut Desk, zero: Timestamp) {
        let now = desk.now().since_us(zero) / 1_000;
        let instant = |ms: u64| Timestamp(zero.0 + ms * 1_000);
        let beats: Vec<(Machine, Timestamp)> = desk.lab().beats().collect();
        for (machine, beat) in beats {
            if self.beats.get(&machine) == Some(&beat) {
                continue;
            }
            let to = self.beat(desk, machine, now).map_or(beat, instant);
            self.beats.insert(machine, to);
            if to != beat {
                desk.lab_mut().redraw_beat(machine, to);
            }
        }
        for (node, at, (first, last)) in desk.lab().expiries() {
            if self.expiries.get(&node) == Some(&at) {
                continue;
            }
            let host = desk
                .view()
                .swarm
                .as_ref()
                .and_then(|s| Some(s.node(node)?.description.as_ref()?.hostname.clone()));
            let wish = host.and_then(|host| self.next(&host, now)).map(|loss| instant(loss.at()));
            let to = wish.map_or(at, |wish| wish.clamp(first, last));
            self.expiries.insert(node, to);
            if to != at {
                desk.lab_mut().redraw_expiry(node, to);
            }
        }
    }

    /// The beat after the one just now, so that the last before the death fits the loss.
    fn beat(&self, desk: &Desk, machine: Machine, now: u64) -> Option<u64> {
        let (_, host) = desk.lab().machines().find(|(m, _)| *m == machine)?;
        let loss = self.next(host, now)?;
        let death = self.deaths.get(host)?.iter().copied().find(|at| *at > now)?;
        if death > loss.by || death > now + AHEAD_MS {
            return None;
        }
        let latest = death.saturating_sub(50);
        let last =
            loss.at().saturating_sub(GRACE_MS).clamp(latest.saturating_sub(PERIOD_MS.0), latest);
        let left = last.saturating_sub(now);
        let beats = ((left + PERIOD_MS.1 / 2) / PERIOD_MS.1).max(1);
        Some(now + (left / beats).clamp(PERIOD_MS.0, PERIOD_MS.2))
    }
}
