//! Recorded ids, names and tokens, and what stands for them in the simulation.
//!
//! A pair is bound where both first appear in the same place of an agreeing output. A later
//! command is translated word by word, prefixes of ids too.

use crate::compare::Yardstick;
use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};

/// Whether a short word after this may be the beginning of an id: an argument of a command that
/// takes one, not the value of a flag.
fn may_be_prefix(before: &str) -> bool {
    let flag = before.split_whitespace().next_back().is_some_and(|w| w.starts_with('-'));
    let verbs = [" ps ", " inspect ", " rm ", " scale ", " update ", " logs ", " rollback "];
    if before.ends_with("id=") {
        return true;
    }
    before.ends_with(' ') && !flag && verbs.iter().any(|verb| before.contains(verb))
}

/// A command as it is typed.
pub struct Translated {
    /// The line.
    pub line: String,
    /// Prefixes that became others: (recorded, simulated).
    pub short: Vec<(String, String)>,
}

/// What is bound so far.
pub struct Bindings {
    values: Regex,
    words: Regex,
    /// Recorded → simulated.
    bound: BTreeMap<String, String>,
    /// Which of equal nodes a task is on is drawn: host names do not tell rows apart.
    hosts: Vec<String>,
}

impl Bindings {
    /// Nothing bound.
    ///
    /// # Errors
    /// Only if a rule is no expression.
    pub fn new(hosts: impl IntoIterator<Item = String>) -> Result<Self, regex::Error> {
        Ok(Self {
            values: Regex::new(concat!(
                r"SWMTKN-\d-[0-9a-z]{50}-[0-9a-z]{25}|SWMKEY-1-[A-Za-z0-9+/]{43}|",
                r"\b[0-9a-f]{64}\b|\b[0-9a-z]{25}\b|\b[0-9a-z]{12}\b|\b[a-z]+_[a-z]+\b"
            ))?,
            words: Regex::new(
                r"SWMTKN-\d-[0-9a-z]{50}-[0-9a-z]{25}|SWMKEY-1-[A-Za-z0-9+/]{43}|[0-9A-Za-z_]+",
            )?,
            bound: BTreeMap::new(),
            hosts: hosts.into_iter().collect(),
        })
    }

    /// Learns from two agreeing outputs.
    pub fn learn(&mut self, yard: &Yardstick, recorded: &str, simulated: &str) {
        self.learn_by(recorded, simulated, |line| yard.plain(line));
        let hosts = self.hosts.clone();
        self.learn_by(recorded, simulated, |line| {
            let mut line = yard.plain(line);
            for host in &hosts {
                line = line.replace(host.as_str(), "<node>");
            }
            line
        });
    }

    /// Learns from the lines that two outputs have in common.
    pub fn learn_lines(&mut self, yard: &Yardstick, recorded: &str, simulated: &str) {
        self.learn_by(recorded, simulated, |line| yard.plain(line));
    }

    fn learn_by(&mut self, recorded: &str, simulated: &str, mask: impl Fn(&str) -> String) {
        let rows = |text: &str| -> Vec<(String, String)> {
            text.lines().map(|l| (mask(l), l.to_owned())).collect()
        };
        let mut ours = rows(simulated);
        for (mask, line) in rows(recorded) {
            if let Some(k) = ours.iter().position(|(m, _)| *m == mask) {
                let (_, other) = ours.remove(k);
                self.pair(&line, &other);
            }
        }
    }

    fn pair(&mut self, recorded: &str, simulated: &str) {
        let all = |text: &str| -> Vec<String> {
            self.values.find_iter(text).map(|m| m.as_str().to_owned()).collect()
        };
        let (theirs, ours) = (all(recorded), all(simulated));
        if theirs.len() != ours.len() {
            return;
        }
        for (their, our) in theirs.into_iter().zip(ours) {
            if their.len() == our.len() || their.contains('_') {
                self.bind(&their, &our);
            }
        }
    }

    /// Binds one pair, unless the recorded one is bound already.
    pub fn bind(&mut self, recorded: &str, simulated: &str) {
        self.bound.entry(recorded.to_owned()).or_insert_with(|| simulated.to_owned());
    }

    /// Whether something stands for this recorded value.
    #[must_use]
    pub fn knows(&self, recorded: &str) -> bool {
        self.bound.contains_key(recorded)
    }

    /// Whether something bound begins so.
    #[must_use]
    pub fn knows_prefix(&self, recorded: &str) -> bool {
        let next = self.bound.range(recorded.to_owned()..).next();
        next.is_some_and(|(known, _)| known.starts_with(recorded))
    }

    /// Whether this simulated value stands for something.
    #[must_use]
    pub fn is_taken(&self, simulated: &str) -> bool {
        self.bound.values().any(|known| known.starts_with(simulated))
    }

    /// A recorded command as it is typed in the simulation, and the short words that became
    /// others (recorded, simulated): an output that repeats them is read back.
    #[must_use]
    pub fn translate(&self, command: &str, names: &BTreeSet<String>) -> Translated {
        let mut short = Vec::new();
        let line = self
            .words
            .replace_all(command, |c: &regex::Captures<'_>| {
                let word = c.get(0).map_or("", |m| m.as_str());
                let start = c.get(0).map_or(0, |m| m.start());
                let before = command.get(..start).unwrap_or_default();
                let kept = names.contains(word)
                    || !(before.is_empty() || before.ends_with([' ', '=']))
                    || (word.len() < 6 && !may_be_prefix(before));
                let other = if kept { None } else { self.word(word) };
                if let Some(other) = &other
                    && word.len() < 12
                    && other != word
                {
                    short.push((word.to_owned(), other.clone()));
                }
                other.unwrap_or_else(|| word.to_owned())
            })
            .into_owned();
        Translated { line, short }
    }

    /// An output in which the short words typed stand as they were typed in the recording.
    #[must_use]
    pub fn read_back(&self, screen: &str, short: &[(String, String)]) -> String {
        if short.is_empty() {
            return screen.to_owned();
        }
        self.words
            .replace_all(screen, |c: &regex::Captures<'_>| {
                let word = c.get(0).map_or("", |m| m.as_str());
                let back = short.iter().find(|(_, simulated)| simulated == word);
                back.map_or_else(|| word.to_owned(), |(recorded, _)| recorded.clone())
            })
            .into_owned()
    }

    fn word(&self, word: &str) -> Option<String> {
        if let Some(found) = self.bound.get(word) {
            return Some(found.clone());
        }
        if word.starts_with("SWMTKN-") {
            // another secret of a known swarm: the part that names the swarm is translated
            let (swarm, secret) = word.rsplit_once('-')?;
            let (_, ours) = self.bound.iter().find(|(r, _)| r.starts_with(swarm))?;
            let (ours, _) = ours.rsplit_once('-')?;
            return Some(format!("{ours}-{secret}"));
        }
        let id_like = word.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase());
        let number = word.bytes().all(|b| b.is_ascii_digit());
        if !id_like || (number && word.len() < 4) {
            return None;
        }
        // a prefix of an id: all ids it may mean must become one simulated prefix
        let mut found: Option<String> = None;
        for (recorded, simulated) in self.bound.range(word.to_owned()..) {
            if !recorded.starts_with(word) {
                break;
            }
            let short = simulated.get(..word.len())?.to_owned();
            match &found {
                Some(other) if !short.starts_with(other) && *other != short => return None,
                Some(_) | None => found = Some(short),
            }
        }
        found
    }
}
