//! The page as a folder of files: what `dist` writes, `serve` shows and `size` weighs.
//!
//! Trunk compiles and bundles; here is only what it is asked for. The compiler is told to leave
//! this machine's folders out of the program, so the same source gives the same page anywhere.
//!
//! **Invariant:** every address in the page is relative: it works under any path of any server.

use std::env;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::common::{cargo, output, path_with, root, run, say, target_dir};
use crate::setup::{self, PageTools};
use crate::split;

/// The release of binaryen Trunk is to fetch where `setup` found no way to have one.
const FETCHED_WASM_OPT: &str = "version_132";

/// `cargo xtask dist [--out DIR]`
pub(crate) fn command(args: &[String]) -> Result<()> {
    let out = match args {
        [] => root().join("dist"),
        [flag, dir] if flag == "--out" => env::current_dir()?.join(dir),
        _ => bail!("usage: cargo xtask dist [--out DIR]"),
    };
    build(&setup::page()?, &out)?;
    say(&format!("the page is in {}", out.display()));
    Ok(())
}

/// Builds the page for publishing into `out`.
pub(crate) fn build(tools: &PageTools, out: &Path) -> Result<()> {
    say("building the page; minutes the first time, seconds when little has changed");
    fetch()?;
    if tools.wasm_opt {
        run(&mut trunk(tools, "index.html", out, true)?)?;
    } else {
        without_wasm_opt(tools, out)?;
    }
    in_two_parts(out)?;
    lessons(out)
}

/// A Trunk command with our tools.
pub(crate) fn trunk_command(tools: &PageTools, verb: &str) -> Result<Command> {
    let mut command = Command::new("trunk");
    command.current_dir(root()).arg(verb);
    command.env("PATH", path_with(&tools.path)?).env_remove("NO_COLOR");
    Ok(command)
}

/// Downloads what Cargo.lock names, once; Trunk then works offline.
pub(crate) fn fetch() -> Result<()> {
    let offline = output(cargo().args(["metadata", "--offline", "--locked", "--format-version=1"]));
    if offline.is_ok() {
        return Ok(());
    }
    run(cargo().args(["fetch", "--locked"])).or_else(|_| run(cargo().arg("fetch")))
}

fn trunk(tools: &PageTools, html: &str, out: &Path, offline: bool) -> Result<Command> {
    let mut command = trunk_command(tools, "build")?;
    command.arg(html).args(["--release", "--public-url", "./", "--html-output", "index.html"]);
    if offline {
        command.arg("--offline");
    }
    command.arg("--dist").arg(out);
    let mut flags = format!("{} {}", remap(), split::LINK);
    if let Some(std) = &tools.small_std {
        flags = format!("{flags} --sysroot={} {}", std.display(), setup::SMALL);
        // The one place where a stable compiler is asked for what is not stable yet.
        command.env("RUSTC_BOOTSTRAP", "1");
    }
    command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", flags);
    Ok(command)
}

/// Trunk fetches its own `wasm-opt`; where it cannot, the page is built without.
fn without_wasm_opt(tools: &PageTools, out: &Path) -> Result<()> {
    let mut own = trunk(tools, "index.html", out, false)?;
    if run(own.env("TRUNK_TOOLS_WASM_OPT", FETCHED_WASM_OPT)).is_ok() {
        return Ok(());
    }
    say("building without wasm-opt: the page works the same, its program is larger");
    let plain = root().join(".index-plain.html");
    let text = fs::read_to_string(root().join("index.html"))?;
    fs::write(&plain, text.replace("data-wasm-opt=\"z\"", "data-wasm-opt=\"0\""))?;
    let built = run(&mut trunk(tools, ".index-plain.html", out, true)?);
    fs::remove_file(&plain)?;
    built
}

/// Splits the program and names its second part in the page: `web/src/platform/rest.rs` brings it
/// in once there is something to see.
fn in_two_parts(out: &Path) -> Result<()> {
    let program = fs::read_dir(out)?
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.to_string_lossy().ends_with("_bg.wasm"))
        .context("Trunk wrote no program")?;
    let why = env::var("ENXAME_WHY_FIRST").ok();
    let linked = target_dir().join("wasm32-unknown-unknown/web/enxame-web.wasm");
    let linked =
        fs::read(&linked).with_context(|| format!("no program at {}", linked.display()))?;
    let parts = split::split(&linked, &fs::read(&program)?, why.as_deref())?;
    fs::write(&program, &parts.first)?;
    let name = format!("rest-{:016x}.wasm", fingerprint(&parts.rest));
    fs::write(out.join(&name), &parts.rest)?;
    say(&format!("split at {} gates", parts.gates.len()));

    let page = out.join("index.html");
    let text = fs::read_to_string(&page)?;
    let bytes = parts.rest.len();
    let link = format!(
        "<link id=\"rest\" rel=\"alternate\" type=\"application/wasm\" href=\"./{name}\" \
         data-bytes=\"{bytes}\">"
    );
    let Some((head, body)) = text.split_once("</head>") else { bail!("the page has no head") };
    fs::write(&page, format!("{head}{link}</head>{body}"))?;
    Ok(())
}

/// The same bytes have the same name, other bytes another: a browser may keep them for ever.
fn fingerprint(bytes: &[u8]) -> u64 {
    let mut hash = DefaultHasher::new();
    bytes.hash(&mut hash);
    hash.finish()
}

/// Names of folders in the program's messages: cargo's own and the checkout become short ones.
fn remap() -> String {
    let home = env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| env::home_dir().map(|home| home.join(".cargo")))
        .unwrap_or_default();
    let to_short = |from: &Path, to: &str| format!("--remap-path-prefix={}={to}", from.display());
    format!("{} {}", to_short(&home, "cargo"), to_short(&root(), "enxame"))
}

/// The lessons lie beside the page as they are, so that an instructor can read and link them.
pub(crate) fn lessons(out: &Path) -> Result<()> {
    let from = root().join("lessons");
    copy_tree(&from, &out.join("lessons"))
        .with_context(|| format!("cannot copy {} to {}", from.display(), out.display()))
}

fn copy_tree(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let goal = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_tree(&entry.path(), &goal)?;
        } else {
            fs::copy(entry.path(), &goal)?;
        }
    }
    Ok(())
}

/// Where builds that are only looked at or measured go.
pub(crate) fn scratch() -> PathBuf {
    target_dir().join("page")
}
