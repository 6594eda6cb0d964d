//! What a shell is given and what it asks for: the same shape as the docker client's
//! `process`, with tickets, because the members of a pipeline ask side by side.

use crate::net::{NetAnswer, NetRequest};
use api::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use super::place::{FileAnswer, FileAsk};

/// Numbers an outstanding question or a program run by the host, unique within one shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Ticket(pub u32);

/// What a shell is resumed with. Every resumption also carries the present instant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Input {
    /// The first resumption.
    Start,
    /// One whole text to run, at the prompt of an interactive shell ([`super::Mode::Lines`]).
    Line(String),
    /// The answer to a [`Step::Ask`].
    Answer(Ticket, Answer),
    /// Something a program run by the host did.
    Child(Ticket, Child),
    /// Bytes for the shell's standard input, asked for by nobody.
    Stdin(Vec<u8>),
    /// Standard input ended.
    Eof,
    /// Ctrl+C: reaches every program of the foreground job.
    Interrupt,
    /// Whoever read the shell's standard output is gone.
    BrokenPipe,
    /// The power is gone, or the container is killed: forget everything that runs.
    Kill,
}

/// An answer of the host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Answer {
    /// A [`Ask::Sleep`] is over.
    Timer,
    /// About files.
    File(FileAnswer),
    /// About the network.
    Net(NetAnswer),
    /// About the machine or container.
    Facts(Box<Facts>),
}

/// What a program run by the host ([`Step::Exec`]) does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Child {
    /// The host knows no such program either.
    NotFound,
    /// Bytes on its standard output.
    Out(Vec<u8>),
    /// Bytes on its standard error.
    Err(Vec<u8>),
    /// It ended with this status.
    Exit(i32),
}

/// What a shell wants done, in this order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Step {
    /// A question; its answer comes as [`Input::Answer`].
    Ask(Ticket, Ask),
    /// No further interest in a question or a timer.
    Cancel(Ticket),
    /// Bytes for standard output.
    Out(Vec<u8>),
    /// Bytes for standard error.
    Err(Vec<u8>),
    /// A program the shell does not have itself.
    Exec(Ticket, Box<Exec>),
    /// Bytes for the standard input of a program whose input is a pipe or a file.
    Feed(Ticket, Vec<u8>),
    /// That input ended.
    FeedEof(Ticket),
    /// Ctrl+C for a program.
    Interrupt(Ticket),
    /// Nobody reads a program's standard output any more.
    BrokenPipe(Ticket),
    /// A command of the shell's own ended (not those of [`Step::Exec`], which the host sees).
    Ran(Box<Ran>),
    /// `clear`: an empty screen. Terminals only.
    Clear,
    /// Interactive: the foreground work of the last [`Input::Line`] ended with this status.
    Idle(i32),
    /// The shell ended.
    Exit(i32),
}

/// Questions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ask {
    /// Answered by [`Answer::Timer`] after so many microseconds of simulated time.
    Sleep(u64),
    /// Answered by [`super::place::serve`] on the host's file tree.
    File(FileAsk),
    /// Answered by whoever knows the network.
    Net(NetRequest),
    /// Who and where am I?
    Facts,
}

/// A program to be run by the host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exec {
    /// Words after expansion; the first is the program.
    pub argv: Vec<String>,
    /// Exported variables.
    pub vars: BTreeMap<String, String>,
    /// Working directory.
    pub cwd: String,
    /// Standard input is the shell's own; otherwise it is fed by [`Step::Feed`].
    pub inherits_stdin: bool,
    /// Standard output is the shell's own.
    pub inherits_stdout: bool,
    /// Standard error is the shell's own.
    pub inherits_stderr: bool,
    /// Part of a background job.
    pub background: bool,
}

/// A command of the shell's own that ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ran {
    /// Words after expansion.
    pub words: Vec<String>,
    /// Exit status.
    pub status: i32,
    /// What it wrote to standard output, wherever that went; the first 256 KiB.
    pub stdout: Vec<u8>,
    /// What it wrote to standard error.
    pub stderr: Vec<u8>,
    /// When it started.
    pub started: Timestamp,
    /// It changed files.
    pub changed_files: bool,
}

/// A network interface with its address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interface {
    /// `eth0`
    pub name: String,
    /// Its number.
    pub index: u32,
    /// Address with mask length: `192.168.0.13/24`.
    pub cidr: String,
    /// Broadcast address as `ip addr` shows it; empty: none.
    pub broadcast: String,
    /// `02:42:…`
    pub mac: String,
    /// Whether it carries packets.
    pub up: bool,
}

/// What a program can know of where it runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// Host name.
    pub hostname: String,
    /// In order of their numbers, `lo` among them.
    pub interfaces: Vec<Interface>,
    /// Address and interface of the default route, if there is one.
    pub default_route: Option<(String, String)>,
    /// Microseconds since it was switched on.
    pub uptime_us: u64,
    /// Processes: (pid, user, command line).
    pub processes: Vec<(u32, String, String)>,
    /// Memory in bytes: all, used.
    pub memory: (u64, u64),
    /// Number of processors.
    pub cpus: u32,
    /// Ports something listens on.
    pub listening: Vec<u16>,
}

impl Facts {
    /// The first address that is not the loopback's, without its mask.
    #[must_use]
    pub fn address(&self) -> Option<&str> {
        let first = self.interfaces.iter().find(|i| i.name != "lo")?;
        first.cidr.split('/').next()
    }
}
