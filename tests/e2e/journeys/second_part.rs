//! The program comes in two parts. Until the second is there one can type, and nothing is lost,
//! also when it does not come at first.

use anyhow::{Result, ensure};
use e2e::Journey;
use e2e::key::{CONTROL, ENTER, LEFT};
use serde_json::json;

const FIELD: &str = "[data-terminal-input=node1]";

fn block(journey: &Journey, urls: &[&str]) -> Result<()> {
    journey.devtools("Network.enable", &json!({}))?;
    journey.devtools("Network.setCacheDisabled", &json!({ "cacheDisabled": true }))?;
    journey.devtools("Network.setBlockedURLs", &json!({ "urls": urls })).map(drop)
}

/// Bytes a second; -1: as fast as it is.
fn speed(journey: &Journey, bytes: i64) -> Result<()> {
    let line = json!({
        "offline": false, "latency": 0, "downloadThroughput": bytes, "uploadThroughput": -1,
    });
    journey.devtools("Network.emulateNetworkConditions", &line).map(drop)
}

/// Opens the page, which was built in two parts, at the terminal of node1.
fn open_node1(journey: &Journey) -> Result<()> {
    journey.goto("")?;
    journey.wait_until("!!document.querySelector('[data-ready]')", 30)?;
    ensure!(journey.has("#rest")?, "this page has no second part (no #rest in its head)");
    journey.click("[role=tab][data-machine=node1]")?;
    journey.wait_until("!!document.querySelector('[data-terminal=node1]')", 5)
}

#[test]
fn what_is_typed_before_the_second_part_is_seen_at_once_and_runs_when_it_is_there() -> Result<()> {
    let journey = Journey::start()?;
    // From the first visit on: a second part that came once would have kept its new lab.
    block(&journey, &["*/rest-*"])?;
    open_node1(&journey)?;

    journey.wait_until("!!document.querySelector('[data-rest-failed] [data-retry]')", 20)?;
    ensure!(journey.text("[data-rest-failed]")?.contains("O simulador não chegou"));
    journey.type_into(FIELD, &format!("echo um doiss{LEFT}{LEFT}"))?;
    journey.chord(&[CONTROL, 'k'])?;
    journey.wait_until(&format!("document.querySelector('{FIELD}').value === 'echo um doi'"), 5)?;
    journey.type_into(FIELD, &format!("s{ENTER}"))?;
    journey.wait_for_text("[role=log] .k", "echo um dois", 5)?;
    journey.wait_until("document.querySelector('[data-terminal]').dataset.busy === 'true'", 5)?;
    journey.type_into(FIELD, "hostname")?;
    journey.wait_until(&format!("document.querySelector('{FIELD}').value === 'hostname'"), 5)?;

    speed(&journey, 500_000)?;
    block(&journey, &[])?;
    journey.click("[data-retry]")?;
    journey.wait_until("!document.querySelector('[data-rest-failed]')", 5)?;
    journey.wait_for_text("[data-rest-status]", "o que você pediu espera", 5)?;
    journey.wait_until("parseInt(document.querySelector('.rest .tn')?.textContent) > 1", 60)?;
    journey.wait_until("document.querySelector('[data-ready]').dataset.rest === 'here'", 120)?;
    speed(&journey, -1)?;
    journey.wait_until("document.querySelector('[data-terminal]').dataset.busy === 'false'", 30)?;
    journey.wait_for_text("[role=log] .row:not(.wrap)", "um dois", 5)?;
    journey.wait_until(&format!("document.querySelector('{FIELD}').value === 'hostname'"), 5)?;
    journey.type_into(FIELD, &ENTER.to_string())?;
    journey.wait_until(
        "[...document.querySelectorAll('[role=log] .row')].some(r => r.textContent === 'node1')",
        20,
    )
}

#[test]
fn kept_work_comes_with_the_second_part_and_is_not_mistaken_for_a_new_lab() -> Result<()> {
    let journey = Journey::start()?;
    open_node1(&journey)?;
    journey.type_into(FIELD, &format!("echo primeira visita{ENTER}"))?;
    journey.wait_for_text("[role=log] .row:not(.wrap)", "primeira visita", 60)?;

    block(&journey, &["*/rest-*"])?;
    open_node1(&journey)?;
    journey.wait_until("!!document.querySelector('[data-retry]')", 20)?;
    ensure!(!journey.has("[data-step-state=current]")?, "a step is shown that may be another");
    ensure!(!journey.has(".block")?, "the terminal shows what may be otherwise");
    journey.type_into(FIELD, &format!("echo segunda{ENTER}"))?;
    block(&journey, &[])?;
    journey.click("[data-retry]")?;
    journey.wait_for_text("[role=log] .row:not(.wrap)", "segunda", 60)?;
    journey.wait_for_text("[role=log] .row:not(.wrap)", "primeira visita", 5)?;
    ensure!(journey.has("[data-step-state=current]")?);
    Ok(())
}
