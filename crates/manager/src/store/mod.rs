//! The replicated store: one on each manager machine, equal on all that applied the same
//! entries.
//!
//! | | |
//! |---|---|
//! | runs on | every manager |
//! | written by | raft alone, through [`Store::apply`] |
//! | SwarmKit | `manager/state/store` |
//!
//! Tables are maps of shared objects behind shared pointers: cloning a store copies a few
//! pointers, and replicas that applied the same entry share its objects.
//!
//! Versions are written into the objects by the leader before it proposes: the index it knew
//! to be committed when its transaction began. Objects of one transaction share it.
//!
//! **Invariant:** a table changes only in [`Store::apply`] and through a [`Draft`]'s own copy.

mod draft;
mod event;
mod tables;

pub(crate) use draft::{Draft, Queued};
pub use event::StoreEvent;

use api::{
    Cluster, Config, ConfigId, Network, NetworkId, Node, NodeId, Object, ObjectId, Secret,
    SecretId, Service, ServiceId, StoreAction, Task, TaskId, Timestamp, Version,
};
use serde::{Deserialize, Serialize};
use share::Rc;
use std::collections::{BTreeMap, BTreeSet};

/// A table: objects by id, in id order.
type Table<I, T> = Rc<BTreeMap<I, Rc<T>>>;

/// All objects of the swarm, with the indexes that the loops need.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Store {
    index: Version,
    applied_at: Timestamp,
    cluster: Option<Rc<Cluster>>,
    nodes: Table<NodeId, Node>,
    services: Table<ServiceId, Service>,
    tasks: Table<TaskId, Task>,
    networks: Table<NetworkId, Network>,
    secrets: Table<SecretId, Secret>,
    configs: Table<ConfigId, Config>,
    /// Tasks by service and slot.
    by_slot: Rc<BTreeSet<(Option<ServiceId>, u64, TaskId)>>,
    /// Tasks by node.
    by_node: Rc<BTreeMap<NodeId, BTreeSet<TaskId>>>,
}

impl Store {
    /// An empty store: a manager before its first entry.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Applies one committed entry in order. Objects keep the version and times that the
    /// leader wrote into them. An entry without actions only moves the index.
    pub fn apply(
        &mut self,
        index: Version,
        at: Timestamp,
        actions: &[StoreAction],
    ) -> Vec<StoreEvent> {
        self.index = self.index.max(index);
        self.applied_at = self.applied_at.max(at);
        actions.iter().filter_map(|action| self.change(action)).collect()
    }

    /// Brings a leader's view up to a store that applied an entry: an own one is in it already.
    pub(crate) fn follow(&mut self, store: &Self, events: &[StoreEvent], own: bool) {
        self.index = store.index;
        self.applied_at = store.applied_at;
        if own {
            return;
        }
        for event in events {
            self.replay(event);
        }
    }

    /// The index of the last entry applied.
    #[must_use]
    pub fn index(&self) -> Version {
        self.index
    }

    /// When the leader proposed the last entry applied.
    #[must_use]
    pub fn applied_at(&self) -> Timestamp {
        self.applied_at
    }

    /// The one cluster object, once the first leader wrote it.
    #[must_use]
    pub fn cluster(&self) -> Option<&Rc<Cluster>> {
        self.cluster.as_ref()
    }

    /// A node.
    #[must_use]
    pub fn node(&self, id: NodeId) -> Option<&Rc<Node>> {
        self.nodes.get(&id)
    }

    /// All nodes by id.
    pub fn nodes(&self) -> impl Iterator<Item = &Rc<Node>> {
        self.nodes.values()
    }

    /// A service.
    #[must_use]
    pub fn service(&self, id: ServiceId) -> Option<&Rc<Service>> {
        self.services.get(&id)
    }

    /// All services by id.
    pub fn services(&self) -> impl Iterator<Item = &Rc<Service>> {
        self.services.values()
    }

    /// A task.
    #[must_use]
    pub fn task(&self, id: TaskId) -> Option<&Rc<Task>> {
        self.tasks.get(&id)
    }

    /// All tasks by id.
    pub fn tasks(&self) -> impl Iterator<Item = &Rc<Task>> {
        self.tasks.values()
    }

    /// Those of some tasks that are there, by id.
    pub(crate) fn tasks_among(&self, ids: &BTreeSet<TaskId>) -> Vec<&Rc<Task>> {
        // most of the table: one walk along both is less than a search for each
        if ids.len() > self.tasks.len() / 8 {
            let mut wanted = ids.iter().peekable();
            let mut is_wanted = |id: &TaskId| {
                while wanted.next_if(|next| *next < id).is_some() {}
                wanted.next_if(|next| *next == id).is_some()
            };
            let all = self.tasks.iter();
            return all.filter(|(id, _)| is_wanted(id)).map(|(_, task)| task).collect();
        }
        ids.iter().filter_map(|id| self.task(*id)).collect()
    }

    /// How many tasks there are.
    #[must_use]
    pub fn task_count(&self) -> usize {
        self.tasks.len()
    }

    /// Tasks of a service by slot, then id.
    pub fn tasks_of_service(&self, id: ServiceId) -> impl Iterator<Item = &Rc<Task>> {
        let from = (Some(id), 0, TaskId::LOWEST);
        self.by_slot
            .range(from..)
            .take_while(move |(service, ..)| *service == Some(id))
            .filter_map(|(.., task)| self.tasks.get(task))
    }

    /// Tasks of one slot of a service by id.
    pub fn tasks_of_slot(&self, id: ServiceId, slot: u64) -> impl Iterator<Item = &Rc<Task>> {
        let from = (Some(id), slot, TaskId::LOWEST);
        self.by_slot
            .range(from..)
            .take_while(move |(service, at, _)| *service == Some(id) && *at == slot)
            .filter_map(|(.., task)| self.tasks.get(task))
    }

    /// Tasks on a node by id.
    pub fn tasks_of_node(&self, id: NodeId) -> impl Iterator<Item = &Rc<Task>> {
        self.by_node.get(&id).into_iter().flatten().filter_map(|task| self.tasks.get(task))
    }

    /// A network.
    #[must_use]
    pub fn network(&self, id: NetworkId) -> Option<&Rc<Network>> {
        self.networks.get(&id)
    }

    /// All networks by id.
    pub fn networks(&self) -> impl Iterator<Item = &Rc<Network>> {
        self.networks.values()
    }

    /// The routing mesh's network, unless it was removed.
    #[must_use]
    pub fn ingress(&self) -> Option<&Rc<Network>> {
        self.networks().find(|network| network.spec.ingress)
    }

    /// A secret.
    #[must_use]
    pub fn secret(&self, id: SecretId) -> Option<&Rc<Secret>> {
        self.secrets.get(&id)
    }

    /// All secrets by id.
    pub fn secrets(&self) -> impl Iterator<Item = &Rc<Secret>> {
        self.secrets.values()
    }

    /// A config.
    #[must_use]
    pub fn config(&self, id: ConfigId) -> Option<&Rc<Config>> {
        self.configs.get(&id)
    }

    /// All configs by id.
    pub fn configs(&self) -> impl Iterator<Item = &Rc<Config>> {
        self.configs.values()
    }

    /// Any object.
    #[must_use]
    pub fn object(&self, id: ObjectId) -> Option<Object> {
        match id {
            ObjectId::Cluster(id) => {
                self.cluster.clone().filter(|cluster| cluster.id == id).map(Object::Cluster)
            }
            ObjectId::Node(id) => self.node(id).cloned().map(Object::Node),
            ObjectId::Service(id) => self.service(id).cloned().map(Object::Service),
            ObjectId::Task(id) => self.task(id).cloned().map(Object::Task),
            ObjectId::Network(id) => self.network(id).cloned().map(Object::Network),
            ObjectId::Secret(id) => self.secret(id).cloned().map(Object::Secret),
            ObjectId::Config(id) => self.config(id).cloned().map(Object::Config),
        }
    }

    /// Equal for replicas that hold the same objects, whatever entries without actions each
    /// of them saw.
    #[must_use]
    pub fn digest(&self) -> u64 {
        sim::digest(&(
            &self.cluster,
            &self.nodes,
            &self.services,
            &self.tasks,
            &self.networks,
            (&self.secrets, &self.configs),
        ))
    }
}
