//! PROMPT: what a person types into and reads from.
//!
//! Line editor, job control, history, completion; lends `engine::sh` (as `lab::sh`) the programs
//! that only a machine's terminal has (docker, ssh, watch, systemctl, nano). [`Desk`] is the one
//! object the page, the runner and the lessons hold: the lab and its terminals.
//!
//! | module | what it is |
//! |---|---|
//! | [`desk`] | the desk: inputs, time, what is taken out |
//! | `drive` | the queue of actions that resumes shells and programs |
//! | `typing`, `history`, `complete` | from keys to lines |
//! | `host`, `editor_program`, `words` | the host's programs and the lab words |
//! | `terminals`, `terminal`, `session`, `display` | all of them, and what one holds |
//! | [`block`], [`finished`], [`input`] | what others read and write |
//! | [`world`] | the one file that speaks with the lab |
//!
//! This crate must not know how a browser draws, nor any rule of Swarm.
//!
//! **Invariant:** the desk is a value: the same configuration and the same [`InputLog`] give the
//! same desk, byte for byte.

pub mod block;
mod complete;
pub mod desk;
mod display;
mod docker_names;
mod drive;
mod editor_program;
pub mod finished;
mod history;
mod host;
pub mod input;
mod pairs;
mod session;
mod terminal;
mod terminals;
#[cfg(test)]
mod tests;
mod typing;
mod words;
pub mod world;

pub use block::{Block, Line, TerminalView};
pub use desk::Desk;
pub use finished::{DeskEvent, Finished, FinishedLine};
pub use input::{DeskInput, InputLog, Key, Logged};
