//! The flags of `service update` laid over a spec (`updateService` of
//! `cli/command/service/update.go`).

use super::options::{self, ok};
use super::{parse, update::words};
use crate::flags::Parsed;
use crate::objects::labels_from;
use crate::script::{Cx, Flow, fail};
use api::{Labels, LogDriver, PortConfig, ServiceMode, ServiceSpec};

/// Changes the spec in docker's order of checks.
pub(crate) fn update(cx: &mut Cx<'_>, parsed: &Parsed, spec: &mut ServiceSpec) -> Flow {
    labels(parsed, "label", &mut spec.annotations.labels);
    container(cx, parsed, spec)?;
    let task = spec.task_mut();
    options::resources(parsed, "limit", &mut task.limits);
    options::resources(parsed, "reserve", &mut task.reservations);
    let removed = parsed.list("generic-resource-rm");
    task.reservations.generic.retain(|resource| {
        let kind = match resource {
            api::GenericResource::Discrete { kind, .. }
            | api::GenericResource::Named { kind, .. } => kind,
        };
        !removed.contains(kind)
    });
    let added = options::generic_resources(&parsed.list("generic-resource-add"));
    task.reservations.generic.extend(added);
    task.restart = ok(options::restart(parsed, task.restart.as_ref()))?;
    placement(parsed, spec);
    mode(parsed, spec)?;
    spec.update = ok(options::rollout(parsed, "update", spec.update.as_ref()))?;
    spec.rollback = ok(options::rollout(parsed, "rollback", spec.rollback.as_ref()))?;
    spec.endpoint.mode = ok(options::endpoint_mode(parsed, spec.endpoint.mode))?;
    ports(parsed, &mut spec.endpoint.ports);
    networks(cx, parsed, spec)?;
    if parsed.bool("force") {
        spec.task_mut().force_update += 1;
    }
    if let Some(name) = parsed.get("log-driver") {
        spec.task_mut().log_driver = (!name.is_empty()).then(|| LogDriver {
            name: name.to_owned(),
            options: labels_from(&parsed.list("log-opt")),
        });
    }
    Ok(())
}

/// `--X-add` and `--X-rm` of a map.
fn labels(parsed: &Parsed, flag: &str, into: &mut Labels) {
    into.extend(labels_from(&parsed.list(&format!("{flag}-add"))));
    for key in parsed.list(&format!("{flag}-rm")) {
        into.remove(&key);
    }
}

/// `--X-add` and `--X-rm` of a list that docker keeps sorted.
fn list(parsed: &Parsed, flag: &str, into: &mut Vec<String>) {
    let added = parsed.list(&format!("{flag}-add"));
    let removed = parsed.list(&format!("{flag}-rm"));
    if added.is_empty() && removed.is_empty() {
        return;
    }
    into.extend(added);
    into.retain(|item| !removed.contains(item));
    into.sort();
    into.dedup();
}

fn set(parsed: &Parsed, flag: &str, into: &mut String) {
    if let Some(value) = parsed.get(flag) {
        value.clone_into(into);
    }
}

fn container(cx: &mut Cx<'_>, parsed: &Parsed, spec: &mut ServiceSpec) -> Flow {
    let container = &mut spec.task_mut().container;
    set(parsed, "image", &mut container.image);
    set(parsed, "hostname", &mut container.hostname);
    set(parsed, "workdir", &mut container.dir);
    set(parsed, "user", &mut container.user);
    set(parsed, "stop-signal", &mut container.stop_signal);
    set(parsed, "isolation", &mut container.isolation);
    container.args = words(parsed, "args").unwrap_or(std::mem::take(&mut container.args));
    container.command =
        words(parsed, "entrypoint").unwrap_or(std::mem::take(&mut container.command));
    let removed = parsed.list("env-rm");
    container.env.retain(|word| {
        let key = word.split('=').next().unwrap_or("");
        !removed.iter().any(|gone| gone == key)
    });
    for word in options::environment(cx, parsed, "env-add")? {
        options::put_env(&mut container.env, word);
    }
    labels(parsed, "container-label", &mut container.labels);
    labels(parsed, "sysctl", &mut container.sysctls);
    list(parsed, "group", &mut container.groups);
    list(parsed, "dns", &mut container.dns.nameservers);
    list(parsed, "dns-search", &mut container.dns.search);
    list(parsed, "dns-option", &mut container.dns.options);
    let hosts_removed = options::hosts(&parsed.list("host-rm"));
    container.hosts.retain(|host| {
        !hosts_removed.iter().any(|gone| host == gone || host.ends_with(&format!(" {gone}")))
    });
    container.hosts.extend(options::hosts(&parsed.list("host-add")));
    for (flag, into) in [("init", 0), ("tty", 1), ("read-only", 2)] {
        if parsed.changed(flag) {
            let value = parsed.bool(flag);
            match into {
                0 => container.init = Some(value),
                1 => container.tty = value,
                _ => container.read_only = value,
            }
        }
    }
    container.stop_grace_period_ns =
        parsed.duration("stop-grace-period").or(container.stop_grace_period_ns);
    container.pids_limit = parsed.i64("limit-pids").unwrap_or(container.pids_limit);
    container.healthcheck = ok(options::healthcheck(parsed, container.healthcheck.as_ref()))?;
    for value in parsed.list("ulimit-add") {
        if let Ok(limit) = parse::ulimit(&value) {
            container.ulimits.retain(|old| old.name != limit.name);
            container.ulimits.push(limit);
        }
    }
    let removed = parsed.list("ulimit-rm");
    container.ulimits.retain(|limit| !removed.contains(&limit.name));
    if parsed.any_changed(&["cap-add", "cap-drop"]) {
        let added = options::capabilities(&parsed.list("cap-add"));
        let dropped = options::capabilities(&parsed.list("cap-drop"));
        container.capability_drop.retain(|cap| !added.contains(cap));
        container.capability_add.retain(|cap| !dropped.contains(cap));
        for (into, more) in
            [(&mut container.capability_add, added), (&mut container.capability_drop, dropped)]
        {
            into.extend(more);
            into.sort();
            into.dedup();
        }
    }
    mounts(parsed, spec)
}

fn mounts(parsed: &Parsed, spec: &mut ServiceSpec) -> Flow {
    let added = options::mounts(parsed, "mount-add")?;
    let mounts = &mut spec.task_mut().container.mounts;
    for (k, mount) in added.iter().enumerate() {
        if added.iter().skip(k + 1).any(|other| other.target == mount.target) {
            return fail("duplicate mount target");
        }
    }
    mounts.retain(|old| !added.iter().any(|new| new.target == old.target));
    mounts.extend(added);
    let removed = parsed.list("mount-rm");
    mounts.retain(|mount| !removed.contains(&mount.target));
    mounts.sort_by(|a, b| (&a.source, &a.target).cmp(&(&b.source, &b.target)));
    Ok(())
}

fn placement(parsed: &Parsed, spec: &mut ServiceSpec) {
    let placement = &mut spec.task_mut().placement;
    list(parsed, "constraint", &mut placement.constraints);
    let spread = |flag: &str| -> Vec<String> {
        parsed.list(flag).iter().filter_map(|p| options::spread(p)).collect()
    };
    let removed = spread("placement-pref-rm");
    placement.preferences.retain(|pref| !removed.contains(pref));
    placement.preferences.extend(spread("placement-pref-add"));
    placement.max_replicas = parsed.u64("replicas-max-per-node").unwrap_or(placement.max_replicas);
}

fn mode(parsed: &Parsed, spec: &mut ServiceSpec) -> Flow {
    let wanted = parsed.u64("replicas");
    let concurrent = parsed.u64("max-concurrent");
    match &mut spec.mode {
        // --max-concurrent is passed over where there are no jobs (recorded)
        ServiceMode::Replicated { replicas } => *replicas = wanted.unwrap_or(*replicas),
        ServiceMode::ReplicatedJob { max_concurrent, total_completions } => {
            *max_concurrent = concurrent.unwrap_or(*max_concurrent);
            *total_completions = wanted.unwrap_or(*total_completions);
        }
        ServiceMode::Global | ServiceMode::GlobalJob => {
            if wanted.is_some() {
                return fail("replicas can only be used with replicated mode");
            }
        }
    }
    Ok(())
}

fn ports(parsed: &Parsed, ports: &mut Vec<PortConfig>) {
    let added = options::ports(parsed, "publish-add");
    let removed = options::ports(parsed, "publish-rm");
    if added.is_empty() && removed.is_empty() {
        return;
    }
    let key = |port: &PortConfig| (port.protocol, port.target_port, port.published_port);
    ports.retain(|old| !added.iter().any(|new| key(new) == key(old)));
    let gone = |port: &PortConfig| {
        removed.iter().any(|rm| {
            rm.protocol == port.protocol
                && rm.target_port == port.target_port
                && rm.publish_mode == port.publish_mode
        })
    };
    ports.retain(|port| !gone(port));
    ports.extend(added);
    ports.sort_by_key(|port| {
        format!("{}:{}/{}", port.published_port, port.target_port, port.protocol.as_str())
    });
}

fn networks(cx: &mut Cx<'_>, parsed: &Parsed, spec: &mut ServiceSpec) -> Flow {
    let mut removed = Vec::new();
    for name in parsed.list("network-rm") {
        removed.push(options::network_id(cx, &name)?);
    }
    let networks = &mut spec.task_mut().networks;
    networks.retain(|network| !removed.contains(&network.target));
    for value in parsed.list("network-add") {
        let name = parse::network(&value).map(|n| n.target).unwrap_or_default();
        for network in options::networks(cx, std::slice::from_ref(&value))? {
            if networks.iter().any(|old| old.target == network.target) {
                return fail(format!("service is already attached to network {name}"));
            }
            networks.push(network);
        }
    }
    networks.sort_by(|a, b| a.target.cmp(&b.target));
    Ok(())
}
