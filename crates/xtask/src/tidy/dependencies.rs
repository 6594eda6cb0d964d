//! Who may depend on whom: the table of the architecture, checked against `cargo metadata`.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use serde_json::Value;

use super::Finding;
use crate::common::{WASM, cargo, output};

/// Every package of ours, and all of ours it may name. A package missing here is an error.
const OURS: [(&str, &[&str]); 16] = [
    ("enxame-share", &[]),
    ("enxame-sim", &[]),
    ("enxame-raft", &[]),
    ("enxame-api", &[]),
    ("enxame-manager", &["enxame-api", "enxame-sim"]),
    ("enxame-engine", &["enxame-api", "enxame-sim"]),
    ("enxame-lab", &["enxame-manager", "enxame-engine", "enxame-raft", "enxame-api", "enxame-sim"]),
    ("enxame-docker", &["enxame-api"]),
    ("enxame-shell", &["enxame-docker", "enxame-lab", "enxame-api"]),
    ("enxame-lesson", &["enxame-shell", "enxame-docker", "enxame-lab", "enxame-api"]),
    (
        "enxame-runner",
        &[
            "enxame-lesson",
            "enxame-shell",
            "enxame-docker",
            "enxame-lab",
            "enxame-api",
            "enxame-bench",
        ],
    ),
    ("enxame-web", &["enxame-lesson", "enxame-shell", "enxame-lab", "enxame-api"]),
    ("enxame-xtask", &[]),
    ("enxame-e2e", &["enxame-xtask"]),
    ("enxame-same", &["enxame-shell", "enxame-lab", "enxame-sim"]),
    ("enxame-bench", &["enxame-shell", "enxame-lab", "enxame-manager", "enxame-api"]),
];

/// Anyone may name it, as anyone may name `std`.
const COMMON: &str = "enxame-share";

/// What is simulated: its outcome depends on inputs and seeds alone.
const SIMULATION: [&str; 10] = [
    "enxame-share",
    "enxame-sim",
    "enxame-raft",
    "enxame-api",
    "enxame-manager",
    "enxame-engine",
    "enxame-lab",
    "enxame-docker",
    "enxame-shell",
    "enxame-lesson",
];

/// Packages of others that only some of ours may name outside of tests, and why.
const RESERVED: [(&[&str], &[&str], &str); 6] = [
    (&["rand", "rand_pcg", "rand_core"], &["enxame-sim"], "streams come from `sim`"),
    (
        &["yew", "gloo", "web-sys", "js-sys", "wasm-bindgen", "wasm-bindgen-futures"],
        &["enxame-web", "enxame-bench"],
        "only the page may touch a browser, and a benchmark asks node for the time",
    ),
    (&["pulldown-cmark"], &["enxame-lesson"], "only lessons are Markdown"),
    (&["anyhow"], &["enxame-runner", "enxame-xtask", "enxame-e2e"], "a library's errors are types"),
    (&["clap", "libtest-mimic"], &["enxame-runner"], "only the native program has flags"),
    (&["raft"], &[], "raft-rs is an oracle for tests, too heavy to ship"),
];

/// Packages that draw on chance, time or threads.
const IMPURE: [&str; 3] = ["getrandom", "rayon", "tokio"];

/// All rules.
pub(super) fn check() -> Result<Vec<Finding>> {
    let text = output(cargo().args(["metadata", "--format-version=1", "--filter-platform", WASM]))?;
    judge(&serde_json::from_str(&text)?)
}

fn judge(metadata: &Value) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    let members: BTreeSet<&str> = strings(&metadata["workspace_members"]).collect();
    let packages = array(&metadata["packages"])
        .filter(|package| members.contains(package["id"].as_str().unwrap_or("")));
    for package in packages {
        direct(package, &mut findings);
    }
    closure(metadata, &mut findings).context("cargo metadata resolves nothing")?;
    Ok(findings)
}

/// The dependencies one of our packages names.
fn direct(package: &Value, findings: &mut Vec<Finding>) {
    let name = package["name"].as_str().unwrap_or("");
    let Some((_, allowed)) = OURS.iter().find(|(ours, _)| *ours == name) else {
        let text = "is not in the table of packages (crates/xtask/src/tidy/dependencies.rs)";
        findings.push(Finding::error(name, text));
        return;
    };
    for dependency in array(&package["dependencies"]) {
        let other = dependency["name"].as_str().unwrap_or("");
        let for_tests = dependency["kind"].as_str() == Some("dev");
        let ours = other.starts_with("enxame-") && other != name && other != COMMON;
        if ours && !allowed.contains(&other) {
            let text = format!("must not know {other}; it may know: {}", allowed.join(" "));
            findings.push(Finding::error(name, text));
        }
        for (theirs, users, why) in RESERVED {
            if theirs.contains(&other) && !users.contains(&name) && !for_tests {
                findings.push(Finding::error(name, format!("must not name {other}: {why}")));
            }
        }
    }
}

/// What the simulation carries along, however far down.
fn closure(metadata: &Value, findings: &mut Vec<Finding>) -> Option<()> {
    let names: BTreeMap<&str, &str> = array(&metadata["packages"])
        .filter_map(|package| Some((package["id"].as_str()?, package["name"].as_str()?)))
        .collect();
    let mut edges: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for node in metadata["resolve"]["nodes"].as_array()? {
        let normal = array(&node["deps"])
            .filter(|dep| array(&dep["dep_kinds"]).any(|kind| kind["kind"].is_null()));
        edges.insert(node["id"].as_str()?, normal.filter_map(|dep| dep["pkg"].as_str()).collect());
    }
    for (start, name) in names.iter().filter(|(_, name)| SIMULATION.contains(name)) {
        let (mut seen, mut todo) = (BTreeSet::new(), vec![*start]);
        while let Some(id) = todo.pop() {
            if seen.insert(id) {
                todo.extend(edges.get(id).into_iter().flatten());
            }
        }
        let carried: BTreeSet<&str> = seen.iter().filter_map(|id| names.get(id).copied()).collect();
        for impure in IMPURE.iter().filter(|impure| carried.contains(*impure)) {
            let text = format!("carries {impure}: the simulation depends on inputs and seeds only");
            findings.push(Finding::error(*name, text));
        }
    }
    Some(())
}

fn array(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn strings(value: &Value) -> impl Iterator<Item = &str> {
    array(value).filter_map(Value::as_str)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Packages with what they name directly; all of it normal dependencies.
    fn said(packages: &[(&str, &[&str])]) -> Vec<String> {
        let entry = |(name, names): &(&str, &[&str])| {
            let named: Vec<_> =
                names.iter().map(|other| json!({ "name": other, "kind": null })).collect();
            json!({ "id": name, "name": name, "dependencies": named })
        };
        let node = |(name, names): &(&str, &[&str])| {
            let deps: Vec<_> = names
                .iter()
                .map(|other| json!({ "pkg": other, "dep_kinds": [{ "kind": null }] }))
                .collect();
            json!({ "id": name, "deps": deps })
        };
        let members: Vec<_> =
            packages.iter().map(|(name, _)| name).filter(|n| n.starts_with("enxame-")).collect();
        let metadata = json!({
            "packages": packages.iter().map(entry).collect::<Vec<_>>(),
            "workspace_members": members,
            "resolve": { "nodes": packages.iter().map(node).collect::<Vec<_>>() },
        });
        judge(&metadata).unwrap().into_iter().map(|f| format!("{}: {}", f.place, f.text)).collect()
    }

    #[test]
    fn the_table_is_kept() {
        let good: &[(&str, &[&str])] =
            &[("enxame-lab", &["enxame-sim", "serde"]), ("enxame-sim", &["rand"]), ("serde", &[])];
        assert_eq!(said(good), Vec::<String>::new());
    }

    #[test]
    fn each_rule_is_found() {
        let up = said(&[("enxame-sim", &["enxame-lab"])]);
        assert!(up.len() == 1 && up[0].contains("must not know enxame-lab"), "{up:?}");
        let chance =
            said(&[("enxame-api", &["deep"]), ("deep", &["getrandom"]), ("getrandom", &[])]);
        assert!(chance.len() == 1 && chance[0].contains("carries getrandom"), "{chance:?}");
        let reserved = said(&[("enxame-lab", &["rand"])]);
        assert!(reserved.len() == 1 && reserved[0].contains("must not name rand"), "{reserved:?}");
        let unknown = said(&[("enxame-new", &[])]);
        assert!(unknown.len() == 1 && unknown[0].contains("not in the table"), "{unknown:?}");
    }
}
