//! The small tools. Each is a value that is resumed with an [`Event`] and answers with a
//! [`Flow`]; what it writes collects in its [`Ctx`].

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "each tool names the events, answers and keys it knows; any other means nothing to it"
)]

pub(crate) mod awk;
pub(crate) mod files;
pub(crate) mod filter;
pub(crate) mod misc;
pub(crate) mod net;
pub(crate) mod regex;
pub(crate) mod sed;
pub(crate) mod test;
pub(crate) mod xargs;

use super::env::Env;
use super::step::{Answer, Ask};
use api::Timestamp;
use serde::{Deserialize, Serialize};

/// What a tool is resumed with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Event {
    Start,
    Answer(Answer),
    /// Never empty.
    Stdin(Vec<u8>),
    Eof,
    Interrupt,
}

/// What a tool wants next.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Flow {
    Ask(Ask),
    /// A question with a limit: after `us` microseconds [`Answer::Timer`] comes instead.
    Within {
        ask: Ask,
        us: u64,
    },
    /// Bytes of standard input, as they come.
    Read,
    /// One line of it.
    Line,
    /// Puts back what was read too much, then goes on.
    Unread {
        rest: Vec<u8>,
        then: Box<Flow>,
    },
    /// An empty screen, then the end.
    Clear,
    /// The end, and this text runs in the shell itself.
    Eval(String),
    Exit(i32),
}

/// What a tool sees and writes.
pub(crate) struct Ctx<'a> {
    pub(crate) now: Timestamp,
    pub(crate) env: &'a mut Env,
    pub(crate) words: &'a [String],
    pub(crate) out: Vec<u8>,
    pub(crate) err: Vec<u8>,
    pub(crate) stdout_tty: bool,
    pub(crate) stdin_tty: bool,
    pub(crate) columns: u32,
    pub(crate) history: &'a [String],
    pub(crate) changed: bool,
}

impl Ctx<'_> {
    pub(crate) fn print(&mut self, text: impl AsRef<str>) {
        self.out.extend(text.as_ref().as_bytes());
    }

    pub(crate) fn complain(&mut self, text: impl AsRef<str>) {
        self.err.extend(text.as_ref().as_bytes());
        self.err.push(b'\n');
    }

    pub(crate) fn name(&self) -> &str {
        self.words.first().map_or("", String::as_str)
    }

    pub(crate) fn args(&self) -> Vec<String> {
        self.words.iter().skip(1).cloned().collect()
    }

    /// An error of this tool: `name: text`, status 1.
    pub(crate) fn fail(&mut self, text: impl AsRef<str>) -> Flow {
        let text = format!("{}: {}", self.name(), text.as_ref());
        self.complain(text);
        Flow::Exit(1)
    }

    pub(crate) fn path(&self, path: &str) -> String {
        crate::files::absolute(&self.env.cwd, path)
    }
}

/// A tool under way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Tool {
    /// Works on files alone: one question.
    Files,
    Filter(filter::Filter),
    Misc(misc::Misc),
    Net(net::Net),
    Xargs(xargs::Xargs),
}

/// Names of all tools.
pub(crate) const NAMES: &[&str] = &[
    "[", "awk", "arch", "base64", "basename", "cat", "cd", "chmod", "chown", "clear", "cp", "curl",
    "cut", "date", "df", "dig", "dirname", "du", "echo", "env", "false", "find", "free", "getent",
    "grep", "egrep", "fgrep", "gawk", "groups", "head", "history", "host", "hostname", "id",
    "ifconfig", "ip", "less", "ln", "ls", "mkdir", "mktemp", "mv", "more", "nc", "netstat", "nl",
    "nproc", "nslookup", "ping", "printenv", "printf", "ps", "pwd", "read", "readlink", "realpath",
    "reset", "rev", "rm", "rmdir", "sed", "seq", "sleep", "sort", "source", "ss", "stat", "sync",
    "tac", "tail", "tee", "test", "touch", "tr", "tree", "true", "type", "uname", "uniq", "uptime",
    "wc", "wget", "which", "whoami", "xargs", "yes", ".", "[[",
];

impl Tool {
    /// The tool of a name, at its start.
    pub(crate) fn find(name: &str) -> Option<Self> {
        if files::NAMES.contains(&name) || matches!(name, "test" | "[" | "[[") {
            return Some(Self::Files);
        }
        filter::Filter::find(name)
            .map(Self::Filter)
            .or_else(|| misc::Misc::find(name).map(Self::Misc))
            .or_else(|| net::Net::find(name).map(Self::Net))
            .or_else(|| (name == "xargs").then(|| Self::Xargs(xargs::Xargs::default())))
    }

    pub(crate) fn resume(&mut self, ctx: &mut Ctx<'_>, event: Event) -> Flow {
        match self {
            Self::Files => files_tool(ctx, event),
            Self::Filter(filter) => filter.resume(ctx, event),
            Self::Misc(misc) => misc.resume(ctx, event),
            Self::Net(net) => net.resume(ctx, event),
            Self::Xargs(xargs) => xargs.resume(ctx, event),
        }
    }
}

fn files_tool(ctx: &mut Ctx<'_>, event: Event) -> Flow {
    use super::place::{FileAnswer, FileAsk};
    match event {
        Event::Start => Flow::Ask(Ask::File(FileAsk::Tool {
            argv: ctx.words.to_vec(),
            cwd: ctx.env.cwd.clone(),
            columns: ctx.stdout_tty.then_some(ctx.columns),
        })),
        Event::Answer(Answer::File(FileAnswer::Tool { out, err, status, changed })) => {
            ctx.out = out;
            ctx.err = err;
            ctx.changed = changed;
            Flow::Exit(status)
        }
        Event::Answer(_) | Event::Stdin(_) | Event::Eof => Flow::Exit(1),
        Event::Interrupt => Flow::Exit(130),
    }
}
