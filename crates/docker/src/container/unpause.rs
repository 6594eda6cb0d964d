//! `docker container unpause`, `docker unpause`:
//! unpause all processes within one or more containers.
//!
//! Docker: `cli/command/container/unpause.go`.

use crate::prelude::*;

pub(crate) const COMMAND: Command = Command {
    path: "container unpause",
    usage: "CONTAINER [CONTAINER...]",
    short: "Unpause all processes within one or more containers",
    args: Args::AtLeast(1),
    start,
    ..COMMAND_DEFAULTS
};

pub(crate) const LEGACY: Command = Command { path: "unpause", aliases: &[], ..COMMAND };

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    objects::each_at_once(
        cx,
        &parsed.args,
        |name| Request::ContainerUnpause { container: name.to_owned() },
        |error, _| error_text(error),
    )
}
