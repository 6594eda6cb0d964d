//! `docker volume ls`: list volumes.
//!
//! Docker: `cli/command/volume/ls.go`.

use crate::prelude::*;
use api::VolumeResource;

static FLAGS: &[Flag] = &[
    short('f', "filter", Kind::Filter, "Provide filter values (e.g. 'dangling=true')"),
    flag("format", Kind::Str, "Pretty-print volumes using a Go template"),
    short('q', "quiet", Kind::Bool, "Only display volume names"),
];

pub(crate) const COMMAND: Command = Command {
    path: "volume ls",
    usage: "[OPTIONS]",
    short: "List volumes",
    aliases: &["list"],
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    let Response::Volumes(mut volumes) =
        cx.ask(Request::VolumeList { filters: parsed.filters() })?
    else {
        return confused();
    };
    volumes.sort_by(|a, b| units::natural_cmp(&a.name, &b.name));
    let row = |volume: &VolumeResource| {
        Row::from([
            ("Driver", volume.driver.clone().into()),
            ("Name", volume.name.clone().into()),
            ("Scope", "local".into()),
            ("Mountpoint", volume.mountpoint.clone().into()),
            ("Labels", objects::join_labels(&volume.labels).into()),
            ("Label", crate::format::inspect::labels(&volume.labels)),
            ("Links", "N/A".into()),
            ("Size", "N/A".into()),
        ])
    };
    let listing = Listing {
        type_name: "*formatter.volumeContext",
        table: "{{.Driver}}\t{{.Name}}",
        quiet: "{{.Name}}",
        headers: &[
            ("Driver", "DRIVER"),
            ("Name", "VOLUME NAME"),
            ("Scope", "SCOPE"),
            ("Mountpoint", "MOUNTPOINT"),
            ("Labels", "LABELS"),
            ("Label", ""),
            ("Links", "LINKS"),
            ("Size", "SIZE"),
        ],
        rows: volumes.iter().map(row).collect(),
    };
    objects::show(cx, parsed, &listing)
}
