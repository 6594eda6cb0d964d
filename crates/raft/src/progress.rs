//! What the leader believes of each member's log. etcd: `raft/tracker/progress.go`.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::Index;

/// How entries are sent to a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ProgressState {
    /// One message at a time, until an answer shows where the logs meet.
    Probe,
    /// As fast as entries come, up to the window.
    Replicate,
    /// Nothing, until the snapshot with this index has arrived or failed.
    Snapshot(Index),
}

/// What the leader believes of one member.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Last index known to be in its log.
    pub matched: Index,
    /// The next one to send.
    pub next: Index,
    /// How entries are sent to it.
    pub state: ProgressState,
    /// While probing: a probe is out, wait for the answer or the next heartbeat's.
    pub paused: bool,
    /// It was heard from since the last check of the quorum.
    pub recent_active: bool,
    /// Last index of each message that is out, oldest first.
    inflights: VecDeque<Index>,
}

impl Progress {
    pub(crate) fn new(next: Index) -> Self {
        Self {
            matched: 0,
            next,
            state: ProgressState::Probe,
            paused: false,
            recent_active: false,
            inflights: VecDeque::new(),
        }
    }

    /// A new member counts as heard from, or the next check of the quorum might find it
    /// silent before it could speak.
    pub(crate) fn new_member(last: Index) -> Self {
        let mut progress = Self::new(last.max(1));
        progress.recent_active = true;
        progress
    }

    fn enter(&mut self, state: ProgressState) {
        self.paused = false;
        self.state = state;
        self.inflights.clear();
    }

    pub(crate) fn become_probe(&mut self) {
        // the snapshot may have arrived although its answer has not
        let sent = match self.state {
            ProgressState::Snapshot(index) => index,
            ProgressState::Probe | ProgressState::Replicate => 0,
        };
        self.enter(ProgressState::Probe);
        self.next = self.matched.max(sent) + 1;
    }

    pub(crate) fn become_replicate(&mut self) {
        self.enter(ProgressState::Replicate);
        self.next = self.matched + 1;
    }

    pub(crate) fn become_snapshot(&mut self, index: Index) {
        self.enter(ProgressState::Snapshot(index));
    }

    /// The snapshot did not arrive, so probing starts from what is known.
    pub(crate) fn snapshot_failed(&mut self) {
        self.state = ProgressState::Snapshot(0);
    }

    pub(crate) fn is_paused(&self, window: u32) -> bool {
        match self.state {
            ProgressState::Probe => self.paused,
            ProgressState::Replicate => self.is_full(window),
            ProgressState::Snapshot(_) => true,
        }
    }

    pub(crate) fn is_full(&self, window: u32) -> bool {
        self.inflights.len() as u64 >= u64::from(window)
    }

    /// Entries up to `last` were sent.
    pub(crate) fn sent(&mut self, last: Index) {
        match self.state {
            ProgressState::Replicate => {
                self.next = last + 1;
                self.inflights.push_back(last);
            }
            ProgressState::Probe => self.paused = true,
            ProgressState::Snapshot(_) => {}
        }
    }

    /// An answer says the member has everything up to `index`; false if that is no news.
    pub(crate) fn update(&mut self, index: Index) -> bool {
        let news = self.matched < index;
        if news {
            self.matched = index;
            self.paused = false;
        }
        self.next = self.next.max(index + 1);
        news
    }

    /// Goes back after a rejection; false if it answers something older.
    pub(crate) fn decrease(&mut self, rejected: Index, hint: Index) -> bool {
        if self.state == ProgressState::Replicate {
            if rejected <= self.matched {
                return false;
            }
            self.next = self.matched + 1;
            return true;
        }
        if self.next == 0 || self.next - 1 != rejected {
            return false;
        }
        self.next = rejected.min(hint + 1).max(1);
        self.paused = false;
        true
    }

    /// The messages that end at `index` or before have arrived.
    pub(crate) fn free_to(&mut self, index: Index) {
        while self.inflights.front().is_some_and(|last| *last <= index) {
            self.inflights.pop_front();
        }
    }

    /// A full window moves on by one message at each heartbeat answer.
    pub(crate) fn free_first(&mut self) {
        if let Some(first) = self.inflights.front().copied() {
            self.free_to(first);
        }
    }
}
