//! `docker volume prune`: remove all unused local volumes.
//!
//! Docker: `cli/command/volume/prune.go`.

use crate::prelude::*;

static FLAGS: &[Flag] = &[
    flag("filter", Kind::Filter, "Provide filter values (e.g. 'label=<label>')"),
    short('f', "force", Kind::Bool, "Do not prompt for confirmation"),
];

pub(crate) const COMMAND: Command = Command {
    path: "volume prune",
    usage: "[OPTIONS]",
    short: "Remove all unused local volumes",
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    let sure = "WARNING! This will remove all local volumes not used by at least one \
                container.\nAre you sure you want to continue?";
    let (mut deleted, mut space) = (Vec::new(), 0);
    if parsed.bool("force") || cx.confirm(sure)? {
        let request = Request::VolumePrune { filters: parsed.filters() };
        let Response::Pruned { deleted: gone, reclaimed } = cx.ask(request)? else {
            return confused();
        };
        (deleted, space) = (gone, reclaimed);
    }
    objects::pruned(cx, "Deleted Volumes:", &deleted, Some(space));
    Ok(())
}
