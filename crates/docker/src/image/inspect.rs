//! `docker image inspect`: display detailed information on one or more images.
//!
//! Docker: `cli/command/image/inspect.go`.

use crate::format::inspect_local;
use crate::format::template::Kind as DataKind;
use crate::prelude::*;

static FLAGS: &[Flag] =
    &[short('f', "format", Kind::Str, "Format the output using the given Go template")];

pub(crate) const COMMAND: Command = Command {
    path: "image inspect",
    usage: "[OPTIONS] IMAGE [IMAGE...]",
    short: "Display detailed information on one or more images",
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
            request: &|name| Request::ImageInspect { image: name.to_owned() },
            json: &|response| match response {
                Response::Image(image) => Some(inspect_local::image(image)),
                _ => None,
            },
            missing: "Error: No such image: ",
            kind: DataKind::Raw,
            wrapped: false,
        },
    )
}
