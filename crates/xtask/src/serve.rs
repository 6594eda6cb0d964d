//! `serve`: the page as it would be published, on this machine, in a browser.
//!
//! With `--dev` it is built for debugging, and again at every change.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::common::{find, say};
use crate::{develop, page, setup};
use xtask::server;

const USAGE: &str = "usage: cargo xtask serve [--dev] [--port N] [--no-open]";

/// `cargo xtask serve [--dev] [--port N] [--no-open]`
pub(crate) fn command(args: &[String]) -> Result<()> {
    let (mut dev, mut open, mut port) = (false, true, 8080_u16);
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--dev" => dev = true,
            "--no-open" => open = false,
            "--port" => {
                let text = args.next().context(USAGE)?;
                port = text.parse().with_context(|| format!("`{text}` is no port: {USAGE}"))?;
            }
            _ => bail!(USAGE),
        }
    }
    let tools = setup::page()?;
    if dev {
        return develop(&tools, port, open);
    }
    let folder = page::scratch();
    page::build(&tools, &folder)?;
    let listener = server::bind(port)?;
    announce(listener.local_addr()?.port(), port, open);
    server::serve(&listener, &folder, "/");
    Ok(())
}

fn develop(tools: &setup::PageTools, port: u16, open: bool) -> Result<()> {
    page::fetch()?;
    let folder = page::scratch().with_file_name("page-dev");
    std::fs::create_dir_all(&folder)?;
    develop::build(tools, &folder, 1);
    let listener = server::bind(port)?;
    announce(listener.local_addr()?.port(), port, open);
    let served = folder.clone();
    std::thread::spawn(move || server::serve(&listener, &served, "/"));
    develop::watch(tools, &folder);
    Ok(())
}

fn announce(bound: u16, wished: u16, open: bool) {
    if bound != wished {
        say(&format!("port {wished} is taken, using {bound}"));
    }
    let address = format!("http://127.0.0.1:{bound}/");
    println!("Enxame: {address}  (Ctrl+C ends it)");
    if open {
        open_browser(&address);
    }
}

fn browser() -> Option<&'static str> {
    if cfg!(target_os = "windows") {
        return Some("explorer");
    }
    if cfg!(target_os = "macos") {
        return Some("open");
    }
    let screen = ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| std::env::var_os(name).is_some());
    (screen && find("xdg-open").is_some()).then_some("xdg-open")
}

/// Opens the address where there is a screen to show it on; else nothing happens.
fn open_browser(address: &str) {
    if let Some(program) = browser() {
        let mut command = Command::new(program);
        let quiet = command.arg(address).stdout(Stdio::null()).stderr(Stdio::null());
        // The address was printed: a browser that does not come is no failure.
        let _ = quiet.spawn();
    }
}
