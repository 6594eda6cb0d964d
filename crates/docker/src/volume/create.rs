//! `docker volume create`: create a volume.
//!
//! Docker: `cli/command/volume/create.go`.

use crate::prelude::*;

static FLAGS: &[Flag] = &[
    short('d', "driver", Kind::Str, "Specify volume driver name (default \"local\")"),
    flag("label", Kind::Label, "Set metadata for a volume"),
    short('o', "opt", Kind::Map, "Set driver specific options (default map[])"),
];

pub(crate) const COMMAND: Command = Command {
    path: "volume create",
    usage: "[OPTIONS] [VOLUME]",
    short: "Create a volume",
    args: Args::AtMost(1),
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

fn start(_: &mut Cx<'_>, _: &Parsed) -> Flow {
    crate::command::later()
}
