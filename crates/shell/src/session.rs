//! A shell on a machine, and the programs its host lends it.

use crate::display::Display;
use crate::editor_program::Nano;
use crate::world::{CallId, Machine, sh};
use api::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Whose program, asking what: terminal, session, ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct At {
    pub(crate) terminal: Machine,
    pub(crate) session: u32,
    pub(crate) ticket: sh::Ticket,
}

/// One shell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Session {
    /// Where it runs.
    pub(crate) machine: Machine,
    pub(crate) shell: sh::Shell,
    pub(crate) children: BTreeMap<sh::Ticket, Child>,
    /// The program that opened it (`ssh`, `watch`) in which session.
    pub(crate) parent: Option<(u32, sh::Ticket)>,
    /// It has the terminal: lines are typed into it.
    pub(crate) interactive: bool,
    /// Lines typed before, kept by machine.
    pub(crate) more: String,
}

/// A program the host runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Child {
    pub(crate) words: Vec<String>,
    pub(crate) cwd: String,
    pub(crate) program: Program,
    /// What it shows, as its own terminal would.
    pub(crate) display: Display,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
    pub(crate) started: Timestamp,
    /// Writes to the terminal itself.
    pub(crate) on_terminal: bool,
    /// Reads what is typed, line by line.
    pub(crate) reads_lines: bool,
    /// It changed a file of the machine.
    pub(crate) changed_files: bool,
    /// Words typed inside it count as commands of this container (`docker exec -it`).
    pub(crate) inside: Option<Inside>,
}

/// A nested prompt as far as it can be seen from outside.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Inside {
    pub(crate) container: String,
    /// The line being typed.
    pub(crate) line: String,
    /// The command that runs, and what it printed so far.
    pub(crate) running: Option<(String, Display, Timestamp)>,
}

/// What kind of program, with its state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Program {
    Docker {
        process: Box<docker::Process>,
        /// The machine whose daemon it asks.
        target: Machine,
        calls: BTreeMap<docker::Call, CallId>,
    },
    /// Waits for the session it opened.
    Ssh {
        host: String,
    },
    /// Waits before it says that nobody answers.
    SshFails {
        text: String,
    },
    Watch(Box<Watch>),
    /// Waits until dockerd runs, or does not.
    Daemon {
        running: bool,
        then_start: bool,
        tries: u32,
    },
    Nano(Box<Nano>),
    /// It has said everything; its exit is on the way.
    Over,
}

/// `watch`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Watch {
    pub(crate) command: String,
    pub(crate) every_us: u64,
    pub(crate) title: bool,
    /// The session that runs the command now.
    pub(crate) session: Option<u32>,
    pub(crate) shown: Display,
}

/// Why a terminal reads: for the program with this ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Reading {
    pub(crate) session: u32,
    pub(crate) ticket: sh::Ticket,
    pub(crate) echo: bool,
}
