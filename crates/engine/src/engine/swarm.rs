//! What the agent of a swarm does with the engine beyond the API: containers with addresses
//! given by the swarm, overlay networks as they are on this machine.

use super::create::Create;
use super::networks::{Network, cidr, ip_text, labels, mac_of};
use super::{Busy, Container, Engine};
use api::{
    ContainerConfig, ContainerId, ContainerState, EndpointSettings, IpamConfig, NetworkResource,
    Timestamp,
};
use sim::Streams;
use std::collections::BTreeMap;

impl Engine {
    /// Makes the container of a task; answered to `call` like `docker create`.
    pub(crate) fn create_task_container(
        &mut self,
        call: u64,
        name: String,
        config: ContainerConfig,
        secrets: Vec<(String, Vec<u8>, u32)>,
        now: Timestamp,
        rng: &mut Streams,
    ) {
        let create = Create { call, name, config: Box::new(config), secrets };
        if let Err(error) = self.create(create, now, rng) {
            self.done(call, Err(error));
        }
    }

    /// State of a container and whether it is between two states.
    pub(crate) fn state_of(&self, id: ContainerId) -> Option<(&ContainerState, bool)> {
        let container = self.containers.get(&id)?;
        Some((&container.state, container.busy != Busy::No))
    }

    /// (host address and port) pairs of a container: host-mode ports as bound.
    pub(crate) fn bound_ports(&self, id: ContainerId) -> Vec<api::BoundPort> {
        self.containers.get(&id).map(|c| c.ports.clone()).unwrap_or_default()
    }

    /// Containers that some task of a swarm made, with the task's id.
    pub(crate) fn task_containers(&self) -> Vec<(ContainerId, String)> {
        self.containers
            .values()
            .filter(|c| c.busy != Busy::Removing)
            .filter_map(|c| {
                let task = c.config.labels.get("com.docker.swarm.task.id")?;
                Some((c.id, task.clone()))
            })
            .collect()
    }

    /// The lines a container has logged.
    #[must_use]
    pub fn log_of(&self, id: ContainerId) -> share::Rc<Vec<api::dispatch::LogLine>> {
        self.containers.get(&id).map(|c| share::Rc::clone(&c.log)).unwrap_or_default()
    }

    /// Networks of the swarm that a container is on, for the time its start takes.
    pub(super) fn overlays_of(&self, id: ContainerId) -> usize {
        let endpoints = self.containers.get(&id).map(|c| &c.endpoints);
        endpoints
            .into_iter()
            .flat_map(|all| all.values())
            .filter(|e| {
                self.networks.get(&e.network_id).is_some_and(|n| n.resource.scope == "swarm")
            })
            .count()
    }

    /// `docker_gwbridge`, through which overlay containers and the mesh reach the machine; made
    /// when the node joins a swarm. `sandbox`: the ingress sandbox stands on it.
    pub fn make_gwbridge(&mut self, now: Timestamp, rng: &mut Streams) {
        if self.find_network("docker_gwbridge").is_some() {
            return;
        }
        let spec = api::NetworkSpec {
            annotations: api::Annotations {
                name: "docker_gwbridge".to_owned(),
                ..api::Annotations::default()
            },
            driver_options: labels(&[
                ("com.docker.network.bridge.enable_icc", "false"),
                ("com.docker.network.bridge.enable_ip_masquerade", "true"),
                ("com.docker.network.bridge.name", "docker_gwbridge"),
            ]),
            ..api::NetworkSpec::default()
        };
        let _made = self.network_create(spec, true, now, rng);
        let endpoint_id = self.new_hex(rng).to_string();
        let bridge = self.networks.values_mut().find(|n| n.resource.name == "docker_gwbridge");
        if let Some(network) = bridge
            && let Some((first, bits)) =
                network.resource.ipam.first().and_then(|ipam| cidr(&ipam.subnet))
        {
            let addr = ip_text(first + 2);
            let endpoint = EndpointSettings {
                network_id: network.resource.id.clone(),
                endpoint_id,
                mac_address: mac_of(&addr),
                ip_address: addr,
                ip_prefix_len: bits,
                ..EndpointSettings::default()
            };
            let row = ("gateway_ingress-sbox".to_owned(), endpoint);
            network.sandboxes.insert("ingress-sbox".to_owned(), row);
        }
    }

    /// The ingress sandbox is gone: the node left its swarm. The bridge itself stays.
    pub fn drop_ingress_sandbox(&mut self) {
        for network in self.networks.values_mut() {
            network.sandboxes.remove("ingress-sbox");
        }
        self.networks.retain(|_, network| network.resource.scope != "swarm");
        self.changed();
    }

    /// A network of the swarm is used on this machine from now on; `lb` is this node's
    /// load-balancing address there (CIDR), if it has one.
    pub fn provide_network(
        &mut self,
        network: &api::Network,
        lb: Option<&str>,
        now: Timestamp,
        rng: &mut Streams,
    ) {
        let id = network.id.to_string();
        let name = network.spec.annotations.name.clone();
        if !self.networks.contains_key(&id) {
            let resource = NetworkResource {
                id: id.clone(),
                name: name.clone(),
                created: network.meta.created_at,
                scope: "swarm".to_owned(),
                driver: if network.spec.driver.is_empty() {
                    "overlay".to_owned()
                } else {
                    network.spec.driver.clone()
                },
                enable_ipv6: network.spec.ipv6,
                internal: network.spec.internal,
                attachable: network.spec.attachable,
                ingress: network.spec.ingress,
                ipam_driver: "default".to_owned(),
                ipam: ipam_of(network),
                options: network.driver_state.clone(),
                labels: network.spec.annotations.labels.clone(),
                ..NetworkResource::default()
            };
            self.networks.insert(id.clone(), Network { resource, sandboxes: BTreeMap::new() });
            self.network_event(now, &id, "create", None);
        }
        let key =
            if network.spec.ingress { "ingress-sbox".to_owned() } else { format!("lb-{name}") };
        let wanted = lb.and_then(|lb| lb.split_once('/'));
        let has = self.networks.get(&id).and_then(|n| n.sandboxes.get(&key));
        let same = match (has, wanted) {
            (Some((_, endpoint)), Some((addr, _))) => endpoint.ip_address == addr,
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        if same {
            return;
        }
        let endpoint_id = self.new_hex(rng).to_string();
        if let (Some(kept), Some((addr, bits))) = (self.networks.get_mut(&id), wanted) {
            let endpoint = EndpointSettings {
                network_id: id,
                endpoint_id,
                mac_address: mac_of(addr),
                ip_address: addr.to_owned(),
                ip_prefix_len: bits.parse().unwrap_or(24),
                ..EndpointSettings::default()
            };
            kept.sandboxes.insert(key, (format!("{name}-endpoint"), endpoint));
            self.changed();
        }
    }

    /// A network of the swarm is no longer used here: nobody of this machine is on it.
    pub fn drop_network(&mut self, id: &str, now: Timestamp) -> bool {
        if self.is_network_used(id) {
            return false;
        }
        if self.networks.get(id).is_some_and(|network| !network.resource.ingress) {
            self.network_event(now, id, "destroy", None);
        }
        let gone = self.networks.remove(id).is_some();
        if gone {
            self.changed();
        }
        gone
    }

    /// Whether a container of this machine, running or not, is meant to be on that network.
    #[must_use]
    pub fn is_network_used(&self, id: &str) -> bool {
        let on = |c: &Container| c.endpoints.values().any(|e| e.network_id == id);
        let means = |c: &Container| c.config.endpoints.values().any(|e| e.network_id == id);
        self.containers.values().any(|c| (on(c) && c.is_running()) || means(c))
    }

    /// Networks of the swarm that are on this machine: (id, name).
    #[must_use]
    pub fn swarm_networks(&self) -> Vec<(String, String)> {
        self.networks
            .values()
            .filter(|n| n.resource.scope == "swarm")
            .map(|n| (n.resource.id.clone(), n.resource.name.clone()))
            .collect()
    }

    /// Endpoints of plain containers (no tasks) on a swarm network of this machine: (container,
    /// name, address, aliases), for gossip.
    #[must_use]
    pub fn plain_members(&self, network: &str) -> Vec<(ContainerId, String, String, Vec<String>)> {
        self.containers
            .values()
            .filter(|c| !c.config.labels.contains_key("com.docker.swarm.task.id"))
            .flat_map(|c| {
                c.endpoints
                    .values()
                    .filter(|e| e.network_id == network && !e.ip_address.is_empty())
                    .map(|e| (c.id, c.name.clone(), e.ip_address.clone(), e.aliases.clone()))
            })
            .collect()
    }
}

fn ipam_of(network: &api::Network) -> Vec<IpamConfig> {
    if network.ipam.is_empty() { network.spec.ipam.clone() } else { network.ipam.clone() }
}
