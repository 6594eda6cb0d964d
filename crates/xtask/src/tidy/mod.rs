//! `tidy`: the rules no compiler checks: who may depend on whom, and how a file looks.
//!
//! A finding names file and line and says what to do; a warning does not fail.

mod dependencies;
mod files;

use anyhow::{Result, bail};

/// One thing found.
pub(crate) struct Finding {
    /// `path` or `path:line`, or a package.
    pub(crate) place: String,
    /// What is wrong and what is right.
    pub(crate) text: String,
    /// Whether it only warns.
    pub(crate) warning: bool,
}

impl Finding {
    fn error(place: impl Into<String>, text: impl Into<String>) -> Self {
        Self { place: place.into(), text: text.into(), warning: false }
    }

    fn warning(place: impl Into<String>, text: impl Into<String>) -> Self {
        Self { place: place.into(), text: text.into(), warning: true }
    }
}

/// `cargo xtask tidy`
pub(crate) fn command(args: &[String]) -> Result<()> {
    if !args.is_empty() {
        bail!("usage: cargo xtask tidy");
    }
    let mut findings = files::check()?;
    findings.extend(dependencies::check()?);
    for finding in &findings {
        let kind = if finding.warning { "warning" } else { "error" };
        println!("{kind}: {}: {}", finding.place, finding.text);
    }
    let errors = findings.iter().filter(|finding| !finding.warning).count();
    println!("tidy: {errors} errors, {} warnings", findings.len() - errors);
    if errors > 0 {
        bail!("{errors} findings");
    }
    Ok(())
}
