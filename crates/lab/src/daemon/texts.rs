//! The daemon's own words (moby `daemon/cluster/errors.go`, `cluster.go`, `swarm.go`).

use api::dispatch::Certificate;
use api::{ApiError, Code, Timestamp};
use engine::sh::date::Civil;

/// 503: no swarm at all on this machine.
pub(crate) const NO_SWARM: &str = "This node is not a swarm manager. Use \"docker swarm init\" or \
\"docker swarm join\" to connect this node to swarm and try again.";
/// 503: a worker.
pub(crate) const WORKER: &str = "This node is not a swarm manager. Worker nodes can't be used to \
view or modify cluster state. Please run this command on a manager node or promote the current \
node to a manager.";
/// 503: the manager part is not (yet) able to talk to anyone.
pub(crate) const PREPARING: &str = "This node is not a swarm manager. Manager is being prepared \
or has trouble connecting to the cluster.";
/// 503: autolock is on and the key was not given since the start.
pub(crate) const LOCKED: &str = "Swarm is encrypted and needs to be unlocked before it can be \
used. Please use \"docker swarm unlock\" to unlock it.";
/// 503: the daemon was not there while its certificate could have been renewed.
pub(crate) const EXPIRED: &str = "Swarm certificates have expired. To replace them, leave the \
swarm and join again.";
/// Leave: locked.
pub(crate) const LEAVE_LOCKED: &str = "Swarm is encrypted and locked. Please unlock it first or \
    use `--force` to ignore this message.";
/// Leave, unlock key: not in a swarm.
pub(crate) const NOT_PART: &str = "This node is not part of a swarm";
/// Init and join: already in one.
pub(crate) const ALREADY_PART: &str = "This node is already part of a swarm. Use \"docker swarm \
leave\" to leave this swarm and join another one.";
/// Join: slower than 20 s.
pub(crate) const JOIN_TIMEOUT: &str = "Timeout was reached before node joined. The attempt to \
join the swarm will continue in the background. Use the \"docker info\" command to see the current \
swarm status of your node.";
/// No leader for more than ten ticks.
pub(crate) const NO_LEADER: &str = "The swarm does not have a leader. It's possible that too few \
managers are online. Make sure more than half of the managers are online.";
/// Unlock with another key.
pub(crate) const BAD_KEY: &str = "swarm could not be unlocked: invalid key provided";
/// Unlock of an unlocked swarm.
pub(crate) const NOT_LOCKED: &str = "swarm is not locked";

/// 503 with a text.
pub(crate) fn unavailable(text: impl Into<String>) -> ApiError {
    ApiError::new(503, text)
}

/// 400 with a text.
pub(crate) fn invalid(text: impl Into<String>) -> ApiError {
    ApiError::new(400, text)
}

/// 404 with a text.
pub(crate) fn not_found(text: impl Into<String>) -> ApiError {
    ApiError::new(404, text)
}

/// Why a node does not start whose certificate has expired (SwarmKit `ca/certificates.go`,
/// `validateChain`).
pub(crate) fn expired(certificate: &Certificate, now: Timestamp) -> String {
    let date = |at| Civil::at(at).format("%a, %d %b %Y %H:%M:%S UTC");
    format!(
        "error while loading TLS certificate in \
         /var/lib/docker/swarm/certificates/swarm-node.crt: certificate (1 - {}) not valid after \
         {}, and it is currently {}: x509: certificate has expired or is not yet valid",
        certificate.node,
        date(certificate.not_after),
        date(now)
    )
}

/// The control API did not answer within 20 s.
pub(crate) fn deadline() -> ApiError {
    ApiError::rpc(Code::DeadlineExceeded, "context deadline exceeded")
}

/// Raft knows of no leader.
pub(crate) fn no_leader() -> ApiError {
    ApiError::rpc(Code::Unknown, NO_LEADER)
}

/// A proposal was under way when leadership was lost.
pub(crate) fn lost_leadership() -> ApiError {
    ApiError::rpc(Code::Unknown, "raft: failed to process the request: node lost leader status")
}

/// What `swarm leave` without force says on an active manager, where `reachable` counts itself
/// (moby `daemon/cluster/swarm.go`, `Leave`). `None`: a manager that is not active.
pub(crate) fn leave_warning(reachability: Option<(u32, u32)>) -> ApiError {
    let mut text = String::from(
        "You are attempting to leave the swarm on a node that is participating as a manager. ",
    );
    match reachability {
        Some((1, 0)) => {
            text.push_str("Removing the last manager erases all current state of the swarm. ");
            text.push_str("Use `--force` to ignore this message. ");
            return unavailable(text);
        }
        Some((reachable, unreachable)) if reachable < unreachable.saturating_add(3) => {
            let (left, all) = (reachable.saturating_sub(1), reachable + unreachable);
            text.push_str(&format!(
                "Removing this node leaves {left} managers out of {all}. \
                 Without a Raft quorum your swarm will be inaccessible. "
            ));
        }
        Some(_) => {}
        None => text.push_str("Doing so may lose the consensus of your cluster. "),
    }
    text.push_str(
        "The only way to restore a swarm that has lost consensus is to reinitialize it with \
         `--force-new-cluster`. Use `--force` to suppress this message.",
    );
    unavailable(text)
}

/// The warning when a registry does not tell an image's digest.
pub(crate) fn digest_warning(image: &str) -> String {
    format!(
        "image {image} could not be accessed on a registry to record\nits digest. Each node will \
         access {image} independently,\npossibly leading to different nodes running different\n\
         versions of the image.\n"
    )
}
