//! The certificate authority: join tokens, certificates, the list of certificates refused.
//!
//! | | |
//! |---|---|
//! | runs on | the leader |
//! | writes | node objects of joiners |
//! | SwarmKit | `ca/server.go`, `ca/config.go` |
//!
//! **Left out:** keys and signatures. A certificate is its claims, a root is its digest.

use crate::orchestrator::after;
use crate::store::Draft;
use crate::{Members, RaftRequest, Store, Trace};
use api::dispatch::Certificate;
use api::{
    Annotations, ApiError, Availability, Code, Digest, JoinRequest, JoinResponse, Meta, Node,
    NodeId, NodeRole, NodeSpec, NodeState, NodeStatus, Timestamp, to_base36,
};
use sim::Streams;

/// Digits of the root's digest in a token.
const DIGEST_DIGITS: usize = 50;
/// Digits of the secret in a token.
const SECRET_DIGITS: usize = 25;

/// A new root certificate's digest.
pub(crate) fn new_root(rng: &mut Streams) -> Digest {
    let mut bytes = [0; 32];
    rng.stream("ca").fill(&mut bytes);
    Digest(bytes)
}

/// The root that follows `old` when the cluster's force-rotate counter is `counter`: every
/// leader computes the same one, so a rotation survives a change of leader.
pub(crate) fn next_root(old: Digest, counter: u64) -> Digest {
    let mut bytes = [0; 32];
    for (part, chunk) in (0_u64..).zip(bytes.chunks_mut(8)) {
        chunk.copy_from_slice(&sim::digest(&(old, counter, part)).to_le_bytes());
    }
    Digest(bytes)
}

/// `SWMTKN-1-<root>-<secret>` with a new secret.
pub(crate) fn new_token(root: Digest, rng: &mut Streams) -> String {
    let mut secret = [0; 16];
    rng.stream("ca").fill(&mut secret);
    token(root, &digits(&secret, SECRET_DIGITS))
}

/// The same secret under another root.
pub(crate) fn reroot(old: &str, root: Digest) -> String {
    token(root, old.rsplit('-').next().unwrap_or(""))
}

fn token(root: Digest, secret: &str) -> String {
    format!("SWMTKN-1-{}-{secret}", digits(&root.0, DIGEST_DIGITS))
}

fn digits(bytes: &[u8], width: usize) -> String {
    to_base36(bytes, width).into_iter().map(char::from).collect()
}

/// `SWMKEY-1-` and 32 random bytes in unpadded base64.
pub(crate) fn new_unlock_key(rng: &mut Streams) -> String {
    let mut bytes = [0; 32];
    rng.stream("ca").fill(&mut bytes);
    format!("SWMKEY-1-{}", base64(&bytes))
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().fold(0_u32, |word, byte| (word << 8) | u32::from(*byte))
            << (8 * (3 - chunk.len()));
        for digit in 0..=chunk.len() {
            let index = (word >> (18 - 6 * digit)) & 63;
            let letter = usize::try_from(index).ok().and_then(|index| DIGITS.get(index));
            text.extend(letter.map(|byte| char::from(*byte)));
        }
    }
    text
}

/// How long nodes take to renew their certificates when the root changes (recorded: 3.4 to
/// 3.9 s with five nodes up).
const ROTATION_US: u64 = 3_500_000;
/// Pause between two looks at who has renewed.
const ROTATION_RETRY_US: u64 = 1_000_000;

/// A change of the root certificate under way (`docker swarm ca --rotate`).
///
/// **Left out:** which node has renewed when. All do, in the recorded time, once every node is
/// ready; a node that is not keeps the rotation waiting, as in a real swarm.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Rotation {
    due: Option<Timestamp>,
}

impl Rotation {
    pub(crate) fn next_wakeup(&self) -> Option<Timestamp> {
        self.due
    }

    pub(crate) fn run(&mut self, draft: &mut Draft<'_>) {
        if !draft.cluster().is_some_and(|cluster| cluster.root_rotation) {
            self.due = None;
            return;
        }
        let due = *self.due.get_or_insert(after(draft.now, ROTATION_US));
        if due > draft.now {
            return;
        }
        if draft.nodes().any(|node| node.status.state != NodeState::Ready) {
            self.due = Some(after(draft.now, ROTATION_RETRY_US));
            return;
        }
        self.due = None;
        if let Some(cluster) = draft.cluster() {
            let root = next_root(cluster.ca_digest, cluster.spec.ca_force_rotate);
            let nodes: Vec<NodeId> = draft.nodes().map(|node| node.id).collect();
            for id in nodes {
                draft.update_node(id, |node| {
                    if let Some(about) = &mut node.description {
                        about.tls_root = Some(Box::new(root));
                    }
                });
            }
        }
        draft.update_cluster(|cluster| {
            let root = next_root(cluster.ca_digest, cluster.spec.ca_force_rotate);
            cluster.ca_digest = root;
            cluster.worker_token = reroot(&cluster.worker_token, root);
            cluster.manager_token = reroot(&cluster.manager_token, root);
            cluster.root_rotation = false;
        });
    }
}

/// What becomes of a joiner's call.
pub(crate) enum Outcome {
    /// Answered at once.
    Now(Result<JoinResponse, ApiError>),
    /// The draft holds what has to be committed first.
    Committed(JoinResponse),
    /// Raft has to take it in; whoever does that answers.
    Raft(RaftRequest),
}

/// Answers a call that needs no transaction; `None`: it needs one.
pub(crate) fn read(
    call: u64,
    request: &JoinRequest,
    store: &Store,
    members: &Members,
    now: Timestamp,
) -> Option<Outcome> {
    match request {
        JoinRequest::Health => Some(Outcome::Now(Ok(JoinResponse::Healthy))),
        JoinRequest::IssueCertificate { .. } => None,
        JoinRequest::RenewCertificate { node } => Some(Outcome::Now(renew(*node, store, now))),
        JoinRequest::JoinRaft { node, addr } => Some(join_raft(call, *node, addr, store, members)),
    }
}

/// Issues the certificate of a new node and makes its node object.
pub(crate) fn issue(draft: &mut Draft<'_>, token: &str, availability: Availability) -> Outcome {
    let Some(cluster) = draft.cluster().cloned() else {
        return Outcome::Now(Err(ApiError::rpc(Code::Aborted, "CA signer is stopped")));
    };
    let role = if token == cluster.worker_token {
        NodeRole::Worker
    } else if token == cluster.manager_token {
        NodeRole::Manager
    } else {
        return Outcome::Now(Err(ApiError::rpc(
            Code::InvalidArgument,
            "A valid join token is necessary to join this cluster",
        )));
    };
    let id = NodeId::from_random(draft.id_bytes());
    draft.create_node(Node {
        id,
        meta: Meta::default(),
        spec: NodeSpec { annotations: Annotations::default(), desired_role: role, availability },
        description: None,
        status: NodeStatus::default(),
        manager_status: None,
        role,
        attachments: Vec::new(),
    });
    draft.why(Trace::Certificate { node: id, role });
    let (issued, not_after) = (draft.now, end_of_life(draft, draft.now));
    Outcome::Committed(JoinResponse::Certificate(Certificate {
        node: id,
        role,
        root: cluster.ca_digest,
        issued,
        not_after,
    }))
}

/// When a certificate issued now ends.
pub(crate) fn end_of_life(store: &Store, now: Timestamp) -> Timestamp {
    let ns = store.cluster().map_or(0, |cluster| cluster.spec.node_cert_expiry_ns);
    Timestamp(now.0.saturating_add(u64::try_from(ns / 1000).unwrap_or(0)))
}

fn renew(node: NodeId, store: &Store, now: Timestamp) -> Result<JoinResponse, ApiError> {
    let Some(cluster) = store.cluster() else {
        return Err(ApiError::rpc(Code::Aborted, "CA signer is stopped"));
    };
    if cluster.blacklisted_certificates.contains_key(&node) {
        return Err(removed(node));
    }
    let Some(object) = store.node(node) else {
        return Err(ApiError::rpc(Code::NotFound, format!("node {node} not found")));
    };
    let root = if cluster.root_rotation {
        next_root(cluster.ca_digest, cluster.spec.ca_force_rotate)
    } else {
        cluster.ca_digest
    };
    let not_after = end_of_life(store, now);
    Ok(JoinResponse::Certificate(Certificate {
        node,
        role: object.role,
        root,
        issued: now,
        not_after,
    }))
}

/// A removed node's certificate is refused (SwarmKit `ca/auth.go`).
pub(crate) fn removed(node: NodeId) -> ApiError {
    ApiError::rpc(
        Code::PermissionDenied,
        format!("Permission denied: remote certificate with CN {node} is blacklisted"),
    )
}

fn join_raft(call: u64, node: NodeId, addr: &str, store: &Store, members: &Members) -> Outcome {
    let refuse = |code, text: String| Outcome::Now(Err(ApiError::rpc(code, text)));
    if members.leader != Some(members.me) {
        let text = "raft: failed to process the request: node lost leader status";
        return refuse(Code::FailedPrecondition, text.to_owned());
    }
    let valid = addr
        .rsplit_once(':')
        .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok());
    if !valid {
        return refuse(
            Code::InvalidArgument,
            format!("invalid address {addr} in raft join request"),
        );
    }
    match store.node(node) {
        Some(object) if object.role == NodeRole::Manager => {
            Outcome::Raft(RaftRequest::AddMember { call, node, addr: addr.to_owned() })
        }
        Some(_) => refuse(
            Code::PermissionDenied,
            "Permission denied: unauthorized peer role: rpc error: code = PermissionDenied \
             desc = Permission denied: remote certificate not authorized"
                .to_owned(),
        ),
        None => Outcome::Now(Err(removed(node))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_have_fixed_widths_and_share_the_root() {
        let mut rng = Streams::new(1);
        let root = new_root(&mut rng);
        let worker = new_token(root, &mut rng);
        let manager = new_token(root, &mut rng);
        assert_eq!(worker.len(), "SWMTKN-1-".len() + 50 + 1 + 25);
        assert_eq!(worker[..60], manager[..60]);
        assert_ne!(worker, manager);
        let moved = reroot(&worker, next_root(root, 1));
        assert_eq!(moved[60..], worker[60..]);
        assert_ne!(moved[..60], worker[..60]);
    }

    #[test]
    fn base64_has_no_padding() {
        assert_eq!(base64(b"any carnal pleas"), "YW55IGNhcm5hbCBwbGVhcw");
        assert_eq!(new_unlock_key(&mut Streams::new(1)).len(), 9 + 43);
    }
}
