//! PROMPT: what a person types into and reads from.
//!
//! Line editor, job control, history, completion; lends `engine::sh` the programs that only a
//! machine's terminal has (docker, ssh, watch, systemctl). [`Desk`] is the one object the page,
//! the runner and the lessons hold: the lab and its terminals.
//!
//! This crate must not know how a browser draws, nor any rule of Swarm.
//!
//! **Invariant:** the desk is a value: the same configuration and the same [`InputLog`] give the
//! same desk, byte for byte.

pub mod block;
pub mod desk;
pub mod finished;
pub mod input;
pub mod world;

pub use block::{Block, Line, TerminalView};
pub use desk::Desk;
pub use finished::{DeskEvent, Finished, FinishedLine};
pub use input::{DeskInput, InputLog, Key, Logged};
