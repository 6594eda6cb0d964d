//! What the leader knows of raft: who is a member and who answers.

use api::{NodeId, Timestamp};
use serde::{Deserialize, Serialize};

/// A member of raft as the leader sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Its id in raft.
    pub raft_id: u64,
    /// Its node.
    pub node: NodeId,
    /// Its address with port.
    pub addr: String,
    /// Whether the last message to it arrived ("active").
    pub reachable: bool,
    /// Since when it has been so; a transfer of leadership goes to the longest active.
    pub since: Timestamp,
}

/// All members of raft.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Members {
    /// The own id in raft.
    pub me: u64,
    /// The leader's.
    pub leader: Option<u64>,
    /// All members by raft id.
    pub list: Vec<Member>,
    /// The highest index known to be committed.
    pub commit_index: u64,
}

/// Why a member may not be removed (SwarmKit `manager/state/raft`).
pub const CANNOT_REMOVE: &str =
    "raft: member cannot be removed, because removing it may result in loss of quorum";

impl Members {
    /// The member that a node is.
    #[must_use]
    pub fn of_node(&self, node: NodeId) -> Option<&Member> {
        self.list.iter().find(|member| member.node == node)
    }

    /// Whether the rest still has a quorum of active members without this one
    /// (SwarmKit `raft.CanRemoveMember`).
    #[must_use]
    pub fn can_remove(&self, raft_id: u64) -> bool {
        let total = self.list.len();
        let active = self
            .list
            .iter()
            .filter(|member| member.raft_id != raft_id)
            .filter(|member| member.raft_id == self.me || member.reachable)
            .count();
        active > total.saturating_sub(1) / 2
    }

    /// The other member that has been active for longest.
    #[must_use]
    pub fn longest_active(&self) -> Option<&Member> {
        self.list
            .iter()
            .filter(|member| member.raft_id != self.me && member.reachable)
            .min_by_key(|member| (member.since, member.raft_id))
    }
}

/// What the leader asks of raft.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RaftRequest {
    /// Take a node in; whoever does it answers the joiner's call.
    AddMember {
        /// The joiner's call.
        call: u64,
        /// Who.
        node: NodeId,
        /// Its address with port.
        addr: String,
    },
    /// Put a member out.
    RemoveMember {
        /// Which.
        raft_id: u64,
    },
    /// Hand leadership over.
    TransferLeader {
        /// To whom.
        to: u64,
    },
}
