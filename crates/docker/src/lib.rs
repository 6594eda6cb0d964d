//! CLIENT: the `docker` command line of 20.10 as declarations and resumable data.
//!
//! [`start`] takes words and surroundings and gives a [`Process`]; [`Process::resume`] gives
//! [`Step`]s. One declaration per command (`<noun>/<verb>.rs`, as in docker/cli) is parsed by
//! `flags`, shown by `help` and carried out by its `start`.
//!
//! | page | what |
//! |---|---|
//! | `process` | what a command is given and what it asks for (fixed) |
//! | `script` | how straight-line code becomes data that waits |
//! | `command`, `flags`, `values`, `help` | declarations, pflag's grammar, value checks, help |
//! | `format` | tables, units, templates, JSON as docker prints it |
//! | `attach`, `logs`, `pull`, `service::progress` | streams and displays |
//! | `complete`, `canonical` | what the shell and the lessons ask of a command line |
//!
//! **Invariant:** this crate knows no lab and no store: requests out, answers in.

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "a question has one right kind of answer; every other kind is one and the same error"
)]

mod attach;
mod canonical;
mod command;
mod complete;
mod config;
mod container;
mod flags;
mod format;
mod groups;
mod help;
mod image;
mod logs;
mod network;
mod node;
mod objects;
mod prelude;
pub mod process;
mod pull;
mod reference;
mod script;
mod secret;
mod service;
mod stack;
mod sub;
mod swarm;
mod system;
mod table;
mod unmodelled;
mod values;
mod volume;

pub use canonical::{CanonicalLine, canonical, changes_state};
pub use complete::{Completion, Coverage, Names, commands, complete};
pub use process::{Call, Env, Input, Now, Step};
pub use script::{Process, start};

/// The client's version, as `docker -v` prints it.
pub const CLIENT_VERSION: &str = "20.10.24+dfsg1";
