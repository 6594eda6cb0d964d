//! The container that a task's spec means (moby `daemon/cluster/executor/container/container.go`),
//! and the templates a spec may hold.

use api::{
    ContainerConfig, EndpointSettings, HostConfig, Mount, MountKind, Network, NetworkId,
    NodeDescription, NodeId, PortBinding, PublishMode, Task,
};
use share::Rc;
use std::collections::BTreeMap;

/// What a task's mounts must be (moby `daemon/cluster/executor/container/validate.go`).
pub(super) fn check_mounts(mounts: &[Mount]) -> Result<(), String> {
    for Mount { kind, source, target, .. } in mounts {
        if !target.starts_with('/') {
            return Err(format!("invalid mount target, must be an absolute path: {target}"));
        }
        let absolute = source.starts_with('/');
        match kind {
            MountKind::Bind if !absolute => {
                return Err(format!(
                    "invalid bind mount source, must be an absolute path: {source}"
                ));
            }
            MountKind::Volume if absolute => {
                return Err(format!(
                    "invalid volume mount source, must not be an absolute path: {source}"
                ));
            }
            MountKind::Bind | MountKind::Volume | MountKind::Tmpfs | MountKind::NamedPipe => {}
        }
    }
    Ok(())
}

/// Everything but its networks.
pub(super) fn container_config(
    task: &Task,
    node: NodeId,
    description: &NodeDescription,
) -> ContainerConfig {
    let spec = &task.spec.container;
    let expand = |text: &str| expand(text, task, node, description);
    let mut labels = spec.labels.clone();
    labels.extend(task.annotations.labels.clone());
    let service = task.service_id.map(|id| id.to_string()).unwrap_or_default();
    for (key, value) in [("", String::new()), (".id", task.id.to_string()), (".name", task.name())]
    {
        labels.insert(format!("com.docker.swarm.task{key}"), value);
    }
    labels.insert("com.docker.swarm.node.id".into(), node.to_string());
    labels.insert("com.docker.swarm.service.id".into(), service);
    labels.insert("com.docker.swarm.service.name".into(), task.service_annotations.name.clone());
    let mut mounts = spec.mounts.clone();
    for mount in &mut mounts {
        if mount.kind == MountKind::Volume || mount.kind == MountKind::Bind {
            mount.source = expand(&mount.source);
        }
    }
    let driver = task.log_driver.as_ref().or(task.spec.log_driver.as_ref());
    let limits = &task.spec.limits;
    ContainerConfig {
        image: spec.image.clone(),
        cmd: spec.args.clone(),
        entrypoint: (!spec.command.is_empty()).then(|| spec.command.clone()),
        env: spec.env.iter().map(|entry| expand(entry)).collect(),
        labels,
        hostname: expand(&spec.hostname),
        working_dir: spec.dir.clone(),
        user: spec.user.clone(),
        tty: spec.tty,
        open_stdin: spec.open_stdin,
        stop_signal: spec.stop_signal.clone(),
        healthcheck: spec.healthcheck.clone(),
        host: HostConfig {
            mounts,
            port_bindings: host_ports(task),
            network_mode: "default".to_owned(),
            read_only: spec.read_only,
            init: spec.init,
            memory_bytes: limits.memory_bytes,
            memory_reservation_bytes: task.spec.reservations.memory_bytes,
            nano_cpus: limits.nano_cpus,
            pids_limit: spec.pids_limit,
            dns: spec.dns.nameservers.clone(),
            dns_search: spec.dns.search.clone(),
            extra_hosts: spec.hosts.iter().filter_map(|entry| host_entry(entry)).collect(),
            cap_add: spec.capability_add.clone(),
            cap_drop: spec.capability_drop.clone(),
            log_driver: driver.map(|driver| driver.name.clone()).unwrap_or_default(),
            log_options: driver.map(|driver| driver.options.clone()).unwrap_or_default(),
            ..HostConfig::default()
        },
        ..ContainerConfig::default()
    }
}

/// SwarmKit keeps `ADDRESS NAME`, the engine takes `NAME:ADDRESS`.
fn host_entry(entry: &str) -> Option<String> {
    match entry.split_once(' ') {
        Some((addr, name)) => Some(format!("{name}:{addr}")),
        None => entry.contains(':').then(|| entry.to_owned()),
    }
}

fn host_ports(task: &Task) -> BTreeMap<(u16, api::Protocol), Vec<PortBinding>> {
    let mut all: BTreeMap<_, Vec<PortBinding>> = BTreeMap::new();
    for port in task.ports.iter().filter(|port| port.publish_mode == PublishMode::Host) {
        let host_port = match port.published_port {
            0 => String::new(),
            number => number.to_string(),
        };
        let binding = PortBinding { host_ip: String::new(), host_port };
        all.entry((port.target_port, port.protocol)).or_default().push(binding);
    }
    all
}

/// The task's networks with the addresses that the allocator gave it. Without any it stands on
/// docker0.
pub(super) fn attach_networks(
    config: &mut ContainerConfig,
    task: &Task,
    networks: &BTreeMap<NetworkId, Rc<Network>>,
) {
    let mut first = None;
    for attachment in &task.networks {
        let Some(network) = networks.get(&attachment.network) else {
            continue;
        };
        let name = network.spec.annotations.name.clone();
        if network.predefined {
            config.host.network_mode = name;
            return;
        }
        let addr = attachment.addresses.first().map(String::as_str).unwrap_or_default();
        let (ip, bits) = addr.split_once('/').unwrap_or((addr, "24"));
        let mut aliases = attachment.aliases.clone();
        aliases.retain(|alias| !alias.is_empty());
        let endpoint = EndpointSettings {
            network_id: network.id.to_string(),
            fixed_ip: ip.to_owned(),
            ip_prefix_len: bits.parse().unwrap_or(24),
            aliases,
            ..EndpointSettings::default()
        };
        first.get_or_insert_with(|| name.clone());
        config.endpoints.insert(name, endpoint);
    }
    if let Some(name) = first {
        config.host.network_mode = name;
    }
}

/// `{{.Node.Hostname}}`, `{{.Service.Name}}`, `{{.Task.Slot}}` … (SwarmKit `template`). What is
/// not known stays as it is.
pub(super) fn expand(
    text: &str,
    task: &Task,
    node: NodeId,
    description: &NodeDescription,
) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        out.push_str(before);
        let Some((inside, tail)) = after.split_once("}}") else {
            out.push_str("{{");
            rest = after;
            break;
        };
        match value(inside.trim(), task, node, description) {
            Some(value) => out.push_str(&value),
            None => out.push_str(&format!("{{{{{inside}}}}}")),
        }
        rest = tail;
    }
    out.push_str(rest);
    out
}

fn value(name: &str, task: &Task, node: NodeId, description: &NodeDescription) -> Option<String> {
    Some(match name {
        ".Service.ID" => task.service_id.map(|id| id.to_string()).unwrap_or_default(),
        ".Service.Name" => task.service_annotations.name.clone(),
        ".Node.ID" => node.to_string(),
        ".Node.Hostname" => description.hostname.clone(),
        ".Node.Platform.OS" => description.platform.os.clone(),
        ".Node.Platform.Architecture" => description.platform.architecture.clone(),
        ".Task.ID" => task.id.to_string(),
        ".Task.Name" => task.name(),
        ".Task.Slot" if task.slot == 0 => node.to_string(),
        ".Task.Slot" => task.slot.to_string(),
        other => {
            // {{index .Service.Labels "zone"}}
            let rest = other.strip_prefix("index .Service.Labels ")?;
            let key = rest.trim().trim_matches('"');
            task.service_annotations.labels.get(key).cloned().unwrap_or_default()
        }
    })
}
