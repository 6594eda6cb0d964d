//! `nano` as far as a lesson's file needs it: typing, moving, cutting lines, saving.

#![expect(clippy::wildcard_enum_match_arm, reason = "a key without a meaning here does nothing")]

use crate::world::sh::Key;
use serde::{Deserialize, Serialize};

/// What a key of nano asks for.
pub(crate) enum Asked {
    /// Draw again.
    Draw,
    /// Write this to that file, then draw.
    Save(String, String),
    /// The end.
    Quit,
}

/// A file being edited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Nano {
    name: String,
    lines: Vec<String>,
    row: u32,
    column: u32,
    top: u32,
    changed: bool,
    cut: Vec<String>,
    message: String,
    ask: Ask,
    quit_after: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Ask {
    Nothing,
    /// Save before leaving?
    Save,
    /// Under which name?
    Name(String),
}

impl Nano {
    pub(crate) fn new(name: &str, text: &str, known: bool) -> Self {
        let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
        if lines.len() > 1 && lines.last().is_some_and(String::is_empty) {
            lines.pop();
        }
        let count = lines.len();
        let message =
            if known { format!("[ Read {count} lines ]") } else { "[ New File ]".to_owned() };
        Self {
            name: name.to_owned(),
            lines,
            row: 0,
            column: 0,
            top: 0,
            changed: false,
            cut: Vec::new(),
            message,
            ask: Ask::Nothing,
            quit_after: false,
        }
    }

    /// What was written, or why not.
    pub(crate) fn saved(&mut self, result: Result<(), String>) -> bool {
        match result {
            Ok(()) => {
                self.changed = false;
                self.message = format!("[ Wrote {} lines ]", self.lines.len());
                self.quit_after
            }
            Err(text) => {
                self.message = format!("[ Error writing {}: {text} ]", self.name);
                self.quit_after = false;
                false
            }
        }
    }

    fn text(&self) -> String {
        let mut text = self.lines.join("\n");
        if !text.is_empty() {
            text.push('\n');
        }
        text
    }

    pub(crate) fn key(&mut self, key: Key) -> Asked {
        match std::mem::replace(&mut self.ask, Ask::Nothing) {
            Ask::Nothing => self.edit(key),
            Ask::Save => match key {
                Key::Char('y' | 'Y' | 's' | 'S') => {
                    self.ask = Ask::Name(self.name.clone());
                    Asked::Draw
                }
                Key::Char('n' | 'N') => Asked::Quit,
                Key::Ctrl('c') | Key::Escape => {
                    self.quit_after = false;
                    Asked::Draw
                }
                _ => {
                    self.ask = Ask::Save;
                    Asked::Draw
                }
            },
            Ask::Name(mut name) => match key {
                Key::Enter if !name.is_empty() => {
                    self.name.clone_from(&name);
                    Asked::Save(name, self.text())
                }
                Key::Ctrl('c') | Key::Escape => {
                    self.quit_after = false;
                    Asked::Draw
                }
                other => {
                    match other {
                        Key::Backspace => {
                            name.pop();
                        }
                        Key::Char(c) => name.push(c),
                        _ => {}
                    }
                    self.ask = Ask::Name(name);
                    Asked::Draw
                }
            },
        }
    }

    fn edit(&mut self, key: Key) -> Asked {
        self.message.clear();
        match key {
            Key::Ctrl('x') if self.changed => {
                self.quit_after = true;
                self.ask = Ask::Save;
            }
            Key::Ctrl('x') => return Asked::Quit,
            Key::Ctrl('o' | 's') => self.ask = Ask::Name(self.name.clone()),
            Key::Up | Key::Ctrl('p') => self.row = self.row.saturating_sub(1),
            Key::Down | Key::Ctrl('n') => self.row += 1,
            Key::PageUp => self.row = self.row.saturating_sub(15),
            Key::PageDown => self.row += 15,
            Key::Home | Key::Ctrl('a') => self.column = 0,
            Key::End | Key::Ctrl('e') => self.column = self.width(),
            Key::Left => self.left(),
            Key::Right if self.column < self.width() => self.column += 1,
            Key::Right if self.row + 1 < self.count() => {
                self.row += 1;
                self.column = 0;
            }
            Key::Ctrl('k') => {
                let row = self.row as usize;
                if row < self.lines.len() {
                    self.cut.push(self.lines.remove(row));
                }
                if self.lines.is_empty() {
                    self.lines.push(String::new());
                }
                self.column = 0;
                self.changed = true;
                self.clamp();
                return Asked::Draw;
            }
            Key::Ctrl('u') => {
                let at = (self.row as usize).min(self.lines.len());
                let cut = std::mem::take(&mut self.cut);
                self.row += u32::try_from(cut.len()).unwrap_or(0);
                self.lines.splice(at..at, cut);
                self.changed = true;
            }
            Key::Enter => self.split(),
            Key::Backspace => self.backspace(),
            Key::Delete | Key::Ctrl('d') => {
                if self.column < self.width() {
                    self.column += 1;
                    self.backspace();
                } else if self.row + 1 < self.count() {
                    self.row += 1;
                    self.column = 0;
                    self.backspace();
                }
            }
            Key::Tab => (0..8).for_each(|_| self.insert(' ')),
            Key::Char(c) => self.insert(c),
            _ => {}
        }
        if !matches!(key, Key::Ctrl('k')) {
            self.clamp();
        }
        Asked::Draw
    }

    fn count(&self) -> u32 {
        u32::try_from(self.lines.len()).unwrap_or(u32::MAX)
    }

    fn width(&self) -> u32 {
        let line = self.lines.get(self.row as usize);
        u32::try_from(line.map_or(0, |l| l.chars().count())).unwrap_or(u32::MAX)
    }

    fn clamp(&mut self) {
        self.row = self.row.min(self.count().saturating_sub(1));
        self.column = self.column.min(self.width());
    }

    fn left(&mut self) {
        if self.column > 0 {
            self.column -= 1;
        } else if self.row > 0 {
            self.row -= 1;
            self.column = self.width();
        }
    }

    /// The byte at which the cursor's character starts.
    fn byte(&self) -> usize {
        let line = self.lines.get(self.row as usize).map_or("", String::as_str);
        line.char_indices().nth(self.column as usize).map_or(line.len(), |(at, _)| at)
    }

    fn insert(&mut self, c: char) {
        let at = self.byte();
        if let Some(line) = self.lines.get_mut(self.row as usize) {
            line.insert(at, c);
            self.column += 1;
            self.changed = true;
        }
    }

    fn split(&mut self) {
        let at = self.byte();
        if let Some(line) = self.lines.get_mut(self.row as usize) {
            let tail = line.split_off(at);
            self.lines.insert(self.row as usize + 1, tail);
            self.row += 1;
            self.column = 0;
            self.changed = true;
        }
    }

    fn backspace(&mut self) {
        if self.column > 0 {
            self.column -= 1;
            let at = self.byte();
            if let Some(line) = self.lines.get_mut(self.row as usize) {
                line.remove(at);
                self.changed = true;
            }
        } else if self.row > 0 {
            let line = self.lines.remove(self.row as usize);
            self.row -= 1;
            self.column = self.width();
            if let Some(above) = self.lines.get_mut(self.row as usize) {
                above.push_str(&line);
                self.changed = true;
            }
        }
    }

    /// The whole screen; the cursor's character stands between `▏`.
    pub(crate) fn screen(&mut self, columns: u32, rows: u32) -> Vec<String> {
        let height = rows.saturating_sub(4).max(3);
        if self.row < self.top {
            self.top = self.row;
        }
        if self.row >= self.top + height {
            self.top = self.row + 1 - height;
        }
        let star = if self.changed { "Modified" } else { "" };
        let name = if self.name.is_empty() { "New Buffer" } else { &self.name };
        let mut out = vec![format!("  GNU nano 5.4   {name}   {star}")];
        for row in self.top..self.top + height {
            let mut line = self.lines.get(row as usize).cloned().unwrap_or_default();
            if row == self.row && self.ask == Ask::Nothing {
                let at = self.byte().min(line.len());
                line.insert(at, '▏');
            }
            out.push(line);
        }
        let width = columns as usize;
        out.push(match &self.ask {
            Ask::Nothing => format!("{:^width$}", self.message).trim_end().to_owned(),
            Ask::Save => "Save modified buffer?  Y Yes   N No   ^C Cancel".to_owned(),
            Ask::Name(name) => format!("File Name to Write: {name}▏"),
        });
        out.push("^O Write Out   ^K Cut   ^U Paste   ^X Exit".to_owned());
        out
    }
}
