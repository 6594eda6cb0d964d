//! What a `check` or `feedback` line can say: the claims of a lesson as data.
//!
//! The grammar is the lesson format's; [`crate::grammar`] reads it, [`crate::eval`] judges it.

use crate::diagnostic::Place;
use serde::{Deserialize, Serialize};

/// A `check` block.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// The step's id (`step ID`).
    pub id: String,
    /// Its lines, in order.
    pub lines: Vec<Line>,
    /// What is now true, shown on passing.
    pub done: String,
}

/// One assertion.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Where it stands.
    pub place: Place,
    /// The line as written, without its message.
    pub source: String,
    /// Starts when everything above is met.
    pub then: bool,
    /// `keep`, `never`, `within`, `stable`.
    pub mode: Mode,
    /// One of these must hold.
    pub claims: Vec<Claim>,
    /// `as "…"`: the text in the list of steps; `Some("")` hides it.
    pub label: Option<String>,
    /// `-> …`: what to tell while it is unmet.
    pub message: String,
}

/// How time counts for a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mode {
    /// Must hold from start to end.
    pub keep: bool,
    /// Must never become true.
    pub never: bool,
    /// Patience in milliseconds before the explanation speaks.
    pub within_ms: Option<u64>,
    /// Must hold unbroken for so many milliseconds.
    pub stable_ms: Option<u64>,
}

/// Something that can be true or false.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Claim {
    /// `let VAR = object [at start]`
    Let {
        /// The variable.
        var: String,
        /// What it is bound to.
        object: Object,
        /// Bound once, when the step begins.
        at_start: bool,
    },
    /// `object exists`
    Exists(Object),
    /// `object count CMP N`
    Count(Object, Cmp, i64),
    /// `[every] object FIELD CMP value`
    Field {
        /// All of them, and at least one.
        every: bool,
        /// Whose field.
        object: Object,
        /// Which field.
        field: String,
        /// Compared how.
        cmp: Cmp,
        /// With what.
        value: Value,
    },
    /// `ran "GLOB" [on WHERE] [failing]`
    Ran {
        /// Matched against the words typed and the canonical line.
        glob: Value,
        /// On which machine or role; absent: any.
        on: Option<Where>,
        /// It must have failed.
        failing: bool,
    },
    /// `output "GLOB" CMP value`
    Output {
        /// Which command.
        glob: Value,
        /// Compared how.
        cmp: Cmp,
        /// With what.
        value: Value,
    },
    /// `http METHOD WHERE:PORT CMP (STATUS|refused)`
    Http {
        /// `GET` and the like.
        method: String,
        /// Asked of which machines.
        at: Where,
        /// Port.
        port: u16,
        /// Compared how.
        cmp: Cmp,
        /// Absent: `refused`.
        status: Option<i64>,
    },
    /// `answer ID CMP value`
    Answer {
        /// Which question.
        id: String,
        /// Compared how.
        cmp: Cmp,
        /// With what.
        value: Value,
    },
    /// `commands <= N`: a challenge's par.
    Commands(i64),
    /// Feedback only: `error CMP "…"` of the attempt.
    Error(Cmp, Value),
    /// Feedback only: `after N attempts`.
    After(i64),
    /// Feedback only: `lost quorum`, `lost leader`, `lost {var}`.
    Lost(Loss),
}

/// What can be lost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Loss {
    /// The majority of managers.
    Quorum,
    /// The leader.
    Leader,
    /// A bound object.
    Object(String),
}

/// Objects by kind and selector.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Object {
    /// `service`, `task`, …
    pub kind: Kind,
    /// By name (or id), by conditions, or the only one (`swarm`).
    pub select: Select,
}

/// Which objects of a kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Select {
    /// All (only `swarm`, which is one).
    All,
    /// By name, id or a bound variable.
    Name(Value),
    /// By conditions, all of them.
    Where(Vec<(String, Cmp, Value)>),
}

/// Kinds of object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the lesson format's words")]
pub enum Kind {
    Node,
    Service,
    Task,
    Container,
    Network,
    Volume,
    Secret,
    Config,
    Stack,
    Swarm,
    Image,
    File,
    Machine,
}

impl Kind {
    /// All kinds with the word that names them.
    pub const ALL: [(&'static str, Self); 13] = [
        ("node", Self::Node),
        ("service", Self::Service),
        ("task", Self::Task),
        ("container", Self::Container),
        ("network", Self::Network),
        ("volume", Self::Volume),
        ("secret", Self::Secret),
        ("config", Self::Config),
        ("stack", Self::Stack),
        ("swarm", Self::Swarm),
        ("image", Self::Image),
        ("file", Self::File),
        ("machine", Self::Machine),
    ];

    /// The word that names it.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(_, k)| *k == self).map_or("", |(w, _)| w)
    }

    /// Its Portuguese name.
    #[must_use]
    pub const fn name_pt(self) -> &'static str {
        match self {
            Self::Node => "nó",
            Self::Service => "serviço",
            Self::Task => "tarefa",
            Self::Container => "contêiner",
            Self::Network => "rede",
            Self::Volume => "volume",
            Self::Secret => "secret",
            Self::Config => "config",
            Self::Stack => "stack",
            Self::Swarm => "swarm",
            Self::Image => "imagem",
            Self::File => "arquivo",
            Self::Machine => "máquina",
        }
    }

    /// Fields that may be asked of it, beside `label.X` of nodes and inspect paths.
    #[must_use]
    pub const fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Node => &[
                "id",
                "hostname",
                "status",
                "availability",
                "role",
                "manager-status",
                "engine-version",
            ],
            Self::Service => {
                &["id", "name", "mode", "replicas", "image", "ports", "update", "constraint", "env"]
            }
            Self::Task => &[
                "id",
                "name",
                "service",
                "slot",
                "node",
                "image",
                "desired",
                "current",
                "error",
                "container",
                "networks",
                "ports",
            ],
            Self::Container => {
                &["id", "node", "image", "name", "state", "status", "ports", "command"]
            }
            Self::Network | Self::Volume => &["id", "name", "driver", "scope", "node"],
            Self::Secret | Self::Config => &["id", "name"],
            Self::Stack => &["name", "services"],
            Self::Swarm => &["leader", "quorum", "managers", "reachable", "id", "nodes"],
            Self::Image => &["id", "node", "name", "tag", "repository"],
            Self::File => &["node", "path", "name"],
            Self::Machine => &["name", "power", "cable", "docker", "swarm", "role"],
        }
    }
}

/// Comparisons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "what the signs say")]
pub enum Cmp {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    /// `~`: a glob over the whole value.
    Glob,
}

impl Cmp {
    /// The sign.
    #[must_use]
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Eq => "==",
            Self::Ne => "!=",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
            Self::Glob => "~",
        }
    }
}

/// A value as written; references are filled in when it is used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Value {
    /// A bare word.
    Word(String),
    /// In quotes; may hold references.
    Text(String),
    /// `{var.field:len}`
    Ref(Reference),
}

/// A reference to a bound object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    /// Its variable.
    pub var: String,
    /// One of its fields; absent: the object itself.
    pub field: Option<String>,
    /// Only so many first characters.
    pub take: Option<u32>,
}

/// On or at which machines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Where {
    /// A machine by name.
    Machine(String),
    /// A bound object's node.
    Ref(Reference),
    /// The leader.
    Leader,
    /// A manager.
    Manager,
    /// A worker.
    Worker,
    /// Any machine.
    Any,
    /// Each machine that is on and, if a swarm exists, in it.
    Every,
}

/// A `when` rule of a `feedback` block.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// Where it stands.
    pub place: Place,
    /// All must hold.
    pub when: Vec<Claim>,
    /// What is said, Markdown.
    pub text: String,
}
