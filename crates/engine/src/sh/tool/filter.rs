//! Tools that read files or standard input and write what they make of it.

mod columns;
mod count;
mod grep;
mod sort;

use super::awk::Awk;
use super::files::Args;
use super::sed::Sed;
use super::{Ctx, Event, Flow};
use crate::files::Errno;
use crate::sh::place::{FileAnswer, FileAsk};
use crate::sh::step::{Answer, Ask};
use columns::{cut, cut_settings, tr_settings};
use count::{base64, count, wc_line};
use grep::{Grep, grep_settings};
use serde::{Deserialize, Serialize};
use sort::{sort_settings, sorted, uniq_out};
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
                Err(status) => return Flow::Exit(status),
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
                let enough = grep.line(ctx, line, &name, self.many);
                let quiet = grep.quiet;
                return match (enough, quiet) {
                    (false, _) => None,
                    (true, true) => Some(Flow::Exit(0)),
                    (true, false) => self.enough(ctx),
                };
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
            Kind::Sed(sed) => return sed.line(ctx, line).then(|| self.finish(ctx)),
            Kind::Awk(awk) => return awk.line(ctx, line).then(|| self.finish(ctx)),
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

    /// Reads the words. The error is the status it ends with.
    fn settings(&mut self, ctx: &mut Ctx<'_>) -> Result<(), i32> {
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
                    1
                })?;
                (Kind::Sed(Box::new(sed)), files)
            }
            "awk" | "gawk" => {
                let (awk, files) = Awk::new(&words).map_err(|text| {
                    ctx.complain(text);
                    2
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

fn usage(ctx: &mut Ctx<'_>, text: &str) -> i32 {
    let name = ctx.name().to_owned();
    ctx.complain(format!("{name}: {text}\nTry '{name} --help' for more information."));
    1
}

type Settings = Result<(Kind, Vec<String>), i32>;

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
                return Err(1);
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
