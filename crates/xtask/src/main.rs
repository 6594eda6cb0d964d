//! `cargo xtask`: the project's chores. Every one is plain Rust and runs where cargo runs.
//!
//! Must not know any rule of Swarm: it starts programs, reads files and counts.

#![allow(clippy::print_stdout, reason = "printing is what a chore does")]
#![allow(clippy::disallowed_types, reason = "a chore is timed by a real clock")]

mod common;
mod develop;
mod native;
mod page;
mod serve;
mod setup;
mod size;
mod split;
mod test;
mod tidy;

use std::process::ExitCode;

use anyhow::{Result, bail};

const USAGE: &str = "\
usage: cargo xtask CHORE

  serve [--dev] [--port N] [--no-open]   the page on this machine; --dev rebuilds at every change
  test [--fast] [STAGE...]               everything that is tested; --fast leaves out what needs
                                         a browser or a release build
  dist [--out DIR]                       the page as a folder for any web server (dist/)
  size                                   what a student downloads, against the budget
  tidy                                   dependencies and files against the project's rules
  bless                                  rewrites the expected output of tests/transcripts
  bench [--wasm] NAME...                 measures the simulation
  setup [PART...]                        installs the tools; serve and test do it by themselves
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match chore(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            common::say(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn chore(args: &[String]) -> Result<()> {
    let Some((name, rest)) = args.split_first() else { bail!("no chore named\n{USAGE}") };
    match name.as_str() {
        "serve" => serve::command(rest),
        "test" => test::command(rest),
        "dist" => page::command(rest),
        "size" => size::command(rest),
        "tidy" => tidy::command(rest),
        "bless" => native::bless(rest),
        "bench" => native::bench(rest),
        "setup" => setup::command(rest),
        "help" | "--help" | "-h" => {
            print!("{USAGE}");
            Ok(())
        }
        other => bail!("no chore `{other}`\n{USAGE}"),
    }
}
