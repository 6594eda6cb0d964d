//! What a leader does: replicate, commit, hand over.

use crate::quorum::{VoteResult, quorum, vote_result};
use crate::{Body, Id, Index, ProgressState, Raft, Reject, Role};

impl<C: Clone, S: Clone> Raft<C, S> {
    pub(crate) fn step_leader(&mut self, from: Id, body: Body<C, S>) {
        match body {
            Body::AppendResponse { index, reject: None } => self.handle_accepted(from, index),
            Body::AppendResponse { index, reject: Some(reject) } => {
                self.handle_rejected(from, index, reject);
            }
            Body::HeartbeatResponse => self.handle_heartbeat_response(from),
            // a leader's messages to a leader of the same term cannot be
            Body::Append { .. }
            | Body::Heartbeat { .. }
            | Body::Snapshot(_)
            | Body::Vote { .. }
            | Body::VoteResponse { .. }
            | Body::TimeoutNow => {}
        }
    }

    fn handle_rejected(&mut self, from: Id, index: Index, reject: Reject) {
        // Only an entry of ours whose term is not above the follower's can match there.
        let hint = if reject.hint_term > 0 {
            self.disk.log.find_conflict_by_term(reject.hint, reject.hint_term).0
        } else {
            reject.hint
        };
        let Some(progress) = self.progress.get_mut(&from) else { return };
        progress.recent_active = true;
        if !progress.decrease(index, hint) {
            return;
        }
        if progress.state == ProgressState::Replicate {
            progress.become_probe();
        }
        self.send_append(from, true);
    }

    fn handle_accepted(&mut self, from: Id, index: Index) {
        let window = self.config.max_inflight;
        let Some(progress) = self.progress.get_mut(&from) else { return };
        progress.recent_active = true;
        let was_paused = progress.is_paused(window);
        if !progress.update(index) {
            return;
        }
        match progress.state {
            ProgressState::Probe => progress.become_replicate(),
            ProgressState::Snapshot(sent) if progress.matched >= sent => progress.become_probe(),
            ProgressState::Snapshot(_) => {}
            ProgressState::Replicate => progress.free_to(index),
        }
        if self.maybe_commit() {
            self.broadcast_append();
        } else if was_paused {
            self.send_append(from, true);
        }
        // the window may have room for more than one message now
        while self.send_append(from, false) {}
        if self.transferee == Some(from) && self.has_everything(from) {
            self.send(from, Body::TimeoutNow);
        }
    }

    fn handle_heartbeat_response(&mut self, from: Id) {
        let window = self.config.max_inflight;
        let last = self.disk.log.last_index();
        let Some(progress) = self.progress.get_mut(&from) else { return };
        progress.recent_active = true;
        progress.paused = false;
        if progress.state == ProgressState::Replicate && progress.is_full(window) {
            progress.free_first();
        }
        if progress.matched < last {
            self.send_append(from, true);
        }
    }

    fn has_everything(&self, id: Id) -> bool {
        let last = self.disk.log.last_index();
        self.progress.get(&id).is_some_and(|progress| progress.matched == last)
    }

    /// Sends entries, or a snapshot where they are gone; without entries only if
    /// `allow_empty`. Whether something was sent.
    fn send_append(&mut self, to: Id, allow_empty: bool) -> bool {
        let Some(progress) = self.progress.get(&to) else { return false };
        if progress.is_paused(self.config.max_inflight) {
            return false;
        }
        let next = progress.next;
        let log = &self.disk.log;
        if next < log.first_index() {
            return allow_empty && self.send_snapshot(to);
        }
        let entries = log.entries(next, self.config.max_entries);
        if entries.is_empty() && !allow_empty {
            return false;
        }
        let index = next.saturating_sub(1);
        let log_term = log.term(index);
        if let (Some(last), Some(progress)) = (entries.last(), self.progress.get_mut(&to)) {
            progress.sent(last.index);
        }
        let commit = self.disk.commit;
        self.send(to, Body::Append { index, log_term, entries, commit });
        true
    }

    fn send_snapshot(&mut self, to: Id) -> bool {
        let Some(snapshot) = self.disk.snapshot.clone() else { return false };
        match self.progress.get_mut(&to) {
            // a snapshot is dear: only to somebody who is there
            Some(progress) if progress.recent_active => progress.become_snapshot(snapshot.index),
            Some(_) | None => return false,
        }
        self.send(to, Body::Snapshot(snapshot));
        true
    }

    pub(crate) fn broadcast_append(&mut self) {
        for id in self.others() {
            self.send_append(id, true);
        }
    }

    pub(crate) fn broadcast_heartbeat(&mut self) {
        for id in self.others() {
            // never more than what surely matches: it is no proof of the rest
            let matched = self.progress.get(&id).map_or(0, |progress| progress.matched);
            self.send(id, Body::Heartbeat { commit: matched.min(self.disk.commit) });
        }
    }

    /// Commits what a majority has; only entries of the own term are counted, older ones
    /// come with them (Raft §5.4.2).
    pub(crate) fn maybe_commit(&mut self) -> bool {
        let mut matched: Vec<Index> = self.progress.values().map(|held| held.matched).collect();
        matched.sort_unstable_by(|one, other| other.cmp(one));
        let place = usize::try_from(quorum(matched.len() as u64) - 1).unwrap_or(usize::MAX);
        let Some(index) = matched.get(place).copied() else { return false };
        let news = index > self.disk.commit && self.disk.log.matches(index, self.disk.term);
        if news {
            self.commit_to(index);
        }
        news
    }

    /// Whether a majority was heard from since the last time this was asked.
    pub(crate) fn quorum_active(&mut self) -> bool {
        let own = self.disk.id;
        let active = self.progress.iter_mut().map(|(id, progress)| {
            let was = *id == own || progress.recent_active;
            progress.recent_active = *id == own;
            was.then_some(true)
        });
        vote_result(active) == VoteResult::Won
    }

    /// A change of membership came into force: fewer may be needed to commit, or somebody
    /// new needs the log.
    pub(crate) fn after_conf_change(&mut self) {
        if self.maybe_commit() {
            self.broadcast_append();
        } else {
            for id in self.others() {
                self.send_append(id, false);
            }
        }
        if self.transferee.is_some_and(|id| !self.progress.contains_key(&id)) {
            self.transferee = None;
        }
    }

    /// Hands the office to `to`, as soon as it has the whole log; false if this member does
    /// not lead or `to` is no other member. It takes no proposals until the other leads, or
    /// for one election timeout at most.
    pub fn transfer_leader(&mut self, to: Id) -> bool {
        let other = to != self.disk.id && self.progress.contains_key(&to);
        if self.role != Role::Leader || !other {
            return false;
        }
        if self.transferee == Some(to) {
            return true;
        }
        self.election_elapsed = 0;
        self.transferee = Some(to);
        if self.has_everything(to) {
            self.send(to, Body::TimeoutNow);
        } else {
            self.send_append(to, true);
        }
        true
    }

    /// A message to `to` could not be sent: entries under way are probably lost with it.
    pub fn report_unreachable(&mut self, to: Id) {
        if self.role != Role::Leader {
            return;
        }
        if let Some(progress) = self.progress.get_mut(&to)
            && progress.state == ProgressState::Replicate
        {
            progress.become_probe();
        }
    }

    /// Whether the snapshot sent to `to` arrived. **Must** be called for every snapshot
    /// message: until then nothing more is sent to that member.
    pub fn report_snapshot(&mut self, to: Id, arrived: bool) {
        if self.role != Role::Leader {
            return;
        }
        let Some(progress) = self.progress.get_mut(&to) else { return };
        if !matches!(progress.state, ProgressState::Snapshot(_)) {
            return;
        }
        if !arrived {
            progress.snapshot_failed();
        }
        progress.become_probe();
        // arrived: wait for its answer; failed: for the next heartbeat's
        progress.paused = true;
    }
}
