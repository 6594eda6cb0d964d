//! `sed`: substitution, deletion, printing, insertion, with addresses.
//!
//! **Left out:** labels and branches, the hold space, `w` and `r`.

use super::Ctx;
use super::files::Args;
use super::regex::Regex;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Address {
    Line(u64),
    Last,
    Match(Regex),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Act {
    Substitute { regex: Regex, with: String, nth: u64, all: bool, print: bool },
    Delete,
    Print,
    Quit,
    Number,
    Append(String),
    Insert(String),
    Change(String),
    Translate(Vec<char>, Vec<char>),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Command {
    from: Option<Address>,
    to: Option<Address>,
    negated: bool,
    act: Act,
    /// Within its range.
    inside: bool,
}

/// A `sed` under way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Sed {
    commands: Vec<Command>,
    silent: bool,
    in_place: bool,
    n: u64,
    /// The line before, kept until it is known whether it is the last one.
    held: Option<String>,
    collected: String,
    quit: bool,
    pub(crate) status: i32,
}

impl Sed {
    pub(crate) fn new(words: &[String]) -> Result<(Self, Vec<String>), String> {
        let (mut args, values) = Args::new(words, "ef");
        let extended = args.has('E', "regexp-extended") || args.has('r', "");
        let mut scripts: Vec<String> =
            values.into_iter().filter(|(c, _)| *c == 'e').map(|(_, v)| v).collect();
        if scripts.is_empty() {
            if args.rest.is_empty() {
                return Err(
                    "Usage: sed [OPTION]... {script-only-if-no-other-script} [input-file]..."
                        .into(),
                );
            }
            scripts.push(args.rest.remove(0));
        }
        let script = scripts.join("\n");
        let mut parser = Parser { chars: script.chars().collect(), at: 0, extended };
        let commands = parser
            .commands()
            .map_err(|text| format!("sed: -e expression #1, char {}: {text}", parser.at.max(1)))?;
        let sed = Self {
            commands,
            silent: args.has('n', "quiet"),
            in_place: args.has('i', "in-place"),
            n: 0,
            held: None,
            collected: String::new(),
            quit: false,
            status: 0,
        };
        Ok((sed, args.rest))
    }

    pub(crate) fn file_begins(&mut self, _last: bool) {
        if self.in_place {
            self.n = 0;
        }
    }

    /// The new contents, when files are edited in place.
    pub(crate) fn file_ends(&mut self, ctx: &mut Ctx<'_>) -> Option<Vec<u8>> {
        if !self.in_place {
            return None;
        }
        self.flush(ctx, true);
        self.quit = false;
        Some(std::mem::take(&mut self.collected).into_bytes())
    }

    /// True when `q` was met.
    pub(crate) fn line(&mut self, ctx: &mut Ctx<'_>, line: &str) -> bool {
        self.flush(ctx, false);
        if self.quit {
            return !self.in_place;
        }
        self.held = Some(line.to_owned());
        false
    }

    /// Works on the line that is held.
    pub(crate) fn flush(&mut self, ctx: &mut Ctx<'_>, last: bool) {
        let Some(mut space) = self.held.take() else { return };
        if self.quit {
            if self.in_place {
                self.print(ctx, &space);
            }
            return;
        }
        self.n += 1;
        let n = self.n;
        let mut after = Vec::new();
        let mut alive = true;
        let mut commands = std::mem::take(&mut self.commands);
        for command in &mut commands {
            if !command.applies(n, last, &space) {
                continue;
            }
            match &command.act {
                Act::Substitute { regex, with, nth, all, print } => {
                    let nth = usize::try_from(*nth).unwrap_or(1);
                    let (text, done) = regex.replace(&space, with, nth, *all);
                    if done > 0 {
                        space = text;
                        if *print {
                            self.print(ctx, &space);
                        }
                    }
                }
                Act::Delete => alive = false,
                Act::Print => self.print(ctx, &space),
                Act::Quit => self.quit = true,
                Act::Number => self.print(ctx, &n.to_string()),
                Act::Append(text) => after.push(text.clone()),
                Act::Insert(text) => self.print(ctx, text),
                Act::Change(text) => {
                    self.print(ctx, text);
                    alive = false;
                }
                Act::Translate(from, to) => {
                    space = space
                        .chars()
                        .map(|c| {
                            let at = from.iter().position(|f| *f == c);
                            at.and_then(|k| to.get(k)).copied().unwrap_or(c)
                        })
                        .collect();
                }
            }
            if !alive || self.quit {
                break;
            }
        }
        self.commands = commands;
        if alive && !self.silent {
            self.print(ctx, &space);
        }
        for text in after {
            self.print(ctx, &text);
        }
    }

    fn print(&mut self, ctx: &mut Ctx<'_>, text: &str) {
        if self.in_place {
            self.collected.push_str(text);
            self.collected.push('\n');
        } else {
            ctx.print(format!("{text}\n"));
        }
    }
}

impl Command {
    fn applies(&mut self, n: u64, last: bool, space: &str) -> bool {
        let hit = |address: &Address| match address {
            Address::Line(k) => *k == n,
            Address::Last => last,
            Address::Match(regex) => regex.is_match(space),
        };
        let fits = match (&self.from, &self.to) {
            (None, _) => true,
            (Some(from), None) => hit(from),
            (Some(from), Some(to)) => {
                if self.inside {
                    self.inside = match to {
                        Address::Line(k) => *k > n,
                        other => !hit(other),
                    };
                    true
                } else if hit(from) {
                    self.inside = match to {
                        Address::Line(k) => *k > n,
                        Address::Last => !last,
                        Address::Match(_) => true,
                    };
                    true
                } else {
                    false
                }
            }
        };
        fits != self.negated
    }
}

struct Parser {
    chars: Vec<char>,
    at: usize,
    extended: bool,
}

impl Parser {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn blanks(&mut self, ends: &str) {
        while self.peek().is_some_and(|c| c == ' ' || c == '\t' || ends.contains(c)) {
            self.at += 1;
        }
    }

    fn commands(&mut self) -> Result<Vec<Command>, String> {
        let mut out = Vec::new();
        loop {
            self.blanks(";\n");
            if self.peek().is_none() {
                return Ok(out);
            }
            let from = self.address()?;
            let to = if from.is_some() && self.peek() == Some(',') {
                self.at += 1;
                Some(self.address()?.ok_or("unexpected `,'")?)
            } else {
                None
            };
            self.blanks("");
            let mut negated = false;
            while self.peek() == Some('!') {
                negated = true;
                self.at += 1;
                self.blanks("");
            }
            let letter = self.peek().ok_or("missing command")?;
            self.at += 1;
            let act = self.act(letter)?;
            out.push(Command { from, to, negated, act, inside: false });
            self.blanks("");
            match self.peek() {
                None | Some(';' | '\n') => {}
                Some('#') => {
                    while self.peek().is_some_and(|c| c != '\n') {
                        self.at += 1;
                    }
                }
                Some(_) => return Err("extra characters after command".into()),
            }
        }
    }

    fn act(&mut self, letter: char) -> Result<Act, String> {
        Ok(match letter {
            's' => self.substitute()?,
            'd' => Act::Delete,
            'p' => Act::Print,
            'q' | 'Q' => Act::Quit,
            '=' => Act::Number,
            'a' => Act::Append(self.text()),
            'i' => Act::Insert(self.text()),
            'c' => Act::Change(self.text()),
            'y' => {
                let mark = self.peek().ok_or("unterminated `y' command")?;
                self.at += 1;
                let from = self.until(mark).ok_or("unterminated `y' command")?;
                let to = self.until(mark).ok_or("unterminated `y' command")?;
                if from.chars().count() != to.chars().count() {
                    return Err("strings for `y' command are different lengths".into());
                }
                Act::Translate(from.chars().collect(), to.chars().collect())
            }
            other => return Err(format!("unknown command: `{other}'")),
        })
    }

    fn text(&mut self) -> String {
        self.blanks("");
        if self.peek() == Some('\\') {
            self.at += 1;
            self.blanks("\n");
        }
        let text: String = self.chars.iter().skip(self.at).take_while(|c| **c != '\n').collect();
        self.at += text.chars().count();
        text
    }

    fn address(&mut self) -> Result<Option<Address>, String> {
        self.blanks("");
        match self.peek() {
            Some(c) if c.is_ascii_digit() => {
                let digits: String =
                    self.chars.iter().skip(self.at).take_while(|c| c.is_ascii_digit()).collect();
                self.at += digits.len();
                Ok(Some(Address::Line(digits.parse().unwrap_or(u64::MAX))))
            }
            Some('$') => {
                self.at += 1;
                Ok(Some(Address::Last))
            }
            Some('/') => {
                self.at += 1;
                let text = self.until('/').ok_or("unterminated address regex")?;
                let fold = self.peek() == Some('I');
                self.at += usize::from(fold);
                Ok(Some(Address::Match(Regex::new(&text, self.extended, fold)?)))
            }
            _ => Ok(None),
        }
    }

    /// Up to an unescaped `mark`; an escaped one stands for itself.
    fn until(&mut self, mark: char) -> Option<String> {
        let mut out = String::new();
        loop {
            let c = self.peek()?;
            self.at += 1;
            if c == mark {
                return Some(out);
            }
            if c == '\\' {
                let next = self.peek()?;
                self.at += 1;
                if next != mark {
                    out.push('\\');
                }
                out.push(next);
            } else {
                out.push(c);
            }
        }
    }

    fn substitute(&mut self) -> Result<Act, String> {
        let open = "unterminated `s' command";
        let mark = self.peek().ok_or(open)?;
        self.at += 1;
        let pattern = self.until(mark).ok_or(open)?;
        let with = self.until(mark).ok_or(open)?;
        let (mut nth, mut all, mut print, mut fold) = (1, false, false, false);
        while let Some(c) = self.peek() {
            match c {
                'g' => all = true,
                'p' => print = true,
                'i' | 'I' => fold = true,
                c if c.is_ascii_digit() => nth = u64::from(c.to_digit(10).unwrap_or(1)),
                ';' | '\n' | ' ' | '#' => break,
                _ => return Err("unknown option to `s'".into()),
            }
            self.at += 1;
        }
        let regex = Regex::new(&pattern, self.extended, fold)?;
        Ok(Act::Substitute { regex, with, nth, all, print })
    }
}
