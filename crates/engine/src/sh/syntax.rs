//! What a shell line means: the tree that [`super::parse`] builds and frames walk.

use serde::{Deserialize, Serialize};
use share::Rc;

/// Commands in order.
pub type List = Vec<Item>;

/// One entry of a list: pipelines joined by `&&` and `||`, ended by `;`, `&` or a line's end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// The pipelines, each with what stands before it.
    pub pipelines: Vec<(Connector, Pipeline)>,
    /// Ended by `&`.
    pub background: bool,
    /// As written, for `jobs`.
    pub text: String,
}

/// When a pipeline of an item runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Connector {
    /// The first one.
    Always,
    /// Behind `&&`.
    And,
    /// Behind `||`.
    Or,
}

/// Commands whose output is the next one's input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pipeline {
    /// `!` before it.
    pub negate: bool,
    /// One or more.
    pub commands: Vec<Rc<Command>>,
}

/// A command of a pipeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Command {
    /// Words.
    Simple(Simple),
    /// A loop, a condition, a group.
    Compound {
        /// Which.
        kind: Compound,
        /// Behind its closing word.
        redirects: Vec<Redirect>,
    },
    /// `name() …`
    Function {
        /// Its name.
        name: String,
        /// What it runs.
        body: Rc<Command>,
    },
}

/// Assignments, words and redirections.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Simple {
    /// `NAME=value` before the first word.
    pub assigns: Vec<(String, Word)>,
    /// The command and its arguments.
    pub words: Vec<Word>,
    /// In the order written.
    pub redirects: Vec<Redirect>,
}

/// Commands made of commands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the shell's own words")]
pub enum Compound {
    Group(Rc<List>),
    Subshell(Rc<List>),
    For {
        name: String,
        words: Option<Vec<Word>>,
        body: Rc<List>,
    },
    While {
        until: bool,
        condition: Rc<List>,
        body: Rc<List>,
    },
    If {
        arms: Vec<(Rc<List>, Rc<List>)>,
        otherwise: Option<Rc<List>>,
    },
    Case {
        word: Word,
        arms: Vec<(Vec<Word>, Rc<List>)>,
    },
    /// `(( … ))`
    Arith(Word),
    /// `[[ … ]]`
    Test(Vec<Word>),
}

/// Where a stream of a command goes or comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redirect {
    /// 0, 1 or 2; `None`: both outputs (`&>`).
    pub fd: Option<u8>,
    /// How.
    pub kind: RedirectKind,
    /// File name, descriptor number or text.
    pub target: Word,
}

/// Kinds of redirection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RedirectKind {
    /// `<`
    Read,
    /// `>`
    Write,
    /// `>>`
    Append,
    /// `>&` and `<&`
    Duplicate,
    /// `<<` and `<<<`: the target is the text.
    Text,
}

/// A word as written: expansion turns it into any number of fields.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Word(pub Vec<Part>);

/// A piece of a word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Part {
    /// Unquoted text.
    Text(String),
    /// Quoted text, maybe empty.
    Quoted(String),
    /// `~` at the start of a word.
    Home,
    /// `$NAME`, `${NAME…}`.
    Param {
        /// Name, number or one of `? $ ! # @ * -`.
        name: String,
        /// What is done with the value.
        op: ParamOp,
        /// Within double quotes.
        quoted: bool,
    },
    /// `$( … )` and backticks.
    Command {
        /// What is run.
        list: Rc<List>,
        /// Within double quotes.
        quoted: bool,
    },
    /// `$(( … ))`
    Arith {
        /// The expression, expanded as if quoted before it is computed.
        word: Word,
        /// Within double quotes.
        quoted: bool,
    },
}

/// What `${…}` does with a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "each arm shows its syntax")]
pub enum ParamOp {
    /// `$NAME`
    Plain,
    /// `${#NAME}`
    Length,
    /// `${NAME:-word}`; without the colon an empty value counts as set.
    Default { colon: bool, word: Word },
    /// `${NAME:=word}`
    Assign { colon: bool, word: Word },
    /// `${NAME:+word}`
    Alternative { colon: bool, word: Word },
    /// `${NAME:?word}`
    Error { colon: bool, word: Word },
    /// `${NAME#pattern}`, `##` when longest.
    Prefix { longest: bool, word: Word },
    /// `${NAME%pattern}`, `%%` when longest.
    Suffix { longest: bool, word: Word },
    /// `${NAME/pattern/text}`, `//` for all.
    Replace { all: bool, pattern: Word, with: Word },
    /// `${NAME:offset:length}`
    Slice { offset: Word, length: Option<Word> },
}

impl Word {
    /// The text, if the word is nothing but unquoted text (what a reserved word must be).
    #[must_use]
    pub fn plain(&self) -> Option<&str> {
        match self.0.as_slice() {
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// A word of quoted text.
    #[must_use]
    pub fn quoted(text: impl Into<String>) -> Self {
        Self(vec![Part::Quoted(text.into())])
    }
}
