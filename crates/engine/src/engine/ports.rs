//! Ports of the machine that containers publish (libnetwork `portallocator`, `drivers/bridge`).

use super::{Container, Engine, EngineEffect};
use api::{ApiError, BoundPort, ContainerId, PortBinding, Protocol};
use sim::Streams;

/// First port given out where none is named: Linux's `ip_local_port_range` begins there
/// (recorded: `g_local.jsonl` t=10.5, `mesh/ports.jsonl` t=755).
pub(super) const FIRST_DYNAMIC: u16 = 32_768;
/// Last of them.
const LAST_DYNAMIC: u16 = 60_999;

impl Engine {
    /// Which container has that port of the machine, and its own port behind it.
    #[must_use]
    pub fn port_owner(
        &self,
        addr: &str,
        port: u16,
        protocol: Protocol,
    ) -> Option<(ContainerId, u16)> {
        self.containers.values().find_map(|container| {
            let bound = container.ports.iter().find(|bound| {
                bound.protocol == protocol
                    && bound
                        .bindings
                        .iter()
                        .any(|(on, number)| *number == port && (on == "0.0.0.0" || on == addr))
            })?;
            Some((container.id, bound.private_port))
        })
    }

    fn taken(&self, addr: &str, port: u16, protocol: Protocol) -> bool {
        let overlaps = |on: &str| on == addr || on == "0.0.0.0" || addr == "0.0.0.0";
        self.containers.values().flat_map(|container| &container.ports).any(|bound| {
            bound.protocol == protocol
                && bound.bindings.iter().any(|(on, number)| *number == port && overlaps(on))
        })
    }

    /// Binds what a starting container publishes, all or nothing.
    pub(super) fn bind_ports(
        &mut self,
        id: ContainerId,
        rng: &mut Streams,
    ) -> Result<(), ApiError> {
        let Some(container) = self.containers.get(&id) else {
            return Ok(());
        };
        if !on_bridge(container) {
            return Ok(());
        }
        let endpoint = container.endpoints.values().next().map(|e| e.endpoint_id.clone());
        let endpoint = endpoint.unwrap_or_else(|| self.new_hex(rng).to_string());
        let name = container.name.clone();
        for (port, protocol, binding) in wanted(container) {
            if let Err(reason) = self.bind_one(id, port, protocol, &binding) {
                if let Some(container) = self.containers.get_mut(&id) {
                    container.ports.clear();
                }
                return Err(ApiError::new(
                    500,
                    format!(
                        "driver failed programming external connectivity on endpoint {name} \
                         ({endpoint}): {reason}"
                    ),
                ));
            }
        }
        if self.containers.get(&id).is_some_and(|c| !c.ports.is_empty()) {
            self.effects.push(EngineEffect::PortsChanged);
        }
        Ok(())
    }

    fn bind_one(
        &mut self,
        id: ContainerId,
        port: u16,
        protocol: Protocol,
        binding: &PortBinding,
    ) -> Result<(), String> {
        let addr = if binding.host_ip.is_empty() { "0.0.0.0" } else { binding.host_ip.as_str() };
        let (low, high) = range(&binding.host_port);
        let number = if low == 0 {
            self.dynamic(addr, protocol).ok_or("all ports are allocated")?
        } else {
            let free = (low..=high).find(|number| !self.taken(addr, *number, protocol));
            let number = free.ok_or_else(|| {
                if low == high {
                    format!("Bind for {addr}:{low} failed: port is already allocated.")
                        .trim_end_matches('.')
                        .to_owned()
                } else {
                    "all ports are allocated".to_owned()
                }
            })?;
            if self.ingress_ports.contains(&(number, protocol)) {
                let word = protocol.as_str();
                return Err(format!(
                    "Error starting userland proxy: listen {word}4 {addr}:{number}: bind: \
                     address already in use"
                ));
            }
            number
        };
        let mut bindings = vec![(addr.to_owned(), number)];
        if binding.host_ip.is_empty() {
            bindings.push(("::".to_owned(), number));
        }
        if let Some(container) = self.containers.get_mut(&id) {
            let same = |p: &&mut BoundPort| p.private_port == port && p.protocol == protocol;
            match container.ports.iter_mut().find(same) {
                Some(bound) => bound.bindings.extend(bindings),
                None => {
                    container.ports.push(BoundPort { private_port: port, protocol, bindings });
                }
            }
        }
        Ok(())
    }

    /// The next free one after the last given out.
    fn dynamic(&mut self, addr: &str, protocol: Protocol) -> Option<u16> {
        for _ in FIRST_DYNAMIC..=LAST_DYNAMIC {
            let number = self.next_port;
            self.next_port = if number >= LAST_DYNAMIC { FIRST_DYNAMIC } else { number + 1 };
            if !self.taken(addr, number, protocol)
                && !self.ingress_ports.contains(&(number, protocol))
            {
                return Some(number);
            }
        }
        None
    }
}

/// A container of the host's or another's network, or of none, publishes nothing.
fn on_bridge(container: &Container) -> bool {
    let mode = container.config.host.network_mode.as_str();
    !matches!(mode, "host" | "none") && !mode.starts_with("container:")
}

/// Named bindings first, then `-P` for what is only exposed, in order of ports.
fn wanted(container: &Container) -> Vec<(u16, Protocol, PortBinding)> {
    let host = &container.config.host;
    let mut all = Vec::new();
    for ((port, protocol), bindings) in &host.port_bindings {
        let none = [PortBinding::default()];
        let bindings = if bindings.is_empty() { &none[..] } else { bindings };
        all.extend(bindings.iter().map(|binding| (*port, *protocol, binding.clone())));
    }
    if host.publish_all_ports {
        for (port, protocol) in &container.config.exposed_ports {
            if !host.port_bindings.contains_key(&(*port, *protocol)) {
                all.push((*port, *protocol, PortBinding::default()));
            }
        }
    }
    all
}

/// `""`, `8000` or `8000-8010`.
fn range(text: &str) -> (u16, u16) {
    let (low, high) = text.split_once('-').unwrap_or((text, text));
    (low.parse().unwrap_or(0), high.parse().unwrap_or(0))
}
