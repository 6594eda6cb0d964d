//! Step for step with raft-rs (the crate `raft`, a port of etcd's): the same ticks, losses,
//! crashes and proposals must give the same messages, terms, votes, leaders, logs, commit
//! indexes and progress after every event.
//!
//! What is taken out of the comparison, because etcd does not have it: raft-rs sends commit
//! indexes along with votes, and refuses a snapshot older than the receiver's admission (such
//! a snapshot is lost here). Messages our member refuses are not shown to the other either.
//!
//! `RAFT_ORACLE_SEEDS=n` runs more schedules, `RAFT_ORACLE_SEED=n` only that one.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::wildcard_enum_match_arm,
    reason = "a failed expectation is a failed test, also in the helpers around them"
)]

mod support;

use share::Rc;
use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};

use raft::{
    Body, ConfChange, Config, Disk, Dropped, Entry, Id, Index, Membership, Message, Payload,
    ProgressState, Raft, Refused, Reject, Role, Snapshot, Term,
};
use raft_oracle::eraftpb;
use raft_oracle::{GetEntriesContext, NO_LIMIT, RaftState, RawNode, StateRole, StorageError};
use support::{Rng, seeds};

type Ours = Raft<u64, u64>;
type Letter = Message<u64, u64>;
type Theirs = RawNode<Store>;
/// One message, twice.
type Pair = (Letter, eraftpb::Message);

/// The other's disk, with etcd's storage semantics: the term of the last compacted entry
/// is still known.
#[derive(Debug, Default)]
struct Platter {
    hard: eraftpb::HardState,
    base: Index,
    base_term: Term,
    entries: Vec<eraftpb::Entry>,
    snapshot: eraftpb::Snapshot,
}

#[derive(Clone, Debug, Default)]
struct Store(Rc<RefCell<Platter>>);

impl Platter {
    fn last(&self) -> Index {
        self.base + self.entries.len() as u64
    }

    fn append(&mut self, entries: &[eraftpb::Entry]) {
        let Some(first) = entries.first() else { return };
        self.entries.truncate((first.index - self.base - 1) as usize);
        self.entries.extend_from_slice(entries);
    }

    fn restore(&mut self, snapshot: eraftpb::Snapshot) {
        self.base = snapshot.get_metadata().index;
        self.base_term = snapshot.get_metadata().term;
        self.entries.clear();
        self.snapshot = snapshot;
    }

    fn compact(&mut self, index: Index) {
        if index > self.base {
            self.base_term = self.entries[(index - self.base - 1) as usize].term;
            self.entries.drain(..(index - self.base) as usize);
            self.base = index;
        }
    }
}

impl raft_oracle::Storage for Store {
    fn initial_state(&self) -> raft_oracle::Result<RaftState> {
        let platter = self.0.borrow();
        let members = platter.snapshot.get_metadata().get_conf_state().clone();
        Ok(RaftState::new(platter.hard.clone(), members))
    }

    fn entries(
        &self,
        low: u64,
        high: u64,
        max_size: impl Into<Option<u64>>,
        _: GetEntriesContext,
    ) -> raft_oracle::Result<Vec<eraftpb::Entry>> {
        let platter = self.0.borrow();
        if low <= platter.base {
            return Err(StorageError::Compacted.into());
        }
        let range = (low - platter.base - 1) as usize..(high - platter.base - 1) as usize;
        let mut entries = platter.entries[range].to_vec();
        raft_oracle::util::limit_size(&mut entries, max_size.into());
        Ok(entries)
    }

    fn term(&self, index: u64) -> raft_oracle::Result<u64> {
        let platter = self.0.borrow();
        if index == platter.base {
            return Ok(platter.base_term);
        }
        if index < platter.base {
            return Err(StorageError::Compacted.into());
        }
        let entry = platter.entries.get((index - platter.base - 1) as usize);
        entry.map(|entry| entry.term).ok_or(StorageError::Unavailable.into())
    }

    fn first_index(&self) -> raft_oracle::Result<u64> {
        Ok(self.0.borrow().base + 1)
    }

    fn last_index(&self) -> raft_oracle::Result<u64> {
        Ok(self.0.borrow().last())
    }

    fn snapshot(&self, _: u64, _: u64) -> raft_oracle::Result<eraftpb::Snapshot> {
        Ok(self.0.borrow().snapshot.clone())
    }
}

fn conf_state(membership: &Membership) -> eraftpb::ConfState {
    let voters: Vec<Id> = membership.members.keys().copied().collect();
    eraftpb::ConfState::from((voters, Vec::new()))
}

fn their_snapshot(ours: &Snapshot<u64>) -> eraftpb::Snapshot {
    let mut theirs = eraftpb::Snapshot::default();
    theirs.set_data(serde_json::to_vec(ours).unwrap().into());
    theirs.mut_metadata().index = ours.index;
    theirs.mut_metadata().term = ours.term;
    theirs.mut_metadata().set_conf_state(conf_state(&ours.membership));
    theirs
}

fn our_entry(theirs: &eraftpb::Entry) -> Entry<u64> {
    let payload = if theirs.get_entry_type() == eraftpb::EntryType::EntryConfChange {
        Payload::Conf(serde_json::from_slice(&theirs.context).unwrap())
    } else if theirs.data.is_empty() {
        Payload::Empty
    } else {
        Payload::Normal(Rc::new(u64::from_le_bytes(theirs.data[..].try_into().unwrap())))
    };
    Entry { term: theirs.term, index: theirs.index, payload }
}

fn our_letter(theirs: &eraftpb::Message) -> Letter {
    use eraftpb::MessageType as T;
    let (index, log_term, commit) = (theirs.index, theirs.log_term, theirs.commit);
    let body = match theirs.get_msg_type() {
        T::MsgAppend => {
            let entries = theirs.entries.iter().map(our_entry).collect();
            Body::Append { index, log_term, entries, commit }
        }
        T::MsgAppendResponse => {
            let reject = Reject { hint: theirs.reject_hint, hint_term: log_term };
            Body::AppendResponse { index, reject: theirs.reject.then_some(reject) }
        }
        T::MsgHeartbeat => Body::Heartbeat { commit },
        T::MsgHeartbeatResponse => Body::HeartbeatResponse,
        T::MsgRequestVote => Body::Vote { index, log_term, transfer: !theirs.context.is_empty() },
        T::MsgRequestVoteResponse => Body::VoteResponse { granted: !theirs.reject },
        T::MsgSnapshot => {
            let data = &theirs.get_snapshot().data;
            Body::Snapshot(Rc::new(serde_json::from_slice(data).unwrap()))
        }
        T::MsgTimeoutNow => Body::TimeoutNow,
        other => panic!("{other:?} is not in use"),
    };
    Message { term: theirs.term, body }
}

/// One member, twice.
struct Twin {
    id: Id,
    ours: Ours,
    theirs: Theirs,
    store: Store,
    /// Digest of everything applied, as each side handed it out.
    our_app: u64,
    their_app: u64,
    their_membership: Membership,
    stopped: bool,
}

fn chain(app: u64, entry: &Entry<u64>) -> u64 {
    let text = serde_json::to_string(entry).unwrap();
    text.bytes().fold(app, |app, byte| (app ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

impl Twin {
    fn start(config: Config, disk: Disk<u64, u64>, store: Store, rng: &mut Rng) -> Self {
        let id = disk.id;
        let their_config = raft_oracle::Config {
            id,
            election_tick: config.election_tick as usize,
            heartbeat_tick: config.heartbeat_tick as usize,
            applied: disk.snapshot_index(),
            max_size_per_msg: if config.max_entries == 1 { 0 } else { NO_LIMIT },
            max_inflight_msgs: config.max_inflight as usize,
            check_quorum: true,
            ..raft_oracle::Config::default()
        };
        let logger = slog::Logger::root(slog::Discard, slog::o!());
        let theirs = RawNode::new(&their_config, store.clone(), &logger).unwrap();
        let ours = Raft::restart(config, disk, &mut rng.draw());
        let snapshot = ours.disk().snapshot.clone();
        Self {
            id,
            ours,
            theirs,
            store,
            our_app: 0,
            their_app: snapshot.as_ref().map_or(0, |held| held.state),
            their_membership: snapshot.map(|held| held.membership.clone()).unwrap_or_default(),
            stopped: false,
        }
    }

    /// Their side of "campaigns at once when alone", which SwarmKit does, not raft.
    fn campaign_if_alone(&mut self) -> Vec<eraftpb::Message> {
        let mut sent = self.their_effects();
        let members = &self.their_membership.members;
        if members.len() == 1 && members.contains_key(&self.id) {
            self.theirs.campaign().unwrap();
            sent.extend(self.their_effects());
        }
        sent
    }

    fn their_effects(&mut self) -> Vec<eraftpb::Message> {
        let mut sent = Vec::new();
        while self.theirs.has_ready() {
            let mut ready = self.theirs.ready();
            sent.extend(ready.take_messages());
            if !ready.snapshot().is_empty() {
                let snapshot = ready.snapshot().clone();
                let held: Snapshot<u64> = serde_json::from_slice(&snapshot.data).unwrap();
                self.store.0.borrow_mut().restore(snapshot);
                (self.their_app, self.their_membership) = (held.state, held.membership);
            }
            self.store.0.borrow_mut().append(ready.entries());
            if let Some(hard) = ready.hs() {
                self.store.0.borrow_mut().hard = hard.clone();
            }
            self.apply(ready.take_committed_entries());
            sent.extend(ready.take_persisted_messages());
            let mut light = self.theirs.advance(ready);
            if let Some(commit) = light.commit_index() {
                self.store.0.borrow_mut().hard.commit = commit;
            }
            sent.extend(light.take_messages());
            self.apply(light.take_committed_entries());
            self.theirs.advance_apply();
        }
        for message in &mut sent {
            use eraftpb::MessageType as T;
            if matches!(message.get_msg_type(), T::MsgRequestVote | T::MsgRequestVoteResponse) {
                (message.commit, message.commit_term) = (0, 0);
            }
        }
        sent
    }

    fn apply(&mut self, entries: Vec<eraftpb::Entry>) {
        for entry in entries {
            let entry = our_entry(&entry);
            self.their_app = chain(self.their_app, &entry);
            let Payload::Conf(change) = &entry.payload else { continue };
            if self.their_membership.apply(change) {
                self.theirs.apply_conf_change(&their_change(change)).unwrap();
            }
        }
    }

    /// Both have had the same input: they must agree on everything.
    fn compare(&mut self, theirs_sent: Vec<eraftpb::Message>) -> (Vec<Pair>, u64) {
        let effects = self.ours.take_effects();
        if let Some(snapshot) = effects.snapshot {
            self.our_app = snapshot.state;
        }
        for entry in &effects.committed {
            self.our_app = chain(self.our_app, entry);
        }
        let id = self.id;
        let mut ours_sent = effects.messages;
        let mut theirs_sent = theirs_sent;
        // per receiver: the order between receivers is that of a hash map over there
        ours_sent.sort_by_key(|(to, _)| *to);
        theirs_sent.sort_by_key(|message| message.to);
        let converted: Vec<_> = theirs_sent.iter().map(|m| (m.to, our_letter(m))).collect();
        assert_eq!(ours_sent, converted, "messages of {id}");
        assert_eq!(self.our_app, self.their_app, "applied by {id}");
        assert_eq!(*self.ours.membership(), self.their_membership, "membership at {id}");

        let (raft, disk) = (&self.theirs.raft, self.ours.disk());
        let hard = &self.store.0.borrow().hard;
        let their_hard = (hard.term, hard.vote, hard.commit);
        assert_eq!((disk.term, disk.vote.unwrap_or(0), disk.commit), their_hard, "disk of {id}");
        let role = match raft.state {
            StateRole::Follower => Role::Follower,
            StateRole::Candidate => Role::Candidate,
            StateRole::Leader => Role::Leader,
            StateRole::PreCandidate => panic!("pre-vote is off"),
        };
        assert_eq!(self.ours.role(), role, "role of {id}");
        assert_eq!(self.ours.leader().unwrap_or(0), raft.leader_id, "leader at {id}");
        assert_eq!(self.ours.transferee(), raft.lead_transferee, "transfer at {id}");
        assert_eq!(self.ours.election_elapsed() as usize, raft.election_elapsed, "ticks of {id}");
        assert_eq!(self.ours.promotable(), raft.promotable(), "promotable {id}");
        assert_eq!(self.ours.applied_index(), raft.raft_log.applied, "applied by {id}");
        let platter = self.store.0.borrow();
        assert_eq!(disk.log.first_index(), platter.base + 1, "first entry of {id}");
        assert!(
            disk.log.iter().cloned().eq(platter.entries.iter().map(our_entry)),
            "log of {id}: {:?} and {:?}",
            disk.log,
            platter.entries
        );
        if role == Role::Leader {
            self.compare_progress();
        }
        drop(platter);
        let timeout = self.ours.election_timeout() as usize;
        self.theirs.raft.set_randomized_election_timeout(timeout);
        let letters = ours_sent.into_iter().map(|(_, letter)| letter);
        (letters.zip(theirs_sent).collect(), effects.committed.len() as u64)
    }

    fn compare_progress(&self) {
        let theirs: BTreeMap<Id, _> = self
            .theirs
            .raft
            .prs()
            .iter()
            .map(|(id, p)| {
                let state = match p.state {
                    raft_oracle::ProgressState::Probe => ProgressState::Probe,
                    raft_oracle::ProgressState::Replicate => ProgressState::Replicate,
                    raft_oracle::ProgressState::Snapshot => {
                        ProgressState::Snapshot(p.pending_snapshot)
                    }
                };
                (*id, (p.matched, p.next_idx, state, p.paused, p.recent_active))
            })
            .collect();
        let ours: BTreeMap<Id, _> = self
            .ours
            .progress()
            .iter()
            .map(|(id, p)| (*id, (p.matched, p.next, p.state, p.paused, p.recent_active)))
            .collect();
        assert_eq!(ours, theirs, "progress at {}", self.id);
    }
}

fn their_change(change: &ConfChange) -> eraftpb::ConfChange {
    let mut theirs = eraftpb::ConfChange::default();
    let (kind, id) = match change {
        // an address is not raft's business over there
        ConfChange::Add { id, .. } | ConfChange::UpdateAddr { id, .. } => {
            (eraftpb::ConfChangeType::AddNode, id)
        }
        ConfChange::Remove { id } => (eraftpb::ConfChangeType::RemoveNode, id),
    };
    theirs.set_change_type(kind);
    theirs.node_id = *id;
    theirs
}

#[derive(Debug, Default, Clone, Copy)]
struct Counts {
    events: u64,
    messages: u64,
    committed: u64,
    snapshots: u64,
    conf_changes: u64,
    rejections: u64,
    max_term: u64,
}

struct Lockstep {
    rng: Rng,
    config: Config,
    twins: BTreeMap<Id, Twin>,
    /// Disks of members without power.
    down: BTreeMap<Id, (Disk<u64, u64>, Store)>,
    links: BTreeMap<(Id, Id), VecDeque<Pair>>,
    next_id: Id,
    next_command: u64,
    counts: Counts,
}

impl Lockstep {
    fn new(seed: u64) -> Self {
        let mut rng = Rng(seed);
        let config = Config {
            max_inflight: rng.pick(&[1, 2, 3, 256]).unwrap(),
            max_entries: rng.pick(&[1, u32::MAX]).unwrap(),
            keep_entries: rng.below(6),
            ..Config::default()
        };
        let size = rng.pick(&[1, 2, 3, 3, 3, 4, 5, 5, 7]).unwrap();
        let mut membership = Membership::default();
        for id in 1..=size {
            membership.members.insert(id, format!("n{id}"));
        }
        let snapshot = Rc::new(Snapshot { index: 1, term: 1, membership, state: 7 });
        let mut world = Self {
            rng,
            config,
            twins: BTreeMap::new(),
            down: BTreeMap::new(),
            links: BTreeMap::new(),
            next_id: size + 1,
            next_command: 1,
            counts: Counts::default(),
        };
        for id in 1..=size {
            let store = Store::default();
            let theirs = their_snapshot(&snapshot);
            store.0.borrow_mut().restore(theirs);
            store.0.borrow_mut().hard.term = 1;
            store.0.borrow_mut().hard.commit = 1;
            world.down.insert(id, (Disk::from_snapshot(id, Rc::clone(&snapshot)), store));
            world.restart(id);
        }
        world
    }

    fn restart(&mut self, id: Id) {
        let Some((disk, store)) = self.down.remove(&id) else { return };
        let mut twin = Twin::start(self.config, disk, store, &mut self.rng);
        let sent = twin.campaign_if_alone();
        self.twins.insert(id, twin);
        self.after(id, Some(sent));
    }

    /// Compares the member's two sides and posts what they sent.
    fn after(&mut self, id: Id, sent: Option<Vec<eraftpb::Message>>) {
        let Some(twin) = self.twins.get_mut(&id) else { return };
        let sent = sent.unwrap_or_else(|| twin.their_effects());
        let (sent, committed) = twin.compare(sent);
        self.counts.committed += committed;
        self.counts.max_term = self.counts.max_term.max(twin.ours.term());
        // a removed member stops, as SwarmKit's does
        twin.stopped = twin.their_membership.removed.contains(&id);
        let stopped = twin.stopped;
        for (ours, theirs) in sent {
            self.counts.messages += 1;
            let is_reject = matches!(ours.body, Body::AppendResponse { reject: Some(_), .. });
            self.counts.rejections += u64::from(is_reject);
            self.links.entry((id, theirs.to)).or_default().push_back((ours, theirs));
        }
        if stopped {
            self.twins.remove(&id);
        }
    }

    fn deliver(&mut self, arrives: bool) {
        let links: Vec<_> = self.links.iter().filter(|(_, q)| !q.is_empty()).collect();
        let links: Vec<_> = links.into_iter().map(|(link, queue)| (*link, queue.len())).collect();
        let Some((link, length)) = self.rng.pick(&links) else { return };
        // mostly in order
        let reorder = self.rng.chance(100);
        let place = if reorder { self.rng.below(length as u64) as usize } else { 0 };
        let letter = self.links.get_mut(&link).and_then(|queue| queue.remove(place));
        let Some((ours, theirs)) = letter else { return };
        let (from, to) = link;
        let mut arrives = arrives && self.twins.contains_key(&to);
        let snapshot = match &ours.body {
            Body::Snapshot(snapshot) => Some(Rc::clone(snapshot)),
            _ => None,
        };
        if let Some(snapshot) = &snapshot
            && !snapshot.membership.members.contains_key(&to)
        {
            arrives = false;
        }
        if arrives && let Some(twin) = self.twins.get_mut(&to) {
            match twin.ours.step(from, ours, &mut self.rng.draw()) {
                Ok(()) => twin.theirs.step(theirs).unwrap(),
                Err(Refused::SenderRemoved | Refused::SenderUnknown) => {}
            }
            self.counts.snapshots += u64::from(snapshot.is_some());
            self.after(to, None);
        }
        let tell = snapshot.is_none() && !arrives && self.rng.chance(500);
        let Some(twin) = self.twins.get_mut(&from) else { return };
        if snapshot.is_some() {
            let status = if arrives {
                raft_oracle::SnapshotStatus::Finish
            } else {
                raft_oracle::SnapshotStatus::Failure
            };
            twin.theirs.report_snapshot(to, status);
            twin.ours.report_snapshot(to, arrives);
        } else if tell {
            twin.theirs.report_unreachable(to);
            twin.ours.report_unreachable(to);
        }
        self.after(from, None);
    }

    fn tick(&mut self, id: Id) {
        let Some(twin) = self.twins.get_mut(&id) else { return };
        twin.theirs.tick();
        twin.ours.tick(&mut self.rng.draw());
        self.after(id, None);
    }

    fn propose(&mut self, id: Id) {
        let command = self.next_command;
        let Some(twin) = self.twins.get_mut(&id) else { return };
        match twin.ours.propose(command) {
            Ok(_) => {
                self.next_command += 1;
                twin.theirs.propose(Vec::new(), command.to_le_bytes().to_vec()).unwrap();
            }
            Err(Dropped::Transferring { .. }) => {
                assert!(twin.theirs.propose(Vec::new(), vec![0; 8]).is_err());
            }
            // a follower over there forwards it; nobody does in SwarmKit
            Err(_) => return,
        }
        self.after(id, None);
    }

    fn change_membership(&mut self, id: Id) {
        let Some(twin) = self.twins.get_mut(&id) else { return };
        let members: Vec<Id> = twin.ours.membership().members.keys().copied().collect();
        let kind = self.rng.below(8);
        let fresh = self.next_id;
        let change = if kind == 0 {
            let Some(id) = self.rng.pick(&members) else { return };
            ConfChange::UpdateAddr { id, context: format!("moved{fresh}") }
        } else if members.len() < 3 || (members.len() < 7 && kind < 5) {
            ConfChange::Add { id: fresh, context: format!("n{fresh}") }
        } else {
            let Some(id) = self.rng.pick(&members) else { return };
            ConfChange::Remove { id }
        };
        if twin.ours.propose_conf_change(change.clone()).is_err() {
            return;
        }
        let context = serde_json::to_vec(&change).unwrap();
        twin.theirs.propose_conf_change(context, their_change(&change)).unwrap();
        self.counts.conf_changes += 1;
        self.after(id, None);
        if matches!(change, ConfChange::Add { .. }) {
            self.next_id += 1;
            self.down.insert(fresh, (Disk::new(fresh), Store::default()));
            self.restart(fresh);
        }
    }

    fn compact(&mut self, id: Id) {
        let Some(twin) = self.twins.get_mut(&id) else { return };
        let index = twin.ours.applied_index();
        if twin.ours.compact(index, twin.our_app)
            && let Some(snapshot) = twin.ours.disk().snapshot.clone()
        {
            let mut platter = twin.store.0.borrow_mut();
            platter.snapshot = their_snapshot(&snapshot);
            platter.compact(index.saturating_sub(self.config.keep_entries));
        }
        self.after(id, None);
    }

    fn event(&mut self) {
        self.counts.events += 1;
        let alive: Vec<Id> = self.twins.keys().copied().collect();
        let Some(one) = self.rng.pick(&alive) else {
            let down: Vec<Id> = self.down.keys().copied().collect();
            self.rng.pick(&down).into_iter().for_each(|id| self.restart(id));
            return;
        };
        let leads = |id: &&Id| self.twins.get(*id).is_some_and(|twin| twin.ours.is_leader());
        let leaders: Vec<Id> = alive.iter().filter(leads).copied().collect();
        let leader = self.rng.pick(&leaders).unwrap_or(one);
        match self.rng.below(1_000) {
            0..=99 => self.tick(one),
            100..=209 => alive.into_iter().for_each(|id| self.tick(id)),
            210..=699 => self.deliver(true),
            700..=749 => self.deliver(false),
            750..=869 => self.propose(leader),
            870..=879 => {
                if let Some(twin) = self.twins.remove(&one) {
                    self.down.insert(one, (twin.ours.into_disk(), twin.store));
                }
            }
            880..=919 => {
                let down: Vec<Id> = self.down.keys().copied().collect();
                self.rng.pick(&down).into_iter().for_each(|id| self.restart(id));
            }
            920..=944 => self.change_membership(leader),
            945..=954 => {
                if let Some(twin) = self.twins.get_mut(&leader)
                    && leader != one
                    && twin.ours.is_leader()
                {
                    twin.theirs.transfer_leader(one);
                    twin.ours.transfer_leader(one);
                    self.after(leader, None);
                }
            }
            955..=959 => {
                if let Some(twin) = self.twins.get_mut(&one)
                    && twin.ours.promotable()
                {
                    twin.theirs.campaign().unwrap();
                    twin.ours.campaign(&mut self.rng.draw());
                    self.after(one, None);
                }
            }
            _ => self.compact(one),
        }
    }
}

fn run(seed: u64) -> Counts {
    let mut world = Lockstep::new(seed);
    let events = 200 + world.rng.below(800);
    for _ in 0..events {
        world.event();
    }
    world.counts
}

#[test]
fn in_step_with_raft_rs() {
    if let Some(seed) = std::env::var("RAFT_ORACLE_SEED").ok().and_then(|text| text.parse().ok()) {
        println!("{:?}", run(seed));
        return;
    }
    let mut sum = Counts::default();
    let count = seeds("RAFT_ORACLE_SEEDS", 10_000);
    for seed in 0..count {
        let result = std::panic::catch_unwind(|| run(seed));
        let counts = result.unwrap_or_else(|_| panic!("differs with RAFT_ORACLE_SEED={seed}"));
        sum.events += counts.events;
        sum.messages += counts.messages;
        sum.committed += counts.committed;
        sum.snapshots += counts.snapshots;
        sum.conf_changes += counts.conf_changes;
        sum.rejections += counts.rejections;
        sum.max_term = sum.max_term.max(counts.max_term);
    }
    println!("{count} schedules: {sum:?}");
    assert!(sum.committed > 20 * count && sum.messages > 100 * count, "{sum:?}");
    assert!(sum.conf_changes > count && sum.rejections > count, "{sum:?}");
    assert!(sum.snapshots > count / 4 && sum.max_term > 10, "{sum:?}");
}
