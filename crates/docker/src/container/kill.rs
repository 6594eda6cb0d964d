//! `docker container kill`, `docker kill`: kill one or more running containers.
//!
//! Docker: `cli/command/container/kill.go`.

use crate::prelude::*;

static FLAGS: &[Flag] =
    &[short('s', "signal", Kind::Str, "Signal to send to the container (default \"KILL\")")];

pub(crate) const COMMAND: Command = Command {
    path: "container kill",
    usage: "[OPTIONS] CONTAINER [CONTAINER...]",
    short: "Kill one or more running containers",
    args: Args::AtLeast(1),
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

pub(crate) const LEGACY: Command = Command { path: "kill", aliases: &[], ..COMMAND };

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    let signal = parsed.get("signal").unwrap_or("KILL");
    objects::each_at_once(
        cx,
        &parsed.args,
        |name| Request::ContainerKill { container: name.to_owned(), signal: signal.to_owned() },
        |error, _| error_text(error),
    )
}
