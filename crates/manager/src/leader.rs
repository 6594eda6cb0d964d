//! The one page that calls the leader's loops, in their fixed order.

use crate::store::{Draft, Queued};
use crate::{Members, RaftRequest, Store, StoreEvent, Trace};
use api::dispatch::{LogLine, ToAgent, ToDispatcher};
use api::{
    ApiError, Availability, ClusterSpec, ControlRequest, ControlResponse, JoinRequest,
    JoinResponse, NodeId, StoreAction, Timestamp,
};
use serde::{Deserialize, Serialize};
use sim::Streams;

/// How the first leader sets the swarm up (`docker swarm init`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Bootstrap {
    /// The cluster as declared.
    pub spec: ClusterSpec,
    /// The first node's availability.
    pub availability: Availability,
    /// Address pools; empty: `10.0.0.0/8`.
    pub default_addr_pool: Vec<String>,
    /// Mask length of each network; 0: 24.
    pub subnet_size: u32,
    /// VXLAN port; 0: 4789.
    pub data_path_port: u16,
}

/// One transaction for raft: one entry, at most 200 changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Proposal {
    /// Names it in [`Leader::on_commit`].
    pub id: u64,
    /// The changes.
    pub actions: Vec<StoreAction>,
    /// Why.
    pub why: Vec<Trace>,
}

/// Everything that exists only while this manager leads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Leader {
    me: NodeId,
    view: Store,
    queued: Queued,
    in_flight: Option<u64>,
}

impl Leader {
    /// Builds every loop from the store with a full pass. Call it when the first entry of the
    /// own term is applied. Writes the cluster, the own node and the first networks if absent.
    pub fn elected(store: &Store, me: NodeId, now: Timestamp, rng: &mut Streams) -> Self {
        Self::elected_with(store, me, Bootstrap::default(), now, rng)
    }

    /// [`Leader::elected`] with what `docker swarm init` was told.
    pub fn elected_with(
        store: &Store,
        me: NodeId,
        _bootstrap: Bootstrap,
        now: Timestamp,
        rng: &mut Streams,
    ) -> Self {
        let mut leader =
            Self { me, view: store.clone(), queued: Queued::default(), in_flight: None };
        let _ = Draft::new(&mut leader.view, &mut leader.queued, now, leader.me, rng);
        leader
    }

    /// After a committed entry was applied; `proposal` names it if it was ours.
    pub fn on_commit(
        &mut self,
        _store: &Store,
        _events: &[StoreEvent],
        _proposal: Option<u64>,
        _now: Timestamp,
        _rng: &mut Streams,
    ) {
    }

    /// A call of the control API. Reads and refusals are answered at once, writes when they
    /// are committed.
    pub fn handle_control(
        &mut self,
        _call: u64,
        _req: ControlRequest,
        _store: &Store,
        _members: &Members,
        _now: Timestamp,
        _rng: &mut Streams,
    ) {
    }

    /// A message of an agent; `from_addr` is its address without a port.
    pub fn handle_dispatch(
        &mut self,
        _from_addr: &str,
        _msg: ToDispatcher,
        _store: &Store,
        _now: Timestamp,
        _rng: &mut Streams,
    ) {
    }

    /// A call of a joining or renewing node.
    pub fn handle_join(
        &mut self,
        _call: u64,
        _req: JoinRequest,
        _store: &Store,
        _members: &Members,
        _now: Timestamp,
        _rng: &mut Streams,
    ) {
    }

    /// Does what is due. Call it also once right after an election and whenever raft's
    /// members change.
    pub fn poll(
        &mut self,
        _store: &Store,
        _members: &Members,
        _now: Timestamp,
        _rng: &mut Streams,
    ) {
    }

    /// When [`Leader::poll`] has something to do next.
    #[must_use]
    pub fn next_wakeup(&self) -> Option<Timestamp> {
        None
    }

    /// The next transaction, if none is in flight.
    pub fn take_proposal(&mut self, _store: &Store) -> Option<Proposal> {
        let _ = self.in_flight;
        None
    }

    /// Answers of the control API by call.
    pub fn take_answers(&mut self) -> Vec<(u64, Result<ControlResponse, ApiError>)> {
        Vec::new()
    }

    /// Answers to joining nodes by call; a joiner let into raft is answered by who does it.
    pub fn take_join_answers(&mut self) -> Vec<(u64, Result<JoinResponse, ApiError>)> {
        Vec::new()
    }

    /// Messages for agents.
    pub fn take_agent_messages(&mut self) -> Vec<(NodeId, ToAgent)> {
        Vec::new()
    }

    /// Log lines by subscription; `true`: the last ones.
    pub fn take_log_lines(&mut self) -> Vec<(u64, Vec<LogLine>, bool)> {
        Vec::new()
    }

    /// What raft is asked to do.
    pub fn take_raft_requests(&mut self) -> Vec<RaftRequest> {
        Vec::new()
    }

    /// Decisions since the last call.
    pub fn take_trace(&mut self) -> Vec<Trace> {
        Vec::new()
    }
}
