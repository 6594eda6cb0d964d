//! Chromium and its driver, for the tests that only a browser can run.
//!
//! Found ones are used. On Debian and Ubuntu, as root, the system's packages are installed;
//! elsewhere one line says what a person has to install.

use std::env;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Result, bail};

use crate::common::{find, run, say};

/// A browser and the program that drives it.
pub(crate) struct Browser {
    /// Chromium.
    pub(crate) chromium: PathBuf,
    /// ChromeDriver of the same release.
    pub(crate) driver: PathBuf,
}

/// Finds or installs them.
pub(super) fn ensure() -> Result<Browser> {
    if let Some(browser) = found() {
        return Ok(browser);
    }
    if find("apt-get").is_some() && is_root() {
        say("installing chromium and its driver: the tests drive a real browser; about a minute");
        let apt = |args: &[&str]| {
            let mut command = Command::new("apt-get");
            command.args(args).env("DEBIAN_FRONTEND", "noninteractive");
            // dpkg would tell of forty packages; what goes wrong comes on stderr.
            run(command.stdout(Stdio::null()))
        };
        let install =
            ["install", "-qq", "-y", "--no-install-recommends", "chromium", "chromium-driver"];
        if apt(&install).is_err() {
            apt(&["update", "-qq"])?;
            apt(&install)?;
        }
    }
    match found() {
        Some(browser) => Ok(browser),
        None => bail!(
            "the tests need Chromium and ChromeDriver: install both (Debian, Ubuntu: \
             `sudo apt-get install chromium chromium-driver`), or name them in CHROMIUM and \
             CHROMEDRIVER"
        ),
    }
}

fn found() -> Option<Browser> {
    let named = |name: &str| env::var_os(name).map(PathBuf::from).filter(|file| file.is_file());
    let driver = named("CHROMEDRIVER").or_else(|| find("chromedriver"))?;
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    let chromium = named("CHROMIUM").or_else(|| names.iter().find_map(|name| find(name)))?;
    Some(Browser { chromium, driver })
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|out| String::from_utf8_lossy(&out.stdout).trim() == "0")
}
