//! Kept work that cannot be read, and a program that breaks down: both are said, and nothing that
//! was kept is lost.

use crate::{keep_downloads, offered, typed};
use anyhow::{Context, Result, ensure};
use e2e::Journey;
use e2e::key::{CONTROL, ENTER};
use serde_json::json;

const GARBAGE: &str = "{\"seed\": isto não é um trabalho";

fn open(journey: &Journey) -> Result<()> {
    journey.goto("")?;
    journey.wait_until("!!document.querySelector('[data-ready]')", 30)?;
    journey.wait_until("document.querySelector('[data-ready]').dataset.rest === 'here'", 60)?;
    journey.wait_until("!!document.querySelector('[data-terminal-input]')", 30)
}

/// Runs a line in the open terminal and waits for what it prints.
fn run(journey: &Journey, line: &str, printed: &str) -> Result<()> {
    journey.click("[data-terminal-input]")?;
    journey.chord(&[CONTROL, 'u'])?;
    journey.type_into("[data-terminal-input]", &format!("{line}{ENTER}"))?;
    journey.wait_for_text("[role=log] .row:not(.wrap)", printed, 60)
}

#[test]
fn kept_work_that_cannot_be_read_is_set_aside_and_offered() -> Result<()> {
    let journey = Journey::start()?;
    open(&journey)?;
    run(&journey, "echo antes", "antes")?;
    let spoil = "const key = Object.keys(localStorage).find(k => k.endsWith('.md/head')); \
        localStorage.setItem(key, arguments[0]); return key";
    let key = journey.script(spoil, &json!([GARBAGE]))?;
    key.as_str().context("nothing was kept")?;

    journey.reload()?;
    journey.wait_for_text("[data-notice]", "não pôde ser lido", 60)?;
    ensure!(!journey.text("[role=log]")?.contains("antes"), "the lab is not a new one");
    keep_downloads(&journey)?;
    journey.click("[data-download-aside]")?;
    let file = offered(&journey)?;
    ensure!(file.contains(GARBAGE), "the file holds {file}");
    ensure!(
        typed(&file).contains("antes"),
        "what could still be read of it is not in the file: {file}"
    );

    // The page works on, is kept, and what was set aside stays.
    run(&journey, "echo depois", "depois")?;
    open(&journey)?;
    journey.wait_for_text("[role=log] .row:not(.wrap)", "depois", 60)?;
    ensure!(!journey.has("[data-download-aside]")?, "readable work was set aside");
    let aside = journey.script(
        "return Object.keys(localStorage).filter(k => k.endsWith('/aside')) \
             .map(k => localStorage.getItem(k)).join()",
        &json!([]),
    )?;
    ensure!(aside.as_str().is_some_and(|text| text.contains(GARBAGE)), "it is gone: {aside}");
    Ok(())
}

/// A module with one function that does nothing but break down.
const BREAKS: &str = "const bytes = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, \
    0, 3, 2, 1, 0, 7, 5, 1, 1, 97, 0, 0, 10, 5, 1, 3, 0, 0, 11]); \
    const { a } = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports; \
    if (arguments[0]) { Promise.resolve().then(a); } else { setTimeout(a); }";

#[test]
fn a_program_that_breaks_down_says_so_and_offers_what_was_kept() -> Result<()> {
    for in_promise in [false, true] {
        let journey = Journey::start()?;
        open(&journey)?;
        run(&journey, "echo guardado", "guardado")?;
        // Other errors are none of the simulator's.
        journey.script("setTimeout(() => { throw new Error('alheio') })", &json!([]))?;
        journey.script(BREAKS, &json!([in_promise]))?;
        journey.wait_for_text(
            ".crash[role=alert]",
            "O que estava guardado continua guardado",
            10,
        )?;
        let text = journey.text(".crash")?;
        ensure!(text.contains("unreachable") && !text.contains("alheio"), "it says: {text}");
        keep_downloads(&journey)?;
        journey.click(".crash button")?;
        let file = offered(&journey)?;
        ensure!(typed(&file).contains("guardado"), "the file holds {file}");
        journey.script(BREAKS, &json!([in_promise]))?;
        journey.wait_until("document.querySelectorAll('.crash').length === 1", 5)?;
    }
    Ok(())
}
