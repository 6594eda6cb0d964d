//! `docker service ps`: list the tasks of one or more services.
//!
//! Docker: `cli/command/service/ps.go`.

use crate::prelude::*;

static FLAGS: &[Flag] = &[
    short('f', "filter", Kind::Filter, "Filter output based on conditions provided"),
    flag("format", Kind::Str, "Pretty-print tasks using a Go template"),
    flag("no-resolve", Kind::Bool, "Do not map IDs to Names"),
    flag("no-trunc", Kind::Bool, "Do not truncate output"),
    short('q', "quiet", Kind::Bool, "Only display task IDs"),
];

pub(crate) const COMMAND: Command = Command {
    path: "service ps",
    usage: "[OPTIONS] SERVICE [SERVICE...]",
    short: "List the tasks of one or more services",
    args: Args::AtLeast(1),
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

fn start(_: &mut Cx<'_>, _: &Parsed) -> Flow {
    crate::command::later()
}
