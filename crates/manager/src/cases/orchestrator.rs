//! Cases of orchestrators, restart supervisor, updater, reaper and enforcer.

use super::world::{NOTHING, World};
use super::{Player, build, each, list, number, strings, text};
use crate::leader::Parts;
use crate::orchestrator::is_job;
use crate::orchestrator::loops::Enabled;
use api::{
    JobStatus, Object, ObjectId, Service, ServiceMode, ServiceSpec, Task, TaskState, Version,
};
use serde_json::{Value, json};
use share::Rc;
use std::collections::BTreeMap;

pub(super) struct Play {
    world: World,
    given: Vec<String>,
}

impl Play {
    pub(super) fn new(given: &Value) -> Self {
        let mut world = World::new();
        world.create(Object::Cluster(Rc::new(build::cluster(given))));
        for value in list(given, "nodes") {
            let node = build::node(&mut world.names, value);
            world.create(Object::Node(Rc::new(node)));
        }
        for value in list(given, "services") {
            let mut service = build::service(&mut world.names, value);
            if is_job(&service) {
                service.job_status = Some(JobStatus::default());
            }
            world.create(Object::Service(Rc::new(service)));
        }
        let mut play = Self { world, given: Vec::new() };
        for value in list(given, "tasks") {
            play.add_task(value);
        }
        play.world.auto_agent = text(given, "agent") == "auto";
        play
    }

    fn add_task(&mut self, value: &Value) {
        let service = self.service(&text(value, "service")).ok();
        let now = self.world.at();
        let names = &mut self.world.names;
        let task = build::task(names, service.as_deref(), value, TaskState::New, now);
        self.given.push(text(value, "id"));
        self.world.create(Object::Task(Rc::new(task)));
    }

    fn service(&mut self, name: &str) -> Result<Rc<Service>, String> {
        let id = self.world.names.service(name);
        self.world.store.service(id).cloned().ok_or_else(|| format!("no service {name}"))
    }

    fn task(&mut self, name: &str) -> Option<Rc<Task>> {
        let id = self.world.names.task(name);
        self.world.store.task(id).cloned()
    }

    fn tasks(&mut self, service: &str) -> Vec<Rc<Task>> {
        let id = self.world.names.service(service);
        self.world.store.tasks_of_service(id).cloned().collect()
    }

    fn is_live(&self, task: &Task) -> bool {
        let service = task.service_id.and_then(|id| self.world.store.service(id));
        let job = service.is_some_and(|service| is_job(service));
        task.desired_state <= if job { TaskState::Complete } else { TaskState::Running }
    }

    fn live(&mut self, service: &str) -> Vec<Rc<Task>> {
        let tasks = self.tasks(service);
        tasks.into_iter().filter(|task| self.is_live(task)).collect()
    }

    fn set_live(&mut self, service: &str, state: TaskState) {
        for task in self.live(service) {
            if task.status.state < TaskState::Complete {
                self.world.report(&task, state);
            }
        }
    }

    fn set_service(&mut self, name: &str, change: impl FnOnce(&mut Service)) -> Result<(), String> {
        let mut service = Service::clone(&*self.service(name)?);
        change(&mut service);
        self.world.update(Object::Service(Rc::new(service)));
        Ok(())
    }

    fn update_service(&mut self, step: &Value) -> Result<(), String> {
        let name = text(step, "service");
        let old = Rc::clone(&self.service(&name)?.spec);
        let mut spec = ServiceSpec::clone(&old);
        if step.get("image").is_some() {
            spec.task_mut().container.image = text(step, "image");
        }
        if step.get("constraints").is_some() {
            let constraints = self.world.names.constraints(list(step, "constraints"));
            spec.task_mut().placement.constraints = constraints;
        }
        let version = build::count(step, "spec_version").map(Version);
        self.set_service(&name, |service| {
            service.previous_spec = Some(old);
            service.previous_spec_version = service.spec_version;
            service.spec = Rc::new(spec);
            service.spec_version = version.or(service.spec_version);
            service.update_status = None;
            if let Some(status) = &mut service.job_status {
                status.job_iteration += 1;
            }
        })
    }

    fn scale(&mut self, step: &Value) -> Result<(), String> {
        let wanted = build::count(step, "replicas").ok_or("no replicas")?;
        self.set_service(&text(step, "service"), |service| {
            let mut spec = ServiceSpec::clone(&service.spec);
            spec.mode = match spec.mode {
                ServiceMode::ReplicatedJob { max_concurrent, .. } => {
                    ServiceMode::ReplicatedJob { max_concurrent, total_completions: wanted }
                }
                ServiceMode::Replicated { .. } | ServiceMode::Global | ServiceMode::GlobalJob => {
                    ServiceMode::Replicated { replicas: wanted }
                }
            };
            service.spec = Rc::new(spec);
            if let Some(status) = &mut service.job_status {
                status.job_iteration += 1;
            }
        })
    }

    fn set_node(&mut self, step: &Value) -> Result<(), String> {
        let id = self.world.names.node(&text(step, "node"));
        let mut node = (**self.world.store.node(id).ok_or("no such node")?).clone();
        build::change_node(&mut node, step);
        self.world.update(Object::Node(Rc::new(node)));
        Ok(())
    }

    fn start(&mut self, step: &Value) {
        let only = strings(list(step, "only"));
        let runs = |name: &str| only.is_empty() || only.iter().any(|part| part == name);
        let loops = Enabled {
            orchestrators: ["replicated", "global", "jobs", "orchestrators", "orchestrator"]
                .iter()
                .any(|name| runs(name)),
            reaper: runs("reaper"),
            enforcer: runs("enforcer"),
        };
        self.world.lead(Parts { loops, ..NOTHING });
    }

    fn histogram(tasks: &[Rc<Task>], key: impl Fn(&Task) -> &str) -> Value {
        let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
        for task in tasks {
            *counts.entry(key(task)).or_default() += 1;
        }
        json!(counts)
    }

    fn look_at_tasks(&mut self, name: &str, wanted: &Value) -> Option<Value> {
        let show: fn(&Task) -> Value = match name {
            "desired" => |task| json!(task.desired_state.as_str()),
            "observed" => |task| json!(task.status.state.as_str()),
            "message" => |task| json!(task.status.message),
            "err" => |task| json!(task.status.err),
            _ => return None,
        };
        Some(each(wanted, |task, _| self.task(task).map_or(json!("gone"), |task| show(&task))))
    }

    fn look_at_services(&mut self, name: &str, wanted: &Value) -> Option<Value> {
        Some(match name {
            "live_slots" => each(wanted, |s, _| {
                let mut slots: Vec<u64> = self.live(s).iter().map(|task| task.slot).collect();
                slots.sort_unstable();
                json!(slots)
            }),
            "live_nodes" => each(wanted, |s, _| {
                let live = self.live(s);
                let nodes = live.iter().filter_map(|task| task.node_id);
                let mut nodes: Vec<String> = nodes.map(|id| self.world.names.of(id)).collect();
                nodes.sort();
                json!(nodes)
            }),
            "live_images" => each(wanted, |s, _| {
                let live = self.live(s);
                let mut images: Vec<&str> =
                    live.iter().map(|task| task.spec.container.image.as_str()).collect();
                images.sort_unstable();
                json!(images)
            }),
            "total" => each(wanted, |s, _| json!(self.tasks(s).len())),
            "job_slots" => each(wanted, |s, _| {
                let mut slots: Vec<u64> = self.tasks(s).iter().map(|task| task.slot).collect();
                slots.sort_unstable();
                json!(slots)
            }),
            "desired_count" => each(wanted, |s, _| {
                Self::histogram(&self.tasks(s), |task| task.desired_state.as_str())
            }),
            "observed_count" => each(wanted, |s, _| {
                Self::histogram(&self.tasks(s), |task| task.status.state.as_str())
            }),
            "image_total" => each(wanted, |s, images| {
                let tasks = self.tasks(s);
                each(images, |image, _| json!(of_image(&tasks, image).count()))
            }),
            "image_desired" => each(wanted, |s, images| {
                let tasks = self.tasks(s);
                each(images, |image, _| {
                    let desired = of_image(&tasks, image).map(|t| t.desired_state.as_str());
                    let mut desired: Vec<&str> = desired.collect();
                    desired.sort_unstable();
                    json!(desired)
                })
            }),
            _ => return None,
        })
    }

    fn look_at_updates(&mut self, name: &str, wanted: &Value) -> Option<Value> {
        let status = |play: &mut Self, s: &str| {
            play.service(s).ok().and_then(|service| service.update_status.clone())
        };
        Some(match name {
            "update_status" => each(wanted, |s, _| match status(self, s) {
                Some(status) => json!([build::update_word(status.state), status.message]),
                None => Value::Null,
            }),
            "update_state" => each(wanted, |s, _| {
                json!(status(self, s).map(|status| build::update_word(status.state)))
            }),
            "update_message_prefix" => each(wanted, |s, prefix| {
                let message = status(self, s).map(|status| status.message).unwrap_or_default();
                let starts = message.starts_with(prefix.as_str().unwrap_or("?"));
                if starts { prefix.clone() } else { json!(message) }
            }),
            _ => return None,
        })
    }

    /// A task that the orchestrator made, in the words of `wanted`.
    fn new_task(&mut self, wanted: &Value) -> Value {
        let tasks = self.tasks(&text(wanted, "service"));
        let given = self.given.clone();
        let made = |task: &&Rc<Task>| !given.contains(&self.world.names.of(task.id));
        let Some(task) = tasks.iter().find(made) else { return json!("none") };
        json!({
            "service": text(wanted, "service"),
            "state": task.status.state.as_str(),
            "desired": task.desired_state.as_str(),
            "message": task.status.message,
        })
    }
}

fn of_image<'a>(tasks: &'a [Rc<Task>], image: &'a str) -> impl Iterator<Item = &'a Rc<Task>> {
    tasks.iter().filter(move |task| task.spec.container.image == image)
}

impl Player for Play {
    fn step(&mut self, step: &Value) -> Result<(), String> {
        let service = text(step, "service");
        match text(step, "do").as_str() {
            "start" => self.start(step),
            "scale" => self.scale(step)?,
            "update_service" => self.update_service(step)?,
            "delete_service" => {
                let id = self.service(&service)?.id;
                self.world.remove(ObjectId::Service(id));
            }
            "create_task" => self.add_task(step.get("task").unwrap_or(&Value::Null)),
            "delete_task" => {
                let task = self.task(&text(step, "task")).ok_or("no such task")?;
                self.world.remove(ObjectId::Task(task.id));
            }
            "delete_live" => {
                for task in self.live(&service) {
                    self.world.remove(ObjectId::Task(task.id));
                }
            }
            "set_task" => {
                let task = self.task(&text(step, "task")).ok_or("no such task")?;
                let state = build::state(&text(step, "state")).ok_or("no such state")?;
                self.world.report(&task, state);
            }
            "fail_live" => self.set_live(&service, TaskState::Failed),
            "complete_live" => self.set_live(&service, TaskState::Complete),
            "set_live" => {
                let state = build::state(&text(step, "state")).ok_or("no such state")?;
                self.set_live(&service, state);
            }
            "set_node" => self.set_node(step)?,
            "add_node" => {
                let value = step.get("node").unwrap_or(&Value::Null);
                let node = build::node(&mut self.world.names, value);
                self.world.create(Object::Node(Rc::new(node)));
            }
            "delete_node" => {
                let id = self.world.names.node(&text(step, "node"));
                self.world.remove(ObjectId::Node(id));
            }
            "wait_ms" => {
                self.world.wait(number(step, "ms").unwrap_or(0).unsigned_abs() * 1000);
            }
            other => return Err(format!("unknown step {other}")),
        }
        self.world.settle();
        Ok(())
    }

    fn look(&mut self, name: &str, wanted: &Value) -> Result<Value, String> {
        match name {
            "gone" => {
                let names = strings(super::array(wanted));
                Ok(names.into_iter().filter(|name| self.task(name).is_none()).collect())
            }
            "live_ids" => {
                let live = self.world.store.tasks().filter(|task| self.is_live(task));
                let mut names: Vec<String> =
                    live.map(|task| self.world.names.of(task.id)).collect();
                names.sort();
                Ok(json!(names))
            }
            "new_task" => Ok(self.new_task(wanted)),
            _ => self
                .look_at_tasks(name, wanted)
                .or_else(|| self.look_at_services(name, wanted))
                .or_else(|| self.look_at_updates(name, wanted))
                .ok_or_else(|| format!("unknown expectation {name}")),
        }
    }
}
