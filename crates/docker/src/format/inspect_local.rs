//! What one engine knows, as the Engine API's JSON: containers, images, networks, volumes.

use super::inspect::{self, Obj, labels};
use super::units;
use api::{
    ContainerInspect, ContainerStatusWord as Word, EndpointSettings, HealthConfig, ImageInspect,
    NetworkResource, PortBinding, Protocol, VolumeResource,
};
use serde_json::{Map, Value, json};

const NEVER: &str = "0001-01-01T00:00:00Z";

fn port_name(port: u16, protocol: Protocol) -> String {
    format!("{port}/{}", protocol.as_str())
}

fn list(words: &[String]) -> Value {
    if words.is_empty() { Value::Null } else { words.to_vec().into() }
}

fn health_check(check: &HealthConfig) -> Value {
    Obj::new()
        .opt("Test", check.test.clone())
        .opt("Interval", check.interval_ns)
        .opt("Timeout", check.timeout_ns)
        .opt("StartPeriod", check.start_period_ns)
        .opt("Retries", check.retries)
        .done()
}

fn endpoint(endpoint: &EndpointSettings) -> Value {
    json!({
        "IPAMConfig": if endpoint.fixed_ip.is_empty() {
            Value::Null
        } else {
            json!({ "IPv4Address": endpoint.fixed_ip })
        },
        "Links": list(&endpoint.links),
        "Aliases": list(&endpoint.aliases),
        "NetworkID": endpoint.network_id,
        "EndpointID": endpoint.endpoint_id,
        "Gateway": endpoint.gateway,
        "IPAddress": endpoint.ip_address,
        "IPPrefixLen": endpoint.ip_prefix_len,
        "IPv6Gateway": "",
        "GlobalIPv6Address": "",
        "GlobalIPv6PrefixLen": 0,
        "MacAddress": endpoint.mac_address,
        "DriverOpts": null,
    })
}

fn state(container: &ContainerInspect) -> Value {
    let state = &container.summary.state;
    let at = |at: Option<api::Timestamp>| at.map_or(NEVER.to_owned(), units::rfc3339);
    let is = |word: Word| state.status == word;
    let mut obj = Obj::new()
        .put("Status", state.status.as_str())
        .put("Running", is(Word::Running) || is(Word::Paused))
        .put("Paused", is(Word::Paused))
        .put("Restarting", is(Word::Restarting))
        .put("OOMKilled", state.oom_killed)
        .put("Dead", is(Word::Dead))
        .put("Pid", state.pid)
        .put("ExitCode", state.exit_code)
        .put("Error", state.error.clone())
        .put("StartedAt", at(state.started_at))
        .put("FinishedAt", at(state.finished_at));
    if let Some(health) = &state.health {
        let log: Vec<Value> = health
            .log
            .iter()
            .map(|(start, end, code, output)| {
                json!({ "Start": units::rfc3339(*start), "End": units::rfc3339(*end),
                        "ExitCode": code, "Output": output })
            })
            .collect();
        obj = obj.put(
            "Health",
            json!({ "Status": health.status, "FailingStreak": health.failing_streak,
                    "Log": log }),
        );
    }
    obj.done()
}

fn bindings(bound: &[PortBinding]) -> Value {
    bound.iter().map(|b| json!({ "HostIp": b.host_ip, "HostPort": b.host_port })).collect()
}

fn host_config(container: &ContainerInspect) -> Value {
    let host = &container.config.host;
    let ports: Map<String, Value> = host
        .port_bindings
        .iter()
        .map(|((port, protocol), bound)| (port_name(*port, *protocol), bindings(bound)))
        .collect();
    let mut obj = Obj::new()
        .put("Binds", list(&host.binds))
        .put("ContainerIDFile", "")
        .put(
            "LogConfig",
            json!({
            "Type": if host.log_driver.is_empty() { "json-file" } else { &host.log_driver },
            "Config": labels(&host.log_options) }),
        )
        .put("NetworkMode", host.network_mode.clone())
        .put("PortBindings", ports)
        .put(
            "RestartPolicy",
            json!({
            "Name": if host.restart_policy.is_empty() { "no" } else { &host.restart_policy },
            "MaximumRetryCount": host.restart_max_retries }),
        )
        .put("AutoRemove", host.auto_remove)
        .put("VolumeDriver", "")
        .put("VolumesFrom", list(&host.volumes_from))
        .put("CapAdd", list(&host.cap_add))
        .put("CapDrop", list(&host.cap_drop))
        .put("Dns", host.dns.clone())
        .put("DnsSearch", host.dns_search.clone())
        .put("ExtraHosts", list(&host.extra_hosts))
        .put("Links", list(&host.links))
        .put("Privileged", host.privileged)
        .put("PublishAllPorts", host.publish_all_ports)
        .put("ReadonlyRootfs", host.read_only)
        .put("CpuShares", host.cpu_shares)
        .put("Memory", host.memory_bytes)
        .put("NanoCpus", host.nano_cpus)
        .put("MemoryReservation", host.memory_reservation_bytes)
        .put("MemorySwap", host.memory_swap_bytes)
        .put("PidsLimit", if host.pids_limit == 0 { Value::Null } else { host.pids_limit.into() });
    if !host.mounts.is_empty() {
        obj = obj.put("Mounts", host.mounts.iter().map(inspect::mount).collect::<Vec<_>>());
    }
    if let Some(init) = host.init {
        obj = obj.put("Init", init);
    }
    obj.done()
}

fn config(container: &ContainerInspect) -> Value {
    let config = &container.config;
    let exposed: Map<String, Value> = config
        .exposed_ports
        .iter()
        .map(|(port, protocol)| (port_name(*port, *protocol), json!({})))
        .collect();
    let mut obj = Obj::new()
        .put("Hostname", config.hostname.clone())
        .put("Domainname", config.domainname.clone())
        .put("User", config.user.clone())
        .put("AttachStdin", config.attach_stdin)
        .put("AttachStdout", config.attach_stdout)
        .put("AttachStderr", config.attach_stderr);
    if !exposed.is_empty() {
        obj = obj.put("ExposedPorts", exposed);
    }
    obj = obj
        .put("Tty", config.tty)
        .put("OpenStdin", config.open_stdin)
        .put("StdinOnce", config.attach_stdin)
        .put("Env", config.env.clone())
        .put("Cmd", list(&config.cmd));
    if let Some(check) = &config.healthcheck {
        obj = obj.put("Healthcheck", health_check(check));
    }
    obj = obj
        .put("Image", config.image.clone())
        .put("Volumes", Value::Null)
        .put("WorkingDir", config.working_dir.clone())
        .put("Entrypoint", config.entrypoint.as_deref().map_or(Value::Null, list))
        .put("OnBuild", Value::Null)
        .put("Labels", labels(&config.labels))
        .opt("StopSignal", config.stop_signal.clone());
    if let Some(seconds) = config.stop_timeout_s {
        obj = obj.put("StopTimeout", seconds);
    }
    obj.done()
}

fn mounts(container: &ContainerInspect) -> Vec<Value> {
    container
        .mount_points
        .iter()
        .map(|m| {
            Obj::new()
                .put("Type", m.kind.clone())
                .opt("Name", m.name.clone())
                .put("Source", m.source.clone())
                .put("Destination", m.destination.clone())
                .opt("Driver", m.driver.clone())
                .put("Mode", m.mode.clone())
                .put("RW", m.rw)
                .put("Propagation", m.propagation.clone())
                .done()
        })
        .collect()
}

/// A container.
pub(crate) fn container(container: &ContainerInspect, size: bool) -> Value {
    let summary = &container.summary;
    let ports: Map<String, Value> = summary
        .ports
        .iter()
        .map(|port| {
            let bound: Vec<Value> = port
                .bindings
                .iter()
                .map(|(ip, port)| json!({ "HostIp": ip, "HostPort": port.to_string() }))
                .collect();
            let bound = if bound.is_empty() { Value::Null } else { bound.into() };
            (port_name(port.private_port, port.protocol), bound)
        })
        .collect();
    let networks: Map<String, Value> =
        container.networks.iter().map(|(name, e)| (name.clone(), endpoint(e))).collect();
    let first = container.networks.get("bridge").cloned().unwrap_or_default();
    let mounts = mounts(container);
    let name = summary.names.first().cloned().unwrap_or_default();
    let id = summary.id.to_string();
    let mut obj = Obj::new()
        .put("Id", id.clone())
        .put("Created", units::rfc3339(summary.created))
        .put("Path", container.path.clone())
        .put("Args", container.args.clone())
        .put("State", state(container))
        .put("Image", format!("sha256:{}", summary.image_id))
        .put("ResolvConfPath", format!("/var/lib/docker/containers/{id}/resolv.conf"))
        .put("HostnamePath", format!("/var/lib/docker/containers/{id}/hostname"))
        .put("HostsPath", format!("/var/lib/docker/containers/{id}/hosts"))
        .put("LogPath", format!("/var/lib/docker/containers/{id}/{id}-json.log"))
        .put("Name", format!("/{name}"))
        .put("RestartCount", container.restart_count)
        .put("Driver", "overlay2")
        .put("Platform", "linux")
        .put("HostConfig", host_config(container));
    if size {
        obj = obj.put("SizeRw", summary.size_rw).put("SizeRootFs", summary.size_root);
    }
    obj.put("Mounts", mounts)
        .put("Config", config(container))
        .put(
            "NetworkSettings",
            json!({
                "Bridge": "",
                "SandboxID": container.sandbox_id,
                "Ports": ports,
                "EndpointID": first.endpoint_id,
                "Gateway": first.gateway,
                "IPAddress": first.ip_address,
                "IPPrefixLen": first.ip_prefix_len,
                "MacAddress": first.mac_address,
                "Networks": networks,
            }),
        )
        .done()
}

/// An image.
pub(crate) fn image(image: &ImageInspect) -> Value {
    let summary = &image.summary;
    let exposed: Map<String, Value> = image
        .exposed_ports
        .iter()
        .map(|(port, protocol)| (port_name(*port, *protocol), json!({})))
        .collect();
    let digests: Vec<String> =
        summary.repo_digests.iter().map(|(name, d)| format!("{name}@sha256:{d}")).collect();
    let mut config = Obj::new().put("User", image.user.clone());
    if !exposed.is_empty() {
        config = config.put("ExposedPorts", exposed);
    }
    let config = config
        .put("Env", image.env.clone())
        .put("Cmd", list(&image.cmd))
        .put("WorkingDir", image.working_dir.clone())
        .put("Entrypoint", list(&image.entrypoint))
        .put("Labels", labels(&summary.labels))
        .opt("StopSignal", image.stop_signal.clone());
    let layers: Vec<String> = image.layers.iter().map(|l| format!("sha256:{l}")).collect();
    Obj::new()
        .put("Id", format!("sha256:{}", summary.id))
        .put("RepoTags", summary.repo_tags.clone())
        .put("RepoDigests", digests)
        .put("Parent", "")
        .put("Comment", image.comment.clone())
        .put("Created", units::rfc3339_s(crate::image::ls::built_s(summary)))
        .put("DockerVersion", "")
        .put("Author", image.author.clone())
        .put("Config", config.done())
        .put("Architecture", image.architecture.clone())
        .put("Os", image.os.clone())
        .put("Size", summary.size)
        .put("VirtualSize", summary.size)
        .put("RootFS", json!({ "Type": "layers", "Layers": layers }))
        .put("Metadata", json!({ "LastTagTime": NEVER }))
        .done()
}

/// A network, of the engine or the swarm.
pub(crate) fn network(network: &NetworkResource) -> Value {
    let ranges: Vec<Value> = network
        .ipam
        .iter()
        .map(|range| {
            Obj::new()
                .opt("Subnet", range.subnet.clone())
                .opt("IPRange", range.range.clone())
                .opt("Gateway", range.gateway.clone())
                .done()
        })
        .collect();
    let containers: Map<String, Value> = network
        .containers
        .iter()
        .map(|(id, (name, endpoint))| {
            let address = match endpoint.ip_address.as_str() {
                "" => String::new(),
                ip => format!("{ip}/{}", endpoint.ip_prefix_len),
            };
            let value = json!({ "Name": name, "EndpointID": endpoint.endpoint_id,
                "MacAddress": endpoint.mac_address, "IPv4Address": address,
                "IPv6Address": "" });
            (id.clone(), value)
        })
        .collect();
    let swarm = network.scope == "swarm";
    let nothing_here = swarm && containers.is_empty() && network.peers.is_empty();
    let peers: Vec<Value> =
        network.peers.iter().map(|(name, ip)| json!({ "Name": name, "IP": ip })).collect();
    let driver = if network.ipam_driver.is_empty() { "default" } else { &network.ipam_driver };
    let null_or = |map: &api::Labels| {
        if map.is_empty() && nothing_here { Value::Null } else { labels(map) }
    };
    Obj::new()
        .put("Name", network.name.clone())
        .put("Id", network.id.clone())
        .put("Created", units::rfc3339(network.created))
        .put("Scope", network.scope.clone())
        .put("Driver", network.driver.clone())
        .put("EnableIPv6", network.enable_ipv6)
        .put(
            "IPAM",
            json!({ "Driver": driver,
            "Options": if swarm || network.name == "bridge" { Value::Null } else { json!({}) },
            "Config": ranges }),
        )
        .put("Internal", network.internal)
        .put("Attachable", network.attachable)
        .put("Ingress", network.ingress)
        .put("ConfigFrom", json!({ "Network": "" }))
        .put("ConfigOnly", false)
        .put("Containers", if nothing_here { Value::Null } else { containers.into() })
        .put("Options", null_or(&network.options))
        .put("Labels", null_or(&network.labels))
        .opt("Peers", peers)
        .done()
}

/// A volume.
pub(crate) fn volume(volume: &VolumeResource) -> Value {
    json!({
        "CreatedAt": units::rfc3339_s(units::unix_s(volume.created)),
        "Driver": volume.driver,
        "Labels": labels(&volume.labels),
        "Mountpoint": volume.mountpoint,
        "Name": volume.name,
        "Options": labels(&volume.options),
        "Scope": "local",
    })
}
