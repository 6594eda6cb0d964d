//! `docker service inspect --pretty` (`serviceInspectPrettyTemplate`).

use crate::format::{inspect, units};
use api::{
    ContainerSpec, EndpointMode, FileReference, Resources, Service, ServiceMode, Timestamp,
    UpdateConfig, UpdateState,
};
use std::collections::BTreeMap;

/// The text of one service; `networks` are names by id.
pub(crate) fn service(
    service: &Service,
    networks: &BTreeMap<String, String>,
    now: Timestamp,
) -> String {
    let spec = &service.spec;
    let mut text = format!("\nID:\t\t{}\nName:\t\t{}\n", service.id, spec.annotations.name);
    text += &labels("Labels:", &spec.annotations.labels);
    text += &mode(spec.mode);
    text += &update_status(service, now);
    text += &placement(service);
    if let Some(update) = &spec.update {
        text += &rollout("UpdateConfig", "Update order:      ", update);
    }
    if let Some(rollback) = &spec.rollback {
        text += &rollout("RollbackConfig", "Rollback order:    ", rollback);
    }
    text += &container(&spec.task.container);
    text += &resources(&spec.task.reservations, &spec.task.limits, spec.task.container.pids_limit);
    if !spec.task.networks.is_empty() {
        text += "Networks:";
        for network in &spec.task.networks {
            let name = networks.get(&network.target).unwrap_or(&network.target);
            text += &format!(" {name}");
        }
        text += " \n";
    }
    let endpoint = match spec.endpoint.mode {
        EndpointMode::Vip => "vip",
        EndpointMode::Dnsrr => "dnsrr",
    };
    text += &format!("Endpoint Mode:\t{endpoint}\n");
    text += &ports(service);
    text += &healthcheck(&spec.task.container);
    text + "\n"
}

fn labels(title: &str, labels: &api::Labels) -> String {
    if labels.is_empty() {
        return String::new();
    }
    let mut text = format!("{title}\n");
    for (key, value) in labels {
        let sep = if value.is_empty() { "" } else { "=" };
        text += &format!(" {key}{sep}{value}\n");
    }
    text
}

fn mode(mode: ServiceMode) -> String {
    match mode {
        ServiceMode::Replicated { replicas } => {
            format!("Service Mode:\tReplicated\n Replicas:\t{replicas}\n")
        }
        ServiceMode::Global => "Service Mode:\tGlobal\n".to_owned(),
        // the template knows no jobs (recorded)
        ServiceMode::ReplicatedJob { .. } | ServiceMode::GlobalJob => "Service Mode:\n".to_owned(),
    }
}

fn update_status(service: &Service, now: Timestamp) -> String {
    let Some(status) = &service.update_status else { return String::new() };
    let mut text = format!("UpdateStatus:\n State:\t\t{}\n", status.state.as_str());
    let ago = |at: Timestamp| units::age(now, at).to_lowercase();
    if let Some(at) = status.started_at {
        text += &format!(" Started:\t{} ago\n", ago(at));
    }
    if let (UpdateState::Completed, Some(at)) = (status.state, status.completed_at) {
        text += &format!(" Completed:\t{} ago\n", ago(at));
    }
    text + &format!(" Message:\t{}\n", status.message)
}

fn placement(service: &Service) -> String {
    let placement = &service.spec.task.placement;
    let mut text = "Placement:\n".to_owned();
    if !placement.constraints.is_empty() {
        text += &format!(" Constraints:\t[{}]\n", placement.constraints.join(" "));
    }
    if !placement.preferences.is_empty() {
        let words: Vec<String> =
            placement.preferences.iter().map(|p| format!("spread={p}")).collect();
        text += &format!(" Preferences:   [{}]\n", words.join(" "));
    }
    if placement.max_replicas > 0 {
        text += &format!(" Max Replicas Per Node:   {}\n", placement.max_replicas);
    }
    text
}

fn rollout(title: &str, order: &str, config: &UpdateConfig) -> String {
    let mut text = format!("{title}:\n Parallelism:\t{}\n", config.parallelism);
    if config.delay_ns != 0 {
        text += &format!(" Delay:\t\t{}\n", units::go_duration(config.delay_ns));
    }
    text += &format!(" On failure:\t{}\n", inspect::failure_action(config.failure_action));
    if let Some(monitor) = config.monitor_ns.filter(|ns| *ns != 0) {
        text += &format!(" Monitoring Period: {}\n", units::go_duration(monitor));
    }
    text += &format!(" Max failure ratio: {}\n", config.max_failure_ratio);
    text + &format!(" {order}{}\n", inspect::update_order(config.order))
}

fn container(spec: &ContainerSpec) -> String {
    let mut text = format!("ContainerSpec:\n Image:\t\t{}\n", spec.image);
    let words = |title: &str, words: &[String]| {
        if words.is_empty() { String::new() } else { format!(" {title}{} \n", words.join(" ")) }
    };
    text += &words("Command:\t", &spec.command);
    text += &words("Args:\t\t", &spec.args);
    text += &words("Env:\t\t", &spec.env);
    if !spec.dir.is_empty() {
        text += &format!(" Dir:\t\t{}\n", spec.dir);
    }
    if let Some(init) = spec.init {
        text += &format!(" Init:\t\t{init}\n");
    }
    if !spec.user.is_empty() {
        text += &format!(" User: {}\n", spec.user);
    }
    let caps = |title: &str, caps: &[String]| {
        if caps.is_empty() { String::new() } else { format!(" {title}{}\n", caps.join(", ")) }
    };
    text += &caps("Capabilities:\n  Add: ", &spec.capability_add);
    text += &caps(
        if spec.capability_add.is_empty() { "Capabilities:\n  Drop: " } else { " Drop: " },
        &spec.capability_drop,
    );
    if !spec.mounts.is_empty() {
        text += "Mounts:\n";
    }
    for mount in &spec.mounts {
        text += &format!(
            " Target:\t{}\n  Source:\t{}\n  ReadOnly:\t{}\n  Type:\t\t{}\n",
            mount.target,
            mount.source,
            mount.read_only,
            inspect::mount_kind(mount.kind)
        );
    }
    text += &files("Configs", &spec.configs);
    text + &files("Secrets", &spec.secrets)
}

fn files(title: &str, files: &[FileReference]) -> String {
    if files.is_empty() {
        return String::new();
    }
    let mut text = format!("{title}:\n");
    for file in files {
        text += &format!(" Target:\t{}\n  Source:\t{}\n", file.target, file.name);
    }
    text
}

fn resources(reservations: &Resources, limits: &Resources, pids: i64) -> String {
    let one = |title: &str, resources: &Resources, pids: i64| {
        let mut text = String::new();
        if resources.nano_cpus != 0 {
            text += &format!("  CPU:\t\t{}\n", cpus(resources.nano_cpus));
        }
        if resources.memory_bytes != 0 {
            let bytes = u64::try_from(resources.memory_bytes).unwrap_or(0);
            text += &format!("  Memory:\t{}\n", units::bytes_size(bytes));
        }
        if pids != 0 {
            text += &format!("  PIDs:\t\t{pids}\n");
        }
        if text.is_empty() { text } else { format!(" {title}:\n{text}") }
    };
    let both = one("Reservations", reservations, 0) + &one("Limits", limits, pids);
    format!("Resources:\n{both}")
}

/// Billionths as a decimal number.
fn cpus(nano: i64) -> String {
    let fraction = format!("{:09}", (nano % 1_000_000_000).abs());
    let fraction = fraction.trim_end_matches('0');
    let dot = if fraction.is_empty() { "" } else { "." };
    format!("{}{dot}{fraction}", nano / 1_000_000_000)
}

fn ports(service: &Service) -> String {
    let Some(endpoint) = service.endpoint.as_ref().filter(|e| !e.ports.is_empty()) else {
        return String::new();
    };
    let mut text = "Ports:\n".to_owned();
    for port in &endpoint.ports {
        text += &format!(
            " PublishedPort = {}\n  Protocol = {}\n  TargetPort = {}\n  PublishMode = {}\n",
            port.published_port,
            port.protocol.as_str(),
            port.target_port,
            inspect::publish_mode(port.publish_mode)
        );
    }
    // the template's own blank at the end of the block
    text.pop();
    text + " \n"
}

fn healthcheck(spec: &ContainerSpec) -> String {
    let Some(check) = &spec.healthcheck else { return String::new() };
    let mut text = format!(
        " Healthcheck:\n  Interval = {}\n  Retries = {}\n  StartPeriod =\t{}\n  Timeout =\t{}\n",
        units::go_duration(check.interval_ns),
        check.retries,
        units::go_duration(check.start_period_ns),
        units::go_duration(check.timeout_ns)
    );
    if !check.test.is_empty() {
        text += "  Tests:\n";
        for word in &check.test {
            text += &format!("\t Test = {word}\n");
        }
        text.pop();
        text += " \n";
    }
    text
}
