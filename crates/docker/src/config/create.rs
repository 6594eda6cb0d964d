//! `docker config create`: create a config from a file or STDIN.
//!
//! Docker: `cli/command/config/create.go`.

use crate::prelude::*;

static FLAGS: &[Flag] = &[
    short('l', "label", Kind::Label, "Config labels"),
    flag("template-driver", Kind::Str, "Template driver"),
];

pub(crate) const COMMAND: Command = Command {
    path: "config create",
    usage: "[OPTIONS] CONFIG file|-",
    short: "Create a config from a file or STDIN",
    args: Args::Exactly(2),
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

fn start(_: &mut Cx<'_>, _: &Parsed) -> Flow {
    crate::command::later()
}
