//! The target `wasm32-unknown-unknown` of the project's compiler.
//!
//! `rustup target add` where it can download; else the same library, built from source.
//! `rust-toolchain.toml` names no target on purpose: rustup would then try to download it at
//! every call of cargo, and where it cannot every call would fail.

use std::process::{Command, Stdio};

use anyhow::{Result, bail};

use super::sysroot;
use crate::common::{WASM, find, output, root, say};

/// What the compiler says about itself.
pub(super) struct Compiler {
    /// `1.95.0`
    pub(super) release: String,
    /// The commit it was built from; paths inside the standard library are named after it.
    pub(super) commit: String,
    /// Where its libraries are.
    pub(super) sysroot: std::path::PathBuf,
}

impl Compiler {
    pub(super) fn ask() -> Result<Self> {
        let verbose = output(rustc().arg("-vV"))?;
        let field = |name: &str| {
            let line = verbose.lines().find_map(|line| line.strip_prefix(name));
            line.unwrap_or_default().trim().to_owned()
        };
        Ok(Self {
            release: field("release:"),
            commit: field("commit-hash:"),
            sysroot: output(rustc().args(["--print", "sysroot"]))?.trim().into(),
        })
    }

    /// Whether the standard library for the page is there.
    pub(super) fn has_wasm(&self) -> bool {
        let lib = self.sysroot.join("lib/rustlib").join(WASM).join("lib");
        std::fs::read_dir(lib).is_ok_and(|entries| {
            entries.flatten().any(|entry| {
                let name = entry.file_name().to_string_lossy().into_owned();
                name.starts_with("libstd-") && name.ends_with(".rlib")
            })
        })
    }
}

/// The small library for the page, or a line that says why there is none.
pub(super) fn small() -> Option<std::path::PathBuf> {
    match Compiler::ask().and_then(|compiler| sysroot::small(&compiler)) {
        Ok(built) => Some(built),
        Err(error) => {
            say(&format!("no small standard library ({error:#}): the page will be larger"));
            None
        }
    }
}

fn rustc() -> Command {
    let mut command = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    command.current_dir(root());
    command
}

/// Makes sure the target is there.
pub(super) fn ensure() -> Result<()> {
    let compiler = Compiler::ask()?;
    if compiler.has_wasm() {
        return Ok(());
    }
    say(&format!("adding the target {WASM}: the page is compiled for it; under a minute"));
    if find("rustup").is_some() {
        let mut add = Command::new("rustup");
        add.current_dir(root()).args(["target", "add", WASM]);
        let added = add.stdin(Stdio::null()).status().is_ok_and(|status| status.success());
        if added && compiler.has_wasm() {
            return Ok(());
        }
    }
    say("rustup could not download it: building the same library from source; 1 to 4 minutes");
    if let Err(error) = sysroot::build(&compiler) {
        bail!(
            "no target {WASM} for rustc {}: {error:#}. With a network that reaches the Rust \
             project's servers, `rustup target add {WASM}` is all that is needed",
            compiler.release
        );
    }
    Ok(())
}
