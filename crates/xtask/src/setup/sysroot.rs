//! The standard library of the page's target, built from its source: as rustup would have it where
//! rustup cannot download it, and a small one that only the page is linked with.
//!
//! The source is rustup's component `rust-src`, else Debian's package of the same name and release,
//! which holds the library's source with all it depends on. It is asked for with a private list
//! of sources: the machine's own lists, and what it has installed, stay as they are. The mirror
//! is the one the machine itself uses.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use rustc_build_sysroot::{BuildMode, SysrootBuilder, SysrootConfig};

use super::wasm_target::Compiler;
use crate::common::{WASM, cargo, find, root, run, say, tool_dir};

/// Where Debian may hold the release, the likeliest first.
const SUITES: [&str; 5] = ["trixie-backports", "sid", "trixie", "forky", "bookworm-backports"];

/// Signs Debian's suites.
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// How the small library is compiled, and what is linked with it: a panic stops the program at
/// once, without a text or a place (the page says so, and the acts it kept replay natively).
pub(crate) const SMALL: &str = "-Zunstable-options -Cpanic=immediate-abort -Zlocation-detail=none";

/// A library for size: no panic messages, plain sorting and searching. Gives its folder.
pub(super) fn small(compiler: &Compiler) -> Result<PathBuf> {
    let home = tool_dir("wasm32-small-std", &compiler.release)?;
    let built = home.join("sysroot");
    // Cargo reads from the compiler's warnings which kinds of library the target does not have:
    // a cap on lints that silences all of them lets the build end before it begins.
    let flags = format!("{SMALL} -Copt-level=z -Cembed-bitcode=yes --cap-lints=warn");
    let marker = built.join("complete");
    if fs::read_to_string(&marker).ok().as_ref() != Some(&flags) {
        say("building a small standard library for the page: half its code is texts of panics");
        let library = source(&home, compiler)?;
        compile(&library, &built, compiler, "optimize_for_size", flags.split(' '))?;
        fs::write(&marker, &flags)?;
        let _ = fs::remove_dir_all(home.join("source"));
    }
    Ok(built)
}

/// Builds the target for `compiler` and puts it where rustup would have put it.
pub(super) fn build(compiler: &Compiler) -> Result<()> {
    let home = tool_dir("wasm32-std", &compiler.release)?;
    let built = home.join("sysroot");
    let marker = built.join("complete");
    if !marker.is_file() {
        let library = source(&home, compiler)?;
        compile(&library, &built, compiler, "panic-unwind", [])?;
        fs::write(&marker, "")?;
        // 200 MB that nothing reads any more.
        let _ = fs::remove_dir_all(home.join("source"));
    }
    let from = built.join("lib/rustlib").join(WASM);
    let to = compiler.sysroot.join("lib/rustlib").join(WASM);
    say("adding the library to the compiler's own folder");
    copy(&from, &to).with_context(|| format!("cannot write {}", to.display()))
}

/// The library's source, downloaded if it is not in the cache.
fn source(home: &Path, compiler: &Compiler) -> Result<PathBuf> {
    let own = compiler.sysroot.join("lib/rustlib/src/rust/library");
    let there = || own.join("std/Cargo.toml").is_file();
    if !there() && find("rustup").is_some() {
        say("adding the component rust-src: the library's source; seconds");
        let mut add = Command::new("rustup");
        add.current_dir(root()).args(["component", "add", "rust-src"]);
        let _ = add.stdin(Stdio::null()).status();
    }
    if there() {
        return Ok(own);
    }
    let release = &compiler.release;
    let library = home.join("source").join(format!("usr/src/rustc-{release}/library"));
    if library.join("std/Cargo.toml").is_file() {
        return Ok(library);
    }
    for tool in ["apt-get", "dpkg"] {
        if find(tool).is_none() {
            bail!("its source is known to be packaged by Debian only, and there is no {tool}");
        }
    }
    let mirror = mirror()?;
    let apt = home.join("apt");
    for suite in SUITES {
        say(&format!("looking for rust-src {release} in Debian {suite}; about 30 MB, seconds"));
        match download(&apt, &mirror, suite, release) {
            Ok(package) => {
                unpack(&package, &home.join("source"))?;
                let _ = fs::remove_dir_all(&apt);
                if library.join("std/Cargo.toml").is_file() {
                    return Ok(library);
                }
                bail!("rust-src {release} is laid out in an unknown way");
            }
            Err(error) => say(&format!("not in {suite}: {error:#}")),
        }
    }
    bail!("no source of Rust {release} found")
}

/// The Debian mirror of this machine, from its own apt lists.
fn mirror() -> Result<String> {
    let mut files = vec![PathBuf::from("/etc/apt/sources.list")];
    if let Ok(entries) = fs::read_dir("/etc/apt/sources.list.d") {
        let mut more: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
        more.sort();
        files.extend(more);
    }
    for file in files {
        let Ok(text) = fs::read_to_string(&file) else { continue };
        let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
        let mut words = lines.flat_map(str::split_whitespace);
        let found = words
            .find(|word| word.contains("://") && word.trim_end_matches('/').ends_with("/debian"));
        if let Some(uri) = found {
            return Ok(uri.to_owned());
        }
    }
    bail!("this machine's apt lists name no Debian mirror")
}

/// Fetches the package of exactly `release` from one suite.
fn download(apt: &Path, mirror: &str, suite: &str, release: &str) -> Result<PathBuf> {
    let dir = apt.join(suite);
    fs::create_dir_all(dir.join("lists/partial"))?;
    let list = dir.join("sources.list");
    fs::write(&list, format!("deb [signed-by={KEYRING}] {mirror} {suite} main\n"))?;
    let apt_get = || {
        let mut command = Command::new("apt-get");
        command
            .current_dir(&dir)
            .arg("-qq")
            .args(["-o", &format!("Dir::Etc::sourcelist={}", list.display())])
            .args(["-o", "Dir::Etc::sourceparts=-"])
            .args(["-o", &format!("Dir::State::lists={}", dir.join("lists").display())])
            .args(["-o", &format!("Dir::Cache={}", dir.display())])
            .args(["-o", "APT::Sandbox::User=root"])
            .args(["-o", "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false"]);
        command
    };
    run(apt_get().arg("update"))?;
    run(apt_get().args(["download", &format!("rust-src={release}*")]))?;
    let package = fs::read_dir(&dir)?
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|ext| ext == "deb"));
    package.context("apt-get downloaded nothing")
}

fn unpack(package: &Path, into: &Path) -> Result<()> {
    fs::create_dir_all(into)?;
    run(Command::new("dpkg").arg("-x").arg(package).arg(into))
}

fn compile<'f>(
    library: &Path,
    into: &Path,
    compiler: &Compiler,
    feature: &str,
    flags: impl IntoIterator<Item = &'f str>,
) -> Result<()> {
    say("compiling the standard library; 1 to 3 minutes");
    let mut build = cargo();
    build.env("RUSTC_BOOTSTRAP", "1").env_remove("CARGO_TARGET_DIR").env_remove("RUSTFLAGS");
    build.stdout(std::process::Stdio::inherit()).stderr(std::process::Stdio::inherit());
    // Messages of a panic name the library as in a downloaded one, not a folder of this machine.
    let names =
        format!("--remap-path-prefix={}=/rustc/{}/library", library.display(), compiler.commit);
    SysrootBuilder::new(into, WASM)
        .build_mode(BuildMode::Build)
        .sysroot_config(SysrootConfig::WithStd { std_features: vec![feature.into()] })
        .rustflag(names)
        .rustflags(flags)
        .cargo(build)
        .build_from_source(library)?;
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let goal = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &goal)?;
        } else {
            fs::copy(entry.path(), goal)?;
        }
    }
    Ok(())
}
