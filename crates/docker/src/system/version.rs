//! `docker version`: show the Docker version information.
//!
//! Docker: `cli/command/system/version.go`.

use crate::prelude::*;

static FLAGS: &[Flag] = &[
    short('f', "format", Kind::Str, "Format the output using the given Go template"),
    flag("kubeconfig", Kind::Str, "Kubernetes config file"),
];

pub(crate) const COMMAND: Command = Command {
    path: "version",
    usage: "[OPTIONS]",
    short: "Show the Docker version information",
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

fn start(_: &mut Cx<'_>, _: &Parsed) -> Flow {
    crate::command::later()
}
pub(crate) fn line() -> String { format!("Docker version {}, build 297e128", crate::CLIENT_VERSION) }
