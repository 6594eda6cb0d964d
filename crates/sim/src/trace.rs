//! A ring of the newest things that happened.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::Time;

/// Keeps the newest `capacity` lines and counts the rest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trace<T> {
    capacity: u32,
    forgotten: u64,
    lines: VecDeque<(Time, T)>,
}

impl<T> Trace<T> {
    /// An empty ring of `capacity` lines.
    pub fn new(capacity: u32) -> Self {
        Self { capacity, forgotten: 0, lines: VecDeque::new() }
    }

    /// Adds a line; the oldest goes if the ring is full.
    pub fn push(&mut self, at: Time, line: T) {
        self.lines.push_back((at, line));
        while self.lines.len() as u64 > u64::from(self.capacity) {
            self.lines.pop_front();
            self.forgotten += 1;
        }
    }

    /// The kept lines, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (Time, &T)> {
        self.lines.iter().map(|(at, line)| (*at, line))
    }

    /// The kept lines from position `from` on, where positions count all lines ever pushed.
    pub fn since(&self, from: u64) -> impl Iterator<Item = (Time, &T)> {
        let skip = from.saturating_sub(self.forgotten);
        self.iter().skip(usize::try_from(skip).unwrap_or(usize::MAX))
    }

    /// How many lines were ever pushed: the position the next one gets.
    pub fn position(&self) -> u64 {
        self.forgotten + self.lines.len() as u64
    }

    /// How many lines the ring has dropped.
    pub fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// Drops all lines; positions go on.
    pub fn clear(&mut self) {
        self.forgotten += self.lines.len() as u64;
        self.lines.clear();
    }
}

impl<T: Serialize> Trace<T> {
    /// Equal for two rings that hold the same lines at the same positions.
    pub fn digest(&self) -> u64 {
        crate::digest(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ring_forgets_the_oldest_and_counts() {
        let mut trace = Trace::new(2);
        for (at, line) in ["a", "b", "c"].into_iter().enumerate() {
            trace.push(Time(at as u64), line);
        }
        let kept: Vec<_> = trace.iter().collect();
        assert_eq!(kept, [(Time(1), &"b"), (Time(2), &"c")]);
        assert_eq!((trace.position(), trace.forgotten()), (3, 1));
        assert_eq!(trace.since(2).count(), 1);
        assert_eq!(trace.since(0).count(), 2);
        trace.clear();
        assert_eq!((trace.position(), trace.iter().count()), (3, 0));
    }

    #[test]
    fn the_digest_sees_lines_and_times() {
        let mut one = Trace::new(4);
        one.push(Time(1), "x");
        let mut two = one.clone();
        assert_eq!(one.digest(), two.digest());
        two.push(Time(2), "y");
        assert_ne!(one.digest(), two.digest());
        one.push(Time(3), "y");
        assert_ne!(one.digest(), two.digest());
    }
}
