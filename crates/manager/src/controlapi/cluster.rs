//! The cluster object: `docker swarm update`, tokens, the unlock key.
//!
//! SwarmKit: `manager/controlapi/cluster.go`.

use super::{Answer, common, refuse};
use crate::store::Draft;
use crate::{Store, ca};
use api::{ApiError, Cluster, ClusterSpec, Code, ControlResponse, SECOND_NS, Version};
use share::Rc;

/// The shortest life of a certificate.
const MIN_EXPIRY_NS: i64 = 3600 * SECOND_NS;

/// Secrets to make anew.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rotate {
    pub(super) worker_token: bool,
    pub(super) manager_token: bool,
    pub(super) unlock_key: bool,
}

/// The cluster without the key only `GetUnlockKey` shows.
fn shown(cluster: &Cluster) -> Rc<Cluster> {
    Rc::new(Cluster { unlock_key: None, ..cluster.clone() })
}

pub(super) fn get(store: &Store) -> Answer {
    match store.cluster() {
        Some(cluster) => Ok(ControlResponse::Cluster(shown(cluster))),
        None => refuse(Code::NotFound, "cluster default not found"),
    }
}

pub(super) fn unlock_key(store: &Store) -> Answer {
    let key = store.cluster().and_then(|cluster| cluster.unlock_key.clone());
    Ok(ControlResponse::UnlockKey(key.unwrap_or_default()))
}

pub(super) fn update(
    draft: &mut Draft<'_>,
    version: Version,
    spec: &ClusterSpec,
    rotate: Rotate,
) -> Answer {
    validate(spec)?;
    let Some(old) = draft.cluster().cloned() else { return get(draft) };
    if old.spec.annotations.name != spec.annotations.name {
        return refuse(Code::InvalidArgument, "modification of cluster name is not allowed");
    }
    common::check_version(old.meta, version)?;
    let mut new = Cluster::clone(&old);
    new.spec = spec.clone();
    if rotate.worker_token {
        new.worker_token = ca::new_token(old.ca_digest, draft.rng);
    }
    if rotate.manager_token {
        new.manager_token = ca::new_token(old.ca_digest, draft.rng);
    }
    new.unlock_key = match (spec.autolock, &old.unlock_key) {
        (false, _) => None,
        (true, Some(key)) if !rotate.unlock_key => Some(key.clone()),
        (true, _) => Some(ca::new_unlock_key(draft.rng)),
    };
    if spec.ca_force_rotate != old.spec.ca_force_rotate {
        new.root_rotation = true;
    }
    let now = draft.now;
    new.blacklisted_certificates.retain(|_, end| *end > now);
    draft.update_cluster(|cluster| *cluster = new);
    get(draft)
}

fn validate(spec: &ClusterSpec) -> Result<(), ApiError> {
    if spec.node_cert_expiry_ns != 0 && spec.node_cert_expiry_ns < MIN_EXPIRY_NS {
        return refuse(Code::InvalidArgument, "minimum certificate expiry time is: 1h0m0s");
    }
    if spec.heartbeat_period_ns < 0 {
        return refuse(
            Code::InvalidArgument,
            "heartbeat time period cannot be a negative duration",
        );
    }
    Ok(())
}
