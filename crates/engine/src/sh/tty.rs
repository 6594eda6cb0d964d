//! A terminal's line discipline with the line editor in it: what stands between the raw keys of
//! `docker exec -it` and the standard input of the program inside.
//!
//! Bytes of keys go in; echo for the screen, whole lines, the end of input and Ctrl+C come out.
//! The echo redraws the line with `\b`, `ESC [ K` and text alone.

use super::edit::{Edited, Editor, keys};
use serde::{Deserialize, Serialize};

/// What came of some bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TtyEvent {
    /// For the screen.
    Echo(Vec<u8>),
    /// A whole line with its end, for the program.
    Line(Vec<u8>),
    /// Ctrl+D on an empty line.
    Eof,
    /// Ctrl+C.
    Interrupt,
}

/// A terminal's input side.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tty {
    editor: Editor,
    partial: Vec<u8>,
    /// As the screen shows it.
    shown: String,
    shown_cursor: u32,
}

impl Tty {
    /// Takes the bytes of keys.
    pub fn input(&mut self, bytes: &[u8]) -> Vec<TtyEvent> {
        let mut out = Vec::new();
        for key in keys(&mut self.partial, bytes) {
            match self.editor.key(key) {
                Edited::Nothing | Edited::Complete => {}
                Edited::Changed => {
                    let echo = self.redraw();
                    out.push(TtyEvent::Echo(echo));
                }
                Edited::Clear => {
                    out.push(TtyEvent::Echo(b"\x1b[H\x1b[2J".to_vec()));
                    self.shown.clear();
                    self.shown_cursor = 0;
                    let echo = self.redraw();
                    out.push(TtyEvent::Echo(echo));
                }
                Edited::Enter(line) => {
                    self.editor.remember(&line);
                    self.forget();
                    out.push(TtyEvent::Echo(b"\r\n".to_vec()));
                    out.push(TtyEvent::Line(format!("{line}\n").into_bytes()));
                }
                Edited::Eof => out.push(TtyEvent::Eof),
                Edited::Interrupt(_) => {
                    self.forget();
                    out.push(TtyEvent::Echo(b"^C".to_vec()));
                    out.push(TtyEvent::Interrupt);
                }
            }
        }
        out
    }

    fn forget(&mut self) {
        self.shown.clear();
        self.shown_cursor = 0;
    }

    fn redraw(&mut self) -> Vec<u8> {
        let (line, cursor) = (self.editor.line(), self.editor.cursor());
        let appended = line.strip_prefix(&self.shown).filter(|_| {
            self.shown_cursor as usize == self.shown.chars().count()
                && cursor as usize == line.chars().count()
        });
        let mut out = String::new();
        match appended {
            Some(tail) => out.push_str(tail),
            None => {
                out.extend(std::iter::repeat_n('\x08', self.shown_cursor as usize));
                out.push_str(&line);
                out.push_str("\x1b[K");
                let back = line.chars().count().saturating_sub(cursor as usize);
                out.extend(std::iter::repeat_n('\x08', back));
            }
        }
        self.shown = line;
        self.shown_cursor = cursor;
        out.into_bytes()
    }
}
