//! `test`: everything that is tested, stage by stage, on any machine.
//!
//! A failed stage does not stop the next ones, so one run shows all there is to mend. The last
//! line is `N passed, N failed`, counting stages.
//!
//! **Invariant:** a stage that could not run has failed; a stage that ran no test has failed.

mod stage;
mod wasm;

use std::io::IsTerminal;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::common::{WASM, cargo, say};
use crate::setup::TestTools;
use crate::{native, page, setup, size, tidy};
use stage::{Done, quiet, tested};

/// One stage: its name, whether `--fast` runs it, what it is, how it runs.
struct Stage {
    name: &'static str,
    fast: bool,
    what: &'static str,
    run: fn(&Setting) -> Result<Done>,
}

const STAGES: [Stage; 13] = [
    Stage { name: "tools", fast: true, what: "everything is installed", run: tools },
    Stage { name: "tidy", fast: true, what: "dependencies, files", run: tidy_up },
    Stage { name: "format", fast: true, what: "rustfmt", run: format },
    Stage { name: "lint", fast: true, what: "clippy", run: lint },
    Stage { name: "lint-wasm", fast: true, what: "clippy for the page", run: lint_wasm },
    Stage { name: "native", fast: true, what: "tests, natively", run: native_tests },
    Stage { name: "node", fast: true, what: "wasm tests in node", run: wasm::node },
    Stage { name: "browser", fast: false, what: "wasm tests in Chromium", run: wasm::browser },
    Stage { name: "lessons", fast: false, what: "every lesson is proven", run: lessons },
    Stage { name: "fuzz", fast: false, what: "random faults, then all is healed", run: fuzz },
    Stage { name: "page", fast: false, what: "the page builds", run: build_page },
    Stage { name: "size", fast: false, what: "the download's budget", run: weigh },
    Stage { name: "journeys", fast: false, what: "the page in Chromium", run: journeys },
];

/// Always the same ones: a run that fails can be repeated.
const FUZZ_SEEDS: &str = "1000";

/// What the stages share.
struct Setting {
    /// Missing if something could not be installed: only the stages in need of it fail.
    tools: Result<TestTools>,
}

impl Setting {
    fn tools(&self) -> Result<&TestTools> {
        self.tools.as_ref().map_err(|error| anyhow::anyhow!("{error:#}"))
    }
}

/// `cargo xtask test [--fast] [STAGE…]`
pub(crate) fn command(args: &[String]) -> Result<()> {
    let fast = args.iter().any(|arg| arg == "--fast");
    let names: Vec<&str> = args.iter().map(String::as_str).filter(|arg| *arg != "--fast").collect();
    for name in &names {
        if !STAGES.iter().any(|stage| stage.name == *name) {
            let known: Vec<_> = STAGES.iter().map(|stage| stage.name).collect();
            bail!("no stage `{name}`; there are: {}", known.join(" "));
        }
    }
    let chosen = |stage: &&Stage| match names.as_slice() {
        [] => stage.fast || !fast,
        names => names.contains(&stage.name),
    };
    let start = Instant::now();
    let tools = if fast { setup::tests_without_browser() } else { setup::tests() };
    let setting = Setting { tools };
    let mut rows = Vec::new();
    for stage in STAGES.iter().filter(chosen) {
        say(&format!("== {}: {}", stage.name, stage.what));
        let begun = if stage.name == "tools" { start } else { Instant::now() };
        let result = (stage.run)(&setting);
        if let Err(error) = &result {
            say(&format!("{} failed: {error:#}", stage.name));
        }
        rows.push((stage, result, begun.elapsed()));
    }
    println!();
    for (stage, result, took) in &rows {
        let (word, note) = match result {
            Ok(done) => ("ok", done.note()),
            Err(error) => ("FAILED", shorten(&format!("{error:#}"))),
        };
        println!("{:<10} {word:<6} {:>7.1} s  {note}", stage.name, took.as_secs_f64());
    }
    let failed = rows.iter().filter(|(_, result, _)| result.is_err()).count();
    println!("{} passed, {failed} failed", rows.len() - failed);
    if failed > 0 {
        // Everything is said: only the exit code is left.
        std::process::exit(1);
    }
    Ok(())
}

fn shorten(text: &str) -> String {
    let line = text.lines().next().unwrap_or("");
    if line.chars().count() <= 100 {
        return line.to_owned();
    }
    line.chars().take(97).chain("...".chars()).collect()
}

fn tools(setting: &Setting) -> Result<Done> {
    setting.tools()?;
    Ok(Done::default())
}

fn tidy_up(_: &Setting) -> Result<Done> {
    tidy::command(&[])?;
    Ok(Done::default())
}

fn format(_: &Setting) -> Result<Done> {
    quiet(cargo().args(["fmt", "--all", "--check", "--", "--files-with-diff"]))
}

fn lint(_: &Setting) -> Result<Done> {
    let mut clippy = cargo();
    clippy.args(["clippy", "--workspace", "--all-targets"]);
    // The journeys are tests of their own: without this nothing would look at them.
    clippy.args(["--features", "enxame-e2e/journeys"]);
    quiet(clippy.args(["--", "-D", "warnings"]))
}

fn lint_wasm(_: &Setting) -> Result<Done> {
    let mut clippy = cargo();
    clippy.args(["clippy", "--target", WASM, "--package", "enxame-web"]);
    for library in wasm::LIBRARIES {
        clippy.args(["--package", library]);
    }
    quiet(clippy.args(["--", "-D", "warnings"]))
}

fn native_tests(_: &Setting) -> Result<Done> {
    let mut test = cargo();
    tested(test.args(["test", "--workspace", "--no-fail-fast"]))
}

fn lessons(_: &Setting) -> Result<Done> {
    let done = quiet(&mut native::enxame(&["check", "lessons"]))?;
    // A checker that accepts everything would accept this too.
    if native::enxame(&["check", "lessons/no-such-lesson.md"]).output()?.status.success() {
        bail!("a lesson that is not there passed: `enxame check` checks nothing");
    }
    Ok(done)
}

fn fuzz(_: &Setting) -> Result<Done> {
    quiet(&mut native::enxame(&["fuzz", "--seeds", FUZZ_SEEDS]))?;
    Ok(Done { tests: None, note: format!("{FUZZ_SEEDS} seeds") })
}

fn build_page(setting: &Setting) -> Result<Done> {
    page::build(&setting.tools()?.page, &page::scratch())?;
    Ok(Done::default())
}

fn weigh(_: &Setting) -> Result<Done> {
    Ok(Done { tests: None, note: size::hold(&page::scratch())? })
}

fn journeys(setting: &Setting) -> Result<Done> {
    let browser = setting.tools()?.browser.as_ref().context("no browser")?;
    let mut test = cargo();
    test.args(["test", "--package", "enxame-e2e", "--features", "journeys"]);
    test.args(["--test", "journeys", "--", "--test-threads=1"]);
    test.env("ENXAME_PAGE", page::scratch());
    test.env("CHROMEDRIVER", &browser.driver).env("CHROMIUM", &browser.chromium);
    tested(&mut test)
}

/// Whether colours reach a person.
fn coloured() -> bool {
    std::io::stdout().is_terminal()
}
