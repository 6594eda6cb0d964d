//! `wasm-opt` of binaryen, which makes the page's program a good third smaller.
//!
//! Distributions ship one that is too old to read what today's compiler writes, so a found one
//! is used only from the pinned release on. The npm package runs under node.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::common::{find, run, say, tool_dir};

/// The oldest release that is known to read this compiler's output.
const RELEASE: u32 = 132;

/// The folder that holds `wasm-opt`.
pub(super) fn ensure() -> Result<PathBuf> {
    if let Some(dir) = on_path() {
        return Ok(dir);
    }
    let home = tool_dir("binaryen", &RELEASE.to_string())?;
    let bin = home.join("node_modules/.bin");
    let marker = home.join("complete");
    if marker.is_file() {
        return Ok(bin);
    }
    find("node").context("it runs under node, which is not installed")?;
    let npm = find("npm").context("it is installed by npm, which is not installed")?;
    say(&format!("installing wasm-opt {RELEASE} once: it shrinks the page; seconds"));
    fs::create_dir_all(&home)?;
    let mut install = Command::new(npm);
    install.args(["install", "--no-audit", "--no-fund", "--loglevel=error", "--prefix"]);
    run(install.arg(&home).arg(format!("binaryen@{RELEASE}")))?;
    fs::write(marker, "")?;
    Ok(bin)
}

fn on_path() -> Option<PathBuf> {
    let program = find("wasm-opt")?;
    let out = Command::new(&program).arg("--version").output().ok()?;
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    let release = text.split_whitespace().find_map(|word| word.parse::<u32>().ok())?;
    (release >= RELEASE).then(|| program.parent().map(PathBuf::from)).flatten()
}
