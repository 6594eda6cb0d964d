//! `docker system prune`: remove unused data.
//!
//! Docker: `cli/command/system/prune.go`.

use crate::prelude::*;

static FLAGS: &[Flag] = &[
    short('a', "all", Kind::Bool, "Remove all unused images not just dangling ones"),
    flag("filter", Kind::Filter, "Provide filter values (e.g. 'label=<key>=<value>')"),
    short('f', "force", Kind::Bool, "Do not prompt for confirmation"),
    flag("volumes", Kind::Bool, "Prune volumes"),
];

pub(crate) const COMMAND: Command = Command {
    path: "system prune",
    usage: "[OPTIONS]",
    short: "Remove unused data",
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    let (all, volumes) = (parsed.bool("all"), parsed.bool("volumes"));
    let mut warning = "WARNING! This will remove:\n  - all stopped containers\n  - all networks \
                       not used by at least one container\n"
        .to_owned();
    if volumes {
        warning += "  - all volumes not used by at least one container\n";
    }
    warning += if all {
        "  - all images without at least one container associated to them\n  - all build cache\n"
    } else {
        "  - all dangling images\n  - all dangling build cache\n"
    };
    if !parsed.bool("force")
        && !cx.confirm(&format!("{warning}\nAre you sure you want to continue?"))?
    {
        return Ok(());
    }
    let mut space = 0;
    let filters = parsed.filters();
    let mut steps = vec![
        ("Deleted Containers:", Request::ContainerPrune { filters: filters.clone() }),
        ("Deleted Networks:", Request::NetworkPrune { filters: filters.clone() }),
    ];
    if volumes {
        steps.push(("Deleted Volumes:", Request::VolumePrune { filters: filters.clone() }));
    }
    let mut filters = filters;
    let dangling = if all { "false" } else { "true" };
    filters.entry("dangling".to_owned()).or_default().insert(dangling.to_owned());
    steps.push(("Deleted Images:", Request::ImagePrune { filters }));
    for (title, request) in steps {
        let Response::Pruned { deleted, reclaimed } = cx.ask(request)? else {
            return confused();
        };
        space += reclaimed;
        objects::pruned(cx, title, &deleted, None);
    }
    objects::pruned(cx, "", &[], Some(space));
    Ok(())
}
