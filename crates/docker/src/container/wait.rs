//! `docker container wait`, `docker wait`:
//! block until one or more containers stop, then print their exit codes.
//!
//! Docker: `cli/command/container/wait.go`.

use crate::prelude::*;

pub(crate) const COMMAND: Command = Command {
    path: "container wait",
    usage: "CONTAINER [CONTAINER...]",
    short: "Block until one or more containers stop, then print their exit codes",
    args: Args::AtLeast(1),
    start,
    ..COMMAND_DEFAULTS
};

pub(crate) const LEGACY: Command = Command { path: "wait", aliases: &[], ..COMMAND };

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    let mut errors = Vec::new();
    for name in &parsed.args {
        let request =
            Request::ContainerWait { container: name.clone(), condition: "not-running".to_owned() };
        match cx.try_ask(request)? {
            Ok(Response::Exit { code, .. }) => cx.line(code.to_string()),
            Ok(_other) => return confused(),
            Err(error) => errors.push(error_text(&error)),
        }
    }
    objects::end_with(errors)
}
