//! A browser of our own: ChromeDriver, one session, and what WebDriver can ask of it.
//!
//! Source: W3C WebDriver; `goog:` is Chrome's own and reaches the DevTools protocol.

use std::env;
use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use xtask::chromium;

use crate::http::request;

/// How WebDriver spells an element in JSON.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// Ends with its browser when dropped.
pub(crate) struct Session {
    driver: Child,
    port: u16,
    /// `/session/ID`
    path: String,
    profile: PathBuf,
}

impl Session {
    /// A fresh browser with an empty profile.
    pub(crate) fn start() -> Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let driver = program("CHROMEDRIVER")?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let name =
            format!("enxame-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::SeqCst));
        let profile = env::temp_dir().join(name);
        let child = Command::new(&driver)
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start {}", driver.display()))?;
        let mut session = Self { driver: child, port, path: String::new(), profile };
        session.wait_ready()?;
        session.open()?;
        Ok(session)
    }

    fn wait_ready(&self) -> Result<()> {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            match request(self.port, "GET", "/status", None) {
                Ok(status) if status["ready"] == true => return Ok(()),
                Ok(_) | Err(_) if Instant::now() < deadline => sleep(Duration::from_millis(20)),
                Ok(status) => bail!("ChromeDriver is not ready: {status}"),
                Err(error) => return Err(error.context("ChromeDriver does not answer")),
            }
        }
    }

    fn open(&mut self) -> Result<()> {
        let mut args = chromium::ARGS.map(str::to_owned).to_vec();
        args.push(format!("--user-data-dir={}", self.profile.display()));
        let options = json!({ "binary": program("CHROMIUM")?, "args": args });
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "goog:chromeOptions": options,
            "goog:loggingPrefs": { "browser": "ALL" },
        } } });
        let session = request(self.port, "POST", "/session", Some(&wanted))?;
        let id = session["sessionId"].as_str().context("no session")?;
        self.path = format!("/session/{id}");
        Ok(())
    }

    /// A command of the session with arguments.
    pub(crate) fn post(&self, command: &str, body: &Value) -> Result<Value> {
        request(self.port, "POST", &format!("{}/{command}", self.path), Some(body))
    }

    /// A question to the session.
    pub(crate) fn get(&self, command: &str) -> Result<Value> {
        request(self.port, "GET", &format!("{}/{command}", self.path), None)
    }

    /// Runs a script's body in the page and gives back what it returns.
    pub(crate) fn script(&self, body: &str, args: &Value) -> Result<Value> {
        self.post("execute/sync", &json!({ "script": body, "args": args }))
    }

    /// A command of the DevTools protocol.
    pub(crate) fn devtools(&self, method: &str, params: &Value) -> Result<Value> {
        self.post("goog/cdp/execute", &json!({ "cmd": method, "params": params }))
    }

    /// The first element that fits a CSS selector, as WebDriver names it.
    pub(crate) fn element(&self, css: &str) -> Result<String> {
        let found = self.post("element", &json!({ "using": "css selector", "value": css }))?;
        found[ELEMENT].as_str().map(str::to_owned).with_context(|| format!("no element {css}"))
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if !self.path.is_empty() {
            // Closes the browser; whatever is left ends with its driver.
            let _ = request(self.port, "DELETE", &self.path, None);
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
        let _ = fs::remove_dir_all(&self.profile);
    }
}

/// A program named in the environment, as `cargo xtask test` does.
fn program(name: &str) -> Result<PathBuf> {
    let file = env::var_os(name).with_context(|| {
        format!("{name} names no program: run the journeys by `cargo xtask test journeys`")
    })?;
    Ok(file.into())
}
