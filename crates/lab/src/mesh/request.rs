//! A web request: to a machine's port, through its ingress sandbox, to a task, and back.
//!
//! The stations are kept for the picture. One request is one connection: one turn of a ring.

use crate::event::{Event, Wire};
use crate::lab::Lab;
use crate::{Hop, HttpOutcome, HttpReply, Machine, Origin, RequestId};
use api::{ContainerId, Protocol, TaskId, Timestamp};
use engine::{HttpRequest, HttpResponse, NetAnswer};
use serde::{Deserialize, Serialize};
use sim::Host;

/// A program on a machine gives a connection up after so long (six repeated SYNs).
const GIVE_UP_US: u64 = 127_000_000;
/// The person at the map does not wait as long.
const PATIENCE_US: u64 = 10_000_000;
/// One way between the person's computer and a machine.
const OUTSIDE_US: u64 = 500;

/// Who gets the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ReplyTo {
    /// [`Lab::take_replies`].
    Lab,
    /// A program of a container.
    Program { machine: Machine, ticket: u64 },
}

/// What the request is about to reach.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Target {
    /// A machine's port.
    Port(Machine, u16),
    /// A task or container, on its own port.
    Container { machine: Machine, task: Option<TaskId>, container: Option<ContainerId>, port: u16 },
    /// The answer is on its way back.
    Back(HttpOutcome),
}

/// A request under way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct WebRequest {
    pub(crate) from: Origin,
    pub(crate) reply_to: ReplyTo,
    pub(crate) host: String,
    pub(crate) address: String,
    pub(crate) port: u16,
    pub(crate) http: HttpRequest,
    /// Only whether something listens is asked.
    pub(crate) connect_only: bool,
    pub(crate) path: Vec<Hop>,
    pub(crate) since: Timestamp,
    pub(crate) target: Target,
    pub(crate) response: Option<HttpResponse>,
}

impl Lab {
    pub(crate) fn begin_request(
        &mut self,
        id: RequestId,
        from: Origin,
        host: &str,
        port: u16,
        path: &str,
    ) {
        let own = match from {
            Origin::Machine(m) => Some(m),
            Origin::Outside => None,
        };
        let local = matches!(host, "localhost" | "127.0.0.1");
        let found = if local { own } else { self.resolve(host) };
        let address = match found.and_then(|m| self.at(m)) {
            Some(_) if local => "127.0.0.1".to_owned(),
            Some(m) if m.config.name == host => m.config.ip.clone(),
            Some(_) => host.to_owned(),
            None if crate::address::is_ipv4(host) => host.to_owned(),
            None => String::new(),
        };
        let mut request = WebRequest {
            from,
            reply_to: ReplyTo::Lab,
            host: host.to_owned(),
            address,
            port,
            http: HttpRequest {
                method: "GET".into(),
                path: path.to_owned(),
                from: own
                    .and_then(|m| self.at(m))
                    .map_or_else(|| "192.168.0.1".to_owned(), |m| m.config.ip.clone()),
                to: format!("{host}:{port}"),
                body: Vec::new(),
            },
            connect_only: false,
            path: vec![Hop::From(from)],
            since: self.now,
            target: Target::Back(HttpOutcome::UnknownHost),
            response: None,
        };
        if let Some(machine) = found {
            request.target = Target::Port(machine, port);
        } else if !request.address.is_empty() {
            request.target = Target::Back(HttpOutcome::NoAnswer);
        }
        self.send_request(id, request);
    }

    /// Puts a request on its way to its target.
    pub(crate) fn send_request(&mut self, id: RequestId, request: WebRequest) {
        let patience = match request.from {
            Origin::Outside => PATIENCE_US,
            Origin::Machine(_) => GIVE_UP_US,
        };
        let give_up = Timestamp(request.since.0 + patience);
        let target = request.target.clone();
        let from = request.from;
        self.requests.insert(id, request);
        match target {
            Target::Port(machine, _) => {
                self.travel(id, from, machine, give_up);
            }
            Target::Container { machine, .. } => self.travel(id, from, machine, give_up),
            Target::Back(HttpOutcome::NoAnswer) => {
                self.schedule(give_up, Event::Request { request: id });
            }
            Target::Back(_) => {
                self.after(2_000, Event::Request { request: id });
            }
        }
    }

    fn travel(&mut self, id: RequestId, from: Origin, to: Machine, give_up: Timestamp) {
        let reaches = self.at(to).is_some_and(|m| m.powered && !m.frozen)
            && match from {
                Origin::Outside => !self.net.is_cut(Host(to.0)),
                Origin::Machine(m) => self.net.reachable(Host(m.0), Host(to.0)),
            };
        if !reaches {
            if let Some(request) = self.requests.get_mut(&id) {
                if let Target::Port(machine, port) = request.target {
                    request.path.push(Hop::Port { machine, port });
                }
                request.target = Target::Back(HttpOutcome::NoAnswer);
            }
            self.schedule(give_up, Event::Request { request: id });
            return;
        }
        let latency = match from {
            Origin::Outside => OUTSIDE_US + self.net.slowness(Host(to.0)).0,
            Origin::Machine(m) => self.net.latency(Host(m.0), Host(to.0)).0,
        };
        let (sent, from) = (
            self.now,
            match from {
                Origin::Outside => to,
                Origin::Machine(m) => m,
            },
        );
        let wire = Wire::Http { request: id };
        self.after(latency, Event::Wire { from, to, sent, wire });
    }

    /// A request did not get through.
    pub(crate) fn request_lost(&mut self, id: RequestId) {
        let Some(request) = self.requests.get_mut(&id) else { return };
        request.target = Target::Back(HttpOutcome::NoAnswer);
        let patience = match request.from {
            Origin::Outside => PATIENCE_US,
            Origin::Machine(_) => GIVE_UP_US,
        };
        let at = Timestamp(request.since.0 + patience);
        self.schedule(at, Event::Request { request: id });
    }

    /// A request reaches a machine.
    pub(crate) fn request_arrives(&mut self, id: RequestId, machine: Machine) {
        let Some(request) = self.requests.get(&id) else { return };
        match request.target.clone() {
            Target::Port(_, port) => self.at_port(id, machine, port),
            Target::Container { task, container, port, .. } => {
                self.at_container(id, machine, task, container, port);
            }
            Target::Back(_) => {}
        }
    }

    fn at_port(&mut self, id: RequestId, machine: Machine, port: u16) {
        let address = self.requests.get(&id).map(|r| r.address.clone()).unwrap_or_default();
        self.push_hop(id, Hop::Port { machine, port });
        let mesh = self.at(machine).map(|m| m.mesh.ports()).unwrap_or_default();
        if let Some((network, service)) = mesh.get(&(port, Protocol::Tcp)).copied() {
            self.take_turn(id, machine, network, service, |record| {
                record
                    .ports
                    .iter()
                    .find(|p| p.published_port == port && p.protocol == Protocol::Tcp)
                    .map(|p| p.target_port)
            });
            return;
        }
        let owner =
            self.at(machine).and_then(|m| m.engine.port_owner(&address, port, Protocol::Tcp));
        match owner {
            Some((container, inner)) => {
                self.push_hop(id, Hop::Container { machine, container });
                self.at_container(id, machine, None, Some(container), inner);
            }
            None => self.back(id, HttpOutcome::Refused, 300),
        }
    }

    /// IPVS: the next task of the ring, on the machine that has it.
    pub(crate) fn take_turn(
        &mut self,
        id: RequestId,
        machine: Machine,
        network: api::NetworkId,
        service: api::ServiceId,
        port: impl Fn(&engine::EndpointRecord) -> Option<u16>,
    ) {
        let source = self.balancer_address(machine, network);
        let Some(m) = self.at_mut(machine) else { return };
        let task = m.mesh.turn((network, service));
        let found = task.and_then(|t| m.mesh.record(t, network).map(|(o, r)| (t, o, r.clone())));
        let Some((task, owner, record)) = found else {
            self.back(id, HttpOutcome::Refused, 300);
            return;
        };
        let Some(inner) = port(&record) else {
            self.back(id, HttpOutcome::Refused, 300);
            return;
        };
        let bare = |ip: &str| ip.split('/').next().unwrap_or_default().to_owned();
        self.push_hop(id, Hop::Ingress { machine, service, vip: bare(&record.vip) });
        self.push_hop(id, Hop::Task { machine: owner, task, ip: bare(&record.ip) });
        let Some(request) = self.requests.get_mut(&id) else { return };
        if let Some(source) = source {
            request.http.from = source;
        }
        let target =
            Target::Container { machine: owner, task: Some(task), container: None, port: inner };
        request.target = target;
        let reaches = self.at(owner).is_some_and(|m| m.powered && !m.frozen)
            && self.net.reachable(Host(machine.0), Host(owner.0));
        if !reaches {
            self.request_lost(id);
            return;
        }
        let latency = self.net.latency(Host(machine.0), Host(owner.0)).0;
        let wire = Wire::Http { request: id };
        let sent = self.now;
        self.after(latency, Event::Wire { from: machine, to: owner, sent, wire });
    }

    /// The address that a node's balancer has on a network, as its manager allocated it.
    fn balancer_address(&self, machine: Machine, network: api::NetworkId) -> Option<String> {
        let node = self.at(machine)?.node_id()?;
        let swarm = self.view.swarm.as_ref()?;
        let attachment =
            swarm.node(node)?.attachments.iter().find(|a| a.network == network)?.clone();
        attachment.addresses.first()?.split('/').next().map(str::to_owned)
    }

    fn at_container(
        &mut self,
        id: RequestId,
        machine: Machine,
        task: Option<TaskId>,
        container: Option<ContainerId>,
        port: u16,
    ) {
        let now = self.now;
        let Some(request) = self.requests.get(&id) else { return };
        let (http, connect_only) = (request.http.clone(), request.connect_only);
        let Some(m) = self.at_mut(machine) else { return };
        let container = container.or_else(|| {
            let task = task?.to_string();
            let running = api::ContainerStatusWord::Running;
            m.engine
                .summaries()
                .into_iter()
                .find(|c| {
                    c.state.status == running
                        && c.labels.get("com.docker.swarm.task.id") == Some(&task)
                })
                .map(|c| c.id)
        });
        let Some(container) = container else {
            self.back(id, HttpOutcome::Refused, 300);
            return;
        };
        if connect_only {
            let listens = m.engine.listens(container, port);
            let outcome = if listens { HttpOutcome::Empty } else { HttpOutcome::Refused };
            self.back(id, outcome, 300);
            return;
        }
        let outcome = m.engine.serve_http(container, port, http, now, &mut m.rng);
        self.drain(machine);
        match outcome {
            engine::HttpOutcome::Answer { response, after_us } => {
                let task = self.task_of(machine, container);
                let done = HttpOutcome::Ok {
                    status: response.status,
                    body: response.body.clone(),
                    container,
                    machine,
                    task,
                };
                if let Some(request) = self.requests.get_mut(&id) {
                    request.response = Some(response);
                }
                self.back(id, done, after_us + 600);
            }
            engine::HttpOutcome::Refused => self.back(id, HttpOutcome::Refused, 300),
            engine::HttpOutcome::EmptyReply => self.back(id, HttpOutcome::Empty, 600),
            engine::HttpOutcome::NoAnswer => self.request_lost(id),
        }
    }

    fn task_of(&self, machine: Machine, container: ContainerId) -> Option<TaskId> {
        let all = self.at(machine)?.engine.summaries();
        let found = all.into_iter().find(|c| c.id == container)?;
        TaskId::parse(found.labels.get("com.docker.swarm.task.id")?)
    }

    fn push_hop(&mut self, id: RequestId, hop: Hop) {
        if let Some(request) = self.requests.get_mut(&id) {
            request.path.push(hop);
        }
    }

    pub(crate) fn back(&mut self, id: RequestId, outcome: HttpOutcome, after_us: u64) {
        if let Some(request) = self.requests.get_mut(&id) {
            request.target = Target::Back(outcome);
            self.after(after_us, Event::Request { request: id });
        }
    }

    /// The end of a request is there (an answer whose program died meanwhile is none).
    pub(crate) fn request_event(&mut self, id: RequestId) {
        let Some(request) = self.requests.remove(&id) else { return };
        let Target::Back(mut outcome) = request.target.clone() else { return };
        if let HttpOutcome::Ok { container, machine, .. } = &outcome {
            let running = api::ContainerStatusWord::Running;
            let lives = self.at(*machine).is_some_and(|m| {
                let all = m.engine.summaries();
                m.powered && all.iter().any(|c| c.id == *container && c.state.status == running)
            });
            if !lives {
                outcome = HttpOutcome::Empty;
            }
        }
        let took_us = self.now.since_us(request.since);
        match request.reply_to {
            ReplyTo::Lab => {
                let reply = HttpReply {
                    outcome,
                    path: request.path,
                    took_us,
                    host: request.host,
                    address: request.address,
                    port: request.port,
                    url_path: request.http.path,
                };
                self.replies.push((id, reply));
            }
            ReplyTo::Program { machine, ticket } => {
                let answer = net_answer(&request, outcome, took_us);
                let now = self.now;
                if let Some(m) = self.at_mut(machine) {
                    m.engine.handle_net(ticket, answer, now, &mut m.rng);
                }
                self.drain(machine);
            }
        }
    }
}

fn net_answer(request: &WebRequest, outcome: HttpOutcome, took_us: u64) -> NetAnswer {
    let addr = request.address.clone();
    match outcome {
        HttpOutcome::Ok { status, body, .. } => {
            let response = request.response.clone().unwrap_or_else(|| HttpResponse {
                status,
                body,
                ..HttpResponse::default()
            });
            NetAnswer::Http { addr, response, took_us }
        }
        HttpOutcome::Empty if request.connect_only => {
            NetAnswer::Reached { addr, name: None, took_us }
        }
        HttpOutcome::Empty => NetAnswer::EmptyReply { addr },
        HttpOutcome::Refused => NetAnswer::Refused { addr },
        HttpOutcome::NoAnswer => NetAnswer::NoAnswer { addr },
        HttpOutcome::Unreachable => NetAnswer::Unreachable { addr },
        HttpOutcome::UnknownHost => NetAnswer::UnknownName { server: "192.168.0.1".into() },
    }
}
