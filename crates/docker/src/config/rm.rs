//! `docker config rm`: remove one or more configs.
//!
//! Docker: `cli/command/config/rm.go`.

use crate::prelude::*;

pub(crate) const COMMAND: Command = Command {
    path: "config rm",
    usage: "CONFIG [CONFIG...]",
    short: "Remove one or more configs",
    aliases: &["remove"],
    args: Args::AtLeast(1),
    start,
    ..COMMAND_DEFAULTS
};

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    objects::each(cx, &parsed.args, "config", |name| Request::ConfigRemove {
        config: name.to_owned(),
    })
}
