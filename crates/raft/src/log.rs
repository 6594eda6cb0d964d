//! The log: entries in chunks that copies of the world share.
//!
//! A lab is cloned for every undo step, and a log may hold ten thousand entries. Chunks
//! behind `Rc` make the clone a few pointers and the next append a copy of one chunk. They
//! are cut at fixed indexes, so equal logs have equal chunks.

use share::Rc;
use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::{ConfChange, Index, Term};

const CHUNK: Index = 128;

/// One entry of the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(
    serialize = "C: Serialize + 'static",
    deserialize = "C: Deserialize<'de> + 'static"
))]
pub struct Entry<C> {
    /// Term of the leader that made it.
    pub term: Term,
    /// Its position.
    pub index: Index,
    /// What it says.
    pub payload: Payload<C>,
}

/// What an entry says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(
    serialize = "C: Serialize + 'static",
    deserialize = "C: Deserialize<'de> + 'static"
))]
pub enum Payload<C> {
    /// Nothing: a new leader's first entry.
    Empty,
    /// A proposal, shared by all members that hold it.
    Normal(Rc<C>),
    /// A change of membership.
    Conf(ConfChange),
}

/// The entries after a point up to which they have been compacted away.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(
    serialize = "C: Serialize + 'static",
    deserialize = "C: Deserialize<'de> + 'static"
))]
pub struct Log<C> {
    base: Index,
    base_term: Term,
    last: Index,
    chunks: VecDeque<Rc<Vec<Entry<C>>>>,
}

impl<C> Default for Log<C> {
    fn default() -> Self {
        Self::after(0, 0)
    }
}

impl<C> Log<C> {
    /// An empty log that goes on after `base`.
    pub(crate) fn after(base: Index, base_term: Term) -> Self {
        Self { base, base_term, last: base, chunks: VecDeque::new() }
    }

    /// Index of the oldest entry still here (of the next one, if none is).
    pub fn first_index(&self) -> Index {
        self.base + 1
    }

    /// Index of the newest entry.
    pub fn last_index(&self) -> Index {
        self.last
    }

    /// Term of the newest entry.
    pub fn last_term(&self) -> Term {
        self.term(self.last)
    }

    /// Term of the entry at `index`; still known for the newest compacted one, 0 for any
    /// other that is not here.
    pub fn term(&self, index: Index) -> Term {
        if index == self.base {
            return self.base_term;
        }
        self.get(index).map_or(0, |entry| entry.term)
    }

    /// The entry at `index`.
    pub fn get(&self, index: Index) -> Option<&Entry<C>> {
        if index <= self.base || index > self.last {
            return None;
        }
        let chunk = self.chunks.get(self.chunk_of(index))?;
        let first = chunk.first()?.index;
        chunk.get(usize::try_from(index.checked_sub(first)?).ok()?)
    }

    /// All entries still here, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Entry<C>> {
        self.chunks.iter().flat_map(|chunk| chunk.iter())
    }

    pub(crate) fn matches(&self, index: Index, term: Term) -> bool {
        self.term(index) == term
    }

    /// Where the chunk with `index` is; only for an index after `base`.
    fn chunk_of(&self, index: Index) -> usize {
        let number = index / CHUNK - self.first_index() / CHUNK;
        usize::try_from(number).unwrap_or(usize::MAX)
    }

    /// The newest index at or before `index` whose term is not above `term`, with its term.
    pub(crate) fn find_conflict_by_term(&self, index: Index, term: Term) -> (Index, Term) {
        let mut index = index;
        while index > 0 && self.term(index) > term {
            index -= 1;
        }
        (index, self.term(index))
    }
}

impl<C: Clone> Log<C> {
    /// At most `limit` entries from `from` on.
    pub(crate) fn entries(&self, from: Index, limit: u32) -> Vec<Entry<C>> {
        let end = self.last.min(from.saturating_add(u64::from(limit)).saturating_sub(1));
        (from..=end).filter_map(|index| self.get(index).cloned()).collect()
    }

    /// Adds the entry after the last one.
    pub(crate) fn push(&mut self, entry: Entry<C>) {
        assert!(entry.index == self.last + 1, "entry {} after {}", entry.index, self.last);
        let index = entry.index;
        match self.chunks.back_mut() {
            Some(chunk) if !index.is_multiple_of(CHUNK) => Rc::make_mut(chunk).push(entry),
            Some(_) | None => self.chunks.push_back(Rc::new(vec![entry])),
        }
        self.last = index;
    }

    /// Drops every entry after `last`.
    pub(crate) fn truncate(&mut self, last: Index) {
        if last >= self.last {
            return;
        }
        if last <= self.base {
            self.chunks.clear();
            self.last = self.base;
            return;
        }
        self.chunks.truncate(self.chunk_of(last) + 1);
        if let Some(chunk) = self.chunks.back_mut() {
            Rc::make_mut(chunk).retain(|entry| entry.index <= last);
        }
        self.last = last;
    }

    /// Forgets the entries up to `index`, which becomes the new base.
    pub(crate) fn compact(&mut self, index: Index) {
        if index <= self.base || index > self.last {
            return;
        }
        let term = self.term(index);
        let gone = if index == self.last { self.chunks.len() } else { self.chunk_of(index + 1) };
        self.chunks.drain(..gone);
        if let Some(chunk) = self.chunks.front_mut()
            && chunk.first().is_some_and(|entry| entry.index <= index)
        {
            Rc::make_mut(chunk).retain(|entry| entry.index > index);
        }
        (self.base, self.base_term) = (index, term);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(index: Index) -> Entry<u64> {
        Entry { term: 1 + index / 100, index, payload: Payload::Normal(Rc::new(index)) }
    }

    fn check(log: &Log<u64>, first: Index, last: Index) {
        assert_eq!((log.first_index(), log.last_index()), (first, last));
        for index in first..=last {
            assert_eq!(log.get(index), Some(&entry(index)));
        }
        assert_eq!(log.get(first - 1), None);
        assert_eq!(log.get(last + 1), None);
        let held: Vec<_> = log.iter().map(|entry| entry.index).collect();
        assert_eq!(held, (first..=last).collect::<Vec<_>>());
    }

    #[test]
    fn grows_shrinks_and_compacts_at_every_place() {
        for cut in 1..400 {
            let mut log = Log::default();
            (1..=400).for_each(|index| log.push(entry(index)));
            let mut short = log.clone();
            short.truncate(cut);
            check(&short, 1, cut);
            log.compact(cut);
            check(&log, cut + 1, 400);
            assert_eq!(log.term(cut), entry(cut).term);
            assert_eq!(log.term(cut - 1), 0);
            log.truncate(cut + 1);
            check(&log, cut + 1, cut + 1);
            (cut + 2..=401).for_each(|index| log.push(entry(index)));
            check(&log, cut + 1, 401);
            log.compact(401);
            check(&log, 402, 401);
            log.push(entry(402));
            check(&log, 402, 402);
        }
    }

    #[test]
    fn logs_with_equal_entries_are_equal() {
        let mut one = Log::default();
        (1..=300).for_each(|index| one.push(entry(index)));
        let mut two = one.clone();
        two.truncate(150);
        (151..=300).for_each(|index| two.push(entry(index)));
        assert_eq!(one, two);
    }

    #[test]
    fn at_most_the_limit_is_read() {
        let mut log = Log::default();
        (1..=10).for_each(|index| log.push(entry(index)));
        assert_eq!(log.entries(4, 3).len(), 3);
        assert_eq!(log.entries(4, u32::MAX).len(), 7);
        assert!(log.entries(11, 3).is_empty());
    }
}
