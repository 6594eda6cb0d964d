//! What one agent has been told to do, and what is still to be told.
//!
//! SwarmKit: `manager/dispatcher/assignments.go`.

use crate::Store;
use crate::orchestrator::after;
use api::dispatch::Assignments;
use api::{
    Config, ConfigId, Network, NetworkId, Node, Secret, SecretId, Task, TaskId, TaskState,
    Timestamp,
};
use serde::{Deserialize, Serialize};
use share::Rc;
use std::collections::{BTreeMap, BTreeSet};

/// Pause after the last change.
const BATCH_US: u64 = 100_000;
/// So many changes are sent at once.
const BATCH_LIMIT: u32 = 100;

/// One session's set of assignments.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Sent {
    tasks: BTreeMap<TaskId, Rc<Task>>,
    secrets: BTreeMap<SecretId, BTreeSet<TaskId>>,
    configs: BTreeMap<ConfigId, BTreeSet<TaskId>>,
    networks: BTreeMap<NetworkId, Rc<Network>>,
    changed: BTreeSet<TaskId>,
    removed: BTreeSet<TaskId>,
    /// What the agent knows of secrets and configs.
    known_secrets: BTreeSet<SecretId>,
    known_configs: BTreeSet<ConfigId>,
    modifications: u32,
    due: Option<Timestamp>,
}

impl Sent {
    /// Everything the node has to do, for the start of a session.
    pub(super) fn whole(&mut self, node: &Node, store: &Store) -> Assignments {
        *self = Self::default();
        for task in store.tasks_of_node(node.id) {
            self.take_in(task);
        }
        let mut all = self.message(node, store);
        all.complete = true;
        all
    }

    /// A task of the node changed.
    pub(super) fn on_task(&mut self, task: &Rc<Task>, removed: bool, now: Timestamp) {
        let modified = if removed { self.drop_task(task) } else { self.take_in(task) };
        if modified {
            self.modified(now);
        }
    }

    /// A network changed that the agent has been told of.
    pub(super) fn on_network(&mut self, network: &Rc<Network>, now: Timestamp) {
        if self.networks.get(&network.id).is_some_and(|told| told != network) {
            self.modified(now);
        }
    }

    fn modified(&mut self, now: Timestamp) {
        self.modifications += 1;
        let wait = if self.modifications >= BATCH_LIMIT { 0 } else { BATCH_US };
        self.due = Some(after(now, wait));
    }

    pub(super) fn due_at(&self) -> Option<Timestamp> {
        self.due
    }

    /// The changes, if it is time.
    pub(super) fn due(
        &mut self,
        node: &Node,
        store: &Store,
        now: Timestamp,
    ) -> Option<Assignments> {
        self.due.filter(|at| *at <= now)?;
        Some(self.message(node, store))
    }

    fn take_in(&mut self, task: &Rc<Task>) -> bool {
        let state = task.status.state;
        if state < TaskState::Assigned {
            return false;
        }
        match self.tasks.get(&task.id) {
            // up to ASSIGNED the agent has no part in the state, so it has to hear of it
            Some(old) if stable_equal(old, task) && state > TaskState::Assigned => {
                self.tasks.insert(task.id, Rc::clone(task));
                return state > TaskState::Running && self.release(task);
            }
            Some(_) => {}
            None if state <= TaskState::Running => self.depend(task),
            None => {}
        }
        self.tasks.insert(task.id, Rc::clone(task));
        self.changed.insert(task.id);
        true
    }

    fn drop_task(&mut self, task: &Task) -> bool {
        if self.tasks.remove(&task.id).is_none() {
            return false;
        }
        self.changed.remove(&task.id);
        self.removed.insert(task.id);
        self.release(task);
        true
    }

    fn depend(&mut self, task: &Task) {
        for id in secrets_of(task) {
            self.secrets.entry(id).or_default().insert(task.id);
        }
        for id in configs_of(task) {
            self.configs.entry(id).or_default().insert(task.id);
        }
    }

    /// Secrets and configs that no task needs any more go.
    fn release(&mut self, task: &Task) -> bool {
        let before = (self.secrets.len(), self.configs.len());
        self.secrets.retain(|_, users| {
            users.remove(&task.id);
            !users.is_empty()
        });
        self.configs.retain(|_, users| {
            users.remove(&task.id);
            !users.is_empty()
        });
        before != (self.secrets.len(), self.configs.len())
    }

    fn message(&mut self, node: &Node, store: &Store) -> Assignments {
        self.due = None;
        self.modifications = 0;
        let changed = std::mem::take(&mut self.changed);
        let secrets: Vec<Rc<Secret>> = self
            .secrets
            .keys()
            .filter(|id| !self.known_secrets.contains(id))
            .filter_map(|id| store.secret(*id).cloned())
            .collect();
        let configs: Vec<Rc<Config>> = self
            .configs
            .keys()
            .filter(|id| !self.known_configs.contains(id))
            .filter_map(|id| store.config(*id).cloned())
            .collect();
        let known = std::mem::take(&mut self.known_secrets);
        let removed_secrets = known.into_iter().filter(|id| !self.secrets.contains_key(id));
        let removed_secrets = removed_secrets.collect();
        let known = std::mem::take(&mut self.known_configs);
        let removed_configs = known.into_iter().filter(|id| !self.configs.contains_key(id));
        let removed_configs = removed_configs.collect();
        self.known_secrets = self.secrets.keys().copied().collect();
        self.known_configs = self.configs.keys().copied().collect();
        Assignments {
            complete: false,
            tasks: changed.iter().filter_map(|id| self.tasks.get(id).cloned()).collect(),
            removed_tasks: std::mem::take(&mut self.removed).into_iter().collect(),
            networks: self.new_networks(node, store),
            secrets,
            configs,
            removed_secrets,
            removed_configs,
        }
    }

    /// Networks of the tasks and of the node itself, those not yet told as they are.
    fn new_networks(&mut self, node: &Node, store: &Store) -> Vec<Rc<Network>> {
        let of_tasks = self.tasks.values().flat_map(|task| &task.networks);
        let used: BTreeSet<NetworkId> = of_tasks
            .chain(&node.attachments)
            .map(|attachment| attachment.network)
            .chain(store.ingress().map(|network| network.id))
            .collect();
        let mut new = Vec::new();
        for network in used.iter().filter_map(|id| store.network(*id)) {
            if self.networks.get(&network.id) != Some(network) {
                self.networks.insert(network.id, Rc::clone(network));
                new.push(Rc::clone(network));
            }
        }
        self.networks.retain(|id, _| used.contains(id));
        new
    }
}

/// Equal but for what the agent itself reports (SwarmKit `equality.TasksEqualStable`).
fn stable_equal(a: &Task, b: &Task) -> bool {
    a.spec == b.spec
        && a.desired_state == b.desired_state
        && a.node_id == b.node_id
        && a.networks == b.networks
        && a.ports == b.ports
        && a.endpoint == b.endpoint
        && a.annotations == b.annotations
        && a.service_annotations == b.service_annotations
        && a.assigned_generic_resources == b.assigned_generic_resources
        && a.log_driver == b.log_driver
}

fn secrets_of(task: &Task) -> impl Iterator<Item = SecretId> {
    task.spec.container.secrets.iter().filter_map(|reference| SecretId::parse(&reference.id))
}

fn configs_of(task: &Task) -> impl Iterator<Item = ConfigId> {
    task.spec.container.configs.iter().filter_map(|reference| ConfigId::parse(&reference.id))
}
