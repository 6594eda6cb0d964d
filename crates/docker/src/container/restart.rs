//! `docker container restart`, `docker restart`: restart one or more containers.
//!
//! Docker: `cli/command/container/restart.go`.

use crate::prelude::*;

static FLAGS: &[Flag] = &[short(
    't',
    "time",
    Kind::Int,
    "Seconds to wait for stop before killing the container (default 10)",
)];

pub(crate) const COMMAND: Command = Command {
    path: "container restart",
    usage: "[OPTIONS] CONTAINER [CONTAINER...]",
    short: "Restart one or more containers",
    args: Args::AtLeast(1),
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

pub(crate) const LEGACY: Command = Command { path: "restart", aliases: &[], ..COMMAND };

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    let timeout_s = parsed.i64("time");
    let mut errors = Vec::new();
    for name in &parsed.args {
        let request = Request::ContainerRestart { container: name.clone(), timeout_s };
        match cx.try_ask(request)? {
            Ok(_) => cx.line(name),
            Err(error) => errors.push(error_text(&error)),
        }
    }
    objects::end_with(errors)
}
