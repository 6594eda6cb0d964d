//! What the queue holds and what travels between machines.

use crate::{CallId, Machine, RequestId};
use api::dispatch::{LogLine, ToAgent, ToDispatcher};
use api::{
    ApiError, ControlRequest, ControlResponse, JoinRequest, JoinResponse, StoreAction, Timestamp,
};
use engine::{EndpointRecord, FetchReply, NetAnswer};
use manager::Store;
use serde::{Deserialize, Serialize};
use share::Rc;

/// One entry of the replicated log: a transaction of the leader.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Command {
    /// The leader's number for it.
    pub(crate) proposal: u64,
    /// The proposing member and its term: whose number that is.
    pub(crate) by: (u64, u64),
    /// The leader's clock.
    pub(crate) at: Timestamp,
    /// The changes, shared by every replica.
    pub(crate) actions: Vec<StoreAction>,
}

/// This crate's raft.
pub(crate) type Raft = raft::Raft<Command, Store>;
/// What its members say to each other.
pub(crate) type RaftMessage = raft::Message<Command, Store>;

/// Names an outstanding question of one machine to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Rpc(pub(crate) u64);

/// Why a question brought no answer of the one asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Broken {
    /// Nobody listens there.
    Refused,
    /// Nothing came back in time.
    Silent,
    /// It listens, but does not lead and knows no leader to pass it to.
    NotLeader,
}

/// What one machine's daemon sends to another's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Wire {
    /// Between members of raft.
    Raft { from: u64, to: u64, message: Box<RaftMessage> },
    /// "You were removed."
    RaftRemoved { to: u64 },
    /// Where does `to` live? Whoever asks got a message of a member that its log does not have
    /// yet, and `message` is its answer.
    ResolveAddress { from: u64, to: u64, message: Box<RaftMessage> },
    /// There.
    Address { addr: String, from: u64, to: u64, message: Box<RaftMessage> },
    /// An agent speaks; `agent` is its machine; `proxied`: a manager passes it on.
    Dispatch { agent: Machine, proxied: bool, message: Box<ToDispatcher> },
    /// The dispatcher speaks to the agent of a machine.
    Agent { agent: Machine, message: Box<ToAgent> },
    /// The agent's connection through here is gone.
    AgentGone { agent: Machine },
    /// A call of the control API for the leader.
    Control { rpc: Rpc, origin: Machine, request: Box<ControlRequest> },
    /// Its answer.
    ControlAnswer { rpc: Rpc, answer: Result<Box<ControlResponse>, ApiError> },
    /// The one asked cannot answer it.
    NotLeader { rpc: Rpc },
    /// A call of the certificate authority or for membership of raft.
    Join { rpc: Rpc, origin: Machine, proxied: bool, request: Box<JoinRequest> },
    /// Its answer.
    JoinAnswer { rpc: Rpc, answer: Result<Box<JoinResponse>, ApiError> },
    /// Log lines for a control call that subscribed.
    Logs { rpc: Rpc, lines: Vec<LogLine>, done: bool },
    /// Gossip: endpoint records of one machine, in the order of their making.
    Gossip { records: Rc<Vec<EndpointRecord>> },
    /// Gossip: everything that the sender itself has, in place of what was known of it.
    GossipAll { records: Rc<Vec<EndpointRecord>> },
    /// A web request on its way; see `mesh`.
    Http { request: RequestId },
}

impl Wire {
    /// A call that a manager makes to another one, over the connection that raft uses too.
    /// Both ends show their certificates.
    pub(crate) const fn is_tls(&self) -> bool {
        !matches!(self, Self::Http { .. } | Self::Gossip { .. } | Self::GossipAll { .. })
    }

    pub(crate) const fn between_managers(&self) -> bool {
        matches!(
            self,
            Self::Control { .. }
                | Self::Dispatch { proxied: true, .. }
                | Self::Join { proxied: true, .. }
        )
    }
}

/// Something due at an instant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Event {
    /// A message arrives.
    Wire { from: Machine, to: Machine, sent: Timestamp, wire: Wire },
    /// A message did not arrive, and its sender notices.
    Undelivered { from: Machine, to: Machine, wire: Wire, broken: Broken },
    /// A raft tick; of a daemon's life number `boot`.
    Tick { machine: Machine, boot: u32 },
    /// Engine, agent or leader have something due.
    Wake { machine: Machine },
    /// A waiting control call looks for a leader again.
    Retry { rpc: Rpc },
    /// A question is too late.
    Deadline { rpc: Rpc },
    /// The next part of a swarm call that waits for time to pass.
    Resume { call: CallId },
    /// A join, init or leave goes on.
    Swarm { machine: Machine, boot: u32, step: SwarmStep },
    /// The registry's answer reaches an engine.
    Registry { machine: Machine, boot: u32, ticket: u64, reply: Box<FetchReply> },
    /// The registry's answer reaches a daemon that pins an image.
    Digest { call: CallId, reply: Box<FetchReply> },
    /// The network's answer to a program of a container.
    Net { machine: Machine, ticket: u64, answer: Box<NetAnswer> },
    /// Gossip has given up a peer that it cannot reach.
    PeerLost { machine: Machine, peer: Machine, since: Timestamp },
    /// Gossip finds a peer again.
    PeerFound { machine: Machine, peer: Machine },
    /// A web request goes on.
    Request { request: RequestId },
    /// dockerd begins to answer.
    DaemonUp { machine: Machine, boot: u32 },
}

/// What goes on by itself when a node comes into a swarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum SwarmStep {
    /// Ask (again) for a certificate.
    Certificate,
    /// Give the join up as failed.
    JoinFailed,
    /// Twenty seconds are over.
    JoinTimeout,
    /// Ask (again) to be let into raft.
    JoinRaft,
    /// Ask (again) for a certificate in the new role.
    Renew,
    /// The certificate has lived long enough.
    RenewInTime,
    /// A manager that was removed from raft and is one still comes back as a new member.
    Rejoin,
    /// The node has stopped: forget it.
    Left,
    /// The daemon has waited long enough for its node.
    Open,
    /// TCP sends once more what that member of raft has not acknowledged.
    Resend(u64),
}
