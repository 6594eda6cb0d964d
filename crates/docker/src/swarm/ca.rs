//! `docker swarm ca`: display and rotate the root CA.
//!
//! Docker: `cli/command/swarm/ca.go`.

use crate::prelude::*;

static FLAGS: &[Flag] = &[
    flag(
        "ca-cert",
        Kind::Pem,
        "Path to the PEM-formatted root CA certificate to use for the new cluster",
    ),
    flag("ca-key", Kind::Pem, "Path to the PEM-formatted root CA key to use for the new cluster"),
    flag(
        "cert-expiry",
        Kind::Duration,
        "Validity period for node certificates (ns|us|ms|s|m|h) (default 2160h0m0s)",
    ),
    short(
        'd',
        "detach",
        Kind::Bool,
        "Exit immediately instead of waiting for the root rotation to converge",
    ),
    flag(
        "external-ca",
        Kind::ExternalCa,
        "Specifications of one or more certificate signing endpoints",
    ),
    short('q', "quiet", Kind::Bool, "Suppress progress output"),
    flag(
        "rotate",
        Kind::Bool,
        "Rotate the swarm CA - if no certificate or key are provided, new ones will be \
         generated",
    ),
];

pub(crate) const COMMAND: Command = Command {
    path: "swarm ca",
    usage: "[OPTIONS]",
    short: "Display and rotate the root CA",
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

fn start(_: &mut Cx<'_>, _: &Parsed) -> Flow {
    crate::command::later()
}
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Rotation;
impl Rotation {
    pub(crate) fn start(&mut self, _io: &mut crate::sub::Io<'_>) -> Option<crate::script::Got> { None }
    pub(crate) fn resume(&mut self, _input: &crate::process::Input, _io: &mut crate::sub::Io<'_>) -> Option<crate::script::Got> { None }
    pub(crate) fn open_calls(&self) -> Vec<crate::process::Call> { Vec::new() }
}
