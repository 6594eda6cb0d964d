//! `docker service inspect`: display detailed information on one or more services.
//!
//! Docker: `cli/command/service/inspect.go`.

use super::pretty;
use crate::format::inspect;
use crate::format::template::Kind as DataKind;
use crate::prelude::*;
use std::collections::BTreeMap;

static FLAGS: &[Flag] = &[
    short('f', "format", Kind::Str, "Format the output using the given Go template"),
    flag("pretty", Kind::Bool, "Print the information in a human friendly format"),
];

pub(crate) const COMMAND: Command = Command {
    path: "service inspect",
    usage: "[OPTIONS] SERVICE [SERVICE...]",
    short: "Display detailed information on one or more services",
    args: Args::AtLeast(1),
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    let pretty = parsed.bool("pretty");
    if pretty && parsed.changed("format") {
        return fail("--format is incompatible with human friendly format");
    }
    if pretty {
        return pretty_all(cx, parsed);
    }
    objects::inspect(
        cx,
        &parsed.args,
        parsed.str("format"),
        &objects::Inspect {
            request: &|service| Request::ServiceInspect {
                service: service.to_owned(),
                insert_defaults: true,
            },
            json: &|response| match response {
                Response::Service(service) => Some(inspect::service(service)),
                _ => None,
            },
            missing: "Error: no such service: ",
            kind: DataKind::Struct("swarm.Service"),
            wrapped: true,
        },
    )
}

fn pretty_all(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    for name in &parsed.args {
        let request = Request::ServiceInspect { service: name.clone(), insert_defaults: true };
        let service = match cx.try_ask(request)? {
            Ok(Response::Service(service)) => service,
            Ok(_) => return confused(),
            Err(error) if error.is_not_found() => {
                return fail(format!("Error: no such service: {name}"));
            }
            Err(error) => return fail(error_text(&error)),
        };
        let mut names = BTreeMap::new();
        for network in &service.spec.task.networks {
            let id = network.target.clone();
            let request = Request::NetworkInspect {
                network: id.clone(),
                scope: String::new(),
                verbose: false,
            };
            if let Ok(Response::Network(found)) = cx.try_ask(request)? {
                names.insert(id, found.name);
            }
        }
        cx.out(pretty::service(&service, &names, cx.now()));
    }
    Ok(())
}
