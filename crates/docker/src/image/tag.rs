//! `docker image tag`, `docker tag`: create a tag TARGET_IMAGE that refers to SOURCE_IMAGE.
//!
//! Docker: `cli/command/image/tag.go`.

use crate::prelude::*;
use crate::reference;

pub(crate) const COMMAND: Command = Command {
    path: "image tag",
    usage: "SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]",
    short: "Create a tag TARGET_IMAGE that refers to SOURCE_IMAGE",
    args: Args::Exactly(2),
    start,
    ..COMMAND_DEFAULTS
};

pub(crate) const LEGACY: Command = Command { path: "tag", aliases: &[], ..COMMAND };

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    let (image, target) = (parsed.arg(0).to_owned(), parsed.arg(1).to_owned());
    for name in [&image, &target] {
        if let Err(why) = reference::parse(name) {
            let quoted = crate::values::quote(name);
            return fail(format!(
                "Error parsing reference: {quoted} is not a valid repository/tag: {why}"
            ));
        }
    }
    cx.ask(Request::ImageTag { image, target })?;
    Ok(())
}
