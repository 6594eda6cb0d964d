//! The kernel of the simulation: time, an event queue, random streams, links, a trace.
//!
//! Everything here is plain data. Who holds it decides what an event, a host or a trace
//! line means; the kernel only says *when*, *which one* and *whether it arrives*.
//!
//! | module | what it is |
//! |---|---|
//! | [`time`] | [`Time`] since the start and [`Span`] between two times, both in microseconds |
//! | [`queue`] | [`Queue`]: what happens next, ties broken by insertion |
//! | [`random`] | [`Streams`]: one named generator per consumer, steerable for replays |
//! | [`net`] | [`Net`]: links between [`Host`]s, their latency and their faults |
//! | [`trace`] | [`Trace`]: a ring of what happened, and [`digest`] to compare two runs |
//! | [`Derived`] | what follows from the rest, left out of saves and comparisons |
//! | [`entries`] | maps as lists of pairs, so that a save file can be JSON |
//!
//! **Invariant:** no clock, no thread, no float and no hash map: the same seed and the same
//! calls give the same bytes on every platform. It knows no word of what it simulates.

mod derived;
mod digest;
pub mod entries;
pub mod net;
pub mod queue;
pub mod random;
pub mod time;
pub mod trace;

pub use derived::Derived;
pub use digest::{Fnv, digest};
pub use net::{Fate, Host, Net};
pub use queue::{Queue, Ticket};
pub use random::{Stream, Streams};
pub use time::{Span, Time};
pub use trace::Trace;
