//! One IPVS service with the scheduler `rr`: a ring of destinations, newest first.

use api::TaskId;
use serde::{Deserialize, Serialize};

/// The ring of one service on one node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ring {
    /// Newest first.
    tasks: Vec<TaskId>,
    /// Whose turn was last; absent: the head's place.
    last: Option<TaskId>,
}

impl Ring {
    /// A task joins at the front; the position stays.
    pub(crate) fn join(&mut self, task: TaskId) {
        if !self.tasks.contains(&task) {
            self.tasks.insert(0, task);
        }
    }

    /// A task leaves; if the position was on it, it goes one back.
    pub(crate) fn remove(&mut self, task: TaskId) {
        let Some(at) = self.tasks.iter().position(|t| *t == task) else { return };
        self.tasks.remove(at);
        if self.last == Some(task) {
            self.last = at.checked_sub(1).and_then(|k| self.tasks.get(k).copied());
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    fn next_index(&self) -> usize {
        let after = self
            .last
            .and_then(|last| self.tasks.iter().position(|t| *t == last))
            .map_or(0, |k| k + 1);
        if after < self.tasks.len() { after } else { 0 }
    }

    /// The next turn.
    pub(crate) fn turn(&mut self) -> Option<TaskId> {
        let task = self.tasks.get(self.next_index()).copied()?;
        self.last = Some(task);
        Some(task)
    }

    /// In the order of their turns, the next one first.
    pub(crate) fn order(&self) -> Vec<TaskId> {
        let mut out = self.tasks.clone();
        let by = self.next_index();
        if by < out.len() {
            out.rotate_left(by);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(n: u8) -> TaskId {
        TaskId::from_random([n; 17])
    }

    fn turns(ring: &mut Ring, count: usize) -> Vec<TaskId> {
        (0..count).filter_map(|_| ring.turn()).collect()
    }

    #[test]
    fn newest_first_and_the_position_stays() {
        let mut ring = Ring::default();
        ring.join(task(1));
        assert_eq!(turns(&mut ring, 2), [task(1), task(1)]);
        ring.join(task(2));
        assert_eq!(turns(&mut ring, 1), [task(2)], "the new task answers first");
        ring.join(task(3));
        // the position is on 2: 1 is next, then round to the newest
        assert_eq!(turns(&mut ring, 4), [task(1), task(3), task(2), task(1)]);
    }

    #[test]
    fn three_that_joined_before_any_request() {
        let mut ring = Ring::default();
        for n in 1..=3 {
            ring.join(task(n));
        }
        let want = [task(3), task(2), task(1), task(3)];
        assert_eq!(turns(&mut ring, 4), want);
        assert_eq!(ring.order(), [task(2), task(1), task(3)]);
    }

    #[test]
    fn who_leaves_takes_the_position_one_back() {
        let mut ring = Ring::default();
        for n in 1..=3 {
            ring.join(task(n));
        }
        assert_eq!(turns(&mut ring, 2), [task(3), task(2)]);
        ring.remove(task(2));
        assert_eq!(turns(&mut ring, 2), [task(1), task(3)]);
        ring.remove(task(3));
        assert_eq!(turns(&mut ring, 1), [task(1)]);
        ring.remove(task(1));
        assert!(ring.is_empty() && ring.turn().is_none());
    }
}
