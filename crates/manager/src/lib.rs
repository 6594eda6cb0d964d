//! MANAGER: the replicated store and everything that the leader of a swarm does.
//!
//! [`Store`] is on every manager and changes only by committed entries. [`Leader`] exists
//! while a manager leads; it owns the control loops, one module each under SwarmKit's names,
//! and turns requests, agents' messages and due timers into proposals.
//!
//! This crate must not know machines, the network, raft's messages or a client's wording
//! beyond the API's errors.
//!
//! **Invariant:** the store is changed only through [`Leader::take_proposal`], raft and
//! [`Store::apply`]; a loop never sees its own change before it is committed as an event.

mod allocator;
mod bootstrap;
mod ca;
pub mod cases;
mod controlapi;
mod dispatcher;
mod leader;
mod logbroker;
mod members;
mod orchestrator;
mod rolemanager;
mod scheduler;
mod store;
mod trace;
pub mod workload;

pub use leader::{Bootstrap, Leader, Proposal};
pub use members::{CANNOT_REMOVE, Member, Members, RaftRequest};
pub use orchestrator::is_task_dirty;
pub use store::{Store, StoreEvent};
pub use trace::{NoRestart, Source, Trace};
