//! `docker service create`: create a new service.
//!
//! Docker: `cli/command/service/create.go`.

use super::options::{self, FileKind};
use crate::prelude::*;

pub(crate) const COMMAND: Command = Command {
    path: "service create",
    usage: "[OPTIONS] IMAGE [COMMAND] [ARG...]",
    short: "Create a new service",
    args: Args::AtLeast(1),
    flags: super::create_flags::FLAGS,
    interspersed: false,
    start,
    ..COMMAND_DEFAULTS
};

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    let mut spec = options::to_service(cx, parsed)?;
    spec.task_mut().container.secrets =
        options::files(cx, &parsed.list("secret"), FileKind::Secret)?;
    spec.task_mut().container.configs =
        options::files(cx, &parsed.list("config"), FileKind::Config)?;
    let request = Request::ServiceCreate {
        spec: Box::new(spec),
        query_registry: !parsed.bool("no-resolve-image"),
    };
    let response = cx.ask(request)?;
    options::warn(cx, &response);
    let Response::Created { id, .. } = response else { return confused() };
    cx.line(&id);
    options::wait(cx, parsed, &id)
}
