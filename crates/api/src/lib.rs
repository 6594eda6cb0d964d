//! NOUNS: what the swarm, the engine and the client speak about.
//!
//! Objects, specs, statuses, ids, requests, responses and their error texts, as plain data.
//! This crate must not know any behaviour beyond constructors and defaults.
//!
//! **Invariant:** nothing here decides; nothing here keeps time or draws at random.

pub mod container;
pub mod dispatch;
pub mod error;
pub mod id;
pub mod object;
pub mod request;
pub mod response;
pub mod spec;
pub mod task;
pub mod time;

pub use container::*;
pub use error::{ApiError, Code};
pub use id::*;
pub use object::*;
pub use request::*;
pub use response::*;
pub use spec::*;
pub use task::*;
pub use time::{EPOCH_UNIX_S, Timestamp};
