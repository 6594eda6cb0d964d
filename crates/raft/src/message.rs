//! What members say to each other.

use share::Rc;

use serde::{Deserialize, Serialize};

use crate::{Entry, Index, Snapshot, Term};

/// One message. Sender and receiver are on the envelope, which the network owns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(
    serialize = "C: Serialize + 'static, S: Serialize + 'static",
    deserialize = "C: Deserialize<'de> + 'static, S: Deserialize<'de> + 'static"
))]
pub struct Message<C, S> {
    /// The sender's term (of a vote granted: the term it is for).
    pub term: Term,
    /// What it says.
    pub body: Body<C, S>,
}

/// What a message says. Names are etcd's, spelt whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(
    serialize = "C: Serialize + 'static, S: Serialize + 'static",
    deserialize = "C: Deserialize<'de> + 'static, S: Deserialize<'de> + 'static"
))]
pub enum Body<C, S> {
    /// The leader's entries after `index`.
    Append {
        /// The entry before the first one sent.
        index: Index,
        /// Its term.
        log_term: Term,
        /// May be empty: then it tells of the commit index, or probes.
        entries: Vec<Entry<C>>,
        /// The leader's commit index.
        commit: Index,
    },
    /// Answer to `Append` and `Snapshot`, and to anything of an older term.
    AppendResponse {
        /// Last index that matches the leader's log; when rejected, the one that did not.
        index: Index,
        /// Set if the follower's log does not have the entry before the first one sent.
        reject: Option<Reject>,
    },
    /// The leader lives.
    Heartbeat {
        /// What the follower surely has of what is committed.
        commit: Index,
    },
    /// Answer to `Heartbeat`.
    HeartbeatResponse,
    /// Asks for a vote.
    Vote {
        /// The candidate's last index.
        index: Index,
        /// The term of that entry.
        log_term: Term,
        /// The leader itself wants this election, so its lease does not count.
        transfer: bool,
    },
    /// Answer to `Vote`.
    VoteResponse {
        /// Whether the vote is given.
        granted: bool,
    },
    /// For a follower that needs entries the leader no longer has.
    Snapshot(Rc<Snapshot<S>>),
    /// The leader asks this follower to campaign at once.
    TimeoutNow,
}

/// Where a follower that rejects an append suggests to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reject {
    /// The last index that may match.
    pub hint: Index,
    /// The follower's term there.
    pub hint_term: Term,
}

impl<C, S> Body<C, S> {
    /// Whether it answers something; answers of strangers are refused.
    pub fn is_response(&self) -> bool {
        match self {
            Self::AppendResponse { .. } | Self::HeartbeatResponse | Self::VoteResponse { .. } => {
                true
            }
            Self::Append { .. }
            | Self::Heartbeat { .. }
            | Self::Vote { .. }
            | Self::Snapshot(_)
            | Self::TimeoutNow => false,
        }
    }

    /// Whether only a leader of the message's term can have sent it.
    pub(crate) fn is_from_leader(&self) -> bool {
        match self {
            Self::Append { .. } | Self::Heartbeat { .. } | Self::Snapshot(_) => true,
            Self::AppendResponse { .. }
            | Self::HeartbeatResponse
            | Self::Vote { .. }
            | Self::VoteResponse { .. }
            | Self::TimeoutNow => false,
        }
    }
}
