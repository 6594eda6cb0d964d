//! A running client command as plain data: what it is given, what it asks for.
//!
//! A command is started with [`crate::start`] and resumed with [`Input`]s; each resumption gives
//! the [`Step`]s its host (the shell) carries out in order. It never sees a lab, a clock or a file.

use api::{ApiError, Item, Request, Response, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Numbers a command's outstanding requests, chosen by the command, unique within it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Call(pub u32);

/// What a command can know of its surroundings when it starts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Env {
    /// Environment variables (`DOCKER_HOST`, `COLUMNS`, values for `-e NAME`).
    pub vars: BTreeMap<String, String>,
    /// The terminal's width in columns; commands redraw for it.
    pub columns: u32,
    /// Whether standard input is a terminal.
    pub stdin_tty: bool,
    /// Whether standard output is a terminal.
    pub stdout_tty: bool,
    /// Whether standard error is a terminal.
    pub stderr_tty: bool,
    /// The machine's host name.
    pub host: String,
    /// Working directory, for relative paths.
    pub cwd: String,
}

/// What a command is resumed with. Every input carries the present instant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Input {
    /// The first resumption.
    Start,
    /// The daemon's final answer to a request.
    Answer(Call, Result<Response, ApiError>),
    /// A piece of a stream opened with [`Step::Follow`].
    Item(Call, Item),
    /// No daemon answers on this machine (docker stopped): the client's "Cannot connect" text.
    NoDaemon(Call),
    /// A file read or written for [`Step::ReadFile`] / [`Step::WriteFile`]; the error is the
    /// operating system's text (`no such file or directory`).
    File(Result<Vec<u8>, String>),
    /// Bytes typed or piped in, asked for by nobody: they come as they come.
    Stdin(Vec<u8>),
    /// Standard input ended.
    Eof,
    /// [`Step::Sleep`] is over.
    Timer,
    /// Ctrl+C. May come in any state.
    Interrupt,
    /// The terminal has another width.
    Resize(u32),
    /// Whoever read standard output is gone.
    BrokenPipe,
}

/// What a command wants done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Step {
    /// One request, one answer.
    Ask(Call, Request),
    /// A request whose stream is followed.
    Follow(Call, Request),
    /// Bytes into an attached stream; no bytes are the end of its input.
    Send(Call, Vec<u8>),
    /// No further interest in a call.
    Cancel(Call),
    /// Contents of a file of the machine.
    ReadFile(String),
    /// New contents of a file of the machine.
    WriteFile(String, Vec<u8>),
    /// Wake up with [`Input::Timer`] after so many milliseconds.
    Sleep(u64),
    /// Bytes for standard output.
    Out(Vec<u8>),
    /// Bytes for standard error.
    Err(Vec<u8>),
    /// Terminal only: replace the block of lines this command drew last by these. [`Step::Out`]
    /// and [`Step::Err`] (also without bytes) leave the block as it is: the next one is below.
    Redraw(Vec<String>),
    /// Terminal only: a full screen (`docker stats`, `top`), or back to lines.
    Screen(Option<Vec<String>>),
    /// Terminal only: read one line; with `echo` false what is typed stays hidden. The line comes
    /// as [`Input::Stdin`] with its newline.
    ReadLine {
        /// Show what is typed.
        echo: bool,
    },
    /// Terminal only: keys go to the command as bytes (`run -it`, `exec -it`, `attach`).
    Raw(bool),
    /// The end.
    Exit(i32),
}

/// What every resumption is told beside its input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Now(pub Timestamp);
