//! What a program of a container asks of the network, and what it is told.
//!
//! The engine does not know who listens where beyond its own machine: the owner of the world
//! resolves, routes and answers. What reaches a container comes back through
//! [`crate::Engine::serve_http`].

use serde::{Deserialize, Serialize};

/// A question to the network, asked by a program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NetRequest {
    /// Which addresses has this name? (`nslookup`, `getent`, and before every connection.)
    Dns {
        /// As typed.
        name: String,
    },
    /// Which name has this address?
    Reverse {
        /// IPv4, dotted.
        addr: String,
    },
    /// One echo request.
    Ping {
        /// Name or address.
        host: String,
    },
    /// Does something listen there? (`nc -z`)
    Connect {
        /// Name or address.
        host: String,
        /// TCP port.
        port: u16,
    },
    /// One HTTP request on a connection of its own.
    Http {
        /// Name or address.
        host: String,
        /// TCP port.
        port: u16,
        /// What is asked; `from` and `to` are filled in on the way.
        request: HttpRequest,
    },
}

/// What became of a [`NetRequest`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NetAnswer {
    /// Addresses, in the order the resolver gave them, and the server asked.
    Addresses {
        /// IPv4 addresses, dotted.
        addrs: Vec<String>,
        /// The name server's address.
        server: String,
    },
    /// The full name behind an address.
    Name {
        /// The name.
        name: String,
        /// The name server's address.
        server: String,
    },
    /// An echo came back or a connection was made.
    Reached {
        /// The address it went to.
        addr: String,
        /// The address's own name, if it has one (`web.1.ID.appnet`).
        name: Option<String>,
        /// There and back, microseconds.
        took_us: u64,
    },
    /// An HTTP answer.
    Http {
        /// The address it came from.
        addr: String,
        /// What was answered.
        response: HttpResponse,
        /// From the first packet to the last, microseconds.
        took_us: u64,
    },
    /// No such name (`NXDOMAIN`).
    UnknownName {
        /// The name server's address.
        server: String,
    },
    /// Nothing listens there; `addr` is what the name resolved to.
    Refused {
        /// The address tried.
        addr: String,
    },
    /// Nothing came back in the program's time.
    NoAnswer {
        /// The address tried, empty if even the name server did not answer.
        addr: String,
    },
    /// No route to that network.
    Unreachable {
        /// The address tried.
        addr: String,
    },
    /// The connection was made, then closed without an answer.
    EmptyReply {
        /// The address tried.
        addr: String,
    },
}

/// One HTTP request as it reaches a container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpRequest {
    /// `GET`, `HEAD`, …
    pub method: String,
    /// Path with query.
    pub path: String,
    /// Source address as the container sees it.
    pub from: String,
    /// The address that was asked, as the client wrote it (`Host:`).
    pub to: String,
    /// Body, mostly empty.
    pub body: Vec<u8>,
}

/// What an application answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpResponse {
    /// HTTP status.
    pub status: u16,
    /// `Content-Type`.
    pub content_type: String,
    /// `Server`.
    pub server: String,
    /// Body.
    pub body: Vec<u8>,
}

/// What became of a request that reached a container's address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HttpOutcome {
    /// An answer, and how long the program took for it.
    Answer {
        /// What it answers.
        response: HttpResponse,
        /// Microseconds of work.
        after_us: u64,
    },
    /// Nothing listens on that port in this container (or there is no such container).
    Refused,
    /// It listens but does not speak (paused).
    NoAnswer,
    /// It listens but does not speak HTTP: the connection is closed without an answer.
    EmptyReply,
}
