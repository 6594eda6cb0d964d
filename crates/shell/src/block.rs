//! What a terminal shows, as structure: blocks of a prompt, a command and the lines it printed.

use api::Timestamp;
use serde::{Deserialize, Serialize};
use share::Rc;

/// One printed line, without its end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The text, free of escape sequences.
    pub text: String,
    /// Whether it (its last part) came from standard error.
    pub stderr: bool,
}

/// A command and what it printed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// Counts up within one terminal; a key for the page.
    pub id: u64,
    /// Raised by every change of this block.
    pub revision: u64,
    /// The prompt's lines before the command: two, or one of a nested prompt. Empty for output
    /// that no command asked for.
    pub prompt: Vec<String>,
    /// The command as typed; continuation lines behind `\n`.
    pub command: String,
    /// What it printed so far. A progress display's lines are replaced in place.
    pub lines: Vec<Line>,
    /// Lines dropped at the front because the block grew too long.
    pub dropped: u64,
    /// Exit status, once it ended. Absent for an empty line too.
    pub status: Option<i32>,
    /// When Enter was pressed.
    pub started: Timestamp,
    /// When it ended.
    pub ended: Option<Timestamp>,
}

/// All that is needed to draw one terminal.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TerminalView {
    /// Raised by every change.
    pub revision: u64,
    /// Oldest first; the last one is still running while `busy`.
    pub blocks: Vec<Rc<Block>>,
    /// Blocks dropped at the front.
    pub dropped: u64,
    /// The prompt now: the last line stands before the input, the others above it. While a
    /// command runs: empty, or what it asks (`Password: `).
    pub prompt: Vec<String>,
    /// The input line, or type-ahead while a command runs. Hidden input is empty here.
    pub line: String,
    /// Cursor in `line`, counted in characters.
    pub cursor: u32,
    /// A foreground command runs.
    pub busy: bool,
    /// Keys go to the program as they are (`exec -it`).
    pub raw: bool,
    /// Names to choose from after the second Tab, drawn under the line.
    pub choices: Vec<String>,
    /// A program that fills the screen (`watch`, `docker stats`), instead of the blocks.
    pub screen: Option<Vec<String>>,
    /// The machine the innermost session is on (differs after `ssh`).
    pub machine: String,
    /// Whether the machine is off: nothing can be typed.
    pub off: bool,
    /// Width in characters.
    pub columns: u32,
    /// Height in characters.
    pub rows: u32,
}

impl TerminalView {
    /// The terminal of a machine where nothing has been typed yet. For those who have no desk
    /// yet; its size is unknown.
    #[must_use]
    pub fn fresh(machine: &str, address: &str) -> Self {
        let prompt = vec![place(machine, address, "~"), MARK.to_owned()];
        Self { machine: machine.to_owned(), prompt, ..Self::default() }
    }
}

/// What stands before the line.
pub(crate) const MARK: &str = "$ ";

/// The prompt's upper line, as on Play with Docker.
pub(crate) fn place(machine: &str, address: &str, dir: &str) -> String {
    format!("[{machine}] (local) root@{address} {dir}")
}
