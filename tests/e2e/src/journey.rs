//! One person with one browser on the built page.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use xtask::server;

use crate::base64;
use crate::webdriver::Session;

/// Two browsers at once would make each other slow.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Where the page stands on its server: an address in it that is not relative finds nothing.
const PREFIX: &str = "/some/where/";

/// A browser that has the page's address and, after [`Journey::goto`], shows it.
pub struct Journey {
    session: Session,
    address: String,
    _turn: MutexGuard<'static, ()>,
}

impl Journey {
    /// Serves the built page under a sub path, as GitHub Pages does, and starts a browser with
    /// an empty profile.
    ///
    /// # Errors
    /// When no page is built or there is no browser.
    pub fn start() -> Result<Self> {
        let turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = page()?;
        let listener = server::bind(8200)?;
        let address = format!("http://127.0.0.1:{}{PREFIX}", listener.local_addr()?.port());
        thread::spawn(move || server::serve(&listener, &folder, PREFIX));
        let journey = Self { session: Session::start()?, address, _turn: turn };
        journey.viewport(1280, 800)?;
        Ok(journey)
    }

    /// Where the page is.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Opens the page; `rest` may hold a query and a fragment.
    ///
    /// # Errors
    /// When it does not load.
    pub fn goto(&self, rest: &str) -> Result<()> {
        // A change of the fragment alone would not load the page again.
        self.session.post("url", &json!({ "url": "about:blank" }))?;
        self.session.post("url", &json!({ "url": format!("{}{rest}", self.address) }))?;
        Ok(())
    }

    /// Loads the page again, with what it has stored.
    ///
    /// # Errors
    /// When it does not load.
    pub fn reload(&self) -> Result<()> {
        self.session.post("refresh", &json!({})).map(drop)
    }

    /// The document's title.
    ///
    /// # Errors
    /// When the browser is gone.
    pub fn title(&self) -> Result<String> {
        let title = self.session.get("title")?;
        Ok(title.as_str().unwrap_or("").to_owned())
    }

    /// Whether an element fits the selector now.
    ///
    /// # Errors
    /// When the browser is gone or the selector is wrong.
    pub fn has(&self, css: &str) -> Result<bool> {
        self.script("return document.querySelector(arguments[0]) !== null", &json!([css]))
            .map(|found| found == true)
    }

    /// The text of the first element that fits, as it is shown.
    ///
    /// # Errors
    /// When there is none.
    pub fn text(&self, css: &str) -> Result<String> {
        let element = self.session.element(css)?;
        let text = self.session.get(&format!("element/{element}/text"))?;
        Ok(text.as_str().unwrap_or("").to_owned())
    }

    /// Clicks the first element that fits, in its middle, as a person would.
    ///
    /// # Errors
    /// When there is none, or something lies over it.
    pub fn click(&self, css: &str) -> Result<()> {
        let element = self.session.element(css)?;
        self.session.post(&format!("element/{element}/click"), &json!({})).map(drop)
    }

    /// Focuses the first element that fits and types into it; see [`crate::key`].
    ///
    /// # Errors
    /// When there is none, or it takes no keys.
    pub fn type_into(&self, css: &str, text: &str) -> Result<()> {
        let element = self.session.element(css)?;
        let keys = json!({ "text": text });
        self.session.post(&format!("element/{element}/value"), &keys).map(drop)
    }

    /// Types into whatever has the focus, key by key.
    ///
    /// # Errors
    /// When the browser is gone.
    pub fn keys(&self, text: &str) -> Result<()> {
        let steps = text.chars().flat_map(|key| [down(key), up(key)]).collect();
        self.perform(steps)
    }

    /// Presses keys together, such as `[CONTROL, 'c']`.
    ///
    /// # Errors
    /// When the browser is gone.
    pub fn chord(&self, keys: &[char]) -> Result<()> {
        let pressed = keys.iter().map(|key| down(*key));
        let released = keys.iter().rev().map(|key| up(*key));
        self.perform(pressed.chain(released).collect())
    }

    fn perform(&self, steps: Vec<Value>) -> Result<()> {
        let keyboard = json!({ "type": "key", "id": "keyboard", "actions": steps });
        self.session.post("actions", &json!({ "actions": [keyboard] })).map(drop)
    }

    /// Runs the body of a script with `arguments` and gives back what it returns.
    ///
    /// # Errors
    /// When it throws.
    pub fn script(&self, body: &str, arguments: &Value) -> Result<Value> {
        self.session.script(body, arguments)
    }

    /// Waits until the script's expression is true; a failure says what the page shows.
    ///
    /// # Errors
    /// When it is still not true after `seconds`.
    pub fn wait_until(&self, expression: &str, seconds: u64) -> Result<()> {
        let deadline = Instant::now() + Duration::from_secs(seconds);
        let body = format!("return Boolean({expression})");
        loop {
            if self.script(&body, &json!([]))? == true {
                return Ok(());
            }
            if Instant::now() > deadline {
                let shown = self.text("body").unwrap_or_default();
                let errors = self.console_errors().unwrap_or_default().join("\n");
                bail!(
                    "after {seconds} s not yet: {expression}\nthe page shows:\n{shown}\n{errors}"
                );
            }
            sleep(Duration::from_millis(50));
        }
    }

    /// Waits until an element that fits holds the text.
    ///
    /// # Errors
    /// When it still does not after `seconds`.
    pub fn wait_for_text(&self, css: &str, text: &str, seconds: u64) -> Result<()> {
        let (css, text) = (Value::from(css), Value::from(text));
        let any = format!(
            "[...document.querySelectorAll({css})].some(e => e.textContent.includes({text}))"
        );
        self.wait_until(&any, seconds)
    }

    /// Makes the visible part exactly this large, in CSS pixels.
    ///
    /// # Errors
    /// When the browser is gone.
    pub fn viewport(&self, width: u32, height: u32) -> Result<()> {
        let size = json!({
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600,
        });
        self.devtools("Emulation.setDeviceMetricsOverride", &size).map(drop)
    }

    /// A command of the DevTools protocol: emulated media, a missing network and the like.
    ///
    /// # Errors
    /// When the browser does not know it.
    pub fn devtools(&self, method: &str, params: &Value) -> Result<Value> {
        self.session.devtools(method, params)
    }

    /// Writes a picture of the page at this size to `tests/e2e/shots/NAME.png`.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn screenshot(&self, name: &str, width: u32, height: u32) -> Result<PathBuf> {
        self.viewport(width, height)?;
        let picture = self.session.get("screenshot")?;
        let bytes = base64::decode(picture.as_str().unwrap_or(""))?;
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("shots");
        fs::create_dir_all(&folder)?;
        let file = folder.join(format!("{name}.png"));
        fs::write(&file, bytes).with_context(|| format!("cannot write {}", file.display()))?;
        Ok(file)
    }

    /// Errors in the console since the last call.
    ///
    /// # Errors
    /// When the browser is gone.
    pub fn console_errors(&self) -> Result<Vec<String>> {
        let entries = self.session.post("se/log", &json!({ "type": "browser" }))?;
        let severe = entries.as_array().into_iter().flatten().filter(|e| e["level"] == "SEVERE");
        Ok(severe.filter_map(|e| e["message"].as_str().map(str::to_owned)).collect())
    }
}

fn down(key: char) -> Value {
    json!({ "type": "keyDown", "value": key.to_string() })
}

fn up(key: char) -> Value {
    json!({ "type": "keyUp", "value": key.to_string() })
}

/// The built page: a journey without one fails, it does not pass.
fn page() -> Result<PathBuf> {
    let folder = env::var_os("ENXAME_PAGE")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../dist"), PathBuf::from);
    if !folder.join("index.html").is_file() {
        bail!("no page is built in {}: run `cargo xtask dist` first", folder.display());
    }
    Ok(folder)
}
