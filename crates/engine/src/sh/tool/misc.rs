//! Tools without files or network: `echo`, `date`, `seq`, `sleep`, `cd`, `hostname` …

mod printf;

use super::files::Args;
use super::{Ctx, Event, Flow};
use crate::sh::date::Civil;
use crate::sh::env::Kind;
use crate::sh::place::{FileAnswer, FileAsk};
use crate::sh::step::{Answer, Ask, Facts};
use printf::printf_tool;
pub(crate) use printf::{printf, quote, unescape};
use serde::{Deserialize, Serialize};

/// One of these tools under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Misc {
    /// Says what it has to say at once.
    Plain,
    Sleep,
    /// Asks who and where it is.
    Facts,
    Cd,
    Read,
    Source,
    Yes,
}

impl Misc {
    pub(crate) fn find(name: &str) -> Option<Self> {
        Some(match name {
            "echo" | "printf" | "seq" | "true" | "false" | "date" | "env" | "printenv" | "pwd"
            | "which" | "type" | "whoami" | "id" | "uname" | "history" | "clear" | "reset"
            | "basename" | "dirname" | "sync" | "groups" | "tty" | "arch" | "command" => {
                Self::Plain
            }
            "sleep" => Self::Sleep,
            "hostname" | "nproc" | "free" | "ps" | "uptime" => Self::Facts,
            "cd" => Self::Cd,
            "read" => Self::Read,
            "source" | "." => Self::Source,
            "yes" => Self::Yes,
            _ => return None,
        })
    }

    pub(crate) fn resume(&mut self, ctx: &mut Ctx<'_>, event: Event) -> Flow {
        if event == Event::Interrupt {
            return Flow::Exit(130);
        }
        match self {
            Self::Plain => plain(ctx),
            Self::Sleep => match event {
                Event::Start => sleep(ctx),
                _ => Flow::Exit(0),
            },
            Self::Facts => match event {
                Event::Answer(Answer::Facts(facts)) => tell(ctx, &facts),
                _ => Flow::Ask(Ask::Facts),
            },
            Self::Cd => cd(ctx, event),
            Self::Read => read(ctx, event),
            Self::Source => source(ctx, event),
            Self::Yes => {
                let args = ctx.args();
                let text = if args.is_empty() { "y".to_owned() } else { args.join(" ") };
                let times = 8_192 / (text.len() + 1) + 1;
                ctx.print(format!("{text}\n").repeat(times));
                Flow::Ask(Ask::Sleep(1_000))
            }
        }
    }
}

fn plain(ctx: &mut Ctx<'_>) -> Flow {
    let words = ctx.args();
    match ctx.name() {
        "echo" => echo(ctx, &words),
        "printf" => return printf_tool(ctx, &words),
        "seq" => return seq(ctx, &words),
        "false" => return Flow::Exit(1),
        "date" => return date(ctx, &words),
        "env" => return env(ctx, &words),
        "printenv" => {
            let vars = ctx.env.exported();
            if words.is_empty() {
                for (name, value) in vars {
                    ctx.print(format!("{name}={value}\n"));
                }
            }
            for name in &words {
                match ctx.env.exported().get(name) {
                    Some(value) => ctx.print(format!("{value}\n")),
                    None => return Flow::Exit(1),
                }
            }
        }
        "pwd" => {
            let cwd = ctx.env.cwd.clone();
            ctx.print(format!("{cwd}\n"));
        }
        "which" | "type" | "command" => return which(ctx, &words),
        "whoami" => ctx.print("root\n"),
        "groups" => ctx.print("root\n"),
        "id" => ctx.print(if words.iter().any(|w| w.starts_with("-u")) {
            "0\n"
        } else {
            "uid=0(root) gid=0(root) groups=0(root)\n"
        }),
        "uname" => return uname(ctx, &words),
        "arch" => ctx.print("x86_64\n"),
        "tty" => ctx.print("/dev/pts/0\n"),
        "history" => history(ctx, &words),
        "clear" | "reset" => return Flow::Clear,
        "basename" => match words.as_slice() {
            [] => return ctx.fail("missing operand"),
            [path, rest @ ..] => {
                let name = path.trim_end_matches('/').rsplit('/').next().unwrap_or("");
                let name = rest.first().and_then(|s| name.strip_suffix(s.as_str())).unwrap_or(name);
                ctx.print(format!("{}\n", if name.is_empty() { "/" } else { name }));
            }
        },
        "dirname" => match words.first() {
            None => return ctx.fail("missing operand"),
            Some(path) => {
                let path = path.trim_end_matches('/');
                let dir = match path.rfind('/') {
                    Some(0) => "/",
                    Some(at) => path.get(..at).unwrap_or("."),
                    None => ".",
                };
                ctx.print(format!("{dir}\n"));
            }
        },
        _ => {}
    }
    Flow::Exit(0)
}

fn echo(ctx: &mut Ctx<'_>, words: &[String]) {
    let (mut newline, mut escapes) = (true, false);
    let mut rest = words;
    while let Some((first, more)) = rest.split_first() {
        let flags = first.strip_prefix('-').unwrap_or("");
        if flags.is_empty() || !flags.chars().all(|c| "neE".contains(c)) {
            break;
        }
        for c in flags.chars() {
            match c {
                'n' => newline = false,
                'e' => escapes = true,
                _ => escapes = false,
            }
        }
        rest = more;
    }
    let mut text = rest.join(" ");
    if escapes {
        let (done, ends) = unescape(&text);
        text = done;
        newline &= !ends;
    }
    ctx.print(text);
    if newline {
        ctx.print("\n");
    }
}

fn seq(ctx: &mut Ctx<'_>, words: &[String]) -> Flow {
    let (args, values) = {
        // a negative number is no option
        let mut values = Vec::new();
        let mut rest = Vec::new();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match word.as_str() {
                "-s" => values.push(('s', words.next().cloned().unwrap_or_default())),
                "-w" => values.push(('w', String::new())),
                other => match other.strip_prefix("-s") {
                    Some(text) => values.push(('s', text.to_owned())),
                    None => rest.push(other.to_owned()),
                },
            }
        }
        (rest, values)
    };
    let mut numbers = Vec::new();
    for arg in &args {
        match arg.parse::<i64>() {
            Ok(n) => numbers.push(n),
            Err(_) => {
                let text = format!("invalid floating point argument: '{arg}'");
                return ctx.fail(text);
            }
        }
    }
    let (first, step, last) = match numbers.as_slice() {
        [last] => (1, 1, *last),
        [first, last] => (*first, 1, *last),
        [first, step, last] => (*first, *step, *last),
        _ => return ctx.fail(if args.is_empty() { "missing operand" } else { "extra operand" }),
    };
    if step == 0 {
        return ctx.fail("invalid Zero increment value: '0'");
    }
    let separator = values.iter().find(|(c, _)| *c == 's').map_or("\n", |(_, s)| s.as_str());
    let width = if values.iter().any(|(c, _)| *c == 'w') {
        first.to_string().len().max(last.to_string().len())
    } else {
        0
    };
    let mut out: Vec<String> = Vec::new();
    let mut n = first;
    while if step > 0 { n <= last } else { n >= last } {
        out.push(format!("{n:0width$}"));
        n = n.saturating_add(step);
        if out.len() >= 1_000_000 {
            break;
        }
    }
    if !out.is_empty() {
        ctx.print(out.join(separator));
        ctx.print("\n");
    }
    Flow::Exit(0)
}

fn date(ctx: &mut Ctx<'_>, words: &[String]) -> Flow {
    let now = Civil::at(ctx.now);
    let mut format = "%a %b %e %H:%M:%S %Z %Y".to_owned();
    for word in words {
        match word.as_str() {
            "-u" | "--utc" => {}
            "-I" => format = "%F".into(),
            "-Is" | "-Iseconds" | "--iso-8601=seconds" => format = "%FT%T+00:00".into(),
            "-R" => format = "%a, %d %b %Y %T %z".into(),
            other => match other.strip_prefix('+') {
                Some(text) => format = text.to_owned(),
                None if other.starts_with('-') => {
                    let text = format!("option {other} is not modelled in this lab");
                    return ctx.fail(text);
                }
                None => {
                    let text = format!("invalid date '{other}'");
                    return ctx.fail(text);
                }
            },
        }
    }
    ctx.print(format!("{}\n", now.format(&format)));
    Flow::Exit(0)
}

fn env(ctx: &mut Ctx<'_>, words: &[String]) -> Flow {
    if !words.is_empty() {
        let text: Vec<String> = words
            .iter()
            .map(|word| match word.split_once('=') {
                Some((name, value)) if !name.is_empty() => format!("{name}={}", quote(value)),
                _ => quote(word),
            })
            .collect();
        return Flow::Eval(text.join(" "));
    }
    for (name, value) in ctx.env.exported() {
        ctx.print(format!("{name}={value}\n"));
    }
    Flow::Exit(0)
}

/// Programs that only the host has, for `which`.
const HOSTS: &[&str] = &["docker", "ssh", "systemctl", "watch", "reboot", "nano", "vi"];

fn which(ctx: &mut Ctx<'_>, words: &[String]) -> Flow {
    let mut status = 0;
    let is_which = ctx.name() == "which";
    let is_type = ctx.name() == "type";
    for word in words.iter().filter(|w| !w.starts_with('-')) {
        let builtin = crate::sh::builtin::NAMES.contains(&word.as_str());
        let external = super::NAMES.contains(&word.as_str()) || HOSTS.contains(&word.as_str());
        let function = ctx.env.functions.contains_key(word);
        let path = format!("/usr/bin/{word}");
        if is_type && function {
            ctx.print(format!("{word} is a function\n"));
        } else if !is_which && builtin {
            ctx.print(if is_type {
                format!("{word} is a shell builtin\n")
            } else {
                format!("{word}\n")
            });
        } else if external {
            ctx.print(if is_type { format!("{word} is {path}\n") } else { format!("{path}\n") });
        } else {
            if is_type {
                let prefix = ctx.env.prefix();
                ctx.complain(format!("{prefix}type: {word}: not found"));
            }
            status = 1;
        }
    }
    Flow::Exit(status)
}

fn uname(ctx: &mut Ctx<'_>, words: &[String]) -> Flow {
    let host = ctx.env.get("HOSTNAME").unwrap_or("localhost").to_owned();
    let parts = [
        ('s', "Linux"),
        ('n', host.as_str()),
        ('r', "5.10.0-32-amd64"),
        ('v', "#1 SMP Debian 5.10.223-1 (2024-08-10)"),
        ('m', "x86_64"),
        ('o', "GNU/Linux"),
    ];
    let (args, _) = Args::new(words, "");
    let all = args.has('a', "all");
    let mut shown: Vec<&str> =
        parts.iter().filter(|(c, _)| all || args.has(*c, "")).map(|(_, text)| *text).collect();
    if shown.is_empty() {
        shown.push("Linux");
    }
    ctx.print(format!("{}\n", shown.join(" ")));
    Flow::Exit(0)
}

fn history(ctx: &mut Ctx<'_>, words: &[String]) {
    let count = words.first().and_then(|n| n.parse::<usize>().ok()).unwrap_or(usize::MAX);
    let skip = ctx.history.len().saturating_sub(count);
    let lines: Vec<String> = ctx
        .history
        .iter()
        .enumerate()
        .skip(skip)
        .map(|(k, line)| format!("{:>5}  {line}\n", k + 1))
        .collect();
    ctx.print(lines.concat());
}

/// `5`, `0.5`, `1m`, several added up. Microseconds.
pub(crate) fn duration_us(text: &str) -> Option<u64> {
    let (number, unit) = match text.find(|c: char| c.is_ascii_alphabetic()) {
        Some(at) => text.split_at(at),
        None => (text, "s"),
    };
    let factor: u64 = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return None,
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = |t: &str| t.chars().all(|c| c.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    let micros: String = fraction.chars().chain("000000".chars()).take(6).collect();
    let seconds = if whole.is_empty() { 0 } else { whole.parse::<u64>().ok()? };
    seconds.checked_mul(1_000_000)?.checked_add(micros.parse().ok()?)?.checked_mul(factor)
}

fn sleep(ctx: &mut Ctx<'_>) -> Flow {
    let words = ctx.args();
    if words.is_empty() {
        ctx.complain("sleep: missing operand\nTry 'sleep --help' for more information.");
        return Flow::Exit(1);
    }
    let mut total = 0_u64;
    for word in &words {
        if matches!(word.as_str(), "infinity" | "inf") {
            total = u64::MAX / 4;
            continue;
        }
        match duration_us(word) {
            Some(us) => total = total.saturating_add(us),
            None => {
                ctx.complain(format!(
                    "sleep: invalid time interval '{word}'\nTry 'sleep --help' for more \
                        information."
                ));
                return Flow::Exit(1);
            }
        }
    }
    Flow::Ask(Ask::Sleep(total))
}

fn tell(ctx: &mut Ctx<'_>, facts: &Facts) -> Flow {
    let words = ctx.args();
    match ctx.name() {
        "hostname" => match words.first().map(String::as_str) {
            None | Some("-s" | "-f" | "--fqdn") => ctx.print(format!("{}\n", facts.hostname)),
            Some("-i") => ctx.print(format!("{}\n", facts.address().unwrap_or("127.0.0.1"))),
            Some("-I") => {
                let all = facts.interfaces.iter().filter(|i| i.name != "lo");
                let all: Vec<&str> = all.filter_map(|i| i.cidr.split('/').next()).collect();
                ctx.print(format!("{} \n", all.join(" ")));
            }
            Some("-d") => ctx.print("\n"),
            Some(_) => {
                ctx.complain("hostname: you must be root to change the host name");
                return Flow::Exit(1);
            }
        },
        "nproc" => ctx.print(format!("{}\n", facts.cpus.max(1))),
        "free" => free(ctx, facts, &words),
        "ps" => {
            ctx.print("PID   USER     TIME  COMMAND\n");
            for (pid, user, command) in &facts.processes {
                ctx.print(format!("{pid:>5} {user:<8}  0:00 {command}\n"));
            }
        }
        _ => {
            let minutes = facts.uptime_us / 60_000_000;
            let clock = Civil::at(ctx.now).format("%H:%M:%S");
            let up = if minutes >= 60 {
                format!("{:>2}:{:02}", minutes / 60, minutes % 60)
            } else {
                format!("{minutes} min")
            };
            ctx.print(format!(" {clock} up {up},  1 user,  load average: 0.00, 0.00, 0.00\n"));
        }
    }
    Flow::Exit(0)
}

fn free(ctx: &mut Ctx<'_>, facts: &Facts, words: &[String]) {
    let shift = match words.first().map(String::as_str) {
        Some("-b") => 0,
        Some("-m") => 20,
        Some("-g") => 30,
        _ => 10,
    };
    let (all, used) = facts.memory;
    let cell = |bytes: u64| bytes >> shift;
    let (total, used, rest) = (cell(all), cell(used), cell(all.saturating_sub(used)));
    ctx.print("               total        used        free      shared  buff/cache   available\n");
    ctx.print(format!("Mem:    {total:>12}{used:>12}{rest:>12}{:>12}{:>12}{rest:>12}\n", 0, 0));
    ctx.print(format!("Swap:   {:>12}{:>12}{:>12}\n", 0, 0, 0));
}

fn cd(ctx: &mut Ctx<'_>, event: Event) -> Flow {
    let words = ctx.args();
    let target = match words.iter().find(|w| !matches!(w.as_str(), "--" | "-L" | "-P")) {
        None => ctx.env.home().to_owned(),
        Some(word) if word == "-" => ctx.env.old_cwd.clone(),
        Some(word) => word.clone(),
    };
    let prefix = ctx.env.prefix();
    let what = if ctx.env.kind == Kind::Ash { "can't cd to " } else { "" };
    match event {
        Event::Answer(Answer::File(FileAnswer::Stat(stat))) if stat.dir => {
            let new = ctx.path(&target);
            if words.first().is_some_and(|w| w == "-") {
                ctx.print(format!("{new}\n"));
            }
            let old = std::mem::replace(&mut ctx.env.cwd, new.clone());
            ctx.env.old_cwd.clone_from(&old);
            ctx.env.export("PWD", new);
            ctx.env.export("OLDPWD", old);
            Flow::Exit(0)
        }
        Event::Answer(Answer::File(FileAnswer::Stat(_))) => {
            ctx.complain(format!("{prefix}cd: {what}{target}: Not a directory"));
            Flow::Exit(1)
        }
        Event::Answer(Answer::File(FileAnswer::Failed(error))) => {
            ctx.complain(format!("{prefix}cd: {what}{target}: {error}"));
            Flow::Exit(1)
        }
        _ if words.len() > 1 && words.iter().all(|w| !w.starts_with('-')) => {
            ctx.complain(format!("{prefix}cd: too many arguments"));
            Flow::Exit(1)
        }
        _ => Flow::Ask(Ask::File(FileAsk::Stat(ctx.path(&target)))),
    }
}

fn read(ctx: &mut Ctx<'_>, event: Event) -> Flow {
    let (args, values) = Args::new(&ctx.args(), "pnt");
    let line = match event {
        Event::Start => {
            if let Some((_, prompt)) = values.iter().find(|(c, _)| *c == 'p')
                && ctx.stdin_tty
            {
                ctx.err.extend(prompt.as_bytes());
            }
            return Flow::Line;
        }
        Event::Stdin(bytes) => bytes,
        _ => {
            for name in &args.rest {
                ctx.env.set(name, "");
            }
            return Flow::Exit(1);
        }
    };
    let complete = line.ends_with(b"\n");
    let text = String::from_utf8_lossy(&line);
    let text = text.trim_end_matches('\n');
    let text = if args.has('r', "") { text.to_owned() } else { text.replace('\\', "") };
    let separators = ctx.env.get("IFS").unwrap_or(" \t\n").to_owned();
    let names = if args.rest.is_empty() { vec!["REPLY".to_owned()] } else { args.rest.clone() };
    let blank = |c: char| separators.contains(c) && c.is_whitespace();
    let mut rest = text.trim_matches(blank);
    for (k, name) in names.iter().enumerate() {
        let cut = if k + 1 == names.len() { None } else { rest.find(|c| separators.contains(c)) };
        let (field, after) = match cut {
            Some(at) => {
                let (field, after) = rest.split_at(at);
                let mut after = after.chars();
                after.next();
                (field, after.as_str().trim_start_matches(blank))
            }
            None => (rest, ""),
        };
        ctx.env.set(name, field);
        rest = after;
    }
    Flow::Exit(i32::from(!complete))
}

fn source(ctx: &mut Ctx<'_>, event: Event) -> Flow {
    let words = ctx.args();
    let prefix = ctx.env.prefix();
    let Some(path) = words.first() else {
        let name = ctx.name().to_owned();
        ctx.complain(format!("{prefix}{name}: filename argument required"));
        return Flow::Exit(2);
    };
    match event {
        Event::Answer(Answer::File(FileAnswer::Bytes(bytes))) => {
            Flow::Eval(String::from_utf8_lossy(&bytes).into_owned())
        }
        Event::Answer(Answer::File(FileAnswer::Failed(error))) => {
            ctx.complain(format!("{prefix}{path}: {error}"));
            Flow::Exit(1)
        }
        _ => Flow::Ask(Ask::File(FileAsk::Read(ctx.path(path)))),
    }
}
