//! `enxame check`: reads, lints and proves lesson files, and prints every finding with its place.

use anyhow::{Context, Result, ensure};
use lesson::{Diagnostic, Lesson, Severity, proof};
use serde_json::json;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Checks files, and every `.md` with an `id` under folders. Whether no error was found.
///
/// # Errors
/// When a path cannot be read or names no lesson at all.
pub fn run(out: &mut impl Write, json: bool, paths: &[PathBuf]) -> Result<bool> {
    let mut files = Vec::new();
    for path in paths {
        collect(path, true, &mut files)?;
    }
    files.sort();
    ensure!(!files.is_empty(), "no lesson file in {paths:?}");
    let mut good = true;
    for (file, text) in &files {
        let name = file.display().to_string();
        let (lesson, mut found) = Lesson::read(&name, text);
        let readable = !found.iter().any(|d| d.severity == Severity::Error);
        if readable {
            found.extend(proof::prove(&name, &lesson));
        }
        for finding in &found {
            print(out, json, finding)?;
        }
        let failed = found.iter().any(|d| d.severity == Severity::Error);
        good &= !failed;
        if !json && !failed {
            writeln!(out, "{name}: {} passos provados", lesson.steps.len())?;
        }
    }
    Ok(good)
}

/// A named file counts whatever it holds; in a folder only lessons do.
fn collect(path: &Path, named: bool, files: &mut Vec<(PathBuf, String)>) -> Result<()> {
    if path.is_dir() {
        let entries = fs::read_dir(path).with_context(|| path.display().to_string())?;
        for entry in entries {
            collect(&entry?.path(), false, files)?;
        }
        return Ok(());
    }
    if !named && path.extension().is_none_or(|e| e != "md") {
        return Ok(());
    }
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    if named || text.starts_with("---") {
        files.push((path.to_owned(), text));
    }
    Ok(())
}

fn print(out: &mut impl Write, as_json: bool, finding: &Diagnostic) -> Result<()> {
    if as_json {
        let Diagnostic { file, place, code, message, help, .. } = finding;
        let line = json!({
            "file": file, "line": place.line, "column": place.column,
            "code": code, "message": message, "help": help,
        });
        writeln!(out, "{line}")?;
    } else {
        writeln!(out, "{finding}")?;
    }
    Ok(())
}
