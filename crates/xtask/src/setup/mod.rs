//! `setup`: the tools of the page and of its tests, each pinned, in the user's cache.
//!
//! A tool that is there in the right version is used as it is, so a second run touches neither
//! the network nor the disk. Each step says in one line what it does and how long it may take.
//!
//! **Invariant:** nothing is written into the checkout.

mod browser;
mod cargo_tool;
mod sysroot;
mod wasm_opt;
mod wasm_target;

use std::path::PathBuf;

use anyhow::{Result, bail};

pub(crate) use browser::Browser;
pub(crate) use sysroot::SMALL;

use crate::common::say;
use cargo_tool::CargoTool;

/// The release of the crate `wasm-bindgen` in Cargo.toml; the two must be the same.
const WASM_BINDGEN: CargoTool = CargoTool {
    package: "wasm-bindgen-cli",
    version: "0.2.129",
    programs: &["wasm-bindgen", "wasm-bindgen-test-runner"],
    reason: "it writes the JavaScript side of the page",
    minutes: "2 to 4 minutes",
};

/// The bundler. 0.22 asks for a newer compiler than the project's.
const TRUNK: CargoTool = CargoTool {
    package: "trunk",
    version: "0.21.14",
    programs: &["trunk"],
    reason: "it puts the page together",
    minutes: "4 to 10 minutes",
};

/// What building the page needs.
pub(crate) struct PageTools {
    /// Folders to put in front of PATH.
    pub(crate) path: Vec<PathBuf>,
    /// Whether some `wasm-opt` is at hand. Without one Trunk may fetch its own.
    pub(crate) wasm_opt: bool,
    /// A standard library for size, if it could be built.
    pub(crate) small_std: Option<PathBuf>,
}

/// What the tests need beyond that.
pub(crate) struct TestTools {
    /// For the page.
    pub(crate) page: PageTools,
    /// The program that runs a wasm test under node or in a browser.
    pub(crate) test_runner: PathBuf,
    /// Chromium and its driver, unless the quick tests asked for none.
    pub(crate) browser: Option<Browser>,
}

/// Everything `serve` and `dist` need.
pub(crate) fn page() -> Result<PageTools> {
    wasm_target::ensure()?;
    let mut path = vec![WASM_BINDGEN.ensure()?, TRUNK.ensure()?];
    let wasm_opt = match wasm_opt::ensure() {
        Ok(dir) => {
            path.push(dir);
            true
        }
        Err(error) => {
            say(&format!("no wasm-opt ({error:#}): Trunk will try to fetch its own"));
            false
        }
    };
    Ok(PageTools { path, wasm_opt, small_std: wasm_target::small() })
}

/// Everything `test` needs.
pub(crate) fn tests() -> Result<TestTools> {
    let mut tools = tests_without_browser()?;
    tools.browser = Some(browser::ensure()?);
    Ok(tools)
}

/// Everything `test --fast` needs.
pub(crate) fn tests_without_browser() -> Result<TestTools> {
    let page = page()?;
    Ok(TestTools { page, test_runner: test_runner()?, browser: None })
}

/// The program that makes modules of wasm, with the target it needs.
pub(crate) fn wasm_bindgen() -> Result<PathBuf> {
    wasm_target::ensure()?;
    let dir = WASM_BINDGEN.ensure()?;
    Ok(dir.join(format!("wasm-bindgen{}", std::env::consts::EXE_SUFFIX)))
}

/// The program that runs wasm tests.
fn test_runner() -> Result<PathBuf> {
    let dir = WASM_BINDGEN.ensure()?;
    let name = "wasm-bindgen-test-runner";
    Ok(dir.join(format!("{name}{}", std::env::consts::EXE_SUFFIX)))
}

/// `cargo xtask setup [PART…]`: all of it, or only the parts named.
pub(crate) fn command(parts: &[String]) -> Result<()> {
    if parts.is_empty() {
        tests()?;
        say("all tools are in place");
        return Ok(());
    }
    for part in parts {
        match part.as_str() {
            "wasm" => wasm_target::ensure()?,
            "small-std" => drop(wasm_target::small()),
            "wasm-bindgen" => drop(WASM_BINDGEN.ensure()?),
            "trunk" => drop(TRUNK.ensure()?),
            "wasm-opt" => drop(wasm_opt::ensure()?),
            "browser" => drop(browser::ensure()?),
            other => {
                bail!("`{other}` is none of: wasm small-std wasm-bindgen trunk wasm-opt browser")
            }
        }
    }
    Ok(())
}
