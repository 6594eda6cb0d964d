//! What can be read of a member.

use std::collections::BTreeMap;

use crate::{Config, Disk, Id, Index, Membership, Progress, Raft, Role, Term};

impl<C, S> Raft<C, S> {
    /// What would be left if the power went now.
    pub fn disk(&self) -> &Disk<C, S> {
        &self.disk
    }

    /// What is left: the member's memory is gone.
    pub fn into_disk(self) -> Disk<C, S> {
        self.disk
    }

    /// Its raft id.
    pub fn id(&self) -> Id {
        self.disk.id
    }

    /// Its settings.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The newest term it knows.
    pub fn term(&self) -> Term {
        self.disk.term
    }

    /// What it is in that term.
    pub fn role(&self) -> Role {
        self.role
    }

    /// The leader of that term, as far as it knows; itself while it leads.
    pub fn leader(&self) -> Option<Id> {
        self.leader
    }

    /// Whether it leads. It may not have caught up yet, see [`is_signalled`](Self::is_signalled).
    pub fn is_leader(&self) -> bool {
        self.role == Role::Leader
    }

    /// Whether it leads and the application was told so.
    pub fn is_signalled(&self) -> bool {
        self.signalled
    }

    /// Who is in the group, as of the last entry handed out.
    pub fn membership(&self) -> &Membership {
        &self.membership
    }

    /// Up to where entries are known to be committed.
    pub fn commit_index(&self) -> Index {
        self.disk.commit
    }

    /// The last entry handed out.
    pub fn applied_index(&self) -> Index {
        self.applied
    }

    /// The last entry in its log.
    pub fn last_index(&self) -> Index {
        self.disk.log.last_index()
    }

    /// Ticks since it last heard from a leader or gave its vote (as a leader: since it last
    /// checked its quorum). SwarmKit refuses requests once a leaderless member's exceed 10.
    pub fn election_elapsed(&self) -> u32 {
        self.election_elapsed
    }

    /// Ticks it waits for a leader before it campaigns, as drawn.
    pub fn election_timeout(&self) -> u32 {
        self.election_timeout
    }

    /// What it believes of each member's log; means something only while it leads.
    pub fn progress(&self) -> &BTreeMap<Id, Progress> {
        &self.progress
    }

    /// To whom it is handing its office over.
    pub fn transferee(&self) -> Option<Id> {
        self.transferee
    }

    /// Whether it may become leader: it is a member.
    pub fn promotable(&self) -> bool {
        self.membership.members.contains_key(&self.disk.id)
    }
}
