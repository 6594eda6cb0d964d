//! `docker volume rm`: remove one or more volumes.
//!
//! Docker: `cli/command/volume/rm.go`.

use crate::prelude::*;

static FLAGS: &[Flag] =
    &[short('f', "force", Kind::Bool, "Force the removal of one or more volumes")];

pub(crate) const COMMAND: Command = Command {
    path: "volume rm",
    usage: "[OPTIONS] VOLUME [VOLUME...]",
    short: "Remove one or more volumes",
    long: "Remove one or more volumes. You cannot remove a volume that is in use by a container.",
    example: "$ docker volume rm hello\nhello\n",
    aliases: &["remove"],
    args: Args::AtLeast(1),
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    let force = parsed.bool("force");
    objects::each(cx, &parsed.args, "volume", |name| Request::VolumeRemove {
        volume: name.to_owned(),
        force,
    })
}
