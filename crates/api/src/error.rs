//! Errors that a daemon answers with.

use serde::{Deserialize, Serialize};

/// gRPC's code names, as they stand in `rpc error: code = …` texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "gRPC's own names")]
pub enum Code {
    Unknown,
    InvalidArgument,
    DeadlineExceeded,
    NotFound,
    AlreadyExists,
    PermissionDenied,
    FailedPrecondition,
    Aborted,
    Unimplemented,
    Internal,
    Unavailable,
    Unauthenticated,
}

/// What the engine's HTTP API answers when it refuses: a status and one text.
/// The client prints it behind `Error response from daemon: `.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiError {
    /// HTTP status.
    pub status: u16,
    /// The message, without the client's prefix.
    pub message: String,
}

impl ApiError {
    /// An error of the daemon's own.
    #[must_use]
    pub fn new(status: u16, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }

    /// A gRPC error of the swarm's control API as the daemon passes it on:
    /// `rpc error: code = X desc = Y` with the HTTP status of the code (moby `errdefs`).
    #[must_use]
    pub fn rpc(code: Code, desc: impl AsRef<str>) -> Self {
        let status = match code {
            Code::InvalidArgument | Code::FailedPrecondition => 400,
            Code::NotFound => 404,
            Code::AlreadyExists => 409,
            Code::PermissionDenied => 403,
            Code::Unauthenticated => 401,
            Code::Unimplemented => 501,
            Code::Unavailable => 503,
            Code::Unknown | Code::DeadlineExceeded | Code::Aborted | Code::Internal => 500,
        };
        Self::new(status, format!("rpc error: code = {code:?} desc = {}", desc.as_ref()))
    }

    /// Whether the client treats it as "not there".
    #[must_use]
    pub const fn is_not_found(&self) -> bool {
        self.status == 404
    }
}
