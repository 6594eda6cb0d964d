//! `docker container exec`, `docker exec`: run a command in a running container.
//!
//! Docker: `cli/command/container/exec.go`.

use crate::prelude::*;

static FLAGS: &[Flag] = &[
    short('d', "detach", Kind::Bool, "Detached mode: run command in the background"),
    flag("detach-keys", Kind::Str, "Override the key sequence for detaching a container"),
    short('e', "env", Kind::Env, "Set environment variables"),
    flag("env-file", Kind::List, "Read in a file of environment variables"),
    short('i', "interactive", Kind::Bool, "Keep STDIN open even if not attached"),
    flag("privileged", Kind::Bool, "Give extended privileges to the command"),
    short('t', "tty", Kind::Bool, "Allocate a pseudo-TTY"),
    short('u', "user", Kind::Str, "Username or UID (format: <name|uid>[:<group|gid>])"),
    short('w', "workdir", Kind::Str, "Working directory inside the container"),
];

pub(crate) const COMMAND: Command = Command {
    path: "container exec",
    usage: "[OPTIONS] CONTAINER COMMAND [ARG...]",
    short: "Run a command in a running container",
    args: Args::AtLeast(2),
    flags: FLAGS,
    interspersed: false,
    start,
    ..COMMAND_DEFAULTS
};

pub(crate) const LEGACY: Command = Command {
    path: "exec",
    aliases: &[],
    ..COMMAND
};

fn start(_: &mut Cx<'_>, _: &Parsed) -> Flow {
    crate::command::later()
}
