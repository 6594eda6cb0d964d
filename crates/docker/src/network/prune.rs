//! `docker network prune`: remove all unused networks.
//!
//! Docker: `cli/command/network/prune.go`.

use crate::prelude::*;

static FLAGS: &[Flag] = &[
    flag("filter", Kind::Filter, "Provide filter values (e.g. 'until=<timestamp>')"),
    short('f', "force", Kind::Bool, "Do not prompt for confirmation"),
];

pub(crate) const COMMAND: Command = Command {
    path: "network prune",
    usage: "[OPTIONS]",
    short: "Remove all unused networks",
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    let sure = "WARNING! This will remove all custom networks not used by at least one \
                container.\nAre you sure you want to continue?";
    if parsed.bool("force") || cx.confirm(sure)? {
        let request = Request::NetworkPrune { filters: parsed.filters() };
        let Response::Pruned { deleted, .. } = cx.ask(request)? else { return confused() };
        objects::pruned(cx, "Deleted Networks:", &deleted, None);
    }
    Ok(())
}
