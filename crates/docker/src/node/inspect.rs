//! `docker node inspect`: display detailed information on one or more nodes.
//!
//! Docker: `cli/command/node/inspect.go`.

use super::ps::reference;
use crate::format::template::Kind as DataKind;
use crate::format::{inspect, tls};
use crate::prelude::*;
use api::Node;

static FLAGS: &[Flag] = &[
    short('f', "format", Kind::Str, "Format the output using the given Go template"),
    flag("pretty", Kind::Bool, "Print the information in a human friendly format"),
];

pub(crate) const COMMAND: Command = Command {
    path: "node inspect",
    usage: "[OPTIONS] self|NODE [NODE...]",
    short: "Display detailed information on one or more nodes",
    args: Args::AtLeast(1),
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    // unlike elsewhere, --pretty lays itself over --format here, and is a format itself
    let format = parsed.str("format");
    let pretty = parsed.bool("pretty") || format == "pretty";
    if !pretty && format.starts_with("pretty") {
        return fail("Cannot supply extra formatting options to the pretty template");
    }
    let (mut found, mut errors) = (Vec::new(), Vec::new());
    for word in &parsed.args {
        let node = reference(cx, word)?;
        match cx.try_ask(Request::NodeInspect { node: node.clone() })? {
            Ok(Response::Node(node)) if pretty => cx.out(pretty_text(&node)),
            Ok(Response::Node(node)) => found.push(inspect::node(&node)),
            Ok(_other) => return confused(),
            Err(error) if pretty => return fail(not_found_text(&error, "node", &node)),
            Err(error) => errors.push(not_found_text(&error, "node", &node)),
        }
    }
    if pretty {
        return Ok(());
    }
    let kind = DataKind::Struct("swarm.Node");
    objects::finish_inspect(cx, &found, errors, parsed.str("format"), kind, true)
}

/// `nodeInspectPrettyTemplate` of `cli/command/node/formatter.go`.
fn pretty_text(node: &Node) -> String {
    let mut text = format!("ID:\t\t\t{}\n", node.id);
    if !node.spec.annotations.name.is_empty() {
        text += &format!("Name:\t\t\t{}\n", node.spec.annotations.name);
    }
    if !node.spec.annotations.labels.is_empty() {
        text += "Labels:\n";
        for (key, value) in &node.spec.annotations.labels {
            text += &format!(" - {key}{}{value}\n", if value.is_empty() { "" } else { "=" });
        }
    }
    let about = node.description.clone().unwrap_or_default();
    let joined = units::go_time(node.meta.created_at).replace("UTC", "utc");
    text += &format!("Hostname:              \t{}\n", about.hostname);
    text += &format!("Joined at:             \t{joined}\nStatus:\n");
    text += &format!(" State:\t\t\t{}\n", units::pretty(inspect::node_state(node.status.state)));
    if !node.status.message.is_empty() {
        text += &format!(" Message:              \t{}\n", units::pretty(&node.status.message));
    }
    let availability = units::pretty(inspect::availability(node.spec.availability));
    text += &format!(" Availability:         \t{availability}\n");
    if !node.status.addr.is_empty() {
        text += &format!(" Address:\t\t{}\n", node.status.addr);
    }
    if let Some(status) = &node.manager_status {
        let standing = units::pretty(inspect::reachability(status.reachability));
        let leader = if status.leader { "Yes" } else { "No" };
        text += &format!(
            "Manager Status:\n Address:\t\t{}\n Raft Status:\t\t{standing}\n Leader:\t\t{leader}\n",
            status.addr
        );
    }
    text += &format!(
        "Platform:\n Operating System:\t{}\n Architecture:\t\t{}\nResources:\n",
        about.platform.os, about.platform.architecture
    );
    text += &format!(" CPUs:\t\t\t{}\n", about.resources.nano_cpus / 1_000_000_000);
    let memory = u64::try_from(about.resources.memory_bytes).unwrap_or(0);
    text += &format!(" Memory:\t\t{}\n", units::bytes_size(memory));
    let mut kinds: Vec<&str> = about.plugins.iter().map(|(kind, _)| kind.as_str()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    if !kinds.is_empty() {
        text += "Plugins:\n";
    }
    for kind in kinds {
        let names: Vec<&str> = about
            .plugins
            .iter()
            .filter(|(other, _)| other == kind)
            .map(|(_, name)| name.as_str())
            .collect();
        text += &format!(" {kind}:\t\t{}\n", names.join(", "));
    }
    text += &format!("Engine Version:\t\t{}\n", about.engine_version);
    if !about.engine_labels.is_empty() {
        text += "Engine Labels:\n";
        for (key, value) in &about.engine_labels {
            text += &format!(" - {key}{}{value}\n", if value.is_empty() { "" } else { "=" });
        }
    }
    if let Some(root) = about.tls_root.as_deref().copied() {
        text += &format!(
            "TLS Info:\n TrustRoot:\n{}\n Issuer Subject:\t{}\n Issuer Public Key:\t{}\n",
            tls::certificate(root),
            tls::ISSUER_SUBJECT,
            tls::public_key(root)
        );
    }
    text
}
