//! What the very first leader writes: cluster, its own node, and the first networks.
//!
//! SwarmKit: `manager/manager.go` (`becomeLeader`), `ca/config.go` (tokens).

use crate::store::Draft;
use crate::{Bootstrap, Trace, ca};
use api::{
    Annotations, Cluster, ClusterId, Labels, Meta, Network, NetworkId, NetworkSpec, Node, NodeRole,
    NodeSpec, NodeStatus,
};
use std::collections::BTreeMap;

/// The label of `bridge` and `host`.
pub(crate) const PREDEFINED_LABEL: &str = "com.docker.swarm.predefined";

/// Writes what is absent. A later leader finds everything there, unless someone removed the
/// ingress network: that one is made only together with the cluster.
pub(crate) fn bootstrap(draft: &mut Draft<'_>, options: &Bootstrap) {
    if draft.cluster().is_none() {
        let cluster = first_cluster(draft, options);
        draft.create_cluster(cluster);
        let node = draft.me;
        draft.why(Trace::Bootstrapped { node });
        network(draft, "ingress", "", true);
        network(draft, "bridge", "bridge", false);
        network(draft, "host", "host", false);
    }
    if draft.node(draft.me).is_none() {
        let node = first_node(draft, options);
        draft.create_node(node);
    }
}

fn first_cluster(draft: &mut Draft<'_>, options: &Bootstrap) -> Cluster {
    let id = ClusterId::from_random(draft.id_bytes());
    let root = ca::new_root(draft.rng);
    let mut pool = options.default_addr_pool.clone();
    if pool.is_empty() {
        pool.push("10.0.0.0/8".to_owned());
    }
    Cluster {
        id,
        meta: Meta::default(),
        spec: options.spec.clone(),
        ca_digest: root,
        worker_token: ca::new_token(root, draft.rng),
        manager_token: ca::new_token(root, draft.rng),
        unlock_key: options.spec.autolock.then(|| ca::new_unlock_key(draft.rng)),
        default_addr_pool: pool,
        subnet_size: if options.subnet_size == 0 { 24 } else { options.subnet_size },
        data_path_port: if options.data_path_port == 0 { 4789 } else { options.data_path_port },
        blacklisted_certificates: BTreeMap::new(),
        root_rotation: false,
    }
}

fn first_node(draft: &Draft<'_>, options: &Bootstrap) -> Node {
    Node {
        id: draft.me,
        meta: Meta::default(),
        spec: NodeSpec {
            annotations: Annotations::default(),
            desired_role: NodeRole::Manager,
            availability: options.availability,
        },
        description: None,
        status: NodeStatus::default(),
        manager_status: None,
        role: NodeRole::Manager,
        attachments: Vec::new(),
    }
}

fn network(draft: &mut Draft<'_>, name: &str, driver: &str, ingress: bool) {
    let labels = if ingress {
        Labels::new()
    } else {
        Labels::from([(PREDEFINED_LABEL.to_owned(), "true".to_owned())])
    };
    let id = NetworkId::from_random(draft.id_bytes());
    draft.create_network(Network {
        id,
        meta: Meta::default(),
        spec: NetworkSpec {
            annotations: Annotations { name: name.to_owned(), labels },
            driver: driver.to_owned(),
            ingress,
            ..NetworkSpec::default()
        },
        ipam: Vec::new(),
        driver_state: Labels::new(),
        predefined: !ingress,
    });
}
