//! Objects of the swarm as the Engine API's JSON, in Go's order of fields, and what every
//! `inspect` prints.

use super::render::base64;
use super::units;
use api::{
    Availability, Cluster, Config, ContainerSpec, FailureAction, FileReference, GenericResource,
    Labels, Meta, Mount, MountKind, Node, NodeState, PortConfig, PublishMode, Reachability,
    Resources, RestartCondition, Secret, Service, ServiceMode, ServiceSpec, Task, TaskSpec,
    UpdateConfig, UpdateOrder,
};
use serde_json::{Map, Value, json};

/// A JSON object built field by field; empty values may be left out, as Go's `omitempty` does.
#[derive(Default)]
pub(crate) struct Obj(Map<String, Value>);

impl Obj {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// A field.
    pub(crate) fn put(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.0.insert(key.to_owned(), value.into());
        self
    }

    /// A field unless it is empty.
    pub(crate) fn opt(self, key: &str, value: impl Into<Value>) -> Self {
        let value = value.into();
        let empty = match &value {
            Value::Null => true,
            Value::Bool(b) => !b,
            Value::Number(n) => n.as_i64() == Some(0),
            Value::String(s) => s.is_empty(),
            Value::Array(a) => a.is_empty(),
            Value::Object(_) => false,
        };
        if empty { self } else { self.put(key, value) }
    }

    /// A map that is left out when it has no entries.
    pub(crate) fn opt_labels(self, key: &str, map: &Labels) -> Self {
        if map.is_empty() { self } else { self.put(key, labels(map)) }
    }

    pub(crate) fn done(self) -> Value {
        Value::Object(self.0)
    }
}

/// A map as JSON.
pub(crate) fn labels(map: &Labels) -> Value {
    Value::Object(map.iter().map(|(k, v)| (k.clone(), Value::from(v.clone()))).collect())
}

fn meta(obj: Obj, meta: &Meta) -> Obj {
    obj.put("Version", json!({ "Index": meta.version.0 }))
        .put("CreatedAt", units::rfc3339(meta.created_at))
        .put("UpdatedAt", units::rfc3339(meta.updated_at))
}

/// `active`, `pause`, `drain`.
pub(crate) const fn availability(value: Availability) -> &'static str {
    match value {
        Availability::Active => "active",
        Availability::Pause => "pause",
        Availability::Drain => "drain",
    }
}

/// `ready`, `down`, …
pub(crate) const fn node_state(value: NodeState) -> &'static str {
    match value {
        NodeState::Unknown => "unknown",
        NodeState::Down => "down",
        NodeState::Ready => "ready",
        NodeState::Disconnected => "disconnected",
    }
}

/// `reachable`, …
pub(crate) const fn reachability(value: Reachability) -> &'static str {
    match value {
        Reachability::Unknown => "unknown",
        Reachability::Unreachable => "unreachable",
        Reachability::Reachable => "reachable",
    }
}

fn resources(value: &Resources) -> Value {
    let generic: Vec<Value> = value
        .generic
        .iter()
        .map(|resource| match resource {
            GenericResource::Discrete { kind, value } => {
                json!({ "DiscreteResourceSpec": { "Kind": kind, "Value": value } })
            }
            GenericResource::Named { kind, value } => {
                json!({ "NamedResourceSpec": { "Kind": kind, "Value": value } })
            }
        })
        .collect();
    Obj::new()
        .opt("NanoCPUs", value.nano_cpus)
        .opt("MemoryBytes", value.memory_bytes)
        .opt("GenericResources", generic)
        .done()
}

/// A node.
pub(crate) fn node(node: &Node) -> Value {
    let spec = Obj::new()
        .opt("Name", node.spec.annotations.name.clone())
        .put("Labels", labels(&node.spec.annotations.labels))
        .put("Role", node.spec.desired_role.as_str())
        .put("Availability", availability(node.spec.availability));
    let mut description = Obj::new();
    let root = node.description.as_ref().and_then(|about| about.tls_root.as_deref().copied());
    if let Some(about) = &node.description {
        let plugins: Vec<Value> = about
            .plugins
            .iter()
            .map(|(kind, name)| json!({ "Type": kind, "Name": name }))
            .collect();
        description = description
            .put("Hostname", about.hostname.clone())
            .put(
                "Platform",
                json!({ "Architecture": about.platform.architecture, "OS": about.platform.os }),
            )
            .put("Resources", resources(&about.resources))
            .put(
                "Engine",
                Obj::new()
                    .opt("EngineVersion", about.engine_version.clone())
                    .opt_labels("Labels", &about.engine_labels)
                    .opt("Plugins", plugins)
                    .done(),
            );
    }
    let status = Obj::new()
        .put("State", node_state(node.status.state))
        .opt("Message", node.status.message.clone())
        .opt("Addr", node.status.addr.clone());
    let mut obj = meta(Obj::new().put("ID", node.id.as_str()), &node.meta)
        .put("Spec", spec.done())
        .put("Description", description.put("TLSInfo", super::tls::info(root)).done())
        .put("Status", status.done());
    if let Some(manager) = &node.manager_status {
        let status = Obj::new()
            .opt("Leader", manager.leader)
            .put("Reachability", reachability(manager.reachability))
            .put("Addr", manager.addr.clone());
        obj = obj.put("ManagerStatus", status.done());
    }
    obj.done()
}

/// A published port.
pub(crate) fn port(port: &PortConfig) -> Value {
    Obj::new()
        .opt("Name", port.name.clone())
        .put("Protocol", port.protocol.as_str())
        .opt("TargetPort", port.target_port)
        .opt("PublishedPort", port.published_port)
        .put("PublishMode", publish_mode(port.publish_mode))
        .done()
}

/// `ingress` or `host`.
pub(crate) const fn publish_mode(mode: PublishMode) -> &'static str {
    match mode {
        PublishMode::Ingress => "ingress",
        PublishMode::Host => "host",
    }
}

/// `bind`, `volume`, `tmpfs`, `npipe`.
pub(crate) const fn mount_kind(kind: MountKind) -> &'static str {
    match kind {
        MountKind::Bind => "bind",
        MountKind::Volume => "volume",
        MountKind::Tmpfs => "tmpfs",
        MountKind::NamedPipe => "npipe",
    }
}

/// A mount as asked for.
pub(crate) fn mount(mount: &Mount) -> Value {
    let mut obj = Obj::new()
        .put("Type", mount_kind(mount.kind))
        .opt("Source", mount.source.clone())
        .put("Target", mount.target.clone())
        .opt("ReadOnly", mount.read_only)
        .opt("Consistency", mount.consistency.clone());
    if !mount.bind_propagation.is_empty() {
        obj = obj.put("BindOptions", json!({ "Propagation": mount.bind_propagation }));
    }
    let mut volume =
        Obj::new().opt("NoCopy", mount.volume_no_copy).opt_labels("Labels", &mount.volume_labels);
    if !mount.volume_driver.is_empty() || !mount.volume_driver_options.is_empty() {
        let driver = Obj::new()
            .opt("Name", mount.volume_driver.clone())
            .opt_labels("Options", &mount.volume_driver_options);
        volume = volume.put("DriverConfig", driver.done());
    }
    if !volume.0.is_empty() {
        obj = obj.put("VolumeOptions", volume.done());
    }
    let tmpfs = Obj::new().opt("SizeBytes", mount.tmpfs_size_bytes).opt("Mode", mount.tmpfs_mode);
    if !tmpfs.0.is_empty() {
        obj = obj.put("TmpfsOptions", tmpfs.done());
    }
    obj.done()
}

fn files(files: &[FileReference], kind: &str) -> Vec<Value> {
    let one = |file: &FileReference| {
        Obj::new()
            .put(
                "File",
                json!({ "Name": file.target, "UID": file.uid, "GID": file.gid,
                        "Mode": file.mode }),
            )
            .put(&format!("{kind}ID"), file.id.clone())
            .put(&format!("{kind}Name"), file.name.clone())
            .done()
    };
    files.iter().map(one).collect()
}

fn container_spec(spec: &ContainerSpec) -> Value {
    let mut obj = Obj::new()
        .put("Image", spec.image.clone())
        .opt_labels("Labels", &spec.labels)
        .opt("Command", spec.command.clone())
        .opt("Args", spec.args.clone())
        .opt("Hostname", spec.hostname.clone())
        .opt("Env", spec.env.clone())
        .opt("Dir", spec.dir.clone())
        .opt("User", spec.user.clone())
        .opt("Groups", spec.groups.clone());
    if let Some(init) = spec.init {
        obj = obj.put("Init", init);
    }
    obj = obj
        .opt("StopSignal", spec.stop_signal.clone())
        .opt("TTY", spec.tty)
        .opt("OpenStdin", spec.open_stdin)
        .opt("ReadOnly", spec.read_only)
        .opt("Mounts", spec.mounts.iter().map(mount).collect::<Vec<_>>())
        .opt("StopGracePeriod", spec.stop_grace_period_ns.unwrap_or(0));
    if let Some(health) = &spec.healthcheck {
        let check = Obj::new()
            .opt("Test", health.test.clone())
            .opt("Interval", health.interval_ns)
            .opt("Timeout", health.timeout_ns)
            .opt("StartPeriod", health.start_period_ns)
            .opt("Retries", health.retries);
        obj = obj.put("Healthcheck", check.done());
    }
    let dns = Obj::new()
        .opt("Nameservers", spec.dns.nameservers.clone())
        .opt("Search", spec.dns.search.clone())
        .opt("Options", spec.dns.options.clone());
    let ulimits: Vec<Value> = spec
        .ulimits
        .iter()
        .map(|u| json!({ "Name": u.name, "Hard": u.hard, "Soft": u.soft }))
        .collect();
    obj.opt("Hosts", spec.hosts.clone())
        .put("DNSConfig", dns.done())
        .opt("Secrets", files(&spec.secrets, "Secret"))
        .opt("Configs", files(&spec.configs, "Config"))
        .opt("Isolation", if spec.isolation.is_empty() { "default" } else { &spec.isolation })
        .opt_labels("Sysctls", &spec.sysctls)
        .opt("CapabilityAdd", spec.capability_add.clone())
        .opt("CapabilityDrop", spec.capability_drop.clone())
        .opt("Ulimits", ulimits)
        .done()
}

/// `none`, `on-failure`, `any`.
pub(crate) const fn restart_condition(value: RestartCondition) -> &'static str {
    match value {
        RestartCondition::None => "none",
        RestartCondition::OnFailure => "on-failure",
        RestartCondition::Any => "any",
    }
}

fn task_spec(spec: &TaskSpec) -> Value {
    let mut limits = resources(&spec.limits);
    if let (Value::Object(map), true) = (&mut limits, spec.container.pids_limit != 0) {
        map.insert("Pids".to_owned(), Value::from(spec.container.pids_limit));
    }
    let reservations = resources(&spec.reservations);
    let both = Obj::new().put("Limits", limits).put("Reservations", reservations);
    let mut obj = Obj::new()
        .put("ContainerSpec", container_spec(&spec.container))
        .put("Resources", both.done());
    if let Some(restart) = &spec.restart {
        let mut policy = Obj::new().put("Condition", restart_condition(restart.condition));
        if let Some(delay) = restart.delay_ns {
            policy = policy.put("Delay", delay);
        }
        policy = policy.put("MaxAttempts", restart.max_attempts.unwrap_or(0));
        if let Some(window) = restart.window_ns {
            policy = policy.put("Window", window);
        }
        obj = obj.put("RestartPolicy", policy.done());
    }
    let preferences: Vec<Value> = spec
        .placement
        .preferences
        .iter()
        .map(|p| json!({ "Spread": { "SpreadDescriptor": p } }))
        .collect();
    let platforms: Vec<Value> = spec
        .placement
        .platforms
        .iter()
        .map(|p| {
            Obj::new().opt("Architecture", p.architecture.clone()).opt("OS", p.os.clone()).done()
        })
        .collect();
    let placement = Obj::new()
        .opt("Constraints", spec.placement.constraints.clone())
        .opt("Preferences", preferences)
        .opt("MaxReplicas", spec.placement.max_replicas)
        .opt("Platforms", platforms);
    let networks: Vec<Value> = spec
        .networks
        .iter()
        .map(|n| {
            Obj::new()
                .put("Target", n.target.clone())
                .opt("Aliases", n.aliases.clone())
                .opt_labels("DriverOpts", &n.driver_opts)
                .done()
        })
        .collect();
    obj = obj.put("Placement", placement.done()).opt("Networks", networks);
    if let Some(driver) = &spec.log_driver {
        let driver =
            Obj::new().opt("Name", driver.name.clone()).opt_labels("Options", &driver.options);
        obj = obj.put("LogDriver", driver.done());
    }
    obj.put("ForceUpdate", spec.force_update).put("Runtime", "container").done()
}

/// `pause`, `continue`, `rollback`.
pub(crate) const fn failure_action(value: FailureAction) -> &'static str {
    match value {
        FailureAction::Pause => "pause",
        FailureAction::Continue => "continue",
        FailureAction::Rollback => "rollback",
    }
}

/// `stop-first`, `start-first`.
pub(crate) const fn update_order(value: UpdateOrder) -> &'static str {
    match value {
        UpdateOrder::StopFirst => "stop-first",
        UpdateOrder::StartFirst => "start-first",
    }
}

fn update_config(config: &UpdateConfig) -> Value {
    let mut obj = Obj::new()
        .put("Parallelism", config.parallelism)
        .opt("Delay", config.delay_ns)
        .put("FailureAction", failure_action(config.failure_action));
    if let Some(monitor) = config.monitor_ns {
        obj = obj.put("Monitor", monitor);
    }
    let ratio = format!("{}", config.max_failure_ratio);
    let ratio: Value = serde_json::from_str(&ratio).unwrap_or_else(|_| Value::from(0));
    obj.put("MaxFailureRatio", ratio).put("Order", update_order(config.order)).done()
}

fn mode(mode: ServiceMode) -> Value {
    match mode {
        ServiceMode::Replicated { replicas } => json!({ "Replicated": { "Replicas": replicas } }),
        ServiceMode::Global => json!({ "Global": {} }),
        ServiceMode::ReplicatedJob { max_concurrent, total_completions } => {
            json!({ "ReplicatedJob": { "MaxConcurrent": max_concurrent,
                    "TotalCompletions": total_completions } })
        }
        ServiceMode::GlobalJob => json!({ "GlobalJob": {} }),
    }
}

fn endpoint_spec(spec: &api::EndpointSpec) -> Value {
    let mode = match spec.mode {
        api::EndpointMode::Vip => "vip",
        api::EndpointMode::Dnsrr => "dnsrr",
    };
    Obj::new()
        .put("Mode", mode)
        .opt("Ports", spec.ports.iter().map(port).collect::<Vec<_>>())
        .done()
}

fn service_spec(spec: &ServiceSpec) -> Value {
    let mut obj = Obj::new()
        .put("Name", spec.annotations.name.clone())
        .put("Labels", labels(&spec.annotations.labels))
        .put("TaskTemplate", task_spec(&spec.task))
        .put("Mode", mode(spec.mode));
    if let Some(update) = &spec.update {
        obj = obj.put("UpdateConfig", update_config(update));
    }
    if let Some(rollback) = &spec.rollback {
        obj = obj.put("RollbackConfig", update_config(rollback));
    }
    obj.put("EndpointSpec", endpoint_spec(&spec.endpoint)).done()
}

/// A service.
pub(crate) fn service(service: &Service) -> Value {
    let mut obj = meta(Obj::new().put("ID", service.id.as_str()), &service.meta)
        .put("Spec", service_spec(&service.spec));
    if let Some(previous) = &service.previous_spec {
        obj = obj.put("PreviousSpec", service_spec(previous));
    }
    let mut endpoint = Obj::new();
    match &service.endpoint {
        Some(found) => {
            let vips: Vec<Value> = found
                .virtual_ips
                .iter()
                .map(|v| json!({ "NetworkID": v.network.as_str(), "Addr": v.addr }))
                .collect();
            endpoint = endpoint
                .put("Spec", endpoint_spec(&found.spec))
                .opt("Ports", found.ports.iter().map(port).collect::<Vec<_>>())
                .opt("VirtualIPs", vips);
        }
        None => endpoint = endpoint.put("Spec", json!({})),
    }
    obj = obj.put("Endpoint", endpoint.done());
    if let Some(status) = &service.update_status {
        let mut update = Obj::new().put("State", status.state.as_str());
        if let Some(at) = status.started_at {
            update = update.put("StartedAt", units::rfc3339(at));
        }
        if let Some(at) = status.completed_at {
            update = update.put("CompletedAt", units::rfc3339(at));
        }
        obj = obj.put("UpdateStatus", update.put("Message", status.message.clone()).done());
    }
    if let Some(job) = &service.job_status {
        let iteration = Obj::new().opt("Index", job.job_iteration);
        let mut status = Obj::new().put("JobIteration", iteration.done());
        if let Some(at) = job.last_execution {
            status = status.put("LastExecution", units::rfc3339(at));
        }
        obj = obj.put("JobStatus", status.done());
    }
    obj.done()
}

/// A task.
pub(crate) fn task(task: &Task) -> Value {
    let mut status = Obj::new()
        .put("Timestamp", units::rfc3339(task.status.timestamp))
        .put("State", task.status.state.as_str())
        .opt("Message", task.status.message.clone())
        .opt("Err", task.status.err.clone());
    if let Some(container) = &task.status.container {
        status = status.put(
            "ContainerStatus",
            json!({ "ContainerID": container.id.to_string(), "PID": container.pid,
                    "ExitCode": container.exit_code }),
        );
    }
    let ports =
        Obj::new().opt("Ports", task.status.port_status.iter().map(port).collect::<Vec<_>>());
    let mut obj = meta(Obj::new().put("ID", task.id.as_str()), &task.meta)
        .put("Labels", labels(&task.annotations.labels))
        .put("Spec", task_spec(&task.spec));
    if let Some(service) = task.service_id {
        obj = obj.put("ServiceID", service.as_str());
    }
    obj = obj.opt("Slot", task.slot);
    if let Some(node) = task.node_id {
        obj = obj.put("NodeID", node.as_str());
    }
    let networks: Vec<Value> = task
        .networks
        .iter()
        .map(|n| json!({ "Network": { "ID": n.network.as_str() }, "Addresses": n.addresses }))
        .collect();
    obj = obj
        .put("Status", status.put("PortStatus", ports.done()).done())
        .put("DesiredState", task.desired_state.as_str())
        .opt("NetworksAttachments", networks);
    if let Some(iteration) = task.job_iteration {
        obj = obj.put("JobIteration", json!({ "Index": iteration }));
    }
    obj.done()
}

fn driver(name: &str) -> Value {
    if name.is_empty() { Value::Null } else { json!({ "Name": name }) }
}

/// A secret, without its data.
pub(crate) fn secret(secret: &Secret) -> Value {
    let spec = Obj::new()
        .put("Name", secret.spec.annotations.name.clone())
        .put("Labels", labels(&secret.spec.annotations.labels))
        .opt("Driver", driver(&secret.spec.driver))
        .opt("Templating", driver(&secret.spec.templating));
    meta(Obj::new().put("ID", secret.id.as_str()), &secret.meta).put("Spec", spec.done()).done()
}

/// A config with its data.
pub(crate) fn config(config: &Config) -> Value {
    let spec = Obj::new()
        .put("Name", config.spec.annotations.name.clone())
        .put("Labels", labels(&config.spec.annotations.labels))
        .opt("Data", base64(&config.spec.data))
        .opt("Templating", driver(&config.spec.templating));
    meta(Obj::new().put("ID", config.id.as_str()), &config.meta).put("Spec", spec.done()).done()
}

/// The cluster as `docker info --format '{{json .Swarm.Cluster}}'` shows it.
pub(crate) fn cluster(cluster: &Cluster) -> Value {
    let spec = &cluster.spec;
    meta(Obj::new().put("ID", cluster.id.as_str()), &cluster.meta)
        .put(
            "Spec",
            json!({
                "Name": spec.annotations.name,
                "Labels": labels(&spec.annotations.labels),
                "Orchestration": {
                    "TaskHistoryRetentionLimit": spec.task_history_retention_limit },
                "Raft": { "SnapshotInterval": spec.snapshot_interval,
                    "KeepOldSnapshots": spec.keep_old_snapshots,
                    "LogEntriesForSlowFollowers": spec.log_entries_for_slow_followers,
                    "ElectionTick": spec.election_tick, "HeartbeatTick": spec.heartbeat_tick },
                "Dispatcher": { "HeartbeatPeriod": spec.heartbeat_period_ns },
                "CAConfig": { "NodeCertExpiry": spec.node_cert_expiry_ns },
                "TaskDefaults": {},
                "EncryptionConfig": { "AutoLockManagers": spec.autolock },
            }),
        )
        .put("TLSInfo", super::tls::info(Some(cluster.ca_digest)))
        .put("RootRotationInProgress", cluster.root_rotation)
        .put("DefaultAddrPool", cluster.default_addr_pool.clone())
        .put("SubnetSize", cluster.subnet_size)
        .put("DataPathPort", cluster.data_path_port)
        .done()
}
