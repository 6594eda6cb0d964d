//! `docker secret ls`: list secrets.
//!
//! Docker: `cli/command/secret/ls.go`.

use crate::prelude::*;

static FLAGS: &[Flag] = &[
    short('f', "filter", Kind::Filter, "Filter output based on conditions provided"),
    flag("format", Kind::Str, "Pretty-print secrets using a Go template"),
    short('q', "quiet", Kind::Bool, "Only display IDs"),
];

pub(crate) const COMMAND: Command = Command {
    path: "secret ls",
    usage: "[OPTIONS]",
    short: "List secrets",
    aliases: &["list"],
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    let Response::Secrets(mut secrets) =
        cx.ask(Request::SecretList { filters: parsed.filters() })?
    else {
        return confused();
    };
    secrets.sort_by(|a, b| units::natural_cmp(&a.spec.annotations.name, &b.spec.annotations.name));
    let now = cx.now();
    let rows = secrets
        .iter()
        .map(|secret| {
            let ago = |at| format!("{} ago", units::age(now, at));
            Row::from([
                ("ID", secret.id.as_str().into()),
                ("Name", secret.spec.annotations.name.clone().into()),
                ("Driver", secret.spec.driver.clone().into()),
                ("CreatedAt", ago(secret.meta.created_at).into()),
                ("UpdatedAt", ago(secret.meta.updated_at).into()),
                ("Labels", objects::join_labels(&secret.spec.annotations.labels).into()),
                ("Label", crate::format::inspect::labels(&secret.spec.annotations.labels)),
            ])
        })
        .collect();
    let listing = Listing {
        type_name: "*secret.secretContext",
        table: "{{.ID}}\t{{.Name}}\t{{.Driver}}\t{{.CreatedAt}}\t{{.UpdatedAt}}",
        quiet: "{{.ID}}",
        headers: &[
            ("ID", "ID"),
            ("Name", "NAME"),
            ("Driver", "DRIVER"),
            ("CreatedAt", "CREATED"),
            ("UpdatedAt", "UPDATED"),
            ("Labels", "LABELS"),
            ("Label", ""),
        ],
        rows,
    };
    objects::show(cx, parsed, &listing)
}
