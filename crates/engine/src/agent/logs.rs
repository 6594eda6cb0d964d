//! Log subscriptions: lines of this machine's tasks on their way to whoever asked
//! (SwarmKit `agent/worker.go`, `Subscribe`; `manager/logbroker`).

use super::{Agent, Purpose};
use crate::engine::Engine;
use api::dispatch::{LogLine, ToDispatcher};
use api::{LogOptions, Request, TaskId, Timestamp};
use serde::{Deserialize, Serialize};
use sim::Streams;
use std::collections::{BTreeMap, BTreeSet};

/// One subscription. In memory only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Subscription {
    tasks: BTreeSet<TaskId>,
    options: LogOptions,
    /// Open calls to the engine.
    open: BTreeMap<u64, TaskId>,
    /// Tasks whose lines are being followed or have been sent.
    begun: BTreeSet<TaskId>,
    lines: Vec<LogLine>,
}

impl Agent {
    pub(super) fn subscribe(
        &mut self,
        id: u64,
        tasks: Vec<TaskId>,
        follow: bool,
        tail: Option<u64>,
        since: Option<Timestamp>,
    ) {
        let options = LogOptions { stdout: true, stderr: true, follow, tail, since, until: None };
        let tasks: BTreeSet<TaskId> = tasks.into_iter().collect();
        match self.subscriptions.get_mut(&id) {
            // more tasks of the same subscription
            Some(subscription) => subscription.tasks.extend(tasks),
            None => {
                let subscription = Subscription {
                    tasks,
                    options,
                    open: BTreeMap::new(),
                    begun: BTreeSet::new(),
                    lines: Vec::new(),
                };
                self.subscriptions.insert(id, subscription);
            }
        }
    }

    pub(super) fn unsubscribe(&mut self, id: u64, engine: &mut Engine, now: Timestamp) {
        if let Some(subscription) = self.subscriptions.remove(&id) {
            for call in subscription.open.keys() {
                engine.cancel(*call, now);
                self.calls.remove(call);
            }
        }
    }

    pub(super) fn log_line(&mut self, subscription: u64, task: TaskId, mut line: LogLine) {
        line.task = Some(task);
        if let Some(subscription) = self.subscriptions.get_mut(&subscription) {
            subscription.lines.push(line);
        }
    }

    pub(super) fn logs_end(&mut self, subscription: u64, _task: TaskId, call: u64) {
        if let Some(subscription) = self.subscriptions.get_mut(&subscription) {
            subscription.open.remove(&call);
        }
    }

    /// Opens the logs of tasks that have a container by now, sends the lines that have come.
    pub(super) fn serve_subscriptions(
        &mut self,
        engine: &mut Engine,
        now: Timestamp,
        rng: &mut Streams,
    ) {
        let ids: Vec<u64> = self.subscriptions.keys().copied().collect();
        for id in &ids {
            self.open_logs(*id, engine, now, rng);
        }
        if !ids.is_empty() {
            for (call, answer) in engine.take_agent_answers() {
                self.answered(call, answer, engine, now);
            }
        }
        for id in ids {
            self.send_lines(id);
        }
    }

    fn open_logs(&mut self, id: u64, engine: &mut Engine, now: Timestamp, rng: &mut Streams) {
        let Some(subscription) = self.subscriptions.get(&id) else {
            return;
        };
        let options = subscription.options.clone();
        let waiting: Vec<TaskId> =
            subscription.tasks.difference(&subscription.begun).copied().collect();
        for task in waiting {
            let Some(container) = self.workers.get(&task).and_then(|w| w.container) else {
                continue;
            };
            let started =
                engine.state_of(container).is_some_and(|(state, _)| state.started_at.is_some());
            if !started && options.follow {
                continue;
            }
            let request = Request::ContainerLogs {
                container: container.to_string(),
                options: options.clone(),
            };
            let purpose = Purpose::Logs { subscription: id, task };
            let call = self.ask(purpose, request, engine, now, rng);
            if let Some(subscription) = self.subscriptions.get_mut(&id) {
                subscription.begun.insert(task);
                subscription.open.insert(call, task);
            }
        }
    }

    /// Without `follow` it is done when every task here has been read.
    fn send_lines(&mut self, id: u64) {
        let Some(subscription) = self.subscriptions.get_mut(&id) else {
            return;
        };
        let lines = std::mem::take(&mut subscription.lines);
        let done = !subscription.options.follow && subscription.open.is_empty();
        if lines.is_empty() && !done {
            return;
        }
        if done {
            self.subscriptions.remove(&id);
        }
        let node = self.node;
        self.send(ToDispatcher::Logs { node, subscription: id, lines, done });
    }
}
