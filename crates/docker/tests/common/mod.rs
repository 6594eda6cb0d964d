//! A made-up daemon that answers from `tests/cli-golden/objects.json`, and a driver that runs a
//! command against it.
#![allow(dead_code, missing_docs, reason = "each test file uses its part")]
#![allow(unreachable_pub, reason = "shared by the test files")]

use api::*;
use docker::{Env, Input, Now, Step, start};
use serde_json::Value;
use share::Rc;
use std::collections::{BTreeMap, BTreeSet};

/// The instant a command runs at, far enough from the lab's start for all ages.
pub const NOW: Timestamp = Timestamp(100_000_000_000_000);

pub fn env(tty: bool, columns: u32) -> Env {
    Env {
        vars: BTreeMap::new(),
        columns,
        stdin_tty: tty,
        stdout_tty: tty,
        stderr_tty: tty,
        host: "node-1".into(),
        cwd: "/root".into(),
    }
}

pub fn words(line: &str) -> Vec<String> {
    line.replace("json\\ .", "json\u{1}.")
        .split(' ')
        .map(|word| word.replace('\u{1}', " "))
        .collect()
}

pub struct Daemon {
    pub nodes: Vec<Rc<Node>>,
    pub services: Vec<(Rc<Service>, Option<ServiceStatus>)>,
    pub tasks: Vec<Rc<Task>>,
    pub secrets: Vec<Rc<Secret>>,
    pub configs: Vec<Rc<Config>>,
    pub networks: Vec<NetworkResource>,
    pub cluster: Rc<Cluster>,
}

fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or("").to_owned()
}

fn int(value: &Value, key: &str) -> u64 {
    value[key].as_u64().unwrap_or(0)
}

fn at(value: &Value, key: &str) -> Timestamp {
    let text = text(value, key);
    let seconds = text.strip_prefix("now-").and_then(|t| t.strip_suffix('s'));
    let seconds: u64 = seconds.and_then(|s| s.parse().ok()).unwrap_or(0);
    Timestamp(NOW.0 - seconds * 1_000_000)
}

fn meta(value: &Value) -> Meta {
    Meta {
        version: Version(int(&value["Version"], "Index")),
        created_at: at(value, "CreatedAt"),
        updated_at: at(value, "UpdatedAt"),
    }
}

/// An id of 25 characters: shorter made-up ones are filled up with `x`.
fn full(id: &str) -> String {
    format!("{id:x<25}")
}

fn node(value: &Value) -> Node {
    let about = &value["Description"];
    let resources = &about["Resources"];
    Node {
        id: NodeId::parse(&text(value, "ID")).expect("id"),
        meta: meta(value),
        spec: NodeSpec {
            annotations: Annotations::default(),
            desired_role: match value["Spec"]["Role"].as_str() {
                Some("manager") => NodeRole::Manager,
                _ => NodeRole::Worker,
            },
            availability: match value["Spec"]["Availability"].as_str() {
                Some("pause") => Availability::Pause,
                Some("drain") => Availability::Drain,
                _ => Availability::Active,
            },
        },
        description: Some(NodeDescription {
            hostname: text(about, "Hostname"),
            platform: Platform {
                architecture: text(&about["Platform"], "Architecture"),
                os: text(&about["Platform"], "OS"),
            },
            resources: Resources {
                nano_cpus: resources["NanoCPUs"].as_i64().unwrap_or(0),
                memory_bytes: resources["MemoryBytes"].as_i64().unwrap_or(0),
                generic: Vec::new(),
            },
            engine_version: text(&about["Engine"], "EngineVersion"),
            engine_labels: Labels::new(),
            tls_root: None,
            plugins: about["Engine"]["Plugins"]
                .as_array()
                .expect("plugins")
                .iter()
                .map(|p| (text(p, "Type"), text(p, "Name")))
                .collect(),
        }),
        status: NodeStatus {
            state: match value["Status"]["State"].as_str() {
                Some("ready") => NodeState::Ready,
                Some("down") => NodeState::Down,
                _ => NodeState::Unknown,
            },
            message: text(&value["Status"], "Message"),
            addr: text(&value["Status"], "Addr"),
        },
        manager_status: value.get("ManagerStatus").map(|m| ManagerStatus {
            raft_id: 1,
            addr: text(m, "Addr"),
            leader: m["Leader"] == true,
            reachability: match m["Reachability"].as_str() {
                Some("reachable") => Reachability::Reachable,
                _ => Reachability::Unreachable,
            },
        }),
        role: NodeRole::Worker,
        attachments: Vec::new(),
    }
}

fn ports(value: &Value) -> Vec<PortConfig> {
    let port = |p: &Value| PortConfig {
        name: String::new(),
        protocol: if p["Protocol"] == "udp" { Protocol::Udp } else { Protocol::Tcp },
        target_port: u16::try_from(int(p, "TargetPort")).expect("port"),
        published_port: u16::try_from(int(p, "PublishedPort")).expect("port"),
        publish_mode: match p["PublishMode"].as_str() {
            Some("host") => PublishMode::Host,
            _ => PublishMode::Ingress,
        },
    };
    value["Ports"].as_array().map(|list| list.iter().map(port).collect()).unwrap_or_default()
}

fn service(value: &Value) -> (Rc<Service>, Option<ServiceStatus>) {
    let spec = &value["Spec"];
    let template = &spec["TaskTemplate"];
    let mode = &spec["Mode"];
    let mode = if let Some(r) = mode.get("Replicated") {
        ServiceMode::Replicated { replicas: int(r, "Replicas") }
    } else if let Some(job) = mode.get("ReplicatedJob") {
        ServiceMode::ReplicatedJob {
            max_concurrent: int(job, "MaxConcurrent"),
            total_completions: int(job, "TotalCompletions"),
        }
    } else if mode.get("GlobalJob").is_some() {
        ServiceMode::GlobalJob
    } else {
        ServiceMode::Global
    };
    let placement = &template["Placement"];
    let status = &value["ServiceStatus"];
    let service = Service {
        id: ServiceId::parse(&text(value, "ID")).expect("id"),
        meta: meta(value),
        spec: Rc::new(ServiceSpec {
            annotations: Annotations { name: text(spec, "Name"), labels: Labels::new() },
            task: Rc::new(TaskSpec {
                container: ContainerSpec {
                    image: text(&template["ContainerSpec"], "Image"),
                    ..ContainerSpec::default()
                },
                placement: Placement {
                    constraints: vec!["node.role==worker".into()],
                    max_replicas: int(placement, "MaxReplicas"),
                    ..Placement::default()
                },
                ..TaskSpec::default()
            }),
            mode,
            update: Some(UpdateConfig::default()),
            rollback: None,
            endpoint: EndpointSpec { mode: EndpointMode::Vip, ports: ports(&spec["EndpointSpec"]) },
        }),
        spec_version: None,
        previous_spec: None,
        previous_spec_version: None,
        endpoint: Some(Endpoint { ports: ports(&value["Endpoint"]), ..Endpoint::default() }),
        update_status: None,
        job_status: None,
    };
    let status = ServiceStatus {
        running_tasks: int(status, "RunningTasks"),
        desired_tasks: int(status, "DesiredTasks"),
        completed_tasks: int(status, "CompletedTasks"),
    };
    (Rc::new(service), Some(status))
}

pub fn state(word: &str) -> TaskState {
    use TaskState as S;
    [
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
    ]
    .into_iter()
    .find(|state| state.as_str() == word)
    .expect("state")
}

fn task(value: &Value) -> Task {
    let status = &value["Status"];
    Task {
        id: TaskId::parse(&text(value, "ID")).expect("id"),
        meta: meta(value),
        spec: Rc::new(TaskSpec {
            container: ContainerSpec {
                image: text(&value["Spec"]["ContainerSpec"], "Image"),
                ..ContainerSpec::default()
            },
            ..TaskSpec::default()
        }),
        spec_version: None,
        service_id: ServiceId::parse(&text(value, "ServiceID")),
        slot: int(value, "Slot"),
        node_id: NodeId::parse(&text(value, "NodeID")),
        annotations: Annotations::default(),
        service_annotations: Annotations::default(),
        status: TaskStatus {
            timestamp: at(status, "Timestamp"),
            state: state(&text(status, "State")),
            err: text(status, "Err"),
            port_status: ports(&status["PortStatus"]),
            ..TaskStatus::default()
        },
        desired_state: state(&text(value, "DesiredState")),
        networks: Vec::new(),
        endpoint: None,
        ports: Vec::new(),
        log_driver: None,
        assigned_generic_resources: Vec::new(),
        job_iteration: None,
    }
}

impl Daemon {
    pub fn golden() -> Self {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/cli-golden/objects.json");
        let all: Value =
            serde_json::from_str(&std::fs::read_to_string(path).expect("file")).expect("json");
        let list = |key: &str| all[key].as_array().expect("list").clone();
        let swarm = &all["swarm"];
        let cluster = Cluster {
            id: ClusterId::parse(&full("clusterid")).expect("id"),
            meta: Meta::default(),
            spec: ClusterSpec::default(),
            ca_digest: Digest([0; 32]),
            worker_token: text(&swarm["JoinTokens"], "Worker"),
            manager_token: text(&swarm["JoinTokens"], "Manager"),
            unlock_key: None,
            default_addr_pool: vec!["10.0.0.0/8".into()],
            subnet_size: 24,
            data_path_port: 4789,
            blacklisted_certificates: BTreeMap::new(),
            root_rotation: false,
        };
        let annotations =
            |v: &Value| Annotations { name: text(&v["Spec"], "Name"), labels: Labels::new() };
        Self {
            nodes: list("nodes").iter().map(|v| Rc::new(node(v))).collect(),
            services: list("services").iter().map(service).collect(),
            tasks: list("tasks").iter().map(|v| Rc::new(task(v))).collect(),
            secrets: list("secrets")
                .iter()
                .map(|v| {
                    Rc::new(Secret {
                        id: SecretId::parse(&text(v, "ID")).expect("id"),
                        meta: meta(v),
                        spec: SecretSpec {
                            annotations: annotations(v),
                            driver: text(&v["Spec"]["Driver"], "Name"),
                            ..SecretSpec::default()
                        },
                    })
                })
                .collect(),
            configs: list("configs")
                .iter()
                .map(|v| {
                    Rc::new(Config {
                        id: ConfigId::parse(&text(v, "ID")).expect("id"),
                        meta: meta(v),
                        spec: ConfigSpec { annotations: annotations(v), ..ConfigSpec::default() },
                    })
                })
                .collect(),
            networks: list("networks")
                .iter()
                .map(|v| NetworkResource {
                    id: text(v, "Id"),
                    name: text(v, "Name"),
                    driver: text(v, "Driver"),
                    scope: text(v, "Scope"),
                    ..NetworkResource::default()
                })
                .collect(),
            cluster: Rc::new(cluster),
        }
    }

    pub fn info(&self) -> SystemInfo {
        SystemInfo {
            id: "X".into(),
            server_version: "20.10.25".into(),
            swarm: SwarmInfo {
                node_id: "ehkv3bcimagdese79dn78otj5".into(),
                node_addr: "192.168.99.100".into(),
                local_node_state: LocalNodeState::Active,
                control_available: true,
                error: String::new(),
                remote_managers: vec![("a".into(), "192.168.99.100:2377".into())],
                nodes: 5,
                managers: 3,
                cluster: Some(self.cluster.clone()),
            },
            ..SystemInfo::default()
        }
    }

    pub fn answer(&self, request: &Request) -> Result<Response, ApiError> {
        let missing = |what: &str| Err(ApiError::new(404, format!("{what} not found")));
        let by = |filters: &Filters, key: &str, value: &str| {
            filters.get(key).is_none_or(|set: &BTreeSet<String>| {
                set.iter().any(|v| value.starts_with(v.as_str()))
            })
        };
        match request {
            Request::Info => Ok(Response::Info(Box::new(self.info()))),
            Request::SwarmInspect => Ok(Response::Cluster(self.cluster.clone())),
            Request::NodeList { .. } => Ok(Response::Nodes(self.nodes.clone())),
            Request::NodeInspect { node } => self
                .nodes
                .iter()
                .find(|n| {
                    let name = n.description.as_ref().map_or("", |d| d.hostname.as_str());
                    n.id.as_str() == node || name == node
                })
                .map_or_else(|| missing("node"), |n| Ok(Response::Node(n.clone()))),
            Request::ServiceList { filters, .. } => Ok(Response::Services(
                self.services
                    .iter()
                    .filter(|(s, _)| {
                        by(filters, "id", s.id.as_str())
                            && by(filters, "name", &s.spec.annotations.name)
                    })
                    .cloned()
                    .collect(),
            )),
            Request::ServiceInspect { service, .. } => self
                .services
                .iter()
                .find(|(s, _)| s.id.as_str() == service || s.spec.annotations.name == *service)
                .map_or_else(|| missing("service"), |(s, _)| Ok(Response::Service(s.clone()))),
            Request::TaskList { filters } => Ok(Response::Tasks(
                self.tasks
                    .iter()
                    .filter(|t| {
                        let service = t.service_id.map(|s| s.to_string()).unwrap_or_default();
                        let node = t.node_id.map(|s| s.to_string()).unwrap_or_default();
                        by(filters, "service", &service) && by(filters, "node", &node)
                    })
                    .cloned()
                    .collect(),
            )),
            Request::SecretList { .. } => Ok(Response::Secrets(self.secrets.clone())),
            Request::ConfigList { .. } => Ok(Response::Configs(self.configs.clone())),
            Request::NetworkList { .. } => Ok(Response::Networks(self.networks.clone())),
            Request::ServiceCreate { spec, .. } if spec.annotations.name == "conflict" => {
                Err(ApiError::rpc(
                    Code::AlreadyExists,
                    "name conflicts with an existing object: service conflict already exists",
                ))
            }
            _ => missing("object"),
        }
    }
}

/// What a command printed, both streams in their order, and its status.
pub struct Ran {
    pub text: String,
    pub err: String,
    pub code: i32,
}

/// Runs a command against the golden daemon.
pub fn run(daemon: &Daemon, line: &[String], tty: bool, columns: u32, now: Timestamp) -> Ran {
    let mut process = start(line, env(tty, columns));
    let mut ran = Ran { text: String::new(), err: String::new(), code: -1 };
    let mut inputs = vec![Input::Start];
    while let Some(input) = inputs.pop() {
        let mut more = Vec::new();
        // a running command is data: it survives being written down at every step
        let saved = serde_json::to_string(&process).expect("saved");
        assert_eq!(serde_json::from_str::<docker::Process>(&saved).expect("loaded"), process);
        for step in process.resume(Now(now), input) {
            match step {
                Step::Out(bytes) => ran.text += &String::from_utf8_lossy(&bytes),
                Step::Err(bytes) => {
                    ran.text += &String::from_utf8_lossy(&bytes);
                    ran.err += &String::from_utf8_lossy(&bytes);
                }
                Step::Exit(code) => ran.code = code,
                Step::Ask(call, request) | Step::Follow(call, request) => {
                    more.push(Input::Answer(call, daemon.answer(&request)));
                }
                other => panic!("unexpected {other:?}"),
            }
        }
        inputs.extend(more.into_iter().rev());
    }
    ran
}
