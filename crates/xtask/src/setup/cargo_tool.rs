//! A tool that is a crate: `cargo install` into its own folder of the cache.
//!
//! Must not know which tools there are.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::common::{cache, cargo, find, run, say, tool_dir};

/// One pinned tool.
pub(super) struct CargoTool {
    /// The crate.
    pub(super) package: &'static str,
    /// Its exact release.
    pub(super) version: &'static str,
    /// What it installs; the first one answers `--version`.
    pub(super) programs: &'static [&'static str],
    /// Why it is needed, for the announcement.
    pub(super) reason: &'static str,
    /// How long building it may take, for the announcement.
    pub(super) minutes: &'static str,
}

impl CargoTool {
    /// The folder that holds its programs: one on PATH if the release is right, else the cache's.
    pub(super) fn ensure(&self) -> Result<PathBuf> {
        if let Some(dir) = self.on_path() {
            return Ok(dir);
        }
        let home = tool_dir(self.package, self.version)?;
        let bin = home.join("bin");
        if self.complete(&bin) {
            return Ok(bin);
        }
        say(&format!(
            "building {} {} once: {}; {}",
            self.package, self.version, self.reason, self.minutes
        ));
        let build = cache()?.join("build").join(self.package);
        let mut install = cargo();
        install
            .args(["install", self.package, "--version", self.version, "--locked", "--root"])
            .arg(&home)
            // These do little work themselves: less optimising makes them ready much sooner.
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
            .env("CARGO_PROFILE_RELEASE_LTO", "off")
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
            .env("CARGO_PROFILE_RELEASE_DEBUG", "false")
            .env("CARGO_TARGET_DIR", &build)
            .env_remove("CARGO_BUILD_TARGET")
            .env_remove("RUSTFLAGS");
        run(&mut install)
            .with_context(|| format!("{} is needed: {}", self.package, self.reason))?;
        // Objects of a finished build are of no further use; those of a broken one are kept.
        let _ = std::fs::remove_dir_all(&build);
        Ok(bin)
    }

    fn on_path(&self) -> Option<PathBuf> {
        let program = find(self.programs.first()?)?;
        let dir = program.parent()?.to_path_buf();
        (self.complete(&dir) && self.has_version(&program)).then_some(dir)
    }

    fn complete(&self, dir: &Path) -> bool {
        let suffix = std::env::consts::EXE_SUFFIX;
        self.programs.iter().all(|name| dir.join(format!("{name}{suffix}")).is_file())
    }

    fn has_version(&self, program: &Path) -> bool {
        Command::new(program).arg("--version").output().is_ok_and(|out| {
            String::from_utf8_lossy(&out.stdout).split_whitespace().any(|w| w == self.version)
        })
    }
}
