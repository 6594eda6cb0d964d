//! `docker container stop`, `docker stop`: stop one or more running containers.
//!
//! Docker: `cli/command/container/stop.go`.

use crate::prelude::*;

static FLAGS: &[Flag] =
    &[short('t', "time", Kind::Int, "Seconds to wait for stop before killing it (default 10)")];

pub(crate) const COMMAND: Command = Command {
    path: "container stop",
    usage: "[OPTIONS] CONTAINER [CONTAINER...]",
    short: "Stop one or more running containers",
    args: Args::AtLeast(1),
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

pub(crate) const LEGACY: Command = Command { path: "stop", aliases: &[], ..COMMAND };

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    let timeout_s = parsed.i64("time");
    objects::each_at_once(
        cx,
        &parsed.args,
        |name| Request::ContainerStop { container: name.to_owned(), timeout_s },
        |error, _| error_text(error),
    )
}
