//! `docker container ls`, `docker ps`: list containers.
//!
//! Docker: `cli/command/container/ls.go`.

use crate::prelude::*;
use api::{BoundPort, ContainerState, ContainerStatusWord as Word, ContainerSummary, Timestamp};
use std::collections::BTreeMap;

static FLAGS: &[Flag] = &[
    short('a', "all", Kind::Bool, "Show all containers (default shows just running)"),
    short('f', "filter", Kind::Filter, "Filter output based on conditions provided"),
    flag("format", Kind::Str, "Pretty-print containers using a Go template"),
    short(
        'n',
        "last",
        Kind::Int,
        "Show n last created containers (includes all states) (default -1)",
    ),
    short('l', "latest", Kind::Bool, "Show the latest created container (includes all states)"),
    flag("no-trunc", Kind::Bool, "Don't truncate output"),
    short('q', "quiet", Kind::Bool, "Only display container IDs"),
    short('s', "size", Kind::Bool, "Display total file sizes"),
];

pub(crate) const COMMAND: Command = Command {
    path: "container ls",
    usage: "[OPTIONS]",
    short: "List containers",
    aliases: &["ps", "list"],
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

pub(crate) const LEGACY: Command = Command { path: "ps", aliases: &[], ..COMMAND };

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    let last = parsed.i64("last").unwrap_or(-1);
    let limit = if parsed.bool("latest") && last < 0 { 1 } else { last };
    let size = parsed.bool("size");
    let request = Request::ContainerList {
        all: parsed.bool("all") || limit > 0,
        limit,
        size,
        filters: parsed.filters(),
    };
    let Response::Containers(containers) = cx.ask(request)? else { return confused() };
    let (now, full) = (cx.now(), parsed.bool("no-trunc"));
    let listing = Listing {
        type_name: "*formatter.containerContext",
        table: if size {
            "{{.ID}}\t{{.Image}}\t{{.Command}}\t{{.RunningFor}}\t{{.Status}}\t{{.Ports}}\t\
             {{.Names}}\t{{.Size}}"
        } else {
            "{{.ID}}\t{{.Image}}\t{{.Command}}\t{{.RunningFor}}\t{{.Status}}\t{{.Ports}}\t\
             {{.Names}}"
        },
        quiet: "{{.ID}}",
        headers: &[
            ("ID", "CONTAINER ID"),
            ("Image", "IMAGE"),
            ("Command", "COMMAND"),
            ("CreatedAt", "CREATED AT"),
            ("RunningFor", "CREATED"),
            ("State", "STATE"),
            ("Status", "STATUS"),
            ("Ports", "PORTS"),
            ("Names", "NAMES"),
            ("Size", "SIZE"),
            ("Labels", "LABELS"),
            ("Mounts", "MOUNTS"),
            ("LocalVolumes", "LOCAL VOLUMES"),
            ("Networks", "NETWORKS"),
            ("Label", ""),
        ],
        rows: containers.iter().map(|c| row(c, now, full)).collect(),
    };
    objects::show(cx, parsed, &listing)
}

fn row(container: &ContainerSummary, now: Timestamp, full: bool) -> Row {
    let id = container.id.to_string();
    let command =
        if full { container.command.clone() } else { units::ellipsis(&container.command, 20) };
    let labels: Vec<String> =
        container.labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let created = units::unix_s(container.created);
    let mounts: Vec<String> = container
        .mounts
        .iter()
        .map(|m| if full { m.clone() } else { units::ellipsis(m, 15) })
        .collect();
    // a task's image is pinned to its digest; only the long form shows it
    let image = match container.image.split_once('@') {
        _ if container.image.is_empty() => "<no image>",
        Some((name, _)) if !full => name,
        Some(_) | None => &container.image,
    };
    let root = units::human_size(container.size_root);
    let rw = units::human_size(container.size_rw);
    let size = if container.size_root > 0 { format!("{rw} (virtual {root})") } else { rw };
    Row::from([
        ("ID", (if full { id.clone() } else { units::short_id(&id) }).into()),
        ("Image", image.into()),
        ("Command", crate::values::quote(&command).into()),
        ("CreatedAt", units::go_time_s(created).into()),
        ("RunningFor", format!("{} ago", units::age(now, container.created)).into()),
        ("State", container.state.status.as_str().into()),
        ("Status", status(&container.state, now).into()),
        ("Ports", ports(&container.ports).into()),
        ("Names", container.names.join(",").into()),
        ("Size", size.into()),
        ("Labels", labels.join(",").into()),
        ("Label", crate::format::inspect::labels(&container.labels)),
        ("Mounts", mounts.join(",").into()),
        ("LocalVolumes", "0".into()),
        ("Networks", container.networks.join(",").into()),
    ])
}

/// `Up 3 seconds`, `Exited (0) 2 minutes ago` (moby `container/state.go`).
pub(crate) fn status(state: &ContainerState, now: Timestamp) -> String {
    let since = |at: Option<Timestamp>| units::age(now, at.unwrap_or_default());
    match state.status {
        Word::Created => "Created".to_owned(),
        Word::Running => {
            let up = format!("Up {}", since(state.started_at));
            match &state.health {
                Some(health) if health.status == "starting" => format!("{up} (health: starting)"),
                Some(health) => format!("{up} ({})", health.status),
                None => up,
            }
        }
        Word::Paused => format!("Up {} (Paused)", since(state.started_at)),
        Word::Restarting => {
            format!("Restarting ({}) {} ago", state.exit_code, since(state.finished_at))
        }
        Word::Removing => "Removal In Progress".to_owned(),
        Word::Dead => "Dead".to_owned(),
        Word::Exited => {
            format!("Exited ({}) {} ago", state.exit_code, since(state.finished_at))
        }
    }
}

/// docker's `DisplayablePorts`: neighbours joined, then the mapped ones.
pub(crate) fn ports(ports: &[BoundPort]) -> String {
    let mut all: Vec<(u16, String, u16, &str)> = Vec::new();
    for port in ports {
        let protocol = port.protocol.as_str();
        if port.bindings.is_empty() {
            all.push((port.private_port, String::new(), 0, protocol));
        }
        for (ip, public) in &port.bindings {
            all.push((port.private_port, ip.clone(), *public, protocol));
        }
    }
    all.sort();
    let (mut shown, mut mapped) = (Vec::new(), Vec::new());
    let mut order: Vec<String> = Vec::new();
    let mut groups: BTreeMap<String, (u16, u16)> = BTreeMap::new();
    for (private, ip, public, protocol) in all {
        if !ip.is_empty() && public != private {
            mapped.push(format!("{ip}:{public}->{private}/{protocol}"));
            continue;
        }
        let key = if ip.is_empty() { protocol.to_owned() } else { format!("{ip}/{protocol}") };
        match groups.get_mut(&key) {
            None => {
                groups.insert(key.clone(), (private, private));
                order.push(key);
            }
            Some((_, last)) if private == *last + 1 => *last = private,
            Some(group) => {
                shown.push(port_group(&key, *group));
                *group = (private, private);
            }
        }
    }
    shown.extend(order.iter().filter_map(|key| Some(port_group(key, *groups.get(key)?))));
    shown.extend(mapped);
    shown.join(", ")
}

fn port_group(key: &str, (first, last): (u16, u16)) -> String {
    let range = if first == last { first.to_string() } else { format!("{first}-{last}") };
    match key.rsplit_once('/') {
        Some((ip, protocol)) => format!("{ip}:{range}->{range}/{protocol}"),
        None => format!("{range}/{key}"),
    }
}
