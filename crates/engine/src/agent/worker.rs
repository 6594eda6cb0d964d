//! What is assigned to this machine, and the state machine that every task goes through
//! (SwarmKit `agent/worker.go`, `agent/task.go`, `agent/exec/controller.go`, `Do`).

use super::{Agent, Purpose};
use crate::engine::Engine;
use api::{ContainerId, Task, TaskId, TaskState, TaskStatus, Timestamp};
use serde::{Deserialize, Serialize};
use share::Rc;
use sim::Streams;

/// Delay before a step that failed for a while is tried again.
pub(super) const RETRY_US: u64 = 1_000_000;

/// A task on this machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Worker {
    pub(super) task: Rc<Task>,
    /// As this agent has observed it.
    pub(super) status: TaskStatus,
    /// Looked up by name after a restart.
    pub(super) container: Option<ContainerId>,
    pub(super) doing: Doing,
    /// No longer assigned: stop, remove the container, forget.
    pub(super) removed: bool,
    /// Its address takes connections: told to the network.
    pub(super) bound: bool,
    /// Why the program was stopped, if a probe said so.
    pub(super) unhealthy: bool,
}

/// What is under way. In memory only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Doing {
    /// Nothing.
    #[default]
    Idle,
    /// Waits for this node's address on a network of the task.
    Attaching { until: Timestamp },
    /// The image comes.
    Pulling { call: u64 },
    /// The container is made.
    Creating { call: u64 },
    /// The container starts.
    Starting { call: u64 },
    /// The program runs, its first good probe is awaited.
    Probing,
    /// The program runs.
    Watching,
    /// The network forgets the address before the program is asked to end.
    Converging { until: Timestamp },
    /// The program is asked to end.
    Stopping { call: u64 },
    /// The container goes.
    Removing { call: u64 },
    /// A step is tried again.
    Retry { at: Timestamp },
}

impl Worker {
    pub(super) fn new(task: Rc<Task>, _now: Timestamp) -> Self {
        let status = task.status.clone();
        Self {
            task,
            status,
            container: None,
            doing: Doing::Idle,
            removed: false,
            bound: false,
            unhealthy: false,
        }
    }

    /// A newer version of the task. What was observed here stays.
    ///
    /// A wait for the program's end, for the image or for an address that is cut short so counts
    /// as a failure for a while: the end begins with the next attempt (`agent/task.go`,
    /// `ErrTaskRetry`).
    pub(super) fn update(&mut self, task: Rc<Task>, now: Timestamp) {
        let before = self.is_to_end();
        self.removed = false;
        self.task = task;
        let waits =
            matches!(self.doing, Doing::Watching | Doing::Probing | Doing::Attaching { .. });
        if !before && self.is_to_end() && waits {
            self.doing = Doing::Retry { at: Timestamp(now.0 + RETRY_US) };
        }
    }

    pub(super) const fn wakeup(&self) -> Option<Timestamp> {
        match self.doing {
            Doing::Attaching { until } | Doing::Converging { until } => Some(until),
            Doing::Retry { at } => Some(at),
            Doing::Idle
            | Doing::Pulling { .. }
            | Doing::Creating { .. }
            | Doing::Starting { .. }
            | Doing::Probing
            | Doing::Watching
            | Doing::Stopping { .. }
            | Doing::Removing { .. } => None,
        }
    }

    /// It is to end: no longer assigned, or its desired state says so.
    pub(super) fn is_to_end(&self) -> bool {
        self.removed || self.task.desired_state >= TaskState::Shutdown
    }

    pub(super) const fn call(&self) -> Option<u64> {
        match self.doing {
            Doing::Pulling { call }
            | Doing::Creating { call }
            | Doing::Starting { call }
            | Doing::Stopping { call }
            | Doing::Removing { call } => Some(call),
            Doing::Idle
            | Doing::Attaching { .. }
            | Doing::Probing
            | Doing::Watching
            | Doing::Converging { .. }
            | Doing::Retry { .. } => None,
        }
    }
}

impl Agent {
    /// A new observed state with its message; what is equal or lower is dropped.
    pub(super) fn observed(
        &mut self,
        task: TaskId,
        state: TaskState,
        message: &str,
        err: String,
        now: Timestamp,
    ) {
        let Some(worker) = self.workers.get_mut(&task) else {
            return;
        };
        if state <= worker.status.state {
            return;
        }
        worker.status.state = state;
        worker.status.timestamp = now;
        if !message.is_empty() {
            message.clone_into(&mut worker.status.message);
        }
        worker.status.err = err;
        self.unsent.insert(task, worker.status.clone());
    }

    /// A step failed for good: rejected before the program could start, failed after.
    pub(super) fn fatal(&mut self, task: TaskId, err: String, now: Timestamp) {
        let Some(worker) = self.workers.get_mut(&task) else {
            return;
        };
        worker.doing = Doing::Idle;
        let state = if worker.status.state < TaskState::Starting {
            TaskState::Rejected
        } else {
            TaskState::Failed
        };
        self.observed(task, state, "", err, now);
    }

    /// Moves every task by what can be done now; true if something moved.
    pub(super) fn drive(&mut self, engine: &mut Engine, now: Timestamp, rng: &mut Streams) -> bool {
        let ids: Vec<TaskId> = self.workers.keys().copied().collect();
        let mut moved = false;
        for id in ids {
            // a task passes through several states at the same instant
            for _ in 0..12 {
                if !self.step(id, engine, now, rng) {
                    break;
                }
                moved = true;
            }
        }
        moved
    }

    /// One step of one task (`exec.Do`); true if the state or what is under way changed.
    fn step(&mut self, id: TaskId, engine: &mut Engine, now: Timestamp, rng: &mut Streams) -> bool {
        let Some(worker) = self.workers.get(&id) else {
            return false;
        };
        let (state, doing, desired) =
            (worker.status.state, worker.doing, worker.task.desired_state);
        if worker.is_to_end() {
            return self.end_step(id, engine, now, rng);
        }
        match doing {
            Doing::Retry { at } if at <= now => {
                self.set_doing(id, Doing::Idle);
                return true;
            }
            Doing::Attaching { .. } => return self.attach(id, engine, now, rng),
            Doing::Probing => return self.watch_probes(id, engine, now, rng),
            Doing::Watching => return self.watch(id, engine, now, rng),
            Doing::Retry { .. }
            | Doing::Pulling { .. }
            | Doing::Creating { .. }
            | Doing::Starting { .. }
            | Doing::Converging { .. }
            | Doing::Stopping { .. }
            | Doing::Removing { .. } => return false,
            Doing::Idle => {}
        }
        match state {
            TaskState::Preparing => self.prepare(id, engine, now),
            TaskState::Starting => self.start(id, engine, now, rng),
            TaskState::Running => {
                self.find_container(id, engine);
                if let Some(worker) = self.workers.get(&id).filter(|w| w.container.is_none()) {
                    // removed while the daemon was away
                    let err = format!("No such container: {}", worker.task.name());
                    self.fatal(id, err, now);
                } else {
                    self.set_doing(id, Doing::Watching);
                }
                true
            }
            _ if state >= desired => false,
            TaskState::New | TaskState::Pending | TaskState::Assigned => {
                self.observed(id, TaskState::Accepted, "accepted", String::new(), now);
                true
            }
            TaskState::Accepted => {
                self.observed(id, TaskState::Preparing, "preparing", String::new(), now);
                true
            }
            TaskState::Ready => {
                self.observed(id, TaskState::Starting, "starting", String::new(), now);
                true
            }
            TaskState::Complete
            | TaskState::Shutdown
            | TaskState::Failed
            | TaskState::Rejected
            | TaskState::Remove
            | TaskState::Orphaned => false,
        }
    }

    pub(super) fn set_doing(&mut self, id: TaskId, doing: Doing) {
        if let Some(worker) = self.workers.get_mut(&id) {
            worker.doing = doing;
        }
    }

    /// Containers of tasks that nobody assigned to this machine go, as do workers without one.
    pub(super) fn sweep(&mut self, engine: &mut Engine, now: Timestamp, rng: &mut Streams) {
        if !self.informed {
            return;
        }
        for (container, task) in engine.task_containers() {
            let known = TaskId::parse(&task).is_some_and(|task| self.workers.contains_key(&task));
            let under_way = self.calls.values().any(|purpose| *purpose == Purpose::Nothing);
            if !known && !under_way {
                let request = api::Request::ContainerRemove {
                    container: container.to_string(),
                    force: true,
                    volumes: true,
                };
                self.ask(Purpose::Nothing, request, engine, now, rng);
            }
        }
    }
}
