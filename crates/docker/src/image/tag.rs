//! `docker image tag`, `docker tag`: create a tag TARGET_IMAGE that refers to SOURCE_IMAGE.
//!
//! Docker: `cli/command/image/tag.go`.

use crate::prelude::*;

pub(crate) const COMMAND: Command = Command {
    path: "image tag",
    usage: "SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]",
    short: "Create a tag TARGET_IMAGE that refers to SOURCE_IMAGE",
    args: Args::Exactly(2),
    start,
    ..COMMAND_DEFAULTS
};

pub(crate) const LEGACY: Command = Command {
    path: "tag",
    aliases: &[],
    ..COMMAND
};

fn start(_: &mut Cx<'_>, _: &Parsed) -> Flow {
    crate::command::later()
}
