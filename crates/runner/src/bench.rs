//! `enxame bench`: runs the benchmarks natively and prints their figures.

#![allow(clippy::disallowed_types, reason = "a benchmark measures the simulation from outside")]

use ::bench::Piece;
use anyhow::{Context, Result, bail};
use std::io::Write;
use std::process::Command;
use std::time::Instant;

/// Measures what `names` ask for (`BENCH` or `BENCH/WORKLOAD`); a JSON object a line. Each piece
/// has a process of its own, so that none finds the memory of another.
///
/// # Errors
/// A name of no benchmark; a lab that does not converge; a process that fails.
pub fn run(out: &mut impl Write, names: &[String]) -> Result<()> {
    let mut all: Vec<Piece> = Vec::new();
    for name in names {
        let pieces = ::bench::pieces(name);
        if pieces.is_empty() {
            bail!("no benchmark is called `{name}`; there are: {}", ::bench::BENCHES.join(", "));
        }
        all.extend(pieces);
    }
    if let [piece] = all.as_slice() {
        let start = Instant::now();
        let clock = || u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
        let figures = ::bench::run(piece, &clock, &peak);
        if figures.is_empty() {
            bail!("{}/{}: the lab did not come to run all its tasks", piece.bench, piece.workload);
        }
        for figure in figures {
            serde_json::to_writer(&mut *out, &figure)?;
            writeln!(out)?;
        }
        return Ok(());
    }
    let this = std::env::current_exe().context("where is this program?")?;
    for piece in all {
        let name = format!("{}/{}", piece.bench, piece.workload);
        out.flush()?;
        let status = Command::new(&this).args(["bench", &name]).status()?;
        if !status.success() {
            bail!("{name}: {status}");
        }
    }
    Ok(())
}

/// The most memory this process ever had, as Linux tells it (`proc(5)`, `VmHWM`).
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().strip_suffix("kB"));
    kib.and_then(|kib| kib.trim().parse::<u64>().ok()).unwrap_or(0) * 1024
}
