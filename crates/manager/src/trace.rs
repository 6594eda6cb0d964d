//! Decisions of the leader's loops, typed, with an English sentence each.

use api::{NodeId, NodeRole, NodeState, ServiceId, TaskId, TaskState, UpdateState};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Which loop decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[allow(missing_docs, reason = "SwarmKit's own names")]
pub enum Source {
    Leader,
    ControlApi,
    Allocator,
    Scheduler,
    Replicated,
    Global,
    Jobs,
    Restart,
    Updater,
    TaskInit,
    TaskReaper,
    ConstraintEnforcer,
    Dispatcher,
    Ca,
    RoleManager,
}

impl Source {
    /// The word a trace line starts with.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Leader => "leader",
            Self::ControlApi => "controlapi",
            Self::Allocator => "allocator",
            Self::Scheduler => "scheduler",
            Self::Replicated => "replicated",
            Self::Global => "global",
            Self::Jobs => "jobs",
            Self::Restart => "restart",
            Self::Updater => "updater",
            Self::TaskInit => "taskinit",
            Self::TaskReaper => "taskreaper",
            Self::ConstraintEnforcer => "constraintenforcer",
            Self::Dispatcher => "dispatcher",
            Self::Ca => "ca",
            Self::RoleManager => "rolemanager",
        }
    }
}

/// One decision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the sentences of Display say what each field is")]
pub enum Trace {
    /// This manager leads now.
    Elected { node: NodeId },
    /// The first leader wrote the cluster object.
    Bootstrapped { node: NodeId },
    /// Fewer slots than wanted.
    TooFewSlots { service: ServiceId, name: String, have: u64, want: u64 },
    /// More slots than wanted.
    TooManySlots { service: ServiceId, name: String, have: u64, want: u64 },
    /// A slot goes because of scaling down.
    SlotRemoved { service: ServiceId, name: String, slot: u64, node: Option<NodeId>, copies: u64 },
    /// A task was made.
    TaskCreated { task: TaskId, name: String, source: Source },
    /// A task's desired state was lowered towards its end.
    TaskStopped { task: TaskId, name: String, desired: TaskState, source: Source },
    /// A task object was deleted.
    TaskDeleted { task: TaskId, name: String, history_limit: Option<i64> },
    /// The scheduler found a node.
    Assigned { task: TaskId, name: String, node: NodeId, node_name: String, preassigned: bool },
    /// It drew between equally good nodes; lists them unless they are many.
    Tie { task: TaskId, name: String, of: u32, nodes: Vec<NodeId>, chosen: NodeId },
    /// The scheduler found none.
    NoSuitableNode { task: TaskId, name: String, err: String },
    /// A task will be replaced.
    Restart { old: TaskId, new: TaskId, name: String, state: TaskState, delay_ms: u64 },
    /// A task will not be replaced.
    NoRestart { task: TaskId, name: String, state: TaskState, why: NoRestart },
    /// A replacement may run now.
    Started { task: TaskId, name: String, source: Source },
    /// An update moves on.
    UpdateState { service: ServiceId, name: String, state: UpdateState, message: String },
    /// An update works on a slot, drawn from those listed unless they are many.
    UpdateSlot { service: ServiceId, name: String, slot: u64, node: Option<NodeId>, of: Vec<u64> },
    /// A task's node no longer fits.
    Rejected { task: TaskId, name: String, node: NodeId },
    /// A node changed its state.
    NodeState { node: NodeId, hostname: String, state: NodeState, message: String },
    /// An agent registered.
    Registered { node: NodeId, hostname: String },
    /// Tasks of a node were given up.
    Orphaned { task: TaskId, name: String },
    /// The allocator gave an address or failed to.
    Allocated { what: String, addr: String },
    /// Nothing free.
    NotAllocated { what: String, err: String },
    /// A certificate was issued.
    Certificate { node: NodeId, role: NodeRole },
    /// A node's role changed.
    Role { node: NodeId, role: NodeRole },
    /// A role change waits.
    RoleWaits { node: NodeId, why: String },
    /// An agent reported a task.
    TaskStatus { task: TaskId, name: String, state: TaskState, err: String },
}

/// Why a task is not replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NoRestart {
    /// The condition is `none`.
    ConditionNone,
    /// It completed and the condition is `on-failure`, or it is a job.
    Completed,
    /// The attempts are used up.
    MaxAttempts,
}

impl Trace {
    /// Which loop decided it.
    #[must_use]
    pub const fn source(&self) -> Source {
        match self {
            Self::Elected { .. } | Self::Bootstrapped { .. } => Source::Leader,
            Self::TooFewSlots { .. } | Self::TooManySlots { .. } | Self::SlotRemoved { .. } => {
                Source::Replicated
            }
            Self::TaskCreated { source, .. }
            | Self::TaskStopped { source, .. }
            | Self::Started { source, .. } => *source,
            Self::TaskDeleted { .. } => Source::TaskReaper,
            Self::Assigned { .. } | Self::Tie { .. } | Self::NoSuitableNode { .. } => {
                Source::Scheduler
            }
            Self::Restart { .. } | Self::NoRestart { .. } => Source::Restart,
            Self::UpdateState { .. } | Self::UpdateSlot { .. } => Source::Updater,
            Self::Rejected { .. } => Source::ConstraintEnforcer,
            Self::NodeState { .. }
            | Self::Registered { .. }
            | Self::Orphaned { .. }
            | Self::TaskStatus { .. } => Source::Dispatcher,
            Self::Allocated { .. } | Self::NotAllocated { .. } => Source::Allocator,
            Self::Certificate { .. } => Source::Ca,
            Self::Role { .. } | Self::RoleWaits { .. } => Source::RoleManager,
        }
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.source().as_str())?;
        match self {
            Self::Elected { node } => write!(f, "{} leads", node.short()),
            Self::Bootstrapped { node } => write!(f, "{} creates the swarm", node.short()),
            Self::TooFewSlots { name, have, want, .. } => {
                write!(f, "{name}: {have} slots, {want} wanted: create tasks")
            }
            Self::TooManySlots { name, have, want, .. } => {
                write!(f, "{name}: {have} slots, {want} wanted: remove tasks")
            }
            Self::SlotRemoved { name, slot, node: Some(node), copies, .. } => {
                let node = node.short();
                write!(f, "{name}: remove slot {slot} on {node} (copy {copies} there)")
            }
            Self::SlotRemoved { name, slot, .. } => write!(f, "{name}: remove slot {slot}"),
            Self::TaskCreated { name, .. } => write!(f, "{name}: task created"),
            Self::TaskStopped { name, desired, .. } => {
                write!(f, "{name}: desired state {}", desired.as_str())
            }
            Self::TaskDeleted { name, history_limit: Some(limit), .. } => {
                write!(f, "{name}: deleted, only {limit} tasks of a slot are kept")
            }
            Self::TaskDeleted { name, .. } => write!(f, "{name}: deleted"),
            Self::Assigned { name, node_name, preassigned: false, .. } => {
                write!(f, "{name}: assigned to {node_name}")
            }
            Self::Assigned { name, node_name, .. } => write!(f, "{name}: fits on {node_name}"),
            Self::Tie { name, of, chosen, .. } => {
                write!(f, "{name}: {of} nodes equally good, {} drawn", chosen.short())
            }
            Self::NoSuitableNode { name, err, .. } => write!(f, "{name}: {err}"),
            Self::Restart { name, state, delay_ms, .. } => {
                write!(f, "{name}: was {}, replaced after {delay_ms} ms", state.as_str())
            }
            Self::NoRestart { name, state, why, .. } => {
                write!(f, "{name}: was {}, not replaced: {why}", state.as_str())
            }
            Self::Started { name, .. } => write!(f, "{name}: may run"),
            Self::UpdateState { name, message, .. } => write!(f, "{name}: {message}"),
            Self::UpdateSlot { name, slot: 0, node: Some(node), .. } => {
                write!(f, "{name}: updates {}", node.short())
            }
            Self::UpdateSlot { name, slot, .. } => write!(f, "{name}: updates slot {slot}"),
            Self::Rejected { name, node, .. } => {
                write!(f, "{name}: rejected, {} no longer fits", node.short())
            }
            Self::NodeState { hostname, state, message, .. } if message.is_empty() => {
                write!(f, "{hostname}: {state:?}")
            }
            Self::NodeState { hostname, state, message, .. } => {
                write!(f, "{hostname}: {state:?}, {message}")
            }
            Self::Registered { hostname, .. } => write!(f, "{hostname}: registered"),
            Self::Orphaned { name, .. } => write!(f, "{name}: orphaned"),
            Self::Allocated { what, addr } => write!(f, "{what}: {addr}"),
            Self::NotAllocated { what, err } => write!(f, "{what}: {err}"),
            Self::Certificate { node, role } => {
                write!(f, "{}: certificate as {}", node.short(), role.as_str())
            }
            Self::Role { node, role } => write!(f, "{}: is a {} now", node.short(), role.as_str()),
            Self::RoleWaits { node, why } => write!(f, "{}: {why}", node.short()),
            Self::TaskStatus { name, state, err, .. } if err.is_empty() => {
                write!(f, "{name}: {}", state.as_str())
            }
            Self::TaskStatus { name, state, err, .. } => {
                write!(f, "{name}: {}, {err}", state.as_str())
            }
        }
    }
}

impl fmt::Display for NoRestart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ConditionNone => "restart condition is none",
            Self::Completed => "it completed",
            Self::MaxAttempts => "attempts are used up",
        })
    }
}
