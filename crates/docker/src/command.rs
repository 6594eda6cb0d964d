//! The declaration every command has, the table of them, and the way from words to one of them.
//!
//! `--help`, completion, the coverage table and the usage errors all come from [`Command`].

use crate::flags::{self, Flag, Kind, Parsed, flag, short};
use crate::help;
use crate::script::{Cx, Flow, exit, fail};

/// How many arguments a command takes (docker/cli `cli/required.go`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Args {
    None,
    Exactly(usize),
    AtLeast(usize),
    AtMost(usize),
    Between(usize, usize),
}

/// Whether the model carries a command out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Modelled,
    /// Taken and answered in plain words: it is not modelled.
    NotModelled,
}

/// One command of the client.
pub(crate) struct Command {
    /// `service create`, without `docker`.
    pub(crate) path: &'static str,
    /// What follows the path in the usage line.
    pub(crate) usage: &'static str,
    pub(crate) short: &'static str,
    /// What `--help` says instead of `short`, if it says more.
    pub(crate) long: &'static str,
    /// Shown under `Examples:`.
    pub(crate) example: &'static str,
    /// Other last words for the same command.
    pub(crate) aliases: &'static [&'static str],
    pub(crate) args: Args,
    pub(crate) flags: &'static [Flag],
    /// Flags end at the first argument.
    pub(crate) interspersed: bool,
    pub(crate) state: State,
    pub(crate) start: fn(&mut Cx<'_>, &Parsed) -> Flow,
}

/// What most commands leave unsaid; its `start` says that the command is not modelled.
pub(crate) const COMMAND: Command = Command {
    path: "",
    usage: "",
    short: "",
    long: "",
    example: "",
    aliases: &[],
    args: Args::None,
    flags: &[],
    interspersed: true,
    state: State::Modelled,
    start: not_modelled,
};

/// A word with commands below it.
pub(crate) struct Group {
    /// `service`.
    pub(crate) path: &'static str,
    pub(crate) short: &'static str,
    /// What `--help` says instead of `short`, if it says more.
    pub(crate) long: &'static str,
    pub(crate) flags: &'static [Flag],
}

/// Flags of `docker` itself.
pub(crate) static GLOBAL_FLAGS: &[Flag] = &[
    flag("config", Kind::Str, "Location of client config files (default \"/root/.docker\")"),
    short(
        'c',
        "context",
        Kind::Str,
        "Name of the context to use to connect to the daemon (overrides DOCKER_HOST env var and \
         default context set with \"docker context use\")",
    ),
    short('D', "debug", Kind::Bool, "Enable debug mode"),
    short('H', "host", Kind::List, "Daemon socket(s) to connect to"),
    short(
        'l',
        "log-level",
        Kind::Str,
        "Set the logging level (\"debug\"|\"info\"|\"warn\"|\"error\"|\"fatal\") \
         (default \"info\")",
    ),
    flag("tls", Kind::Bool, "Use TLS; implied by --tlsverify"),
    flag(
        "tlscacert",
        Kind::Str,
        "Trust certs signed only by this CA (default \"/root/.docker/ca.pem\")",
    ),
    flag("tlscert", Kind::Str, "Path to TLS certificate file (default \"/root/.docker/cert.pem\")"),
    flag("tlskey", Kind::Str, "Path to TLS key file (default \"/root/.docker/key.pem\")"),
    flag("tlsverify", Kind::Bool, "Use TLS and verify the remote"),
    short('v', "version", Kind::Bool, "Print version information and quit"),
];

/// Finds a command by its words or an alias of the last one.
pub(crate) fn find(words: &[&str]) -> Option<&'static Command> {
    let (last, group) = words.split_last()?;
    crate::table::all().find(|command| {
        let mut path: Vec<&str> = command.path.split(' ').collect();
        let name = path.pop();
        path == group && (name == Some(*last) || command.aliases.contains(last))
    })
}

/// Finds a group by its words.
pub(crate) fn find_group(words: &[&str]) -> Option<&'static Group> {
    crate::groups::GROUPS.iter().find(|group| group.path.split(' ').eq(words.iter().copied()))
}

/// Runs what the words name.
pub(crate) fn main(cx: &mut Cx<'_>) -> Flow {
    let words = cx.argv.get(1..).unwrap_or(&[]);
    let parsed = match flags::parse(GLOBAL_FLAGS, words, false) {
        Ok(parsed) => parsed,
        Err(why) => {
            let usage = help::root(cx, false);
            return exit(125, format!("{why}\nSee 'docker --help'.\n\n{usage}"));
        }
    };
    if parsed.bool("version") {
        cx.line(crate::system::version::line());
        return Ok(());
    }
    let words: Vec<&str> = parsed.args.iter().map(String::as_str).collect();
    if parsed.short_help {
        cx.err_line("Flag shorthand -h has been deprecated, please use --help");
    }
    if parsed.help || words.is_empty() {
        cx.out(help::root(cx, true));
        return Ok(());
    }
    if let Some(host) = parsed.get("host") {
        return fail(format!(
            "Cannot connect to the Docker daemon at {host}. Is the docker daemon running?"
        ));
    }
    if words.first() == Some(&"help") {
        return help_command(cx, words.get(1..).unwrap_or(&[]));
    }
    dispatch(cx, &parsed.args)
}

fn help_command(cx: &mut Cx<'_>, words: &[&str]) -> Flow {
    if words.is_empty() {
        cx.out(help::root(cx, true));
    } else if let Some(command) = find(words) {
        cx.out(help::command(cx, command));
    } else if let Some(group) = find_group(words) {
        cx.out(help::group(cx, group));
    } else {
        return fail(format!(
            "docker: '{}' is not a docker command.\nSee 'docker --help'",
            words.join(" ")
        ));
    }
    Ok(())
}

fn dispatch(cx: &mut Cx<'_>, words: &[String]) -> Flow {
    let mut path: Vec<&str> = Vec::new();
    let mut rest = words;
    loop {
        let Some((word, tail)) = rest.split_first() else {
            return unknown(cx, &path, rest);
        };
        path.push(word);
        if let Some(command) = find(&path) {
            return run(cx, command, tail);
        }
        if find_group(&path).is_none() {
            path.pop();
            return unknown(cx, &path, rest);
        }
        rest = tail;
    }
}

/// No command: a bare group, one with flags, or a word that is none of its commands.
fn unknown(cx: &mut Cx<'_>, path: &[&str], rest: &[String]) -> Flow {
    let wants_help = rest.iter().any(|word| word == "--help" || word == "-h");
    let Some(group) = find_group(path) else {
        if wants_help {
            cx.out(help::root(cx, true));
            return Ok(());
        }
        let word = rest.first().map_or("", String::as_str);
        return fail(format!("docker: '{word}' is not a docker command.\nSee 'docker --help'"));
    };
    if wants_help {
        cx.out(help::group(cx, group));
        return Ok(());
    }
    let parsed = match flags::parse(group.flags, rest, true) {
        Ok(parsed) => parsed,
        Err(why) => {
            let usage = help::group_usage(cx, group, true);
            let path = group.path;
            return exit(125, format!("{why}\nSee 'docker {path} --help'.\n\n{usage}"));
        }
    };
    match parsed.args.first() {
        None => {
            let text = help::group(cx, group);
            cx.err(text);
            Ok(())
        }
        Some(word) => {
            // flags of the group may stand before the command
            let at = rest.iter().position(|other| other == word).unwrap_or(0);
            let words: Vec<&str> = path.iter().copied().chain([word.as_str()]).collect();
            if let Some(command) = find(&words) {
                return run(cx, command, rest.get(at + 1..).unwrap_or(&[]));
            }
            fail(format!("\n{}", help::group_usage(cx, group, true).trim_end()))
        }
    }
}

fn run(cx: &mut Cx<'_>, command: &'static Command, words: &[String]) -> Flow {
    let path = command.path;
    let parsed = match flags::parse(command.flags, words, command.interspersed) {
        Ok(parsed) => parsed,
        Err(why) => return exit(125, format!("{why}\nSee 'docker {path} --help'.")),
    };
    if parsed.short_help {
        cx.err_line("Flag shorthand -h has been deprecated, please use --help");
    }
    if parsed.help {
        cx.out(help::command(cx, command));
        return Ok(());
    }
    if let Some(why) = arity(command.args, parsed.args.len()) {
        return usage_error(command, &format!("\"docker {path}\" {why}."));
    }
    if command.state == State::NotModelled {
        return not_modelled_path(path);
    }
    (command.start)(cx, &parsed)
}

/// An error with the command's usage below it.
pub(crate) fn usage_error(command: &Command, why: &str) -> Flow {
    let Command { path, usage, short, .. } = command;
    let usage = help::join(path, usage);
    fail(format!("{why}\nSee 'docker {path} --help'.\n\nUsage:  docker {usage}\n\n{short}"))
}

/// What is wrong with the number of arguments, in docker's words.
fn arity(args: Args, given: usize) -> Option<String> {
    let plural = |n: usize| if n == 1 { "argument" } else { "arguments" };
    let (fits, why) = match args {
        Args::None => (given == 0, "accepts no arguments".to_owned()),
        Args::Exactly(n) => (given == n, format!("requires exactly {n} {}", plural(n))),
        Args::AtLeast(n) => (given >= n, format!("requires at least {n} {}", plural(n))),
        Args::AtMost(n) => (given <= n, format!("requires at most {n} {}", plural(n))),
        Args::Between(low, high) => (
            (low..=high).contains(&given),
            format!("requires at least {low} and at most {high} {}", plural(high)),
        ),
    };
    (!fits).then_some(why)
}

fn not_modelled(_: &mut Cx<'_>, _: &Parsed) -> Flow {
    not_modelled_path("?")
}

fn not_modelled_path(path: &str) -> Flow {
    fail(format!(
        "docker {path}: este laboratório não modela este comando (not modelled in this lab)"
    ))
}
