//! `docker stack rm`: remove one or more stacks.
//!
//! Docker: `cli/command/stack/rm.go`.

use super::{check, filters};
use crate::prelude::*;
use api::ApiError;

static FLAGS: &[Flag] =
    &[flag("orchestrator", Kind::Str, "Orchestrator to use (swarm|kubernetes|all)")];

pub(crate) const COMMAND: Command = Command {
    path: "stack rm",
    usage: "[OPTIONS] STACK [STACK...]",
    short: "Remove one or more stacks",
    aliases: &["remove", "down"],
    args: Args::AtLeast(1),
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

/// One removal: what kind, its name and id, and the request.
struct Part {
    kind: &'static str,
    name: String,
    id: String,
    request: Request,
}

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    check(cx, parsed, &parsed.args)?;
    let mut errors = Vec::new();
    for stack in &parsed.args {
        let parts = parts(cx, parsed, stack)?;
        if parts.is_empty() {
            cx.err_line(format!("Nothing found in stack: {stack}"));
            continue;
        }
        let mut failed = false;
        for part in parts {
            cx.err_line(format!("Removing {} {}", part.kind, part.name));
            if let Err(error) = cx.try_ask(part.request)? {
                let why = not_found_text(&error, part.kind, &part.id);
                cx.err(format!("Failed to remove {} {}: {why}", part.kind, part.id));
                failed = true;
            }
        }
        if failed {
            errors.push(format!("Failed to remove some resources from stack: {stack}"));
        }
    }
    objects::end_with(errors)
}

/// Services by name, then secrets, configs and networks.
fn parts(cx: &mut Cx<'_>, parsed: &Parsed, stack: &str) -> Flow<Vec<Part>> {
    let filters = filters(parsed, stack);
    let answers = cx.ask_all(vec![
        Request::ServiceList { filters: filters.clone(), status: false },
        Request::NetworkList { filters: filters.clone() },
        Request::SecretList { filters: filters.clone() },
        Request::ConfigList { filters },
    ])?;
    let mut parts = [Vec::new(), Vec::new(), Vec::new(), Vec::new()];
    for answer in answers {
        let response = answer.or_else(|error: ApiError| fail(error_text(&error)))?;
        add(&mut parts, response);
    }
    let [mut services, secrets, configs, networks] = parts;
    services.sort_by(|a: &Part, b: &Part| a.name.cmp(&b.name));
    Ok(services.into_iter().chain(secrets).chain(configs).chain(networks).collect())
}

fn add([services, secrets, configs, networks]: &mut [Vec<Part>; 4], response: Response) {
    if let Response::Services(list) = &response {
        services.extend(list.iter().map(|(s, _)| Part {
            kind: "service",
            name: s.spec.annotations.name.clone(),
            id: s.id.to_string(),
            request: Request::ServiceRemove { service: s.id.to_string() },
        }));
    }
    if let Response::Secrets(list) = &response {
        secrets.extend(list.iter().map(|s| Part {
            kind: "secret",
            name: s.spec.annotations.name.clone(),
            id: s.id.to_string(),
            request: Request::SecretRemove { secret: s.id.to_string() },
        }));
    }
    if let Response::Configs(list) = &response {
        configs.extend(list.iter().map(|s| Part {
            kind: "config",
            name: s.spec.annotations.name.clone(),
            id: s.id.to_string(),
            request: Request::ConfigRemove { config: s.id.to_string() },
        }));
    }
    if let Response::Networks(list) = response {
        networks.extend(list.into_iter().map(|n| Part {
            kind: "network",
            name: n.name,
            id: n.id.clone(),
            request: Request::NetworkRemove { network: n.id },
        }));
    }
}
