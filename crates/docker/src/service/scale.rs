//! `docker service scale`: scale one or multiple replicated services.
//!
//! Docker: `cli/command/service/scale.go`.

use super::options;
use crate::command::usage_error;
use crate::prelude::*;
use crate::values;
use api::ServiceMode;

static FLAGS: &[Flag] = &[short(
    'd',
    "detach",
    Kind::Bool,
    "Exit immediately instead of waiting for the service to converge",
)];

pub(crate) const COMMAND: Command = Command {
    path: "service scale",
    usage: "SERVICE=REPLICAS [SERVICE=REPLICAS...]",
    short: "Scale one or multiple replicated services",
    args: Args::AtLeast(1),
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    let mut targets = Vec::new();
    for word in &parsed.args {
        match word.split_once('=') {
            Some(target) => targets.push(target),
            None => return usage_error(&COMMAND, &format!("Invalid scale specifier '{word}'.")),
        }
    }
    let (mut errors, mut scaled) = (Vec::new(), Vec::new());
    for (name, replicas) in targets {
        match values::parse_uint(replicas) {
            Err(why) => {
                errors.push(format!("{name}: invalid replicas value {replicas}: {why}"));
            }
            Ok(replicas) => match scale(cx, name, replicas)? {
                Ok(()) => scaled.push(name),
                Err(why) => errors.push(format!("{name}: {why}")),
            },
        }
    }
    if !parsed.bool("detach") {
        for name in scaled {
            let (code, text) = options::converge(cx, name, false)?;
            if code != 0 {
                errors.push(format!("{name}: {text}"));
            }
        }
    }
    objects::end_with(errors)
}

/// `runServiceScale`: all "scaled to" lines come before the first display.
fn scale(cx: &mut Cx<'_>, name: &str, wanted: u64) -> Flow<Result<(), String>> {
    let service = match options::try_find(cx, name)? {
        Ok(service) => service,
        Err(why) => return Ok(Err(why)),
    };
    let mut spec = (*service.spec).clone();
    match &mut spec.mode {
        ServiceMode::Replicated { replicas } => *replicas = wanted,
        ServiceMode::ReplicatedJob { total_completions, .. } => *total_completions = wanted,
        ServiceMode::Global | ServiceMode::GlobalJob => {
            let why = "scale can only be used with replicated or replicated-job mode";
            return Ok(Err(why.to_owned()));
        }
    }
    let request = Request::ServiceUpdate {
        service: service.id,
        version: service.meta.version,
        spec: Box::new(spec),
        rollback: String::new(),
        query_registry: false,
    };
    match cx.try_ask(request)? {
        Ok(response) => options::warn(cx, &response),
        Err(error) => return Ok(Err(error_text(&error))),
    }
    cx.line(format!("{name} scaled to {wanted}"));
    Ok(Ok(()))
}
