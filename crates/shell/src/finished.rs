//! What has been done at a desk: records for lessons, replays and the page.

use api::Timestamp;
use serde::{Deserialize, Serialize};

/// One simple command that ended: each command of a pipe or of a loop gives one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finished {
    /// Counts up over the whole desk, from 1, in the order of ending.
    pub number: u64,
    /// The machine it ran on (after `ssh node2`: node2).
    pub machine: String,
    /// The machine whose terminal it was typed into.
    pub terminal: String,
    /// The whole line it was part of, as typed.
    pub line: String,
    /// Its words after the shell's expansion. Inside a nested prompt: `docker exec CONTAINER …`.
    /// A request made on the map: `curl http://MACHINE:PORT/PATH`.
    pub words: Vec<String>,
    /// The canonical line (lesson format, "Met"), if the client's parser took the words;
    /// for `curl` the canonical address `curl http://MACHINE:PORT/PATH`.
    pub canonical: Option<String>,
    /// Exit status.
    pub exit: i32,
    /// What it wrote to standard output, wherever that went; the first 256 KiB.
    pub stdout: String,
    /// What it wrote to standard error, wherever that went.
    pub stderr: String,
    /// Both as a terminal shows them after all redraws, unwrapped.
    pub screen: String,
    /// When it started.
    pub started: Timestamp,
    /// When it ended.
    pub ended: Timestamp,
    /// A docker command that changes something (`docker::changes_state`).
    pub changes_state: bool,
    /// It changed a file of a machine.
    pub changed_files: bool,
    /// The request was made on the map, not typed.
    pub from_map: bool,
}

impl Finished {
    /// The words with single blanks between them.
    #[must_use]
    pub fn text(&self) -> String {
        self.words.join(" ")
    }

    /// Whether it failed: exit status not 0.
    #[must_use]
    pub const fn failed(&self) -> bool {
        self.exit != 0
    }
}

/// One line typed at a prompt whose foreground work ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FinishedLine {
    /// The machine whose terminal it was typed into.
    pub terminal: String,
    /// The machine it ran on.
    pub machine: String,
    /// As typed, with its continuation lines.
    pub line: String,
    /// Exit status of the line, as `$?` after it.
    pub exit: i32,
    /// What the terminal showed for it, after all redraws, unwrapped.
    pub screen: String,
    /// When Enter was pressed.
    pub started: Timestamp,
    /// When the prompt came back.
    pub ended: Timestamp,
}

/// Things that the shell cannot do itself and hands to its owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeskEvent {
    /// A lab word that concerns the lesson or the page: `ajuda`, `dica`, `passo`, `desfazer`,
    /// `refazer`, `reiniciar`, `solucao`, `compartilhar`. The canonical Portuguese word, without
    /// accents, whatever language was typed.
    Word {
        /// Whose terminal it was typed into.
        machine: String,
        /// The word.
        word: String,
        /// What stood behind it.
        args: Vec<String>,
    },
    /// Something the page should say once (a terminal closed because its machine lost power).
    Notice {
        /// Whose terminal.
        machine: String,
        /// Plain text.
        text: String,
    },
}

/// `curl http://MACHINE:PORT/PATH` for the first address among the words of a `curl` or `wget`.
pub(crate) fn curl_canonical(
    words: &[String],
    name: impl Fn(&str) -> Option<String>,
) -> Option<String> {
    if !matches!(words.first()?.as_str(), "curl" | "wget") {
        return None;
    }
    let mut rest = words.iter().skip(1);
    let url = loop {
        let word = rest.next()?;
        let valued = matches!(
            word.as_str(),
            "-o" | "--output"
                | "-w"
                | "--write-out"
                | "-H"
                | "--header"
                | "-m"
                | "--max-time"
                | "-X"
                | "--request"
                | "-d"
                | "--data"
                | "--connect-timeout"
                | "-A"
                | "-u"
                | "-O"
                | "-T"
        );
        let wget_file = words.first().is_some_and(|w| w == "wget");
        if valued && (word != "-O" || wget_file) {
            rest.next();
        } else if !word.starts_with('-') {
            break word;
        }
    };
    let plain = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
    let at = plain.find('/').unwrap_or(plain.len());
    let (authority, path) = plain.split_at(at);
    let (host, port) = authority.split_once(':').unwrap_or((authority, "80"));
    let host = name(host).unwrap_or_else(|| host.to_owned());
    let path = if path.is_empty() { "/" } else { path };
    Some(format!("curl http://{host}:{port}{path}"))
}
