//! Containers on networks: they join, get addresses, leave, and are found by name.

use super::Engine;
use super::networks::{cidr, ip_number, ip_text, mac_of, mask};
use api::{ApiError, ContainerId, EndpointSettings, Timestamp};
use sim::Streams;
use std::collections::BTreeSet;

impl Engine {
    /// Joins every network that a starting container names.
    pub(super) fn join_networks(
        &mut self,
        id: ContainerId,
        now: Timestamp,
        rng: &mut Streams,
    ) -> Result<(), ApiError> {
        let Some(container) = self.containers.get(&id) else {
            return Ok(());
        };
        let config = share::Rc::clone(&container.config);
        let mode = config.host.network_mode.as_str();
        if let Some(other) = mode.strip_prefix("container:") {
            let target = self.find(other)?;
            let running = self.container(target).is_some_and(|c| c.process.is_some());
            if !running {
                let text = format!("cannot join network of a non running container: {target}");
                return Err(ApiError::new(409, text));
            }
            return Ok(());
        }
        let main = if matches!(mode, "" | "default") { "bridge" } else { mode };
        let mut wanted: Vec<(String, EndpointSettings)> = Vec::new();
        if config.endpoints.is_empty() || !matches!(mode, "" | "default") {
            let settings = config.endpoints.get(main).cloned().unwrap_or_default();
            wanted.push((main.to_owned(), settings));
        }
        for (name, settings) in &config.endpoints {
            if !wanted.iter().any(|(known, _)| known == name) {
                wanted.push((name.clone(), settings.clone()));
            }
        }
        for (name, settings) in wanted {
            self.join(id, &name, &settings, now, rng)?;
        }
        let sandbox = self.new_hex(rng).to_string();
        if let Some(container) = self.containers.get_mut(&id) {
            container.sandbox_id = sandbox;
        }
        Ok(())
    }

    pub(super) fn join(
        &mut self,
        id: ContainerId,
        name: &str,
        wish: &EndpointSettings,
        now: Timestamp,
        rng: &mut Streams,
    ) -> Result<(), ApiError> {
        let by_id = self.networks.get(&wish.network_id);
        let Some(network) = by_id.or_else(|| self.find_network(name)) else {
            return Err(ApiError::new(404, format!("network {name} not found")));
        };
        let resource = network.resource.clone();
        let mut endpoint = EndpointSettings {
            network_id: resource.id.clone(),
            endpoint_id: self.new_hex(rng).to_string(),
            fixed_ip: wish.fixed_ip.clone(),
            links: wish.links.clone(),
            ..EndpointSettings::default()
        };
        if !super::container::is_predefined(&resource.name) {
            endpoint.aliases.clone_from(&wish.aliases);
            endpoint.aliases.push(id.short());
        }
        if let Some(config) = resource.ipam.first()
            && let Some((first, bits)) = cidr(&config.subnet)
        {
            let gateway = ip_number(&config.gateway).unwrap_or(first + 1);
            let addr = self.free_address(&resource.id, (first, bits), gateway, &wish.fixed_ip)?;
            endpoint.ip_prefix_len = bits;
            endpoint.mac_address = mac_of(&addr);
            endpoint.ip_address = addr;
            if resource.scope == "local" {
                endpoint.gateway = ip_text(gateway);
            }
        }
        if let Some(container) = self.containers.get_mut(&id) {
            container.endpoints.insert(resource.name.clone(), Box::new(endpoint));
        }
        self.network_event(now, &resource.id, "connect", Some(id));
        Ok(())
    }

    /// The lowest address nobody has, or the one wished for.
    fn free_address(
        &self,
        network: &str,
        (first, bits): (u32, u8),
        gateway: u32,
        wish: &str,
    ) -> Result<String, ApiError> {
        let used: BTreeSet<u32> =
            self.members(network).filter_map(|(_, _, e)| ip_number(&e.ip_address)).collect();
        let boxes = self.networks.get(network).into_iter().flat_map(|n| n.sandboxes.values());
        let boxes: BTreeSet<u32> = boxes.filter_map(|(_, e)| ip_number(&e.ip_address)).collect();
        if let Some(number) = ip_number(wish) {
            if used.contains(&number) {
                return Err(ApiError::new(403, "Address already in use"));
            }
            return Ok(wish.to_owned());
        }
        let last = first | !mask(bits);
        (first + 1..last)
            .find(|n| *n != gateway && !used.contains(n) && !boxes.contains(n))
            .map(ip_text)
            .ok_or_else(|| {
                ApiError::new(403, "no available IPv4 addresses on this network's address pools")
            })
    }

    pub(super) fn leave_networks(&mut self, id: ContainerId, now: Timestamp) {
        let Some(container) = self.containers.get_mut(&id) else {
            return;
        };
        let mut left = Vec::new();
        for endpoint in container.endpoints.values_mut() {
            left.push(endpoint.network_id.clone());
            **endpoint = EndpointSettings {
                network_id: endpoint.network_id.clone(),
                aliases: std::mem::take(&mut endpoint.aliases),
                fixed_ip: std::mem::take(&mut endpoint.fixed_ip),
                links: std::mem::take(&mut endpoint.links),
                ..EndpointSettings::default()
            };
        }
        for network in left {
            self.network_event(now, &network, "disconnect", Some(id));
        }
    }

    /// Which container has that address, with the name of the network.
    #[must_use]
    pub fn container_at(&self, addr: &str) -> Option<(ContainerId, String)> {
        self.containers.values().find_map(|container| {
            let found = container.endpoints.iter().find(|(_, e)| e.ip_address == addr);
            found.map(|(name, _)| (container.id, name.clone()))
        })
    }

    /// (Network name, address) of a container.
    #[must_use]
    pub fn addresses_of(&self, container: ContainerId) -> Vec<(String, String)> {
        let endpoints = self.containers.get(&container).map(|c| &c.endpoints);
        endpoints
            .into_iter()
            .flatten()
            .filter(|(_, endpoint)| !endpoint.ip_address.is_empty())
            .map(|(name, endpoint)| (name.clone(), endpoint.ip_address.clone()))
            .collect()
    }

    /// Addresses of containers of this machine that answer to `name` on a user network they share
    /// with the asker: their name, id, short id or an alias.
    #[must_use]
    pub fn resolve_local(&self, asker: ContainerId, name: &str) -> Vec<String> {
        let name = name.to_lowercase();
        let Some(own) = self.containers.get(&asker) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        for network in own.endpoints.keys().filter(|n| !super::container::is_predefined(n)) {
            for other in self.containers.values() {
                let Some(endpoint) = other.endpoints.get(network) else {
                    continue;
                };
                let bare = name.strip_suffix(&format!(".{network}")).unwrap_or(&name);
                let known = other.name.to_lowercase() == bare
                    || other.id.to_string() == bare
                    || endpoint.aliases.iter().any(|alias| alias.to_lowercase() == bare);
                if known && !endpoint.ip_address.is_empty() {
                    found.push(endpoint.ip_address.clone());
                }
            }
        }
        found
    }
}
