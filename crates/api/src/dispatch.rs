//! What agents and the dispatcher tell each other (SwarmKit `api/dispatcher.proto`), and what a
//! joining node asks of the certificate authority (`api/ca.proto`).

use crate::{
    Config, Network, Node, NodeDescription, NodeId, NodeRole, Secret, SessionId, Task, TaskId,
    TaskStatus,
};
use serde::{Deserialize, Serialize};
use share::Rc;

/// From an agent to the dispatcher of a manager (who passes it to the leader).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ToDispatcher {
    /// Opens a session, or describes the node anew on a living one.
    Session {
        /// Who.
        node: NodeId,
        /// What the machine is.
        description: NodeDescription,
        /// The living session, if this is a new description.
        session: Option<SessionId>,
    },
    /// "I am alive."
    Heartbeat {
        /// Who.
        node: NodeId,
        /// In which session.
        session: SessionId,
    },
    /// New statuses of tasks.
    UpdateTaskStatus {
        /// Who.
        node: NodeId,
        /// In which session.
        session: SessionId,
        /// What happened.
        updates: Vec<(TaskId, TaskStatus)>,
    },
    /// Log lines for a subscription of the log broker.
    Logs {
        /// Who.
        node: NodeId,
        /// Which subscription.
        subscription: u64,
        /// Lines of tasks of this node.
        lines: Vec<LogLine>,
        /// Nothing more will come.
        done: bool,
    },
}

/// One line that a container wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "what the words say")]
pub struct LogLine {
    /// For service logs: whose line it is.
    pub task: Option<TaskId>,
    pub at: crate::Timestamp,
    pub stderr: bool,
    /// Without the line's end.
    pub text: String,
}

/// From the dispatcher to an agent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ToAgent {
    /// First message of a session, and again when managers or the node's role change.
    Session {
        /// The session's id.
        session: SessionId,
        /// The node as the store has it (role, labels, availability).
        node: Rc<Node>,
        /// All managers: (node id, address with port), by weight equal.
        managers: Vec<(NodeId, String)>,
    },
    /// Answer to a heartbeat: when the next one is due.
    Heartbeat {
        /// Milliseconds.
        period_ms: u64,
    },
    /// Tasks and what they need.
    Assignments(Assignments),
    /// The session is not (or no longer) good: register again. gRPC's words.
    Refused {
        /// `session invalid`, `node not registered`, `dispatcher is stopped`…
        reason: String,
    },
    /// Follow or stop following logs.
    Subscribe {
        /// Which subscription.
        subscription: u64,
        /// Whose logs.
        tasks: Vec<TaskId>,
        /// Keep sending.
        follow: bool,
        /// Last lines only; absent: all.
        tail: Option<u64>,
        /// Lines at or after this instant only.
        since: Option<crate::Timestamp>,
        /// False: cancel it.
        open: bool,
    },
}

/// A set of assignments, whole or as a difference to what was sent before.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "what the words say")]
pub struct Assignments {
    /// True: this is everything, forget what is not here.
    pub complete: bool,
    pub tasks: Vec<Rc<Task>>,
    pub removed_tasks: Vec<TaskId>,
    /// Networks that the tasks and the node's attachments use.
    pub networks: Vec<Rc<Network>>,
    pub secrets: Vec<Rc<Secret>>,
    pub configs: Vec<Rc<Config>>,
    pub removed_secrets: Vec<crate::SecretId>,
    pub removed_configs: Vec<crate::ConfigId>,
}

/// A certificate as the model keeps it: who, in which role, of which root.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "what the words say")]
pub struct Certificate {
    pub node: NodeId,
    pub role: NodeRole,
    pub root: crate::Digest,
    /// When it was issued; it says an hour earlier, for clocks that lag (SwarmKit `CertBackdate`).
    pub issued: crate::Timestamp,
    pub not_after: crate::Timestamp,
}
