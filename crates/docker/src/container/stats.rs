//! `docker container stats`, `docker stats`:
//! display a live stream of container(s) resource usage statistics.
//!
//! Docker: `cli/command/container/stats.go`.

use crate::prelude::*;

static FLAGS: &[Flag] = &[
    short('a', "all", Kind::Bool, "Show all containers (default shows just running)"),
    flag("format", Kind::Str, "Pretty-print images using a Go template"),
    flag("no-stream", Kind::Bool, "Disable streaming stats and only pull the first result"),
    flag("no-trunc", Kind::Bool, "Do not truncate output"),
];

pub(crate) const COMMAND: Command = Command {
    path: "container stats",
    usage: "[OPTIONS] [CONTAINER...]",
    short: "Display a live stream of container(s) resource usage statistics",
    args: Args::AtLeast(0),
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

pub(crate) const LEGACY: Command = Command {
    path: "stats",
    aliases: &[],
    ..COMMAND
};

fn start(_: &mut Cx<'_>, _: &Parsed) -> Flow {
    crate::command::later()
}
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Display;
impl Display {
    pub(crate) fn start(&mut self, _io: &mut crate::sub::Io<'_>) -> Option<crate::script::Got> { None }
    pub(crate) fn resume(&mut self, _input: &crate::process::Input, _io: &mut crate::sub::Io<'_>) -> Option<crate::script::Got> { None }
    pub(crate) fn open_calls(&self) -> Vec<crate::process::Call> { Vec::new() }
}
