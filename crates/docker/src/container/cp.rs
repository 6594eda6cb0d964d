//! `docker container cp`, `docker cp`:
//! copy files/folders between a container and the local filesystem.
//!
//! Docker: `cli/command/container/cp.go`.

use crate::prelude::*;

static FLAGS: &[Flag] = &[
    short('a', "archive", Kind::Bool, "Archive mode (copy all uid/gid information)"),
    short('L', "follow-link", Kind::Bool, "Always follow symbol link in SRC_PATH"),
];

pub(crate) const COMMAND: Command = Command {
    path: "container cp",
    usage: "[OPTIONS] CONTAINER:SRC_PATH DEST_PATH|-\n\tdocker cp [OPTIONS] SRC_PATH|- \
            CONTAINER:DEST_PATH",
    short: "Copy files/folders between a container and the local filesystem",
    long: "Copy files/folders between a container and the local filesystem\n\nUse '-' as the \
           source to read a tar archive from stdin\nand extract it to a directory destination \
           in a container.\nUse '-' as the destination to stream a tar archive of a\ncontainer \
           source to stdout.",
    args: Args::Exactly(2),
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

pub(crate) const LEGACY: Command = Command {
    path: "cp",
    aliases: &[],
    ..COMMAND
};

fn start(_: &mut Cx<'_>, _: &Parsed) -> Flow {
    crate::command::later()
}
