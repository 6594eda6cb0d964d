//! `docker secret rm`: remove one or more secrets.
//!
//! Docker: `cli/command/secret/rm.go`.

use crate::prelude::*;

pub(crate) const COMMAND: Command = Command {
    path: "secret rm",
    usage: "SECRET [SECRET...]",
    short: "Remove one or more secrets",
    aliases: &["remove"],
    args: Args::AtLeast(1),
    start,
    ..COMMAND_DEFAULTS
};

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    objects::each(cx, &parsed.args, "secret", |name| Request::SecretRemove {
        secret: name.to_owned(),
    })
}
