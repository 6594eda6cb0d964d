//! `docker container logs`, `docker logs`: fetch the logs of a container.
//!
//! Docker: `cli/command/container/logs.go`.

use crate::logs::{self, Logs};
use crate::prelude::*;
use crate::sub::Sub;

static FLAGS: &[Flag] = &[
    flag("details", Kind::Bool, "Show extra details provided to logs"),
    short('f', "follow", Kind::Bool, "Follow log output"),
    flag(
        "since",
        Kind::Str,
        "Show logs since timestamp (e.g. 2013-01-02T13:23:37Z) or relative (e.g. 42m for 42 \
         minutes)",
    ),
    short(
        'n',
        "tail",
        Kind::Str,
        "Number of lines to show from the end of the logs (default \"all\")",
    ),
    short('t', "timestamps", Kind::Bool, "Show timestamps"),
    flag(
        "until",
        Kind::Str,
        "Show logs before a timestamp (e.g. 2013-01-02T13:23:37Z) or relative (e.g. 42m for 42 \
         minutes)",
    ),
];

pub(crate) const COMMAND: Command = Command {
    path: "container logs",
    usage: "[OPTIONS] CONTAINER",
    short: "Fetch the logs of a container",
    args: Args::Exactly(1),
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

pub(crate) const LEGACY: Command = Command { path: "logs", aliases: &[], ..COMMAND };

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    let name = parsed.arg(0);
    super::find(cx, name)?;
    let options = match logs::options(parsed, cx.now()) {
        Ok(options) => options,
        Err(why) => return fail(format!("Error response from daemon: {why}")),
    };
    let (code, text) = cx.end_of(|| {
        Sub::Logs(Box::new(Logs {
            request: Request::ContainerLogs { container: name.to_owned(), options },
            missing: format!("Error: No such container: {name}"),
            timestamps: parsed.bool("timestamps"),
            prefixes: None,
            call: None,
        }))
    })?;
    if code == 0 { Ok(()) } else { fail(text) }
}
