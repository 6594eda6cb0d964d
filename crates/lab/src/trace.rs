//! The trace: what was decided and done, typed, for transcripts, the picture and "why?".

use crate::{Fault, Machine};
use api::{ApiError, NodeRole, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;

/// One line of the trace.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TraceLine {
    /// Whose decision it was.
    pub machine: Option<Machine>,
    /// What it was.
    pub what: TraceEvent,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum TraceEvent {
    /// A loop of the leader decided.
    Manager(manager::Trace),
    /// A person or a lesson did something to the machines.
    Fault(Fault),
    /// A member of raft knows another leader than before.
    LeaderKnown {
        /// Raft's term.
        term: u64,
        /// Raft id.
        leader: Option<u64>,
    },
    /// A leader lost its office.
    LostLeadership {
        /// Raft's term.
        term: u64,
    },
    /// A machine is in a swarm now.
    Joined {
        /// In which role.
        role: NodeRole,
    },
    /// A machine left its swarm.
    Left,
    /// An attempt to join failed.
    JoinFailed(ApiError),
    /// The role of a machine's certificate changed.
    RoleChanged {
        /// To which.
        role: NodeRole,
    },
    /// A machine has another certificate in the same role.
    CertificateRenewed {
        /// Its end.
        not_after: Timestamp,
    },
    /// A machine's certificate had expired when its daemon started.
    CertificateExpired,
    /// A machine's daemon answers (again).
    DaemonUp,
}

impl TraceEvent {
    /// The word that a line starts with: the loop's name, `raft`, `lab`.
    #[must_use]
    pub const fn source(&self) -> &'static str {
        match self {
            Self::Manager(trace) => trace.source().as_str(),
            Self::LeaderKnown { .. } | Self::LostLeadership { .. } => "raft",
            Self::Fault(_)
            | Self::Joined { .. }
            | Self::Left
            | Self::JoinFailed(_)
            | Self::RoleChanged { .. }
            | Self::CertificateRenewed { .. }
            | Self::CertificateExpired
            | Self::DaemonUp => "lab",
        }
    }
}

impl fmt::Display for TraceEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Manager(trace) => trace.fmt(f),
            Self::Fault(fault) => write!(f, "lab {fault:?}"),
            Self::LeaderKnown { term, leader: Some(leader) } => {
                write!(f, "raft term {term}: {leader:x} leads")
            }
            Self::LeaderKnown { term, leader: None } => write!(f, "raft term {term}: no leader"),
            Self::LostLeadership { term } => write!(f, "raft term {term}: leads no longer"),
            Self::Joined { role } => write!(f, "lab joined as a {}", role.as_str()),
            Self::Left => f.write_str("lab left the swarm"),
            Self::JoinFailed(error) => write!(f, "lab did not join: {}", error.message),
            Self::RoleChanged { role } => write!(f, "lab is a {} now", role.as_str()),
            Self::CertificateRenewed { not_after } => {
                write!(f, "lab certificate renewed, good until +{} s", not_after.0 / 1_000_000)
            }
            Self::CertificateExpired => f.write_str("lab certificate expired"),
            Self::DaemonUp => f.write_str("lab dockerd answers"),
        }
    }
}
