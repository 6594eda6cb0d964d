//! `serve --dev`: the page built for debugging, built again and loaded again at every change.
//!
//! Not Trunk's own server: its reloading is an inline script, which the page's policy refuses.
//!
//! **Invariant:** a build that fails leaves the page that was there.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};

use crate::common::{root, run, say};
use crate::page;
use crate::setup::PageTools;

/// What the page is made of.
const WATCHED: [&str; 5] = ["index.html", "Trunk.toml", "web", "crates", "lessons"];

/// Asks for the number of the build once a second.
const RELOAD: &str = "\
let seen;
setInterval(async () => {
  const answer = await fetch('./build.txt', { cache: 'no-store' }).catch(() => null);
  const build = answer?.ok ? await answer.text() : seen;
  seen ??= build;
  if (build !== seen) location.reload();
}, 1000);
";

/// Builds into `folder` for the first time; a failure is told and waits for a change.
pub(crate) fn build(tools: &PageTools, folder: &Path, number: u64) {
    if let Err(error) = try_build(tools, folder, number) {
        say(&format!("not built: {error:#}; waiting for a change"));
    }
}

fn try_build(tools: &PageTools, folder: &Path, number: u64) -> Result<()> {
    let mut trunk = page::trunk_command(tools, "build")?;
    trunk.args(["--offline", "--public-url", "./", "--dist"]).arg(folder);
    run(&mut trunk)?;
    page::lessons(folder)?;
    let index = folder.join("index.html");
    let text = fs::read_to_string(&index).context("Trunk wrote no index.html")?;
    let script = "<script type=\"module\" src=\"./reload.js\"></script></head>";
    fs::write(&index, text.replacen("</head>", script, 1))?;
    fs::write(folder.join("reload.js"), RELOAD)?;
    fs::write(folder.join("build.txt"), number.to_string())?;
    Ok(())
}

/// Builds again after every change, for as long as the process lives.
pub(crate) fn watch(tools: &PageTools, folder: &Path) {
    let mut number = 1;
    let mut last = newest();
    loop {
        sleep(Duration::from_millis(500));
        let now = newest();
        if now != last {
            last = now;
            number += 1;
            say("changed: building");
            build(tools, folder, number);
        }
    }
}

/// The time of the latest change and how many files there are: a removal counts as well.
fn newest() -> (Option<SystemTime>, u64) {
    let mut found = (None, 0);
    for name in WATCHED {
        visit(&root().join(name), &mut found);
    }
    found
}

fn visit(path: &Path, found: &mut (Option<SystemTime>, u64)) {
    if let Ok(entries) = fs::read_dir(path) {
        let paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        for path in paths {
            visit(&path, found);
        }
    } else if let Ok(time) = fs::metadata(path).and_then(|data| data.modified()) {
        found.0 = found.0.max(Some(time));
        found.1 += 1;
    }
}
