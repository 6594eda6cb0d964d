//! Writing tables and keeping the indexes in step.

use super::{Store, StoreEvent, Table};
use api::{Config, Network, Node, Object, ObjectId, Secret, Service, StoreAction, Task};
use share::Rc;
use std::collections::BTreeMap;

impl Store {
    /// Applies one change. Removing what is not there changes nothing.
    pub(super) fn change(&mut self, action: &StoreAction) -> Option<StoreEvent> {
        match action {
            StoreAction::Create(object) | StoreAction::Update(object) => Some(self.put(object)),
            StoreAction::Remove(id) => self.take(*id).map(StoreEvent::Removed),
        }
    }

    /// Does once more what an event says was done.
    pub(super) fn replay(&mut self, event: &StoreEvent) {
        match event {
            StoreEvent::Created(object) | StoreEvent::Updated { new: object, .. } => {
                self.put(object);
            }
            StoreEvent::Removed(object) => {
                self.take(id_of(object));
            }
        }
    }

    fn put(&mut self, object: &Object) -> StoreEvent {
        let old = match object {
            Object::Cluster(new) => self.cluster.replace(Rc::clone(new)).map(Object::Cluster),
            Object::Node(new) => insert(&mut self.nodes, new.id, new).map(Object::Node),
            Object::Service(new) => insert(&mut self.services, new.id, new).map(Object::Service),
            Object::Task(new) => {
                let old = insert(&mut self.tasks, new.id, new);
                self.reindex(old.as_deref(), Some(new));
                old.map(Object::Task)
            }
            Object::Network(new) => insert(&mut self.networks, new.id, new).map(Object::Network),
            Object::Secret(new) => insert(&mut self.secrets, new.id, new).map(Object::Secret),
            Object::Config(new) => insert(&mut self.configs, new.id, new).map(Object::Config),
        };
        match old {
            Some(old) => StoreEvent::Updated { old, new: object.clone() },
            None => StoreEvent::Created(object.clone()),
        }
    }

    fn take(&mut self, id: ObjectId) -> Option<Object> {
        match id {
            ObjectId::Cluster(_) => self.cluster.take().map(Object::Cluster),
            ObjectId::Node(id) => Rc::make_mut(&mut self.nodes).remove(&id).map(Object::Node),
            ObjectId::Service(id) => {
                Rc::make_mut(&mut self.services).remove(&id).map(Object::Service)
            }
            ObjectId::Task(id) => {
                let old = Rc::make_mut(&mut self.tasks).remove(&id);
                self.reindex(old.as_deref(), None);
                old.map(Object::Task)
            }
            ObjectId::Network(id) => {
                Rc::make_mut(&mut self.networks).remove(&id).map(Object::Network)
            }
            ObjectId::Secret(id) => Rc::make_mut(&mut self.secrets).remove(&id).map(Object::Secret),
            ObjectId::Config(id) => Rc::make_mut(&mut self.configs).remove(&id).map(Object::Config),
        }
    }

    fn reindex(&mut self, old: Option<&Task>, new: Option<&Task>) {
        let slot = |task: &Task| (task.service_id, task.slot, task.id);
        if old.map(slot) != new.map(slot) {
            let index = Rc::make_mut(&mut self.by_slot);
            if let Some(task) = old {
                index.remove(&slot(task));
            }
            if let Some(task) = new {
                index.insert(slot(task));
            }
        }
        let place = |task: &Task| task.node_id.map(|node| (node, task.id));
        if old.and_then(place) != new.and_then(place) {
            let index = Rc::make_mut(&mut self.by_node);
            if let Some((node, task)) = old.and_then(place)
                && let Some(tasks) = index.get_mut(&node)
            {
                tasks.remove(&task);
                if tasks.is_empty() {
                    index.remove(&node);
                }
            }
            if let Some((node, task)) = new.and_then(place) {
                index.entry(node).or_default().insert(task);
            }
        }
    }
}

fn insert<I: Ord + Copy, T>(
    table: &mut Rc<BTreeMap<I, Rc<T>>>,
    id: I,
    object: &Rc<T>,
) -> Option<Rc<T>> {
    Rc::make_mut(table).insert(id, Rc::clone(object))
}

/// An object of a table, and a copy in its place that nobody shares yet.
pub(super) fn open<'a, I: Ord + Clone, T: Clone>(
    table: &'a mut Table<I, T>,
    id: &I,
) -> Option<(Rc<T>, &'a mut Rc<T>)> {
    let place = Rc::make_mut(table).get_mut(id)?;
    let old = Rc::clone(place);
    Rc::make_mut(place);
    Some((old, place))
}

/// An object of a table, which may be in indexes as well.
pub(super) trait Indexed {
    /// Brings the indexes up to a change in the table.
    fn changed(_store: &mut Store, _old: &Self, _new: &Self) {}
}

impl Indexed for Task {
    fn changed(store: &mut Store, old: &Self, new: &Self) {
        store.reindex(Some(old), Some(new));
    }
}

impl Indexed for Node {}
impl Indexed for Service {}
impl Indexed for Network {}
impl Indexed for Secret {}
impl Indexed for Config {}

/// Names an object.
pub(super) fn id_of(object: &Object) -> ObjectId {
    match object {
        Object::Cluster(cluster) => ObjectId::Cluster(cluster.id),
        Object::Node(node) => ObjectId::Node(node.id),
        Object::Service(service) => ObjectId::Service(service.id),
        Object::Task(task) => ObjectId::Task(task.id),
        Object::Network(network) => ObjectId::Network(network.id),
        Object::Secret(secret) => ObjectId::Secret(secret.id),
        Object::Config(config) => ObjectId::Config(config.id),
    }
}
