//! `docker volume inspect`: display detailed information on one or more volumes.
//!
//! Docker: `cli/command/volume/inspect.go`.

use crate::format::inspect_local;
use crate::format::template::Kind as DataKind;
use crate::prelude::*;

static FLAGS: &[Flag] =
    &[short('f', "format", Kind::Str, "Format the output using the given Go template")];

pub(crate) const COMMAND: Command = Command {
    path: "volume inspect",
    usage: "[OPTIONS] VOLUME [VOLUME...]",
    short: "Display detailed information on one or more volumes",
    args: Args::AtLeast(1),
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    objects::inspect(
        cx,
        &parsed.args,
        parsed.str("format"),
        &objects::Inspect {
            request: &|name| Request::VolumeInspect { volume: name.to_owned() },
            json: &|response| match response {
                Response::Volume(volume) => Some(inspect_local::volume(volume)),
                _ => None,
            },
            missing: "Error: No such volume: ",
            kind: DataKind::Raw,
            wrapped: false,
        },
    )
}
