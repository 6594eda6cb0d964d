//! `docker container inspect`: display detailed information on one or more containers.
//!
//! Docker: `cli/command/container/inspect.go`.

use crate::format::inspect_local;
use crate::format::template::Kind as DataKind;
use crate::prelude::*;

static FLAGS: &[Flag] = &[
    short('f', "format", Kind::Str, "Format the output using the given Go template"),
    short('s', "size", Kind::Bool, "Display total file sizes"),
];

pub(crate) const COMMAND: Command = Command {
    path: "container inspect",
    usage: "[OPTIONS] CONTAINER [CONTAINER...]",
    short: "Display detailed information on one or more containers",
    args: Args::AtLeast(1),
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    let size = parsed.bool("size");
    objects::inspect(
        cx,
        &parsed.args,
        parsed.str("format"),
        &objects::Inspect {
            request: &|name| Request::ContainerInspect { container: name.to_owned(), size },
            json: &|response| match response {
                Response::Container(container) => Some(inspect_local::container(container, size)),
                _ => None,
            },
            missing: "Error: No such container: ",
            kind: DataKind::Raw,
            wrapped: false,
        },
    )
}
