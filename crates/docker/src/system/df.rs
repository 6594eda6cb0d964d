//! `docker system df`: show docker disk usage.
//!
//! Docker: `cli/command/system/df.go`.
//!
//! **Left out:** `-v`, as the model does not know which layers images share.

use crate::prelude::*;
use api::{ContainerStatusWord as Word, DiskUsage};

static FLAGS: &[Flag] = &[
    flag("format", Kind::Str, "Pretty-print images using a Go template"),
    short('v', "verbose", Kind::Bool, "Show detailed information on space usage"),
];

pub(crate) const COMMAND: Command = Command {
    path: "system df",
    usage: "[OPTIONS]",
    short: "Show docker disk usage",
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

fn row(kind: &str, total: usize, active: usize, size: u64, free: u64) -> Row {
    let reclaimable = units::human_size_4(free);
    let share = (free * 100).checked_div(size).map_or(String::new(), |p| format!(" ({p}%)"));
    Row::from([
        ("Type", kind.into()),
        ("TotalCount", total.to_string().into()),
        ("Active", active.to_string().into()),
        ("Size", units::human_size_4(size).into()),
        ("Reclaimable", (reclaimable + &share).into()),
    ])
}

fn rows(usage: &DiskUsage) -> Vec<Row> {
    let used = |containers: u32| containers > 0;
    let active: Vec<_> = usage.images.iter().filter(|image| used(image.containers)).collect();
    let in_use: u64 = active.iter().map(|image| image.size).sum();
    let images = row(
        "Images",
        usage.images.len(),
        active.len(),
        usage.layers_size,
        usage.layers_size.saturating_sub(in_use),
    );
    let lives = |word: Word| matches!(word, Word::Running | Word::Paused | Word::Restarting);
    let containers = &usage.containers;
    let living = containers.iter().filter(|c| lives(c.state.status)).count();
    let size = containers.iter().map(|c| c.size_rw).sum();
    let free = containers.iter().filter(|c| !lives(c.state.status)).map(|c| c.size_rw).sum();
    let containers = row("Containers", containers.len(), living, size, free);
    let in_use = usage.volumes.iter().filter(|(_, _, refs)| used(*refs)).count();
    let size = usage.volumes.iter().map(|(_, size, _)| size).sum();
    let free =
        usage.volumes.iter().filter(|(_, _, refs)| !used(*refs)).map(|(_, size, _)| size).sum();
    let volumes = row("Local Volumes", usage.volumes.len(), in_use, size, free);
    vec![images, containers, volumes, row("Build Cache", 0, 0, 0, 0)]
}

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    if parsed.bool("verbose") {
        return fail(
            "docker system df -v: este laboratório não modela camadas compartilhadas (shared \
             layers are not modelled)",
        );
    }
    let Response::DiskUsage(usage) = cx.ask(Request::SystemDf)? else { return confused() };
    let listing = Listing {
        type_name: "*formatter.diskUsageContext",
        table: "{{.Type}}\t{{.TotalCount}}\t{{.Active}}\t{{.Size}}\t{{.Reclaimable}}",
        quiet: "{{.Type}}",
        headers: &[
            ("Type", "TYPE"),
            ("TotalCount", "TOTAL"),
            ("Active", "ACTIVE"),
            ("Size", "SIZE"),
            ("Reclaimable", "RECLAIMABLE"),
        ],
        rows: rows(&usage),
    };
    objects::show(cx, parsed, &listing)
}
