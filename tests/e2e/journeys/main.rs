//! The journeys: what only a real browser can show. `cargo xtask test journeys` runs them.

mod first_lesson;
mod page_opens;
mod second_part;
mod something_broke;

use anyhow::{Context, Result};
use e2e::Journey;
use serde_json::json;

/// From now on a file that the page offers is kept in the page; see [`offered`].
fn keep_downloads(journey: &Journey) -> Result<()> {
    let keep = "const make = URL.createObjectURL; \
        URL.createObjectURL = (blob) => { window.offered = blob; return make(blob); };";
    journey.script(keep, &json!([])).map(drop)
}

/// What was typed, as kept work holds it: a character an act.
fn typed(kept: &str) -> String {
    let acts = kept.split(r#"{"Text":{"machine":""#).skip(1);
    acts.filter_map(|act| act.split(r#""text":""#).nth(1)?.split('"').next()).collect()
}

/// The text of the file that was offered last.
fn offered(journey: &Journey) -> Result<String> {
    let text = journey.script("return window.offered.text()", &json!([]))?;
    text.as_str().map(str::to_owned).context("no file was offered")
}
