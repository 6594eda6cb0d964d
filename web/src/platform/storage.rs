//! Keeping the work: every act goes into the browser's storage before anything else happens.
//!
//! A lab is kept as its acts (inputs with their times), in chunks so that a key press writes a
//! few kilobytes at most. Storage may be absent, full or hold rubbish: each is an answer here,
//! never a failure of the page.

use crate::state::Save;
use serde::{Deserialize, Serialize};
use shell::DeskInput;
use web_sys::Storage;

/// Acts in one chunk.
const CHUNK: usize = 64;
/// Format of what is kept. Another number is another lab: old copies are set aside.
const PREFIX: &str = "enxame.1/";

/// Something a person did, and when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Act {
    /// Simulated microseconds.
    #[serde(rename = "t")]
    pub(crate) at: u64,
    #[serde(rename = "d")]
    pub(crate) deed: Deed,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Deed {
    /// To the desk.
    #[serde(rename = "i")]
    Input(DeskInput),
    /// An answer to a question of the lesson.
    #[serde(rename = "a")]
    Answer { id: String, value: String },
    /// One more hint.
    #[serde(rename = "h")]
    Hint,
}

/// What a kept lab starts from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Head {
    /// The seed.
    pub(crate) seed: u64,
    /// The text of a lesson that is none of ours.
    pub(crate) text: Option<String>,
    /// A free lab: managers, and machines in all.
    pub(crate) free: Option<(u32, u32)>,
}

/// What was found in the storage.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Found {
    Nothing,
    /// A lab, with the instant it had reached.
    Lab {
        head: Head,
        acts: Vec<Act>,
        now: u64,
    },
    /// Something that cannot be read: all of it as text. It has been set aside.
    Corrupt(String),
}

/// Where one lab is kept.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    file: String,
    storage: Option<Storage>,
    /// Acts written so far.
    count: usize,
    /// The last, unfinished chunk.
    tail: Vec<Act>,
    state: Save,
    clock: u64,
}

/// The browser's storage, if it lets itself be used.
pub(crate) fn storage() -> Option<Storage> {
    let storage = gloo::utils::window().local_storage().ok().flatten()?;
    storage.set_item("enxame.probe", "1").ok()?;
    storage.remove_item("enxame.probe").ok()?;
    Some(storage)
}

/// A small setting.
pub(crate) fn setting(name: &str) -> Option<String> {
    gloo::utils::window()
        .local_storage()
        .ok()
        .flatten()?
        .get_item(&["enxame.", name].concat())
        .ok()?
}

/// Keeps a small setting, if there is room.
pub(crate) fn set_setting(name: &str, value: &str) {
    if let Some(storage) = gloo::utils::window().local_storage().ok().flatten() {
        // Without room the setting lasts as long as the page: nothing else depends on it.
        let _ = storage.set_item(&["enxame.", name].concat(), value);
    }
}

/// Whether something is kept of a lesson's lab. What it is, only [`Journal::load`] says.
pub(crate) fn is_kept(file: &str) -> bool {
    Journal::of(file).get("head").is_some()
}

impl Journal {
    /// The journal of a lesson's file (empty: the free lab).
    pub(crate) fn of(file: &str) -> Self {
        let storage = storage();
        let state = if storage.is_some() { Save::Kept } else { Save::Absent };
        Self { file: file.to_owned(), storage, state, ..Self::default() }
    }

    fn key(&self, part: &str) -> String {
        [PREFIX, &self.file, "/", part].concat()
    }

    fn get(&self, part: &str) -> Option<String> {
        self.storage.as_ref()?.get_item(&self.key(part)).ok()?
    }

    fn put(&mut self, part: &str, value: &str) {
        let key = self.key(part);
        let Some(storage) = &self.storage else { return };
        self.state = if storage.set_item(&key, value).is_ok() { Save::Kept } else { Save::Full };
    }

    /// How the work is kept now.
    pub(crate) const fn state(&self) -> Save {
        self.state
    }

    /// Reads what is kept. A lab whose replay never ended last time counts as unreadable.
    pub(crate) fn load(&mut self) -> Found {
        let Some(head) = self.get("head") else { return Found::Nothing };
        let chunks: Vec<String> = (0..).map_while(|k: u32| self.get(&k.to_string())).collect();
        let read = || -> Result<Found, serde_json::Error> {
            let mut acts = Vec::new();
            for chunk in &chunks {
                acts.extend(serde_json::from_str::<Vec<Act>>(chunk)?);
            }
            let now = self.get("now").and_then(|t| t.parse().ok()).unwrap_or(0);
            Ok(Found::Lab { head: serde_json::from_str(&head)?, acts, now })
        };
        match read() {
            Ok(Found::Lab { head, acts, now }) if self.get("replaying").is_none() => {
                self.count = acts.len();
                self.tail = acts.get(self.count / CHUNK * CHUNK..).unwrap_or_default().to_vec();
                Found::Lab { head, acts, now }
            }
            Ok(_) | Err(_) => {
                let text = [head, chunks.join("\n")].join("\n");
                self.set_aside(&text);
                Found::Corrupt(text)
            }
        }
    }

    /// Marks a replay that begins or has ended: should it bring the page down, the next start
    /// does not try again.
    pub(crate) fn replaying(&mut self, on: bool) {
        if on {
            self.put("replaying", "1");
        } else if let Some(storage) = &self.storage {
            // Fails only where nothing could be written either.
            let _ = storage.remove_item(&self.key("replaying"));
        }
    }

    /// Beside what was set aside before. What it replaces goes first: storage may be full.
    fn set_aside(&mut self, text: &str) {
        let before = self.get("aside").into_iter();
        let all: Vec<String> = before.chain([text.to_owned()]).collect();
        self.forget();
        self.put("aside", &all.join("\n"));
    }

    /// Removes this lab from the storage, but for what was set aside.
    pub(crate) fn forget(&mut self) {
        let Some(storage) = &self.storage else { return };
        let mut parts = vec!["head".to_owned(), "now".to_owned(), "replaying".to_owned()];
        parts.extend((0_u32..).map(|k| k.to_string()).take_while(|k| self.get(k).is_some()));
        for part in parts {
            // Fails only where nothing could be written either.
            let _ = storage.remove_item(&self.key(&part));
        }
        self.count = 0;
        self.tail.clear();
    }

    /// Begins a new lab.
    pub(crate) fn begin(&mut self, head: &Head) {
        self.forget();
        if let Ok(text) = serde_json::to_string(head) {
            self.put("head", &text);
        }
    }

    /// Keeps one more act.
    pub(crate) fn append(&mut self, act: Act) {
        if self.storage.is_none() {
            return;
        }
        if self.count.is_multiple_of(CHUNK) {
            self.tail.clear();
        }
        self.tail.push(act);
        self.count += 1;
        let chunk = (self.count - 1) / CHUNK;
        if let Ok(text) = serde_json::to_string(&self.tail) {
            self.put(&chunk.to_string(), &text);
        }
    }

    /// Keeps these acts and no others (after undo and redo).
    pub(crate) fn rewrite(&mut self, acts: &[Act]) {
        let keep = acts.len().div_ceil(CHUNK);
        for (k, chunk) in acts.chunks(CHUNK).enumerate() {
            if let Ok(text) = serde_json::to_string(chunk) {
                self.put(&k.to_string(), &text);
            }
        }
        if let Some(storage) = &self.storage {
            let rest: Vec<String> =
                (keep..).map(|k| k.to_string()).take_while(|k| self.get(k).is_some()).collect();
            for part in rest {
                // Fails only where nothing could be written either.
                let _ = storage.remove_item(&self.key(&part));
            }
        }
        self.count = acts.len();
        self.tail = acts.get(self.count / CHUNK * CHUNK..).unwrap_or_default().to_vec();
    }

    /// Keeps the instant reached, once a simulated second.
    pub(crate) fn clock(&mut self, now: u64) {
        if now / 1_000_000 != self.clock / 1_000_000 {
            self.clock = now;
            self.put("now", &now.to_string());
        }
    }
}
