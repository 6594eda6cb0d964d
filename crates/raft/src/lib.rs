//! Raft consensus with the semantics of etcd's `raft` package as SwarmKit runs it.
//!
//! One [`Raft`] is one member. It takes ticks, messages and proposals, and gives back
//! [`Effects`]: messages to send, entries that are committed, a snapshot to load. It is
//! plain data: no clock, no network, no disk of its own; what a power cut would leave is
//! its [`Disk`], and everything else is memory.
//!
//! | | |
//! |---|---|
//! | after | etcd `raft/raft.go`, SwarmKit `manager/state/raft` |
//! | on | check-quorum, the leader's lease, fast backtracking of rejected appends |
//! | off | pre-vote, learners, joint consensus, read index, forwarded proposals |
//! | tests | `tests/cluster.rs` (faults, then invariants), `tests/oracle.rs` (raft-rs) |
//!
//! Use: call one of the inputs, then [`Raft::take_effects`], apply `snapshot` first, then
//! `committed` in order, then send `messages`. Writes to the disk have happened by then,
//! and a membership change is in force as soon as its entry is handed out.
//!
//! Random numbers are handed in as [`Draw`]: the spread of the election timeout is the only
//! thing here that is left to chance.
//!
//! **Invariant:** knows nothing of what a command means, of hosts or of time in seconds.

mod disk;
mod effects;
mod follower;
mod leader;
mod log;
mod message;
mod node;
mod progress;
mod quorum;
mod status;

pub use disk::{ConfChange, Disk, Membership, Snapshot, force_new_cluster};
pub use effects::{Dropped, Effects, Refused};
pub use log::{Entry, Log, Payload};
pub use message::{Body, Message, Reject};
pub use node::{Config, Draw, Raft, Role};
pub use progress::{Progress, ProgressState};
pub use quorum::{can_remove, quorum};

/// A member's raft id; never zero, and never used again after a removal.
pub type Id = u64;
/// Position in the log; the first entry has 1.
pub type Index = u64;
/// Number of a term of office; at most one leader in each.
pub type Term = u64;
