//! `docker config ls`: list configs.
//!
//! Docker: `cli/command/config/ls.go`.

use crate::prelude::*;

static FLAGS: &[Flag] = &[
    short('f', "filter", Kind::Filter, "Filter output based on conditions provided"),
    flag("format", Kind::Str, "Pretty-print configs using a Go template"),
    short('q', "quiet", Kind::Bool, "Only display IDs"),
];

pub(crate) const COMMAND: Command = Command {
    path: "config ls",
    usage: "[OPTIONS]",
    short: "List configs",
    aliases: &["list"],
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    let Response::Configs(mut configs) =
        cx.ask(Request::ConfigList { filters: parsed.filters() })?
    else {
        return confused();
    };
    configs.sort_by(|a, b| units::natural_cmp(&a.spec.annotations.name, &b.spec.annotations.name));
    let now = cx.now();
    let rows = configs
        .iter()
        .map(|config| {
            let ago = |at| format!("{} ago", units::age(now, at));
            Row::from([
                ("ID", config.id.as_str().into()),
                ("Name", config.spec.annotations.name.clone().into()),
                ("CreatedAt", ago(config.meta.created_at).into()),
                ("UpdatedAt", ago(config.meta.updated_at).into()),
                ("Labels", objects::join_labels(&config.spec.annotations.labels).into()),
                ("Label", crate::format::inspect::labels(&config.spec.annotations.labels)),
            ])
        })
        .collect();
    let listing = Listing {
        type_name: "*config.configContext",
        table: "{{.ID}}\t{{.Name}}\t{{.CreatedAt}}\t{{.UpdatedAt}}",
        quiet: "{{.ID}}",
        headers: &[
            ("ID", "ID"),
            ("Name", "NAME"),
            ("CreatedAt", "CREATED"),
            ("UpdatedAt", "UPDATED"),
            ("Labels", "LABELS"),
            ("Label", ""),
        ],
        rows,
    };
    objects::show(cx, parsed, &listing)
}
