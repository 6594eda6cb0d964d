//! Whether a replayed screen says what the recorded one says: the yardstick's rules in Rust.
//!
//! The normalisation is that of the recordings' own `compare.py`: generated values become
//! placeholders, wrapped lines are joined, rows of a table are sorted by groups of history.
//! A test runs both over one replay and asks for the same verdicts.

use crate::recording::{Recording, Step};
use regex::{Captures, Regex};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Columns of the recorded terminal.
const WIDTH: usize = 200;

/// What a replay gives for one command step.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// As a terminal shows it after all redraws, unwrapped.
    pub screen: String,
    /// Exit status.
    pub exit: i32,
}

/// One comparable item of a screen.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Item {
    /// A line.
    Line(String),
    /// A table: header names, then groups of rows.
    Table(Vec<String>, Vec<Vec<Vec<String>>>),
}

enum Mark {
    Text(&'static str),
    /// Placeholder, then the first group.
    Group(&'static str),
    /// Placeholder if there is a letter and a digit in it.
    Mixed(&'static str),
    /// The first group, then a text.
    After(&'static str),
}

/// The yardstick's rules, compiled once.
pub struct Yardstick {
    rules: Vec<(Regex, Mark)>,
    header: Regex,
    gaps: Regex,
    blanks: Regex,
}

impl Yardstick {
    /// Compiles the rules.
    ///
    /// # Errors
    /// Only if a rule is no expression.
    pub fn new() -> Result<Self, regex::Error> {
        let age = concat!(
            r"(?:(?:less|Less) than a second|(?:about|About) (?:a|an) (?:second|minute|hour)|",
            r"\d+ (?:seconds?|minutes?|hours?|days?|weeks?|months?|years?))"
        );
        let text = |pattern: &str, mark| Regex::new(pattern).map(|r| (r, Mark::Text(mark)));
        let time =
            r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?: ?(?:Z|UTC|[+-]\d\d:?\d\d)(?: UTC)?)?";
        let rules = vec![
            text(r"SWMTKN-\d-[0-9a-z]{50}-[0-9a-z]{25}", "<token>")?,
            text(r"SWMKEY-1-[A-Za-z0-9+/]{43}", "<key>")?,
            text(r"(?s)-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", "<certificate>")?,
            text(r"\b(?:[A-Z2-7]{4}:){11}[A-Z2-7]{4}\b", "<daemon>")?,
            text(
                r#""(?:TrustRoot|CertIssuerSubject|CertIssuerPublicKey)": "[^"]*""#,
                "\"<tls>\": \"<tls>\"",
            )?,
            text(r"sha256:[0-9a-f]{64}", "<digest>")?,
            text(r"sha256:[0-9a-f]{12,63}", "<digest>")?,
            text(r"\b[0-9a-f]{64}\b", "<hex64>")?,
            text(r"\b[0-9a-z]{25}\b", "<id>")?,
            (Regex::new(r"\b[0-9a-z]{12}\b")?, Mark::Mixed("<id>")),
            text(r"\b[0-9]{12}\b", "<id>")?,
            text(time, "<time>")?,
            text(&format!("{age} ago"), "<age>")?,
            text(&format!(r"\bUp {age}"), "Up <age>")?,
            (Regex::new(r"\b(?:10|172)\.\d+\.\d+\.\d+(/\d+)?")?, Mark::Group("<ip>")),
            text(r"\b02:42(?::[0-9a-f]{2}){4}\b", "<mac>")?,
            text(r"\b\d+(?:\.\d+)?(?:[kMGT]i?)?B\b", "<size>")?,
            text(r#""Index": \d+"#, "\"Index\": <index>")?,
            text(r"20\.10\.24\+dfsg1", "20.10.24")?,
            (
                Regex::new(concat!(
                    r"\b(Kernel Version|Operating System|CPUs|Runtimes|",
                    r"(?:containerd|runc|init) version):.*"
                ))?,
                Mark::After(": <host>"),
            ),
            text(r"\b[a-z]+_[a-z]+\b", "<name>")?,
        ];
        Ok(Self {
            rules,
            header: Regex::new(r"^(?:[A-Z][A-Z %/]*(?: {2,}|$))+$")?,
            gaps: Regex::new(r" {2,}")?,
            blanks: Regex::new(r"[ \t]+")?,
        })
    }

    fn mark(&self, (pattern, mark): &(Regex, Mark), text: &str) -> String {
        let group = |c: &Captures<'_>| c.get(1).map_or("", |m| m.as_str()).to_owned();
        pattern
            .replace_all(text, |c: &Captures<'_>| match mark {
                Mark::Text(mark) => (*mark).to_owned(),
                Mark::Group(mark) => format!("{mark}{}", group(c)),
                Mark::After(rest) => format!("{}{rest}", group(c)),
                Mark::Mixed(mark) => {
                    let found = c.get(0).map_or("", |m| m.as_str());
                    let digit = found.bytes().any(|b| b.is_ascii_digit());
                    let letter = found.bytes().any(|b| b.is_ascii_lowercase());
                    if digit && letter { (*mark).to_owned() } else { found.to_owned() }
                }
            })
            .into_owned()
    }

    /// A line with placeholders.
    #[must_use]
    pub fn plain(&self, line: &str) -> String {
        let mut line = line.to_owned();
        for rule in &self.rules {
            line = self.mark(rule, &line);
        }
        self.blanks.replace_all(&line, " ").trim_end().to_owned()
    }

    fn cells(&self, line: &str) -> usize {
        self.gaps.split(line.trim()).filter(|c| !c.is_empty()).count()
    }

    /// The comparable items of a screen.
    #[must_use]
    pub fn normalise(&self, text: &str) -> Vec<Item> {
        let mut text = text.to_owned();
        for rule in self.rules.iter().take(3) {
            text = self.mark(rule, &text);
        }
        let lines = unwrap(&text);
        let mut out = Vec::new();
        let mut lines = lines.iter().peekable();
        while let Some(line) = lines.next() {
            if line.is_empty() || !self.header.is_match(line) || self.cells(line) < 2 {
                out.push(Item::Line(self.plain(line)));
                continue;
            }
            let head = columns(line);
            let mut rows = Vec::new();
            while let Some(row) = lines.next_if(|l| !l.is_empty() && l.contains("  ")) {
                rows.push(self.row(row, &head));
            }
            let names = head.into_iter().map(|(_, name)| name).collect();
            out.push(Item::Table(names, group(rows)));
        }
        out
    }

    fn row(&self, line: &str, head: &[(usize, String)]) -> Vec<String> {
        let chars: Vec<char> = line.chars().collect();
        let ends = head.iter().skip(1).map(|(start, _)| *start).chain([usize::MAX]);
        head.iter()
            .zip(ends)
            .map(|((start, name), end)| {
                let cell: String = chars
                    .get((*start).min(chars.len())..end.min(chars.len()))
                    .unwrap_or_default()
                    .iter()
                    .collect();
                let value = self.plain(cell.trim());
                if name == "NODE" && !value.is_empty() { "<node>".to_owned() } else { value }
            })
            .collect()
    }

    /// Whether a replayed step agrees with the recorded one, or with its run without a terminal.
    #[must_use]
    pub fn agrees(&self, step: &Step, shown: &Shown) -> bool {
        let got = self.normalise(&shown.screen);
        if same_exit(step, step.exit, shown.exit) && self.normalise(&step.screen) == got {
            return true;
        }
        let Some(stdout) = &step.stdout else { return false };
        let exit = step.exit_nopty.unwrap_or(step.exit);
        if !same_exit(step, exit, shown.exit) {
            return false;
        }
        let both = format!("{stdout}{}", step.stderr.as_deref().unwrap_or_default());
        self.normalise(&both) == got
    }
}

/// After Ctrl-C the wrapping shell gave 130 in some recordings and docker's own 0 in others.
fn same_exit(step: &Step, one: i32, other: i32) -> bool {
    let pair = (one.min(other), one.max(other));
    one == other || (step.ctrl_c_sent.is_some_and(|n| n > 0) && pair == (0, 130))
}

/// Lines as the recorded terminal shows them: wrapped at its width, without blanks at the end.
#[must_use]
pub fn wrap(text: &str) -> String {
    let mut rows = Vec::new();
    for line in text.split('\n') {
        let chars: Vec<char> = line.chars().collect();
        if chars.len() <= WIDTH {
            rows.push(line.trim_end().to_owned());
            continue;
        }
        for row in chars.chunks(WIDTH) {
            rows.push(row.iter().collect::<String>().trim_end().to_owned());
        }
    }
    rows.join("\n")
}

/// Joins what the terminal wrapped at its width.
fn unwrap(text: &str) -> Vec<String> {
    let text = text.replace('\r', "");
    let lines: Vec<&str> = text.split('\n').collect();
    let (mut out, mut carry) = (Vec::new(), String::new());
    for (k, line) in lines.iter().enumerate() {
        let width = line.chars().count();
        let more = lines.get(k + 1).is_some_and(|next| !next.is_empty());
        if width == WIDTH {
            carry.push_str(line);
        } else if width == WIDTH - 1 && more {
            carry.push_str(line);
            carry.push(' ');
        } else {
            out.push(format!("{carry}{line}").trim_end().to_owned());
            carry.clear();
        }
    }
    if !carry.is_empty() {
        out.push(carry.trim_end().to_owned());
    }
    while out.last().is_some_and(String::is_empty) {
        out.pop();
    }
    out
}

/// Start and name of each column of a header.
fn columns(header: &str) -> Vec<(usize, String)> {
    let chars: Vec<char> = header.chars().collect();
    let mut out: Vec<(usize, String)> = Vec::new();
    let mut inside = false;
    for (k, c) in chars.iter().enumerate() {
        let next_blank = chars.get(k + 1) == Some(&' ');
        match (*c, inside) {
            (' ', true) if next_blank || k + 1 == chars.len() => inside = false,
            (' ', false) => {}
            (c, true) => {
                if let Some((_, name)) = out.last_mut() {
                    name.push(c);
                }
            }
            (c, false) => {
                out.push((k, c.to_string()));
                inside = true;
            }
        }
    }
    for (_, name) in &mut out {
        *name = name.trim_end().to_owned();
    }
    out
}

/// Rows that follow one another as history stay behind their first row; groups are sorted.
fn group(rows: Vec<Vec<String>>) -> Vec<Vec<Vec<String>>> {
    let mut groups: Vec<Vec<Vec<String>>> = Vec::new();
    for row in rows {
        let history = row.iter().any(|cell| cell.starts_with("\\_"));
        match groups.last_mut() {
            Some(last) if history => last.push(row),
            Some(_) | None => groups.push(vec![row]),
        }
    }
    groups.sort();
    groups
}

/// How far a replay agrees: commands weighted so that a poll counts once.
#[derive(Clone, Debug, PartialEq)]
pub struct Score {
    /// Sum of the shares that agree.
    pub agree: f64,
    /// Distinct commands (a poll is one).
    pub distinct: usize,
    /// Command steps.
    pub steps: usize,
    /// Steps that differ, by their place.
    pub misses: Vec<usize>,
}

impl Score {
    /// Hundredths that agree.
    #[must_use]
    pub fn percent(&self) -> f64 {
        let all = u32::try_from(self.distinct.max(1)).unwrap_or(u32::MAX);
        100.0 * self.agree / f64::from(all)
    }
}

/// Compares a whole replay with its recording, both in file order.
#[must_use]
pub fn score(yard: &Yardstick, recording: &Recording, shown: &[Shown]) -> Score {
    let none = Shown { screen: String::new(), exit: i32::MIN };
    let mut polls: BTreeMap<(usize, &str, &str), Vec<bool>> = BTreeMap::new();
    let mut misses = Vec::new();
    let commands = recording.commands();
    for (k, (section, step)) in commands.iter().enumerate() {
        if step.unscored.is_some() {
            continue;
        }
        let ok = yard.agrees(step, shown.get(k).unwrap_or(&none));
        polls.entry((*section, &step.node, &step.cmd)).or_default().push(ok);
        if !ok {
            misses.push(k);
        }
    }
    let share = |hits: &Vec<bool>| {
        let count = |n: usize| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
        count(hits.iter().filter(|ok| **ok).count()) / count(hits.len().max(1))
    };
    let agree = polls.values().map(share).sum();
    Score { agree, distinct: polls.len(), steps: commands.len(), misses }
}
