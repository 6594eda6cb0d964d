//! `docker container top`, `docker top`: display the running processes of a container.
//!
//! Docker: `cli/command/container/top.go`.

use crate::format::table;
use crate::prelude::*;

pub(crate) const COMMAND: Command = Command {
    path: "container top",
    usage: "CONTAINER [ps OPTIONS]",
    short: "Display the running processes of a container",
    args: Args::AtLeast(1),
    interspersed: false,
    start,
    ..COMMAND_DEFAULTS
};

pub(crate) const LEGACY: Command = Command { path: "top", aliases: &[], ..COMMAND };

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    let request = Request::ContainerTop {
        container: parsed.arg(0).to_owned(),
        args: parsed.args.get(1..).unwrap_or(&[]).to_vec(),
    };
    let Response::Top { titles, processes } = cx.ask(request)? else { return confused() };
    let mut lines = vec![titles.join("\t")];
    lines.extend(processes.iter().map(|process| process.join("\t")));
    cx.out(table::align_with(&(lines.join("\n") + "\n"), 20, 3));
    Ok(())
}
