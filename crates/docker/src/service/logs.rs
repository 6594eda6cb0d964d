//! `docker service logs`: fetch the logs of a service or task.
//!
//! Docker: `cli/command/service/logs.go`.

use crate::prelude::*;

static FLAGS: &[Flag] = &[
    flag("details", Kind::Bool, "Show extra details provided to logs"),
    short('f', "follow", Kind::Bool, "Follow log output"),
    flag("no-resolve", Kind::Bool, "Do not map IDs to Names in output"),
    flag("no-task-ids", Kind::Bool, "Do not include task IDs in output"),
    flag("no-trunc", Kind::Bool, "Do not truncate output"),
    flag("raw", Kind::Bool, "Do not neatly format logs"),
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
];

pub(crate) const COMMAND: Command = Command {
    path: "service logs",
    usage: "[OPTIONS] SERVICE|TASK",
    short: "Fetch the logs of a service or task",
    args: Args::Exactly(1),
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

fn start(_: &mut Cx<'_>, _: &Parsed) -> Flow {
    crate::command::later()
}
