//! From what a browser's text field did to keys of the lab's line editor.
//!
//! The field mirrors the line that the desk keeps. Whatever changes it (a soft keyboard, a dead
//! key, a drop, the field's own menu) is read as the smallest edit and passed on as keys, so the
//! desk stays the only owner of the line.

use shell::Key;

/// One thing to send to a terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Edit {
    /// A key, so many times.
    Key(Key, u32),
    /// Text at the cursor.
    Text(String),
}

/// The edit that turns `old` (cursor after so many characters) into `new`.
pub(crate) fn difference(old: &str, cursor: u32, new: &str) -> Vec<Edit> {
    let (old, new): (Vec<char>, Vec<char>) = (old.chars().collect(), new.chars().collect());
    if old == new {
        return Vec::new();
    }
    let cursor = (cursor as usize).min(old.len());
    // Behind the cursor first: typing in the middle of "aaa" is an edit there, not at the end.
    let keep = old.len() - cursor;
    let mut end = common(old.iter().rev(), new.iter().rev()).min(keep);
    let limit = old.len().min(new.len()) - end;
    let start = common(old.iter(), new.iter()).min(limit);
    let limit = old.len().min(new.len()) - start;
    end = common(old.iter().rev(), new.iter().rev()).min(limit);
    let (gone_to, come_to) = (old.len() - end, new.len() - end);

    let mut edits = Vec::new();
    // Backspace deletes before the cursor, so it goes to the end of what goes.
    match gone_to.cmp(&cursor) {
        std::cmp::Ordering::Less => edits.push(Edit::Key(Key::Left, count(cursor - gone_to))),
        std::cmp::Ordering::Greater => edits.push(Edit::Key(Key::Right, count(gone_to - cursor))),
        std::cmp::Ordering::Equal => {}
    }
    if gone_to > start {
        edits.push(Edit::Key(Key::Backspace, count(gone_to - start)));
    }
    let text: String = new.get(start..come_to).unwrap_or_default().iter().collect();
    if !text.is_empty() {
        edits.push(Edit::Text(straight(&text)));
    }
    edits
}

/// The keys that bring the cursor from one place to another.
pub(crate) fn walk(from: u32, to: u32) -> Option<Edit> {
    match to.cmp(&from) {
        std::cmp::Ordering::Less => Some(Edit::Key(Key::Left, from - to)),
        std::cmp::Ordering::Greater => Some(Edit::Key(Key::Right, to - from)),
        std::cmp::Ordering::Equal => None,
    }
}

fn common<'a>(a: impl Iterator<Item = &'a char>, b: impl Iterator<Item = &'a char>) -> usize {
    a.zip(b).take_while(|(a, b)| a == b).count()
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// Soft keyboards turn two hyphens into a dash and quotes into curly ones: typed text goes back,
/// pasted text does not come this way.
fn straight(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{2014}' | '\u{2013}' => out.push_str("--"),
            '\u{201c}' | '\u{201d}' => out.push('"'),
            '\u{2018}' | '\u{2019}' => out.push('\''),
            '\u{a0}' => out.push(' '),
            other => out.push(other),
        }
    }
    out
}

/// What a browser says of a key that was pressed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Press {
    /// `KeyboardEvent.key`.
    pub(crate) key: String,
    /// Ctrl is down.
    pub(crate) ctrl: bool,
    /// Alt is down.
    pub(crate) alt: bool,
    /// Shift is down.
    pub(crate) shift: bool,
    /// The Command or Windows key is down.
    pub(crate) meta: bool,
    /// AltGr is down: the chord makes a character.
    pub(crate) alt_graph: bool,
    /// A dead key or an input method is at work.
    pub(crate) composing: bool,
    /// Something on the page or in the field is selected.
    pub(crate) selected: bool,
    /// The line holds nothing.
    pub(crate) empty: bool,
}

/// What a press in the field means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// The browser's: text, selecting, copying, its own shortcuts.
    Browser,
    /// A key of the line editor.
    Key(Key),
    /// Ctrl+C with nothing selected.
    Interrupt,
    /// Ctrl+D.
    Eof,
    /// Ctrl+Z on an empty line.
    Undo,
}

/// Reads a press. Ctrl+W, Ctrl+T and Ctrl+N stay the browser's.
pub(crate) fn meaning(press: &Press) -> Meaning {
    if press.composing || press.alt_graph || press.meta {
        return Meaning::Browser;
    }
    match (press.ctrl, press.alt) {
        (true, false) => with_ctrl(press),
        (false, true) => with_alt(press),
        (true, true) => Meaning::Browser,
        (false, false) => plain(press),
    }
}

fn plain(press: &Press) -> Meaning {
    // Shift and an arrow selects, which is the field's business.
    let moves = |key| if press.shift { Meaning::Browser } else { Meaning::Key(key) };
    match press.key.as_str() {
        "Enter" => Meaning::Key(Key::Enter),
        // A selection is deleted by the field, and read as a difference.
        "Backspace" if !press.selected => Meaning::Key(Key::Backspace),
        "Delete" if !press.selected => Meaning::Key(Key::Delete),
        "ArrowLeft" => moves(Key::Left),
        "ArrowRight" => moves(Key::Right),
        "ArrowUp" => moves(Key::Up),
        "ArrowDown" => moves(Key::Down),
        "Home" => moves(Key::Home),
        "End" => moves(Key::End),
        "PageUp" => moves(Key::PageUp),
        "PageDown" => moves(Key::PageDown),
        // Shift+Tab leaves the terminal backwards: the keyboard must have a way out.
        "Tab" if !press.shift => Meaning::Key(Key::Tab),
        "Escape" => Meaning::Key(Key::Escape),
        _ => Meaning::Browser,
    }
}

fn with_ctrl(press: &Press) -> Meaning {
    match press.key.as_str() {
        "c" | "C" if press.selected || press.shift => Meaning::Browser,
        "c" => Meaning::Interrupt,
        "d" => Meaning::Eof,
        "z" if press.empty => Meaning::Undo,
        "a" => Meaning::Key(Key::Ctrl('a')),
        "e" => Meaning::Key(Key::Ctrl('e')),
        "u" => Meaning::Key(Key::Ctrl('u')),
        "k" => Meaning::Key(Key::Ctrl('k')),
        "y" => Meaning::Key(Key::Ctrl('y')),
        "r" => Meaning::Key(Key::Ctrl('r')),
        "l" => Meaning::Key(Key::Ctrl('l')),
        "b" => Meaning::Key(Key::Ctrl('b')),
        "f" => Meaning::Key(Key::Ctrl('f')),
        "p" => Meaning::Key(Key::Ctrl('p')),
        "g" => Meaning::Key(Key::Ctrl('g')),
        "q" => Meaning::Key(Key::Ctrl('q')),
        "ArrowLeft" if !press.shift => Meaning::Key(Key::CtrlLeft),
        "ArrowRight" if !press.shift => Meaning::Key(Key::CtrlRight),
        "Backspace" => Meaning::Key(Key::CtrlBackspace),
        "Delete" => Meaning::Key(Key::CtrlDelete),
        _ => Meaning::Browser,
    }
}

fn with_alt(press: &Press) -> Meaning {
    match press.key.as_str() {
        "b" => Meaning::Key(Key::Alt('b')),
        "d" => Meaning::Key(Key::Alt('d')),
        "f" => Meaning::Key(Key::Alt('f')),
        "Backspace" => Meaning::Key(Key::AltBackspace),
        _ => Meaning::Browser,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Applies edits as the line editor would.
    fn apply(old: &str, cursor: u32, edits: &[Edit]) -> String {
        let mut line: Vec<char> = old.chars().collect();
        let mut at = cursor as usize;
        for edit in edits {
            match edit {
                Edit::Key(Key::Left, n) => at -= *n as usize,
                Edit::Key(Key::Right, n) => at += *n as usize,
                Edit::Key(Key::Backspace, n) => {
                    line.drain(at - *n as usize..at);
                    at -= *n as usize;
                }
                Edit::Key(other, _) => panic!("unexpected {other:?}"),
                Edit::Text(text) => {
                    for c in text.chars() {
                        line.insert(at, c);
                        at += 1;
                    }
                }
            }
        }
        line.into_iter().collect()
    }

    #[test]
    fn every_difference_leads_from_the_old_line_to_the_new_one() {
        let lines = ["", "a", "aa", "aaa", "docker ps", "docker ps -a", "doker ps", "ção", "çã"];
        for old in lines {
            for new in lines {
                for cursor in 0..=u32::try_from(old.chars().count()).unwrap() {
                    let edits = difference(old, cursor, new);
                    assert_eq!(apply(old, cursor, &edits), new, "{old:?}@{cursor} -> {new:?}");
                }
            }
        }
    }

    #[test]
    fn typing_at_the_cursor_is_only_text() {
        assert_eq!(difference("aaa", 1, "aaaa"), vec![Edit::Text("a".into())]);
        assert_eq!(difference("docker ", 7, "docker p"), vec![Edit::Text("p".into())]);
    }

    #[test]
    fn a_dash_made_by_the_keyboard_is_two_hyphens_again() {
        assert_eq!(difference("ls ", 3, "ls \u{2014}"), vec![Edit::Text("--".into())]);
    }

    #[test]
    fn a_chord_with_altgr_is_text() {
        let press = Press { key: "/".into(), ctrl: true, alt: true, ..Press::default() };
        assert_eq!(meaning(&press), Meaning::Browser);
        let press = Press { key: "q".into(), alt_graph: true, ..Press::default() };
        assert_eq!(meaning(&press), Meaning::Browser);
    }

    #[test]
    fn ctrl_c_copies_a_selection_and_else_interrupts() {
        let press = Press { key: "c".into(), ctrl: true, ..Press::default() };
        assert_eq!(meaning(&press), Meaning::Interrupt);
        assert_eq!(meaning(&Press { selected: true, ..press }), Meaning::Browser);
    }

    #[test]
    fn ctrl_w_and_shift_tab_stay_the_browsers() {
        let press = Press { key: "w".into(), ctrl: true, ..Press::default() };
        assert_eq!(meaning(&press), Meaning::Browser);
        let press = Press { key: "Tab".into(), shift: true, ..Press::default() };
        assert_eq!(meaning(&press), Meaning::Browser);
    }
}
