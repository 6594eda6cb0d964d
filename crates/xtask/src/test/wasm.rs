//! The tests that run inside wasm: under node, and the same ones in a headless Chromium.
//!
//! They stand in the packages that name `wasm-bindgen-test` among their dependencies. A test for
//! both carries no `wasm_bindgen_test_configure!`.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::Setting;
use super::stage::{Done, tested};
use crate::common::{WASM, cargo, output, target_dir};
use crate::setup::Browser;
use xtask::chromium;

/// What is compiled into the page besides the page's own package.
pub(super) const LIBRARIES: [&str; 9] = [
    "enxame-sim",
    "enxame-raft",
    "enxame-api",
    "enxame-manager",
    "enxame-engine",
    "enxame-lab",
    "enxame-docker",
    "enxame-shell",
    "enxame-lesson",
];

/// Under node.
pub(super) fn node(setting: &Setting) -> Result<Done> {
    if crate::common::find("node").is_none() {
        bail!("node is not installed");
    }
    tested(&mut command(setting)?)
}

/// In Chromium.
pub(super) fn browser(setting: &Setting) -> Result<Done> {
    let browser = setting.tools()?.browser.as_ref().context("no browser")?;
    let mut command = command(setting)?;
    command
        .env("WASM_BINDGEN_USE_BROWSER", "1")
        .env("WASM_BINDGEN_TEST_TIMEOUT", "900")
        .env("CHROMEDRIVER", &browser.driver)
        .env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", capabilities(browser)?);
    tested(&mut command)
}

fn command(setting: &Setting) -> Result<Command> {
    let runner = json!([setting.tools()?.test_runner.display().to_string()]);
    let mut command = cargo();
    command.args(["test", "--target", WASM, "--tests", "--no-fail-fast"]);
    command.args(["--config", &format!("target.{WASM}.runner={runner}")]);
    for package in packages()? {
        command.args(["--package", &package]);
    }
    // One history runs here and there; what it led to here is compared over there.
    let mut native = cargo();
    native.args(["run", "--quiet", "--package", "enxame-same"]);
    command.env("ENXAME_DIGESTS", output(&mut native)?);
    Ok(command)
}

/// Our packages with tests for wasm.
fn packages() -> Result<Vec<String>> {
    let text = output(cargo().args(["metadata", "--format-version=1", "--no-deps"]))?;
    let metadata: Value = serde_json::from_str(&text)?;
    let mut found = Vec::new();
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let mut dependencies = package["dependencies"].as_array().into_iter().flatten();
        if dependencies.any(|dependency| dependency["name"] == "wasm-bindgen-test") {
            found.extend(package["name"].as_str().map(str::to_owned));
        }
    }
    if found.is_empty() {
        bail!("no package has tests for wasm: none names wasm-bindgen-test");
    }
    Ok(found)
}

/// The file that tells the test runner how to start Chromium.
fn capabilities(browser: &Browser) -> Result<PathBuf> {
    let folder = target_dir().join("browser");
    fs::create_dir_all(&folder)?;
    let profile = folder.join("profile");
    // A profile left by an earlier run could change what is tested.
    let _ = fs::remove_dir_all(&profile);
    let mut args: Vec<String> = chromium::ARGS.map(str::to_owned).to_vec();
    args.push(format!("--user-data-dir={}", profile.display()));
    let file = folder.join("webdriver.json");
    let options = json!({ "binary": browser.chromium, "args": args });
    fs::write(&file, json!({ "goog:chromeOptions": options }).to_string())?;
    Ok(file)
}
