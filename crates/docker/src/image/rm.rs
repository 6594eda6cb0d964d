//! `docker image rm`, `docker rmi`: remove one or more images.
//!
//! Docker: `cli/command/image/rm.go`.

use crate::prelude::*;
use api::ImageDeletion;

static FLAGS: &[Flag] = &[
    short('f', "force", Kind::Bool, "Force removal of the image"),
    flag("no-prune", Kind::Bool, "Do not delete untagged parents"),
];

pub(crate) const COMMAND: Command = Command {
    path: "image rm",
    usage: "[OPTIONS] IMAGE [IMAGE...]",
    short: "Remove one or more images",
    aliases: &["rmi", "remove"],
    args: Args::AtLeast(1),
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

pub(crate) const LEGACY: Command = Command { path: "rmi", aliases: &[], ..COMMAND };

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    let (force, no_prune) = (parsed.bool("force"), parsed.bool("no-prune"));
    let mut errors = Vec::new();
    for image in &parsed.args {
        let request = Request::ImageRemove { image: image.clone(), force, no_prune };
        match cx.try_ask(request)? {
            Ok(Response::ImageDeleted(deletions)) => {
                for deletion in deletions {
                    match deletion {
                        ImageDeletion::Untagged(name) => cx.line(format!("Untagged: {name}")),
                        ImageDeletion::Deleted(id) => cx.line(format!("Deleted: {id}")),
                    }
                }
            }
            Ok(_other) => return confused(),
            Err(error) => errors.push(not_found_text(&error, "image", image)),
        }
    }
    objects::end_with(errors)
}
