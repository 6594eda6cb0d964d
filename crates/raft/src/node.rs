//! One member: its state, its inputs, its clock of ticks.

use share::Rc;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::quorum::{VoteResult, vote_result};
use crate::{
    Body, ConfChange, Disk, Dropped, Effects, Entry, Id, Index, Membership, Message, Payload,
    Progress, Refused, Snapshot, Term,
};

/// Where random numbers come from: given `n`, one of `0..n`. Asked each time an election
/// timeout is drawn anew, that is at every change of role or term.
pub type Draw<'a> = dyn FnMut(u32) -> u32 + 'a;

/// What SwarmKit sets; [`Config::default`] has its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// Ticks without a leader before a follower campaigns: this many, and up to as many
    /// less one on top, drawn at random. Also the length of the leader's lease and of a
    /// leader's patience without a quorum. A tick is one second.
    pub election_tick: u32,
    /// Ticks between two heartbeats.
    pub heartbeat_tick: u32,
    /// Appends that may be under way to one member.
    pub max_inflight: u32,
    /// Entries in one append. (etcd counts bytes; entries here have none.)
    pub max_entries: u32,
    /// Applied entries after which a snapshot is due.
    pub snapshot_interval: u64,
    /// Entries kept behind a snapshot for slow followers.
    pub keep_entries: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            election_tick: 10,
            heartbeat_tick: 1,
            max_inflight: 256,
            max_entries: 256,
            snapshot_interval: 10_000,
            keep_entries: 500,
        }
    }
}

/// What a member is in the current term.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    /// Follows a leader, or waits for one.
    Follower,
    /// Asks for votes.
    Candidate,
    /// Leads.
    Leader,
}

/// One member of a raft group. `C` is a command, `S` the application's state in snapshots.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(
    serialize = "C: Serialize + 'static, S: Serialize + 'static",
    deserialize = "C: Deserialize<'de> + 'static, S: Deserialize<'de> + 'static"
))]
pub struct Raft<C, S> {
    pub(crate) config: Config,
    pub(crate) disk: Disk<C, S>,
    pub(crate) role: Role,
    pub(crate) leader: Option<Id>,
    pub(crate) membership: Membership,
    /// One for each member, itself included; means something only while it leads.
    pub(crate) progress: BTreeMap<Id, Progress>,
    votes: BTreeMap<Id, bool>,
    pub(crate) election_elapsed: u32,
    heartbeat_elapsed: u32,
    /// The election timeout drawn for this role and term, in ticks.
    pub(crate) election_timeout: u32,
    pub(crate) transferee: Option<Id>,
    /// A membership change may be pending up to here.
    pub(crate) pending_conf_index: Index,
    pub(crate) applied: Index,
    /// Leadership was told to the application.
    pub(crate) signalled: bool,
    told_leader: Option<Id>,
    pub(crate) effects: Effects<C, S>,
}

impl<C: Clone, S: Clone> Raft<C, S> {
    /// A member that joins a group: it knows nobody and waits to be spoken to.
    pub fn new(id: Id, config: Config, draw: &mut Draw<'_>) -> Self {
        Self::restart(config, Disk::new(id), draw)
    }

    /// The first member of a new group, reached at `address`. It campaigns at once.
    pub fn bootstrap(id: Id, address: &str, config: Config, draw: &mut Draw<'_>) -> Self {
        let mut disk = Disk::new(id);
        let change = ConfChange::Add { id, context: address.to_owned() };
        disk.log.push(Entry { term: 1, index: 1, payload: Payload::Conf(change) });
        (disk.term, disk.commit) = (1, 1);
        Self::restart(config, disk, draw)
    }

    /// A member that comes back with the disk it left. All committed entries after the
    /// snapshot are handed out again. If it is the only member it campaigns at once.
    pub fn restart(config: Config, disk: Disk<C, S>, draw: &mut Draw<'_>) -> Self {
        let mut raft = Self {
            config,
            role: Role::Follower,
            leader: None,
            membership: Membership::default(),
            progress: BTreeMap::new(),
            votes: BTreeMap::new(),
            election_elapsed: 0,
            heartbeat_elapsed: 0,
            election_timeout: 0,
            transferee: None,
            pending_conf_index: 0,
            applied: disk.snapshot_index(),
            signalled: false,
            told_leader: None,
            effects: Effects::default(),
            disk,
        };
        if let Some(snapshot) = raft.disk.snapshot.clone() {
            raft.restore_membership(&snapshot);
            raft.effects.snapshot = Some(snapshot);
        }
        raft.become_follower(raft.disk.term, None, draw);
        raft.settle();
        if raft.promotable() && raft.membership.members.len() == 1 {
            raft.hup(false, draw);
            raft.settle();
        }
        raft
    }

    /// One tick of the clock.
    pub fn tick(&mut self, draw: &mut Draw<'_>) {
        self.election_elapsed = self.election_elapsed.saturating_add(1);
        match self.role {
            Role::Leader => self.tick_leader(draw),
            Role::Follower | Role::Candidate => {
                if self.promotable() && self.election_elapsed >= self.election_timeout {
                    self.election_elapsed = 0;
                    self.hup(false, draw);
                }
            }
        }
        self.settle();
    }

    fn tick_leader(&mut self, draw: &mut Draw<'_>) {
        self.heartbeat_elapsed += 1;
        if self.election_elapsed >= self.config.election_tick {
            self.election_elapsed = 0;
            if !self.quorum_active() {
                self.become_follower(self.disk.term, None, draw);
                return;
            }
            // a transfer has one election timeout to succeed
            self.transferee = None;
        }
        if self.heartbeat_elapsed >= self.config.heartbeat_tick {
            self.heartbeat_elapsed = 0;
            self.broadcast_heartbeat();
        }
    }

    /// Answers the draw of the election timeout anew, before anything was seen of it; what no draw
    /// gives is not taken. Only for replays of a recorded election.
    pub fn redraw_election_timeout(&mut self, ticks: u32) {
        let spread = self.config.election_tick;
        if (spread..spread * 2).contains(&ticks) {
            self.election_timeout = ticks;
        }
    }

    /// Campaigns now, without waiting for the election timeout.
    pub fn campaign(&mut self, draw: &mut Draw<'_>) {
        self.hup(false, draw);
        self.settle();
    }

    /// Processes a message.
    ///
    /// # Errors
    /// It is refused if the sender was removed, or if it is a vote request or an answer of
    /// somebody unknown.
    pub fn step(
        &mut self,
        from: Id,
        message: Message<C, S>,
        draw: &mut Draw<'_>,
    ) -> Result<(), Refused> {
        if self.membership.removed.contains(&from) {
            return Err(Refused::SenderRemoved);
        }
        let known = self.membership.members.contains_key(&from);
        // somebody who has just joined knows nobody, and its vote may be the one needed
        let knows_nobody = self.membership.members.is_empty();
        let stranger_asks = matches!(message.body, Body::Vote { .. }) && !knows_nobody;
        if !known && (message.body.is_response() || stranger_asks) {
            return Err(Refused::SenderUnknown);
        }
        self.step_known(from, message, draw);
        self.settle();
        Ok(())
    }

    fn step_known(&mut self, from: Id, message: Message<C, S>, draw: &mut Draw<'_>) {
        let Message { term, body } = message;
        if term > self.disk.term {
            if matches!(body, Body::Vote { transfer: false, .. }) && self.in_lease() {
                return;
            }
            let leader = body.is_from_leader().then_some(from);
            self.become_follower(term, leader, draw);
        } else if term < self.disk.term {
            if matches!(body, Body::Append { .. } | Body::Heartbeat { .. }) {
                // A leader of the past. Our vote requests may be ignored because of its
                // lease, so it has to learn our term from this answer and step down.
                self.send(from, Body::AppendResponse { index: 0, reject: None });
            }
            return;
        }
        if let Body::Vote { index, log_term, .. } = body {
            self.answer_vote(from, index, log_term);
            return;
        }
        match self.role {
            Role::Leader => self.step_leader(from, body),
            Role::Follower => self.step_follower(from, body, draw),
            Role::Candidate => {
                if let Body::VoteResponse { granted } = body {
                    self.poll(from, granted, draw);
                } else if body.is_from_leader() {
                    self.become_follower(term, Some(from), draw);
                    self.step_follower(from, body, draw);
                }
            }
        }
    }

    /// Whether a leader was heard within the shortest election timeout.
    fn in_lease(&self) -> bool {
        self.leader.is_some() && self.election_elapsed < self.config.election_tick
    }

    fn answer_vote(&mut self, from: Id, index: Index, log_term: Term) {
        let free = self.disk.vote.is_none() && self.leader.is_none();
        let mine = (self.disk.log.last_term(), self.disk.log.last_index());
        let granted = (self.disk.vote == Some(from) || free) && (log_term, index) >= mine;
        if granted {
            self.election_elapsed = 0;
            self.disk.vote = Some(from);
        }
        self.send(from, Body::VoteResponse { granted });
    }

    /// Starts an election.
    pub(crate) fn hup(&mut self, transfer: bool, draw: &mut Draw<'_>) {
        if self.role == Role::Leader || !self.promotable() {
            return;
        }
        self.reset(self.disk.term + 1, draw);
        self.role = Role::Candidate;
        self.disk.vote = Some(self.disk.id);
        if self.poll(self.disk.id, true, draw) == VoteResult::Won {
            return;
        }
        let index = self.disk.log.last_index();
        let log_term = self.disk.log.last_term();
        for id in self.others() {
            self.send(id, Body::Vote { index, log_term, transfer });
        }
    }

    fn poll(&mut self, from: Id, granted: bool, draw: &mut Draw<'_>) -> VoteResult {
        self.votes.entry(from).or_insert(granted);
        let members = self.membership.members.keys();
        let result = vote_result(members.map(|id| self.votes.get(id).copied()));
        match result {
            VoteResult::Won => self.become_leader(draw),
            VoteResult::Lost => self.become_follower(self.disk.term, None, draw),
            VoteResult::Pending => {}
        }
        result
    }

    pub(crate) fn become_follower(&mut self, term: Term, leader: Option<Id>, draw: &mut Draw<'_>) {
        self.reset(term, draw);
        self.leader = leader;
        self.role = Role::Follower;
    }

    fn become_leader(&mut self, draw: &mut Draw<'_>) {
        self.reset(self.disk.term, draw);
        self.role = Role::Leader;
        self.leader = Some(self.disk.id);
        if let Some(own) = self.progress.get_mut(&self.disk.id) {
            own.become_replicate();
        }
        // Changes left by earlier leaders may be in the log: none is proposed before all of
        // it is applied.
        self.pending_conf_index = self.disk.log.last_index();
        self.append(Payload::Empty);
        self.broadcast_append();
    }

    /// What every change of role or term begins with.
    fn reset(&mut self, term: Term, draw: &mut Draw<'_>) {
        if self.disk.term != term {
            self.disk.term = term;
            self.disk.vote = None;
        }
        self.leader = None;
        let spread = self.config.election_tick;
        self.election_timeout = spread + draw(spread).min(spread.saturating_sub(1));
        self.election_elapsed = 0;
        self.heartbeat_elapsed = 0;
        self.transferee = None;
        self.votes.clear();
        self.pending_conf_index = 0;
        let last = self.disk.log.last_index();
        for (id, progress) in &mut self.progress {
            *progress = Progress::new(last + 1);
            if *id == self.disk.id {
                progress.matched = last;
            }
        }
    }

    /// Puts an entry at the end of the leader's log.
    pub(crate) fn append(&mut self, payload: Payload<C>) -> Index {
        let index = self.disk.log.last_index() + 1;
        self.disk.log.push(Entry { term: self.disk.term, index, payload });
        if let Some(own) = self.progress.get_mut(&self.disk.id) {
            own.update(index);
        }
        self.maybe_commit();
        index
    }

    pub(crate) fn commit_to(&mut self, index: Index) {
        assert!(
            index <= self.disk.commit || index <= self.disk.log.last_index(),
            "commit {index} beyond the log's end: a member came back without its disk"
        );
        self.disk.commit = self.disk.commit.max(index);
    }

    /// Hands committed entries out and puts membership changes in force, until nothing
    /// more follows from them.
    fn settle(&mut self) {
        while self.applied < self.disk.commit {
            let Some(entry) = self.disk.log.get(self.applied + 1).cloned() else { break };
            self.applied = entry.index;
            if let Payload::Conf(change) = &entry.payload {
                self.apply_conf_change(change);
            }
            self.effects.committed.push(entry);
        }
        let leads = self.role == Role::Leader;
        if self.signalled && !leads {
            self.signalled = false;
            self.effects.lost_leader = true;
            self.effects.became_leader = false;
        }
        if leads && !self.signalled && self.applied >= self.disk.log.last_index() {
            self.signalled = true;
            self.effects.became_leader = true;
        }
    }

    fn apply_conf_change(&mut self, change: &ConfChange) {
        if !self.membership.apply(change) {
            return;
        }
        match change {
            ConfChange::Add { id, .. } => {
                let last = self.disk.log.last_index();
                self.progress.entry(*id).or_insert_with(|| Progress::new_member(last));
            }
            ConfChange::Remove { id } => {
                self.progress.remove(id);
            }
            ConfChange::UpdateAddr { .. } => {}
        }
        if self.role == Role::Leader && self.promotable() {
            self.after_conf_change();
        }
    }

    pub(crate) fn restore_membership(&mut self, snapshot: &Snapshot<S>) {
        self.membership = snapshot.membership.clone();
        let last = self.disk.log.last_index();
        let ids = self.membership.members.keys();
        self.progress = ids.map(|id| (*id, Progress::new_member(last))).collect();
    }

    /// Puts a snapshot in the place of all that is on the disk and in the application.
    pub(crate) fn restore_snapshot(&mut self, snapshot: Rc<Snapshot<S>>) {
        self.disk.log = crate::Log::after(snapshot.index, snapshot.term);
        self.disk.commit = snapshot.index;
        self.applied = snapshot.index;
        self.restore_membership(&snapshot);
        self.disk.snapshot = Some(Rc::clone(&snapshot));
        // what was handed out and not taken is part of the snapshot
        self.effects.committed.clear();
        self.effects.snapshot = Some(snapshot);
    }

    pub(crate) fn send(&mut self, to: Id, body: Body<C, S>) {
        let term = self.disk.term;
        self.effects.messages.push((to, Message { term, body }));
    }

    /// Every member but itself.
    pub(crate) fn others(&self) -> Vec<Id> {
        let ids = self.membership.members.keys().copied();
        ids.filter(|id| *id != self.disk.id).collect()
    }

    /// Proposes a command; it counts once it comes back among the committed entries.
    ///
    /// # Errors
    /// Only a leader that stays takes proposals.
    pub fn propose(&mut self, command: impl Into<Rc<C>>) -> Result<Index, Dropped> {
        self.may_propose()?;
        let index = self.append(Payload::Normal(command.into()));
        self.broadcast_append();
        self.settle();
        Ok(index)
    }

    /// Proposes a change of membership; it is in force once it is committed.
    ///
    /// # Errors
    /// As [`propose`](Self::propose), and while an earlier change may be pending.
    pub fn propose_conf_change(&mut self, change: ConfChange) -> Result<Index, Dropped> {
        self.may_propose()?;
        if self.pending_conf_index > self.applied {
            return Err(Dropped::ConfChangePending);
        }
        self.pending_conf_index = self.disk.log.last_index() + 1;
        let index = self.append(Payload::Conf(change));
        self.broadcast_append();
        self.settle();
        Ok(index)
    }

    fn may_propose(&self) -> Result<(), Dropped> {
        if self.role != Role::Leader {
            return Err(Dropped::NotLeader { leader: self.leader });
        }
        if !self.promotable() {
            return Err(Dropped::Removed);
        }
        self.transferee.map_or(Ok(()), |to| Err(Dropped::Transferring { to }))
    }

    /// Takes what is to be done. To be called after every input, at the latest before the
    /// machine may lose power: messages not taken are lost like memory is.
    pub fn take_effects(&mut self) -> Effects<C, S> {
        let mut effects = std::mem::take(&mut self.effects);
        effects.leader = self.leader;
        effects.leader_changed = self.leader != self.told_leader;
        self.told_leader = self.leader;
        effects
    }

    /// Whether a snapshot is due.
    pub fn wants_snapshot(&self) -> bool {
        self.applied.saturating_sub(self.disk.snapshot_index()) >= self.config.snapshot_interval
    }

    /// Takes the application's state at `index` as the newest snapshot and forgets all but
    /// the last [`Config::keep_entries`] entries before it. False, and nothing done, unless
    /// `index` is the last one handed out and newer than the snapshot there is.
    pub fn compact(&mut self, index: Index, state: S) -> bool {
        if index != self.applied || index <= self.disk.snapshot_index() {
            return false;
        }
        let term = self.disk.log.term(index);
        let membership = self.membership.clone();
        self.disk.snapshot = Some(Rc::new(Snapshot { index, term, membership, state }));
        self.disk.log.compact(index.saturating_sub(self.config.keep_entries));
        true
    }
}
