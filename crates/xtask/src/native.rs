//! Chores the native program does: `bless`, `bench` and the proofs of the lessons.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use crate::common::{WASM, cargo, output, run, target_dir};
use crate::setup;

/// The native program, built for speed, with `args`.
pub(crate) fn enxame(args: &[&str]) -> Command {
    let mut command = cargo();
    command.args(["run", "--release", "--package", "enxame-runner", "--bin", "enxame", "--"]);
    command.args(args);
    command
}

/// `cargo xtask bless`: the transcripts get the output the simulator prints now.
///
/// The difference is then read like any other change: `git diff tests/transcripts`.
pub(crate) fn bless(args: &[String]) -> Result<()> {
    let mut test = cargo();
    test.args(["test", "--package", "enxame-runner", "--test", "transcripts", "--"]);
    run(test.args(args).env("ENXAME_BLESS", "1"))
}

/// `cargo xtask bench [--wasm] NAME…`
pub(crate) fn bench(args: &[String]) -> Result<()> {
    let names: Vec<&str> = args.iter().map(String::as_str).filter(|a| *a != "--wasm").collect();
    if names.len() == args.len() {
        let mut words = vec!["bench"];
        words.extend(names);
        return run(&mut enxame(&words));
    }
    if names.is_empty() {
        bail!("which benchmark? `cargo xtask bench --wasm scheduler`, for one");
    }
    let module = bench_module()?;
    for name in names {
        let pieces = output(&mut node(&module, "pieces", name))?;
        if pieces.trim().is_empty() {
            bail!("no benchmark is called `{name}`");
        }
        // a process each: memory that wasm was given is never given back
        for piece in pieces.lines() {
            run(&mut node(&module, "measure", piece))?;
        }
    }
    Ok(())
}

/// The benchmarks built for wasm, as a module that node loads.
fn bench_module() -> Result<PathBuf> {
    let wasm_bindgen = setup::wasm_bindgen()?;
    let mut build = cargo();
    build.args(["rustc", "--release", "--package", "enxame-bench", "--lib", "--target", WASM]);
    run(build.args(["--crate-type", "cdylib"]))?;
    let target = target_dir();
    let into = target.join("bench");
    let mut bind = Command::new(wasm_bindgen);
    bind.args(["--target", "nodejs", "--out-dir"]).arg(&into);
    run(bind.arg(target.join(WASM).join("release/bench.wasm")))?;
    Ok(into.join("bench.js"))
}

/// Calls a function of the module with one text and prints what it gives.
fn node(module: &Path, function: &str, text: &str) -> Command {
    let mut command = Command::new("node");
    let script = "console.log(require(process.argv[1])[process.argv[2]](process.argv[3]))";
    command.args(["-e", script]).arg(module).args([function, text]);
    command
}
