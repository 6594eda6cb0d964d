//! Cases of the dispatcher: sessions, heartbeats, reports.

use super::world::{NOTHING, World};
use super::{Player, array, build, each, list, number, rpc_value, text};
use crate::leader::Parts;
use api::dispatch::{ToAgent, ToDispatcher};
use api::{NodeDescription, NodeId, Object, SessionId, TaskState, TaskStatus};
use serde_json::{Value, json};
use share::Rc;
use std::collections::BTreeMap;

const PARTS: Parts = Parts { dispatcher: true, ..NOTHING };
/// Longer than any node may be silent.
const SILENCE_US: u64 = 60_000_000;

pub(super) struct Play {
    world: World,
    sessions: BTreeMap<NodeId, SessionId>,
    refused: Option<String>,
    node: Option<NodeId>,
    /// The last sign of life, and when it was found missing.
    heard: u64,
    found: u64,
}

impl Play {
    pub(super) fn new(given: &Value) -> Self {
        let mut world = World::new();
        world.create(Object::Cluster(Rc::new(build::cluster(given))));
        let mut node = None;
        for value in list(given, "nodes") {
            let object = build::node(&mut world.names, value);
            node = node.or(Some(object.id));
            world.create(Object::Node(Rc::new(object)));
        }
        world.lead(PARTS);
        world.settle();
        Self { world, sessions: BTreeMap::new(), refused: None, node, heard: 0, found: 0 }
    }

    fn dispatch(&mut self, message: ToDispatcher) -> Result<(), String> {
        self.refused = None;
        let now = self.world.at();
        let World { leader, store, rng, .. } = &mut self.world;
        let leader = leader.as_mut().ok_or("no leader")?;
        leader.handle_dispatch("192.168.0.11", message, store, now, rng);
        self.world.settle();
        let leader = self.world.leader.as_mut().ok_or("no leader")?;
        for (node, message) in leader.take_agent_messages() {
            match message {
                ToAgent::Session { session, .. } => {
                    self.sessions.insert(node, session);
                }
                ToAgent::Refused { reason } => self.refused = Some(reason),
                ToAgent::Heartbeat { .. } | ToAgent::Assignments(_) | ToAgent::Subscribe { .. } => {
                }
            }
        }
        Ok(())
    }

    /// The node's session, or one that nobody gave it.
    fn session(&self, node: NodeId) -> SessionId {
        let none = || SessionId::from_random([0; 17]);
        self.sessions.get(&node).copied().unwrap_or_else(none)
    }

    /// Until the node's state is another one.
    fn silence(&mut self, node: NodeId) {
        let state = |world: &World| world.store.node(node).map(|node| node.status.state);
        let before = state(&self.world);
        let until = self.world.now + SILENCE_US;
        while state(&self.world) == before {
            let Some(next) = self.world.next_wakeup().filter(|next| *next <= until) else { break };
            self.world.now = next;
            self.world.work();
        }
        self.found = self.world.now;
    }

    fn add_task(&mut self, step: &Value) {
        let now = self.world.at();
        let names = &mut self.world.names;
        let task = build::task(names, None, step, TaskState::Running, now);
        self.world.create(Object::Task(Rc::new(task)));
    }
}

impl Player for Play {
    fn step(&mut self, step: &Value) -> Result<(), String> {
        let node = self.world.names.node(&text(step, "node"));
        match text(step, "do").as_str() {
            "register" => {
                let description = NodeDescription::default();
                self.dispatch(ToDispatcher::Session { node, description, session: None })?;
            }
            "heartbeat" => {
                let session = self.session(node);
                self.heard = self.world.now;
                self.dispatch(ToDispatcher::Heartbeat { node, session })?;
            }
            "silence" => self.silence(node),
            "new_leader" => {
                self.world.lead(PARTS);
                self.world.settle();
            }
            "task" => self.add_task(step),
            "report" => {
                let session = self.session(node);
                let task = self.world.names.task(&text(step, "task"));
                let state = build::state(&text(step, "state")).ok_or("no such state")?;
                let timestamp = self.world.at();
                let status = TaskStatus { state, timestamp, ..TaskStatus::default() };
                let updates = vec![(task, status)];
                self.dispatch(ToDispatcher::UpdateTaskStatus { node, session, updates })?;
            }
            "advance_hours" => {
                let hours = number(step, "hours").unwrap_or(0).unsigned_abs();
                self.world.wait(hours * 3_600_000_000);
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
        let node = self.node.and_then(|id| self.world.store.node(id)).cloned();
        match (name, &self.refused) {
            ("status", _) => Ok(json!(node.map(|node| build::node_state_word(node.status.state)))),
            ("message", _) => Ok(json!(node.map(|node| node.status.message.clone()))),
            ("after_seconds_between", _) => {
                let bounds: Vec<f64> = array(wanted).iter().filter_map(Value::as_f64).collect();
                let ms = self.found.saturating_sub(self.heard) / 1000;
                let took = u32::try_from(ms).map_or(f64::MAX, f64::from) / 1000.0;
                // what was reported is written within a tenth of a second
                let slack = 0.1;
                let inside =
                    matches!(bounds.as_slice(), [a, b] if (*a..=b + slack).contains(&took));
                Ok(if inside { wanted.clone() } else { json!(took) })
            }
            ("task_states", _) => Ok(each(wanted, |task, _| {
                let id = self.world.names.task(task);
                json!(self.world.store.task(id).map(|task| task.status.state.as_str()))
            })),
            ("error", Some(reason)) => Ok(rpc_value(&self.world.names.translate(reason), wanted)),
            _ => Err(format!("no {name}")),
        }
    }
}
