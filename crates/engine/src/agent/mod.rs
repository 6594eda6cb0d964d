//! The swarm's agent on one machine: session, worker, one controller for each task.

use crate::engine::Engine;
use api::dispatch::{ToAgent, ToDispatcher};
use api::{NetworkId, NodeDescription, NodeId, PortConfig, ServiceId, TaskId, Timestamp};
use serde::{Deserialize, Serialize};
use sim::Streams;

/// What gossip tells other nodes about a task on an overlay network (libnetwork's endpoint
/// record): a service's task joined, left, or gets no new connections.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "what the words say")]
pub struct EndpointRecord {
    pub network: NetworkId,
    /// Absent for a plain container.
    pub service: Option<ServiceId>,
    pub service_name: String,
    pub task: TaskId,
    /// The container's name (`web.1.ID`).
    pub task_name: String,
    /// The service's address on that network; empty for dnsrr.
    pub vip: String,
    /// Ingress ports, on the ingress network only.
    pub ports: Vec<PortConfig>,
    /// The task's own address.
    pub ip: String,
    pub aliases: Vec<String>,
    /// True: it is gone, or takes no new connections (weight 0).
    pub removed: bool,
}

/// The agent of a machine that is a node of a swarm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Agent {
    node: NodeId,
}

impl Agent {
    /// An agent that knows some managers by (node, address) and will look for one of them.
    #[must_use]
    pub fn new(node: NodeId, _description: NodeDescription, _managers: Vec<(NodeId, String)>) -> Self {
        Self { node }
    }

    /// Who it is.
    #[must_use]
    pub const fn node(&self) -> NodeId {
        self.node
    }

    /// A message of the dispatcher.
    pub fn handle(&mut self, _msg: ToAgent, _engine: &mut Engine, _now: Timestamp, _rng: &mut Streams) {}

    /// Does what is due and looks at the engine. To be called after everything that happened to
    /// the engine.
    pub fn poll(&mut self, _engine: &mut Engine, _now: Timestamp, _rng: &mut Streams) {}

    /// When [`Agent::poll`] has something to do by itself.
    #[must_use]
    pub fn next_wakeup(&self) -> Option<Timestamp> {
        None
    }

    /// Messages for a dispatcher: (address of the manager it talks to, message).
    pub fn take_messages(&mut self) -> Vec<(String, ToDispatcher)> {
        Vec::new()
    }

    /// The connection to the manager broke (it died, the link is cut, it refused).
    pub fn disconnected(&mut self, _now: Timestamp, _rng: &mut Streams) {}

    /// Endpoint records to gossip since the last call.
    pub fn take_endpoint_changes(&mut self) -> Vec<EndpointRecord> {
        Vec::new()
    }

    /// The daemon or the power went: what was in memory is lost, the task list on disk stays.
    pub fn restarted(&mut self, _now: Timestamp, _rng: &mut Streams) {}

    /// The node leaves the swarm: its containers are stopped and removed.
    pub fn leave(&mut self, _engine: &mut Engine, _now: Timestamp, _rng: &mut Streams) {}
}
