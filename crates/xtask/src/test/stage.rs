//! How a stage's command is run: its output is passed on as it comes and, for tests, counted.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use super::coloured;
use crate::common::{run, show};

/// What a stage has to say when it went well.
#[derive(Default)]
pub(super) struct Done {
    /// How many tests ran, if it ran tests.
    pub(super) tests: Option<u64>,
    /// Anything else worth a look.
    pub(super) note: String,
}

impl Done {
    pub(super) fn note(&self) -> String {
        self.tests.map_or_else(|| self.note.clone(), |tests| format!("{tests} tests"))
    }
}

/// A command that runs no tests.
pub(super) fn quiet(command: &mut Command) -> Result<Done> {
    run(command)?;
    Ok(Done::default())
}

/// A command that runs tests. None at all is a failure: something was not found.
pub(super) fn tested(command: &mut Command) -> Result<Done> {
    if coloured() {
        command.env("CARGO_TERM_COLOR", "always");
    }
    let shown = show(command);
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start `{shown}`"))?;
    let (mut passed, mut failed) = (0, 0);
    let mut out = std::io::stdout().lock();
    let mut lines = BufReader::new(child.stdout.take().context("no output")?);
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line)? > 0 {
        out.write_all(&line)?;
        out.flush()?;
        if let Some((good, bad)) = counts(&String::from_utf8_lossy(&line)) {
            passed += good;
            failed += bad;
        }
        line.clear();
    }
    let status = child.wait()?;
    if failed > 0 {
        bail!("{failed} of {} tests failed", passed + failed);
    }
    if !status.success() {
        bail!("`{shown}` failed ({status}) after {passed} tests");
    }
    if passed == 0 {
        bail!("no test was run by `{shown}`");
    }
    Ok(Done { tests: Some(passed), note: String::new() })
}

/// Reads `test result: ok. 12 passed; 0 failed; …`.
fn counts(line: &str) -> Option<(u64, u64)> {
    let (_, rest) = line.split_once("test result: ")?;
    let number_before = |word: &str| {
        let (before, _) = rest.split_once(word)?;
        before.split_whitespace().last()?.parse().ok()
    };
    Some((number_before(" passed")?, number_before(" failed")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read_from_the_last_line_of_a_test_program() {
        let line = "test result: FAILED. 12 passed; 3 failed; 0 ignored; 0 measured; 0 filtered";
        assert_eq!(counts(line), Some((12, 3)));
        assert_eq!(
            counts("\u{1b}[0mtest result: \u{1b}[32mok\u{1b}[0m. 7 passed; 0 failed;"),
            Some((7, 0))
        );
        assert_eq!(counts("test a::b ... ok"), None);
    }
}
