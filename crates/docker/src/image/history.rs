//! `docker image history`, `docker history`: show the history of an image.
//!
//! Docker: `cli/command/image/history.go`.

use crate::prelude::*;

static FLAGS: &[Flag] = &[
    flag("format", Kind::Str, "Pretty-print images using a Go template"),
    short(
        'H',
        "human",
        Kind::Bool,
        "Print sizes and dates in human readable format (default true)",
    ),
    flag("no-trunc", Kind::Bool, "Don't truncate output"),
    short('q', "quiet", Kind::Bool, "Only show image IDs"),
];

pub(crate) const COMMAND: Command = Command {
    path: "image history",
    usage: "[OPTIONS] IMAGE",
    short: "Show the history of an image",
    args: Args::Exactly(1),
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

pub(crate) const LEGACY: Command = Command { path: "history", aliases: &[], ..COMMAND };

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    let request = Request::ImageHistory { image: parsed.arg(0).to_owned() };
    let Response::History(items) = cx.ask(request)? else { return confused() };
    let full = parsed.bool("no-trunc");
    let human = parsed.get("human").is_none() || parsed.bool("human");
    let now = cx.now();
    let lab_age = now.0 / 1_000_000;
    let rows = items
        .iter()
        .map(|item| {
            let id = match item.id {
                Some(id) if full => format!("sha256:{id}"),
                Some(id) => id.short(),
                None => "<missing>".to_owned(),
            };
            let before = i64::try_from(item.created_before_s).unwrap_or(0);
            let built = units::unix_s(api::Timestamp(0)) - before;
            let since = if human {
                format!("{} ago", units::human_duration(item.created_before_s + lab_age))
            } else {
                units::rfc3339_s(built)
            };
            let by = item.created_by.replace('\t', " ");
            let size = if human { units::human_size(item.size) } else { item.size.to_string() };
            Row::from([
                ("ID", id.into()),
                ("CreatedSince", since.into()),
                ("CreatedAt", units::rfc3339_s(built).into()),
                ("CreatedBy", (if full { by } else { units::ellipsis(&by, 45) }).into()),
                ("Size", size.into()),
                ("Comment", item.comment.clone().into()),
            ])
        })
        .collect();
    let listing = Listing {
        type_name: "*image.historyContext",
        table: "{{.ID}}\t{{.CreatedSince}}\t{{.CreatedBy}}\t{{.Size}}\t{{.Comment}}",
        quiet: "{{.ID}}",
        headers: &[
            ("ID", "IMAGE"),
            ("CreatedSince", "CREATED"),
            ("CreatedAt", "CREATED AT"),
            ("CreatedBy", "CREATED BY"),
            ("Size", "SIZE"),
            ("Comment", "COMMENT"),
        ],
        rows,
    };
    objects::show(cx, parsed, &listing)
}
