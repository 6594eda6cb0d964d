//! What the orchestrators share: modes, slots, new tasks, the dirty test.
//!
//! SwarmKit: `manager/orchestrator`.

pub(crate) mod constraintenforcer;
pub(crate) mod global;
pub(crate) mod jobs;
pub(crate) mod loops;
pub(crate) mod replicated;
pub(crate) mod restart;
pub(crate) mod taskinit;
pub(crate) mod taskreaper;
pub(crate) mod update;

use crate::scheduler::constraint;
use crate::store::Draft;
use crate::{Source, Trace};
use api::{
    Annotations, Availability, Meta, Node, NodeId, NodeState, Service, ServiceId, ServiceMode,
    Task, TaskId, TaskSpec, TaskState, TaskStatus, Timestamp,
};
use share::Rc;
use std::fmt::Write;

/// The restart delay and monitor of a service that sets none (`api/defaults/service.go`).
pub(crate) const DEFAULT_DELAY_US: u64 = 5_000_000;

/// A duration of the API in the model's microseconds; negative ones count as none.
pub(crate) fn micros(ns: i64) -> u64 {
    u64::try_from(ns / 1000).unwrap_or(0)
}

pub(crate) fn after(at: Timestamp, us: u64) -> Timestamp {
    Timestamp(at.0.saturating_add(us))
}

pub(crate) fn is_replicated(service: &Service) -> bool {
    matches!(service.spec.mode, ServiceMode::Replicated { .. })
}

pub(crate) fn is_global(service: &Service) -> bool {
    matches!(service.spec.mode, ServiceMode::Global)
}

pub(crate) fn is_job(service: &Service) -> bool {
    matches!(service.spec.mode, ServiceMode::ReplicatedJob { .. } | ServiceMode::GlobalJob)
}

/// A node whose tasks have to go elsewhere.
pub(crate) fn invalid_node(node: Option<&Rc<Node>>) -> bool {
    node.is_none_or(|node| {
        node.status.state == NodeState::Down || node.spec.availability == Availability::Drain
    })
}

/// Orders the tasks of a slot: when the leader took their status in, else when it was made.
pub(crate) fn task_time(task: &Task) -> (Timestamp, Timestamp, TaskId) {
    (task.status.applied_at.unwrap_or(task.status.timestamp), task.meta.created_at, task.id)
}

/// Which place of a service a task fills.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub(crate) enum Place {
    /// A slot of a replicated service or job.
    Slot(u64),
    /// A node, for global ones.
    Node(NodeId),
}

impl Place {
    /// The place of a task of this service.
    pub(crate) fn of(service: &Service, task: &Task) -> Self {
        match (service.spec.mode, task.node_id) {
            (ServiceMode::Global | ServiceMode::GlobalJob, Some(node)) => Self::Node(node),
            (
                ServiceMode::Global
                | ServiceMode::GlobalJob
                | ServiceMode::Replicated { .. }
                | ServiceMode::ReplicatedJob { .. },
                _,
            ) => Self::Slot(task.slot),
        }
    }
}

/// A new task of a service; not yet written (SwarmKit `orchestrator.NewTask`).
pub(crate) fn new_task(draft: &mut Draft<'_>, service: &Service, place: Place) -> Task {
    let (slot, node_id) = match place {
        Place::Slot(slot) => (slot, None),
        Place::Node(node) => (0, Some(node)),
    };
    let default_driver = draft.cluster().and_then(|cluster| cluster.spec.log_driver.clone());
    Task {
        id: TaskId::from_random(draft.id_bytes()),
        meta: Meta::default(),
        spec: Rc::clone(&service.spec.task),
        spec_version: service.spec_version,
        service_id: Some(service.id),
        slot,
        node_id,
        annotations: Annotations::default(),
        service_annotations: service.spec.annotations.clone(),
        status: TaskStatus {
            timestamp: draft.now,
            message: "created".to_owned(),
            ..TaskStatus::default()
        },
        desired_state: TaskState::Running,
        networks: Vec::new(),
        endpoint: Some(service.spec.endpoint.clone()),
        ports: Vec::new(),
        log_driver: service.spec.task.log_driver.clone().or(default_driver),
        assigned_generic_resources: Vec::new(),
        job_iteration: None,
    }
}

/// Writes a new task and says so.
pub(crate) fn create_task(draft: &mut Draft<'_>, task: Task, source: Source) {
    draft.why(Trace::TaskCreated { task: task.id, name: label(&task), source });
    draft.create_task(task);
}

/// Lowers what is wanted of a task; never raises it.
pub(crate) fn set_desired(
    draft: &mut Draft<'_>,
    id: TaskId,
    desired: TaskState,
    source: Source,
) -> bool {
    let Some(task) = draft.task(id) else { return false };
    if task.desired_state >= desired {
        return false;
    }
    let name = label(task);
    draft.update_task(id, |task| task.desired_state = desired);
    draft.why(Trace::TaskStopped { task: id, name, desired, source });
    true
}

/// A deleted service's tasks stop and go (SwarmKit `orchestrator.SetServiceTasksRemove`).
pub(crate) fn set_service_tasks_remove(draft: &mut Draft<'_>, id: ServiceId, source: Source) {
    let tasks: Vec<TaskId> = draft.tasks_of_service(id).map(|task| task.id).collect();
    for task in tasks {
        set_desired(draft, task, TaskState::Remove, source);
    }
}

/// `web.1`, or `web.<node>` for global tasks, as tables show it.
pub(crate) fn label(task: &Task) -> String {
    if task.service_id.is_none() {
        return task.id.short().to_owned();
    }
    let name = &task.service_annotations.name;
    // written for every task that is placed: one allocation
    let mut label = String::with_capacity(name.len() + 21);
    label.push_str(name);
    label.push('.');
    match (task.slot, task.node_id) {
        (0, Some(node)) => label.push_str(node.short()),
        (slot, _) => drop(write!(label, "{slot}")),
    }
    label
}

/// Whether a task has to be replaced to follow its service's spec
/// (SwarmKit `orchestrator.IsTaskDirty`).
#[must_use]
pub fn is_task_dirty(service: &Service, task: &Task, node: Option<&Rc<Node>>) -> bool {
    if let (Some(ours), Some(theirs)) = (service.spec_version, task.spec_version)
        && ours == theirs
    {
        return false;
    }
    let wanted = &service.spec.task;
    if *wanted != task.spec {
        let placement =
            TaskSpec { placement: task.spec.placement.clone(), ..TaskSpec::clone(wanted) };
        let fits = node.is_some_and(|node| constraint::node_matches(&wanted.placement, node));
        return !(placement == *task.spec && fits);
    }
    task.endpoint.as_ref().is_some_and(|endpoint| *endpoint != service.spec.endpoint)
}

/// The tasks of a slot an update would look at; empty: the slot is dead
/// (SwarmKit `restart.UpdatableTasksInSlot`).
pub(crate) fn updatable_tasks(
    restart: &mut restart::Supervisor,
    service: &Service,
    slot: &[Rc<Task>],
) -> Vec<Rc<Task>> {
    let live: Vec<_> =
        slot.iter().filter(|task| task.desired_state <= TaskState::Running).cloned().collect();
    if !live.is_empty() {
        return live;
    }
    let rolling_back = service
        .update_status
        .as_ref()
        .is_some_and(|status| status.state == api::UpdateState::RollbackStarted);
    if rolling_back {
        return Vec::new();
    }
    let newest = slot.iter().max_by_key(|task| task_time(task));
    newest
        .filter(|task| restart.should_restart(service, task).is_err())
        .cloned()
        .into_iter()
        .collect()
}
