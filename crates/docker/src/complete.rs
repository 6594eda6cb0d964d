//! Completion of command lines, and the table of what is modelled.

use crate::command::{self, Command, GLOBAL_FLAGS, State};
use crate::flags::{Flag, Kind};

/// Names that only a daemon knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "kinds of objects")]
pub enum Names {
    Containers,
    Images,
    Networks,
    Volumes,
    Nodes,
    Services,
    Stacks,
    Secrets,
    Configs,
    Files,
}

/// What may stand at the end of a line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Completion {
    /// Words that begin as the last word does, sorted.
    pub words: Vec<String>,
    /// Names of this kind may stand there too; the asker knows them.
    pub names: Option<Names>,
}

/// One row of the coverage table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// `service create`.
    pub command: &'static str,
    /// `--replicas`; empty for the command itself.
    pub flag: String,
    /// `modelled`, `accepted` (read, without effect) or `not-modelled`.
    pub state: &'static str,
}

/// Completes the last of the words (the first is `docker`).
#[must_use]
pub fn complete(words: &[String]) -> Completion {
    let Some((last, before)) = words.split_last() else { return Completion::default() };
    let before = before.get(1..).unwrap_or(&[]);
    let mut path: Vec<&str> = Vec::new();
    let mut at = None;
    for (k, word) in before.iter().enumerate() {
        if word.starts_with('-') && path.is_empty() {
            continue;
        }
        path.push(word);
        if let Some(command) = command::find(&path) {
            at = Some((command, before.get(k + 1..).unwrap_or(&[])));
            break;
        }
        if command::find_group(&path).is_none() {
            return Completion::default();
        }
    }
    match at {
        Some((command, rest)) => of_command(command, rest, last),
        None => of_group(&path, last),
    }
}

fn begin(all: impl Iterator<Item = String>, last: &str) -> Vec<String> {
    let mut words: Vec<String> = all.filter(|word| word.starts_with(last)).collect();
    words.sort();
    words.dedup();
    words
}

fn long_flags(flags: &'static [Flag]) -> impl Iterator<Item = String> {
    let own = flags.iter().filter(|flag| !flag.hidden).map(|flag| format!("--{}", flag.long));
    own.chain(["--help".to_owned()])
}

fn of_group(path: &[&str], last: &str) -> Completion {
    if last.starts_with('-') {
        let flags = if path.is_empty() { GLOBAL_FLAGS } else { &[] };
        return Completion { words: begin(long_flags(flags), last), names: None };
    }
    let paths = crate::table::all()
        .map(|command| command.path)
        .chain(crate::groups::GROUPS.iter().map(|group| group.path));
    let below = paths.filter_map(|full| {
        let mut words = full.split(' ');
        let inside = path.iter().all(|word| words.next() == Some(*word));
        let next = words.next()?;
        (inside && words.next().is_none()).then(|| next.to_owned())
    });
    Completion { words: begin(below, last), names: None }
}

fn of_command(command: &'static Command, rest: &[String], last: &str) -> Completion {
    let mut args = 0_usize;
    let mut pending: Option<&'static Flag> = None;
    for word in rest {
        if pending.take().is_some() {
            continue;
        }
        if !word.starts_with('-') || word == "-" {
            args += 1;
        } else if !word.contains('=') {
            pending = find_flag(command, word).filter(|flag| flag.kind != Kind::Bool);
        }
    }
    if let Some(flag) = pending {
        return Completion { words: values(flag, last), names: flag_names(flag) };
    }
    if last.starts_with('-') && (command.interspersed || args == 0) {
        return Completion { words: begin(long_flags(command.flags), last), names: None };
    }
    if command.path == "swarm join-token" {
        let roles = ["manager", "worker"].map(str::to_owned).into_iter();
        return Completion { words: begin(roles, last), names: None };
    }
    Completion { words: Vec::new(), names: arg_names(command, args) }
}

fn find_flag(command: &'static Command, word: &str) -> Option<&'static Flag> {
    match word.strip_prefix("--") {
        Some(long) => command.flags.iter().find(|flag| flag.long == long),
        None => {
            let short = word.chars().next_back();
            command.flags.iter().find(|flag| flag.short == short && short.is_some())
        }
    }
}

/// Words a flag's help names, as in `("none"|"on-failure"|"any")`.
fn values(flag: &'static Flag, last: &str) -> Vec<String> {
    let listed: &[&str] = match flag.long {
        "availability" => &["active", "pause", "drain"],
        "role" => &["worker", "manager"],
        "mode" => &["replicated", "global", "replicated-job", "global-job"],
        "endpoint-mode" => &["vip", "dnsrr"],
        "restart-condition" => &["none", "on-failure", "any"],
        "update-order" | "rollback-order" => &["start-first", "stop-first"],
        "update-failure-action" => &["pause", "continue", "rollback"],
        "rollback-failure-action" => &["pause", "continue"],
        "restart" => &["no", "always", "unless-stopped", "on-failure"],
        "driver" => &["bridge", "overlay"],
        _ => &[],
    };
    begin(listed.iter().map(|word| (*word).to_owned()), last)
}

const fn names_of_kind(kind: Kind) -> Option<Names> {
    match kind {
        Kind::Network => Some(Names::Networks),
        Kind::Secret => Some(Names::Secrets),
        Kind::ConfigRef => Some(Names::Configs),
        _ => None,
    }
}

fn flag_names(flag: &'static Flag) -> Option<Names> {
    match flag.long {
        "network-rm" => Some(Names::Networks),
        "secret-rm" => Some(Names::Secrets),
        "config-rm" => Some(Names::Configs),
        "image" => Some(Names::Images),
        "env-file" | "compose-file" | "label-file" => Some(Names::Files),
        _ => names_of_kind(flag.kind),
    }
}

fn arg_names(command: &'static Command, args: usize) -> Option<Names> {
    let usage = command.usage;
    let first = args == 0;
    match command.path {
        "run" | "create" | "container run" | "container create" | "service create" => {
            return first.then_some(Names::Images);
        }
        "exec" | "container exec" => return first.then_some(Names::Containers),
        "secret create" | "config create" => return (args == 1).then_some(Names::Files),
        "network create" | "volume create" => return None,
        "network connect" | "network disconnect" if !first => return Some(Names::Containers),
        "inspect" => return Some(Names::Containers),
        _ => {}
    }
    [
        ("CONTAINER", Names::Containers),
        ("IMAGE", Names::Images),
        ("NETWORK", Names::Networks),
        ("VOLUME", Names::Volumes),
        ("NODE", Names::Nodes),
        ("SERVICE", Names::Services),
        ("STACK", Names::Stacks),
        ("SECRET", Names::Secrets),
        ("CONFIG", Names::Configs),
    ]
    .into_iter()
    .find(|(word, _)| usage.contains(word))
    .map(|(_, names)| names)
}

/// Flags that are read and then have no effect, by command.
const ACCEPTED: &[(&str, &[&str])] = &[
    (
        "container run",
        &[
            "blkio-weight",
            "blkio-weight-device",
            "cgroup-parent",
            "cgroupns",
            "cpu-period",
            "cpu-quota",
            "cpu-rt-period",
            "cpu-rt-runtime",
            "cpuset-cpus",
            "cpuset-mems",
            "detach-keys",
            "device",
            "device-cgroup-rule",
            "device-read-bps",
            "device-read-iops",
            "device-write-bps",
            "device-write-iops",
            "disable-content-trust",
            "dns-option",
            "gpus",
            "group-add",
            "ip6",
            "ipc",
            "isolation",
            "kernel-memory",
            "link-local-ip",
            "mac-address",
            "memory-swappiness",
            "oom-kill-disable",
            "oom-score-adj",
            "pid",
            "platform",
            "runtime",
            "security-opt",
            "shm-size",
            "storage-opt",
            "sysctl",
            "ulimit",
            "userns",
            "uts",
            "volume-driver",
        ],
    ),
    ("service create", &["credential-spec", "with-registry-auth"]),
    ("service update", &["credential-spec", "with-registry-auth"]),
    (
        "container update",
        &[
            "blkio-weight",
            "cpu-period",
            "cpu-quota",
            "cpu-rt-period",
            "cpu-rt-runtime",
            "cpuset-cpus",
            "cpuset-mems",
            "kernel-memory",
        ],
    ),
    ("container attach", &["detach-keys"]),
    ("container exec", &["detach-keys"]),
    ("container start", &["detach-keys", "checkpoint", "checkpoint-dir"]),
    ("container logs", &["details"]),
    ("service logs", &["details"]),
    ("container cp", &["archive", "follow-link"]),
    ("image pull", &["disable-content-trust", "platform"]),
    ("network create", &["aux-address", "config-from", "config-only", "ipam-opt"]),
    ("network connect", &["driver-opt", "ip6", "link-local-ip"]),
    ("swarm init", &["external-ca"]),
    ("swarm update", &["external-ca"]),
    ("swarm ca", &["ca-cert", "ca-key", "external-ca"]),
    ("stack deploy", &["prune", "resolve-image", "with-registry-auth"]),
];

fn is_accepted(path: &str, flag: &str) -> bool {
    let long = match path {
        "container create" | "create" | "run" => "container run",
        "update" => "container update",
        "attach" => "container attach",
        "exec" => "container exec",
        "start" => "container start",
        "logs" => "container logs",
        "cp" => "container cp",
        "pull" => "image pull",
        other => other,
    };
    ACCEPTED.iter().any(|(command, flags)| *command == long && flags.contains(&flag))
}

/// Every command and flag with what the model does with it.
#[must_use]
pub fn commands() -> Vec<Coverage> {
    let mut rows = Vec::new();
    for command in crate::table::all() {
        let path = command.path;
        let unknown = command.state == State::NotModelled || path == "stack deploy";
        let state = if unknown { "not-modelled" } else { "modelled" };
        rows.push(Coverage { command: path, flag: String::new(), state });
        for flag in command.flags.iter().filter(|flag| !flag.hidden) {
            let state = match state {
                "modelled" if is_accepted(path, flag.long) => "accepted",
                state => state,
            };
            rows.push(Coverage { command: path, flag: format!("--{}", flag.long), state });
        }
    }
    rows.sort_by(|a, b| (a.command, &a.flag).cmp(&(b.command, &b.flag)));
    rows
}
