//! `docker network ls`: list networks.
//!
//! Docker: `cli/command/network/ls.go`.

use crate::prelude::*;
use api::NetworkResource;

static FLAGS: &[Flag] = &[
    short('f', "filter", Kind::Filter, "Provide filter values (e.g. 'driver=bridge')"),
    flag("format", Kind::Str, "Pretty-print networks using a Go template"),
    flag("no-trunc", Kind::Bool, "Do not truncate the output"),
    short('q', "quiet", Kind::Bool, "Only display network IDs"),
];

pub(crate) const COMMAND: Command = Command {
    path: "network ls",
    usage: "[OPTIONS]",
    short: "List networks",
    aliases: &["list"],
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    let Response::Networks(mut networks) =
        cx.ask(Request::NetworkList { filters: parsed.filters() })?
    else {
        return confused();
    };
    networks.sort_by(|a, b| units::natural_cmp(&a.name, &b.name));
    let full = parsed.bool("no-trunc");
    let row = |network: &NetworkResource| {
        let id = if full { network.id.clone() } else { units::short_id(&network.id) };
        Row::from([
            ("ID", id.into()),
            ("Name", network.name.clone().into()),
            ("Driver", network.driver.clone().into()),
            ("Scope", network.scope.clone().into()),
            ("IPv6", network.enable_ipv6.to_string().into()),
            ("Internal", network.internal.to_string().into()),
            ("Labels", objects::join_labels(&network.labels).into()),
            ("Label", crate::format::inspect::labels(&network.labels)),
            ("CreatedAt", units::go_time(network.created).into()),
        ])
    };
    let listing = Listing {
        type_name: "*network.networkContext",
        table: "{{.ID}}\t{{.Name}}\t{{.Driver}}\t{{.Scope}}",
        quiet: "{{.ID}}",
        headers: &[
            ("ID", "NETWORK ID"),
            ("Name", "NAME"),
            ("Driver", "DRIVER"),
            ("Scope", "SCOPE"),
            ("IPv6", "IPV6"),
            ("Internal", "INTERNAL"),
            ("Labels", "LABELS"),
            ("Label", ""),
            ("CreatedAt", "CREATED AT"),
        ],
        rows: networks.iter().map(row).collect(),
    };
    objects::show(cx, parsed, &listing)
}
