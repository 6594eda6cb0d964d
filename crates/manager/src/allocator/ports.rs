//! Published ports of the routing mesh: asked ones, and dynamic ones from 30000 to 32767.
//!
//! SwarmKit: `manager/allocator/cnmallocator/portallocator.go`.

use api::{PortConfig, Protocol, PublishMode, Service};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// First and last dynamic port.
const DYNAMIC: (u16, u16) = (30_000, 32_767);

/// Ports in use on every node.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Ports {
    used: BTreeSet<(Protocol, u16)>,
    /// The last dynamic port given.
    last: BTreeMap<Protocol, u16>,
}

fn in_mesh(port: &PortConfig) -> bool {
    port.publish_mode == PublishMode::Ingress
}

impl Ports {
    /// Ports of a service as they were allocated.
    pub(crate) fn restore(&mut self, ports: &[PortConfig]) {
        self.used.extend(taken(ports));
    }

    /// Gives a deleted service's ports back.
    pub(crate) fn release(&mut self, ports: &[PortConfig]) {
        for port in taken(ports) {
            self.used.remove(&port);
        }
    }

    /// The service's ports with every published port filled in; what it had before is given
    /// back or kept. `None` if one is taken: then nothing changes.
    pub(crate) fn allocate(&mut self, service: &Service) -> Option<Vec<PortConfig>> {
        let had = service.endpoint.as_ref().map_or(&[][..], |endpoint| &endpoint.ports);
        let mut trial = self.clone();
        trial.release(had);
        let mut ports = service.spec.endpoint.ports.clone();
        for port in ports.iter().filter(|port| in_mesh(port) && port.published_port != 0) {
            if !trial.used.insert((port.protocol, port.published_port)) {
                return None;
            }
        }
        for port in ports.iter_mut().filter(|port| in_mesh(port) && port.published_port == 0) {
            port.published_port = trial.keep(port, had).or_else(|| trial.dynamic(port))?;
        }
        *self = trial;
        Some(ports)
    }

    /// A dynamic port stays with its name, protocol and target.
    fn keep(&mut self, port: &PortConfig, had: &[PortConfig]) -> Option<u16> {
        had.iter()
            .filter(|old| in_mesh(old) && old.name == port.name)
            .filter(|old| old.protocol == port.protocol && old.target_port == port.target_port)
            .map(|old| old.published_port)
            .find(|published| self.used.insert((port.protocol, *published)))
    }

    fn dynamic(&mut self, port: &PortConfig) -> Option<u16> {
        let (first, last) = DYNAMIC;
        let from = self.last.get(&port.protocol).map_or(first, |given| given + 1).max(first);
        let from = if from > last { first } else { from };
        let found = (from..=last)
            .chain(first..from)
            .find(|published| !self.used.contains(&(port.protocol, *published)))?;
        self.used.insert((port.protocol, found));
        self.last.insert(port.protocol, found);
        Some(found)
    }
}

fn taken(ports: &[PortConfig]) -> impl Iterator<Item = (Protocol, u16)> {
    ports
        .iter()
        .filter(|port| in_mesh(port) && port.published_port != 0)
        .map(|port| (port.protocol, port.published_port))
}

/// Whether the ports held are the ones asked for.
pub(crate) fn satisfied(asked: &[PortConfig], held: &[PortConfig]) -> bool {
    asked.len() == held.len()
        && asked.iter().zip(held).all(|(ask, have)| {
            let published = if in_mesh(ask) && ask.published_port == 0 {
                have.published_port != 0
            } else {
                ask.published_port == have.published_port
            };
            published
                && PortConfig { published_port: 0, ..ask.clone() }
                    == PortConfig { published_port: 0, ..have.clone() }
        })
}
