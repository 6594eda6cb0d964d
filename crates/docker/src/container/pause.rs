//! `docker container pause`, `docker pause`: pause all processes within one or more containers.
//!
//! Docker: `cli/command/container/pause.go`.

use crate::prelude::*;

pub(crate) const COMMAND: Command = Command {
    path: "container pause",
    usage: "CONTAINER [CONTAINER...]",
    short: "Pause all processes within one or more containers",
    args: Args::AtLeast(1),
    start,
    ..COMMAND_DEFAULTS
};

pub(crate) const LEGACY: Command = Command { path: "pause", aliases: &[], ..COMMAND };

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    objects::each_at_once(
        cx,
        &parsed.args,
        |name| Request::ContainerPause { container: name.to_owned() },
        |error, _| error_text(error),
    )
}
