//! What a follower does with its leader's messages.

use share::Rc;

use crate::{Body, Draw, Entry, Id, Index, Raft, Reject, Snapshot, Term};

impl<C: Clone, S: Clone> Raft<C, S> {
    pub(crate) fn step_follower(&mut self, from: Id, body: Body<C, S>, draw: &mut Draw<'_>) {
        if body.is_from_leader() {
            self.election_elapsed = 0;
            self.leader = Some(from);
        }
        match body {
            Body::Append { index, log_term, entries, commit } => {
                self.handle_append(from, index, log_term, entries, commit);
            }
            Body::Heartbeat { commit } => {
                self.commit_to(commit);
                self.send(from, Body::HeartbeatResponse);
            }
            Body::Snapshot(snapshot) => {
                let index = self.restore(snapshot);
                self.send(from, Body::AppendResponse { index, reject: None });
            }
            Body::TimeoutNow => self.hup(true, draw),
            // late answers to something it asked in another role
            Body::AppendResponse { .. }
            | Body::HeartbeatResponse
            | Body::Vote { .. }
            | Body::VoteResponse { .. } => {}
        }
    }

    fn handle_append(
        &mut self,
        from: Id,
        index: Index,
        log_term: Term,
        entries: Vec<Entry<C>>,
        commit: Index,
    ) {
        if index < self.disk.commit {
            let index = self.disk.commit;
            self.send(from, Body::AppendResponse { index, reject: None });
            return;
        }
        if !self.disk.log.matches(index, log_term) {
            // All of the leader's log before `index` has terms up to `log_term`, so what has
            // a higher one here cannot match and is skipped in one go.
            let end = index.min(self.disk.log.last_index());
            let (hint, hint_term) = self.disk.log.find_conflict_by_term(end, log_term);
            let reject = Some(Reject { hint, hint_term });
            self.send(from, Body::AppendResponse { index, reject });
            return;
        }
        let last_new = index + entries.len() as u64;
        for entry in entries {
            if self.disk.log.matches(entry.index, entry.term) {
                continue;
            }
            assert!(
                entry.index > self.disk.commit,
                "entry {} conflicts with a committed one",
                entry.index
            );
            self.disk.log.truncate(entry.index - 1);
            self.disk.log.push(entry);
        }
        self.commit_to(commit.min(last_new));
        self.send(from, Body::AppendResponse { index: last_new, reject: None });
    }

    /// Loads a snapshot if it is news; the index up to which the log now surely matches.
    ///
    /// It may be older than this member's own admission, which then follows in the log:
    /// etcd 3.3 takes it, as here; from 3.4 on it is refused, and the member waits for the
    /// leader's next snapshot.
    fn restore(&mut self, snapshot: Rc<Snapshot<S>>) -> Index {
        if snapshot.index < self.disk.commit {
            return self.disk.commit;
        }
        if self.disk.log.matches(snapshot.index, snapshot.term) {
            // it has all of that in its log, only not as committed
            self.commit_to(snapshot.index);
            return self.disk.commit;
        }
        self.restore_snapshot(snapshot);
        self.disk.log.last_index()
    }
}
