//! What happens next: events ordered by time, then by the order they were put in.
//!
//! **Invariant:** two events of one time come out in the order they went in, also after a
//! save and a load, so a run never depends on how the queue is built inside.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Time;

/// Names one scheduled event, to cancel it. Never given out twice by one queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Ticket {
    at: Time,
    number: u64,
}

impl Ticket {
    /// When the event is due.
    pub fn at(self) -> Time {
        self.at
    }
}

/// Events that have not happened yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Queue<E> {
    #[serde(
        with = "crate::entries",
        bound(serialize = "E: Serialize", deserialize = "E: Deserialize<'de>")
    )]
    events: BTreeMap<Ticket, E>,
    next_number: u64,
}

impl<E> Default for Queue<E> {
    fn default() -> Self {
        Self { events: BTreeMap::new(), next_number: 0 }
    }
}

impl<E> Queue<E> {
    /// An empty queue.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts `event` behind everything already due at `at`. A time that has passed is
    /// allowed: the event is due at once.
    pub fn schedule(&mut self, at: Time, event: E) -> Ticket {
        let ticket = Ticket { at, number: self.next_number };
        self.next_number += 1;
        self.events.insert(ticket, event);
        ticket
    }

    /// Takes the event back; `None` if it has happened or was cancelled before.
    pub fn cancel(&mut self, ticket: Ticket) -> Option<E> {
        self.events.remove(&ticket)
    }

    /// The event behind a ticket, while it is still to come.
    pub fn get(&self, ticket: Ticket) -> Option<&E> {
        self.events.get(&ticket)
    }

    /// When the next event is due.
    pub fn next_time(&self) -> Option<Time> {
        self.events.first_key_value().map(|(ticket, _)| ticket.at)
    }

    /// Takes the next event that is due at `until` or before.
    pub fn pop_due(&mut self, until: Time) -> Option<(Time, E)> {
        let entry = self.events.first_entry()?;
        if entry.key().at > until {
            return None;
        }
        let (ticket, event) = entry.remove_entry();
        Some((ticket.at, event))
    }

    /// Drops every event `keep` refuses; used when a host loses its memory.
    pub fn retain(&mut self, mut keep: impl FnMut(Time, &E) -> bool) {
        self.events.retain(|ticket, event| keep(ticket.at, event));
    }

    /// All events to come, in the order they will happen.
    pub fn iter(&self) -> impl Iterator<Item = (Time, &E)> {
        self.events.iter().map(|(ticket, event)| (ticket.at, event))
    }

    /// Whether nothing is left to happen.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_are_broken_by_insertion() {
        let mut queue = Queue::new();
        queue.schedule(Time(5), "b");
        queue.schedule(Time(3), "a");
        queue.schedule(Time(5), "c");
        assert_eq!(queue.next_time(), Some(Time(3)));
        assert_eq!(queue.pop_due(Time(2)), None);
        assert_eq!(queue.pop_due(Time(9)), Some((Time(3), "a")));
        assert_eq!(queue.pop_due(Time(9)), Some((Time(5), "b")));
        assert_eq!(queue.pop_due(Time(9)), Some((Time(5), "c")));
        assert_eq!(queue.pop_due(Time(9)), None);
    }

    #[test]
    fn a_ticket_cancels_once() {
        let mut queue = Queue::new();
        let first = queue.schedule(Time(1), 1);
        let second = queue.schedule(Time(1), 2);
        assert_eq!(queue.cancel(first), Some(1));
        assert_eq!(queue.cancel(first), None);
        assert_eq!(queue.get(second), Some(&2));
        assert_eq!(queue.pop_due(Time(1)), Some((Time(1), 2)));
        assert_eq!(queue.cancel(second), None);
    }

    #[test]
    fn json_keeps_order_and_numbering() {
        let mut queue = Queue::new();
        queue.schedule(Time(2), "x".to_owned());
        queue.schedule(Time(2), "y".to_owned());
        let text = serde_json::to_string(&queue).unwrap();
        let mut loaded: Queue<String> = serde_json::from_str(&text).unwrap();
        assert_eq!(loaded, queue);
        loaded.schedule(Time(2), "z".to_owned());
        let order: Vec<_> = loaded.iter().map(|(_, event)| event.as_str()).collect();
        assert_eq!(order, ["x", "y", "z"]);
    }
}
