//! Objects out of a case's words.

use super::{array, list, number, strings, text};
use api::{
    Annotations, Availability, Cluster, ClusterId, ClusterSpec, Config, ConfigId, ConfigSpec,
    Digest, EndpointSpec, FailureAction, GenericResource, Labels, LogDriver, Meta, Mount, Network,
    NetworkAttachment, NetworkId, NetworkSpec, Node, NodeDescription, NodeId, NodeRole, NodeSpec,
    NodeState, NodeStatus, Platform, PortConfig, Protocol, PublishMode, Resources,
    RestartCondition, RestartPolicy, Secret, SecretId, SecretSpec, Service, ServiceId, ServiceMode,
    ServiceSpec, Task, TaskId, TaskSpec, TaskState, TaskStatus, Timestamp, UpdateConfig,
    UpdateOrder, UpdateState, Version,
};
use serde_json::Value;
use share::Rc;
use std::collections::BTreeMap;

/// The case's names of ids.
#[derive(Debug, Default)]
pub(super) struct Names(BTreeMap<String, String>);

/// The same name always gives the same id.
fn bytes(name: &str) -> [u8; 17] {
    let mut bytes = [0; 17];
    for (part, chunk) in (0_u64..).zip(bytes.chunks_mut(8)) {
        let digest = sim::digest(&(name, part)).to_le_bytes();
        chunk.copy_from_slice(digest.get(..chunk.len()).unwrap_or_default());
    }
    bytes
}

macro_rules! named {
    ($($fn:ident: $type:ident),*) => {
        $(pub(super) fn $fn(&mut self, name: &str) -> $type {
            let id = $type::from_random(bytes(name));
            self.0.insert(id.to_string(), name.to_owned());
            id
        })*
    };
}

impl Names {
    named!(node: NodeId, service: ServiceId, task: TaskId, network: NetworkId, secret: SecretId,
        config: ConfigId);

    /// An id that the model made.
    pub(super) fn learn(&mut self, id: &str, name: &str) {
        self.0.insert(id.to_owned(), name.to_owned());
    }

    /// A text with every id turned back into its name.
    pub(super) fn translate(&self, text: &str) -> String {
        let known = self.0.iter();
        known.fold(text.to_owned(), |text, (id, name)| text.replace(id, name))
    }

    /// The name of an id.
    pub(super) fn of(&self, id: impl std::fmt::Display) -> String {
        let id = id.to_string();
        self.0.get(&id).cloned().unwrap_or(id)
    }

    /// Constraints with known names in place of values turned into ids.
    pub(super) fn constraints(&self, values: &[Value]) -> Vec<String> {
        let constraints = strings(values);
        constraints.into_iter().map(|one| self.constraint(&one)).collect()
    }

    fn constraint(&self, text: &str) -> String {
        let operator = if text.contains("==") { "==" } else { "!=" };
        let Some((key, value)) = text.split_once(operator) else { return text.to_owned() };
        if !key.trim().eq_ignore_ascii_case("node.id") {
            return text.to_owned();
        }
        let id = self.0.iter().find(|(_, name)| *name == value.trim()).map(|(id, _)| id);
        id.map_or_else(|| text.to_owned(), |id| format!("{key}{operator} {id}"))
    }
}

pub(super) fn state(word: &str) -> Option<TaskState> {
    use TaskState as S;
    let all = [
        S::New,
        S::Pending,
        S::Assigned,
        S::Accepted,
        S::Preparing,
        S::Ready,
        S::Starting,
        S::Running,
        S::Complete,
        S::Shutdown,
        S::Failed,
        S::Rejected,
        S::Remove,
        S::Orphaned,
    ];
    all.into_iter().find(|state| state.as_str() == word)
}

pub(super) fn node_state(word: &str) -> NodeState {
    match word {
        "down" => NodeState::Down,
        "unknown" => NodeState::Unknown,
        "disconnected" => NodeState::Disconnected,
        _ => NodeState::Ready,
    }
}

pub(super) fn node_state_word(state: NodeState) -> &'static str {
    match state {
        NodeState::Unknown => "unknown",
        NodeState::Down => "down",
        NodeState::Ready => "ready",
        NodeState::Disconnected => "disconnected",
    }
}

pub(super) fn update_word(state: UpdateState) -> &'static str {
    state.as_str()
}

pub(super) fn labels(value: Option<&Value>) -> Labels {
    let entries = value.and_then(Value::as_object).into_iter().flatten();
    entries.map(|(key, value)| (key.clone(), value.as_str().unwrap_or("").to_owned())).collect()
}

fn generic(value: Option<&Value>) -> Vec<GenericResource> {
    let mut all = Vec::new();
    for (kind, amount) in value.and_then(Value::as_object).into_iter().flatten() {
        let kind = kind.clone();
        match amount.as_i64() {
            Some(value) => all.push(GenericResource::Discrete { kind, value }),
            None => all.extend(
                strings(array(amount))
                    .into_iter()
                    .map(|value| GenericResource::Named { kind: kind.clone(), value }),
            ),
        }
    }
    all
}

pub(super) fn resources(value: &Value) -> Resources {
    Resources {
        nano_cpus: number(value, "nano_cpus").unwrap_or(0),
        memory_bytes: number(value, "memory_bytes").unwrap_or(0),
        generic: generic(value.get("generic")),
    }
}

/// What a case says of a node's machine; nothing at all if it has none of these words.
fn description(value: &Value) -> Option<NodeDescription> {
    let words = [
        "hostname",
        "platform",
        "engine_labels",
        "nano_cpus",
        "memory_bytes",
        "generic",
        "plugins",
        "description",
    ];
    words.iter().any(|word| value.get(word).is_some()).then(|| NodeDescription {
        hostname: text(value, "hostname"),
        platform: value.get("platform").map_or_else(Platform::default, |platform| Platform {
            architecture: text(platform, "arch"),
            os: text(platform, "os"),
        }),
        resources: resources(value),
        engine_version: String::new(),
        engine_labels: labels(value.get("engine_labels")),
        tls_root: None,
        plugins: list(value, "plugins")
            .iter()
            .filter_map(|pair| {
                let pair = strings(array(pair));
                Some((pair.first()?.clone(), pair.get(1)?.clone()))
            })
            .collect(),
    })
}

/// Changes what a case names on a node.
pub(super) fn change_node(node: &mut Node, value: &Value) {
    let has = |key: &str| value.get(key).is_some();
    if has("state") {
        node.status.state = node_state(&text(value, "state"));
    }
    if has("addr") {
        node.status.addr = text(value, "addr");
    }
    if has("availability") {
        node.spec.availability = match text(value, "availability").as_str() {
            "pause" => Availability::Pause,
            "drain" => Availability::Drain,
            _ => Availability::Active,
        };
    }
    if has("role") {
        let manager = text(value, "role") == "manager";
        node.role = if manager { NodeRole::Manager } else { NodeRole::Worker };
        node.spec.desired_role = node.role;
    }
    if has("labels") {
        node.spec.annotations.labels = labels(value.get("labels"));
    }
    let Some(new) = description(value) else { return };
    let about = node.description.get_or_insert_with(NodeDescription::default);
    if has("memory_bytes") {
        about.resources.memory_bytes = new.resources.memory_bytes;
    }
    if has("nano_cpus") {
        about.resources.nano_cpus = new.resources.nano_cpus;
    }
    if has("generic") {
        about.resources.generic = new.resources.generic;
    }
    if has("hostname") {
        about.hostname = new.hostname;
    }
    if has("engine_labels") {
        about.engine_labels = new.engine_labels;
    }
    if has("platform") {
        about.platform = new.platform;
    }
    if has("plugins") {
        about.plugins = new.plugins;
    }
}

pub(super) fn node(names: &mut Names, value: &Value) -> Node {
    let mut node = Node {
        id: names.node(&text(value, "id")),
        meta: Meta::default(),
        spec: NodeSpec::default(),
        description: None,
        status: NodeStatus { state: NodeState::Ready, ..NodeStatus::default() },
        manager_status: None,
        role: NodeRole::Worker,
        attachments: Vec::new(),
    };
    change_node(&mut node, value);
    node
}

fn ns(value: &Value, key: &str) -> Option<i64> {
    number(value, key).map(|ms| ms.saturating_mul(1_000_000))
}

pub(super) fn restart(value: &Value) -> RestartPolicy {
    RestartPolicy {
        condition: match text(value, "condition").as_str() {
            "none" => RestartCondition::None,
            "on-failure" => RestartCondition::OnFailure,
            _ => RestartCondition::Any,
        },
        delay_ns: ns(value, "delay_ms"),
        max_attempts: number(value, "max_attempts").and_then(|max| u64::try_from(max).ok()),
        window_ns: ns(value, "window_ms"),
    }
}

pub(super) fn update_config(value: &Value) -> UpdateConfig {
    let ratio = value.get("ratio").and_then(Value::as_f64).unwrap_or(0.0);
    UpdateConfig {
        parallelism: count(value, "parallelism").unwrap_or(1),
        delay_ns: ns(value, "delay_ms").unwrap_or(0),
        failure_action: match text(value, "failure_action").as_str() {
            "continue" => FailureAction::Continue,
            "rollback" => FailureAction::Rollback,
            _ => FailureAction::Pause,
        },
        monitor_ns: ns(value, "monitor_ms"),
        // the spec's own type; a ratio of a case has few digits
        max_failure_ratio: ratio.to_string().parse().unwrap_or(0.0),
        order: match text(value, "order").as_str() {
            "start-first" => UpdateOrder::StartFirst,
            _ => UpdateOrder::StopFirst,
        },
    }
}

/// A count; a negative one is sent as the wire sends it, unsigned.
pub(super) fn count(value: &Value, key: &str) -> Option<u64> {
    number(value, key).map(i64::cast_unsigned)
}

/// The mode a case names; `none`: none at all.
pub(super) fn mode(value: &Value) -> Option<ServiceMode> {
    let replicas = count(value, "replicas").unwrap_or(1);
    let max_concurrent = count(value, "max_concurrent").unwrap_or(replicas);
    let total_completions = count(value, "total").unwrap_or(replicas);
    match text(value, "mode").as_str() {
        "none" => None,
        "global" => Some(ServiceMode::Global),
        "global-job" => Some(ServiceMode::GlobalJob),
        "replicated-job" => Some(ServiceMode::ReplicatedJob { max_concurrent, total_completions }),
        _ => Some(ServiceMode::Replicated { replicas }),
    }
}

pub(super) fn service_spec(names: &Names, value: &Value, name: &str) -> ServiceSpec {
    let mut spec = ServiceSpec {
        annotations: Annotations { name: name.to_owned(), labels: Labels::new() },
        mode: mode(value).unwrap_or_default(),
        update: value.get("update").map(update_config),
        rollback: value.get("rollback").map(update_config),
        ..ServiceSpec::default()
    };
    spec.task_mut().container.image = text(value, "image");
    spec.task_mut().restart = value.get("restart").map(restart);
    spec.task_mut().placement.constraints = names.constraints(list(value, "constraints"));
    spec.task_mut().placement.max_replicas = count(value, "max_replicas").unwrap_or(0);
    if let Some(reserve) = value.get("reserve") {
        spec.task_mut().reservations = resources(reserve);
    }
    spec
}

pub(super) fn service(names: &mut Names, value: &Value) -> Service {
    let name = value.as_str().map_or_else(|| text(value, "id"), str::to_owned);
    Service {
        id: names.service(&name),
        meta: Meta::default(),
        spec: Rc::new(service_spec(names, value, &name)),
        spec_version: count(value, "spec_version").map(Version),
        previous_spec: None,
        previous_spec_version: None,
        endpoint: None,
        update_status: None,
        job_status: None,
    }
}

pub(super) fn protocol(word: &str) -> Protocol {
    match word {
        "udp" => Protocol::Udp,
        "sctp" => Protocol::Sctp,
        _ => Protocol::Tcp,
    }
}

fn host_port(value: &Value) -> PortConfig {
    let port = number(value, "port").and_then(|port| u16::try_from(port).ok()).unwrap_or(0);
    PortConfig {
        name: String::new(),
        protocol: protocol(&text(value, "proto")),
        target_port: port,
        published_port: port,
        publish_mode: PublishMode::Host,
    }
}

/// The task's spec: its service's, with what the case says of the task itself.
fn task_spec(names: &Names, base: &TaskSpec, value: &Value) -> TaskSpec {
    let mut spec = base.clone();
    if let Some(reserve) = value.get("reserve") {
        spec.reservations = resources(reserve);
    }
    let constraints = names.constraints(list(value, "constraints"));
    if !constraints.is_empty() {
        spec.placement.constraints = constraints;
    }
    spec.placement.preferences.extend(strings(list(value, "prefs")));
    for pair in list(value, "platforms") {
        let mut pair = strings(array(pair)).into_iter();
        spec.placement.platforms.push(Platform {
            architecture: pair.next().unwrap_or_default(),
            os: pair.next().unwrap_or_default(),
        });
    }
    if let Some(max) = count(value, "max_replicas") {
        spec.placement.max_replicas = max;
    }
    if value.get("image").is_some() {
        spec.container.image = text(value, "image");
    }
    for driver in strings(list(value, "volumes")) {
        let target = format!("/{driver}");
        let mount = Mount { target, volume_driver: driver, ..Mount::default() };
        spec.container.mounts.push(mount);
    }
    spec
}

pub(super) fn task(
    names: &mut Names,
    service: Option<&Service>,
    value: &Value,
    default_state: TaskState,
    now: Timestamp,
) -> Task {
    let word = |key: &str| state(&text(value, key));
    let base = service.map_or_else(TaskSpec::default, |service| (*service.spec.task).clone());
    let mut endpoint = service.map_or_else(EndpointSpec::default, |s| s.spec.endpoint.clone());
    endpoint.ports.extend(list(value, "host_ports").iter().map(host_port));
    let log_driver = value.get("log_driver").and_then(Value::as_str);
    let given = text(value, "service");
    let node = text(value, "node");
    Task {
        id: names.task(&text(value, "id")),
        meta: Meta::default(),
        spec: Rc::new(task_spec(names, &base, value)),
        spec_version: count(value, "spec_version").map(Version),
        service_id: (!given.is_empty()).then(|| names.service(&given)),
        slot: count(value, "slot").unwrap_or(0),
        node_id: (!node.is_empty()).then(|| names.node(&node)),
        annotations: Annotations::default(),
        service_annotations: Annotations { name: given, labels: Labels::new() },
        status: TaskStatus {
            timestamp: now,
            state: word("state").unwrap_or(default_state),
            ..TaskStatus::default()
        },
        desired_state: word("desired").unwrap_or(TaskState::Running),
        networks: strings(list(value, "networks"))
            .iter()
            .map(|name| NetworkAttachment {
                network: names.network(name),
                addresses: Vec::new(),
                aliases: Vec::new(),
            })
            .collect(),
        endpoint: Some(endpoint),
        ports: Vec::new(),
        log_driver: log_driver
            .map(|name| LogDriver { name: name.to_owned(), options: Labels::new() }),
        assigned_generic_resources: Vec::new(),
        job_iteration: None,
    }
}

pub(super) fn network(names: &mut Names, name: &str, driver: &str, ingress: bool) -> Network {
    Network {
        id: names.network(name),
        meta: Meta::default(),
        spec: NetworkSpec {
            annotations: Annotations { name: name.to_owned(), labels: Labels::new() },
            driver: driver.to_owned(),
            ingress,
            ..NetworkSpec::default()
        },
        ipam: Vec::new(),
        driver_state: Labels::new(),
        predefined: false,
    }
}

pub(super) fn secret(names: &mut Names, id: &str, name: &str) -> Secret {
    Secret {
        id: names.secret(id),
        meta: Meta::default(),
        spec: SecretSpec {
            annotations: Annotations { name: name.to_owned(), labels: Labels::new() },
            data: b"secret".to_vec(),
            ..SecretSpec::default()
        },
    }
}

pub(super) fn config(names: &mut Names, id: &str, name: &str) -> Config {
    Config {
        id: names.config(id),
        meta: Meta::default(),
        spec: ConfigSpec {
            annotations: Annotations { name: name.to_owned(), labels: Labels::new() },
            data: b"config".to_vec(),
            ..ConfigSpec::default()
        },
    }
}

pub(super) fn cluster(given: &Value) -> Cluster {
    let mut spec = ClusterSpec::default();
    if let Some(limit) = number(given, "task_history_limit") {
        spec.task_history_retention_limit = limit;
    }
    if let Some(seconds) = number(given, "heartbeat_s") {
        spec.heartbeat_period_ns = seconds.saturating_mul(api::SECOND_NS);
    }
    Cluster {
        id: ClusterId::from_random(bytes("cluster")),
        meta: Meta::default(),
        spec,
        ca_digest: Digest([0; 32]),
        worker_token: String::new(),
        manager_token: String::new(),
        unlock_key: None,
        default_addr_pool: vec!["10.0.0.0/8".to_owned()],
        subnet_size: 24,
        data_path_port: 4789,
        blacklisted_certificates: BTreeMap::new(),
        root_rotation: false,
    }
}
