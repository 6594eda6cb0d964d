//! Chores the native program does: `bless`, `bench` and the proofs of the lessons.

use std::process::Command;

use anyhow::{Result, bail};

use crate::common::{cargo, run};

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
    if args.iter().any(|arg| arg == "--wasm") {
        bail!("benchmarks are run natively only: a run inside wasm is not built yet");
    }
    let mut words = vec!["bench"];
    words.extend(args.iter().map(String::as_str));
    run(&mut enxame(&words))
}
