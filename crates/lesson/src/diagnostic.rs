//! What the linter says of a lesson file: a place, a code, a sentence, a way out.

use serde::{Deserialize, Serialize};
use std::fmt;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Severity {
    /// The lesson works; something looks like a slip.
    Warning,
    /// The lesson cannot be played.
    Error,
}

/// A place in a lesson file; both count from 1, columns in characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// Line.
    pub line: u32,
    /// Column.
    pub column: u32,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostic {
    /// The file as the caller named it.
    pub file: String,
    /// Where in it.
    pub place: Place,
    /// How bad.
    pub severity: Severity,
    /// `E…` or `W…`, stable.
    pub code: &'static str,
    /// What is wrong, in Portuguese.
    pub message: String,
    /// What to do about it; may be empty.
    pub help: String,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place { line, column } = self.place;
        write!(f, "{}:{line}:{column}: {} {}", self.file, self.code, self.message)?;
        if self.help.is_empty() { Ok(()) } else { write!(f, "  ajuda: {}", self.help) }
    }
}

/// Findings of one file as they are made.
#[derive(Clone, Debug, Default)]
pub(crate) struct Findings {
    file: String,
    list: Vec<Diagnostic>,
}

impl Findings {
    pub(crate) fn new(file: &str) -> Self {
        Self { file: file.to_owned(), list: Vec::new() }
    }

    pub(crate) fn error(
        &mut self,
        place: Place,
        code: &'static str,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.add(Severity::Error, place, code, message.into(), help.into());
    }

    pub(crate) fn warn(
        &mut self,
        place: Place,
        code: &'static str,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.add(Severity::Warning, place, code, message.into(), help.into());
    }

    fn add(
        &mut self,
        severity: Severity,
        place: Place,
        code: &'static str,
        message: String,
        help: String,
    ) {
        let file = self.file.clone();
        self.list.push(Diagnostic { file, place, severity, code, message, help });
    }

    /// In file order.
    pub(crate) fn finish(mut self) -> Vec<Diagnostic> {
        self.list.sort_by_key(|d| (d.place, d.code));
        self.list
    }
}

/// "você quis dizer «service»?" for the nearest of `known`, if one is near enough.
pub(crate) fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let best = known.into_iter().map(|k| (distance(word, k), k)).min();
    match best {
        Some((d, k)) if d <= 2 && d < word.chars().count() => {
            format!("você quis dizer «{k}»?")
        }
        Some(_) | None => String::new(),
    }
}

/// Edit distance (insert, delete, replace).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, y) in row.iter_mut().skip(1).zip(&b) {
            let up = *cell;
            left = (diagonal + usize::from(x != *y)).min(up + 1).min(left + 1);
            diagonal = up;
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_offered() {
        assert_eq!(did_you_mean("servce", ["service", "secret"]), "você quis dizer «service»?");
        assert_eq!(did_you_mean("xyzzy", ["service", "secret"]), "");
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
