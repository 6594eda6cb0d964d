//! `docker inspect`: return low-level information on Docker objects.
//!
//! Docker: `cli/command/system/inspect.go`.

use crate::format::template::Kind as DataKind;
use crate::format::{inspect, inspect_local};
use crate::prelude::*;
use serde_json::Value;

static FLAGS: &[Flag] = &[
    short('f', "format", Kind::Str, "Format the output using the given Go template"),
    short('s', "size", Kind::Bool, "Display total file sizes if the type is container"),
    flag("type", Kind::Str, "Return JSON for specified type"),
];

pub(crate) const COMMAND: Command = Command {
    path: "inspect",
    usage: "[OPTIONS] NAME|ID [NAME|ID...]",
    short: "Return low-level information on Docker objects",
    args: Args::AtLeast(1),
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

/// Kinds in the order docker tries them; the later ones need a manager.
const KINDS: [&str; 9] =
    ["container", "image", "network", "volume", "service", "task", "node", "plugin", "secret"];
const SWARM_KINDS: [&str; 4] = ["service", "task", "node", "secret"];

fn request(kind: &str, name: &str, size: bool) -> Option<Request> {
    let name = name.to_owned();
    Some(match kind {
        "container" => Request::ContainerInspect { container: name, size },
        "image" => Request::ImageInspect { image: name },
        "network" => {
            Request::NetworkInspect { network: name, scope: String::new(), verbose: false }
        }
        "volume" => Request::VolumeInspect { volume: name },
        "service" => Request::ServiceInspect { service: name, insert_defaults: true },
        "task" => Request::TaskInspect { task: name },
        "node" => Request::NodeInspect { node: name },
        "secret" => Request::SecretInspect { secret: name },
        "config" => Request::ConfigInspect { config: name },
        _ => return None,
    })
}

fn shown(response: &Response, size: bool) -> Option<Value> {
    if let Response::Container(container) = response {
        return Some(inspect_local::container(container, size));
    }
    if let Response::Image(image) = response {
        return Some(inspect_local::image(image));
    }
    if let Response::Network(network) = response {
        return Some(inspect_local::network(network));
    }
    if let Response::Volume(volume) = response {
        return Some(inspect_local::volume(volume));
    }
    if let Response::Service(service) = response {
        return Some(inspect::service(service));
    }
    if let Response::Task(task) = response {
        return Some(inspect::task(task));
    }
    if let Response::Node(node) = response {
        return Some(inspect::node(node));
    }
    if let Response::Secret(secret) = response {
        return Some(inspect::secret(secret));
    }
    if let Response::Config(config) = response {
        return Some(inspect::config(config));
    }
    None
}

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    let only = parsed.str("type");
    let size = parsed.bool("size");
    if !only.is_empty() && !KINDS.contains(&only) && only != "config" {
        return fail(format!("{} is not a valid value for --type", crate::values::quote(only)));
    }
    let kinds: Vec<&str> = if only.is_empty() { KINDS.to_vec() } else { vec![only] };
    let mut manager: Option<bool> = None;
    let (mut found, mut errors) = (Vec::new(), Vec::new());
    for name in &parsed.args {
        let mut done = false;
        for kind in &kinds {
            if only.is_empty() && SWARM_KINDS.contains(kind) {
                let can = match manager {
                    Some(can) => can,
                    None => objects::info(cx)?.swarm.control_available,
                };
                manager = Some(can);
                if !can {
                    continue;
                }
            }
            let Some(request) = request(kind, name, size) else { continue };
            match cx.try_ask(request)? {
                Ok(response) => {
                    found.extend(shown(&response, size));
                    done = true;
                }
                Err(error) if error.is_not_found() => continue,
                Err(error) => {
                    errors.push(error_text(&error));
                    done = true;
                }
            }
            break;
        }
        if !done {
            let kind = if only.is_empty() { "object" } else { only };
            errors.push(format!("Error: No such {kind}: {name}"));
        }
    }
    objects::finish_inspect(cx, &found, errors, parsed.str("format"), DataKind::Raw, false)
}
