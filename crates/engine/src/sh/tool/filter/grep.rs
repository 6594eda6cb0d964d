//! `grep` and its twins.

use super::super::Ctx;
use super::super::files::Args;
use super::super::regex::Regex;
use super::{Kind, Settings};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Grep {
    regex: Regex,
    invert: bool,
    count: bool,
    number: bool,
    pub(super) quiet: bool,
    names: Option<bool>,
    only: bool,
    list: bool,
    word: bool,
    line: bool,
    max: Option<u64>,
    before: u64,
    after: u64,
    // memory
    pub(super) n: u64,
    found: u64,
    pub(super) any: bool,
    trailing: u64,
    held: VecDeque<(u64, String)>,
    last_shown: u64,
}

pub(super) fn grep_settings(ctx: &mut Ctx<'_>, name: &str, words: &[String]) -> Settings {
    let (mut args, values) = Args::new(words, "emABC");
    let value = |letter: char| values.iter().find(|(c, _)| *c == letter).map(|(_, v)| v.as_str());
    let mut patterns: Vec<String> =
        values.iter().filter(|(c, _)| *c == 'e').map(|(_, v)| v.clone()).collect();
    if patterns.is_empty() {
        if args.rest.is_empty() {
            ctx.complain(
                "Usage: grep [OPTION]... PATTERNS [FILE]...\n\
                 Try 'grep --help' for more information.",
            );
            return Err(2);
        }
        patterns = args.rest.remove(0).split('\n').map(str::to_owned).collect();
    }
    let ignore = args.has('i', "ignore-case") || args.has('y', "");
    let fixed = name == "fgrep" || args.has('F', "fixed-strings");
    let extended = name == "egrep" || args.has('E', "extended-regexp") || args.has('P', "");
    let mut list = Vec::new();
    for pattern in patterns {
        if fixed {
            list.push(Regex::literal(&pattern, ignore));
            continue;
        }
        match Regex::new(&pattern, extended, ignore) {
            Ok(regex) => list.push(regex),
            Err(text) => {
                ctx.complain(format!("grep: {text}"));
                return Err(2);
            }
        }
    }
    let number = |letter: char| value(letter).and_then(|v| v.parse::<u64>().ok());
    let context = number('C').unwrap_or(0);
    let names = if args.has('h', "no-filename") {
        Some(false)
    } else {
        args.has('H', "with-filename").then_some(true)
    };
    let grep = Grep {
        regex: Regex::any(list),
        invert: args.has('v', "invert-match"),
        count: args.has('c', "count"),
        number: args.has('n', "line-number"),
        quiet: args.has('q', "quiet"),
        names,
        only: args.has('o', "only-matching"),
        list: args.has('l', "files-with-matches"),
        word: args.has('w', "word-regexp"),
        line: args.has('x', "line-regexp"),
        max: number('m'),
        before: number('B').unwrap_or(context),
        after: number('A').unwrap_or(context),
        n: 0,
        found: 0,
        any: false,
        trailing: 0,
        held: VecDeque::new(),
        last_shown: 0,
    };
    Ok((Kind::Grep(Box::new(grep)), args.rest))
}

impl Grep {
    fn spans(&self, line: &str) -> Vec<(usize, usize)> {
        let chars: Vec<char> = line.chars().collect();
        let mut out = Vec::new();
        let mut at = 0;
        while let Some(spans) = self.regex.find_at(&chars, at) {
            let Some(Some((start, end))) = spans.first().copied() else { break };
            let is_word = |k: Option<usize>| {
                k.and_then(|k| chars.get(k)).is_some_and(|c| c.is_alphanumeric() || *c == '_')
            };
            let fits = (!self.word || !is_word(start.checked_sub(1)) && !is_word(Some(end)))
                && (!self.line || start == 0 && end == chars.len());
            if fits {
                out.push((start, end));
            }
            at = if fits && end > start { end } else { start + 1 };
            if at > chars.len() {
                break;
            }
        }
        out
    }

    /// True when enough was found.
    pub(super) fn line(&mut self, ctx: &mut Ctx<'_>, line: &str, name: &str, many: bool) -> bool {
        self.n += 1;
        let spans = self.spans(line);
        if spans.is_empty() != self.invert {
            if self.trailing > 0 {
                self.trailing -= 1;
                self.show(ctx, self.n, line, name, many, '-');
            } else if self.before > 0 {
                self.held.push_back((self.n, line.to_owned()));
                while self.held.len() as u64 > self.before {
                    self.held.pop_front();
                }
            }
            return false;
        }
        self.found += 1;
        self.any = true;
        if self.quiet {
            return true;
        }
        if self.list {
            let name = if name == "-" { "(standard input)" } else { name };
            ctx.print(format!("{name}\n"));
            return true;
        }
        if self.only {
            let chars: Vec<char> = line.chars().collect();
            for (a, b) in spans.into_iter().filter(|(a, b)| a < b) {
                let text: String = chars.get(a..b).unwrap_or_default().iter().collect();
                self.show(ctx, self.n, &text, name, many, ':');
            }
        } else if !self.count {
            for (n, held) in std::mem::take(&mut self.held) {
                self.show(ctx, n, &held, name, many, '-');
            }
            self.show(ctx, self.n, line, name, many, ':');
            self.trailing = self.after;
        }
        self.max.is_some_and(|max| self.found >= max)
    }

    fn show(&mut self, ctx: &mut Ctx<'_>, n: u64, line: &str, name: &str, many: bool, mark: char) {
        let gap = self.last_shown > 0 && n > self.last_shown + 1;
        if gap && (self.before > 0 || self.after > 0) {
            ctx.print("--\n");
        }
        self.last_shown = n;
        if self.names.unwrap_or(many) {
            let name = if name == "-" { "(standard input)" } else { name };
            ctx.print(format!("{name}{mark}"));
        }
        if self.number {
            ctx.print(format!("{n}{mark}"));
        }
        ctx.print(format!("{line}\n"));
    }

    pub(super) fn file_ends(&mut self, ctx: &mut Ctx<'_>, name: &str, many: bool) {
        if self.count && !self.quiet {
            if self.names.unwrap_or(many) {
                ctx.print(format!("{name}:"));
            }
            ctx.print(format!("{}\n", self.found));
        }
        self.found = 0;
        self.trailing = 0;
        self.last_shown = 0;
        self.held.clear();
    }
}
