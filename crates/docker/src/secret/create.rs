//! `docker secret create`: create a secret from a file or STDIN as content.
//!
//! Docker: `cli/command/secret/create.go`.

use crate::prelude::*;

static FLAGS: &[Flag] = &[
    short('d', "driver", Kind::Str, "Secret driver"),
    short('l', "label", Kind::Label, "Secret labels"),
    flag("template-driver", Kind::Str, "Template driver"),
];

pub(crate) const COMMAND: Command = Command {
    path: "secret create",
    usage: "[OPTIONS] SECRET [file|-]",
    short: "Create a secret from a file or STDIN as content",
    args: Args::Between(1, 2),
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

fn start(_: &mut Cx<'_>, _: &Parsed) -> Flow {
    crate::command::later()
}
