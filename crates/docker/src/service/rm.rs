//! `docker service rm`: remove one or more services.
//!
//! Docker: `cli/command/service/rm.go`.

use crate::prelude::*;

pub(crate) const COMMAND: Command = Command {
    path: "service rm",
    usage: "SERVICE [SERVICE...]",
    short: "Remove one or more services",
    aliases: &["remove"],
    args: Args::AtLeast(1),
    start,
    ..COMMAND_DEFAULTS
};

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    objects::each(cx, &parsed.args, "service", |service| Request::ServiceRemove {
        service: service.to_owned(),
    })
}
