//! `--help` texts from declarations (docker/cli `cli/cobra.go`, pflag `FlagUsagesWrapped`).

use crate::command::{Command, GLOBAL_FLAGS, Group};
use crate::flags::Flag;
use crate::script::Cx;

/// A path and its usage with one space between.
pub(crate) fn join(path: &str, usage: &str) -> String {
    if usage.is_empty() { path.to_owned() } else { format!("{path} {usage}") }
}

/// Help of a command.
pub(crate) fn command(cx: &Cx<'_>, command: &Command) -> String {
    let usage = join(command.path, command.usage);
    let about = if command.long.is_empty() { command.short } else { command.long };
    let mut text = format!("\nUsage:  docker {usage}\n\n{about}\n");
    if !command.aliases.is_empty() {
        let name = command.path.rsplit(' ').next().unwrap_or("");
        text += &format!("\nAliases:\n  {name}, {}\n", command.aliases.join(", "));
    }
    if !command.example.is_empty() {
        text += &format!("\nExamples:\n\n{}\n", command.example);
    }
    text + &options(cx, command.flags, false)
}

/// Help of a group.
pub(crate) fn group(cx: &Cx<'_>, group: &Group) -> String {
    format!("\n{}", group_usage(cx, group, false))
}

/// A group's usage; complaints show the flags that `--help` hides.
pub(crate) fn group_usage(cx: &Cx<'_>, group: &Group, all: bool) -> String {
    let Group { path, short, long, flags } = group;
    let about = if long.is_empty() { short } else { long };
    let has_options = flags.iter().any(|flag| all || !flag.hidden);
    let options_word = if has_options { " [OPTIONS]" } else { "" };
    let mut text = format!("Usage:  docker {path}{options_word} COMMAND\n\n{about}\n");
    text += &options(cx, flags, all);
    if *path == "manifest" {
        text += EXPERIMENTAL;
    }
    text += &subcommands(path);
    text + &format!("\nRun 'docker {path} COMMAND --help' for more information on a command.\n")
}

const EXPERIMENTAL: &str = "
EXPERIMENTAL:
  docker manifest is an experimental feature.
  Experimental features provide early access to product functionality. These
  features may change between releases without warning, or can be removed from a
  future release. Learn more about experimental features in our documentation:
  https://docs.docker.com/go/experimental/
";

/// Help of `docker` itself, asked for (`guides`) or below a complaint.
pub(crate) fn root(cx: &Cx<'_>, guides: bool) -> String {
    let mut text = String::new();
    if guides {
        text += "\n";
    }
    text += "Usage:  docker [OPTIONS] COMMAND\n\nA self-sufficient runtime for containers\n";
    text += &options(cx, GLOBAL_FLAGS, false);
    // cobra adds its own command only once the flags were good
    text += &match guides {
        true => subcommands(""),
        false => subcommands("")
            .lines()
            .filter(|line| !line.starts_with("  completion "))
            .map(|line| format!("{line}\n"))
            .collect(),
    };
    text += "\nRun 'docker COMMAND --help' for more information on a command.\n\n\
             To get more help with docker, check out our guides at \
             https://docs.docker.com/go/guides/\n";
    text
}

/// The lists of groups and commands directly below a path.
fn subcommands(path: &str) -> String {
    let below = |full: &'static str| -> Option<&'static str> {
        let rest =
            if path.is_empty() { full } else { full.strip_prefix(path)?.strip_prefix(' ')? };
        (!rest.contains(' ')).then_some(rest)
    };
    let mut groups: Vec<(&str, &str)> =
        crate::groups::GROUPS.iter().filter_map(|g| Some((below(g.path)?, g.short))).collect();
    groups.sort_unstable();
    let mut commands: Vec<(&str, &str)> = crate::table::all()
        .filter_map(|c| Some((below(c.path)?, c.short.lines().next().unwrap_or(""))))
        .collect();
    commands.sort_unstable();
    let width = 11;
    let mut text = String::new();
    for (title, rows) in [("Management Commands", groups), ("Commands", commands)] {
        if !rows.is_empty() {
            text += &format!("\n{title}:\n");
            for (name, short) in rows {
                text += &format!("  {name:width$} {short}\n");
            }
        }
    }
    text
}

fn options(cx: &Cx<'_>, flags: &[Flag], all: bool) -> String {
    let columns = if cx.env.stdin_tty && cx.env.columns > 0 { cx.env.columns } else { 80 };
    let lines: Vec<(String, &str)> = flags
        .iter()
        .filter(|flag| all || !flag.hidden)
        .map(|flag| (left(flag), flag.help))
        .collect();
    if lines.is_empty() {
        return String::new();
    }
    let longest = lines.iter().map(|(left, _)| left.len()).max().unwrap_or(0);
    let columns = usize::try_from(columns).unwrap_or(80).saturating_sub(1);
    let mut text = "\nOptions:\n".to_owned();
    for (left, help) in lines {
        let line = format!("{left:longest$}   {}", wrap(longest + 3, columns, help));
        text += line.trim_end();
        text.push('\n');
    }
    text
}

/// `  -d, --detach` or `      --name string`.
fn left(flag: &Flag) -> String {
    let mut text = match flag.short {
        Some(short) => format!("  -{short}, --{}", flag.long),
        None => format!("      --{}", flag.long),
    };
    if !flag.kind.word().is_empty() {
        text.push(' ');
        text += flag.kind.word();
    }
    text
}

/// pflag's `wrap`: fills lines, lets the last one run over a little rather than leave an orphan.
fn wrap(indent: usize, columns: usize, help: &str) -> String {
    let pad = |indent: usize| format!("\n{}", " ".repeat(indent));
    let mut indent = indent;
    let mut text = String::new();
    if columns < indent + 24 {
        indent = 16;
        text += &pad(indent);
        if columns < indent + 24 {
            return help.replace('\n', &text);
        }
    }
    const SLOP: usize = 5;
    let width = columns - indent - SLOP;
    let (first, mut rest) = wrap_line(width, SLOP, help);
    text += &first.replace('\n', &pad(indent));
    while !rest.is_empty() {
        let (line, more) = wrap_line(width, SLOP, rest);
        text += &pad(indent);
        text += &line.replace('\n', &pad(indent));
        rest = more;
    }
    text
}

fn wrap_line(width: usize, slop: usize, text: &str) -> (&str, &str) {
    if width + slop > text.len() {
        return (text, "");
    }
    let head = text.get(..width).unwrap_or(text);
    let Some(space) = head.rfind([' ', '\t', '\n']).filter(|at| *at > 0) else {
        return (text, "");
    };
    let at = match head.rfind('\n') {
        Some(newline) if newline > 0 && newline < space => newline,
        Some(_) | None => space,
    };
    (text.get(..at).unwrap_or(""), text.get(at + 1..).unwrap_or(""))
}
