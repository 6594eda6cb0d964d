//! `docker container rename`, `docker rename`: rename a container.
//!
//! Docker: `cli/command/container/rename.go`.

use crate::prelude::*;

pub(crate) const COMMAND: Command = Command {
    path: "container rename",
    usage: "CONTAINER NEW_NAME",
    short: "Rename a container",
    args: Args::Exactly(2),
    start,
    ..COMMAND_DEFAULTS
};

pub(crate) const LEGACY: Command = Command { path: "rename", aliases: &[], ..COMMAND };

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    let (container, name) = (parsed.arg(0).to_owned(), parsed.arg(1).to_owned());
    if container.is_empty() || name.is_empty() {
        return fail("Error: Neither old nor new names may be empty");
    }
    let failed = format!("Error: failed to rename container named {container}");
    match cx.try_ask(Request::ContainerRename { container, name })? {
        Ok(_) => Ok(()),
        Err(error) => fail(format!("{}\n{failed}", error_text(&error))),
    }
}
