//! `docker container logs`, `docker logs`: fetch the logs of a container.
//!
//! Docker: `cli/command/container/logs.go`.

use crate::prelude::*;

static FLAGS: &[Flag] = &[
    flag("details", Kind::Bool, "Show extra details provided to logs"),
    short('f', "follow", Kind::Bool, "Follow log output"),
    flag(
        "since",
        Kind::Str,
        "Show logs since timestamp (e.g. 2013-01-02T13:23:37Z) or relative (e.g. 42m for 42 \
         minutes)",
    ),
    short(
        'n',
        "tail",
        Kind::Str,
        "Number of lines to show from the end of the logs (default \"all\")",
    ),
    short('t', "timestamps", Kind::Bool, "Show timestamps"),
    flag(
        "until",
        Kind::Str,
        "Show logs before a timestamp (e.g. 2013-01-02T13:23:37Z) or relative (e.g. 42m for 42 \
         minutes)",
    ),
];

pub(crate) const COMMAND: Command = Command {
    path: "container logs",
    usage: "[OPTIONS] CONTAINER",
    short: "Fetch the logs of a container",
    args: Args::Exactly(1),
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

pub(crate) const LEGACY: Command = Command {
    path: "logs",
    aliases: &[],
    ..COMMAND
};

fn start(_: &mut Cx<'_>, _: &Parsed) -> Flow {
    crate::command::later()
}
