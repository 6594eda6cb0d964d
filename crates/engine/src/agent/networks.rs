//! Overlay networks on this machine, and what is gossiped about the tasks on them.
//!
//! A network of the swarm is on a machine while something there uses it; `ingress` is on all.

use super::{Agent, EndpointRecord};
use crate::engine::Engine;
use api::{NetworkId, PublishMode, TaskId, Timestamp};
use sim::Streams;
use std::collections::BTreeMap;

impl Agent {
    /// A network whose members the swarm gives addresses.
    pub(super) fn is_overlay(&self, id: NetworkId) -> bool {
        self.networks.get(&id).is_none_or(|network| !network.predefined)
    }

    /// This node's own address on a network (CIDR).
    pub(super) fn lb_address(&self, id: NetworkId) -> Option<&str> {
        let attachments = &self.object.as_ref()?.attachments;
        let found = attachments.iter().find(|attachment| attachment.network == id)?;
        found.addresses.first().map(String::as_str)
    }

    /// Puts a network of the swarm on this machine.
    pub(super) fn bring_network(
        &mut self,
        id: NetworkId,
        engine: &mut Engine,
        now: Timestamp,
        rng: &mut Streams,
    ) {
        if let Some(network) = self.networks.get(&id).filter(|network| !network.predefined) {
            engine.provide_network(network, self.lb_address(id), now, rng);
        }
    }

    /// `ingress` is brought, networks nobody uses any more are taken away.
    pub(super) fn keep_networks(&mut self, engine: &mut Engine, now: Timestamp, rng: &mut Streams) {
        if !self.informed {
            return;
        }
        let attached: Vec<NetworkId> = self
            .object
            .iter()
            .flat_map(|node| &node.attachments)
            .map(|attachment| attachment.network)
            .collect();
        for id in &attached {
            let ingress = self.networks.get(id).is_some_and(|network| network.spec.ingress);
            let used = engine.is_network_used(id.as_str());
            if ingress || used {
                self.bring_network(*id, engine, now, rng);
            }
        }
        for (id, _) in engine.swarm_networks() {
            let Some(network) = NetworkId::parse(&id) else {
                continue;
            };
            let wanted = self
                .workers
                .values()
                .any(|worker| worker.task.networks.iter().any(|a| a.network == network));
            let ingress = self.networks.get(&network).is_some_and(|n| n.spec.ingress)
                && attached.contains(&network);
            if !wanted && !ingress {
                engine.drop_network(&id, now);
            }
        }
    }

    /// Compares who takes connections now with what was told, and tells the difference.
    pub(super) fn tell_endpoints(&mut self, engine: &Engine) {
        let mut now: BTreeMap<(TaskId, NetworkId), EndpointRecord> = BTreeMap::new();
        for (id, worker) in self.workers.iter().filter(|(_, worker)| worker.bound) {
            let running = worker
                .container
                .and_then(|container| engine.state_of(container))
                .is_some_and(|(state, _)| state.pid != 0);
            if !running {
                continue;
            }
            for attachment in &worker.task.networks {
                let Some(network) = self.networks.get(&attachment.network) else {
                    continue;
                };
                if network.predefined {
                    continue;
                }
                let addr = attachment.addresses.first().map(String::as_str).unwrap_or_default();
                let ip = addr.split('/').next().unwrap_or_default();
                let ports = if network.spec.ingress {
                    let mesh = |p: &&api::PortConfig| p.publish_mode == PublishMode::Ingress;
                    worker.task.ports.iter().filter(mesh).cloned().collect()
                } else {
                    Vec::new()
                };
                let record = EndpointRecord {
                    network: network.id,
                    service: worker.task.service_id,
                    service_name: worker.task.service_annotations.name.clone(),
                    task: *id,
                    task_name: worker.task.name(),
                    vip: String::new(),
                    ports,
                    ip: ip.to_owned(),
                    aliases: attachment.aliases.clone(),
                    removed: false,
                };
                now.insert((*id, network.id), record);
            }
        }
        for (key, record) in &self.told {
            if !now.contains_key(key) {
                self.records.push(EndpointRecord { removed: true, ..record.clone() });
            }
        }
        for (key, record) in &now {
            if self.told.get(key) != Some(record) {
                self.records.push(record.clone());
            }
        }
        self.told = now;
    }
}
