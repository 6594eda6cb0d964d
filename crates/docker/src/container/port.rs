//! `docker container port`, `docker port`:
//! list port mappings or a specific mapping for the container.
//!
//! Docker: `cli/command/container/port.go`.

use crate::prelude::*;

pub(crate) const COMMAND: Command = Command {
    path: "container port",
    usage: "CONTAINER [PRIVATE_PORT[/PROTO]]",
    short: "List port mappings or a specific mapping for the container",
    args: Args::Between(1, 2),
    start,
    ..COMMAND_DEFAULTS
};

pub(crate) const LEGACY: Command = Command { path: "port", aliases: &[], ..COMMAND };

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    let name = parsed.arg(0);
    let container = super::find(cx, name)?;
    let asked = parsed.args.get(1).map(|text| {
        let (port, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
        (port.to_owned(), protocol.to_owned())
    });
    let mut found = false;
    for port in &container.summary.ports {
        let (number, protocol) = (port.private_port.to_string(), port.protocol.as_str());
        for (ip, public) in &port.bindings {
            match &asked {
                None => cx.line(format!("{number}/{protocol} -> {ip}:{public}")),
                Some((p, proto)) if *p == number && proto == protocol => {
                    cx.line(format!("{ip}:{public}"));
                    found = true;
                }
                Some(_) => {}
            }
        }
    }
    match asked {
        Some((port, protocol)) if !found => {
            fail(format!("Error: No public port '{port}/{protocol}' published for {name}"))
        }
        Some(_) | None => Ok(()),
    }
}
