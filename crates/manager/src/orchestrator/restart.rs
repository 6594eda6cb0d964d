//! Restart supervisor: replaces finished tasks after a delay, and remembers how often.
//!
//! | | |
//! |---|---|
//! | runs on | the leader; its memory is lost with leadership and rebuilt by `taskinit` |
//! | watches | the delays it started |
//! | writes | replacements, desired states |
//! | SwarmKit | `manager/orchestrator/restart` |
//!
//! The replacement is made at once with desired state READY, so it is scheduled and prepared
//! while the delay runs.

use super::{
    DEFAULT_DELAY_US, Place, after, create_task, is_job, label, micros, new_task, set_desired,
};
use crate::store::Draft;
use crate::{NoRestart, Source, Store, Trace};
use api::{
    Availability, NodeId, NodeState, RestartCondition, RestartPolicy, Service, ServiceId, Task,
    TaskId, TaskState, Timestamp, Version,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// How long a replacement waits for the old task to stop.
const OLD_TASK_TIMEOUT_US: u64 = 60_000_000;

/// Waits and histories.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Supervisor {
    delays: BTreeMap<TaskId, Delay>,
    #[serde(with = "sim::entries")]
    history: BTreeMap<(ServiceId, Place), History>,
}

/// A task that may not run yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Delay {
    until: Timestamp,
    /// The task that has to stop first, and its node.
    old: Option<(TaskId, Option<NodeId>)>,
    give_up: Timestamp,
    /// The waiting task ended itself: restart it once the delay is over.
    restart_after: bool,
}

/// Restarts of one place under one spec.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct History {
    spec_version: Version,
    total: u64,
    /// Only kept for policies with a window.
    times: VecDeque<Timestamp>,
}

impl Supervisor {
    /// Replaces a finished task, if its policy says so (SwarmKit `Supervisor.Restart`).
    pub(crate) fn restart(&mut self, draft: &mut Draft<'_>, service: &Service, id: TaskId) {
        if let Some(delay) = self.delays.get_mut(&id) {
            delay.restart_after = true;
            return;
        }
        let Some(task) = draft.task(id).cloned() else { return };
        if task.desired_state > TaskState::Complete {
            return;
        }
        set_desired(draft, id, TaskState::Shutdown, Source::Restart);
        let (name, state) = (label(&task), task.status.state);
        if let Err(why) = self.should_restart(service, &task) {
            draft.why(Trace::NoRestart { task: id, name, state, why });
            return;
        }
        let place = Place::of(service, &task);
        let mut replacement = new_task(draft, service, place);
        replacement.desired_state = TaskState::Ready;
        replacement.job_iteration = task.job_iteration;
        let node = task.node_id.and_then(|node| draft.node(node)).cloned();
        let drained = node.as_ref().is_some_and(|n| n.spec.availability == Availability::Drain);
        let delay = if drained { 0 } else { delay_of(task.spec.restart.as_ref()) };
        let down = node.as_ref().is_some_and(|node| node.status.state == NodeState::Down);
        let wait_stop = !down && state <= TaskState::Running;
        let new = replacement.id;
        draft.why(Trace::Restart { old: id, new, name, state, delay_ms: delay / 1000 });
        self.record(service.id, place, &replacement, draft.now);
        create_task(draft, replacement, Source::Restart);
        self.delay_start(draft.now, new, delay, wait_stop.then_some((id, task.node_id)));
    }

    /// Lets a task run after a delay and, if one is named, after an old task has stopped.
    pub(crate) fn delay_start(
        &mut self,
        now: Timestamp,
        task: TaskId,
        delay_us: u64,
        old: Option<(TaskId, Option<NodeId>)>,
    ) {
        let delay = Delay {
            until: after(now, delay_us),
            old,
            give_up: after(now, OLD_TASK_TIMEOUT_US.max(delay_us)),
            restart_after: false,
        };
        self.delays.insert(task, delay);
    }

    /// Whether a task still waits to be started.
    pub(crate) fn is_waiting(&self, task: TaskId) -> bool {
        self.delays.contains_key(&task)
    }

    /// Forgets a task that is gone.
    pub(crate) fn cancel(&mut self, task: TaskId) {
        self.delays.remove(&task);
    }

    /// Forgets a deleted service.
    pub(crate) fn forget_service(&mut self, service: ServiceId) {
        self.history.retain(|(of, _), _| *of != service);
    }

    /// Starts what has waited long enough; returns tasks that ended meanwhile and have to be
    /// restarted now.
    pub(crate) fn run(&mut self, draft: &mut Draft<'_>) -> Vec<TaskId> {
        let ready: Vec<TaskId> = self
            .delays
            .iter()
            .filter(|(_, delay)| delay.is_over(draft, draft.now))
            .map(|(id, _)| *id)
            .collect();
        let mut restarts = Vec::new();
        for id in ready {
            let again = self.delays.remove(&id).is_some_and(|delay| delay.restart_after);
            start_now(draft, id);
            if again {
                restarts.push(id);
            }
        }
        restarts
    }

    pub(crate) fn next_wakeup(&self, now: Timestamp) -> Option<Timestamp> {
        self.delays
            .values()
            .filter_map(|delay| {
                let times = [Some(delay.until), delay.old.map(|_| delay.give_up)];
                times.into_iter().flatten().filter(|at| *at > now).min()
            })
            .min()
    }

    /// Whether the policy wants another task after this one (SwarmKit `shouldRestart`).
    pub(crate) fn should_restart(
        &mut self,
        service: &Service,
        task: &Task,
    ) -> Result<(), NoRestart> {
        let completed = task.status.state == TaskState::Complete;
        let condition =
            task.spec.restart.as_ref().map_or(RestartCondition::Any, |policy| policy.condition);
        match condition {
            RestartCondition::None => return Err(NoRestart::ConditionNone),
            RestartCondition::OnFailure if completed => return Err(NoRestart::Completed),
            RestartCondition::Any if completed && is_job(service) => {
                return Err(NoRestart::Completed);
            }
            RestartCondition::OnFailure | RestartCondition::Any => {}
        }
        let Some((max, window)) = limit(task.spec.restart.as_ref()) else { return Ok(()) };
        let key = (service.id, Place::of(service, task));
        let Some(history) = self.history.get_mut(&key) else { return Ok(()) };
        if task.spec_version.is_some_and(|version| version != history.spec_version) {
            return Ok(());
        }
        let count = match window {
            None => history.total,
            Some(window) => history.in_window(task, window),
        };
        if count < max { Ok(()) } else { Err(NoRestart::MaxAttempts) }
    }

    /// Counts a replacement if its policy has a limit (SwarmKit `RecordRestartHistory`).
    pub(crate) fn record(
        &mut self,
        service: ServiceId,
        place: Place,
        task: &Task,
        created_at: Timestamp,
    ) {
        let Some((_, window)) = limit(task.spec.restart.as_ref()) else { return };
        let history = self.history.entry((service, place)).or_default();
        if let Some(version) = task.spec_version
            && version != history.spec_version
        {
            *history = History { spec_version: version, ..History::default() };
        }
        history.total += 1;
        if window.is_some() {
            history.times.push_back(created_at);
        }
    }
}

impl Delay {
    fn is_over(&self, store: &Store, now: Timestamp) -> bool {
        if self.until > now {
            return false;
        }
        let Some((task, node)) = self.old else { return true };
        let stopped = store.task(task).is_none_or(|task| task.status.state > TaskState::Running);
        let node_gone = node.is_some_and(|node| {
            store.node(node).is_none_or(|node| node.status.state == NodeState::Down)
        });
        stopped || node_gone || self.give_up <= now
    }
}

impl History {
    /// Restarts before this task ended and inside its window; older ones are dropped.
    fn in_window(&mut self, task: &Task, window_us: u64) -> u64 {
        let end = task.status.applied_at.unwrap_or(task.status.timestamp);
        let begin = Timestamp(end.0.saturating_sub(window_us));
        while self.times.front().is_some_and(|time| *time <= begin) {
            self.times.pop_front();
        }
        let later = self.times.iter().rev().take_while(|time| **time >= end).count();
        u64::try_from(self.times.len() - later).unwrap_or(u64::MAX)
    }
}

/// The delay of a policy in microseconds; without one, the default.
pub(crate) fn delay_of(policy: Option<&RestartPolicy>) -> u64 {
    policy.and_then(|policy| policy.delay_ns).map_or(DEFAULT_DELAY_US, micros)
}

fn limit(policy: Option<&RestartPolicy>) -> Option<(u64, Option<u64>)> {
    let policy = policy?;
    let max = policy.max_attempts.filter(|max| *max > 0)?;
    Some((max, policy.window_ns.map(micros).filter(|window| *window > 0)))
}

/// Lets a prepared task run (SwarmKit `Supervisor.StartNow`).
pub(crate) fn start_now(draft: &mut Draft<'_>, id: TaskId) {
    let Some(task) = draft.task(id).cloned() else { return };
    if task.desired_state >= TaskState::Running {
        return;
    }
    let job = task.service_id.and_then(|id| draft.service(id)).is_some_and(|s| is_job(s));
    let desired = if job { TaskState::Complete } else { TaskState::Running };
    draft.update_task(id, |task| task.desired_state = desired);
    draft.why(Trace::Started { task: id, name: label(&task), source: Source::Restart });
}
