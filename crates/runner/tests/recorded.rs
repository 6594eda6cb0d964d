//! Every recording is played; none may agree less than its floor, and the yardstick in Rust
//! must agree with the recordings' own.
//!
//! `tests/recorded/floors.txt`: file name and hundredths of a percent; `ENXAME_BLESS=1` raises
//! floors to what is reached (it never lowers one).

use libtest_mimic::{Arguments, Failed, Trial};
use runner::compare::{Yardstick, score};
use runner::recording::Recording;
use runner::replay;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/recorded")
}

fn floors() -> BTreeMap<String, u64> {
    let text = std::fs::read_to_string(folder().join("floors.txt")).unwrap_or_default();
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| {
            let (name, floor) = line.split_once(' ')?;
            Some((name.to_owned(), floor.trim().parse().ok()?))
        })
        .collect()
}

fn raise(name: &str, reached: u64) -> std::io::Result<()> {
    let mut all = floors();
    let floor = all.entry(name.to_owned()).or_insert(0);
    *floor = (*floor).max(reached);
    let head = "# Least agreement of each recording, in hundredths of a percent.\n";
    let body: String = all.iter().map(|(name, floor)| format!("{name} {floor}\n")).collect();
    std::fs::write(folder().join("floors.txt"), format!("{head}{body}"))
}

fn play(path: &Path) -> Result<(), Failed> {
    let yard = Yardstick::new()?;
    let recording = Recording::read(path)?;
    let shown = replay::play(&recording, &yard)?;
    let result = score(&yard, &recording, &shown);
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 10000")]
    let reached = (result.percent() * 100.0).floor() as u64;
    if std::env::var_os("ENXAME_BLESS").is_some() {
        raise(&name, reached)?;
    }
    let floor = floors().get(&name).copied().unwrap_or(0);
    if reached < floor {
        return Err(format!("{name}: {reached} agree, the floor is {floor}").into());
    }
    same_as_python(path, &shown, result.percent(), result.distinct)
}

/// Only where there is a Python: the same replay under the recordings' own yardstick.
fn same_as_python(
    path: &Path,
    shown: &[runner::compare::Shown],
    percent: f64,
    distinct: usize,
) -> Result<(), Failed> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let replay = std::env::temp_dir().join(format!("enxame-replay-{}-{name}", std::process::id()));
    let lines: Result<Vec<String>, _> = shown.iter().map(serde_json::to_string).collect();
    std::fs::write(&replay, lines?.join("\n"))?;
    let script = folder().join("compare.py");
    let ran = Command::new("python3").arg(script).arg("--json").arg(path).arg(&replay).output();
    std::fs::remove_file(&replay)?;
    let Ok(ran) = ran else { return Ok(()) };
    if !ran.status.success() {
        return Err(String::from_utf8_lossy(&ran.stderr).into_owned().into());
    }
    let told: serde_json::Value = serde_json::from_slice(&ran.stdout)?;
    let agree = told.get("agree").and_then(serde_json::Value::as_f64).unwrap_or(-1.0) * 100.0;
    let count = told.get("distinct").and_then(serde_json::Value::as_u64);
    if (agree - percent).abs() > 0.01 || count != u64::try_from(distinct).ok() {
        return Err(format!("python says {agree} of {count:?}, we {percent} of {distinct}").into());
    }
    Ok(())
}

fn main() {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder())
        .map(|dir| dir.filter_map(Result::ok).map(|entry| entry.path()).collect())
        .unwrap_or_default();
    files.retain(|path| path.extension().is_some_and(|e| e == "jsonl"));
    files.sort();
    let trials = files
        .into_iter()
        .map(|path| {
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            Trial::test(name, move || play(&path))
        })
        .collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}
