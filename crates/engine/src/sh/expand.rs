//! From words to fields: parameters, command outputs, arithmetic, splitting, patterns.
//!
//! Command substitutions are found beforehand ([`substitutions`]) and run by the frames; their
//! outputs come in here in the same order, so that nothing in expansion has to wait.

use super::arith;
use super::env::Env;
use super::syntax::{List, ParamOp, Part, Word};
use share::Rc;
use std::collections::VecDeque;

/// A character and whether it was quoted: quoted ones are no pattern and do not split.
type Glyph = (char, bool);

/// A field before patterns are looked up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Field {
    glyphs: Vec<Glyph>,
    /// Even an empty field stays if it was quoted.
    quoted: bool,
}

impl Field {
    pub(crate) fn text(&self) -> String {
        self.glyphs.iter().map(|(c, _)| *c).collect()
    }

    fn is_pattern(&self) -> bool {
        self.glyphs.iter().any(|(c, quoted)| !quoted && matches!(c, '*' | '?' | '['))
    }

    /// The pattern for a look-up, quoted characters made plain; `None` if it is no pattern.
    pub(crate) fn glob(&self) -> Option<String> {
        self.is_pattern().then(|| self.pattern())
    }

    /// As a pattern, whether it has pattern characters or not.
    pub(crate) fn pattern(&self) -> String {
        let mut out = String::new();
        for (c, quoted) in &self.glyphs {
            if *quoted && matches!(c, '*' | '?' | '[') {
                out.extend(['[', *c, ']']);
            } else {
                out.push(*c);
            }
        }
        out
    }
}

/// The lists of all `$( )` in these words, in the order in which expansion needs their output.
pub(crate) fn substitutions<'a>(words: impl IntoIterator<Item = &'a Word>) -> Vec<Rc<List>> {
    let mut out = Vec::new();
    for word in words {
        find(word, &mut out);
    }
    out
}

fn find(word: &Word, out: &mut Vec<Rc<List>>) {
    for part in &word.0 {
        match part {
            Part::Command { list, .. } => out.push(Rc::clone(list)),
            Part::Arith { word, .. } => find(word, out),
            Part::Param { op, .. } => match op {
                ParamOp::Plain | ParamOp::Length => {}
                ParamOp::Default { word, .. }
                | ParamOp::Assign { word, .. }
                | ParamOp::Alternative { word, .. }
                | ParamOp::Error { word, .. }
                | ParamOp::Prefix { word, .. }
                | ParamOp::Suffix { word, .. } => find(word, out),
                ParamOp::Replace { pattern, with, .. } => {
                    find(pattern, out);
                    find(with, out);
                }
                ParamOp::Slice { offset, length } => {
                    find(offset, out);
                    if let Some(length) = length {
                        find(length, out);
                    }
                }
            },
            Part::Text(_) | Part::Quoted(_) | Part::Home => {}
        }
    }
}

/// Expands words in an environment; errors are bash's texts without `bash: `.
pub(crate) struct Expander<'a> {
    pub(crate) env: &'a mut Env,
    pub(crate) outputs: VecDeque<String>,
}

type Expanded<T> = Result<T, String>;

impl Expander<'_> {
    /// All fields of all words.
    pub(crate) fn fields(&mut self, words: &[Word]) -> Expanded<Vec<Field>> {
        let mut out = Vec::new();
        for word in words {
            let mut builder = Builder::default();
            self.word(word, &mut builder)?;
            out.extend(builder.finish());
        }
        Ok(out)
    }

    /// One text, not split: assignments, `case`, here-documents, redirection targets.
    pub(crate) fn text(&mut self, word: &Word) -> Expanded<String> {
        Ok(self.field(word)?.text())
    }

    /// Like [`Self::text`], with the quoting remembered for patterns.
    pub(crate) fn field(&mut self, word: &Word) -> Expanded<Field> {
        let mut builder = Builder { whole: true, ..Builder::default() };
        self.word(word, &mut builder)?;
        Ok(Field { glyphs: builder.current.glyphs, quoted: true })
    }

    fn word(&mut self, word: &Word, out: &mut Builder) -> Expanded<()> {
        for part in &word.0 {
            match part {
                Part::Text(text) => out.text(text, false),
                Part::Quoted(text) => out.text(text, true),
                Part::Home => {
                    let home = self.env.home().to_owned();
                    out.text(&home, true);
                }
                Part::Command { quoted, .. } => {
                    let output = self.outputs.pop_front().unwrap_or_default();
                    let output = output.trim_end_matches('\n').to_owned();
                    self.value(&output, *quoted, out);
                }
                Part::Arith { word, quoted } => {
                    let text = self.text(word)?;
                    let value = arith::evaluate(&text, self.env)?.to_string();
                    self.value(&value, *quoted, out);
                }
                Part::Param { name, op, quoted } => self.param(name, op, *quoted, out)?,
            }
        }
        Ok(())
    }

    fn value(&self, text: &str, quoted: bool, out: &mut Builder) {
        if quoted || out.whole {
            out.text(text, quoted);
        } else {
            out.split(text, self.env.get("IFS").unwrap_or(" \t\n"));
        }
    }

    fn param(&mut self, name: &str, op: &ParamOp, quoted: bool, out: &mut Builder) -> Expanded<()> {
        if name == "RANDOM" {
            self.env.random = self.env.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        }
        if name == "@" && quoted && *op == ParamOp::Plain && !out.whole {
            let args = self.env.args.clone();
            for (k, arg) in args.iter().enumerate() {
                if k > 0 {
                    out.cut();
                }
                out.text(arg, true);
            }
            return Ok(());
        }
        let value = self.env.param(name);
        let missing = |colon: bool| match &value {
            None => true,
            Some(text) => colon && text.is_empty(),
        };
        let plain = value.clone().unwrap_or_default();
        match op {
            ParamOp::Plain => self.value(&plain, quoted, out),
            ParamOp::Length => {
                let length = match name {
                    "@" | "*" => self.env.args.len(),
                    _ => plain.chars().count(),
                };
                self.value(&length.to_string(), quoted, out);
            }
            ParamOp::Default { colon, word } => {
                if missing(*colon) {
                    self.word(word, out)?;
                } else {
                    self.forget(word);
                    self.value(&plain, quoted, out);
                }
            }
            ParamOp::Assign { colon, word } => {
                if missing(*colon) {
                    let text = self.text(word)?;
                    self.env.set(name, text.as_str());
                    self.value(&text, quoted, out);
                } else {
                    self.forget(word);
                    self.value(&plain, quoted, out);
                }
            }
            ParamOp::Alternative { colon, word } => {
                if missing(*colon) {
                    self.forget(word);
                } else {
                    self.word(word, out)?;
                }
            }
            ParamOp::Error { colon, word } => {
                let text = self.text(word)?;
                if missing(*colon) {
                    let text =
                        if text.is_empty() { "parameter null or not set".into() } else { text };
                    return Err(format!("{name}: {text}"));
                }
                self.value(&plain, quoted, out);
            }
            ParamOp::Prefix { longest, word } => {
                let pattern = self.field(word)?.pattern();
                let cut = trim(&plain, &pattern, *longest, true);
                self.value(&cut, quoted, out);
            }
            ParamOp::Suffix { longest, word } => {
                let pattern = self.field(word)?.pattern();
                let cut = trim(&plain, &pattern, *longest, false);
                self.value(&cut, quoted, out);
            }
            ParamOp::Replace { all, pattern, with } => {
                let pattern = self.field(pattern)?.pattern();
                let with = self.text(with)?;
                self.value(&replace(&plain, &pattern, &with, *all), quoted, out);
            }
            ParamOp::Slice { offset, length } => {
                let text = self.text(offset)?;
                let from = arith::evaluate(&text, self.env)?;
                let length = match length {
                    Some(word) => {
                        let text = self.text(word)?;
                        Some(arith::evaluate(&text, self.env)?)
                    }
                    None => None,
                };
                self.value(&slice(&plain, from, length), quoted, out);
            }
        }
        Ok(())
    }

    /// Passes by the outputs of a word that is not used.
    fn forget(&mut self, word: &Word) {
        for _ in substitutions([word]) {
            self.outputs.pop_front();
        }
    }
}

fn trim(value: &str, pattern: &str, longest: bool, front: bool) -> String {
    let chars: Vec<char> = value.chars().collect();
    let cuts: Vec<usize> = (0..=chars.len()).collect();
    let shortest_first = if front { cuts } else { cuts.into_iter().rev().collect() };
    let order: Vec<usize> =
        if longest { shortest_first.into_iter().rev().collect() } else { shortest_first };
    for at in order {
        let (head, tail) = chars.split_at(at);
        let (gone, kept) = if front { (head, tail) } else { (tail, head) };
        if crate::files::matches(pattern, &gone.iter().collect::<String>()) {
            return kept.iter().collect();
        }
    }
    value.to_owned()
}

fn replace(value: &str, pattern: &str, with: &str, all: bool) -> String {
    let chars: Vec<char> = value.chars().collect();
    let mut out = String::new();
    let mut at = 0;
    let mut done = pattern.is_empty();
    while let Some(c) = chars.get(at) {
        let hit = (at + 1..=chars.len()).rev().find(|end| {
            let piece: String = chars.get(at..*end).unwrap_or_default().iter().collect();
            !done && crate::files::matches(pattern, &piece)
        });
        match hit {
            Some(end) => {
                out.push_str(with);
                at = end;
                done = !all;
            }
            None => {
                out.push(*c);
                at += 1;
            }
        }
    }
    out
}

fn slice(value: &str, from: i64, length: Option<i64>) -> String {
    let chars: Vec<char> = value.chars().collect();
    let count = i64::try_from(chars.len()).unwrap_or(i64::MAX);
    let start = if from < 0 { (count + from).max(0) } else { from.min(count) };
    let end = match length {
        None => count,
        Some(n) if n < 0 => (count + n).max(start),
        Some(n) => (start + n).min(count),
    };
    let (start, end) = (usize::try_from(start).unwrap_or(0), usize::try_from(end).unwrap_or(0));
    chars.get(start..end).unwrap_or_default().iter().collect()
}

/// Collects the fields of one word.
#[derive(Default)]
struct Builder {
    done: Vec<Field>,
    current: Field,
    /// Something of the current field is there.
    open: bool,
    /// No splitting: everything is one field.
    whole: bool,
}

impl Builder {
    fn text(&mut self, text: &str, quoted: bool) {
        self.current.glyphs.extend(text.chars().map(|c| (c, quoted)));
        self.current.quoted |= quoted;
        self.open |= quoted || !text.is_empty();
    }

    /// Ends the current field.
    fn cut(&mut self) {
        if self.open {
            self.done.push(std::mem::take(&mut self.current));
        }
        self.open = false;
    }

    fn split(&mut self, text: &str, separators: &str) {
        let mut pieces = text.split(|c| separators.contains(c)).peekable();
        while let Some(piece) = pieces.next() {
            self.text(piece, false);
            if pieces.peek().is_some() {
                self.cut();
            }
        }
    }

    fn finish(mut self) -> Vec<Field> {
        self.cut();
        self.done
    }
}
