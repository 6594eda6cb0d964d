//! `docker container prune`: remove all stopped containers.
//!
//! Docker: `cli/command/container/prune.go`.

use crate::prelude::*;

static FLAGS: &[Flag] = &[
    flag("filter", Kind::Filter, "Provide filter values (e.g. 'until=<timestamp>')"),
    short('f', "force", Kind::Bool, "Do not prompt for confirmation"),
];

pub(crate) const COMMAND: Command = Command {
    path: "container prune",
    usage: "[OPTIONS]",
    short: "Remove all stopped containers",
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    let sure = "WARNING! This will remove all stopped containers.\nAre you sure you want to \
                continue?";
    let (mut deleted, mut space) = (Vec::new(), 0);
    if parsed.bool("force") || cx.confirm(sure)? {
        let request = Request::ContainerPrune { filters: parsed.filters() };
        let Response::Pruned { deleted: gone, reclaimed } = cx.ask(request)? else {
            return confused();
        };
        (deleted, space) = (gone, reclaimed);
    }
    objects::pruned(cx, "Deleted Containers:", &deleted, Some(space));
    Ok(())
}
