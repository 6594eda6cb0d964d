//! `xargs`: builds command lines from standard input and lets the shell run them.

use super::misc::quote;
use super::{Ctx, Event, Flow};
use serde::{Deserialize, Serialize};

/// An `xargs` that still reads.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Xargs {
    read: Vec<u8>,
}

impl Xargs {
    pub(crate) fn resume(&mut self, ctx: &mut Ctx<'_>, event: Event) -> Flow {
        match event {
            Event::Start => Flow::Read,
            Event::Stdin(bytes) => {
                self.read.extend(bytes);
                Flow::Read
            }
            Event::Eof => self.lines(ctx),
            Event::Answer(_) => Flow::Exit(1),
            Event::Interrupt => Flow::Exit(130),
        }
    }

    fn lines(&self, ctx: &mut Ctx<'_>) -> Flow {
        let (mut per_line, mut replace, mut no_empty, mut show) = (usize::MAX, None, false, false);
        let words = ctx.args();
        let mut words = words.iter().peekable();
        while let Some(word) = words.next_if(|w| w.starts_with('-') && w.len() > 1) {
            match word.as_str() {
                "-r" | "--no-run-if-empty" => no_empty = true,
                "-t" => show = true,
                "-0" => {}
                "-I" => replace = words.next().cloned(),
                "-n" | "-L" | "-P" => {
                    let n = words.next().and_then(|n| n.parse().ok()).unwrap_or(usize::MAX);
                    if word != "-P" {
                        per_line = n;
                    }
                }
                other => match other.strip_prefix("-n").and_then(|n| n.parse().ok()) {
                    Some(n) => per_line = n,
                    None => match other.strip_prefix("-I") {
                        Some(mark) => replace = Some(mark.to_owned()),
                        None => {
                            let text = format!("invalid option -- '{}'", other.trim_matches('-'));
                            return ctx.fail(text);
                        }
                    },
                },
            }
        }
        let command: Vec<String> = words.cloned().collect();
        let command = if command.is_empty() { vec!["echo".to_owned()] } else { command };
        let text = String::from_utf8_lossy(&self.read);
        let mut lines: Vec<String> = Vec::new();
        if let Some(mark) = replace {
            for item in text.lines().filter(|l| !l.trim().is_empty()) {
                let words = command.iter().map(|w| quote(&w.replace(&mark, item.trim_start())));
                lines.push(words.collect::<Vec<_>>().join(" "));
            }
        } else {
            let items: Vec<&str> = text
                .split(|c: char| c.is_whitespace() || c == '\0')
                .filter(|w| !w.is_empty())
                .collect();
            if items.is_empty() && !no_empty {
                lines.push(command.iter().map(|w| quote(w)).collect::<Vec<_>>().join(" "));
            }
            for chunk in items.chunks(per_line.clamp(1, 5_000)) {
                let words = command.iter().map(String::as_str).chain(chunk.iter().copied());
                lines.push(words.map(quote).collect::<Vec<_>>().join(" "));
            }
        }
        if show {
            for line in &lines {
                ctx.complain(line);
            }
        }
        // any command that failed makes the whole fail with 123
        let mut text = String::from("__x=0\n");
        for line in lines {
            text.push_str(&line);
            text.push_str(" </dev/null || __x=123\n");
        }
        text.push_str("(exit $__x)");
        Flow::Eval(text)
    }
}
