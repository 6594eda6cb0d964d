//! `docker system events`, `docker events`: get real time events from the server.
//!
//! Docker: `cli/command/system/events.go`.

use crate::prelude::*;

static FLAGS: &[Flag] = &[
    short('f', "filter", Kind::Filter, "Filter output based on conditions provided"),
    flag("format", Kind::Str, "Format the output using the given Go template"),
    flag("since", Kind::Str, "Show all events created since timestamp"),
    flag("until", Kind::Str, "Stream events until this timestamp"),
];

pub(crate) const COMMAND: Command = Command {
    path: "system events",
    usage: "[OPTIONS]",
    short: "Get real time events from the server",
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

pub(crate) const LEGACY: Command = Command {
    path: "events",
    aliases: &[],
    ..COMMAND
};

fn start(_: &mut Cx<'_>, _: &Parsed) -> Flow {
    crate::command::later()
}
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Events;
impl Events {
    pub(crate) fn start(&mut self, _io: &mut crate::sub::Io<'_>) -> Option<crate::script::Got> { None }
    pub(crate) fn resume(&mut self, _input: &crate::process::Input, _io: &mut crate::sub::Io<'_>) -> Option<crate::script::Got> { None }
    pub(crate) fn open_calls(&self) -> Vec<crate::process::Call> { Vec::new() }
}
