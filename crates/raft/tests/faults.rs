//! Random faults, then invariants after each event, then a healed network that must agree.
//!
//! `RAFT_FAULT_SEEDS=n` runs more seeds, `RAFT_FAULT_SEED=n` only that one.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a failed expectation is a failed test, also in the helpers around them"
)]

mod support;

use std::collections::{BTreeMap, BTreeSet};

use raft::{
    Body, ConfChange, Config, Disk, Entry, Id, Index, Membership, Message, Payload, Raft, Refused,
    Role, Term,
};
use support::{Rng, seeds};

/// The application: a chain over everything applied, so equal digests mean equal histories.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
struct App {
    index: Index,
    digest: u64,
}

type Node = Raft<u64, App>;
type Letter = Message<u64, App>;

#[derive(Debug)]
struct Machine {
    /// `None` while it has no power.
    raft: Option<Node>,
    disk: Option<Disk<u64, App>>,
    app: App,
}

/// What everybody must agree on.
#[derive(Debug, Default)]
struct Ledger {
    entries: BTreeMap<Index, (Entry<u64>, u64)>,
    leaders: BTreeMap<Term, Id>,
    membership: Membership,
}

#[derive(Debug, Default, Clone, Copy)]
struct Counts {
    elections: u64,
    committed: u64,
    snapshots: u64,
    conf_changes: u64,
    crashes: u64,
    transfers: u64,
    refused: u64,
}

struct World {
    rng: Rng,
    config: Config,
    machines: BTreeMap<Id, Machine>,
    letters: Vec<(Id, Id, Letter)>,
    cut: BTreeSet<(Id, Id)>,
    /// Removed members that were told so. They campaign no more, but still answer until
    /// they stop, see `stop_if_obsolete`.
    told: BTreeSet<Id>,
    ledger: Ledger,
    next_id: Id,
    next_command: u64,
    counts: Counts,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut rng = Rng(seed);
        let config = Config {
            max_inflight: rng.pick(&[1, 2, 4, 256]).unwrap(),
            max_entries: rng.pick(&[1, 2, 256]).unwrap(),
            keep_entries: rng.below(8),
            ..Config::default()
        };
        let first = Node::bootstrap(1, "n1", config, &mut rng.draw());
        let machine = Machine { raft: Some(first), disk: None, app: App::default() };
        let mut world = Self {
            rng,
            config,
            machines: BTreeMap::from([(1, machine)]),
            letters: Vec::new(),
            cut: BTreeSet::new(),
            told: BTreeSet::new(),
            ledger: Ledger::default(),
            next_id: 2,
            next_command: 1,
            counts: Counts::default(),
        };
        world.after(1, false);
        world
    }

    fn alive(&self) -> Vec<Id> {
        self.machines.iter().filter(|(_, m)| m.raft.is_some()).map(|(id, _)| *id).collect()
    }

    fn leaders(&self) -> Vec<Id> {
        let alive = self.machines.iter();
        alive.filter(|(_, m)| m.raft.as_ref().is_some_and(Raft::is_leader)).map(|p| *p.0).collect()
    }

    fn raft(&mut self, id: Id) -> Option<&mut Node> {
        self.machines.get_mut(&id).and_then(|machine| machine.raft.as_mut())
    }

    /// Takes a node's effects, checks them against what is agreed, posts its messages
    /// (unless the power goes right then).
    fn after(&mut self, id: Id, lose_messages: bool) {
        let Some(machine) = self.machines.get_mut(&id) else { return };
        let Some(raft) = machine.raft.as_mut() else { return };
        let effects = raft.take_effects();
        if let Some(snapshot) = effects.snapshot {
            self.counts.snapshots += u64::from(snapshot.index > machine.app.index);
            machine.app = snapshot.state;
            let agreed = self.ledger.entries.get(&snapshot.index).expect("a committed snapshot");
            assert_eq!(machine.app.digest, agreed.1, "the snapshot's state is the agreed one");
        }
        for entry in effects.committed {
            assert_eq!(entry.index, machine.app.index + 1, "entries come without a gap");
            let text = serde_json::to_string(&entry.payload).unwrap();
            let mut digest = machine.app.digest;
            text.bytes().for_each(|byte| {
                digest = (digest ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
            });
            machine.app = App { index: entry.index, digest };
            match self.ledger.entries.get(&entry.index) {
                Some(agreed) => assert_eq!(*agreed, (entry, digest), "committed is for ever"),
                None => {
                    if let Payload::Conf(change) = &entry.payload {
                        self.counts.conf_changes += u64::from(self.ledger.membership.apply(change));
                    }
                    self.counts.committed += 1;
                    self.ledger.entries.insert(entry.index, (entry, digest));
                }
            }
        }
        assert_eq!(machine.app.index, raft.applied_index());
        if raft.role() == Role::Leader {
            let new = self.ledger.leaders.insert(raft.term(), id);
            assert!(new.is_none_or(|other| other == id), "one leader in a term");
            if new.is_none() {
                self.counts.elections += 1;
                for (index, (entry, _)) in &self.ledger.entries {
                    if *index >= raft.disk().log.first_index() {
                        assert_eq!(raft.disk().log.get(*index), Some(entry), "completeness");
                    }
                }
            }
        }
        if !lose_messages {
            self.letters.extend(effects.messages.into_iter().map(|(to, m)| (id, to, m)));
        }
        self.check_log(id);
    }

    /// Logs that have the same term somewhere are the same up to there.
    fn check_log(&self, id: Id) {
        let log_of = |machine: &Machine| machine.raft.as_ref().map(|raft| raft.disk().log.clone());
        let Some(mine) = self.machines.get(&id).and_then(log_of) else { return };
        for (other, machine) in &self.machines {
            let Some(log) = log_of(machine).filter(|_| *other != id) else { continue };
            let first = mine.first_index().max(log.first_index());
            let last = mine.last_index().min(log.last_index());
            let meet = (first..=last).rev().find(|at| mine.term(*at) == log.term(*at));
            for index in first..=meet.unwrap_or(0) {
                assert_eq!(mine.get(index), log.get(index), "logs of {id} and {other}");
            }
        }
    }

    fn deliver(&mut self, place: usize, keep: bool) {
        if place >= self.letters.len() {
            return;
        }
        let (from, to, letter) =
            if keep { self.letters[place].clone() } else { self.letters.swap_remove(place) };
        let is_snapshot = matches!(letter.body, Body::Snapshot(_));
        let arrives = !self.cut.contains(&(from, to)) && self.raft(to).is_some();
        if arrives {
            let mut rng = self.rng.clone();
            let result = self.raft(to).map(|raft| raft.step(from, letter, &mut rng.draw()));
            self.rng = rng;
            self.after(to, false);
            if result == Some(Err(Refused::SenderRemoved)) {
                self.counts.refused += 1;
                self.told.insert(from);
            }
        }
        let tell = !arrives && self.rng.chance(500);
        if let Some(raft) = self.raft(from) {
            if is_snapshot {
                raft.report_snapshot(to, arrives);
            } else if tell {
                raft.report_unreachable(to);
            }
        }
        self.after(from, false);
    }

    /// A removed member stops once those that stay know it: a leader that stopped at once
    /// could leave them waiting for its vote.
    fn stop_if_obsolete(&mut self, id: Id) {
        if !self.ledger.membership.removed.contains(&id) {
            return;
        }
        let know = self.ledger.membership.members.keys().all(|member| {
            let machine = &self.machines[member];
            machine.raft.as_ref().is_some_and(|raft| raft.membership().removed.contains(&id))
        });
        if know {
            self.machines.remove(&id);
        }
    }

    fn crash(&mut self, id: Id) {
        let Some(machine) = self.machines.get_mut(&id) else { return };
        if let Some(raft) = machine.raft.take() {
            // a save and a load are part of the deal
            let text = serde_json::to_string(&raft.into_disk()).unwrap();
            machine.disk = Some(serde_json::from_str(&text).unwrap());
            machine.app = App::default();
            self.counts.crashes += 1;
        }
    }

    fn restart(&mut self, id: Id) {
        let Some(machine) = self.machines.get_mut(&id) else { return };
        if let Some(disk) = machine.disk.take() {
            machine.raft = Some(Raft::restart(self.config, disk, &mut self.rng.draw()));
            self.after(id, false);
        }
    }

    fn tick(&mut self, id: Id) {
        if self.told.contains(&id) {
            return;
        }
        let mut rng = self.rng.clone();
        if let Some(raft) = self.raft(id) {
            raft.tick(&mut rng.draw());
        }
        self.rng = rng;
        let lose = self.rng.chance(5);
        self.after(id, lose);
    }

    fn change_membership(&mut self, leader: Id) {
        let count = self.ledger.membership.members.len();
        let grow = count < 3 || (count < 7 && self.rng.chance(500));
        let (change, fresh) = if grow {
            let id = self.next_id;
            (ConfChange::Add { id, context: format!("n{id}") }, Some(id))
        } else {
            let members: Vec<Id> = self.ledger.membership.members.keys().copied().collect();
            match self.rng.pick(&members) {
                // a leader hands over first, see SwarmKit's role manager
                Some(id) if id != leader => (ConfChange::Remove { id }, None),
                _ => return,
            }
        };
        let Some(raft) = self.raft(leader) else { return };
        if raft.propose_conf_change(change).is_ok()
            && let Some(id) = fresh
        {
            self.next_id += 1;
            let joiner = Node::new(id, self.config, &mut self.rng.draw());
            let machine = Machine { raft: Some(joiner), disk: None, app: App::default() };
            self.machines.insert(id, machine);
        }
        self.after(leader, false);
    }

    fn event(&mut self) {
        let alive = self.alive();
        let all: Vec<Id> = self.machines.keys().copied().collect();
        let one = self.rng.pick(&alive).unwrap_or(1);
        let leader = self.rng.pick(&self.leaders());
        match self.rng.below(1_000) {
            0..=249 => self.tick(one),
            250..=719 => {
                let place = self.rng.below(self.letters.len() as u64) as usize;
                let keep = self.rng.chance(30);
                self.deliver(place, keep);
            }
            720..=739 => {
                // everybody's second passes
                alive.into_iter().for_each(|id| self.tick(id));
            }
            740..=759 if !self.letters.is_empty() => {
                let place = self.rng.below(self.letters.len() as u64) as usize;
                let (from, to, letter) = self.letters.swap_remove(place);
                if let (Body::Snapshot(_), Some(raft)) = (&letter.body, self.raft(from)) {
                    raft.report_snapshot(to, false);
                }
            }
            760..=859 => {
                let command = self.next_command;
                let target = leader.unwrap_or(one);
                if let Some(raft) = self.raft(target)
                    && raft.propose(command).is_ok()
                {
                    self.next_command += 1;
                }
                self.after(target, false);
            }
            860..=879 => {
                let lose = self.rng.chance(500);
                self.after(one, lose);
                self.crash(one);
            }
            880..=909 => {
                let dead: Vec<Id> = all.iter().copied().filter(|id| !alive.contains(id)).collect();
                self.rng.pick(&dead).into_iter().for_each(|id| self.restart(id));
            }
            910..=924 => {
                let (from, to) = (self.rng.pick(&all).unwrap_or(1), self.rng.pick(&all));
                self.cut.insert((from, to.unwrap_or(1)));
            }
            925..=939 => {
                let cuts: Vec<_> = self.cut.iter().copied().collect();
                self.rng.pick(&cuts).into_iter().for_each(|link| {
                    self.cut.remove(&link);
                });
            }
            940..=964 => leader.into_iter().for_each(|id| self.change_membership(id)),
            965..=974 => {
                if let Some(id) = leader
                    && self.raft(id).is_some_and(|raft| raft.transfer_leader(one))
                {
                    self.counts.transfers += 1;
                    self.after(id, false);
                }
            }
            _ => {
                if let Some(machine) = self.machines.get_mut(&one)
                    && let Some(raft) = machine.raft.as_mut()
                {
                    raft.compact(machine.app.index, machine.app);
                    let text = serde_json::to_string(raft).unwrap();
                    let loaded: Node = serde_json::from_str(&text).unwrap();
                    assert_eq!(loaded, *raft, "a member is plain data");
                    *raft = loaded;
                }
            }
        }
        let removed: Vec<Id> = self.ledger.membership.removed.iter().copied().collect();
        removed.into_iter().for_each(|id| self.stop_if_obsolete(id));
    }

    /// All faults end. Those that are members must agree and go on.
    fn heal(&mut self) {
        self.cut.clear();
        let ids: Vec<Id> = self.machines.keys().copied().collect();
        ids.into_iter().for_each(|id| self.restart(id));
        let mut asked = None;
        for round in 0..400 {
            if round % 40 == 0 {
                // a leader that had to go may have taken it
                asked = None;
            }
            self.alive().into_iter().for_each(|id| self.tick(id));
            for _ in 0..10_000 {
                if self.letters.is_empty() {
                    break;
                }
                let last = self.letters.len() - 1;
                self.letters.swap(0, last);
                self.deliver(last, false);
            }
            let removed: Vec<Id> = self.ledger.membership.removed.iter().copied().collect();
            removed.into_iter().for_each(|id| self.stop_if_obsolete(id));
            if let (None, Some(id)) = (asked, self.leaders().first().copied()) {
                let command = self.next_command;
                let index = self.raft(id).and_then(|raft| raft.propose(command).ok());
                self.after(id, false);
                asked = index;
            }
            if asked.is_some_and(|index| self.agrees(index)) {
                return;
            }
        }
        let members = &self.ledger.membership;
        panic!("does not converge: {members:?}\n{}", self.summary());
    }

    fn summary(&self) -> String {
        let rafts = self.machines.values().filter_map(|machine| machine.raft.as_ref());
        let line = |raft: &Node| {
            let progress: Vec<_> = raft
                .progress()
                .iter()
                .map(|(id, p)| format!("{id}:{}/{} {:?} {}", p.matched, p.next, p.state, p.paused))
                .collect();
            format!(
                "{} {:?} term {} leader {:?} log {}..={} commit {} snapshot {} {:?}\n    {}\n",
                raft.id(),
                raft.role(),
                raft.term(),
                raft.leader(),
                raft.disk().log.first_index(),
                raft.last_index(),
                raft.commit_index(),
                raft.disk().snapshot_index(),
                raft.membership(),
                if raft.is_leader() { progress.join(", ") } else { String::new() },
            )
        };
        rafts.map(line).collect()
    }

    fn agrees(&self, index: Index) -> bool {
        let mut apps = BTreeSet::new();
        for id in self.ledger.membership.members.keys() {
            let Some(machine) = self.machines.get(id) else { return false };
            let Some(raft) = &machine.raft else { return false };
            if machine.app.index < index || *raft.membership() != self.ledger.membership {
                return false;
            }
            apps.insert((machine.app.index, machine.app.digest));
        }
        apps.len() == 1 && self.leaders().len() == 1
    }
}

fn run(seed: u64) -> Counts {
    let mut world = World::new(seed);
    let events = 600 + world.rng.below(1_800);
    for _ in 0..events {
        world.event();
    }
    world.heal();
    world.counts
}

#[test]
fn agreement_survives_faults() {
    if let Some(seed) = std::env::var("RAFT_FAULT_SEED").ok().and_then(|text| text.parse().ok()) {
        println!("{:?}", run(seed));
        return;
    }
    let mut sum = Counts::default();
    let count = seeds("RAFT_FAULT_SEEDS", 1_000);
    for seed in 0..count {
        let result = std::panic::catch_unwind(|| run(seed));
        let counts = result.unwrap_or_else(|_| panic!("fails with RAFT_FAULT_SEED={seed}"));
        sum.elections += counts.elections;
        sum.committed += counts.committed;
        sum.snapshots += counts.snapshots;
        sum.conf_changes += counts.conf_changes;
        sum.crashes += counts.crashes;
        sum.transfers += counts.transfers;
        sum.refused += counts.refused;
    }
    println!("{count} seeds: {sum:?}");
    // the schedules have to reach what they are meant to test
    assert!(sum.elections > 3 * count && sum.committed > 20 * count, "{sum:?}");
    assert!(sum.snapshots > count / 2 && sum.conf_changes > 3 * count, "{sum:?}");
    assert!(sum.crashes > 3 * count && sum.transfers > count / 2, "{sum:?}");
    assert!(sum.refused > 0, "{sum:?}");
}
