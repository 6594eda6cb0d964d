//! What is asked of the world from outside, and what comes back.

use api::{ApiError, ContainerId, Item, Response, ServiceId, TaskId};
use serde::{Deserialize, Serialize};

/// A machine of the lab, by its place in [`crate::LabConfig::machines`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Machine(pub u32);

/// A request to a daemon that was made with [`crate::Lab::call`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CallId(pub u64);

/// A web request that was made with [`crate::Lab::request`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RequestId(pub u64);

/// What comes back for a [`CallId`]: any number of items, then exactly one of the other two.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Answer {
    /// A piece of a stream.
    Item(Item),
    /// The end.
    Done(Result<Response, ApiError>),
    /// No daemon listens on that machine, or it died while the call was open.
    NoDaemon,
}

/// Who sends a web request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Origin {
    /// The person's own computer, outside the lab's machines.
    Outside,
    /// A program on a machine.
    Machine(Machine),
}

/// How a web request ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HttpOutcome {
    /// An answer came.
    Ok {
        /// HTTP status.
        status: u16,
        /// The page.
        body: Vec<u8>,
        /// Who answered.
        container: ContainerId,
        /// Where it runs.
        machine: Machine,
        /// The task, if it is one.
        task: Option<TaskId>,
    },
    /// Nobody listens: refused at once.
    Refused,
    /// Nothing came back until the client gave up.
    NoAnswer,
    /// The connection was closed without an answer.
    Empty,
    /// The name does not resolve.
    UnknownHost,
    /// A network without a route to it.
    Unreachable,
}

/// One station of a web request, in order, for the picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Hop {
    /// Where it came from.
    From(Origin),
    /// A machine's port.
    Port {
        /// Which machine was asked.
        machine: Machine,
        /// On which port.
        port: u16,
    },
    /// That machine's ingress sandbox and the service's virtual address.
    Ingress {
        /// The entry node.
        machine: Machine,
        /// The service behind the port.
        service: ServiceId,
        /// Its address on `ingress`, without mask.
        vip: String,
    },
    /// The task that was chosen.
    Task {
        /// Where it runs.
        machine: Machine,
        /// Which.
        task: TaskId,
        /// Its address.
        ip: String,
    },
    /// A plain container (`docker run -p`).
    Container {
        /// Where it runs.
        machine: Machine,
        /// Which.
        container: ContainerId,
    },
}

/// The end of a web request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpReply {
    /// How it ended.
    pub outcome: HttpOutcome,
    /// Stations passed; a failed request ends where it died.
    pub path: Vec<Hop>,
    /// Microseconds it took.
    pub took_us: u64,
    /// Host as asked for.
    pub host: String,
    /// Address the host resolved to; empty if it did not.
    pub address: String,
    /// Port as asked for.
    pub port: u16,
    /// Path as asked for.
    pub url_path: String,
}
