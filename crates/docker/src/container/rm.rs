//! `docker container rm`, `docker rm`: remove one or more containers.
//!
//! Docker: `cli/command/container/rm.go`.

use crate::prelude::*;

static FLAGS: &[Flag] = &[
    short('f', "force", Kind::Bool, "Force the removal of a running container (uses SIGKILL)"),
    short('l', "link", Kind::Bool, "Remove the specified link"),
    short('v', "volumes", Kind::Bool, "Remove anonymous volumes associated with the container"),
];

pub(crate) const COMMAND: Command = Command {
    path: "container rm",
    usage: "[OPTIONS] CONTAINER [CONTAINER...]",
    short: "Remove one or more containers",
    args: Args::AtLeast(1),
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

pub(crate) const LEGACY: Command = Command { path: "rm", aliases: &[], ..COMMAND };

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    if parsed.bool("link") {
        return fail(
            "docker rm --link: este laboratório não modela ligações (links are not modelled)",
        );
    }
    let (force, volumes) = (parsed.bool("force"), parsed.bool("volumes"));
    objects::each_at_once(
        cx,
        &parsed.args,
        |name| Request::ContainerRemove {
            container: name.trim_start_matches('/').to_owned(),
            force,
            volumes,
        },
        |error, name| not_found_text(error, "container", name),
    )
}
