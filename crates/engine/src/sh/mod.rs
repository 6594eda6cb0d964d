//! The shell language and the small tools as resumable programs over a place.
//!
//! | module | what it is |
//! |---|---|
//! | [`syntax`], [`parse`] | the language: words, quotes, pipes, lists, loops, here-documents |
//! | `expand`, `braces`, `arith` | from words to fields |
//! | [`step`] | what a shell is given ([`Input`]) and what it asks for ([`Step`]) |
//! | [`shell`] | threads, pipes, jobs; `frames`, `run` and `builtin` are its parts |
//! | `tool` | the small tools: `cat`, `grep`, `curl`, `ip` … |
//! | [`place`] | files: the one question a host answers with its own tree |
//! | [`edit`] | a line editor with readline's keys |
//! | [`tty`] | a terminal's line discipline and that editor, for `exec -it … sh` |
//!
//! A job is a stack of frames per thread, nothing waits in recursion: a shell with everything it
//! runs is plain data. Members of a pipeline run side by side over bounded byte queues; a reader
//! that ends gives its writer a broken pipe. Containers and terminals run the same one; a
//! program it does not know it asks of its host ([`Step::Exec`]).
//!
//! **Invariant:** it never sees a machine, a clock or a network: only answers.
//!
//! **Left out:** process groups and Ctrl+Z, arrays, `select`, `coproc`, process substitution,
//! `set -u` and `pipefail`, descriptors above 2.

mod arith;
mod braces;
mod builtin;
pub mod date;
pub mod edit;
pub mod env;
mod expand;
mod frames;
mod jobs;
pub mod parse;
mod pipe;
pub mod place;
mod run;
pub mod shell;
pub mod step;
pub mod syntax;
mod thread;
mod tool;
pub mod tty;

#[cfg(test)]
mod tests;

pub use crate::files::{Errno, FileTree, Stat, absolute};
pub use crate::net::{HttpRequest, HttpResponse, NetAnswer, NetRequest};
pub use edit::{Edited, Editor, Key};
pub use env::{Env, Kind};
pub use parse::{ParseError, parse};
pub use place::{FileAnswer, FileAsk, serve};
pub use shell::{Mode, Options, Shell};
pub use step::{Answer, Ask, Child, Exec, Facts, Input, Interface, Ran, Step, Ticket};
pub use tty::Tty;

/// Whether a program of this name is one of the shell's own tools.
#[must_use]
pub fn is_known(name: &str) -> bool {
    tool::Tool::find(name).is_some()
}

/// Names of the shell's tools and built-in commands, in order, for completion.
#[must_use]
pub fn names() -> Vec<&'static str> {
    let mut names: Vec<&str> = builtin::NAMES.iter().chain(tool::NAMES).copied().collect();
    names.sort_unstable();
    names.dedup();
    names
}
