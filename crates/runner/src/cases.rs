//! `enxame cases`: plays facts about a swarm (files of the form of `tests/scheduler-cases.json`)
//! and prints which do not come true, and how.

use anyhow::{Context, Result, ensure};
use lab::cases;
use std::fs;
use std::io::Write;
use std::path::PathBuf;

/// Plays all cases of these files; `json`: one object a case. Whether all came true.
///
/// # Errors
/// When a file cannot be read, is no JSON or holds no case.
pub fn run(out: &mut impl Write, json: bool, files: &[PathBuf]) -> Result<bool> {
    let (mut well, mut all) = (0_usize, 0_usize);
    for path in files {
        let name = path.display().to_string();
        let text = fs::read_to_string(path).with_context(|| name.clone())?;
        let cases = cases::parse(&text).with_context(|| name.clone())?;
        ensure!(!cases.is_empty(), "no case in {name}");
        for case in &cases {
            let outcome = cases::play(case);
            all += 1;
            well += usize::from(outcome.ok);
            if json {
                writeln!(out, "{}", serde_json::to_string(&outcome)?)?;
            } else if !outcome.ok {
                writeln!(out, "{} (step {})", outcome.name, outcome.step)?;
                writeln!(out, "  expected {}", outcome.expected)?;
                writeln!(out, "  got      {}", outcome.got)?;
            }
        }
    }
    if !json {
        writeln!(out, "{well} of {all} cases come true")?;
    }
    Ok(well == all)
}
