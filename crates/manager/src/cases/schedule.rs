//! Cases of the scheduler alone.

use super::world::{NOTHING, World};
use super::{Player, array, build, each, list, number, strings, text};
use crate::leader::Parts;
use api::{Object, ObjectId, Service, Task, TaskState, Version};
use serde_json::{Value, json};
use share::Rc;
use std::collections::BTreeMap;

pub(super) struct Play {
    world: World,
}

impl Play {
    pub(super) fn new(given: &Value) -> Self {
        let mut play = Self { world: World::new() };
        play.world.create(Object::Cluster(Rc::new(build::cluster(given))));
        for value in list(given, "nodes") {
            play.put_node(value);
        }
        for value in list(given, "services") {
            let service = build::service(&mut play.world.names, value);
            play.world.create(Object::Service(Rc::new(service)));
        }
        play.add_tasks(list(given, "tasks"));
        play
    }

    fn put_node(&mut self, value: &Value) {
        let node = Rc::new(build::node(&mut self.world.names, value));
        if self.world.store.node(node.id).is_some() {
            self.world.update(Object::Node(node));
        } else {
            self.world.create(Object::Node(node));
        }
    }

    fn add_tasks(&mut self, values: &[Value]) {
        for value in values {
            for driver in strings(list(value, "networks")) {
                let network = build::network(&mut self.world.names, &driver, &driver, false);
                if self.world.store.network(network.id).is_none() {
                    self.world.create(Object::Network(Rc::new(network)));
                }
            }
            let service = self.service(&text(value, "service"));
            let now = self.world.at();
            let names = &mut self.world.names;
            let task = build::task(names, service.as_deref(), value, TaskState::Pending, now);
            self.world.create(Object::Task(Rc::new(task)));
        }
    }

    fn service(&mut self, name: &str) -> Option<Rc<Service>> {
        let id = self.world.names.service(name);
        self.world.store.service(id).cloned()
    }

    fn task(&mut self, name: &str) -> Result<Rc<Task>, String> {
        let id = self.world.names.task(name);
        self.world.store.task(id).cloned().ok_or_else(|| format!("no task {name}"))
    }

    fn named(&self, prefix: &str) -> impl Iterator<Item = &Rc<Task>> {
        let names = &self.world.names;
        self.world.store.tasks().filter(move |task| names.of(task.id).starts_with(prefix))
    }

    /// Tasks per node, by names.
    fn counts(&self, prefix: &str) -> BTreeMap<String, u64> {
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for node in self.named(prefix).filter_map(|task| task.node_id) {
            *counts.entry(self.world.names.of(node)).or_default() += 1;
        }
        counts
    }

    fn pending(&self, prefix: &str) -> Vec<String> {
        let waits = |task: &&Rc<Task>| task.status.state == TaskState::Pending;
        self.named(prefix).filter(waits).map(|task| task.status.err.clone()).collect()
    }

    fn queued(&mut self, wanted: &Value, queued: bool) -> Value {
        let ids: Vec<(Value, _)> = array(wanted)
            .iter()
            .map(|name| (name.clone(), self.world.names.task(name.as_str().unwrap_or(""))))
            .collect();
        let Some(leader) = &self.world.leader else { return Value::Null };
        let is = |id| leader.scheduler().is_queued(id) == queued;
        ids.into_iter().filter(|(_, id)| is(*id)).map(|(name, _)| name).collect()
    }

    fn failures(&mut self, wanted: &Value) -> Value {
        let now = self.world.at();
        let (names, leader) = (&mut self.world.names, &self.world.leader);
        each(wanted, |node, services| {
            let node = names.node(node);
            each(services, |service, _| {
                let service = names.service(service);
                let scheduler = leader.as_ref().map(|leader| leader.scheduler());
                json!(scheduler.map_or(0, |scheduler| scheduler.failures(node, service, now)))
            })
        })
    }

    fn of_tasks(&mut self, wanted: &Value, show: impl Fn(&Self, &Task, &Value) -> Value) -> Value {
        each(wanted, |name, value| match self.task(name) {
            Ok(task) => show(self, &task, value),
            Err(why) => json!(why),
        })
    }

    fn node_of(&self, task: &Task) -> Value {
        match task.node_id {
            Some(node) if task.status.state >= TaskState::Assigned => {
                json!(self.world.names.of(node))
            }
            Some(_) | None => json!(format!("pending: {}", task.status.err)),
        }
    }

    fn look_at_tasks(&mut self, name: &str, wanted: &Value) -> Option<Value> {
        Some(match name {
            "assign" => self.of_tasks(wanted, |play, task, _| play.node_of(task)),
            "assign_any" => self.of_tasks(wanted, |play, task, any| {
                let node = play.node_of(task);
                if array(any).contains(&node) { any.clone() } else { node }
            }),
            "not_on" => self.of_tasks(wanted, |play, task, none| {
                let node = play.node_of(task);
                if array(none).contains(&node) { node } else { none.clone() }
            }),
            "pending" => self.of_tasks(wanted, |play, task, _| {
                if task.status.state == TaskState::Pending {
                    json!(task.status.err)
                } else {
                    play.node_of(task)
                }
            }),
            "state" => self.of_tasks(wanted, |_, task, _| json!(task.status.state.as_str())),
            "message" => self.of_tasks(wanted, |_, task, _| json!(task.status.message)),
            "queued" => self.queued(wanted, true),
            "not_queued" => self.queued(wanted, false),
            "failures" => self.failures(wanted),
            _ => return None,
        })
    }

    fn look_at_counts(&self, name: &str, wanted: &Value) -> Option<Value> {
        let sorted = |prefix: &str| -> Vec<u64> {
            let mut counts: Vec<u64> = self.counts(prefix).into_values().collect();
            counts.sort_unstable();
            counts
        };
        Some(match name {
            "counts" | "counts_subset" => each(wanted, |prefix, nodes| {
                let counts = self.counts(prefix);
                each(nodes, |node, _| json!(counts.get(node).copied().unwrap_or(0)))
            }),
            "sorted_counts" => each(wanted, |prefix, _| json!(sorted(prefix))),
            "sum" => each(wanted, |prefix, _| json!(sorted(prefix).iter().sum::<u64>())),
            "pending_count" => each(wanted, |prefix, _| json!(self.pending(prefix).len())),
            "pending_err" => {
                let odd = self.pending("").into_iter().find(|err| *wanted != json!(err));
                odd.map_or_else(|| wanted.clone(), |err| json!(err))
            }
            "nodes_of" => each(wanted, |prefix, wish| self.where_count(prefix, wish)),
            "group_sums_any" => each(wanted, |prefix, wish| self.group_sum(prefix, wish)),
            _ => return None,
        })
    }

    /// On the nodes of these tasks, another prefix has so many tasks each.
    fn where_count(&self, prefix: &str, wish: &Value) -> Value {
        let nodes = self.counts(prefix);
        let got = each(wish.get("where_count").unwrap_or(&Value::Null), |other, count| {
            let counts = self.counts(other);
            let odd = nodes
                .keys()
                .map(|node| json!(counts.get(node).copied().unwrap_or(0)))
                .find(|here| here != count);
            odd.unwrap_or_else(|| count.clone())
        });
        json!({ "where_count": got })
    }

    fn group_sum(&self, prefix: &str, wish: &Value) -> Value {
        let [nodes, allowed] = array(wish) else { return Value::Null };
        let counts = self.counts(prefix);
        let nodes = strings(array(nodes));
        let sum: u64 = nodes.iter().filter_map(|node| counts.get(node)).sum();
        if array(allowed).contains(&json!(sum)) { wish.clone() } else { json!(sum) }
    }
}

impl Player for Play {
    fn step(&mut self, step: &Value) -> Result<(), String> {
        match text(step, "do").as_str() {
            "schedule" => {
                let now = self.world.at();
                match &mut self.world.leader {
                    Some(leader) => leader.schedule_now(now),
                    None => self.world.lead(Parts { scheduler: true, ..NOTHING }),
                }
                // no time passes, or what the pass wrote would make the next one due
                self.world.work();
            }
            "add_tasks" => self.add_tasks(list(step, "tasks")),
            "add_node" | "update_node" => {
                self.put_node(step.get("node").unwrap_or(&Value::Null));
            }
            "set_state" => {
                let task = self.task(&text(step, "task"))?;
                let state = build::state(&text(step, "state")).ok_or("no such state")?;
                self.world.report(&task, state);
            }
            "set_desired" => {
                let mut task = Task::clone(&*self.task(&text(step, "task"))?);
                let word = text(step, "desired") + &text(step, "state");
                task.desired_state = build::state(&word).ok_or("no such state")?;
                self.world.update(Object::Task(Rc::new(task)));
            }
            "delete_task" => {
                let task = self.task(&text(step, "task"))?;
                self.world.remove(ObjectId::Task(task.id));
            }
            "delete_service" => {
                let service = self.service(&text(step, "service")).ok_or("no such service")?;
                self.world.remove(ObjectId::Service(service.id));
            }
            "bump_service" => {
                let service = self.service(&text(step, "service")).ok_or("no such service")?;
                let version = build::count(step, "spec_version").map(Version);
                let bumped = service.spec_version.map_or(2, |version| version.0 + 1);
                let spec_version = version.or(Some(Version(bumped)));
                let service = Service { spec_version, ..Service::clone(&service) };
                self.world.update(Object::Service(Rc::new(service)));
            }
            "advance_seconds" => {
                let seconds = number(step, "seconds").unwrap_or(0).unsigned_abs();
                self.world.wait(seconds * 1_000_000);
            }
            other => return Err(format!("unknown step {other}")),
        }
        Ok(())
    }

    fn look(&mut self, name: &str, wanted: &Value) -> Result<Value, String> {
        self.look_at_tasks(name, wanted)
            .or_else(|| self.look_at_counts(name, wanted))
            .ok_or_else(|| format!("unknown expectation {name}"))
    }
}
