//! The swarm's part of `docker info` (moby `daemon/cluster/cluster.go`, `Info`).

use super::Learned;
use crate::lab::{Lab, Work};
use crate::{CallId, Machine};
use api::{LocalNodeState, NodeRole, Response, SwarmInfo};

impl Lab {
    /// Adds what only the daemon knows.
    pub(crate) fn fill_in(&self, machine: Machine, call: CallId, response: Response) -> Response {
        match (response, self.calls.get(&call).map(|c| &c.work)) {
            (Response::Info(mut info), Some(Work::Swarm(work))) => {
                info.swarm = self.swarm_info(machine, &work.learned);
                Response::Info(info)
            }
            (Response::Network(mut network), _) if network.scope == "swarm" => {
                network.peers = self.network_peers(machine, &network.id, network.ingress);
                Response::Network(network)
            }
            (response, _) => response,
        }
    }

    /// The nodes that this one's gossip knows on a network: (name in gossip, address). Everybody
    /// is on `ingress`; only those that have it know who else is on another one.
    fn network_peers(&self, machine: Machine, id: &str, ingress: bool) -> Vec<(String, String)> {
        let Some(m) = self.at(machine) else { return Vec::new() };
        let known = |other: &Machine| {
            *other == machine || !m.mesh.silent.get(other).is_some_and(|(_, given_up)| *given_up)
        };
        let has = |other: Machine| {
            let mesh = self.at(other).map(|o| &o.mesh);
            mesh.is_some_and(|mesh| mesh.own(other).iter().any(|r| r.network.as_str() == id))
        };
        let root = m.node.as_ref().and_then(|n| n.certificate.as_ref()).map(|c| c.root);
        if !ingress && !has(machine) {
            return Vec::new();
        }
        self.all()
            .filter(known)
            .filter(|other| ingress || has(*other))
            .filter_map(|other| {
                let node = self.at(other)?.node.as_ref()?;
                let certificate = node.certificate.as_ref()?;
                let name = format!("{:016x}", sim::digest(&("gossip", certificate.node)));
                let short = name.get(..12)?.to_owned();
                let addr = crate::machine::host_of(&node.addr).to_owned();
                (Some(certificate.root) == root).then_some((short, addr))
            })
            .collect()
    }

    fn swarm_info(&self, machine: Machine, learned: &Learned) -> SwarmInfo {
        let Some(node) = self.at(machine).and_then(|m| m.node.as_ref()) else {
            return SwarmInfo::default();
        };
        let active = self.is_active_manager(machine);
        let mut info = SwarmInfo {
            node_id: node.certificate.as_ref().map(|c| c.node.to_string()).unwrap_or_default(),
            node_addr: crate::machine::host_of(&node.addr).to_owned(),
            local_node_state: node.state,
            control_available: active,
            error: node.error.clone(),
            ..SwarmInfo::default()
        };
        if node.state == LocalNodeState::Locked {
            info.node_id = String::new();
        }
        let mut remotes: Vec<(String, String)> =
            node.managers.iter().map(|(id, addr)| (id.to_string(), addr.clone())).collect();
        if let Some(manager) = node.manager.as_ref().filter(|p| p.raft.is_some()) {
            let list = manager.members().list;
            remotes = list.into_iter().map(|m| (m.node.to_string(), m.addr)).collect();
        }
        info.remote_managers = remotes;
        if active {
            if let Some(nodes) = &learned.nodes {
                let managers =
                    nodes.iter().filter(|n| n.spec.desired_role == NodeRole::Manager).count();
                info.nodes = u32::try_from(nodes.len()).unwrap_or(u32::MAX);
                info.managers = u32::try_from(managers).unwrap_or(u32::MAX);
            }
            info.cluster.clone_from(&learned.cluster);
            if let Some(error) = &learned.refused {
                info.error.clone_from(&error.message);
            }
        }
        info
    }
}
