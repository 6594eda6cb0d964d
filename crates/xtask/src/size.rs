//! `size`: what a student downloads, raw and compressed, against the budget.
//!
//! The first load is the page itself (document, style, script, the program's first part, icons)
//! and the first lesson: with it a person can read and type. What follows by itself is the rest
//! of the program, which runs what was typed; the other lessons come when they are opened.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::{page, setup};

/// The first load compressed with gzip, in bytes: about a second on a slow mobile network.
const BUDGET: usize = 300_000;

/// What follows by itself may weigh at most: the last figure reached, rounded up. It goes up only
/// with what the model learns; a student on a phone waits for it before the first command's answer.
const FOLLOWS: usize = 1_023_000;

struct Weight {
    name: String,
    raw: usize,
    gzip: usize,
    brotli: usize,
    when: When,
}

/// When a file is fetched.
#[derive(Clone, Copy, PartialEq, Eq)]
enum When {
    First,
    /// By itself, as soon as there is something to see.
    Next,
    Asked,
}

/// `cargo xtask size`
pub(crate) fn command(args: &[String]) -> Result<()> {
    if !args.is_empty() {
        bail!("usage: cargo xtask size");
    }
    let folder = page::scratch();
    page::build(&setup::page()?, &folder)?;
    hold(&folder).map(drop)
}

/// Prints the table and judges it; says both figures.
pub(crate) fn hold(folder: &Path) -> Result<String> {
    let (first, follows) = report(folder)?;
    for (what, bytes, limit) in [("first load", first, BUDGET), ("rest", follows, FOLLOWS)] {
        if bytes > limit {
            bail!("the {what} is {} bytes over its {limit}", bytes - limit);
        }
    }
    Ok(format!("{first} bytes gzip of {BUDGET}, {follows} follow"))
}

/// Prints the table and gives back the first load and what follows.
fn report(folder: &Path) -> Result<(usize, usize)> {
    let mut files = Vec::new();
    walk(folder, folder, &mut files)?;
    files.sort();
    let lesson = files.iter().map(|(name, _)| name).find(|name| is_lesson(name)).cloned();
    let mut weights = Vec::new();
    for (name, path) in files {
        let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let when = match name.strip_prefix("lessons/") {
            Some(_) if Some(&name) != lesson.as_ref() => When::Asked,
            None if name.starts_with("rest-") => When::Next,
            _ => When::First,
        };
        let (gzip, brotli) = (gzip(&bytes)?, brotli(&bytes)?);
        weights.push(Weight { name, raw: bytes.len(), gzip, brotli, when });
    }
    if !weights.iter().any(|weight| weight.name.ends_with(".wasm")) {
        bail!("there is no page in {}", folder.display());
    }
    print(&weights);
    let sum = |when| weights.iter().filter(|w| w.when == when).map(|w| w.gzip).sum::<usize>();
    Ok((sum(When::First), sum(When::Next)))
}

fn is_lesson(name: &str) -> bool {
    name.starts_with("lessons/") && name.ends_with(".md")
}

fn print(weights: &[Weight]) {
    println!("{:>9} {:>9} {:>9}  file (* = first load, + = follows)", "raw", "gzip", "brotli");
    for weight in weights {
        let mark = match weight.when {
            When::First => "*",
            When::Next => "+",
            When::Asked => " ",
        };
        println!("{:>9} {:>9} {:>9} {mark}{}", weight.raw, weight.gzip, weight.brotli, weight.name);
    }
    for (what, only_first) in [("first load", true), ("everything", false)] {
        let counted = || weights.iter().filter(|w| w.when == When::First || !only_first);
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
