//! `docker service rollback`: revert changes to a service's configuration.
//!
//! Docker: `cli/command/service/rollback.go`.

use super::options;
use crate::prelude::*;

static FLAGS: &[Flag] = &[
    short(
        'd',
        "detach",
        Kind::Bool,
        "Exit immediately instead of waiting for the service to converge",
    ),
    short('q', "quiet", Kind::Bool, "Suppress progress output"),
];

pub(crate) const COMMAND: Command = Command {
    path: "service rollback",
    usage: "[OPTIONS] SERVICE",
    short: "Revert changes to a service's configuration",
    args: Args::Exactly(1),
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    let name = parsed.arg(0);
    let service = options::find(cx, name)?;
    let request = Request::ServiceUpdate {
        service: service.id,
        version: service.meta.version,
        spec: Box::new((*service.spec).clone()),
        rollback: "previous".to_owned(),
        query_registry: false,
    };
    let response = cx.ask(request)?;
    options::warn(cx, &response);
    cx.line(name);
    options::wait(cx, parsed, name)
}
