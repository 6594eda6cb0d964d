//! The engine's own networks and who is on which (libnetwork's bridge driver and its IPAM).
//!
//! Addresses in use are those of containers' endpoints: nothing is booked twice. The lowest free
//! one is given, as libnetwork's local IPAM does.

use super::{Engine, no_such};
use api::{
    ApiError, ContainerId, EndpointSettings, Filters, IpamConfig, Labels, NetworkResource,
    NetworkSpec, Response, Timestamp,
};
use serde::{Deserialize, Serialize};
use sim::Streams;
use std::collections::BTreeMap;

/// A network that this engine knows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Network {
    /// Without its containers, which are filled in when it is shown.
    pub(crate) resource: NetworkResource,
    /// Endpoints that are no containers (`ingress-sbox`, `lb-NAME`).
    pub(crate) sandboxes: BTreeMap<String, (String, EndpointSettings)>,
}

impl Network {
    fn is_predefined(&self) -> bool {
        matches!(self.resource.name.as_str(), "bridge" | "host" | "none")
    }
}

/// An IPv4 address as a number.
pub(crate) fn ip_number(text: &str) -> Option<u32> {
    let mut parts = text.split('.').map(|part| part.parse::<u8>().ok());
    let mut number = 0;
    for _ in 0..4 {
        number = number << 8 | u32::from(parts.next()??);
    }
    parts.next().is_none().then_some(number)
}

/// The dotted form.
pub(crate) fn ip_text(number: u32) -> String {
    let [a, b, c, d] = number.to_be_bytes();
    format!("{a}.{b}.{c}.{d}")
}

/// `172.17.0.0/16` as (first address, mask length).
pub(crate) fn cidr(text: &str) -> Option<(u32, u8)> {
    let (addr, bits) = text.split_once('/')?;
    let bits: u8 = bits.parse().ok().filter(|bits| *bits <= 32)?;
    Some((ip_number(addr)? & mask(bits), bits))
}

pub(super) const fn mask(bits: u8) -> u32 {
    if bits == 0 { 0 } else { u32::MAX << (32 - bits as u32) }
}

/// `02:42:ac:11:00:02` from 172.17.0.2 (libnetwork `netutils.GenerateMACFromIP`).
pub(crate) fn mac_of(ip: &str) -> String {
    let [a, b, c, d] = ip_number(ip).unwrap_or_default().to_be_bytes();
    format!("02:42:{a:02x}:{b:02x}:{c:02x}:{d:02x}")
}

impl Engine {
    /// `bridge`, `host` and `none`, as dockerd makes them at its first start.
    pub(super) fn make_default_networks(&mut self) {
        let options = [
            ("com.docker.network.bridge.default_bridge", "true"),
            ("com.docker.network.bridge.enable_icc", "true"),
            ("com.docker.network.bridge.enable_ip_masquerade", "true"),
            ("com.docker.network.bridge.host_binding_ipv4", "0.0.0.0"),
            ("com.docker.network.bridge.name", "docker0"),
            ("com.docker.network.driver.mtu", "1500"),
        ];
        for (name, driver) in [("bridge", "bridge"), ("host", "host"), ("none", "null")] {
            let is_bridge = name == "bridge";
            let id = crate::registry::made_up(&format!("{} {name}", self.facts.hostname));
            let subnet = IpamConfig { subnet: "172.17.0.0/16".into(), ..IpamConfig::default() };
            let resource = NetworkResource {
                id: id.to_string(),
                name: name.to_owned(),
                scope: "local".to_owned(),
                driver: driver.to_owned(),
                ipam_driver: "default".to_owned(),
                ipam: if is_bridge { vec![subnet] } else { Vec::new() },
                options: if is_bridge { labels(&options) } else { Labels::new() },
                ..NetworkResource::default()
            };
            let network = Network { resource, sandboxes: BTreeMap::new() };
            self.networks.insert(id.to_string(), network);
        }
    }

    /// By full id, name, or prefix of an id.
    pub(super) fn find_network(&self, reference: &str) -> Option<&Network> {
        if let Some(network) = self.networks.get(reference) {
            return Some(network);
        }
        let named = self.networks.values().find(|n| n.resource.name == reference);
        named.or_else(|| {
            let mut found = self.networks.values().filter(|n| n.resource.id.starts_with(reference));
            let first = found.next().filter(|_| !reference.is_empty())?;
            found.next().is_none().then_some(first)
        })
    }

    /// (container, name on the network, endpoint) of everybody on a network.
    pub(super) fn members(
        &self,
        id: &str,
    ) -> impl Iterator<Item = (ContainerId, &str, &EndpointSettings)> {
        self.containers.values().flat_map(move |container| {
            container
                .endpoints
                .values()
                .filter(move |endpoint| endpoint.network_id == id)
                .map(|endpoint| (container.id, container.name.as_str(), &**endpoint))
        })
    }

    fn shown(&self, network: &Network) -> NetworkResource {
        let mut resource = network.resource.clone();
        resource.containers = self
            .members(&resource.id)
            .filter(|(_, _, endpoint)| !endpoint.ip_address.is_empty() || resource.ipam.is_empty())
            .map(|(id, name, endpoint)| (id.to_string(), (name.to_owned(), endpoint.clone())))
            .collect();
        let boxes = network.sandboxes.iter();
        resource.containers.extend(boxes.map(|(key, value)| (key.clone(), value.clone())));
        resource
    }

    pub(super) fn network_list(&self, filters: &Filters) -> Result<Vec<NetworkResource>, ApiError> {
        super::lists::check_keys(
            filters,
            &["dangling", "driver", "id", "label", "name", "scope", "type"],
        )?;
        let has = |key: &str, test: &dyn Fn(&str) -> bool| {
            filters.get(key).is_none_or(|values| values.iter().any(|value| test(value)))
        };
        let mut all: Vec<NetworkResource> = self
            .networks
            .values()
            .map(|network| (network, self.shown(network)))
            .filter(|(network, shown)| {
                let resource = &network.resource;
                let custom = !network.is_predefined();
                has("driver", &|v| v == resource.driver)
                    && has("id", &|v| resource.id.starts_with(v))
                    && has("name", &|v| resource.name.contains(v))
                    && has("scope", &|v| v == resource.scope)
                    && has("type", &|v| (v == "custom") == custom)
                    && has("dangling", &|v| {
                        matches!(v, "true" | "1") == (custom && shown.containers.is_empty())
                    })
                    && super::lists::has_labels(filters, &resource.labels)
            })
            .map(|(_, shown)| shown)
            .collect();
        all.sort_by(|a, b| a.name.cmp(&b.name).then(a.id.cmp(&b.id)));
        Ok(all)
    }

    pub(super) fn network_inspect(&self, reference: &str) -> Result<Response, ApiError> {
        match self.find_network(reference) {
            Some(network) => Ok(Response::Network(Box::new(self.shown(network)))),
            None => Err(ApiError::new(404, format!("network {reference} not found"))),
        }
    }

    /// All ranges in use on this machine: networks and interfaces.
    fn used_ranges(&self) -> Vec<(u32, u8)> {
        let own = self.facts.addresses.iter().filter_map(|(interface, addr)| {
            let bits = if interface == "eth1" { 16 } else { 24 };
            ip_number(addr).map(|number| (number & mask(bits), bits))
        });
        let networks = self.networks.values().filter(|n| n.resource.scope == "local");
        let taken = networks.flat_map(|n| &n.resource.ipam).filter_map(|c| cidr(&c.subnet));
        own.chain(taken).collect()
    }

    /// The first free default range: 172.17 to 172.31 /16, then 192.168.x.0/20.
    fn free_range(&self) -> Option<(u32, u8)> {
        let used = self.used_ranges();
        let sixteen = (17_u32..32).map(|k| (172 << 24 | k << 16, 16));
        let twenty = (0_u32..16).map(|k| (192 << 24 | 168 << 16 | k << 12, 20));
        sixteen.chain(twenty).find(|range| !used.iter().any(|other| overlap(*range, *other)))
    }

    fn default_range(&self) -> Result<IpamConfig, ApiError> {
        let none = "could not find an available, non-overlapping IPv4 address pool among the \
                    defaults to assign to the network";
        let (first, bits) = self.free_range().ok_or_else(|| ApiError::new(404, none))?;
        Ok(IpamConfig {
            subnet: format!("{}/{bits}", ip_text(first)),
            range: String::new(),
            gateway: ip_text(first + 1),
        })
    }

    /// A network of this engine (`docker network create` without `-d overlay`).
    pub(super) fn network_create(
        &mut self,
        spec: NetworkSpec,
        _check_duplicate: bool,
        now: Timestamp,
        rng: &mut Streams,
    ) -> Result<Response, ApiError> {
        let name = spec.annotations.name.clone();
        let bad = |status, text: String| Err(ApiError::new(status, text));
        if name.is_empty() || self.networks.values().any(|n| n.resource.name == name) {
            return bad(409, format!("network with name {name} already exists"));
        }
        match spec.driver.as_str() {
            "" | "bridge" | "macvlan" | "ipvlan" => {}
            "host" | "null" => {
                let driver = &spec.driver;
                return bad(403, format!("only one instance of \"{driver}\" network is allowed"));
            }
            other => return bad(404, format!("plugin \"{other}\" not found")),
        }
        if spec.ingress {
            return bad(400, "Ingress network can only be global scope network".to_owned());
        }
        let mut ipam = Vec::new();
        for config in &spec.ipam {
            let Some((first, bits)) = cidr(&config.subnet) else {
                let subnet = &config.subnet;
                return bad(
                    400,
                    format!("Invalid subnet {subnet} : invalid CIDR address: {subnet}"),
                );
            };
            if self.used_ranges().iter().any(|other| overlap((first, bits), *other)) {
                return bad(403, "Pool overlaps with other one on this address space".to_owned());
            }
            ipam.push(config.clone());
        }
        if ipam.is_empty() {
            ipam.push(self.default_range()?);
        }
        let id = self.new_hex(rng).to_string();
        let driver = if spec.driver.is_empty() { "bridge".to_owned() } else { spec.driver };
        let resource = NetworkResource {
            id: id.clone(),
            name: name.clone(),
            created: now,
            scope: "local".to_owned(),
            driver: driver.clone(),
            enable_ipv6: spec.ipv6,
            internal: spec.internal,
            attachable: spec.attachable,
            ipam_driver: "default".to_owned(),
            ipam,
            options: spec.driver_options,
            labels: spec.annotations.labels,
            ..NetworkResource::default()
        };
        self.networks.insert(id.clone(), Network { resource, sandboxes: BTreeMap::new() });
        // this one libnetwork makes without the daemon's knowledge
        if name != "docker_gwbridge" {
            self.network_event(now, &id, "create", None);
        }
        Ok(Response::Created { id, warnings: Vec::new() })
    }

    pub(super) fn network_remove(
        &mut self,
        reference: &str,
        now: Timestamp,
    ) -> Result<Response, ApiError> {
        let Some(network) = self.find_network(reference) else {
            return Err(ApiError::new(404, format!("network {reference} not found")));
        };
        let (id, name) = (network.resource.id.clone(), network.resource.name.clone());
        if network.is_predefined() {
            return Err(ApiError::new(
                403,
                format!("{name} is a pre-defined network and cannot be removed"),
            ));
        }
        if !self.shown(network).containers.is_empty() {
            return Err(ApiError::new(
                403,
                format!(
                    "error while removing network: network {name} id {id} has active endpoints"
                ),
            ));
        }
        self.network_event(now, &id, "destroy", None);
        self.networks.remove(&id);
        Ok(Response::Done)
    }

    pub(super) fn network_prune(
        &mut self,
        filters: &Filters,
        now: Timestamp,
    ) -> Result<Response, ApiError> {
        super::lists::check_keys(filters, &["label", "label!", "until"])?;
        let gone: Vec<(String, String)> = self
            .networks
            .values()
            .filter(|n| n.resource.scope == "local" && !n.is_predefined())
            .filter(|n| self.shown(n).containers.is_empty())
            .filter(|n| super::lists::has_labels(filters, &n.resource.labels))
            .map(|n| (n.resource.id.clone(), n.resource.name.clone()))
            .collect();
        for (id, _) in &gone {
            self.network_event(now, id, "destroy", None);
            self.networks.remove(id);
        }
        let deleted = gone.into_iter().map(|(_, name)| name).collect();
        Ok(Response::Pruned { deleted, reclaimed: 0 })
    }

    pub(super) fn network_connect(
        &mut self,
        network: &str,
        container: &str,
        endpoint: EndpointSettings,
        now: Timestamp,
        rng: &mut Streams,
    ) -> Result<Response, ApiError> {
        let id = self.find(container)?;
        let Some(found) = self.find_network(network) else {
            return Err(ApiError::new(404, format!("network {network} not found")));
        };
        let name = found.resource.name.clone();
        let running = {
            let target = self.container(id).ok_or_else(|| no_such(container))?;
            if target.endpoints.contains_key(&name) {
                return Err(ApiError::new(
                    403,
                    format!("{container} is already attached to network {name}"),
                ));
            }
            target.is_running()
        };
        if running {
            self.join(id, &name, &endpoint, now, rng)?;
        }
        if let Some(target) = self.containers.get_mut(&id) {
            let config = share::Rc::make_mut(&mut target.config);
            config.endpoints.insert(name, endpoint);
        }
        self.changed();
        Ok(Response::Done)
    }

    pub(super) fn network_disconnect(
        &mut self,
        network: &str,
        container: &str,
        _force: bool,
        now: Timestamp,
    ) -> Result<Response, ApiError> {
        let id = self.find(container)?;
        let Some(found) = self.find_network(network) else {
            return Err(ApiError::new(404, format!("network {network} not found")));
        };
        let name = found.resource.name.clone();
        let Some(target) = self.containers.get_mut(&id) else {
            return Err(no_such(container));
        };
        let config = share::Rc::make_mut(&mut target.config);
        let planned = config.endpoints.remove(&name).is_some();
        let Some(endpoint) = target.endpoints.remove(&name) else {
            if planned {
                return Ok(Response::Done);
            }
            return Err(ApiError::new(
                403,
                format!("container {id} is not connected to network {name}"),
            ));
        };
        self.network_event(now, &endpoint.network_id, "disconnect", Some(id));
        self.changed();
        Ok(Response::Done)
    }

    pub(super) fn network_event(
        &mut self,
        now: Timestamp,
        id: &str,
        action: &str,
        container: Option<ContainerId>,
    ) {
        let Some(network) = self.networks.get(id) else {
            return;
        };
        let resource = &network.resource;
        let mut attributes = Labels::new();
        attributes.insert("name".to_owned(), resource.name.clone());
        attributes.insert("type".to_owned(), resource.driver.clone());
        if let Some(container) = container {
            attributes.insert("container".to_owned(), container.to_string());
        }
        self.changed();
        self.event(now, "network", action, id, attributes);
    }
}

fn overlap(one: (u32, u8), other: (u32, u8)) -> bool {
    let shorter = mask(one.1.min(other.1));
    one.0 & shorter == other.0 & shorter
}

pub(super) fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}
