//! What runs: threads of a shell (the main one, pipeline members, subshells, background jobs),
//! each a stack of frames.

use super::env::{Env, Var};
use super::step::{Answer, Child, Ticket};
use super::syntax::{Command, List, RedirectKind};
use super::tool::{Flow, Tool};
use api::Timestamp;
use serde::{Deserialize, Serialize};
use share::Rc;
use std::collections::{BTreeMap, VecDeque};

/// Where one of a command's three streams goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Fd {
    /// The shell's own.
    Stdin,
    /// The shell's own.
    Stdout,
    /// The shell's own.
    Stderr,
    /// Read end of a pipe.
    PipeIn(u32),
    /// Write end of a pipe.
    PipeOut(u32),
    /// Appended to a file, by absolute path.
    File(String),
    /// `/dev/null`, and streams that were closed.
    Null,
}

pub(crate) type Fds = [Fd; 3];

/// What a thread waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Wait {
    /// Nothing: it can go on.
    Ready,
    Answer(Ticket),
    /// Whichever comes first.
    Either(Ticket, Ticket),
    Threads(Vec<u32>),
    Stdin,
    /// A whole line of its input, or the end.
    Line,
    /// Room in a pipe.
    Room(u32),
    /// Something from, or for, a program of the host.
    Child,
}

/// One stack of frames with its environment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Thread {
    pub(crate) env: Env,
    pub(crate) fds: Fds,
    pub(crate) frames: Vec<Frame>,
    pub(crate) wait: Wait,
    pub(crate) answer: Option<Answer>,
    pub(crate) events: VecDeque<Child>,
    /// The background job it belongs to.
    pub(crate) job: Option<u32>,
    /// Ctrl+C came: unwind as soon as the running program has ended.
    pub(crate) interrupted: bool,
}

/// Which words of a command are being expanded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Stage {
    /// A simple command, or the redirections of a compound one.
    First,
    /// A compound command's own words.
    Body,
}

/// One thing under way; the top one goes first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Frame {
    List {
        list: Rc<List>,
        at: u32,
        /// A condition's list never ends the shell under `set -e`.
        condition: bool,
    },
    Item {
        list: Rc<List>,
        item: u32,
        at: u32,
    },
    Negate,
    /// Members of a pipeline; the last one's status counts.
    Members(Vec<u32>),
    Start {
        command: Rc<Command>,
        stage: Stage,
    },
    Expand(Box<Expansion>),
    Open(Box<Opening>),
    /// Gives back the streams as they were.
    Restore(Fds),
    For {
        name: String,
        words: VecDeque<String>,
        body: Rc<List>,
    },
    While {
        command: Rc<Command>,
        testing: bool,
        status: i32,
    },
    If {
        command: Rc<Command>,
        /// The arm whose condition ran.
        arm: u32,
    },
    Call {
        args: Vec<String>,
        locals: BTreeMap<String, Option<Var>>,
    },
    Run(Box<Run>),
    /// Reads commands from standard input.
    Reader {
        text: String,
        prompt: bool,
    },
    /// The end of `fg`.
    Foreground(u32),
}

/// Command substitutions under way, then patterns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Expansion {
    pub(crate) command: Rc<Command>,
    pub(crate) stage: Stage,
    pub(crate) lists: VecDeque<Rc<List>>,
    pub(crate) outputs: VecDeque<String>,
    /// The thread that runs one, and the pipe it writes to.
    pub(crate) running: Option<(u32, u32)>,
    /// Status of the last one.
    pub(crate) status: Option<i32>,
    /// What it became, with patterns still to be looked up.
    pub(crate) ready: Option<Prepared>,
}

/// A command with its words expanded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Prepared {
    /// Fields and, where they are patterns, what to look up.
    pub(crate) argv: Vec<(String, Option<String>)>,
    pub(crate) assigns: Vec<(String, String)>,
    pub(crate) redirects: Vec<(Option<u8>, RedirectKind, String)>,
}

/// Redirections being opened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Opening {
    pub(crate) command: Rc<Command>,
    pub(crate) argv: Vec<String>,
    pub(crate) assigns: Vec<(String, String)>,
    pub(crate) redirects: VecDeque<(Option<u8>, RedirectKind, String)>,
    pub(crate) fds: Fds,
    /// Waiting for the file of the first one.
    pub(crate) asked: bool,
    /// Status of the last command substitution.
    pub(crate) status: Option<i32>,
}

/// A program.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Run {
    pub(crate) words: Vec<String>,
    pub(crate) prog: Prog,
    pub(crate) fds: Fds,
    pub(crate) started: Timestamp,
    /// Written, not yet taken: (1 or 2, bytes).
    pub(crate) pending: VecDeque<(u8, Vec<u8>)>,
    /// What happens once `pending` is taken.
    pub(crate) next: Next,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
    pub(crate) changed: bool,
    /// Variables as they were before `NAME=value` of this command.
    pub(crate) restore: Vec<(String, Option<Var>)>,
    /// A write to a file is under way.
    pub(crate) writing: bool,
    /// Behind `time`.
    pub(crate) timed: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Prog {
    /// The millisecond that starting costs.
    Starting,
    Tool(Box<Tool>),
    Child {
        ticket: Ticket,
        /// Its input is the shell's own, or ended.
        fed: bool,
        /// It was told that nobody reads it.
        broken: bool,
    },
}

/// What a program wants after its output is taken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Next {
    Flow(Flow),
    Events,
}

/// A background job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Job {
    pub(crate) number: u32,
    pub(crate) thread: u32,
    pub(crate) pid: u32,
    pub(crate) text: String,
    /// Its status, once it ended.
    pub(crate) status: Option<i32>,
}

impl Frame {
    /// The streams that this frame holds open.
    pub(crate) const fn fds(&self) -> Option<&Fds> {
        match self {
            Self::Run(run) => Some(&run.fds),
            Self::Restore(fds) => Some(fds),
            Self::Open(opening) => Some(&opening.fds),
            Self::List { .. }
            | Self::Item { .. }
            | Self::Negate
            | Self::Members(_)
            | Self::Start { .. }
            | Self::Expand(_)
            | Self::For { .. }
            | Self::While { .. }
            | Self::If { .. }
            | Self::Call { .. }
            | Self::Reader { .. }
            | Self::Foreground(_) => None,
        }
    }
}
