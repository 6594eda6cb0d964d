//! The nodes as the scheduler counts them, in order of host name, then id.
//!
//! SwarmKit: `manager/scheduler/nodeset.go`.
//!
//! The set is kept from pass to pass and told what changed in between. It is a convenience,
//! not a state: whoever has none builds one from the store, and it must come out the same.

use super::nodeinfo::NodeInfo;
use crate::Store;
use crate::store::{Draft, StoreEvent};
use api::{
    Availability, GenericResource, Node, NodeId, NodeState, Object, ObjectId, ServiceId,
    StoreAction, Task,
};
use share::Rc;
use std::collections::BTreeMap;

/// How good a node is for a task of a service, smaller is better: failures if they count at
/// all, active tasks of the service, all active tasks.
pub(super) type Rank = (u64, u64, u64);

/// From this many failures on, they decide before anything else.
const MAX_FAILURES: u64 = 5;

/// What every pass looks at on every node, close together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Glance {
    ready: bool,
    /// Its counts are no longer those of the store.
    stale: bool,
    active: u32,
}

/// All nodes; a node is named by its position.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct NodeSet {
    glance: Vec<Glance>,
    infos: Vec<NodeInfo>,
    /// Positions by id.
    positions: Vec<(NodeId, usize)>,
    /// Active tasks of each service on all nodes.
    of_service: BTreeMap<Option<ServiceId>, u64>,
    /// Those that are stale.
    stale: Vec<usize>,
}

impl NodeSet {
    /// All nodes as the store has them.
    pub(crate) fn new(store: &Store) -> Self {
        let nodes: Vec<&Rc<Node>> = store.nodes().collect();
        let mut order: Vec<usize> = (0..nodes.len()).collect();
        order.sort_by_key(|index| nodes.get(*index).map(|node| place(node)));
        let mut set = Self::default();
        set.positions.extend(nodes.iter().map(|node| (node.id, 0)));
        for (at, index) in order.into_iter().enumerate() {
            let Some(node) = nodes.get(index) else { continue };
            if let Some((_, position)) = set.positions.get_mut(index) {
                *position = at;
            }
            let info = NodeInfo::new(store, node);
            set.glance.push(glance(&info));
            for (service, count) in &info.by_service {
                *set.of_service.entry(*service).or_default() += count;
            }
            set.infos.push(info);
        }
        set
    }

    pub(super) fn len(&self) -> usize {
        self.infos.len()
    }

    pub(super) fn info(&self, at: usize) -> Option<&NodeInfo> {
        self.infos.get(at)
    }

    pub(super) fn position(&self, id: NodeId) -> Option<usize> {
        let index = self.positions.binary_search_by_key(&id, |(of, _)| *of).ok()?;
        self.positions.get(index).map(|(_, at)| *at)
    }

    /// Up, and open for new tasks.
    pub(super) fn is_ready(&self, at: usize) -> bool {
        self.glance.get(at).is_some_and(|glance| glance.ready)
    }

    /// How good a node is for a service with that many recent failures there.
    pub(super) fn rank(&self, at: usize, service: Option<ServiceId>, failures: u64) -> Rank {
        let failures = if failures >= MAX_FAILURES { failures } else { 0 };
        let tasks = self.infos.get(at).map_or(0, |info| info.tasks_of(service));
        (failures, tasks, self.active(at))
    }

    /// Active tasks on a node.
    pub(super) fn active(&self, at: usize) -> u64 {
        self.glance.get(at).map_or(0, |glance| u64::from(glance.active))
    }

    /// Whether a service has an active task anywhere.
    pub(super) fn has_any(&self, service: Option<ServiceId>) -> bool {
        self.of_service.get(&service).is_some_and(|count| *count > 0)
    }

    /// Takes in a new task; the generic resources it was given.
    pub(super) fn add(&mut self, at: usize, task: &Task) -> Vec<GenericResource> {
        let Some(info) = self.infos.get_mut(at) else { return Vec::new() };
        let before = info.active;
        let claimed = info.add(task);
        if info.active > before {
            *self.of_service.entry(task.service_id).or_default() += 1;
        }
        if let Some(glance) = self.glance.get_mut(at) {
            glance.active = u32::try_from(info.active).unwrap_or(u32::MAX);
        }
        claimed
    }

    fn touch(&mut self, node: Option<NodeId>) {
        let Some(at) = node.and_then(|id| self.position(id)) else { return };
        if let Some(glance) = self.glance.get_mut(at)
            && !std::mem::replace(&mut glance.stale, true)
        {
            self.stale.push(at);
        }
    }

    fn reload(&mut self, store: &Store, at: usize) {
        let Some(info) = self.infos.get_mut(at) else { return };
        let Some(node) = store.node(info.node.id) else { return };
        for (service, count) in &info.by_service {
            if let Some(all) = self.of_service.get_mut(service) {
                *all = all.saturating_sub(*count);
            }
        }
        *info = NodeInfo::new(store, node);
        for (service, count) in &info.by_service {
            *self.of_service.entry(*service).or_default() += count;
        }
        self.of_service.retain(|_, count| *count > 0);
        if let Some(at) = self.glance.get_mut(at) {
            *at = glance(info);
        }
    }
}

fn glance(info: &NodeInfo) -> Glance {
    let node = &info.node;
    Glance {
        ready: node.status.state == NodeState::Ready
            && node.spec.availability == Availability::Active,
        stale: false,
        active: u32::try_from(info.active).unwrap_or(u32::MAX),
    }
}

/// Where a node stands in the order.
fn place(node: &Node) -> (&str, NodeId) {
    (node.description.as_ref().map_or("", |about| &about.hostname), node.id)
}

/// The set of the last pass, or none. Copies, saves and comparisons leave it out.
#[derive(Debug, Default)]
pub(super) struct Kept(Option<NodeSet>);

impl Clone for Kept {
    fn clone(&self) -> Self {
        Self(None)
    }
}

impl PartialEq for Kept {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Kept {
    /// A committed change.
    pub(super) fn on_event(&mut self, event: &StoreEvent) {
        match event.object() {
            Object::Task(task) => {
                self.touch(task.node_id);
                self.touch(event.old_task().and_then(|old| old.node_id));
            }
            Object::Node(node) if event.is_removal() => self.lose(node.id),
            Object::Node(node) => self.node(node),
            Object::Cluster(_)
            | Object::Service(_)
            | Object::Network(_)
            | Object::Secret(_)
            | Object::Config(_) => {}
        }
    }

    /// The set as the draft has it now; give it back with [`Kept::keep`].
    pub(super) fn take(&mut self, draft: &Draft<'_>) -> NodeSet {
        for action in draft.decided() {
            match action {
                StoreAction::Create(Object::Task(task))
                | StoreAction::Update(Object::Task(task)) => {
                    self.touch(task.node_id);
                }
                StoreAction::Create(Object::Node(node))
                | StoreAction::Update(Object::Node(node)) => {
                    self.node(node);
                }
                StoreAction::Remove(ObjectId::Node(id)) => self.lose(*id),
                // nobody remembers where it was
                StoreAction::Remove(ObjectId::Task(_)) => self.0 = None,
                StoreAction::Create(_) | StoreAction::Update(_) | StoreAction::Remove(_) => {}
            }
        }
        let Some(mut set) = self.0.take() else { return NodeSet::new(draft) };
        for at in std::mem::take(&mut set.stale) {
            set.reload(draft, at);
        }
        #[cfg(test)]
        assert_eq!(set, NodeSet::new(draft), "a kept set equals a new one");
        set
    }

    #[cfg(test)]
    pub(super) fn is_there(&self) -> bool {
        self.0.is_some()
    }

    pub(super) fn keep(&mut self, set: NodeSet) {
        self.0 = Some(set);
    }

    fn touch(&mut self, node: Option<NodeId>) {
        if let Some(set) = &mut self.0 {
            set.touch(node);
        }
    }

    fn lose(&mut self, id: NodeId) {
        if self.0.as_ref().is_some_and(|set| set.position(id).is_some()) {
            self.0 = None;
        }
    }

    /// A node that is new or moves in the order asks for a new set.
    fn node(&mut self, node: &Rc<Node>) {
        let Some(set) = &mut self.0 else { return };
        let known = set.position(node.id);
        let old = known.and_then(|at| set.info(at));
        if old.is_some_and(|info| place(&info.node) == place(node)) {
            set.touch(Some(node.id));
        } else {
            self.0 = None;
        }
    }
}
