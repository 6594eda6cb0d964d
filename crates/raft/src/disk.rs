//! What survives a power cut: the hard state, the log, the newest snapshot.

use share::Rc;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{Entry, Id, Index, Log, Payload, Term};

/// A change of membership; one is in force before the next may be proposed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ConfChange {
    /// Lets a member in.
    Add {
        /// Its fresh raft id.
        id: Id,
        /// Where it is reached, `host:port`.
        context: String,
    },
    /// Puts a member out, for ever.
    Remove {
        /// Who goes.
        id: Id,
    },
    /// A member is reached elsewhere.
    UpdateAddr {
        /// Whose address it is.
        id: Id,
        /// The new one.
        context: String,
    },
}

/// Who is in, and who may never come back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// Address of each member.
    pub members: BTreeMap<Id, String>,
    /// Ids that were removed.
    pub removed: BTreeSet<Id>,
}

impl Membership {
    /// Puts a committed change in force; false if it is void and changes nothing: a
    /// removed id does not come back, a stranger has no address and cannot leave.
    pub fn apply(&mut self, change: &ConfChange) -> bool {
        match change {
            ConfChange::Add { id, context } => {
                let may = !self.removed.contains(id);
                if may {
                    self.members.insert(*id, context.clone());
                }
                may
            }
            ConfChange::Remove { id } => {
                let was = self.members.remove(id).is_some();
                if was {
                    self.removed.insert(*id);
                }
                was
            }
            ConfChange::UpdateAddr { id, context } => match self.members.get_mut(id) {
                Some(address) => {
                    address.clone_from(context);
                    true
                }
                None => false,
            },
        }
    }
}

/// The state of the application at an index, in place of the log up to there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Snapshot<S> {
    /// The last entry it contains.
    pub index: Index,
    /// That entry's term.
    pub term: Term,
    /// The membership at that index.
    pub membership: Membership,
    /// The application's own state.
    pub state: S,
}

/// What survives a power cut. Every change is on it before [`crate::Effects`] speak of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(
    serialize = "C: Serialize + 'static, S: Serialize + 'static",
    deserialize = "C: Deserialize<'de> + 'static, S: Deserialize<'de> + 'static"
))]
pub struct Disk<C, S> {
    /// Whose disk this is.
    pub id: Id,
    /// The newest term heard of.
    pub term: Term,
    /// Who got this member's vote in that term.
    pub vote: Option<Id>,
    /// Up to where entries are known to be committed.
    pub commit: Index,
    /// The entries after the last compaction.
    pub log: Log<C>,
    /// The newest snapshot.
    pub snapshot: Option<Rc<Snapshot<S>>>,
}

impl<C, S> Disk<C, S> {
    /// A fresh disk, as a member that is about to join has it.
    pub fn new(id: Id) -> Self {
        Self { id, term: 0, vote: None, commit: 0, log: Log::default(), snapshot: None }
    }

    /// A disk that holds a snapshot and nothing after it.
    pub fn from_snapshot(id: Id, snapshot: Rc<Snapshot<S>>) -> Self {
        Self {
            id,
            term: snapshot.term,
            vote: None,
            commit: snapshot.index,
            log: Log::after(snapshot.index, snapshot.term),
            snapshot: Some(snapshot),
        }
    }

    /// Index of the newest snapshot; 0 without one.
    pub fn snapshot_index(&self) -> Index {
        self.snapshot.as_ref().map_or(0, |snapshot| snapshot.index)
    }

    /// The membership after all committed entries.
    pub fn committed_membership(&self) -> Membership {
        let mut membership =
            self.snapshot.as_ref().map(|held| held.membership.clone()).unwrap_or_default();
        let from = self.snapshot_index();
        for entry in self.log.iter() {
            if let Payload::Conf(change) = &entry.payload
                && entry.index > from
                && entry.index <= self.commit
            {
                membership.apply(change);
            }
        }
        membership
    }
}

/// Makes the disk of a lost cluster's member the start of a one-member cluster, as
/// `docker swarm init --force-new-cluster` does: what was never committed is thrown away,
/// and the removal of every other member is written as committed. All else stays.
///
/// `address` is used only if the disk does not know its own member yet.
pub fn force_new_cluster<C: Clone, S>(mut disk: Disk<C, S>, address: &str) -> Disk<C, S> {
    disk.log.truncate(disk.commit);
    let membership = disk.committed_membership();
    let others = membership.members.keys().filter(|id| **id != disk.id);
    let mut changes: Vec<_> = others.map(|id| ConfChange::Remove { id: *id }).collect();
    if !membership.members.contains_key(&disk.id) {
        changes.push(ConfChange::Add { id: disk.id, context: address.to_owned() });
    }
    for change in changes {
        let index = disk.log.last_index() + 1;
        disk.log.push(Entry { term: disk.term, index, payload: Payload::Conf(change) });
    }
    disk.commit = disk.log.last_index();
    disk
}
