//! `size`: what a student downloads, raw and compressed, against the budget.
//!
//! The first load is the page itself (document, style, script, program, icons) and the first
//! lesson: with it a person can work. The other lessons come when they are opened.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::{page, setup};

/// The first load compressed with gzip, in bytes: about a second on a slow mobile network.
const BUDGET: usize = 300_000;

/// What the first load may weigh at most until it fits [`BUDGET`]: the last figure reached, which
/// only ever goes down. `cargo xtask size` judges by the budget, the test run by this ceiling.
const CEILING: usize = 1_420_000;

struct Weight {
    name: String,
    raw: usize,
    gzip: usize,
    brotli: usize,
    first: bool,
}

/// `cargo xtask size`
pub(crate) fn command(args: &[String]) -> Result<()> {
    if !args.is_empty() {
        bail!("usage: cargo xtask size");
    }
    let folder = page::scratch();
    page::build(&setup::page()?, &folder)?;
    let total = report(&folder)?;
    if total > BUDGET {
        bail!("the first load is {} bytes over its budget", total - BUDGET);
    }
    Ok(())
}

/// What the test run says of the page's weight; more than the ceiling is an error.
pub(crate) fn hold(folder: &Path) -> Result<String> {
    let total = report(folder)?;
    if total > CEILING {
        bail!("the first load is {} bytes over its ceiling", total - CEILING);
    }
    Ok(match total.checked_sub(BUDGET) {
        None | Some(0) => format!("{total} bytes gzip, within the budget"),
        Some(over) => format!("{total} bytes gzip, BUDGET OF {BUDGET} MISSED by {over}"),
    })
}

/// Prints the table and gives back the first load.
fn report(folder: &Path) -> Result<usize> {
    let mut files = Vec::new();
    walk(folder, folder, &mut files)?;
    files.sort();
    let lesson = files.iter().map(|(name, _)| name).find(|name| is_lesson(name)).cloned();
    let mut weights = Vec::new();
    for (name, path) in files {
        let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let first = !name.starts_with("lessons/") || Some(&name) == lesson.as_ref();
        let (gzip, brotli) = (gzip(&bytes)?, brotli(&bytes)?);
        weights.push(Weight { name, raw: bytes.len(), gzip, brotli, first });
    }
    if !weights.iter().any(|weight| weight.name.ends_with(".wasm")) {
        bail!("there is no page in {}", folder.display());
    }
    print(&weights);
    let total: usize = weights.iter().filter(|w| w.first).map(|w| w.gzip).sum();
    println!("first load: {total} bytes gzip of {BUDGET}");
    Ok(total)
}

fn is_lesson(name: &str) -> bool {
    name.starts_with("lessons/") && name.ends_with(".md")
}

fn print(weights: &[Weight]) {
    println!("{:>9} {:>9} {:>9}  file (* = first load)", "raw", "gzip", "brotli");
    for weight in weights {
        let mark = if weight.first { "*" } else { " " };
        println!("{:>9} {:>9} {:>9} {mark}{}", weight.raw, weight.gzip, weight.brotli, weight.name);
    }
    for (what, only_first) in [("first load", true), ("everything", false)] {
        let counted = || weights.iter().filter(|w| w.first || !only_first);
        let raw: usize = counted().map(|w| w.raw).sum();
        let gzip: usize = counted().map(|w| w.gzip).sum();
        let brotli: usize = counted().map(|w| w.brotli).sum();
        println!("{raw:>9} {gzip:>9} {brotli:>9}  {what}");
    }
}

fn walk(top: &Path, dir: &Path, files: &mut Vec<(String, PathBuf)>) -> Result<()> {
    for entry in fs::read_dir(dir).with_context(|| format!("no folder {}", dir.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            walk(top, &path, files)?;
        } else {
            let name = path.strip_prefix(top)?.to_string_lossy().replace('\\', "/");
            files.push((name, path));
        }
    }
    Ok(())
}

fn gzip(bytes: &[u8]) -> Result<usize> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?.len())
}

fn brotli(bytes: &[u8]) -> Result<usize> {
    let mut out = Vec::new();
    // Level 9: what servers use for files they compress ahead; 11 takes a minute here.
    let params = brotli::enc::BrotliEncoderParams {
        quality: 9,
        ..brotli::enc::BrotliEncoderParams::default()
    };
    brotli::BrotliCompress(&mut &bytes[..], &mut out, &params)?;
    Ok(out.len())
}
