//! Shared values that a save writes once.
//!
//! The model shares what does not change: a task is one allocation in the store of every manager,
//! in raft's log and at its agent. [`Rc`] is the standard one for all of them, and within a
//! [`scope`] serde sees each allocation once: whoever meets it again writes its number, and after
//! a load it is shared again as it was.
//!
//! Outside of a scope, and within [`plainly`], an [`Rc`] is written as the value it holds.
//!
//! **Invariant:** it knows no type of the model, and no format: a number and a value are told
//! apart by an enum's variant.
//!
//! **Left out:** weak references and cycles.

mod rc;
pub mod scope;

pub use rc::Rc;
pub use scope::plainly;
