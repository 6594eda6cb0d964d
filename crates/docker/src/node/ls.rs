//! `docker node ls`: list nodes in the swarm.
//!
//! Docker: `cli/command/node/ls.go`.

use crate::format::inspect;
use crate::prelude::*;
use api::Node;

static FLAGS: &[Flag] = &[
    short('f', "filter", Kind::Filter, "Filter output based on conditions provided"),
    flag("format", Kind::Str, "Pretty-print nodes using a Go template"),
    short('q', "quiet", Kind::Bool, "Only display IDs"),
];

pub(crate) const COMMAND: Command = Command {
    path: "node ls",
    usage: "[OPTIONS]",
    short: "List nodes in the swarm",
    aliases: &["list"],
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

/// Row contexts of nodes (`cli/command/node/formatter.go`).
fn rows(nodes: &[share::Rc<Node>], self_id: &str, root: Option<api::Digest>) -> Vec<Row> {
    let tls = |node: &Node| match root {
        Some(root) if root.0 != [0; 32] && node.description.is_some() => "Ready",
        Some(_) | None => "Unknown",
    };
    let row = |node: &Node| {
        let about = node.description.as_ref();
        let manager = node.manager_status.as_ref().map_or(String::new(), |status| {
            if status.leader {
                "Leader".to_owned()
            } else {
                units::pretty(inspect::reachability(status.reachability))
            }
        });
        Row::from([
            ("ID", node.id.as_str().into()),
            ("Self", (node.id.as_str() == self_id).into()),
            ("Hostname", about.map_or("", |d| d.hostname.as_str()).into()),
            ("Status", units::pretty(inspect::node_state(node.status.state)).into()),
            ("Availability", units::pretty(inspect::availability(node.spec.availability)).into()),
            ("ManagerStatus", manager.into()),
            ("EngineVersion", about.map_or("", |d| d.engine_version.as_str()).into()),
            ("TLSStatus", tls(node).into()),
        ])
    };
    nodes.iter().map(|node| row(node)).collect()
}

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    let Response::Nodes(mut nodes) = cx.ask(Request::NodeList { filters: parsed.filters() })?
    else {
        return confused();
    };
    let hostname =
        |node: &Node| node.description.as_ref().map_or(String::new(), |d| d.hostname.clone());
    nodes.sort_by(|a, b| units::natural_cmp(&hostname(a), &hostname(b)));
    let (mut self_id, mut root) = (String::new(), None);
    if !nodes.is_empty() && !parsed.bool("quiet") {
        let swarm = objects::info(cx)?.swarm;
        self_id = swarm.node_id;
        root = swarm.cluster.map(|cluster| cluster.ca_digest);
    }
    let listing = Listing {
        type_name: "*node.nodeContext",
        table: "{{.ID}} {{if .Self}}*{{else}} {{end}}\t{{.Hostname}}\t{{.Status}}\t\
                {{.Availability}}\t{{.ManagerStatus}}\t{{.EngineVersion}}",
        quiet: "{{.ID}}",
        headers: &[
            ("ID", "ID"),
            ("Self", ""),
            ("Hostname", "HOSTNAME"),
            ("Status", "STATUS"),
            ("Availability", "AVAILABILITY"),
            ("ManagerStatus", "MANAGER STATUS"),
            ("EngineVersion", "ENGINE VERSION"),
            ("TLSStatus", "TLS STATUS"),
        ],
        rows: rows(&nodes, &self_id, root),
    };
    objects::show(cx, parsed, &listing)
}
