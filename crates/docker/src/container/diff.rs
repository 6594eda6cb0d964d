//! `docker container diff`, `docker diff`:
//! inspect changes to files or directories on a container's filesystem.
//!
//! Docker: `cli/command/container/diff.go`.

use crate::prelude::*;

pub(crate) const COMMAND: Command = Command {
    path: "container diff",
    usage: "CONTAINER",
    short: "Inspect changes to files or directories on a container's filesystem",
    args: Args::Exactly(1),
    start,
    ..COMMAND_DEFAULTS
};

pub(crate) const LEGACY: Command = Command { path: "diff", aliases: &[], ..COMMAND };

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    let request = Request::ContainerDiff { container: parsed.arg(0).to_owned() };
    let Response::Diff(changes) = cx.ask(request)? else { return confused() };
    for (kind, path) in changes {
        cx.line(format!("{kind} {path}"));
    }
    Ok(())
}
