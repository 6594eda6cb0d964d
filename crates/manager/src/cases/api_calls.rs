//! Cases of the control API over a store.

use super::world::{NOTHING, World};
use super::{Player, array, build, each, error_value, list, number, text};
use crate::controlapi;
use api::{
    Annotations, ApiError, ConfigSpec, ControlRequest as Ask, ControlResponse, EndpointMode,
    FileReference, Mount, NetworkAttachmentConfig, NetworkSpec, Object, ObjectId, PortConfig,
    PublishMode, SecretSpec, Service, ServiceSpec, TaskState, Version,
};
use serde_json::{Value, json};
use share::Rc;

pub(super) struct Play {
    world: World,
    calls: u64,
    last: Result<(), ApiError>,
    service: Option<String>,
}

impl Play {
    pub(super) fn new(given: &Value) -> Self {
        let mut world = World::new();
        world.create(Object::Cluster(Rc::new(build::cluster(given))));
        let ingress = build::network(&mut world.names, "ingress", "overlay", true);
        world.create(Object::Network(Rc::new(ingress)));
        for value in list(given, "nodes") {
            let node = build::node(&mut world.names, value);
            world.create(Object::Node(Rc::new(node)));
        }
        for value in list(given, "services") {
            let service = build::service(&mut world.names, value);
            world.create(Object::Service(Rc::new(service)));
        }
        let now = world.at();
        for value in list(given, "tasks") {
            let id = world.names.service(&text(value, "service"));
            let service = world.store.service(id).cloned();
            let names = &mut world.names;
            let task = build::task(names, service.as_deref(), value, TaskState::New, now);
            world.create(Object::Task(Rc::new(task)));
        }
        world.lead(NOTHING);
        Self { world, calls: 0, last: Ok(()), service: None }
    }

    fn call(&mut self, request: Ask) -> Option<ControlResponse> {
        self.calls += 1;
        let now = self.world.at();
        let World { leader, store, members, rng, .. } = &mut self.world;
        let leader = leader.as_mut()?;
        leader.handle_control(self.calls, request, store, members, now, rng);
        self.world.work();
        let answers = self.world.leader.as_mut()?.take_answers();
        let (_, answer) = answers.into_iter().find(|(call, _)| *call == self.calls)?;
        self.last = answer.clone().map(|_| ());
        answer.ok()
    }

    fn stored(&mut self, name: &str) -> Option<Rc<Service>> {
        let mut all = self.world.store.services();
        all.find(|service| service.spec.annotations.name == name).cloned()
    }

    fn create_service(&mut self, step: &Value) {
        let name = text(step, "name");
        let spec = self.spec(step, &name);
        if build::mode(step).is_none() {
            // no mode at all can stand on the wire only
            self.last = controlapi::validate_service(&spec, None);
            return;
        }
        if let Some(ControlResponse::Service(service)) =
            self.call(Ask::CreateService(Box::new(spec)))
        {
            let known = format!("<id of {name}>");
            self.world.names.learn(service.id.as_str(), &known);
            self.service = Some(name);
        }
    }

    fn spec(&mut self, step: &Value, name: &str) -> ServiceSpec {
        let mut spec = build::service_spec(&self.world.names, step, name);
        let policy = json!({
            "condition": step.get("restart_condition"),
            "delay_ms": step.get("restart_delay_ms"),
            "max_attempts": step.get("restart_max_attempts"),
            "window_ms": step.get("restart_window_ms"),
        });
        spec.task_mut().restart = Some(build::restart(&policy));
        if let Some(limits) = step.get("limits") {
            spec.task_mut().limits = build::resources(limits);
        }
        if text(step, "endpoint_mode") == "dnsrr" {
            spec.endpoint.mode = EndpointMode::Dnsrr;
        }
        spec.endpoint.ports = list(step, "ports").iter().map(port).collect();
        spec.task_mut().networks = self.networks(step);
        for target in super::strings(list(step, "mounts")) {
            spec.task_mut().container.mounts.push(Mount { target, ..Mount::default() });
        }
        let secrets = list(step, "secrets").iter();
        spec.task_mut().container.secrets = secrets.map(|value| self.file(value, false)).collect();
        let configs = list(step, "configs").iter();
        spec.task_mut().container.configs = configs.map(|value| self.file(value, true)).collect();
        spec
    }

    fn networks(&mut self, value: &Value) -> Vec<NetworkAttachmentConfig> {
        let names = super::strings(list(value, "networks")).into_iter();
        names
            .map(|name| {
                let target = self.world.names.network(&name).to_string();
                NetworkAttachmentConfig { target, ..NetworkAttachmentConfig::default() }
            })
            .collect()
    }

    /// `[id, name]` or `[id, name, file]`.
    fn file(&mut self, value: &Value, config: bool) -> FileReference {
        let parts = super::strings(array(value));
        let part = |index: usize| parts.get(index).cloned().unwrap_or_default();
        let id = part(0);
        let names = &mut self.world.names;
        let id = match (id.as_str(), config) {
            ("", _) => id,
            (_, true) => names.config(&id).to_string(),
            (_, false) => names.secret(&id).to_string(),
        };
        let target = if parts.len() > 2 { part(2) } else { part(1) };
        FileReference { id, name: part(1), target, ..FileReference::default() }
    }

    fn update_service(&mut self, step: &Value) -> Result<(), String> {
        let name = text(step, "service");
        let service = self.stored(&name).ok_or("no such service")?;
        let mut spec = ServiceSpec::clone(&service.spec);
        let set = step.get("set").unwrap_or(&Value::Null);
        if set.get("image").is_some() {
            spec.task_mut().container.image = text(set, "image");
        }
        if set.get("name").is_some() {
            spec.annotations.name = text(set, "name");
        }
        if set.get("ports").is_some() {
            spec.endpoint.ports = list(set, "ports").iter().map(port).collect();
        }
        if set.get("replicas").is_some() || set.get("mode").is_some() {
            spec.mode = build::mode(set).unwrap_or(spec.mode);
        }
        if set.get("networks").is_some() {
            spec.task_mut().networks = self.networks(set);
        }
        if set.get("constraints").is_some() {
            let constraints = self.world.names.constraints(list(set, "constraints"));
            spec.task_mut().placement.constraints = constraints;
        }
        let version = build::count(step, "version").map_or(service.meta.version, Version);
        let rollback = step.get("rollback").and_then(Value::as_bool).unwrap_or(false);
        let (id, spec) = (service.id, Box::new(spec));
        self.call(Ask::UpdateService { id, version, spec, rollback });
        self.service = Some(name);
        Ok(())
    }

    fn create(&mut self, step: &Value) -> Result<(), String> {
        let id = text(step, "id");
        let now = self.world.at();
        let names = &mut self.world.names;
        let object = match text(step, "do").as_str() {
            "create_node" => Object::Node(Rc::new(build::node(names, step))),
            "create_task" => {
                Object::Task(Rc::new(build::task(names, None, step, TaskState::New, now)))
            }
            "create_config" => {
                Object::Config(Rc::new(build::config(names, &id, &text(step, "name"))))
            }
            "create_secret" => {
                Object::Secret(Rc::new(build::secret(names, &id, &text(step, "name"))))
            }
            "create_network" => {
                let mut network = build::network(names, &id, "overlay", false);
                network.spec.annotations.name = text(step, "name");
                Object::Network(Rc::new(network))
            }
            other => return Err(format!("unknown step {other}")),
        };
        self.world.create(object);
        Ok(())
    }

    fn show_service(&mut self, wanted: &Value) -> Value {
        let Some(service) = self.service.clone().and_then(|name| self.stored(&name)) else {
            return Value::Null;
        };
        each(wanted, |field, _| match field {
            "image" => json!(service.spec.task.container.image),
            "previous_image" => {
                json!(service.previous_spec.as_ref().map(|spec| &spec.task.container.image))
            }
            "update_status" => json!(
                service
                    .update_status
                    .as_ref()
                    .map(|status| json!([build::update_word(status.state), status.message]))
            ),
            other => json!(format!("unknown field {other}")),
        })
    }
}

/// `[published, target, protocol, mode]`.
fn port(value: &Value) -> PortConfig {
    let parts = array(value);
    let port = |index: usize| {
        let port = parts.get(index).and_then(Value::as_u64).unwrap_or(0);
        u16::try_from(port).unwrap_or(0)
    };
    let word = |index: usize| parts.get(index).and_then(Value::as_str).unwrap_or("");
    let host = word(3) == "host";
    PortConfig {
        name: String::new(),
        protocol: build::protocol(word(2)),
        target_port: port(1),
        published_port: port(0),
        publish_mode: if host { PublishMode::Host } else { PublishMode::Ingress },
    }
}

/// The annotations and data of a secret or config that a case has made.
fn sized(step: &Value) -> (Annotations, Vec<u8>) {
    let annotations = Annotations { name: text(step, "name"), ..Annotations::default() };
    let size = number(step, "size").and_then(|size| usize::try_from(size).ok());
    (annotations, vec![b'x'; size.unwrap_or(0)])
}

impl Play {
    /// Requests that make or take away what is not a service.
    fn ask(&mut self, step: &Value) -> Option<Ask> {
        let id = text(step, "id");
        let flag = |key: &str| step.get(key).and_then(Value::as_bool).unwrap_or(false);
        let names = &mut self.world.names;
        Some(match text(step, "do").as_str() {
            "get_service_id" => Ask::GetService(names.service(&id)),
            "remove_service_id" => Ask::RemoveService(names.service(&id)),
            "remove_node" => Ask::RemoveNode { id: names.node(&id), force: flag("force") },
            "remove_secret" => Ask::RemoveSecret(names.secret(&id)),
            "remove_config" => Ask::RemoveConfig(names.config(&id)),
            "remove_network" => Ask::RemoveNetwork(names.network(&id)),
            "remove_task" => Ask::RemoveTask(names.task(&id)),
            "api_create_secret" => {
                let (annotations, data) = sized(step);
                Ask::CreateSecret(Box::new(SecretSpec {
                    annotations,
                    data,
                    ..SecretSpec::default()
                }))
            }
            "api_create_config" => {
                let (annotations, data) = sized(step);
                Ask::CreateConfig(Box::new(ConfigSpec {
                    annotations,
                    data,
                    ..ConfigSpec::default()
                }))
            }
            "api_create_network" => {
                let labels = build::labels(step.get("labels"));
                Ask::CreateNetwork(Box::new(NetworkSpec {
                    annotations: Annotations { name: text(step, "name"), labels },
                    driver: text(step, "driver"),
                    ingress: flag("ingress"),
                    attachable: flag("attachable"),
                    ..NetworkSpec::default()
                }))
            }
            _ => return None,
        })
    }
}

impl Player for Play {
    fn step(&mut self, step: &Value) -> Result<(), String> {
        let id = text(step, "id");
        self.last = Ok(());
        if let Some(request) = self.ask(step) {
            self.call(request);
            return Ok(());
        }
        match text(step, "do").as_str() {
            "create_service" => self.create_service(step),
            "update_service" => self.update_service(step)?,
            "remove_service" => {
                let service = self.stored(&text(step, "service")).ok_or("no such service")?;
                self.call(Ask::RemoveService(service.id));
            }
            "update_service_id" => {
                let id = self.world.names.service(&id);
                let spec = self.spec(&json!({ "image": "nginx" }), "nope");
                let (version, spec) = (Version(1), Box::new(spec));
                self.call(Ask::UpdateService { id, version, spec, rollback: false });
            }
            "remove_ingress" => {
                let id = self.world.names.network("ingress");
                self.world.remove(ObjectId::Network(id));
            }
            _ => self.create(step)?,
        }
        Ok(())
    }

    fn look(&mut self, name: &str, wanted: &Value) -> Result<Value, String> {
        match (name, &self.last) {
            ("ok", Ok(())) => Ok(json!(true)),
            ("ok" | "error", Err(error)) => {
                let message = self.world.names.translate(&error.message);
                Ok(error_value(&ApiError { message, ..error.clone() }, wanted))
            }
            ("service", _) => Ok(self.show_service(wanted)),
            ("task_states" | "task_messages", _) => Ok(each(wanted, |task, _| {
                let id = self.world.names.task(task);
                let task = self.world.store.task(id);
                match name {
                    "task_states" => json!(task.map(|task| task.status.state.as_str())),
                    _ => json!(task.map(|task| &task.status.message)),
                }
            })),
            _ => Err(format!("no {name}")),
        }
    }
}
