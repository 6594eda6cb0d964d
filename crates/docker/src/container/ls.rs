//! `docker container ls`, `docker ps`: list containers.
//!
//! Docker: `cli/command/container/ls.go`.

use crate::prelude::*;

static FLAGS: &[Flag] = &[
    short('a', "all", Kind::Bool, "Show all containers (default shows just running)"),
    short('f', "filter", Kind::Filter, "Filter output based on conditions provided"),
    flag("format", Kind::Str, "Pretty-print containers using a Go template"),
    short(
        'n',
        "last",
        Kind::Int,
        "Show n last created containers (includes all states) (default -1)",
    ),
    short('l', "latest", Kind::Bool, "Show the latest created container (includes all states)"),
    flag("no-trunc", Kind::Bool, "Don't truncate output"),
    short('q', "quiet", Kind::Bool, "Only display container IDs"),
    short('s', "size", Kind::Bool, "Display total file sizes"),
];

pub(crate) const COMMAND: Command = Command {
    path: "container ls",
    usage: "[OPTIONS]",
    short: "List containers",
    aliases: &["ps", "list"],
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

pub(crate) const LEGACY: Command = Command {
    path: "ps",
    aliases: &[],
    ..COMMAND
};

fn start(_: &mut Cx<'_>, _: &Parsed) -> Flow {
    crate::command::later()
}
