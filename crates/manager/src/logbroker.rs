//! Log broker: joins who wants to read logs with the agents that have them.
//!
//! | | |
//! |---|---|
//! | runs on | the leader; subscriptions end with it |
//! | watches | tasks of followed services |
//! | writes | nothing |
//! | SwarmKit | `manager/logbroker` |
//!
//! **Left out:** that a reader has gone is not told to the agents; what they send then is dropped.

use crate::Store;
use crate::dispatcher::Dispatcher;
use crate::store::StoreEvent;
use api::dispatch::{LogLine, ToAgent};
use api::{LogOptions, NodeId, ServiceId, Task, TaskId, TaskState};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Subscriptions and lines on their way.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct LogBroker {
    next: u64,
    open: BTreeMap<u64, Subscription>,
    lines: Vec<(u64, Vec<LogLine>, bool)>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Subscription {
    services: BTreeSet<ServiceId>,
    tasks: BTreeSet<TaskId>,
    options: LogOptions,
    /// Tasks that a node was asked for.
    asked: BTreeMap<NodeId, BTreeSet<TaskId>>,
    done: BTreeSet<NodeId>,
}

impl LogBroker {
    /// Opens a subscription and asks the nodes that have the logs.
    pub(crate) fn subscribe(
        &mut self,
        services: Vec<ServiceId>,
        tasks: Vec<TaskId>,
        options: LogOptions,
        store: &Store,
        dispatcher: &mut Dispatcher,
    ) -> u64 {
        self.next += 1;
        let id = self.next;
        let mut subscription = Subscription {
            services: services.into_iter().collect(),
            tasks: tasks.into_iter().collect(),
            options,
            asked: BTreeMap::new(),
            done: BTreeSet::new(),
        };
        let wanted: Vec<_> = store.tasks().filter(|task| subscription.wants(task)).collect();
        let mut nodes: BTreeSet<NodeId> = BTreeSet::new();
        for task in wanted {
            nodes.extend(subscription.ask(task));
        }
        for node in nodes {
            let tasks = subscription.asked.get(&node).into_iter().flatten().copied().collect();
            subscription.send(id, node, tasks, dispatcher);
        }
        if subscription.is_done() {
            self.lines.push((id, Vec::new(), true));
        } else {
            self.open.insert(id, subscription);
        }
        id
    }

    /// The reader went away.
    pub(crate) fn unsubscribe(&mut self, id: u64, dispatcher: &mut Dispatcher) {
        let Some(subscription) = self.open.remove(&id) else { return };
        for node in subscription.asked.keys() {
            // a node without a session has nothing to stop
            let _ = dispatcher.send(*node, subscription.message(id, Vec::new(), false));
        }
    }

    /// New tasks of a followed service are followed as well.
    pub(crate) fn on_event(&mut self, event: &StoreEvent, dispatcher: &mut Dispatcher) {
        let Some(task) = event.task() else { return };
        if event.is_removal() {
            return;
        }
        for (id, subscription) in &mut self.open {
            if subscription.options.follow
                && subscription.wants(task)
                && let Some(node) = subscription.ask(task)
            {
                subscription.send(*id, node, vec![task.id], dispatcher);
            }
        }
    }

    /// Lines of an agent.
    pub(crate) fn publish(&mut self, node: NodeId, id: u64, lines: Vec<LogLine>, done: bool) {
        let Some(subscription) = self.open.get_mut(&id) else { return };
        if done {
            subscription.done.insert(node);
        }
        let over = subscription.is_done();
        if over {
            self.open.remove(&id);
        }
        self.lines.push((id, lines, over));
    }

    /// A node's session has ended, and with it what it was publishing (SwarmKit
    /// `manager/logbroker`, `nodeDisconnected`): nobody waits for its lines any more.
    pub(crate) fn node_gone(&mut self, node: NodeId) {
        let asked: Vec<u64> = self
            .open
            .iter()
            .filter(|(_, subscription)| subscription.asked.contains_key(&node))
            .map(|(id, _)| *id)
            .collect();
        for id in asked {
            self.publish(node, id, Vec::new(), true);
        }
    }

    pub(crate) fn take_lines(&mut self) -> Vec<(u64, Vec<LogLine>, bool)> {
        std::mem::take(&mut self.lines)
    }
}

impl Subscription {
    fn wants(&self, task: &Task) -> bool {
        let named = self.tasks.contains(&task.id)
            || task.service_id.is_some_and(|service| self.services.contains(&service));
        named && task.status.state >= TaskState::Assigned
    }

    /// Notes that the task's node has to be asked; `None` if it was.
    fn ask(&mut self, task: &Task) -> Option<NodeId> {
        let node = task.node_id?;
        self.asked.entry(node).or_default().insert(task.id).then_some(node)
    }

    /// Whoever does not follow is done when every node said so.
    fn is_done(&self) -> bool {
        !self.options.follow && self.asked.keys().all(|node| self.done.contains(node))
    }

    fn message(&self, subscription: u64, tasks: Vec<TaskId>, open: bool) -> ToAgent {
        ToAgent::Subscribe {
            subscription,
            tasks,
            follow: self.options.follow,
            tail: self.options.tail,
            since: self.options.since,
            open,
        }
    }

    fn send(&mut self, id: u64, node: NodeId, tasks: Vec<TaskId>, dispatcher: &mut Dispatcher) {
        if !dispatcher.send(node, self.message(id, tasks, true)) {
            // nobody there to answer: its lines are missing, the others' are not
            self.done.insert(node);
        }
    }
}
