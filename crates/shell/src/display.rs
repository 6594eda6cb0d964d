//! What a terminal makes of a program's bytes: lines that can be overwritten.
//!
//! Lines are as long as they are: nothing wraps at any width, the page scrolls sideways.

use crate::block::Line;
use serde::{Deserialize, Serialize};

/// Most lines one block keeps; a quarter goes at once when it is full.
const MOST_LINES: usize = 4_000;

/// The lines a command printed, and where the next character goes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Display {
    lines: Vec<Line>,
    row: u32,
    column: u32,
    /// Characters in the present row.
    width: u32,
    /// The block drawn last: first row and number of rows.
    drawn: Option<(u32, u32)>,
    dropped: u64,
    /// Bytes of an escape sequence or a character that is not complete.
    partial: Vec<u8>,
}

impl Display {
    pub(crate) fn lines(&self) -> &[Line] {
        &self.lines
    }

    pub(crate) const fn dropped(&self) -> u64 {
        self.dropped
    }

    /// The whole text, blanks at the ends of lines and empty lines at the end left out.
    pub(crate) fn text(&self) -> String {
        let mut rows: Vec<&str> = self.lines.iter().map(|line| line.text.trim_end()).collect();
        while rows.last().is_some_and(|row| row.is_empty()) {
            rows.pop();
        }
        rows.join("\n")
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// The program that drew the last block has ended: the next one draws its own.
    pub(crate) fn settle(&mut self) {
        self.drawn = None;
    }

    /// Replaces the block of lines drawn last.
    pub(crate) fn redraw(&mut self, lines: &[String]) {
        let (start, count) = match self.drawn {
            Some(drawn) => drawn,
            None => {
                if self.column > 0 {
                    self.newline();
                }
                (self.row, 0)
            }
        };
        let new = lines.iter().map(|text| Line { text: text.trim_end().to_owned(), stderr: false });
        let from = (start as usize).min(self.lines.len());
        let to = ((start + count) as usize).min(self.lines.len());
        self.lines.splice(from..to, new);
        let added = u32::try_from(lines.len()).unwrap_or(u32::MAX);
        self.row = self.row.saturating_sub(count) + added;
        self.drawn = Some((start, added));
        self.column = 0;
        self.measure();
    }

    /// Takes what a program wrote.
    pub(crate) fn feed(&mut self, bytes: &[u8], stderr: bool) {
        let mut all = std::mem::take(&mut self.partial);
        all.extend(bytes);
        let valid = match std::str::from_utf8(&all) {
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            Ok(_) | Err(_) => all.len(),
        };
        let rest = all.split_off(valid);
        let text = String::from_utf8_lossy(&all).into_owned();
        let mut chars = text.as_str();
        while let Some(c) = chars.chars().next() {
            if c == '\x1b' {
                match self.escape(chars) {
                    Some(used) => chars = chars.get(used..).unwrap_or(""),
                    None => {
                        self.partial = chars.as_bytes().to_vec();
                        break;
                    }
                }
                continue;
            }
            let plain = chars.find(|c: char| c.is_control()).unwrap_or(chars.len());
            if plain > 0 {
                let (piece, tail) = chars.split_at(plain);
                self.print(piece, stderr);
                chars = tail;
                continue;
            }
            chars = chars.get(c.len_utf8()..).unwrap_or("");
            match c {
                '\n' => self.newline(),
                '\r' => self.column = 0,
                '\x08' => self.column = self.column.saturating_sub(1),
                '\t' => {
                    let blanks = 8 - self.column % 8;
                    self.print(&" ".repeat(blanks as usize), stderr);
                }
                _ => {}
            }
        }
        self.partial.extend(rest);
    }

    fn measure(&mut self) {
        let row = self.lines.get(self.row as usize);
        let width = row.map_or(0, |line| line.text.chars().count());
        self.width = u32::try_from(width).unwrap_or(u32::MAX);
    }

    fn reach(&mut self) {
        while self.lines.len() <= self.row as usize {
            self.lines.push(Line::default());
        }
    }

    fn newline(&mut self) {
        self.reach();
        self.row += 1;
        self.column = 0;
        if self.lines.len() > MOST_LINES {
            let gone = MOST_LINES / 4;
            self.lines.drain(..gone);
            self.dropped += gone as u64;
            let gone = u32::try_from(gone).unwrap_or(0);
            self.row = self.row.saturating_sub(gone);
            self.drawn = None;
        }
        self.measure();
    }

    fn print(&mut self, piece: &str, stderr: bool) {
        self.reach();
        let count = u32::try_from(piece.chars().count()).unwrap_or(0);
        let Some(line) = self.lines.get_mut(self.row as usize) else { return };
        line.stderr = stderr;
        if self.column == self.width {
            line.text.push_str(piece);
            self.width += count;
        } else {
            let mut chars: Vec<char> = line.text.chars().collect();
            let at = self.column as usize;
            while chars.len() < at {
                chars.push(' ');
            }
            let end = (at + count as usize).min(chars.len());
            chars.splice(at..end, piece.chars());
            self.width = u32::try_from(chars.len()).unwrap_or(u32::MAX);
            line.text = chars.into_iter().collect();
        }
        self.column += count;
    }

    /// An escape sequence at the start of `text`: its length, or `None` if its end has not come.
    fn escape(&mut self, text: &str) -> Option<usize> {
        let mut chars = text.char_indices().skip(1);
        match chars.next() {
            None => return None,
            Some((_, '[')) => {}
            Some((at, c)) => return Some(at + c.len_utf8()),
        }
        let (end, last) = chars.find(|(_, c)| ('\x40'..='\x7e').contains(c))?;
        let number = text.get(2..end).unwrap_or("");
        let n = number.parse::<u32>().unwrap_or(1).max(1);
        match last {
            'A' => self.go(self.row.saturating_sub(n)),
            'B' => self.go(self.row + n),
            'C' => self.column += n,
            'D' => self.column = self.column.saturating_sub(n),
            'G' => self.column = n - 1,
            'H' | 'f' => {
                self.column = 0;
                self.go(0);
            }
            'J' => self.erase_below(number),
            'K' => self.erase_line(number),
            _ => {}
        }
        Some(end + last.len_utf8())
    }

    fn go(&mut self, row: u32) {
        self.row = row;
        self.reach();
        self.measure();
    }

    fn erase_below(&mut self, number: &str) {
        if matches!(number, "2" | "3") {
            self.clear();
        } else {
            self.lines.truncate(self.row as usize + 1);
            self.erase_line("");
        }
    }

    fn erase_line(&mut self, number: &str) {
        let column = self.column as usize;
        if let Some(line) = self.lines.get_mut(self.row as usize) {
            line.text = match number {
                "2" => String::new(),
                "1" => {
                    let tail: String = line.text.chars().skip(column).collect();
                    format!("{}{tail}", " ".repeat(column))
                }
                _ => line.text.chars().take(column).collect(),
            };
        }
        self.measure();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(pieces: &[&str]) -> String {
        let mut display = Display::default();
        for piece in pieces {
            display.feed(piece.as_bytes(), false);
        }
        display.text()
    }

    #[test]
    fn bytes_become_lines() {
        assert_eq!(shown(&["a\nb", "c\n\nd\n"]), "a\nbc\n\nd");
        assert_eq!(shown(&["12345\rab\x1b[K\n"]), "ab");
        assert_eq!(shown(&["x\ty\n"]), "x       y");
        assert_eq!(shown(&["abc\x08\x08X\x1b[", "1mred\x1b[0m"]), "aXred");
        assert_eq!(shown(&["1\n2\n3\n\x1b[2A\x1b[2Ktwo\r\x1b[2B", "end"]), "1\ntwo\n3\nend");
        assert_eq!(shown(&["old\n\x1b[H\x1b[2Jnew"]), "new");
        let bytes = "ação".as_bytes();
        let mut display = Display::default();
        display.feed(&bytes[..2], false);
        display.feed(&bytes[2..], false);
        assert_eq!(display.text(), "ação");
    }

    #[test]
    fn a_drawn_block_is_replaced_in_place() {
        let mut display = Display::default();
        display.feed(b"id\n", false);
        display.redraw(&["overall progress: 0".into(), "1/2:".into(), "2/2:".into()]);
        display.redraw(&["overall progress: 2".into(), "1/2: running".into()]);
        display.feed(b"verify\n", false);
        assert_eq!(display.text(), "id\noverall progress: 2\n1/2: running\nverify");
        display.settle();
        display.redraw(&["other".into()]);
        assert_eq!(display.text().lines().count(), 5);
    }
}
