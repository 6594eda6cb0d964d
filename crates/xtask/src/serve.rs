//! `serve`: the page as it would be published, on this machine, in a browser.
//!
//! `--dev` hands over to Trunk instead: it rebuilds and reloads at every change.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::common::{find, run, say};
use xtask::server;

use crate::{page, setup};

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
    let bound = listener.local_addr()?.port();
    if bound != port {
        say(&format!("port {port} is taken, using {bound}"));
    }
    let address = format!("http://127.0.0.1:{bound}/");
    println!("Enxame: {address}  (Ctrl+C ends it)");
    if open {
        open_browser(&address);
    }
    server::serve(&listener, &folder, "/");
    Ok(())
}

fn develop(tools: &setup::PageTools, port: u16, open: bool) -> Result<()> {
    page::fetch()?;
    // Trunk does not look for a free port itself.
    let free = server::bind(port)?.local_addr()?.port();
    let folder = page::scratch().with_file_name("page-dev");
    std::fs::create_dir_all(&folder)?;
    let mut trunk = page::trunk_command(tools, "serve")?;
    trunk.args(["--offline", "--address", "127.0.0.1", "--port", &free.to_string()]);
    trunk.arg("--dist").arg(folder);
    if open && browser().is_some() {
        trunk.arg("--open");
    }
    println!("Enxame: http://127.0.0.1:{free}/  (rebuilt at every change; Ctrl+C ends it)");
    run(&mut trunk)
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
