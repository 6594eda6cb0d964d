//! What a member wants done after an input, and why it refuses one.

use share::Rc;

use serde::{Deserialize, Serialize};

use crate::{Entry, Id, Message, Snapshot};

/// What a member wants done. Everything is in order; the disk is written already.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(
    serialize = "C: Serialize + 'static, S: Serialize + 'static",
    deserialize = "C: Deserialize<'de> + 'static, S: Deserialize<'de> + 'static"
))]
pub struct Effects<C, S> {
    /// Replaces the application's whole state, before `committed` is applied.
    pub snapshot: Option<Rc<Snapshot<S>>>,
    /// Entries to apply, contiguous. Membership changes among them are in force already.
    pub committed: Vec<Entry<C>>,
    /// Messages to send, with their receivers.
    pub messages: Vec<(Id, Message<C, S>)>,
    /// It leads, and has applied everything in its log: SwarmKit signals leadership only
    /// then (`signalledLeadership`), and only then are its loops started.
    pub became_leader: bool,
    /// It led, was signalled to, and leads no longer. If both are set, this came first.
    pub lost_leader: bool,
    /// Whether the known leader is another (or none) than at the last call.
    pub leader_changed: bool,
    /// The leader it knows of now.
    pub leader: Option<Id>,
}

impl<C, S> Default for Effects<C, S> {
    fn default() -> Self {
        Self {
            snapshot: None,
            committed: Vec::new(),
            messages: Vec::new(),
            became_leader: false,
            lost_leader: false,
            leader_changed: false,
            leader: None,
        }
    }
}

/// Why a proposal was not taken; nothing has been written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Dropped {
    /// This member does not lead.
    NotLeader {
        /// Who does, as far as it knows.
        leader: Option<Id>,
    },
    /// It leads, but is handing its office over.
    Transferring {
        /// To whom.
        to: Id,
    },
    /// It leads, but was removed and must stop.
    Removed,
    /// A membership change is not yet in force. (etcd takes the proposal and writes an
    /// empty entry in its place; nobody here would know what to do with one.)
    ConfChangePending,
}

/// Why a message was not processed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refused {
    /// The sender was removed and must be told so: it stops when it hears it.
    SenderRemoved,
    /// An answer or a request for a vote, from no member this one knows of.
    SenderUnknown,
}
