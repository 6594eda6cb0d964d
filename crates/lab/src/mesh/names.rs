//! What a program of a container asks of the network: names, pings, connections
//! (libnetwork `resolver.go`, `sandbox.go`).

use super::request::{ReplyTo, Target, WebRequest};
use crate::event::Event;
use crate::lab::Lab;
use crate::{HttpOutcome, Machine, Origin, RequestId};
use api::{ContainerId, NetworkId, ServiceId};
use engine::{HttpRequest, NetAnswer, NetRequest};

/// The engine's resolver, as containers on a user network see it.
const EMBEDDED: &str = "127.0.0.11";
/// The machine's own resolver.
const OUTER: &str = "192.168.0.1";

/// Where an address leads, seen from a container.
enum Place {
    /// A service's virtual address on a network.
    Vip(NetworkId, ServiceId),
    /// A task or container of some machine.
    Container(Machine, ContainerId, Option<String>),
    /// A machine's own address.
    Machine(Machine),
    /// Nothing known has it.
    Nowhere,
}

fn bare(cidr: &str) -> &str {
    cidr.split('/').next().unwrap_or(cidr)
}

impl Lab {
    /// A program of a container asks the network.
    pub(crate) fn container_asks(
        &mut self,
        machine: Machine,
        ticket: u64,
        container: ContainerId,
        request: NetRequest,
    ) {
        let (host, port, http) = match request {
            NetRequest::Dns { name } => {
                let answer = self.dns(machine, container, &name);
                self.answer_net(machine, ticket, answer, 500);
                return;
            }
            NetRequest::Reverse { addr } => {
                let answer = self.reverse(machine, container, &addr);
                self.answer_net(machine, ticket, answer, 500);
                return;
            }
            NetRequest::Ping { host } => {
                self.ping(machine, ticket, container, &host);
                return;
            }
            NetRequest::Connect { host, port } => (host, port, None),
            NetRequest::Http { host, port, request } => (host, port, Some(request)),
        };
        let address = match self.address(machine, container, &host) {
            Ok(address) => address,
            Err(answer) => {
                self.answer_net(machine, ticket, answer, 500);
                return;
            }
        };
        self.connect(machine, ticket, container, (&host, address, port), http);
    }

    fn connect(
        &mut self,
        machine: Machine,
        ticket: u64,
        container: ContainerId,
        (host, address, port): (&str, String, u16),
        http: Option<HttpRequest>,
    ) {
        let id = RequestId(self.number());
        let own = self
            .at(machine)
            .map(|m| m.engine.addresses_of(container))
            .and_then(|all| all.first().map(|(_, ip)| bare(ip).to_owned()))
            .unwrap_or_default();
        let connect_only = http.is_none();
        let mut http = http.unwrap_or_default();
        http.from = own;
        http.to = format!("{host}:{port}");
        let mut web = WebRequest {
            from: Origin::Machine(machine),
            reply_to: ReplyTo::Program { machine, ticket },
            host: host.to_owned(),
            address: address.clone(),
            port,
            http,
            connect_only,
            path: vec![crate::Hop::From(Origin::Machine(machine))],
            since: self.now,
            target: Target::Back(HttpOutcome::NoAnswer),
            response: None,
        };
        match self.place(machine, container, &address) {
            Place::Vip(network, service) => {
                self.requests.insert(id, web);
                self.take_turn(id, machine, network, service, |_| Some(port));
            }
            Place::Container(owner, container, _) => {
                let container = Some(container);
                web.target = Target::Container { machine: owner, task: None, container, port };
                self.send_request(id, web);
            }
            Place::Machine(target) => {
                if let Some(m) = self.at(machine) {
                    web.http.from.clone_from(&m.config.ip);
                }
                web.target = Target::Port(target, port);
                self.send_request(id, web);
            }
            Place::Nowhere => self.send_request(id, web),
        }
    }

    fn answer_net(&mut self, machine: Machine, ticket: u64, answer: NetAnswer, after_us: u64) {
        let answer = Box::new(answer);
        self.after(after_us, Event::Net { machine, ticket, answer });
    }

    /// The swarm networks that a container is on, by name.
    fn shared_networks(
        &self,
        machine: Machine,
        container: ContainerId,
    ) -> Vec<(NetworkId, String)> {
        let Some(m) = self.at(machine) else { return Vec::new() };
        let on = m.engine.addresses_of(container);
        m.mesh
            .networks
            .iter()
            .filter(|(_, name)| *name != "ingress" && on.iter().any(|(n, _)| n == *name))
            .map(|(id, name)| (*id, name.clone()))
            .collect()
    }

    fn on_user_network(&self, machine: Machine, container: ContainerId) -> bool {
        self.at(machine).is_some_and(|m| {
            m.engine
                .addresses_of(container)
                .iter()
                .any(|(n, _)| !matches!(n.as_str(), "bridge" | "host" | "none"))
        })
    }

    fn dns(&mut self, machine: Machine, container: ContainerId, name: &str) -> NetAnswer {
        let server = if self.on_user_network(machine, container) { EMBEDDED } else { OUTER };
        let addrs = self.lookup(machine, container, name);
        if addrs.is_empty() {
            return NetAnswer::UnknownName { server: server.into() };
        }
        NetAnswer::Addresses { addrs, server: server.into() }
    }

    fn lookup(&mut self, machine: Machine, container: ContainerId, name: &str) -> Vec<String> {
        let wanted = name.trim_end_matches('.').to_lowercase();
        if self.on_user_network(machine, container) {
            if let Some(m) = self.at(machine) {
                let local = m.engine.resolve_local(container, &wanted);
                if !local.is_empty() {
                    return local.iter().map(|ip| bare(ip).to_owned()).collect();
                }
            }
            for (network, label) in self.shared_networks(machine, container) {
                let addrs = self.swarm_name(machine, network, &label, &wanted);
                if !addrs.is_empty() {
                    return addrs;
                }
            }
        }
        if crate::address::is_ipv4(&wanted) {
            return vec![wanted];
        }
        let found = self.machine(&wanted).and_then(|m| self.at(m));
        found.map(|m| vec![m.config.ip.clone()]).unwrap_or_default()
    }

    /// A name on one network: service, alias, `tasks.NAME`, a task's own name.
    fn swarm_name(
        &mut self,
        machine: Machine,
        network: NetworkId,
        label: &str,
        wanted: &str,
    ) -> Vec<String> {
        let suffix = format!(".{}", label.to_lowercase());
        let wanted = wanted.strip_suffix(&suffix).unwrap_or(wanted);
        let (tasks_only, name) = match wanted.strip_prefix("tasks.") {
            Some(rest) => (true, rest),
            None => (false, wanted),
        };
        let Some(m) = self.at_mut(machine) else { return Vec::new() };
        let mut vip = None;
        let mut tasks = Vec::new();
        for ((_, _, on), record) in &m.mesh.records {
            if *on != network {
                continue;
            }
            if record.task_name.to_lowercase() == wanted {
                return vec![bare(&record.ip).to_owned()];
            }
            let called = record.service_name.to_lowercase() == name
                || record.aliases.iter().any(|a| a.to_lowercase() == name);
            if called {
                tasks.push(bare(&record.ip).to_owned());
                if !record.vip.is_empty() {
                    vip = Some(bare(&record.vip).to_owned());
                }
            }
        }
        match (tasks_only, vip) {
            (false, Some(vip)) => vec![vip],
            (false, None) | (true, _) => {
                m.rng.stream("dns").shuffle(&mut tasks);
                tasks
            }
        }
    }

    fn reverse(&self, machine: Machine, container: ContainerId, addr: &str) -> NetAnswer {
        let server = EMBEDDED.to_owned();
        let shared = self.shared_networks(machine, container);
        let found = self.at(machine).and_then(|m| {
            m.mesh.records.iter().find_map(|((_, _, network), record)| {
                let (_, label) = shared.iter().find(|(id, _)| id == network)?;
                (bare(&record.ip) == addr).then(|| format!("{}.{label}", record.task_name))
            })
        });
        match found {
            Some(name) => NetAnswer::Name { name, server },
            None => NetAnswer::UnknownName { server },
        }
    }

    fn address(
        &mut self,
        machine: Machine,
        container: ContainerId,
        host: &str,
    ) -> Result<String, NetAnswer> {
        if host == "localhost" {
            return Ok("127.0.0.1".into());
        }
        let answer = self.dns(machine, container, host);
        if let NetAnswer::Addresses { addrs, .. } = answer {
            return Ok(addrs.into_iter().next().unwrap_or_default());
        }
        Err(answer)
    }

    fn place(&self, machine: Machine, container: ContainerId, address: &str) -> Place {
        if address.starts_with("127.") {
            return Place::Container(machine, container, None);
        }
        let Some(m) = self.at(machine) else { return Place::Nowhere };
        let shared = self.shared_networks(machine, container);
        for ((owner, task, network), record) in &m.mesh.records {
            let Some((_, label)) = shared.iter().find(|(id, _)| id == network) else { continue };
            if bare(&record.vip) == address
                && let Some(service) = record.service
            {
                return Place::Vip(*network, service);
            }
            if bare(&record.ip) == address {
                let task = task.to_string();
                let found = self.at(*owner).and_then(|o| {
                    o.engine
                        .summaries()
                        .into_iter()
                        .find(|c| c.labels.get("com.docker.swarm.task.id") == Some(&task))
                });
                let name = format!("{}.{label}", record.task_name);
                return match found {
                    Some(found) => Place::Container(*owner, found.id, Some(name)),
                    None => Place::Nowhere,
                };
            }
        }
        if let Some((found, _)) = m.engine.container_at(address) {
            return Place::Container(machine, found, None);
        }
        match self.machine_at(address) {
            Some(found) => Place::Machine(found),
            None => Place::Nowhere,
        }
    }

    fn ping(&mut self, machine: Machine, ticket: u64, container: ContainerId, host: &str) {
        let addr = match self.address(machine, container, host) {
            Ok(addr) => addr,
            Err(answer) => {
                self.answer_net(machine, ticket, answer, 500);
                return;
            }
        };
        let (target, name) = match self.place(machine, container, &addr) {
            // the node's own sandbox answers for a virtual address, whatever the tasks do
            Place::Vip(..) => (machine, None),
            Place::Container(owner, _, name) => (owner, name),
            Place::Machine(found) => (found, None),
            Place::Nowhere => {
                let answer = NetAnswer::NoAnswer { addr };
                self.answer_net(machine, ticket, answer, 10_000_000);
                return;
            }
        };
        let (here, there) = (sim::Host(machine.0), sim::Host(target.0));
        let reaches = self.net.reachable(here, there)
            && self.at(target).is_some_and(|m| m.powered && !m.frozen);
        if !reaches {
            let answer = NetAnswer::NoAnswer { addr };
            self.answer_net(machine, ticket, answer, 10_000_000);
            return;
        }
        let noise = self.rng.stream("ping").range(40, 120);
        let took_us = self.net.latency(here, there).0 * 2 + noise;
        self.answer_net(machine, ticket, NetAnswer::Reached { addr, name, took_us }, took_us);
    }
}
