//! The one spelling of a command line that lessons compare, and whether it changes anything.

use crate::command::{self, Command, GLOBAL_FLAGS};
use crate::flags::{self, Flag, Kind, Parsed};
use crate::service::parse;
use crate::values;
use api::{PortConfig, Protocol, PublishMode};
use std::fmt;

/// A command line in its one spelling: the shortest command name, long flags in alphabetic order
/// as `--flag=value`, then the arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CanonicalLine {
    /// `docker`, `run`, `--detach`, `--publish=80:80`, `nginx`.
    pub words: Vec<String>,
}

impl fmt::Display for CanonicalLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words.join(" "))
    }
}

/// The command and what is behind it; none if the parser refuses the line.
pub(crate) fn resolve(argv: &[String]) -> Option<(&'static Command, Parsed)> {
    let global = flags::parse(GLOBAL_FLAGS, argv.get(1..)?, false).ok()?;
    let words: Vec<&str> = global.args.iter().map(String::as_str).collect();
    for length in 1..=words.len().min(3) {
        let Some(found) = words.get(..length).and_then(command::find) else { continue };
        let rest = global.args.get(length..)?;
        let parsed = flags::parse(found.flags, rest, found.interspersed).ok()?;
        return Some((found, parsed));
    }
    None
}

/// The shortest path of a command: `ps` for `container ls`.
fn shortest(command: &'static Command) -> &'static str {
    crate::table::all()
        .filter(|other| std::ptr::eq(other.flags, command.flags) && same_start(other, command))
        .map(|other| other.path)
        .min_by_key(|path| (path.len(), *path))
        .unwrap_or(command.path)
}

/// Two names of one command share what they run; those not modelled share their summary.
fn same_start(a: &Command, b: &Command) -> bool {
    std::ptr::fn_addr_eq(a.start, b.start) && a.state == b.state && a.short == b.short
}

/// The canonical line of a command that the parser takes.
#[must_use]
pub fn canonical(argv: &[String]) -> Option<CanonicalLine> {
    let (command, parsed) = resolve(argv)?;
    let mut words = vec!["docker".to_owned()];
    words.extend(shortest(command).split(' ').map(str::to_owned));
    let mut given: Vec<String> = Vec::new();
    for (name, value) in &parsed.values {
        let Some(flag) = command.flags.iter().find(|flag| flag.long == *name) else { continue };
        given.extend(spelt(flag, value));
    }
    given.sort();
    words.extend(given);
    words.extend(parsed.args.iter().cloned());
    Some(CanonicalLine { words })
}

/// One flag; a switch that is off is left out as if it were not there.
fn spelt(flag: &Flag, value: &str) -> Vec<String> {
    let long = flag.long;
    match flag.kind {
        Kind::Bool => match values::parse_bool(value) {
            Ok(true) => vec![format!("--{long}")],
            Ok(false) | Err(_) => vec![format!("--{long}=false")],
        },
        Kind::Port => match parse::ports(value) {
            Ok(ports) => ports.iter().map(|p| format!("--{long}={}", port(p))).collect(),
            Err(_) => vec![format!("--{long}={value}")],
        },
        _ => vec![format!("--{long}={value}")],
    }
}

fn port(port: &PortConfig) -> String {
    let PortConfig { published_port, target_port, .. } = port;
    let mut text = match published_port {
        0 => target_port.to_string(),
        published => format!("{published}:{target_port}"),
    };
    if port.protocol != Protocol::Tcp {
        text += &format!("/{}", port.protocol.as_str());
    }
    match port.publish_mode {
        PublishMode::Ingress => text,
        PublishMode::Host => {
            let protocol = port.protocol.as_str();
            format!("published={published_port},target={target_port},protocol={protocol},mode=host")
        }
    }
}

/// Last words of commands that only look.
const READERS: &[&str] = &[
    "ls",
    "ps",
    "images",
    "inspect",
    "logs",
    "info",
    "version",
    "events",
    "stats",
    "top",
    "port",
    "diff",
    "history",
    "wait",
    "df",
    "services",
    "unlock-key",
    "join-token",
    "search",
    "attach",
];

/// Whether a command line may change a container, an image or the swarm.
#[must_use]
pub fn changes_state(argv: &[String]) -> bool {
    let Some((command, parsed)) = resolve(argv) else { return false };
    if parsed.help {
        return false;
    }
    let last = command.path.rsplit(' ').next().unwrap_or("");
    match command.path {
        "swarm ca" | "swarm unlock-key" | "swarm join-token" => parsed.bool("rotate"),
        _ => !READERS.contains(&last),
    }
}
