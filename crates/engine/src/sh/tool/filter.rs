//! Tools that read files or standard input and write what they make of it.

use super::awk::Awk;
use super::files::Args;
use super::regex::Regex;
use super::sed::Sed;
use super::{Ctx, Event, Flow};
use crate::files::Errno;
use crate::sh::place::{FileAnswer, FileAsk};
use crate::sh::step::{Answer, Ask};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// A filter under way.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Filter {
    kind: Kind,
    /// Files still to read; `-` is standard input.
    files: VecDeque<String>,
    /// More than one file: headers and prefixes.
    many: bool,
    current: String,
    /// A piece of a line whose end has not come.
    partial: Vec<u8>,
    status: i32,
    state: State,
    /// Everything is read; only writes are left.
    ending: bool,
    /// Written when the current file is done (`sed -i`, `tee`).
    writes: VecDeque<(String, Vec<u8>, bool)>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
enum State {
    #[default]
    Fresh,
    Reading,
    Writing,
}

/// Which filter, with its settings and memory.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
enum Kind {
    #[default]
    Cat,
    /// Not yet looked at its words.
    Named(String),
    Number {
        n: u64,
        blank: bool,
    },
    Head {
        lines: Option<u64>,
        bytes: u64,
        left: u64,
        quiet: bool,
        headed: bool,
    },
    Tail {
        lines: Option<u64>,
        bytes: u64,
        from: bool,
        held: Vec<u8>,
        quiet: bool,
        headed: bool,
    },
    Grep(Box<Grep>),
    Wc {
        lines: bool,
        words: bool,
        bytes: bool,
        chars: bool,
        now: [u64; 4],
        total: [u64; 4],
        n: u32,
    },
    Sort {
        flags: String,
        key: Option<(u32, u32)>,
        separator: Option<char>,
        lines: Vec<String>,
    },
    Uniq {
        flags: String,
        last: Option<String>,
        count: u64,
    },
    Cut {
        fields: Vec<(u32, u32)>,
        chars: bool,
        delimiter: char,
        only: bool,
        out: Option<String>,
    },
    Tr {
        from: Vec<char>,
        to: Vec<char>,
        delete: bool,
        squeeze: bool,
        complement: bool,
        last: Option<char>,
    },
    Sed(Box<Sed>),
    Awk(Box<Awk>),
    Tee {
        files: Vec<String>,
        append: bool,
        held: Vec<u8>,
    },
    Rev,
    Tac(Vec<String>),
    Base64 {
        decode: bool,
        held: Vec<u8>,
    },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Grep {
    regex: Regex,
    invert: bool,
    count: bool,
    number: bool,
    quiet: bool,
    names: Option<bool>,
    only: bool,
    list: bool,
    word: bool,
    line: bool,
    max: Option<u64>,
    before: u64,
    after: u64,
    // memory
    n: u64,
    found: u64,
    any: bool,
    trailing: u64,
    held: VecDeque<(u64, String)>,
    last_shown: u64,
}

const NAMES: &[&str] = &[
    "cat", "head", "tail", "grep", "egrep", "fgrep", "wc", "sort", "uniq", "cut", "tr", "sed",
    "awk", "gawk", "tee", "nl", "rev", "tac", "base64", "less", "more",
];

impl Filter {
    pub(crate) fn find(name: &str) -> Option<Self> {
        NAMES
            .contains(&name)
            .then(|| Self { kind: Kind::Named(name.to_owned()), ..Self::default() })
    }

    pub(crate) fn resume(&mut self, ctx: &mut Ctx<'_>, event: Event) -> Flow {
        let flow = match event {
            Event::Start => match self.settings(ctx) {
                Ok(()) => self.begin(ctx),
                Err(flow) => return flow,
            },
            Event::Stdin(bytes) => self.bytes(ctx, &bytes),
            Event::Eof => self.file_ends(ctx),
            Event::Answer(Answer::File(answer)) if self.state == State::Writing => {
                if let FileAnswer::Failed(error) = answer {
                    let text = format!("{}: {}: {error}", ctx.name(), self.current);
                    ctx.complain(text);
                    self.status = 1;
                }
                self.next(ctx)
            }
            Event::Answer(Answer::File(FileAnswer::Bytes(bytes))) => {
                self.bytes(ctx, &bytes).or_else(|| self.file_ends(ctx))
            }
            Event::Answer(Answer::File(FileAnswer::Failed(error))) => {
                self.complain(ctx, error);
                self.next(ctx)
            }
            Event::Answer(Answer::Timer) => self.zeros(ctx),
            Event::Answer(_) => Some(Flow::Exit(1)),
            Event::Interrupt => Some(Flow::Exit(130)),
        };
        flow.unwrap_or(Flow::Read)
    }

    fn begin(&mut self, ctx: &mut Ctx<'_>) -> Option<Flow> {
        if let Kind::Awk(awk) = &mut self.kind
            && let Some(status) = awk.begin(ctx)
        {
            return Some(Flow::Exit(status));
        }
        self.next(ctx)
    }

    /// On to the next file, or to the end. `None`: standard input is read.
    fn next(&mut self, ctx: &mut Ctx<'_>) -> Option<Flow> {
        if let Some((path, bytes, append)) = self.writes.pop_front() {
            self.state = State::Writing;
            self.current = path.clone();
            ctx.changed = true;
            let path = ctx.path(&path);
            return Some(Flow::Ask(Ask::File(FileAsk::Write { path, bytes, append })));
        }
        if self.ending {
            return Some(Flow::Exit(self.status));
        }
        let Some(file) = self.files.pop_front() else { return Some(self.finish(ctx)) };
        self.current = file.clone();
        self.state = State::Reading;
        self.file_begins(ctx);
        match file.as_str() {
            "-" | "/dev/stdin" => None,
            "/dev/null" => self.file_ends(ctx),
            "/dev/zero" | "/dev/urandom" | "/dev/random" => self.zeros(ctx),
            _ => Some(Flow::Ask(Ask::File(FileAsk::Read(ctx.path(&file))))),
        }
    }

    /// An endless file, a piece at a time; each piece costs a moment.
    fn zeros(&mut self, ctx: &mut Ctx<'_>) -> Option<Flow> {
        let piece: Vec<u8> = if self.current == "/dev/zero" {
            vec![0; 65_536]
        } else {
            let mut x = ctx.now.0 ^ 0x5555_aaaa_1234_5678;
            let draw = |_| {
                x = x
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                u8::try_from(x >> 56).unwrap_or(0)
            };
            (0..4096).map(draw).collect()
        };
        self.bytes(ctx, &piece).or(Some(Flow::Ask(Ask::Sleep(1_000))))
    }

    fn complain(&mut self, ctx: &mut Ctx<'_>, error: Errno) {
        let (name, file) = (ctx.name().to_owned(), self.current.clone());
        let text = match (name.as_str(), error) {
            ("head" | "tail", Errno::IsDir) => format!("error reading '{file}': {error}"),
            ("head" | "tail", _) => format!("cannot open '{file}' for reading: {error}"),
            ("sort", Errno::IsDir) => format!("read failed: {file}: {error}"),
            ("sort", _) => format!("cannot read: {file}: {error}"),
            ("sed", Errno::IsDir) => format!("couldn't edit {file}: not a regular file"),
            ("sed", _) => format!("can't read {file}: {error}"),
            ("awk", _) => format!("cannot open \"{file}\" ({error})"),
            _ => format!("{file}: {error}"),
        };
        ctx.complain(format!("{name}: {text}"));
        let grave = matches!(name.as_str(), "grep" | "egrep" | "fgrep" | "sort" | "sed" | "awk");
        self.status = if grave { 2 } else { 1 };
    }

    /// Bytes of the current file. `Some` when the filter wants no more.
    fn bytes(&mut self, ctx: &mut Ctx<'_>, bytes: &[u8]) -> Option<Flow> {
        match &mut self.kind {
            Kind::Cat => ctx.out.extend(bytes),
            Kind::Head { lines: None, left, .. } => {
                let take = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
                ctx.out.extend(bytes.get(..take).unwrap_or_default());
                *left -= take as u64;
                if *left == 0 {
                    return self.enough(ctx);
                }
            }
            Kind::Tail { held, .. } | Kind::Base64 { held, .. } => held.extend(bytes),
            Kind::Tee { held, .. } => {
                ctx.out.extend(bytes);
                held.extend(bytes);
            }
            Kind::Wc { now, .. } => count(now, bytes, &mut self.partial),
            Kind::Tr { .. } => self.translate(ctx, bytes),
            _ => {
                self.partial.extend(bytes);
                while let Some(end) = self.partial.iter().position(|b| *b == b'\n') {
                    let line: Vec<u8> = self.partial.drain(..=end).collect();
                    let text = String::from_utf8_lossy(&line);
                    if let Some(flow) = self.line(ctx, text.trim_end_matches('\n')) {
                        return Some(flow);
                    }
                }
            }
        }
        None
    }

    /// The filter has what it wants of this file: the next one, or the end.
    fn enough(&mut self, ctx: &mut Ctx<'_>) -> Option<Flow> {
        self.partial.clear();
        if self.files.is_empty() {
            return Some(self.finish(ctx));
        }
        self.next(ctx).or(Some(Flow::Read))
    }

    fn file_ends(&mut self, ctx: &mut Ctx<'_>) -> Option<Flow> {
        if !matches!(self.kind, Kind::Wc { .. } | Kind::Tr { .. }) && !self.partial.is_empty() {
            let line = std::mem::take(&mut self.partial);
            let text = String::from_utf8_lossy(&line).into_owned();
            if let Some(flow) = self.line(ctx, &text) {
                return Some(flow);
            }
        }
        let name = self.current.clone();
        match &mut self.kind {
            Kind::Tail { .. } => self.tail(ctx),
            Kind::Wc { lines, words, bytes, chars, now, total, n } => {
                let shown = [*lines, *words, *chars, *bytes];
                let label =
                    if name == "-" && self.files.is_empty() && *n == 0 { "" } else { &name };
                ctx.print(wc_line(shown, now, label, self.many));
                for (sum, value) in total.iter_mut().zip(now.iter()) {
                    *sum += value;
                }
                *now = [0; 4];
                *n += 1;
                self.partial.clear();
            }
            Kind::Grep(grep) => grep.file_ends(ctx, &name, self.many),
            Kind::Sed(sed) => {
                if let Some(text) = sed.file_ends(ctx) {
                    self.writes.push_back((name, text, false));
                }
            }
            _ => {}
        }
        self.next(ctx)
    }

    fn file_begins(&mut self, ctx: &mut Ctx<'_>) {
        let shown = if self.current == "-" { "standard input" } else { &self.current };
        let many = self.many;
        let mut header = |headed: &mut bool, quiet: bool| {
            if many && !quiet {
                let gap = if *headed { "\n" } else { "" };
                ctx.out.extend(format!("{gap}==> {shown} <==\n").into_bytes());
                *headed = true;
            }
        };
        match &mut self.kind {
            Kind::Head { lines, bytes, left, quiet, headed } => {
                *left = lines.unwrap_or(*bytes);
                header(headed, *quiet);
            }
            Kind::Tail { quiet, headed, .. } => header(headed, *quiet),
            Kind::Grep(grep) => grep.n = 0,
            Kind::Awk(awk) => awk.file_begins(&self.current),
            Kind::Sed(sed) => {
                let last = self.files.is_empty();
                sed.file_begins(last);
            }
            _ => {}
        }
    }

    /// All files are read.
    fn finish(&mut self, ctx: &mut Ctx<'_>) -> Flow {
        let mut status = self.status;
        match std::mem::take(&mut self.kind) {
            Kind::Grep(grep) => {
                status = match (status, grep.any) {
                    (2, true) if grep.quiet => 0,
                    (2, _) => 2,
                    (_, any) => i32::from(!any),
                };
            }
            Kind::Wc { lines, words, bytes, chars, total, n, .. } if n > 1 => {
                ctx.print(wc_line([lines, words, chars, bytes], &total, "total", true));
            }
            Kind::Sort { flags, key, separator, lines } => {
                for line in sorted(&flags, key, separator, lines) {
                    ctx.print(format!("{line}\n"));
                }
            }
            Kind::Uniq { flags, last: Some(last), count } => uniq_out(ctx, &flags, &last, count),
            Kind::Tac(lines) => {
                for line in lines.iter().rev() {
                    ctx.print(format!("{line}\n"));
                }
            }
            Kind::Awk(mut awk) => status = awk.end(ctx),
            Kind::Sed(mut sed) => {
                sed.flush(ctx, true);
                status = status.max(sed.status);
            }
            Kind::Tee { files, append, held } => {
                for file in files {
                    self.writes.push_back((file, held.clone(), append));
                }
            }
            Kind::Base64 { decode, held } => status = base64(ctx, decode, &held),
            _ => {}
        }
        self.status = status;
        if self.writes.is_empty() {
            return Flow::Exit(status);
        }
        self.ending = true;
        self.next(ctx).unwrap_or(Flow::Exit(status))
    }

    /// One whole line. `Some` when nothing more is wanted.
    fn line(&mut self, ctx: &mut Ctx<'_>, line: &str) -> Option<Flow> {
        let name = self.current.clone();
        match &mut self.kind {
            Kind::Number { n, blank } => {
                if line.is_empty() && !*blank {
                    ctx.print(if ctx.name() == "nl" { "       \n" } else { "\n" });
                } else {
                    *n += 1;
                    ctx.print(format!("{n:>6}\t{line}\n"));
                }
            }
            Kind::Head { left, .. } => {
                if *left > 0 {
                    *left -= 1;
                    ctx.print(format!("{line}\n"));
                }
                if *left == 0 {
                    return self.enough(ctx);
                }
            }
            Kind::Grep(grep) => {
                if grep.line(ctx, line, &name, self.many) {
                    return if grep.quiet { Some(Flow::Exit(0)) } else { self.enough(ctx) };
                }
            }
            Kind::Sort { lines, .. } | Kind::Tac(lines) => lines.push(line.to_owned()),
            Kind::Uniq { flags, last, count } => {
                let fold = |t: &str| {
                    if flags.contains('i') { t.to_lowercase() } else { t.to_owned() }
                };
                match last {
                    Some(old) if fold(old) == fold(line) => *count += 1,
                    _ => {
                        if let Some(old) = last.replace(line.to_owned()) {
                            uniq_out(ctx, flags, &old, *count);
                        }
                        *count = 1;
                    }
                }
            }
            Kind::Cut { fields, chars, delimiter, only, out } => {
                if let Some(text) = cut(line, fields, *chars, *delimiter, *only, out.as_deref()) {
                    ctx.print(format!("{text}\n"));
                }
            }
            Kind::Rev => {
                let text: String = line.chars().rev().collect();
                ctx.print(format!("{text}\n"));
            }
            Kind::Sed(sed) => {
                if sed.line(ctx, line) {
                    return Some(self.finish(ctx));
                }
            }
            Kind::Awk(awk) => {
                if awk.line(ctx, line) {
                    return Some(self.finish(ctx));
                }
            }
            _ => {}
        }
        None
    }

    fn tail(&mut self, ctx: &mut Ctx<'_>) {
        let Kind::Tail { lines, bytes, from, held, .. } = &mut self.kind else { return };
        let all = std::mem::take(held);
        let start = match (lines, *from) {
            (None, true) => usize::try_from(bytes.saturating_sub(1)).unwrap_or(usize::MAX),
            (None, false) => {
                all.len().saturating_sub(usize::try_from(*bytes).unwrap_or(usize::MAX))
            }
            (Some(n), true) => {
                let skip = usize::try_from(n.saturating_sub(1)).unwrap_or(usize::MAX);
                all.split_inclusive(|b| *b == b'\n').take(skip).map(<[u8]>::len).sum()
            }
            (Some(n), false) => {
                let count = all.split_inclusive(|b| *b == b'\n').count();
                let skip = count.saturating_sub(usize::try_from(*n).unwrap_or(usize::MAX));
                all.split_inclusive(|b| *b == b'\n').take(skip).map(<[u8]>::len).sum()
            }
        };
        ctx.out.extend(all.get(start.min(all.len())..).unwrap_or_default());
    }

    fn translate(&mut self, ctx: &mut Ctx<'_>, bytes: &[u8]) {
        let Kind::Tr { from, to, delete, squeeze, complement, last } = &mut self.kind else {
            return;
        };
        // a character may be cut in two by the pieces in which bytes come
        let mut whole = std::mem::take(&mut self.partial);
        whole.extend(bytes);
        let valid = match std::str::from_utf8(&whole) {
            Ok(_) => whole.len(),
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            Err(_) => whole.len(),
        };
        self.partial = whole.split_off(valid);
        let mut out = String::new();
        for c in String::from_utf8_lossy(&whole).chars() {
            let at = from.iter().position(|f| *f == c);
            let hit = at.is_some() != *complement;
            if hit && *delete {
                continue;
            }
            let new = if hit && !to.is_empty() {
                let k = at.unwrap_or(usize::MAX).min(to.len() - 1);
                to.get(k).copied().unwrap_or(c)
            } else {
                c
            };
            let squeezed = if to.is_empty() || *delete { hit } else { to.contains(&new) };
            if *squeeze && squeezed && *last == Some(new) {
                continue;
            }
            *last = Some(new);
            out.push(new);
        }
        ctx.print(out);
    }

    /// Reads the words. The error is the flow that ends it.
    fn settings(&mut self, ctx: &mut Ctx<'_>) -> Result<(), Flow> {
        let Kind::Named(name) = std::mem::take(&mut self.kind) else { return Ok(()) };
        let words = ctx.args();
        let (kind, files) = match name.as_str() {
            "cat" | "less" | "more" => {
                let (args, _) = Args::new(&words, "");
                if let Some(text) = args.unknown("nbuvet", &["number"]) {
                    return Err(usage(ctx, &text));
                }
                let numbered = args.has('n', "number") || args.has('b', "");
                let kind = Kind::Number { n: 0, blank: !args.has('b', "") };
                (if numbered { kind } else { Kind::Cat }, args.rest)
            }
            "nl" => (Kind::Number { n: 0, blank: false }, Args::new(&words, "bw").0.rest),
            "head" | "tail" => ends(ctx, &name, &words)?,
            "grep" | "egrep" | "fgrep" => grep_settings(ctx, &name, &words)?,
            "wc" => {
                let (args, _) = Args::new(&words, "");
                let (l, w, c, m) = (
                    args.has('l', "lines"),
                    args.has('w', "words"),
                    args.has('c', "bytes"),
                    args.has('m', "chars"),
                );
                let all = !(l || w || c || m);
                let (lines, words, bytes) = (l || all, w || all, c || all);
                let kind =
                    Kind::Wc { lines, words, bytes, chars: m, now: [0; 4], total: [0; 4], n: 0 };
                (kind, args.rest)
            }
            "sort" => sort_settings(&words),
            "uniq" => {
                let (args, _) = Args::new(&words, "fs");
                let flags: String =
                    ['c', 'd', 'u', 'i'].into_iter().filter(|c| args.has(*c, "")).collect();
                (Kind::Uniq { flags, last: None, count: 0 }, args.rest)
            }
            "cut" => cut_settings(ctx, &words)?,
            "tr" => (tr_settings(ctx, &words)?, Vec::new()),
            "sed" => {
                let (sed, files) = Sed::new(&words).map_err(|text| {
                    ctx.complain(text);
                    Flow::Exit(1)
                })?;
                (Kind::Sed(Box::new(sed)), files)
            }
            "awk" | "gawk" => {
                let (awk, files) = Awk::new(&words).map_err(|text| {
                    ctx.complain(text);
                    Flow::Exit(2)
                })?;
                (Kind::Awk(Box::new(awk)), files)
            }
            "tee" => {
                let (args, _) = Args::new(&words, "");
                let append = args.has('a', "append");
                let kind = Kind::Tee { files: args.rest, append, held: Vec::new() };
                (kind, Vec::new())
            }
            "rev" => (Kind::Rev, words),
            "tac" => (Kind::Tac(Vec::new()), words),
            _ => {
                let (args, _) = Args::new(&words, "w");
                let decode = args.has('d', "decode") || args.has('D', "");
                (Kind::Base64 { decode, held: Vec::new() }, args.rest)
            }
        };
        self.kind = kind;
        self.many = files.len() > 1;
        self.files = files.into();
        if self.files.is_empty() {
            self.files.push_back("-".into());
        }
        Ok(())
    }
}

fn usage(ctx: &mut Ctx<'_>, text: &str) -> Flow {
    let name = ctx.name().to_owned();
    ctx.complain(format!("{name}: {text}\nTry '{name} --help' for more information."));
    Flow::Exit(1)
}

type Settings = Result<(Kind, Vec<String>), Flow>;

/// `head` and `tail`.
fn ends(ctx: &mut Ctx<'_>, name: &str, words: &[String]) -> Settings {
    // `-5` is an old way to write `-n 5`
    let words: Vec<String> = words
        .iter()
        .map(|word| match word.strip_prefix('-') {
            Some(n) if !n.is_empty() && n.chars().all(|c| c.is_ascii_digit()) => format!("-n{n}"),
            _ => word.clone(),
        })
        .collect();
    let (args, values) = Args::new(&words, "nc");
    let quiet = args.has('q', "quiet");
    let long = |key: &str| args.long_value(key).map(str::to_owned);
    let mut values = values;
    values.extend(long("lines").map(|v| ('n', v)));
    values.extend(long("bytes").map(|v| ('c', v)));
    let (mut lines, mut bytes, mut from) = (Some(10), 0, false);
    for (letter, value) in values {
        from = value.starts_with('+');
        let digits = value.trim_start_matches(['+', '-']);
        let factor = match digits.chars().last() {
            Some('k' | 'K') => 1024,
            Some('M') => 1024 * 1024,
            _ => 1,
        };
        let number = digits.trim_end_matches(['k', 'K', 'M']).parse::<u64>().map(|n| n * factor);
        match (number, letter) {
            (Ok(n), 'n') => lines = Some(n),
            (Ok(n), _) => {
                lines = None;
                bytes = n;
            }
            (Err(_), letter) => {
                let what = if letter == 'n' { "lines" } else { "bytes" };
                ctx.complain(format!("{name}: invalid number of {what}: '{value}'"));
                return Err(Flow::Exit(1));
            }
        }
    }
    let kind = if name == "head" {
        Kind::Head { lines, bytes, left: 0, quiet, headed: false }
    } else {
        Kind::Tail { lines, bytes, from, held: Vec::new(), quiet, headed: false }
    };
    Ok((kind, args.rest))
}

fn grep_settings(ctx: &mut Ctx<'_>, name: &str, words: &[String]) -> Settings {
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
            return Err(Flow::Exit(2));
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
                return Err(Flow::Exit(2));
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
    fn line(&mut self, ctx: &mut Ctx<'_>, line: &str, name: &str, many: bool) -> bool {
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

    fn file_ends(&mut self, ctx: &mut Ctx<'_>, name: &str, many: bool) {
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

fn count(now: &mut [u64; 4], bytes: &[u8], partial: &mut Vec<u8>) {
    let [lines, words, chars, size] = now;
    // `partial` is not empty within a word
    for b in bytes {
        *lines += u64::from(*b == b'\n');
        *chars += u64::from(*b & 0xc0 != 0x80);
        if b.is_ascii_whitespace() {
            partial.clear();
        } else if partial.is_empty() {
            partial.push(*b);
            *words += 1;
        }
    }
    *size += bytes.len() as u64;
}

fn wc_line(shown: [bool; 4], now: &[u64; 4], name: &str, many: bool) -> String {
    let values: Vec<u64> =
        now.iter().zip(shown).filter(|(_, shown)| *shown).map(|(v, _)| *v).collect();
    let width = if values.len() == 1 && !many {
        1
    } else if name.is_empty() || name == "-" {
        7
    } else {
        values.iter().map(|v| v.to_string().len()).max().unwrap_or(1)
    };
    let numbers: Vec<String> = values.iter().map(|v| format!("{v:>width$}")).collect();
    let gap = if name.is_empty() { "" } else { " " };
    format!("{}{gap}{name}\n", numbers.join(" "))
}

fn sort_settings(words: &[String]) -> (Kind, Vec<String>) {
    let (args, values) = Args::new(words, "kt");
    let mut flags: String =
        ['n', 'r', 'u', 'f', 'h', 'V'].into_iter().filter(|c| args.has(*c, "")).collect();
    for (long, c) in [("reverse", 'r'), ("numeric-sort", 'n'), ("unique", 'u')] {
        if args.has('\0', long) {
            flags.push(c);
        }
    }
    let mut key = None;
    let mut separator = None;
    for (letter, value) in values {
        if letter == 't' {
            separator = value.chars().next();
            continue;
        }
        let number = |text: &str| -> Option<u32> {
            let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
            digits.parse().ok()
        };
        flags.extend(value.chars().filter(|c| "nrfhV".contains(*c)));
        let (first, last) = value.split_once(',').unwrap_or((&value, ""));
        key = number(first).map(|n| (n, number(last).unwrap_or(u32::MAX)));
    }
    (Kind::Sort { flags, key, separator, lines: Vec::new() }, args.rest)
}

fn sorted(
    flags: &str,
    key: Option<(u32, u32)>,
    separator: Option<char>,
    mut lines: Vec<String>,
) -> Vec<String> {
    let part = |line: &String| -> String {
        let Some((from, to)) = key else { return line.clone() };
        let pieces: Vec<&str> = match separator {
            Some(c) => line.split(c).collect(),
            None => line.split_whitespace().collect(),
        };
        let (from, to) = (from.max(1) as usize - 1, (to as usize).min(pieces.len()));
        pieces.get(from..to).unwrap_or_default().join(" ")
    };
    let number = |text: &str| -> i128 {
        let text = text.trim_start();
        let (sign, digits) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text),
        };
        let whole: String = digits.chars().take_while(char::is_ascii_digit).collect();
        let rest = digits.get(whole.len()..).unwrap_or("");
        let fraction: String =
            rest.strip_prefix('.').unwrap_or("").chars().take_while(char::is_ascii_digit).collect();
        let micros: String = fraction.chars().chain("000000".chars()).take(6).collect();
        let value =
            whole.parse::<i128>().unwrap_or(0) * 1_000_000 + micros.parse::<i128>().unwrap_or(0);
        let unit = if flags.contains('h') {
            match rest.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit()).chars().next() {
                Some('K' | 'k') => 1024,
                Some('M') => 1 << 20,
                Some('G') => 1 << 30,
                _ => 1,
            }
        } else {
            1
        };
        sign * value * unit
    };
    let numeric = flags.contains('n') || flags.contains('h');
    let fold = |text: String| if flags.contains('f') { text.to_lowercase() } else { text };
    lines.sort_by(|a, b| {
        let (ka, kb) = (fold(part(a)), fold(part(b)));
        let order = if numeric { number(&ka).cmp(&number(&kb)) } else { natural(flags, &ka, &kb) };
        let order = if flags.contains('r') { order.reverse() } else { order };
        if flags.contains('u') { order } else { order.then_with(|| a.cmp(b)) }
    });
    if flags.contains('u') {
        let same = |a: &String, b: &String| {
            if numeric {
                number(&part(a)) == number(&part(b))
            } else {
                fold(part(a)) == fold(part(b))
            }
        };
        lines.dedup_by(|a, b| same(a, b));
    }
    lines
}

/// `-V`: runs of digits compare as numbers.
fn natural(flags: &str, a: &str, b: &str) -> std::cmp::Ordering {
    if !flags.contains('V') {
        return a.cmp(b);
    }
    let key = |text: &str| -> Vec<(String, u64)> {
        let mut out = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let head: String = rest.chars().take_while(|c| !c.is_ascii_digit()).collect();
            rest = rest.get(head.len()..).unwrap_or("");
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            rest = rest.get(digits.len()..).unwrap_or("");
            out.push((head, digits.parse().unwrap_or(0)));
        }
        out
    };
    key(a).cmp(&key(b))
}

fn uniq_out(ctx: &mut Ctx<'_>, flags: &str, line: &str, count: u64) {
    if (flags.contains('d') && count < 2) || (flags.contains('u') && count > 1) {
        return;
    }
    if flags.contains('c') {
        ctx.print(format!("{count:>7} {line}\n"));
    } else {
        ctx.print(format!("{line}\n"));
    }
}

fn cut_settings(ctx: &mut Ctx<'_>, words: &[String]) -> Settings {
    let (args, values) = Args::new(words, "dfcb");
    let value = |letter: char| values.iter().find(|(c, _)| *c == letter).map(|(_, v)| v.clone());
    let list = value('f').or_else(|| args.long_value("fields").map(str::to_owned));
    let chars = value('c').or_else(|| value('b'));
    let Some(spec) = list.clone().or_else(|| chars.clone()) else {
        return Err(usage(ctx, "you must specify a list of bytes, characters, or fields"));
    };
    let mut fields = Vec::new();
    for piece in spec.split(',') {
        let number = |text: &str, none: u32| {
            if text.is_empty() { Some(none) } else { text.parse::<u32>().ok().filter(|n| *n > 0) }
        };
        let range = match piece.split_once('-') {
            Some((low, high)) => number(low, 1).zip(number(high, u32::MAX)),
            None => number(piece, 0).map(|n| (n, n)),
        };
        match range {
            Some((low, high)) if low > 0 => fields.push((low, high)),
            _ => return Err(usage(ctx, &format!("invalid field value '{piece}'"))),
        }
    }
    let delimiter = value('d').or_else(|| args.long_value("delimiter").map(str::to_owned));
    let delimiter = match delimiter {
        Some(text) if text.chars().count() > 1 => {
            return Err(usage(ctx, "the delimiter must be a single character"));
        }
        Some(text) => text.chars().next().unwrap_or('\t'),
        None => '\t',
    };
    let out = args.long_value("output-delimiter").map(str::to_owned);
    let only = args.has('s', "only-delimited");
    Ok((Kind::Cut { fields, chars: list.is_none(), delimiter, only, out }, args.rest))
}

fn cut(
    line: &str,
    fields: &[(u32, u32)],
    chars: bool,
    delimiter: char,
    only: bool,
    out: Option<&str>,
) -> Option<String> {
    let wanted = |k: usize| {
        let n = u32::try_from(k + 1).unwrap_or(u32::MAX);
        fields.iter().any(|(low, high)| (*low..=*high).contains(&n))
    };
    if chars {
        return Some(
            line.chars().enumerate().filter(|(k, _)| wanted(*k)).map(|(_, c)| c).collect(),
        );
    }
    if !line.contains(delimiter) {
        return (!only).then(|| line.to_owned());
    }
    let pieces = line.split(delimiter).enumerate().filter(|(k, _)| wanted(*k)).map(|(_, p)| p);
    let pieces: Vec<&str> = pieces.collect();
    Some(match out {
        Some(out) => pieces.join(out),
        None => pieces.join(&delimiter.to_string()),
    })
}

fn tr_settings(ctx: &mut Ctx<'_>, words: &[String]) -> Result<Kind, Flow> {
    let (args, _) = Args::new(words, "");
    let delete = args.has('d', "delete");
    let squeeze = args.has('s', "squeeze-repeats");
    let complement = args.has('c', "complement") || args.has('C', "");
    let mut sets = args.rest.iter();
    let Some(from) = sets.next() else { return Err(usage(ctx, "missing operand")) };
    let to = sets.next();
    if to.is_none() && !delete && !squeeze {
        let text = format!("missing operand after '{from}'");
        return Err(usage(ctx, &text));
    }
    let to = to.map(|t| set(t)).unwrap_or_default();
    Ok(Kind::Tr { from: set(from), to, delete, squeeze, complement, last: None })
}

/// A set of `tr`: escapes, ranges, classes.
fn set(text: &str) -> Vec<char> {
    let mut chars: Vec<char> = Vec::new();
    let mut rest = text;
    for (name, members) in [
        ("[:upper:]", ('A'..='Z').collect::<String>()),
        ("[:lower:]", ('a'..='z').collect()),
        ("[:digit:]", ('0'..='9').collect()),
        ("[:alpha:]", ('A'..='Z').chain('a'..='z').collect()),
        ("[:alnum:]", ('0'..='9').chain('A'..='Z').chain('a'..='z').collect()),
        ("[:space:]", " \t\n\r\x0b\x0c".to_owned()),
        ("[:blank:]", " \t".to_owned()),
        ("[:punct:]", ('!'..='/').chain(':'..='@').chain('['..='`').chain('{'..='~').collect()),
    ] {
        if rest == name {
            return members.chars().collect();
        }
    }
    while let Some(c) = rest.chars().next() {
        rest = rest.get(c.len_utf8()..).unwrap_or("");
        let c = if c == '\\' {
            let next = rest.chars().next().unwrap_or('\\');
            rest = rest.get(next.len_utf8()..).unwrap_or("");
            match next {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                '0' => '\0',
                other => other,
            }
        } else {
            c
        };
        let mut ahead = rest.chars();
        match (ahead.next(), ahead.next()) {
            (Some('-'), Some(high)) if high >= c => {
                chars.extend(c..=high);
                rest = rest.get(1 + high.len_utf8()..).unwrap_or("");
            }
            _ => chars.push(c),
        }
    }
    chars
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn base64(ctx: &mut Ctx<'_>, decode: bool, bytes: &[u8]) -> i32 {
    if !decode {
        let mut text = String::new();
        for chunk in bytes.chunks(3) {
            let word =
                chunk.iter().fold(0_u32, |w, b| w << 8 | u32::from(*b)) << (8 * (3 - chunk.len()));
            for k in 0..4 {
                let six = (word >> (18 - 6 * k) & 63) as usize;
                let c = ALPHABET.get(six).copied().unwrap_or(b'A');
                text.push(if k <= chunk.len() { char::from(c) } else { '=' });
            }
        }
        let plain = ctx.words.iter().any(|w| w == "-w0");
        for line in text.as_bytes().chunks(if plain { usize::MAX } else { 76 }) {
            ctx.out.extend(line);
            if !plain {
                ctx.out.push(b'\n');
            }
        }
        return 0;
    }
    let (mut word, mut bits) = (0_u32, 0);
    for b in bytes.iter().filter(|b| !b.is_ascii_whitespace() && **b != b'=') {
        let Some(six) = ALPHABET.iter().position(|a| a == b) else {
            ctx.complain("base64: invalid input");
            return 1;
        };
        word = word << 6 | u32::try_from(six).unwrap_or(0);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            ctx.out.push(u8::try_from(word >> bits & 255).unwrap_or(0));
        }
    }
    0
}
