//! `docker network inspect`: display detailed information on one or more networks.
//!
//! Docker: `cli/command/network/inspect.go`.

use crate::format::inspect_local;
use crate::format::template::Kind as DataKind;
use crate::prelude::*;

static FLAGS: &[Flag] = &[
    short('f', "format", Kind::Str, "Format the output using the given Go template"),
    short('v', "verbose", Kind::Bool, "Verbose output for diagnostics"),
];

pub(crate) const COMMAND: Command = Command {
    path: "network inspect",
    usage: "[OPTIONS] NETWORK [NETWORK...]",
    short: "Display detailed information on one or more networks",
    args: Args::AtLeast(1),
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    let verbose = parsed.bool("verbose");
    objects::inspect(
        cx,
        &parsed.args,
        parsed.str("format"),
        &objects::Inspect {
            request: &|name| Request::NetworkInspect {
                network: name.to_owned(),
                scope: String::new(),
                verbose,
            },
            json: &|response| match response {
                Response::Network(network) => Some(inspect_local::network(network)),
                _ => None,
            },
            missing: "Error: No such network: ",
            kind: DataKind::Raw,
            wrapped: false,
        },
    )
}
