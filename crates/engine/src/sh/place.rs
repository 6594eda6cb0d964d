//! Files: questions that a host answers with its own tree through [`serve`].
//!
//! Whole file tools (`ls`, `cp`, `rm` …) run inside one question: a tree answers at once, so
//! nothing of them ever waits.

use super::tool::{files, test};
use crate::files::{Errno, FileTree, Stat};
use api::Timestamp;
use serde::{Deserialize, Serialize};

/// A question about files. Paths are absolute except where a `cwd` stands beside them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the words say it")]
pub enum FileAsk {
    /// Answered by [`FileAnswer::Bytes`].
    Read(String),
    /// Answered by [`FileAnswer::Done`].
    Write { path: String, bytes: Vec<u8>, append: bool },
    /// Answered by [`FileAnswer::Stat`].
    Stat(String),
    /// Answered by [`FileAnswer::Paths`], one list a pattern.
    Glob { cwd: String, patterns: Vec<String> },
    /// A whole tool, answered by [`FileAnswer::Tool`].
    Tool {
        argv: Vec<String>,
        cwd: String,
        /// Width, if it writes to a terminal.
        columns: Option<u32>,
    },
}

/// The answer to a [`FileAsk`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the words say it")]
pub enum FileAnswer {
    Bytes(Vec<u8>),
    Done,
    Stat(Stat),
    Paths(Vec<Vec<String>>),
    Tool {
        out: Vec<u8>,
        err: Vec<u8>,
        status: i32,
        /// It changed files.
        changed: bool,
    },
    Failed(Errno),
}

/// Answers a question with a tree, on a disk that may be full.
pub fn serve(tree: &mut FileTree, ask: &FileAsk, full: bool, now: Timestamp) -> FileAnswer {
    tree.full = full;
    let answer = answer(tree, ask, now);
    tree.full = false;
    answer
}

fn answer(tree: &mut FileTree, ask: &FileAsk, now: Timestamp) -> FileAnswer {
    match ask {
        FileAsk::Read(path) => match tree.read(path) {
            Ok(bytes) => FileAnswer::Bytes(bytes.as_ref().clone()),
            Err(error) => FileAnswer::Failed(error),
        },
        FileAsk::Write { path, bytes, append } => {
            let done = if *append {
                tree.append(path, bytes, now)
            } else {
                tree.write(path, bytes.clone(), now)
            };
            done.map_or_else(FileAnswer::Failed, |()| FileAnswer::Done)
        }
        FileAsk::Stat(path) => tree.stat(path).map_or_else(FileAnswer::Failed, FileAnswer::Stat),
        FileAsk::Glob { cwd, patterns } => {
            FileAnswer::Paths(patterns.iter().map(|pattern| tree.glob(cwd, pattern)).collect())
        }
        FileAsk::Tool { argv, cwd, columns } => {
            let name = argv.first().map_or("", String::as_str);
            if matches!(name, "test" | "[" | "[[") {
                return test::run(tree, argv, cwd);
            }
            files::run(tree, argv, cwd, *columns, now)
        }
    }
}
