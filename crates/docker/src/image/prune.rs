//! `docker image prune`: remove unused images.
//!
//! Docker: `cli/command/image/prune.go`.

use crate::prelude::*;

static FLAGS: &[Flag] = &[
    short('a', "all", Kind::Bool, "Remove all unused images, not just dangling ones"),
    flag("filter", Kind::Filter, "Provide filter values (e.g. 'until=<timestamp>')"),
    short('f', "force", Kind::Bool, "Do not prompt for confirmation"),
];

pub(crate) const COMMAND: Command = Command {
    path: "image prune",
    usage: "[OPTIONS]",
    short: "Remove unused images",
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    let all = parsed.bool("all");
    let what = if all {
        "WARNING! This will remove all images without at least one container associated to them."
    } else {
        "WARNING! This will remove all dangling images."
    };
    let (mut deleted, mut space) = (Vec::new(), 0);
    if parsed.bool("force") || cx.confirm(&format!("{what}\nAre you sure you want to continue?"))? {
        let mut filters = parsed.filters();
        let dangling = if all { "false" } else { "true" };
        filters.entry("dangling".to_owned()).or_default().insert(dangling.to_owned());
        let Response::Pruned { deleted: gone, reclaimed } =
            cx.ask(Request::ImagePrune { filters })?
        else {
            return confused();
        };
        (deleted, space) = (gone, reclaimed);
    }
    objects::pruned(cx, "Deleted Images:", &deleted, Some(space));
    Ok(())
}
