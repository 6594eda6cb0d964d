//! What the page shows, as one value. Only [`crate::action::reduce`] changes it.

use crate::picture::{Hues, Picture};
use crate::text::{Language, Words};
use api::{TaskId, Timestamp};
use lab::{HttpReply, View};
use lesson::markdown::Block;
use lesson::{Diagnostic, LessonView};
use share::Rc;
use shell::TerminalView;
use std::collections::BTreeMap;

/// The whole page.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct State {
    pub(crate) language: Language,
    pub(crate) dark: bool,
    /// Which pane a narrow screen shows.
    pub(crate) tab: Tab,
    /// What the map's pane shows.
    pub(crate) mode: Mode,
    /// The machine whose terminal is open.
    pub(crate) terminal: String,
    pub(crate) paused: bool,
    pub(crate) speed: Speed,
    pub(crate) menu: Option<Menu>,
    pub(crate) picked: Option<Picked>,
    pub(crate) request: Option<Shown>,
    pub(crate) burst: Option<Burst>,
    pub(crate) notices: Vec<Notice>,
    pub(crate) save: Save,
    pub(crate) rest: Rest,
    pub(crate) wait: Wait,
    /// A file hangs over the page.
    pub(crate) dropping: bool,
    /// Size of the map's pane, CSS pixels.
    pub(crate) map_size: (u32, u32),
    /// Size of the terminal, characters.
    pub(crate) terminal_size: (u32, u32),
    /// The size each terminal was told last.
    pub(crate) told: BTreeMap<String, (u32, u32)>,
    /// Steps whose solution is open.
    pub(crate) solved: Vec<String>,
    /// One sentence on the last command, for those who listen.
    pub(crate) summary: String,
    pub(crate) hues: Hues,
    pub(crate) picture: Rc<Picture>,
    pub(crate) frame: Frame,
    /// All lessons that can be opened: (file, title).
    pub(crate) lessons: Rc<Vec<(String, String)>>,
}

impl State {
    /// The page's texts.
    pub(crate) const fn words(&self) -> &'static Words {
        self.language.words()
    }

    /// The open terminal.
    pub(crate) fn open_terminal(&self) -> Option<&Rc<TerminalView>> {
        self.frame.terminals.iter().find(|(name, _)| *name == self.terminal).map(|(_, t)| t)
    }
}

/// What the desk looks like now.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Frame {
    pub(crate) now: Timestamp,
    pub(crate) view: Rc<View>,
    /// In the lab's order.
    pub(crate) terminals: Rc<Vec<(String, Rc<TerminalView>)>>,
    /// A foreground command runs somewhere.
    pub(crate) busy: bool,
    pub(crate) lesson: Option<Rc<LessonShown>>,
    pub(crate) marks: Rc<Vec<Mark>>,
    pub(crate) undo: bool,
    pub(crate) redo: bool,
    /// The last line that ended: as typed, its exit status.
    pub(crate) ended: Option<(String, i32)>,
    /// Decisions about what is picked, newest first.
    pub(crate) why: Rc<Vec<(Timestamp, String)>>,
}

/// Panes of a narrow screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Tab {
    #[default]
    Lesson,
    Map,
    Terminal,
}

impl Tab {
    /// Its name in `data-tab`, which the style sheet reads.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Lesson => "lesson",
            Self::Map => "map",
            Self::Terminal => "terminal",
        }
    }
}

/// What the map's pane shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Mode {
    #[default]
    Map,
    Raft,
    Table,
}

/// How fast simulated time runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Speed {
    /// ×10 while a command waits, else ×1.
    #[default]
    Auto,
    /// Chosen, and it stays.
    Times(u32),
}

/// Lists that hang from a button; at most one is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Menu {
    Lessons,
    Faults,
    Models,
    Legend,
    Help,
}

/// What was clicked on the map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Picked {
    Machine(String),
    Task(TaskId),
}

/// A request that was made and what came of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Shown {
    pub(crate) host: String,
    pub(crate) port: u16,
    /// Absent while it is on its way.
    pub(crate) reply: Option<Rc<HttpReply>>,
}

/// A hundred requests to one port.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Burst {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) sent: u32,
    /// (label, service hue, answers), in the order of first answer.
    pub(crate) answers: Vec<(String, u8, u32)>,
    pub(crate) failed: u32,
}

impl Burst {
    /// Replies so far.
    pub(crate) fn seen(&self) -> u32 {
        self.answers.iter().map(|a| a.2).sum::<u32>() + self.failed
    }
}

/// Something to tell that stays until dismissed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Notice {
    /// The storage held something unreadable; its text can be had as a file.
    Corrupt { text: String },
    /// A lesson with errors.
    LessonErrors { file: String, findings: Vec<Diagnostic> },
    /// A lesson that could not be fetched.
    LessonFetch { file: String, reason: String },
    /// A dropped file that is none.
    NotMarkdown { file: String },
    /// Something the lab says, as it says it.
    Plain(String),
}

/// How the work is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Save {
    /// Everything so far is in the browser's storage.
    #[default]
    Kept,
    /// There is no storage.
    Absent,
    /// It is full.
    Full,
}

/// The program's second part, without which nothing runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Rest {
    #[default]
    Here,
    /// So many percent of it.
    Coming(u32),
    /// It did not come; the browser's words.
    Failed(String),
}

/// What waits for the second part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Wait {
    /// Nothing but the lab as it begins.
    #[default]
    Nothing,
    /// Something that was typed or clicked.
    Asked,
    /// The work of an earlier visit: what the page shows meanwhile is not it.
    Work,
}

/// A point on the timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) at: Timestamp,
    pub(crate) kind: MarkKind,
    pub(crate) label: String,
}

/// Kinds of marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MarkKind {
    /// A command that ended well.
    Command,
    /// A command that failed.
    Failed,
    /// Something broke or was mended.
    Fault,
    /// A request from the map.
    Request,
}

/// A lesson as the pane draws it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct LessonShown {
    /// The file it came from.
    pub(crate) file: String,
    /// The file that comes after it.
    pub(crate) next: Option<String>,
    /// As its player sees it.
    pub(crate) view: LessonView,
    /// What the player says to the last attempt.
    pub(crate) message: Vec<Block>,
    /// The current step's first way through: machine and command.
    pub(crate) solution: Vec<(String, String)>,
    /// When each step so far was passed.
    pub(crate) passed_at: Vec<Timestamp>,
}
