//! Cases of the control API over a store.

use super::world::{NOTHING, World};
use super::{Player, array, build, each, error_value, list, number, text};
use crate::controlapi;
use api::{
    ApiError, ControlRequest as Ask, ControlResponse, FileReference, NetworkAttachmentConfig,
    Object, ObjectId, PortConfig, PublishMode, SecretSpec, Service, ServiceSpec, TaskState,
    Version,
};
use serde_json::{Value, json};
use std::rc::Rc;

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
            "delay_ms": step.get("restart_delay_ms"),
            "window_ms": step.get("restart_window_ms"),
        });
        spec.task.restart = Some(build::restart(&policy));
        spec.endpoint.ports = list(step, "ports").iter().map(port).collect();
        for name in super::strings(list(step, "networks")) {
            let target = self.world.names.network(&name).to_string();
            let config = NetworkAttachmentConfig { target, ..NetworkAttachmentConfig::default() };
            spec.task.networks.push(config);
        }
        let secrets = list(step, "secrets").iter();
        spec.task.container.secrets = secrets.map(|value| self.file(value)).collect();
        let configs = list(step, "configs").iter();
        spec.task.container.configs = configs.map(|value| self.file(value)).collect();
        spec
    }

    /// `[id, name]` or `[id, name, file]`.
    fn file(&mut self, value: &Value) -> FileReference {
        let parts = super::strings(array(value));
        let part = |index: usize| parts.get(index).cloned().unwrap_or_default();
        let id = part(0);
        let id = if id.is_empty() { id } else { self.world.names.secret(&id).to_string() };
        let target = if parts.len() > 2 { part(2) } else { part(1) };
        FileReference { id, name: part(1), target, ..FileReference::default() }
    }

    fn update_service(&mut self, step: &Value) -> Result<(), String> {
        let name = text(step, "service");
        let service = self.stored(&name).ok_or("no such service")?;
        let mut spec = ServiceSpec::clone(&service.spec);
        let set = step.get("set").unwrap_or(&Value::Null);
        if set.get("image").is_some() {
            spec.task.container.image = text(set, "image");
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

impl Player for Play {
    fn step(&mut self, step: &Value) -> Result<(), String> {
        let id = text(step, "id");
        self.last = Ok(());
        match text(step, "do").as_str() {
            "create_service" => self.create_service(step),
            "update_service" => self.update_service(step)?,
            "update_service_id" => {
                let id = self.world.names.service(&id);
                let spec = self.spec(&json!({ "image": "nginx" }), "nope");
                let (version, spec) = (Version(1), Box::new(spec));
                self.call(Ask::UpdateService { id, version, spec, rollback: false });
            }
            "remove_service_id" => {
                let id = self.world.names.service(&id);
                self.call(Ask::RemoveService(id));
            }
            "remove_node" => {
                let id = self.world.names.node(&id);
                let force = step.get("force").and_then(Value::as_bool).unwrap_or(false);
                self.call(Ask::RemoveNode { id, force });
            }
            "remove_secret" => {
                let id = self.world.names.secret(&id);
                self.call(Ask::RemoveSecret(id));
            }
            "api_create_secret" => {
                let mut spec = SecretSpec::default();
                spec.annotations.name = text(step, "name");
                let size = number(step, "size").and_then(|size| usize::try_from(size).ok());
                spec.data = vec![b'x'; size.unwrap_or(0)];
                self.call(Ask::CreateSecret(Box::new(spec)));
            }
            "remove_network" => {
                let id = self.world.names.network(&id);
                self.call(Ask::RemoveNetwork(id));
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
