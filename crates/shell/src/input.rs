//! What a person does to a desk, and the log of it.

pub use crate::world::sh::Key;
use crate::world::{Fault, LabConfig};
use api::Timestamp;
use serde::{Deserialize, Serialize};

/// One act of a person (or of a lesson that plays one).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum DeskInput {
    /// One key in the terminal of a machine.
    Key {
        /// Whose terminal.
        machine: String,
        /// Which key.
        key: Key,
    },
    /// Typed or pasted text; several lines run in order.
    Text {
        /// Whose terminal.
        machine: String,
        /// The text; `\n` is Enter.
        text: String,
    },
    /// A whole command line typed at the prompt, and Enter. What stood in the line is replaced.
    /// While a command runs it waits like any type-ahead.
    Line {
        /// Whose terminal.
        machine: String,
        /// The line, without its end; further lines of a here-document may follow.
        line: String,
    },
    /// A command put into the prompt without running it.
    Insert {
        /// Whose terminal.
        machine: String,
        /// Replaces what stands in the line.
        text: String,
    },
    /// Ctrl+C.
    Interrupt {
        /// Whose terminal.
        machine: String,
    },
    /// Ctrl+D.
    Eof {
        /// Whose terminal.
        machine: String,
    },
    /// Something breaks, or is mended.
    Fault(Fault),
    /// A request made on the map (OPEN PORT), from outside unless `from` names a machine.
    Request {
        /// Machine name or address.
        host: String,
        /// Port.
        port: u16,
        /// Path with its slash.
        path: String,
        /// The machine that asks; absent: the learner's browser.
        from: Option<String>,
    },
    /// A terminal has another size, in characters.
    Resize {
        /// Whose terminal.
        machine: String,
        /// Width.
        columns: u32,
        /// Height.
        rows: u32,
    },
    /// All terminals as new: no scroll-back, no history, `$?` 0. What a lesson's hidden set-up
    /// typed is not the learner's.
    Tidy,
    /// One machine more.
    AddMachine {
        /// Its name.
        name: String,
    },
    /// Contents of a file of a machine (a lesson's `file` block, a dropped file).
    PutFile {
        /// Which machine.
        machine: String,
        /// Absolute path; missing directories are made.
        path: String,
        /// New contents.
        content: Vec<u8>,
    },
}

/// An input and when it came.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Logged {
    /// Simulated time.
    pub at: Timestamp,
    /// What was done.
    pub input: DeskInput,
}

/// Everything that made a desk what it is: replaying it gives an equal desk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InputLog {
    /// The lab at its start.
    pub config: LabConfig,
    /// In order; times never go back.
    pub inputs: Vec<Logged>,
}
