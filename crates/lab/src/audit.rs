//! Raft's promises, checked from outside over all machines of a lab: for fuzzing.
//!
//! | promise | what is compared |
//! |---|---|
//! | election safety | who leads in each term |
//! | log matching | every (index, term): one entry, one term before it |
//! | committed is for ever | every index up to a disk's commit: one term |
//! | leader completeness | all of those in the log of each new leader |
//! | state machine safety | every applied index: one digest of the store |
//! | a disk never goes back | term, vote within a term, commit; also through power cuts |
//!
//! An [`Audit`] lives beside a lab and looks at it after each event; only what changed is read.
//!
//! **Left out:** `init --force-new-cluster`, which breaks these promises on purpose.

use crate::Lab;
use crate::event::{Command, Raft};
use crate::machine::Manager;
use raft::{Disk, Entry, Id, Index, Payload, Role, Term};
use share::Rc;
use std::collections::BTreeMap;

type LabDisk = Disk<Command, manager::Store>;

/// What has been seen of a lab's raft so far.
#[derive(Clone, Debug, Default)]
pub struct Audit {
    leaders: BTreeMap<Term, Id>,
    /// Every entry that ever stood in a log, with the term of the one before it.
    entries: BTreeMap<(Index, Term), (Term, Entry<Command>)>,
    committed: BTreeMap<Index, Term>,
    stores: BTreeMap<Index, u64>,
    members: BTreeMap<Id, Seen>,
}

/// What was seen of one member last.
#[derive(Clone, Debug, Default)]
struct Seen {
    term: Term,
    vote: Option<Id>,
    commit: Index,
    applied: Index,
    /// First index, last index, last term of its log.
    ends: (Index, Index, Term),
    /// Its log's terms.
    terms: BTreeMap<Index, Term>,
}

impl Audit {
    /// Nothing seen yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The newest index known to be committed.
    #[must_use]
    pub fn committed(&self) -> u64 {
        self.committed.last_key_value().map_or(0, |(index, _)| *index)
    }

    /// Terms in which somebody led.
    #[must_use]
    pub fn elections(&self) -> u64 {
        u64::try_from(self.leaders.len()).unwrap_or(u64::MAX)
    }

    /// Looks at all machines, also at the disks of those without power.
    ///
    /// # Errors
    /// Which promise is broken, and where.
    pub fn look(&mut self, lab: &Lab) -> Result<(), String> {
        for manager in lab.machines.iter().filter_map(|m| m.manager()) {
            if let Some(raft) = &manager.raft {
                self.disk(raft.disk())?;
                self.leads(raft)?;
                self.applied(manager, raft)?;
            } else if let Some(disk) = &manager.disk {
                self.disk(disk)?;
                // what it had applied was in its memory
                self.members.entry(disk.id).or_default().applied = 0;
            }
        }
        Ok(())
    }

    fn disk(&mut self, disk: &LabDisk) -> Result<(), String> {
        let id = disk.id;
        let log = &disk.log;
        let ends = (log.first_index(), log.last_index(), log.last_term());
        let seen = self.members.entry(id).or_default();
        if disk.term < seen.term {
            return Err(format!("{id:x}: term {} after {}", disk.term, seen.term));
        }
        if disk.term == seen.term && seen.vote.is_some() && disk.vote != seen.vote {
            return Err(format!("{id:x}: two votes in term {}", disk.term));
        }
        if disk.commit < seen.commit {
            return Err(format!("{id:x}: commit {} after {}", disk.commit, seen.commit));
        }
        (seen.term, seen.vote) = (disk.term, disk.vote);
        if ends != seen.ends {
            seen.ends = ends;
            seen.terms.retain(|index, _| (ends.0..=ends.1).contains(index));
            for index in (ends.0..=ends.1).rev() {
                let (term, before) = (log.term(index), log.term(index - 1));
                if seen.terms.insert(index, term) == Some(term) {
                    break;
                }
                let Some(entry) = log.get(index) else {
                    return Err(format!("{id:x}: no entry {index} in its log"));
                };
                if before > term || term > disk.term {
                    return Err(format!("{id:x}: term {term} of {index} does not fit its log"));
                }
                match self.entries.get(&(index, term)) {
                    Some(other) if other.0 == before && same(&other.1, entry) => {}
                    Some(_) => {
                        return Err(format!("{id:x}: another entry {index} of term {term}"));
                    }
                    None => {
                        self.entries.insert((index, term), (before, entry.clone()));
                    }
                }
            }
        }
        for index in seen.commit + 1..=disk.commit {
            let term = log.term(index);
            // term 0: the log begins later, a snapshot stands for what was before
            if term != 0 && *self.committed.entry(index).or_insert(term) != term {
                return Err(format!("{id:x}: entry {index} committed twice"));
            }
        }
        seen.commit = disk.commit;
        Ok(())
    }

    fn leads(&mut self, raft: &Raft) -> Result<(), String> {
        if raft.role() != Role::Leader {
            return Ok(());
        }
        let (id, term) = (raft.id(), raft.term());
        match self.leaders.insert(term, id) {
            Some(first) if first == id => return Ok(()),
            Some(first) => return Err(format!("{first:x} and {id:x} lead in term {term}")),
            None => {}
        }
        let log = &raft.disk().log;
        for (index, term) in self.committed.range(log.first_index()..) {
            if log.term(*index) != *term {
                return Err(format!("new leader {id:x} lacks committed entry {index}"));
            }
        }
        Ok(())
    }

    fn applied(&mut self, manager: &Manager, raft: &Raft) -> Result<(), String> {
        let (id, applied) = (raft.id(), raft.applied_index());
        let seen = self.members.entry(id).or_default();
        if applied == seen.applied {
            return Ok(());
        }
        if applied < seen.applied || applied > raft.commit_index() {
            return Err(format!("{id:x}: applied {applied} after {}", seen.applied));
        }
        seen.applied = applied;
        let digest = manager.store.digest();
        if *self.stores.entry(applied).or_insert(digest) != digest {
            return Err(format!("{id:x}: its store differs at index {applied}"));
        }
        Ok(())
    }
}

/// Equal entries; replicas mostly share them.
fn same(one: &Entry<Command>, other: &Entry<Command>) -> bool {
    match (&one.payload, &other.payload) {
        (Payload::Normal(a), Payload::Normal(b)) if Rc::ptr_eq(a, b) => one.term == other.term,
        _ => one == other,
    }
}
