//! Tasks and their states (SwarmKit `api/types.proto`, `api/objects.proto`).

use crate::{
    Annotations, ContainerId, EndpointSpec, LogDriver, Meta, NetworkId, NodeId, PortConfig,
    ServiceId, TaskId, TaskSpec, Timestamp, Version,
};
use serde::{Deserialize, Serialize};

/// States in their order; observed and desired state never go back.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[allow(missing_docs, reason = "SwarmKit's own names")]
pub enum TaskState {
    #[default]
    New = 0,
    Pending = 64,
    Assigned = 192,
    Accepted = 256,
    Preparing = 320,
    Ready = 384,
    Starting = 448,
    Running = 512,
    Complete = 576,
    Shutdown = 640,
    Failed = 704,
    Rejected = 768,
    Remove = 800,
    Orphaned = 832,
}

impl TaskState {
    /// The API's word: `running`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Pending => "pending",
            Self::Assigned => "assigned",
            Self::Accepted => "accepted",
            Self::Preparing => "preparing",
            Self::Ready => "ready",
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Complete => "complete",
            Self::Shutdown => "shutdown",
            Self::Failed => "failed",
            Self::Rejected => "rejected",
            Self::Remove => "remove",
            Self::Orphaned => "orphaned",
        }
    }
}

/// What became of a task so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskStatus {
    /// When this state was reached.
    pub timestamp: Timestamp,
    /// The observed state.
    pub state: TaskState,
    /// What is being done (`preparing`).
    pub message: String,
    /// Why it failed or waits.
    pub err: String,
    /// The container, once there is one.
    pub container: Option<ContainerStatus>,
    /// Host-mode ports as bound.
    pub port_status: Vec<PortConfig>,
    /// When the leader took the status in; used to order tasks of a slot.
    pub applied_at: Option<Timestamp>,
    /// The node that took it in (the leader).
    pub applied_by: Option<NodeId>,
}

/// The container behind a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the API's own field names")]
pub struct ContainerStatus {
    pub id: ContainerId,
    pub pid: u32,
    pub exit_code: i32,
}

/// A network of a task with its address there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkAttachment {
    /// Which network.
    pub network: NetworkId,
    /// Addresses as CIDR (`10.0.0.5/24`).
    pub addresses: Vec<String>,
    /// Names it answers to there.
    pub aliases: Vec<String>,
}

/// One attempt to fill a slot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// Its id.
    pub id: TaskId,
    /// Version and times.
    pub meta: Meta,
    /// A frozen copy of the service's task spec.
    pub spec: share::Rc<TaskSpec>,
    /// The service's `spec_version` it was made for; absent for tasks made without one.
    pub spec_version: Option<Version>,
    /// Its service; absent for attachment tasks.
    pub service_id: Option<ServiceId>,
    /// 1… for replicated services, 0… for replicated jobs, 0 for global ones.
    pub slot: u64,
    /// Its node, once assigned (preset for global services).
    pub node_id: Option<NodeId>,
    /// Own name and labels (mostly empty).
    pub annotations: Annotations,
    /// Copy of the service's.
    pub service_annotations: Annotations,
    /// Observed.
    pub status: TaskStatus,
    /// Wanted.
    pub desired_state: TaskState,
    /// Networks with addresses.
    pub networks: Vec<NetworkAttachment>,
    /// Copy of the service's endpoint spec when it was made (dirty test), with ports as published.
    pub endpoint: Option<EndpointSpec>,
    /// Ports as allocated.
    pub ports: Vec<PortConfig>,
    /// Log driver.
    pub log_driver: Option<LogDriver>,
    /// Generic resources it was given.
    pub assigned_generic_resources: Vec<crate::GenericResource>,
    /// Which run of a job.
    pub job_iteration: Option<u64>,
}

impl Task {
    /// `SERVICE.SLOT.TASKID`, or with the node's id for slot 0: also the container's name
    /// (SwarmKit `api/naming`).
    #[must_use]
    pub fn name(&self) -> String {
        if !self.annotations.name.is_empty() {
            return self.annotations.name.clone();
        }
        let service = &self.service_annotations.name;
        match (self.slot, self.node_id) {
            (0, Some(node)) => format!("{service}.{node}.{}", self.id),
            (slot, _) => format!("{service}.{slot}.{}", self.id),
        }
    }
}
