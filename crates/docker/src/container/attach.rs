//! `docker container attach`, `docker attach`:
//! attach local standard input, output, and error streams to a running container.
//!
//! Docker: `cli/command/container/attach.go`.

use crate::prelude::*;

static FLAGS: &[Flag] = &[
    flag("detach-keys", Kind::Str, "Override the key sequence for detaching a container"),
    flag("no-stdin", Kind::Bool, "Do not attach STDIN"),
    flag("sig-proxy", Kind::Bool, "Proxy all received signals to the process (default true)"),
];

pub(crate) const COMMAND: Command = Command {
    path: "container attach",
    usage: "[OPTIONS] CONTAINER",
    short: "Attach local standard input, output, and error streams to a running container",
    args: Args::Exactly(1),
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

pub(crate) const LEGACY: Command = Command {
    path: "attach",
    aliases: &[],
    ..COMMAND
};

fn start(_: &mut Cx<'_>, _: &Parsed) -> Flow {
    crate::command::later()
}
