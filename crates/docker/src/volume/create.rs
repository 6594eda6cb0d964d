//! `docker volume create`: create a volume.
//!
//! Docker: `cli/command/volume/create.go`.

use crate::prelude::*;

static FLAGS: &[Flag] = &[
    short('d', "driver", Kind::Str, "Specify volume driver name (default \"local\")"),
    flag("label", Kind::Label, "Set metadata for a volume"),
    short('o', "opt", Kind::Map, "Set driver specific options (default map[])"),
];

pub(crate) const COMMAND: Command = Command {
    path: "volume create",
    usage: "[OPTIONS] [VOLUME]",
    short: "Create a volume",
    args: Args::AtMost(1),
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    let named = parsed.str("name");
    if !named.is_empty() && !parsed.args.is_empty() {
        return fail(
            "Conflicting options: either specify --name or provide positional arg, not both",
        );
    }
    let request = Request::VolumeCreate {
        name: if named.is_empty() { parsed.arg(0).to_owned() } else { named.to_owned() },
        driver: parsed.get("driver").unwrap_or("local").to_owned(),
        options: objects::labels_from(&parsed.list("opt")),
        labels: objects::labels_from(&parsed.list("label")),
    };
    match cx.ask(request)? {
        Response::Volume(volume) => cx.line(&volume.name),
        Response::Created { id, .. } => cx.line(id),
        _ => return confused(),
    }
    Ok(())
}
