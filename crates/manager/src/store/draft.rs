//! A transaction of the leader: changes that it has decided and raft has not yet committed.

use super::Store;
use super::tables::{Indexed, open};
use crate::Trace;
use api::{
    Cluster, Config, ConfigId, Meta, Network, NetworkId, Node, NodeId, Object, ObjectId, Secret,
    SecretId, Service, ServiceId, StoreAction, Task, TaskId, Timestamp,
};
use serde::{Deserialize, Serialize};
use share::Rc;
use sim::Streams;
use std::collections::VecDeque;
use std::ops::Deref;

/// Changes decided and not yet proposed, in order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Queued {
    /// The changes.
    pub(crate) actions: VecDeque<StoreAction>,
    /// Changes ever queued: tells an answer which proposal it waits for.
    pub(crate) count: u64,
    /// Why, for the proposal that takes them.
    pub(crate) why: Vec<Trace>,
}

/// The store as it will be, open for changes. Reads go to the store itself.
pub(crate) struct Draft<'a> {
    view: &'a mut Store,
    queued: &'a mut Queued,
    /// Now.
    pub(crate) now: Timestamp,
    /// The leader's own node.
    pub(crate) me: NodeId,
    /// Random draws.
    pub(crate) rng: &'a mut Streams,
}

impl Deref for Draft<'_> {
    type Target = Store;

    fn deref(&self) -> &Store {
        self.view
    }
}

macro_rules! table {
    (
        $type:ident, $id:ident, $table:ident, $get:ident,
        $create:ident, $update:ident, $remove:ident
    ) => {
        /// A new object; version and times are written here.
        #[allow(dead_code, reason = "every table has the same three")]
        pub(crate) fn $create(&mut self, mut object: $type) {
            object.meta = self.fresh();
            self.write(StoreAction::Create(Object::$type(Rc::new(object))));
        }

        /// Changes an object; nothing happens if it is not there.
        #[allow(dead_code, reason = "every table has the same three")]
        pub(crate) fn $update(&mut self, id: $id, change: impl FnOnce(&mut $type)) {
            let fresh = self.fresh();
            let Some((old, place)) = open(&mut self.view.$table, &id) else { return };
            let object = Rc::make_mut(place);
            change(object);
            object.meta = Meta { created_at: object.meta.created_at, ..fresh };
            let new = Rc::clone(place);
            Indexed::changed(self.view, old.as_ref(), new.as_ref());
            self.queue(StoreAction::Update(Object::$type(new)));
        }

        /// Removes an object; nothing happens if it is not there.
        #[allow(dead_code, reason = "every table has the same three")]
        pub(crate) fn $remove(&mut self, id: $id) {
            if self.view.$get(id).is_some() {
                self.write(StoreAction::Remove(ObjectId::$type(id)));
            }
        }
    };
}

impl<'a> Draft<'a> {
    pub(crate) fn new(
        view: &'a mut Store,
        queued: &'a mut Queued,
        now: Timestamp,
        me: NodeId,
        rng: &'a mut Streams,
    ) -> Self {
        Self { view, queued, now, me, rng }
    }

    table!(Node, NodeId, nodes, node, create_node, update_node, remove_node);
    table!(Service, ServiceId, services, service, create_service, update_service, remove_service);
    table!(Task, TaskId, tasks, task, create_task, update_task, remove_task);
    table!(Network, NetworkId, networks, network, create_network, update_network, remove_network);
    table!(Secret, SecretId, secrets, secret, create_secret, update_secret, remove_secret);
    table!(Config, ConfigId, configs, config, create_config, update_config, remove_config);

    /// Writes the first cluster object.
    pub(crate) fn create_cluster(&mut self, mut cluster: Cluster) {
        cluster.meta = self.fresh();
        self.write(StoreAction::Create(Object::Cluster(Rc::new(cluster))));
    }

    /// Changes the cluster object.
    pub(crate) fn update_cluster(&mut self, change: impl FnOnce(&mut Cluster)) {
        let Some(mut shared) = self.view.cluster().cloned() else { return };
        let cluster = Rc::make_mut(&mut shared);
        change(cluster);
        cluster.meta = Meta { created_at: cluster.meta.created_at, ..self.fresh() };
        self.write(StoreAction::Update(Object::Cluster(shared)));
    }

    /// Says why, to whoever reads the trace.
    pub(crate) fn why(&mut self, trace: Trace) {
        self.queued.why.push(trace);
    }

    /// Random bytes for a new id.
    pub(crate) fn id_bytes(&mut self) -> [u8; 17] {
        let mut bytes = [0; 17];
        self.rng.stream("ids").fill(&mut bytes);
        bytes
    }

    /// What this round has decided so far, in order.
    pub(crate) fn decided(&self) -> impl Iterator<Item = &StoreAction> {
        self.queued.actions.iter()
    }

    /// Changes queued so far.
    pub(crate) fn count(&self) -> u64 {
        self.queued.count
    }

    fn fresh(&self) -> Meta {
        Meta { version: self.view.index(), created_at: self.now, updated_at: self.now }
    }

    /// Writes a change as it is.
    pub(crate) fn write(&mut self, action: StoreAction) {
        self.view.change(&action);
        self.queue(action);
    }

    fn queue(&mut self, action: StoreAction) {
        self.queued.actions.push_back(action);
        self.queued.count += 1;
    }
}
