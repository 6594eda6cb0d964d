//! A line editor with readline's keys: history, search, kill ring of one.
//!
//! It knows neither prompt nor screen: whoever owns it draws [`Editor::line`] and
//! [`Editor::cursor`], and acts on the [`Edited`] that each key gives.

#![expect(clippy::wildcard_enum_match_arm, reason = "a key without a meaning here does nothing")]

use serde::{Deserialize, Serialize};

/// A key as the page or a native terminal names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names on the keys")]
pub enum Key {
    /// Text, as typed.
    Char(char),
    Enter,
    Backspace,
    Delete,
    Left,
    Right,
    Up,
    Down,
    Home,
    End,
    PageUp,
    PageDown,
    Tab,
    BackTab,
    Escape,
    /// Ctrl and a lower-case letter.
    Ctrl(char),
    /// Alt and a lower-case letter.
    Alt(char),
    CtrlLeft,
    CtrlRight,
    CtrlBackspace,
    CtrlDelete,
    AltBackspace,
}

/// What a key did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Edited {
    /// Nothing to draw.
    Nothing,
    /// Line or cursor changed.
    Changed,
    /// Enter: the whole line; the editor is empty now.
    Enter(String),
    /// Ctrl+D on an empty line.
    Eof,
    /// Ctrl+C: the line as it stood; the editor is empty now.
    Interrupt(String),
    /// Tab.
    Complete,
    /// Ctrl+L.
    Clear,
}

/// A line being typed, and the lines before it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Editor {
    line: Vec<char>,
    cursor: u32,
    history: Vec<String>,
    /// Which line of the history is shown; `None`: the one being typed.
    shown: Option<u32>,
    /// The line being typed while history is shown.
    stash: String,
    killed: Vec<char>,
    /// The key before also cut: cuts go together.
    cutting: bool,
    search: Option<Search>,
}

/// Ctrl+R under way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Search {
    query: String,
    /// Found in this line of the history.
    at: Option<u32>,
    failed: bool,
    /// As it was before, for Ctrl+G.
    before: String,
}

/// Most lines kept.
const HISTORY: usize = 1_000;

fn index(n: u32) -> usize {
    n as usize
}

impl Editor {
    /// The line as it stands.
    #[must_use]
    pub fn line(&self) -> String {
        self.line.iter().collect()
    }

    /// The cursor, in characters from the start.
    #[must_use]
    pub const fn cursor(&self) -> u32 {
        self.cursor
    }

    /// Lines entered before, oldest first.
    #[must_use]
    pub fn history(&self) -> &[String] {
        &self.history
    }

    /// While Ctrl+R searches: what stands in place of the prompt.
    #[must_use]
    pub fn search_prompt(&self) -> Option<String> {
        self.search.as_ref().map(|s| {
            let failed = if s.failed { "failed " } else { "" };
            format!("({failed}reverse-i-search)`{}': ", s.query)
        })
    }

    /// Puts a text in place of the line.
    pub fn set(&mut self, text: &str) {
        self.line = text.chars().collect();
        self.cursor = self.len();
        self.shown = None;
        self.search = None;
        self.cutting = false;
    }

    /// Types a text without line ends at the cursor.
    pub fn insert(&mut self, text: &str) {
        let at = index(self.cursor).min(self.line.len());
        let count = text.chars().count();
        self.line.splice(at..at, text.chars());
        self.cursor += u32::try_from(count).unwrap_or(0);
        self.cutting = false;
    }

    /// Replaces characters `from..cursor` (completion).
    pub fn replace(&mut self, from: u32, text: &str) {
        let (from, to) =
            (index(from).min(self.line.len()), index(self.cursor).min(self.line.len()));
        self.line.drain(from.min(to)..to);
        self.cursor = u32::try_from(from.min(to)).unwrap_or(0);
        self.insert(text);
    }

    /// Remembers a line. The same line twice in a row, an empty one and one that starts with a
    /// blank are not kept (Debian's `HISTCONTROL=ignoreboth`).
    pub fn remember(&mut self, line: &str) {
        let skip = line.trim().is_empty()
            || line.starts_with(' ')
            || self.history.last().is_some_and(|last| last == line);
        if !skip {
            self.history.push(line.to_owned());
            if self.history.len() > HISTORY {
                self.history.remove(0);
            }
        }
        self.shown = None;
    }

    fn len(&self) -> u32 {
        u32::try_from(self.line.len()).unwrap_or(u32::MAX)
    }

    /// Takes one key.
    pub fn key(&mut self, key: Key) -> Edited {
        if self.search.is_some() {
            match self.search_key(key) {
                Some(edited) => return edited,
                None => self.search = None,
            }
        }
        let cutting = std::mem::take(&mut self.cutting);
        match key {
            Key::Char(c) => {
                self.insert(c.encode_utf8(&mut [0; 4]));
                Edited::Changed
            }
            Key::Enter | Key::Ctrl('j' | 'm') => Edited::Enter(self.take()),
            Key::Ctrl('c') => Edited::Interrupt(self.take()),
            Key::Ctrl('d') if self.line.is_empty() => Edited::Eof,
            Key::Tab | Key::Ctrl('i') => Edited::Complete,
            Key::Ctrl('l') => Edited::Clear,
            Key::Ctrl('r') => {
                self.search = Some(Search { before: self.line(), ..Search::default() });
                Edited::Changed
            }
            Key::Left | Key::Ctrl('b') => self.go(self.cursor.saturating_sub(1)),
            Key::Right | Key::Ctrl('f') => self.go(self.cursor + 1),
            Key::Home | Key::Ctrl('a') => self.go(0),
            Key::End | Key::Ctrl('e') => self.go(self.len()),
            Key::CtrlLeft | Key::Alt('b') => self.go(self.word_left(false)),
            Key::CtrlRight | Key::Alt('f') => self.go(self.word_right()),
            Key::Up | Key::Ctrl('p') => self.older(),
            Key::Down | Key::Ctrl('n') => self.newer(),
            Key::PageUp => self.show(0),
            Key::PageDown => self.show(u32::MAX),
            Key::Backspace | Key::Ctrl('h') => {
                let from = self.cursor.saturating_sub(1);
                self.remove(from, self.cursor);
                Edited::Changed
            }
            Key::Delete | Key::Ctrl('d') => {
                self.remove(self.cursor, self.cursor + 1);
                Edited::Changed
            }
            Key::Ctrl('k') => self.cut(self.cursor, self.len(), cutting),
            Key::Ctrl('u') => self.cut(0, self.cursor, cutting),
            Key::Ctrl('w') => self.cut(self.word_left(true), self.cursor, cutting),
            Key::AltBackspace | Key::CtrlBackspace => {
                self.cut(self.word_left(false), self.cursor, cutting)
            }
            Key::Alt('d') | Key::CtrlDelete => self.cut(self.cursor, self.word_right(), cutting),
            Key::Ctrl('y') => {
                let text: String = self.killed.iter().collect();
                self.insert(&text);
                Edited::Changed
            }
            Key::Ctrl('t') => self.swap(),
            Key::Alt(c @ ('u' | 'l' | 'c')) => self.change_case(c),
            Key::BackTab | Key::Escape | Key::Ctrl(_) | Key::Alt(_) => Edited::Nothing,
        }
    }

    /// Empties the line and gives what stood there.
    pub fn take(&mut self) -> String {
        let line = self.line();
        self.line.clear();
        self.cursor = 0;
        self.shown = None;
        self.search = None;
        line
    }

    fn go(&mut self, to: u32) -> Edited {
        let to = to.min(self.len());
        if to == self.cursor {
            return Edited::Nothing;
        }
        self.cursor = to;
        Edited::Changed
    }

    fn is_word(&self, at: u32, blanks_only: bool) -> bool {
        self.line
            .get(index(at))
            .is_some_and(|c| if blanks_only { !c.is_whitespace() } else { c.is_alphanumeric() })
    }

    fn word_left(&self, blanks_only: bool) -> u32 {
        let mut at = self.cursor;
        while at > 0 && !self.is_word(at - 1, blanks_only) {
            at -= 1;
        }
        while at > 0 && self.is_word(at - 1, blanks_only) {
            at -= 1;
        }
        at
    }

    fn word_right(&self) -> u32 {
        let mut at = self.cursor;
        while at < self.len() && !self.is_word(at, false) {
            at += 1;
        }
        while at < self.len() && self.is_word(at, false) {
            at += 1;
        }
        at
    }

    fn remove(&mut self, from: u32, to: u32) -> Vec<char> {
        let to = to.min(self.len());
        let from = from.min(to);
        self.cursor = from;
        self.line.drain(index(from)..index(to)).collect()
    }

    fn cut(&mut self, from: u32, to: u32, together: bool) -> Edited {
        let backwards = from < self.cursor;
        let cut = self.remove(from, to);
        if cut.is_empty() {
            self.cutting = together;
            return Edited::Nothing;
        }
        if !together {
            self.killed.clear();
        }
        let at = if backwards { 0 } else { self.killed.len() };
        self.killed.splice(at..at, cut);
        self.cutting = true;
        Edited::Changed
    }

    fn swap(&mut self) -> Edited {
        let at = self.cursor.min(self.len().saturating_sub(1));
        if at == 0 || self.line.len() < 2 {
            return Edited::Nothing;
        }
        self.line.swap(index(at) - 1, index(at));
        self.cursor = at + 1;
        Edited::Changed
    }

    fn change_case(&mut self, how: char) -> Edited {
        let end = self.word_right();
        let mut first = true;
        for at in self.cursor..end {
            if let Some(c) = self.line.get_mut(index(at)) {
                let upper = how == 'u' || (how == 'c' && first && c.is_alphanumeric());
                first &= !c.is_alphanumeric();
                *c = if upper { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() };
            }
        }
        self.cursor = end;
        Edited::Changed
    }

    fn older(&mut self) -> Edited {
        let count = u32::try_from(self.history.len()).unwrap_or(0);
        let at = self.shown.unwrap_or(count);
        if at == 0 { Edited::Nothing } else { self.show(at - 1) }
    }

    fn newer(&mut self) -> Edited {
        match self.shown {
            None => Edited::Nothing,
            Some(at) => self.show(at + 1),
        }
    }

    /// Shows a line of the history; beyond the last one, what was being typed.
    fn show(&mut self, at: u32) -> Edited {
        if self.shown.is_none() {
            self.stash = self.line();
        }
        match self.history.get(index(at)).cloned() {
            Some(line) => {
                self.set(&line);
                self.shown = Some(at);
            }
            None => {
                let line = std::mem::take(&mut self.stash);
                self.set(&line);
            }
        }
        Edited::Changed
    }

    /// A key while Ctrl+R searches; `None`: the search is over and the key counts as usual.
    fn search_key(&mut self, key: Key) -> Option<Edited> {
        let mut search = self.search.take()?;
        match key {
            Key::Char(c) => {
                search.query.push(c);
                self.look(&mut search, None);
            }
            Key::Backspace | Key::Ctrl('h') => {
                search.query.pop();
                self.look(&mut search, None);
            }
            Key::Ctrl('r') => {
                let below = search.at;
                self.look(&mut search, below);
            }
            Key::Ctrl('g' | 'c') => {
                let before = search.before;
                self.set(&before);
                return Some(Edited::Changed);
            }
            Key::Escape => return Some(Edited::Changed),
            _ => return None,
        }
        self.search = Some(search);
        Some(Edited::Changed)
    }

    fn look(&mut self, search: &mut Search, below: Option<u32>) {
        let limit = below.map_or(self.history.len(), index);
        let found = self
            .history
            .iter()
            .take(limit)
            .rposition(|line| !search.query.is_empty() && line.contains(&search.query));
        search.failed = found.is_none() && !search.query.is_empty();
        if let Some(at) = found {
            search.at = u32::try_from(at).ok();
            if let Some(line) = self.history.get(at).cloned() {
                let byte = line.find(&search.query).unwrap_or(0);
                let column = line.get(..byte).map_or(0, |head| head.chars().count());
                self.line = line.chars().collect();
                self.cursor = u32::try_from(column).unwrap_or(0);
            }
        }
    }
}

/// Keys out of the bytes that a terminal sends; what is not yet complete stays in `partial`.
pub fn keys(partial: &mut Vec<u8>, bytes: &[u8]) -> Vec<Key> {
    partial.extend(bytes);
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(first) = partial.get(at).copied() {
        let rest = partial.get(at..).unwrap_or_default();
        let (key, used) = match first {
            b'\r' | b'\n' => (Some(Key::Enter), 1),
            b'\t' => (Some(Key::Tab), 1),
            0x7f | 0x08 => (Some(Key::Backspace), 1),
            0x1b => match escape(rest) {
                Some(found) => found,
                None => break,
            },
            1..=26 => (Some(Key::Ctrl(char::from(first - 1 + b'a'))), 1),
            0..=31 => (None, 1),
            _ => {
                let length = match first {
                    0xc0..=0xdf => 2,
                    0xe0..=0xef => 3,
                    0xf0..=0xff => 4,
                    _ => 1,
                };
                if rest.len() < length {
                    break;
                }
                let text = std::str::from_utf8(rest.get(..length).unwrap_or_default());
                (text.ok().and_then(|t| t.chars().next()).map(Key::Char), length)
            }
        };
        out.extend(key);
        at += used;
    }
    partial.drain(..at);
    out
}

/// A key that starts with Escape, and its length. `None`: its end has not come.
fn escape(bytes: &[u8]) -> Option<(Option<Key>, usize)> {
    match bytes.get(1) {
        // nothing follows in the same piece: the Escape key itself
        None => Some((Some(Key::Escape), 1)),
        Some(b'[') => {
            let end = bytes.iter().skip(2).position(|b| (0x40..=0x7e).contains(b))? + 2;
            let last = bytes.get(end)?;
            let inner = std::str::from_utf8(bytes.get(2..end)?).unwrap_or("");
            let ctrl = inner.ends_with(";5");
            let key = match (last, inner) {
                (b'A', _) => Some(Key::Up),
                (b'B', _) => Some(Key::Down),
                (b'C', _) => Some(if ctrl { Key::CtrlRight } else { Key::Right }),
                (b'D', _) => Some(if ctrl { Key::CtrlLeft } else { Key::Left }),
                (b'H', _) | (b'~', "1" | "7") => Some(Key::Home),
                (b'F', _) | (b'~', "4" | "8") => Some(Key::End),
                (b'Z', _) => Some(Key::BackTab),
                (b'~', "3") => Some(Key::Delete),
                (b'~', "3;5") => Some(Key::CtrlDelete),
                (b'~', "5") => Some(Key::PageUp),
                (b'~', "6") => Some(Key::PageDown),
                _ => None,
            };
            Some((key, end + 1))
        }
        Some(b'O') => {
            let key = match bytes.get(2)? {
                b'A' => Some(Key::Up),
                b'B' => Some(Key::Down),
                b'C' => Some(Key::Right),
                b'D' => Some(Key::Left),
                b'H' => Some(Key::Home),
                b'F' => Some(Key::End),
                _ => None,
            };
            Some((key, 3))
        }
        Some(0x7f | 0x08) => Some((Some(Key::AltBackspace), 2)),
        Some(c) if c.is_ascii_graphic() => Some((Some(Key::Alt(char::from(*c))), 2)),
        Some(_) => Some((Some(Key::Escape), 1)),
    }
}

/// The bytes that a terminal sends for a key (xterm).
#[must_use]
pub fn bytes(key: Key) -> Vec<u8> {
    let text: &[u8] = match key {
        Key::Char(c) => return c.to_string().into_bytes(),
        Key::Ctrl(c) => return vec![(c.to_ascii_lowercase() as u32 as u8) & 0x1f],
        Key::Alt(c) => return format!("\x1b{c}").into_bytes(),
        Key::Enter => b"\r",
        Key::Backspace => b"\x7f",
        Key::Delete => b"\x1b[3~",
        Key::Left => b"\x1b[D",
        Key::Right => b"\x1b[C",
        Key::Up => b"\x1b[A",
        Key::Down => b"\x1b[B",
        Key::Home => b"\x1b[H",
        Key::End => b"\x1b[F",
        Key::PageUp => b"\x1b[5~",
        Key::PageDown => b"\x1b[6~",
        Key::Tab => b"\t",
        Key::BackTab => b"\x1b[Z",
        Key::Escape => b"\x1b",
        Key::CtrlLeft => b"\x1b[1;5D",
        Key::CtrlRight => b"\x1b[1;5C",
        Key::CtrlBackspace => b"\x08",
        Key::CtrlDelete => b"\x1b[3;5~",
        Key::AltBackspace => b"\x1b\x7f",
    };
    text.to_vec()
}
