//! `docker swarm ca`: display and rotate the root CA.
//!
//! Docker: `cli/command/swarm/ca.go`.
//!
//! **Left out:** the root certificate's text (the model keeps its digest) and which nodes have
//! their new certificate already: the display knows none or all.

use crate::prelude::*;
use crate::process::{Call, Input, Step};
use crate::script::Got;
use crate::sub::{Io, Sub, answer_of};
use crate::swarm;
use serde::{Deserialize, Serialize};

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

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    for flag in ["ca-key", "ca-cert"] {
        if let Some(path) = parsed.get(flag)
            && let Err(why) = cx.read_file(path)?
        {
            let quoted = crate::values::quote(path);
            return exit(
                125,
                format!(
                    "invalid argument {quoted} for \"--{flag}\" flag: open {path}: {why}\n\
                     See 'docker swarm ca --help'."
                ),
            );
        }
    }
    let cluster = swarm::cluster(cx)?;
    if !parsed.bool("rotate") {
        for flag in ["ca-cert", "ca-key", "cert-expiry", "external-ca"] {
            if parsed.changed(flag) {
                return fail(format!(
                    "`--{flag}` flag requires the `--rotate` flag to update the CA"
                ));
            }
        }
        return trust_root(cx, &cluster);
    }
    let mut spec = cluster.spec.clone();
    swarm::merge(parsed, &mut spec);
    spec.ca_force_rotate += 1;
    cx.ask(Request::SwarmUpdate {
        version: cluster.meta.version,
        spec: Box::new(spec),
        rotate_worker_token: false,
        rotate_manager_token: false,
        rotate_manager_unlock_key: false,
    })?;
    if parsed.bool("detach") {
        return Ok(());
    }
    let quiet = parsed.bool("quiet");
    let (code, text) = cx.end_of(|| Sub::CaRotation(Box::new(Rotation::new(quiet))))?;
    if code != 0 {
        return fail(text);
    }
    let cluster = swarm::cluster(cx)?;
    if quiet { Ok(()) } else { trust_root(cx, &cluster) }
}

fn trust_root(cx: &mut Cx<'_>, cluster: &api::Cluster) -> Flow {
    cx.line(crate::format::tls::certificate(cluster.ca_digest));
    Ok(())
}

/// The display of a rotation: two bars, polled every 200 ms.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Rotation {
    quiet: bool,
    call: Option<Call>,
    cluster: Option<share::Rc<api::Cluster>>,
    done: bool,
    drawn: Vec<String>,
}

impl Rotation {
    const fn new(quiet: bool) -> Self {
        Self { quiet, call: None, cluster: None, done: false, drawn: Vec::new() }
    }

    pub(crate) fn start(&mut self, io: &mut Io<'_>) -> Option<Got> {
        self.call = Some(io.ask(Request::SwarmInspect));
        None
    }

    pub(crate) fn open_calls(&self) -> Vec<Call> {
        self.call.into_iter().collect()
    }

    pub(crate) fn resume(&mut self, input: &Input, io: &mut Io<'_>) -> Option<Got> {
        match input {
            Input::Timer => return self.start(io),
            Input::Interrupt => {
                if !self.done {
                    io.out("Operation continuing in background.\n");
                    io.out("Use `swarmctl cluster inspect default` to check progress.\n");
                }
                return Some(Got::End(0, String::new()));
            }
            _ => {}
        }
        let (call, answer) = answer_of(input)?;
        if self.call != Some(call) {
            return None;
        }
        self.call = None;
        match answer {
            Err(error) => Some(Got::End(1, error_text(&error))),
            Ok(Response::Cluster(cluster)) => {
                if self.done {
                    return Some(Got::End(0, String::new()));
                }
                self.cluster = Some(cluster);
                let filters = api::Filters::new();
                self.call = Some(io.ask(Request::NodeList { filters }));
                None
            }
            Ok(Response::Nodes(nodes)) => {
                self.draw(nodes.len(), io);
                io.steps.push(Step::Sleep(200));
                None
            }
            Ok(_) => Some(Got::End(1, "unexpected answer".to_owned())),
        }
    }

    fn draw(&mut self, nodes: usize, io: &mut Io<'_>) {
        let Some(cluster) = &self.cluster else { return };
        let turned = if cluster.root_rotation { 0 } else { nodes };
        self.done = !cluster.root_rotation;
        if self.quiet || !io.env.stdout_tty {
            return;
        }
        let bar = || {
            let filled = (turned * 100).checked_div(nodes).unwrap_or(100) / 2;
            let bar = format!("[{}>{}] ", "=".repeat(filled), " ".repeat(50 - filled.min(50)));
            let bar = if io.env.columns > 110 { bar } else { String::new() };
            format!("{bar}{turned}/{nodes} nodes")
        };
        let lines = vec![
            format!("desired root digest: sha256:{} ", cluster.ca_digest),
            format!("  rotated TLS certificates:  {}", bar()),
            format!("  rotated CA certificates:   {}", bar()),
        ];
        if lines != self.drawn {
            self.drawn.clone_from(&lines);
            io.steps.push(Step::Redraw(lines));
        }
    }
}
