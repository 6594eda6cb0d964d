//! The page loads, its program starts, nothing complains.

use anyhow::{Result, ensure};
use e2e::Journey;

#[test]
fn page_opens() -> Result<()> {
    let journey = Journey::start()?;
    journey.goto("")?;
    journey.wait_until("document.title.includes('Enxame')", 30)?;
    // The document alone shows that it is being opened; the program puts the laboratory there.
    journey.wait_until("document.getElementById('wait') === null", 30)?;
    journey.wait_until("document.body.innerText.trim().length > 0", 30)?;
    let errors = journey.console_errors()?;
    ensure!(errors.is_empty(), "the console says: {errors:?}");
    Ok(())
}
