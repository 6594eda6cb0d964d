//! `enxame`: the native program.

use anyhow::Result;
use clap::{Parser, Subcommand};
use runner::compare::{Yardstick, score};
use runner::recording::Recording;
use runner::{bench, cases, check, fuzz, replay};
use std::collections::BTreeMap;
use std::io::Write;
use std::ops::Range;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Docker Swarm laboratory: the program for instructors and CI.
#[derive(Parser)]
#[command(name = "enxame", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Play recordings of a real Docker and compare
    Replay {
        /// One object a command step on stdout, in file order
        #[arg(long)]
        json: bool,
        /// Show so many differences of each file
        #[arg(long, default_value_t = 0)]
        show: usize,
        /// Files
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Read, lint and prove lesson files
    Check {
        /// One object a finding on stdout
        #[arg(long)]
        json: bool,
        /// Files, and folders to search
        #[arg(required = true)]
        paths: Vec<PathBuf>,
    },
    /// Play facts about a swarm, written down as data
    Cases {
        /// One object a case on stdout
        #[arg(long)]
        json: bool,
        /// Files of the form of `tests/scheduler-cases.json`
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Random crashes, cuts and commands; then invariants; then it must converge
    Fuzz {
        /// How many seeds
        #[arg(long, default_value_t = 100)]
        seeds: u64,
        /// The first one
        #[arg(long, default_value_t = 1)]
        from: u64,
        /// Seeds played at once (0: one for each processor)
        #[arg(long, default_value_t = 0)]
        jobs: u64,
        /// Tell of a failed seed also what the model decided
        #[arg(long)]
        trace: bool,
    },
    /// Measure the simulation; one object a figure on stdout
    Bench {
        /// `scheduler`, `idle`, `scale`, `save`, or one piece of them as `scheduler/WORKLOAD`
        #[arg(required = true)]
        names: Vec<String>,
    },
    /// Digests of whole runs, to compare platforms
    Digest {
        /// How many seeds
        #[arg(long, default_value_t = 4)]
        seeds: u64,
    },
}

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            // the standard error of a program that cannot go on may itself be gone
            let _ = writeln!(std::io::stderr(), "enxame: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run(cli: Cli) -> Result<bool> {
    let mut out = std::io::stdout().lock();
    match cli.command {
        Command::Replay { json, show, files } => replays(&mut out, json, show, &files),
        Command::Check { json, paths } => check::run(&mut out, json, &paths),
        Command::Cases { json, files } => cases::run(&mut out, json, &files),
        Command::Fuzz { seeds, from, jobs, trace } => {
            fuzzes(&mut out, from..from + seeds, jobs, trace)
        }
        Command::Bench { names } => bench::run(&mut out, &names).map(|()| true),
        Command::Digest { seeds } => {
            for seed in 1..=seeds {
                writeln!(out, "{seed} {:016x}", lab::selftest::digest(seed))?;
            }
            Ok(true)
        }
    }
}

/// Plays seeds, several at once; failures are told in the order of their seeds.
fn fuzzes(out: &mut impl Write, seeds: Range<u64>, jobs: u64, trace: bool) -> Result<bool> {
    let processors = std::thread::available_parallelism().map_or(1, |n| n.get() as u64);
    let jobs = if jobs == 0 { processors } else { jobs };
    let count = seeds.end - seeds.start;
    let next = Mutex::new(seeds);
    let results = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                while let Some(seed) = lock(&next).next() {
                    // an assertion of the model that fails is a failure of its seed
                    let result = std::panic::catch_unwind(|| fuzz::run(seed, trace));
                    let result = result.unwrap_or_else(|_| Err("the model broke down".into()));
                    lock(&results).insert(seed, result);
                }
            });
        }
    });
    let mut sum = fuzz::Tally::default();
    let mut failed = 0;
    for (seed, result) in lock(&results).iter() {
        match result {
            Ok(tally) => sum.add(tally),
            Err(story) => {
                failed += 1;
                writeln!(out, "seed {seed}: {story}")?;
            }
        }
    }
    writeln!(out, "{} of {count} seeds well: {sum}", count - failed)?;
    Ok(failed == 0)
}

/// A thread that died while it held the lock left nothing half done: inserts are whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn replays(out: &mut impl Write, json: bool, show: usize, files: &[PathBuf]) -> Result<bool> {
    let yard = Yardstick::new()?;
    let (mut agree, mut distinct) = (0.0, 0);
    for file in files {
        let recording = Recording::read(file)?;
        let shown = replay::play(&recording, &yard)?;
        if json {
            for step in &shown {
                writeln!(out, "{}", serde_json::to_string(step)?)?;
            }
            continue;
        }
        let result = score(&yard, &recording, &shown);
        let name = file.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        writeln!(
            out,
            "{name:32} {:6.2} %  of {} distinct commands ({} steps)",
            result.percent(),
            result.distinct,
            result.steps
        )?;
        for k in result.misses.iter().take(show) {
            let commands = recording.commands();
            let Some((_, step)) = commands.get(*k) else { continue };
            let got = shown.get(*k).cloned().unwrap_or_default();
            writeln!(
                out,
                "--- step {k}: t={} {}$ {}  exit {} / {}",
                step.t, step.node, step.cmd, step.exit, got.exit
            )?;
            writeln!(out, "{}\n--- got\n{}", step.screen, got.screen)?;
        }
        agree += result.agree;
        distinct += result.distinct;
    }
    if !json {
        let all = f64::from(u32::try_from(distinct.max(1))?);
        let percent = 100.0 * agree / all;
        writeln!(out, "{:32} {percent:6.2} %  of {distinct} distinct commands", "total")?;
    }
    Ok(true)
}
