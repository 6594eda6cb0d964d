//! How a file looks, and which files there are.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::Finding;
use crate::common::{output, root};

/// Everything that may lie in the topmost folder.
const TOP: [&str; 22] = [
    ".cargo",
    ".ci",
    ".gitattributes",
    ".github",
    ".gitignore",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "Trunk.toml",
    "clippy.toml",
    "crates",
    "docs",
    "index.html",
    "lessons",
    "rust-toolchain.toml",
    "rustfmt.toml",
    "tests",
    "web",
];

const COLUMNS: usize = 100;
const LINES_WARNED: usize = 500;
const LINES_REFUSED: usize = 700;

/// What finished code does not say. Written in pieces, since this file is checked as well.
const UNFINISHED: [(&str, &str); 3] = [
    (concat!("todo", "!("), "is unfinished"),
    (concat!("unimplemented", "!("), "is unfinished"),
    (concat!("#[", "ignore"), "a test that is not run proves nothing"),
];

/// All rules.
pub(super) fn check() -> Result<Vec<Finding>> {
    let root = root();
    let names = listed(&root)?;
    let mut findings = Vec::new();
    top(&names, &mut findings);
    let places = machine_places(&root);
    for name in names {
        // Read as text or not at all: pictures have no lines.
        let Ok(text) = fs::read_to_string(root.join(&name)) else { continue };
        for (number, line) in text.lines().enumerate() {
            if let Some(place) = places.iter().find(|place| line.contains(place.as_str())) {
                let at = format!("{name}:{}", number + 1);
                let said = format!("names a folder of one machine ({place}): use a relative path");
                findings.push(Finding::error(at, said));
            }
        }
        if name.ends_with(".rs") {
            rust(&name, &text, &mut findings);
        }
        if name == ".cargo/config.toml" {
            cargo_config(&name, &text, &mut findings);
        }
    }
    Ok(findings)
}

/// Files of the checkout: what git has or would take, or, without git, whatever lies there.
fn listed(root: &Path) -> Result<Vec<String>> {
    let mut git = Command::new("git");
    git.current_dir(root);
    git.args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"]);
    let mut names: Vec<String> = match output(&mut git) {
        Ok(text) => text.split('\0').filter(|name| !name.is_empty()).map(str::to_owned).collect(),
        Err(_) => {
            let mut names = Vec::new();
            walk(root, root, &mut names)?;
            names
        }
    };
    names.retain(|name| root.join(name).is_file());
    names.sort();
    names.dedup();
    Ok(names)
}

fn walk(root: &Path, dir: &Path, names: &mut Vec<String>) -> Result<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        let name = path.strip_prefix(root)?.to_string_lossy().replace('\\', "/");
        if name == ".git" || name == "dist" || name.starts_with("target") {
            continue;
        }
        if path.is_dir() {
            walk(root, &path, names)?;
        } else {
            names.push(name);
        }
    }
    Ok(())
}

fn top(names: &[String], findings: &mut Vec<Finding>) {
    let mut tops: Vec<&str> = names.iter().filter_map(|name| name.split('/').next()).collect();
    tops.dedup();
    for name in tops.into_iter().filter(|name| !TOP.contains(name)) {
        findings.push(Finding::error(name, "does not belong in the topmost folder"));
    }
}

/// Folders whose name in a file means that it was written for one machine only. Short ones,
/// like `/app`, may stand in a lesson and are left out.
fn machine_places(root: &Path) -> Vec<String> {
    let root = root.display().to_string();
    let mut places =
        vec![concat!("/Use", "rs/").to_owned(), concat!("/home/run", "ner/").to_owned()];
    if root.matches(['/', '\\']).count() >= 2 {
        places.push(root);
    }
    places
}

fn rust(name: &str, text: &str, findings: &mut Vec<Finding>) {
    let count = text.lines().count();
    if count > LINES_REFUSED {
        findings.push(Finding::error(name, format!("{count} lines: split it by what it is about")));
    } else if count > LINES_WARNED {
        findings.push(Finding::warning(name, format!("{count} lines, meant are {LINES_WARNED}")));
    }
    let first = text.lines().find(|line| !line.trim().is_empty());
    if !first.is_some_and(|line| line.starts_with("//!")) {
        findings.push(Finding::error(name, "does not begin with `//!`: say what it is for"));
    }
    for (number, line) in text.lines().enumerate() {
        let at = || format!("{name}:{}", number + 1);
        let columns = line.chars().count();
        if columns > COLUMNS {
            findings.push(Finding::error(at(), format!("{columns} columns, at most {COLUMNS}")));
        }
        for (word, why) in UNFINISHED {
            if line.contains(word) {
                findings.push(Finding::error(at(), format!("`{word}`: {why}")));
            }
        }
    }
}

/// Other programs look for the built ones in `target/release`.
fn cargo_config(name: &str, text: &str, findings: &mut Vec<Finding>) {
    for (number, line) in text.lines().enumerate() {
        let key = line.split('=').next().unwrap_or("").trim();
        if ["target-dir", "build-dir", "target"].contains(&key) {
            let at = format!("{name}:{}", number + 1);
            findings.push(Finding::error(at, "moves the built programs out of target/release"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(name: &str, text: &str) -> Vec<String> {
        let mut findings = Vec::new();
        rust(name, text, &mut findings);
        findings.into_iter().map(|f| format!("{} {}", f.place, f.text)).collect()
    }

    #[test]
    fn a_plain_file_passes() {
        assert_eq!(said("a.rs", "//! What it is for.\nfn a() {}\n"), Vec::<String>::new());
    }

    #[test]
    fn each_rule_is_found_at_its_line() {
        let long = "x".repeat(COLUMNS + 1);
        let text = format!("//! Doc.\n{long}\n{}\n", UNFINISHED.map(|(word, _)| word).join("\n"));
        let places: Vec<_> = said("a.rs", &text)
            .iter()
            .filter_map(|line| line.split(' ').next().map(str::to_owned))
            .collect();
        assert_eq!(places, ["a.rs:2", "a.rs:3", "a.rs:4", "a.rs:5"]);
        assert_eq!(said("a.rs", "fn a() {}\n").len(), 1);
        assert_eq!(said("a.rs", &format!("//! Doc.\n{}", "\n".repeat(LINES_REFUSED))).len(), 1);
    }

    #[test]
    fn only_the_known_lie_on_top() {
        let mut findings = Vec::new();
        let names = ["Cargo.toml", "crates/a.rs", "notes.txt", "web/b.rs"].map(str::to_owned);
        top(&names, &mut findings);
        let places: Vec<_> = findings.iter().map(|f| f.place.as_str()).collect();
        assert_eq!(places, ["notes.txt"]);
    }
}
