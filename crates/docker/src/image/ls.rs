//! `docker image ls`, `docker images`: list images.
//!
//! Docker: `cli/command/image/ls.go`.

use crate::prelude::*;
use api::{ImageSummary, Timestamp};

static FLAGS: &[Flag] = &[
    short('a', "all", Kind::Bool, "Show all images (default hides intermediate images)"),
    flag("digests", Kind::Bool, "Show digests"),
    short('f', "filter", Kind::Filter, "Filter output based on conditions provided"),
    flag("format", Kind::Str, "Pretty-print images using a Go template"),
    flag("no-trunc", Kind::Bool, "Don't truncate output"),
    short('q', "quiet", Kind::Bool, "Only show image IDs"),
];

pub(crate) const COMMAND: Command = Command {
    path: "image ls",
    usage: "[OPTIONS] [REPOSITORY[:TAG]]",
    short: "List images",
    aliases: &["list"],
    args: Args::AtMost(1),
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

pub(crate) const LEGACY: Command = Command { path: "images", aliases: &[], ..COMMAND };

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    let mut filters = parsed.filters();
    if let Some(name) = parsed.args.first() {
        filters.entry("reference".to_owned()).or_default().insert(name.clone());
    }
    let request = Request::ImageList { all: parsed.bool("all"), filters };
    let Response::Images(images) = cx.ask(request)? else { return confused() };
    let digests = parsed.bool("digests");
    let listing = listing(&images, cx.now(), parsed.bool("no-trunc"), digests);
    objects::show(cx, parsed, &listing)
}

/// Seconds since an image was built.
pub(crate) fn age_s(image: &ImageSummary, now: Timestamp) -> u64 {
    image.created_before_s + now.since_us(image.created) / 1_000_000
}

/// Unix second an image was built at.
pub(crate) fn built_s(image: &ImageSummary) -> i64 {
    units::unix_s(image.created) - i64::try_from(image.created_before_s).unwrap_or(0)
}

/// (repository, tag, digest) of each row of an image.
fn names(image: &ImageSummary, digests: bool) -> Vec<(String, String, String)> {
    let none = || "<none>".to_owned();
    let digest_of = |repository: &str| {
        let found = image.repo_digests.iter().find(|(name, _)| name == repository);
        found.map_or_else(none, |(_, digest)| format!("sha256:{digest}"))
    };
    let mut rows = Vec::new();
    for tag in &image.repo_tags {
        let (name, tag) = tag.rsplit_once(':').unwrap_or((tag, "latest"));
        let digest = if digests { digest_of(name) } else { none() };
        rows.push((name.to_owned(), tag.to_owned(), digest));
    }
    if rows.is_empty() {
        rows.extend(image.repo_digests.iter().map(|(name, digest)| {
            let digest = if digests { format!("sha256:{digest}") } else { none() };
            (name.clone(), none(), digest)
        }));
    }
    if rows.is_empty() {
        rows.push((none(), none(), none()));
    }
    rows
}

fn listing(images: &[ImageSummary], now: Timestamp, full: bool, digests: bool) -> Listing {
    let mut rows = Vec::new();
    for image in images {
        let id = format!("sha256:{}", image.id);
        let shown = if full { id } else { units::short_id(&id) };
        let ago = format!("{} ago", units::human_duration(age_s(image, now)));
        for (repository, tag, digest) in names(image, digests) {
            rows.push(Row::from([
                ("ID", shown.clone().into()),
                ("Repository", repository.into()),
                ("Tag", tag.into()),
                ("Digest", digest.into()),
                ("CreatedSince", ago.clone().into()),
                ("CreatedAt", units::go_time_s(built_s(image)).into()),
                ("Size", units::human_size(image.size).into()),
                ("Containers", "N/A".into()),
                ("VirtualSize", units::human_size_4(image.size).into()),
                ("SharedSize", "N/A".into()),
                ("UniqueSize", "N/A".into()),
            ]));
        }
    }
    Listing {
        type_name: "*formatter.imageContext",
        table: if digests {
            "{{.Repository}}\t{{.Tag}}\t{{.Digest}}\t{{.ID}}\t{{.CreatedSince}}\t{{.Size}}"
        } else {
            "{{.Repository}}\t{{.Tag}}\t{{.ID}}\t{{.CreatedSince}}\t{{.Size}}"
        },
        quiet: "{{.ID}}",
        headers: &[
            ("ID", "IMAGE ID"),
            ("Repository", "REPOSITORY"),
            ("Tag", "TAG"),
            ("Digest", "DIGEST"),
            ("CreatedSince", "CREATED"),
            ("CreatedAt", "CREATED AT"),
            ("Size", "SIZE"),
            ("Containers", "CONTAINERS"),
            ("VirtualSize", "SIZE"),
            ("SharedSize", "SHARED SIZE"),
            ("UniqueSize", "UNIQUE SIZE"),
        ],
        rows,
    }
}
