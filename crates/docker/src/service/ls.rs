//! `docker service ls`: list services.
//!
//! Docker: `cli/command/service/ls.go`.

use crate::prelude::*;
use api::{PortConfig, PublishMode, Service, ServiceMode, ServiceStatus};
use share::Rc;

static FLAGS: &[Flag] = &[
    short('f', "filter", Kind::Filter, "Filter output based on conditions provided"),
    flag("format", Kind::Str, "Pretty-print services using a Go template"),
    short('q', "quiet", Kind::Bool, "Only display IDs"),
];

pub(crate) const COMMAND: Command = Command {
    path: "service ls",
    usage: "[OPTIONS]",
    short: "List services",
    aliases: &["list"],
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    print(cx, parsed, parsed.filters())
}

/// The list of `service ls` and `stack services`.
pub(crate) fn print(cx: &mut Cx<'_>, parsed: &Parsed, filters: api::Filters) -> Flow {
    let request = Request::ServiceList { filters, status: true };
    let Response::Services(services) = cx.ask(request)? else { return confused() };
    show(cx, parsed, services)
}

/// Prints services with their counts.
pub(crate) fn show(
    cx: &mut Cx<'_>,
    parsed: &Parsed,
    mut services: Vec<(Rc<Service>, Option<ServiceStatus>)>,
) -> Flow {
    services.sort_by(|(a, _), (b, _)| {
        units::natural_cmp(&a.spec.annotations.name, &b.spec.annotations.name)
    });
    let row = |(service, status): &(Rc<Service>, Option<ServiceStatus>)| {
        Row::from([
            ("ID", service.id.short().into()),
            ("Name", service.spec.annotations.name.clone().into()),
            ("Mode", mode_word(service.spec.mode).into()),
            ("Replicas", replicas(service, status.unwrap_or_default()).into()),
            ("Image", units::image_without_digest(&service.spec.task.container.image).into()),
            ("Ports", ports(service).into()),
        ])
    };
    let listing = Listing {
        type_name: "*service.serviceContext",
        table: "{{.ID}}\t{{.Name}}\t{{.Mode}}\t{{.Replicas}}\t{{.Image}}\t{{.Ports}}",
        quiet: "{{.ID}}",
        headers: &[
            ("ID", "ID"),
            ("Name", "NAME"),
            ("Mode", "MODE"),
            ("Replicas", "REPLICAS"),
            ("Image", "IMAGE"),
            ("Ports", "PORTS"),
        ],
        rows: services.iter().map(row).collect(),
    };
    objects::show(cx, parsed, &listing)
}

/// `replicated`, `global job`, …
pub(crate) const fn mode_word(mode: ServiceMode) -> &'static str {
    match mode {
        ServiceMode::Replicated { .. } => "replicated",
        ServiceMode::Global => "global",
        ServiceMode::ReplicatedJob { .. } => "replicated job",
        ServiceMode::GlobalJob => "global job",
    }
}

fn replicas(service: &Service, status: ServiceStatus) -> String {
    let ServiceStatus { running_tasks: running, desired_tasks: desired, completed_tasks } = status;
    match service.spec.mode {
        ServiceMode::ReplicatedJob { max_concurrent, total_completions } => {
            format!("{running}/{max_concurrent} ({completed_tasks}/{total_completions} completed)")
        }
        ServiceMode::GlobalJob => {
            let all = desired + completed_tasks;
            format!("{running}/{desired} ({completed_tasks}/{all} completed)")
        }
        ServiceMode::Replicated { .. } if service.spec.task.placement.max_replicas > 0 => {
            let max = service.spec.task.placement.max_replicas;
            format!("{running}/{desired} (max {max} per node)")
        }
        ServiceMode::Replicated { .. } | ServiceMode::Global => format!("{running}/{desired}"),
    }
}

/// Ingress ports with neighbours joined (`Ports` of `serviceContext`).
fn ports(service: &Service) -> String {
    let Some(endpoint) = &service.endpoint else { return String::new() };
    let mut ports: Vec<&PortConfig> =
        endpoint.ports.iter().filter(|port| port.publish_mode == PublishMode::Ingress).collect();
    ports.sort_by_key(|port| (port.protocol.as_str(), port.published_port));
    let mut ranges: Vec<(u16, u16, u16, u16, &str)> = Vec::new();
    for port in ports {
        let (published, target) = (port.published_port, port.target_port);
        let protocol = port.protocol.as_str();
        match ranges.last_mut() {
            Some((_, to, t_from, t_to, proto))
                if *proto == protocol
                    && published == *to + 1
                    && (target == *t_to + 1 || (target == *t_to && *t_from == *t_to)) =>
            {
                *to = published;
                *t_to = target;
            }
            Some(_) | None => ranges.push((published, published, target, target, protocol)),
        }
    }
    let range = |from: u16, to: u16| {
        if from == to { from.to_string() } else { format!("{from}-{to}") }
    };
    let shown: Vec<String> = ranges
        .into_iter()
        .map(|(from, to, t_from, t_to, protocol)| {
            format!("*:{}->{}/{protocol}", range(from, to), range(t_from, t_to))
        })
        .collect();
    shown.join(", ")
}
