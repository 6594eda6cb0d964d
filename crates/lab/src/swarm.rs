//! Coming into a swarm, changing role in it, leaving it: a node's life (SwarmKit `node/node.go`,
//! moby `daemon/cluster/swarm.go`, `noderunner.go`).
//!
//! **Left out:** external certificate authorities.

mod expiry;
mod join;

use crate::address;
use crate::daemon::texts::{self, unavailable};
use crate::event::{Broken, Event, Raft, Rpc, SwarmStep, Wire};
use crate::lab::{About, Call, Lab, Question, Work};
use crate::machine::{Entering, Manager, SwarmNode, description, member_context};
use crate::member::{draw, raft_config, raft_id};
use crate::trace::TraceEvent;
use crate::{CallId, Machine};
use api::dispatch::{Certificate, ToAgent};
use api::{
    ApiError, Code, Digest, JoinRequest, JoinResponse, LocalNodeState, NodeId, NodeRole, Response,
    SwarmInit, SwarmJoin, Timestamp,
};
use engine::Agent;
use sim::Host;

/// A join that is refused gives up after so long (five attempts).
const JOIN_GIVES_UP_US: u64 = 10_000_000;
const JOIN_RETRY_US: u64 = 2_500_000;
/// The daemon stops waiting after so long.
pub(crate) const JOIN_TIMEOUT_US: u64 = 20_000_000;
/// Stopping a node, with its manager answering and without.
const LEAVE_US: u64 = 600_000;
const LEAVE_ALONE_US: u64 = 5_050_000;
const RETRY_US: u64 = 500_000;
/// A request to be let into raft is given up after 5 s and two election timeouts.
const JOIN_RAFT_US: u64 = 25_000_000;
/// A call of the certificate authority.
const CA_US: u64 = 5_000_000;
/// From the news of another role to the request for its certificate.
const RENEW_US: u64 = 400_000;
const HOUR_NS: i64 = 3_600_000_000_000;

impl Lab {
    fn swarm_fail(&mut self, call: CallId, error: ApiError) {
        self.finish(call, Err(error));
    }

    /// `docker swarm init`.
    pub(crate) fn swarm_init(&mut self, call: CallId, machine: Machine, init: &SwarmInit) {
        if let Err(error) = self.try_init(call, machine, init) {
            self.swarm_fail(call, error);
        }
    }

    fn try_init(
        &mut self,
        call: CallId,
        machine: Machine,
        init: &SwarmInit,
    ) -> Result<(), ApiError> {
        let now = self.now;
        let Some(m) = self.at_mut(machine) else { return Ok(()) };
        if init.force_new_cluster {
            return self.force_new_cluster(call, machine);
        }
        if m.node.is_some() {
            return Err(unavailable(texts::ALREADY_PART));
        }
        let (host, port) = address::listen(&m.config, &init.listen_addr)?;
        let addr = address::advertise(&m.config, &init.advertise_addr, (&host, port))?;
        address::data_path(&m.config, &init.data_path_addr)?;
        check_init(init)?;
        address::can_listen(&m.config, &host, port)?;
        let node = new_node_id(&mut m.rng);
        let mut manager = Manager::new();
        let mut spec = init.spec.clone();
        let refused = bad_expiry(&spec);
        if refused {
            spec = api::ClusterSpec::default();
        }
        let data_path_port = u16::try_from(init.data_path_port).unwrap_or(0);
        manager.bootstrap = Some(manager::Bootstrap {
            spec,
            availability: init.availability,
            default_addr_pool: init.default_addr_pool.clone(),
            subnet_size: init.subnet_size,
            data_path_port,
        });
        let id = raft_id(&mut m.rng);
        let config = raft_config(&manager);
        let context = member_context(node, &addr);
        let election = m.rng.stream("election");
        manager.raft = Some(Raft::bootstrap(id, &context, config, &mut draw(election)));
        m.node = Some(SwarmNode {
            addr,
            listen_port: port,
            certificate: Some(first_certificate(node, now)),
            manager: Some(manager),
            entering: Some(Entering::new(call, now, init.availability)),
            ..SwarmNode::new()
        });
        if let (true, Some(entering)) = (refused, m.node.as_mut().and_then(|n| n.entering.as_mut()))
        {
            let text = "minimum certificate expiry time is: 1h0m0s";
            let rpc = ApiError::rpc(Code::InvalidArgument, text);
            let text = format!("error updating cluster settings: {}", rpc.message);
            entering.failure = Some(ApiError::new(rpc.status, text));
        }
        self.plan_renewal(machine);
        self.start_ticks(machine);
        Ok(())
    }

    fn force_new_cluster(&mut self, call: CallId, machine: Machine) -> Result<(), ApiError> {
        let now = self.now;
        let Some(m) = self.at_mut(machine) else { return Ok(()) };
        let Some(node) = m.node.as_mut() else { return Err(unavailable(texts::NO_SWARM)) };
        let Some(manager) = node.manager.as_mut() else { return Err(unavailable(texts::WORKER)) };
        let disk = match manager.raft.take() {
            Some(raft) => raft.into_disk(),
            None => match manager.disk.take() {
                Some(disk) => *disk,
                None => return Err(unavailable(texts::PREPARING)),
            },
        };
        let me = node.certificate.as_ref().map(|c| c.node);
        let context = me.map(|me| member_context(me, &node.addr)).unwrap_or_default();
        let orphans = manager.step_down();
        manager.peers.clear();
        manager.removed = false;
        manager.store = manager::Store::new();
        let config = raft_config(manager);
        let disk = raft::force_new_cluster(disk, &context);
        manager.raft = Some(Raft::restart(config, disk, &mut draw(m.rng.stream("election"))));
        node.entering = Some(Entering::new(call, now, api::Availability::Active));
        node.agent = None;
        let _ = orphans;
        self.tolerate_expiry(machine);
        self.start_ticks(machine);
        Ok(())
    }

    /// `docker swarm join`.
    pub(crate) fn swarm_join(&mut self, call: CallId, machine: Machine, join: &SwarmJoin) {
        if let Err(error) = self.try_join(call, machine, join) {
            self.swarm_fail(call, error);
        }
    }

    fn try_join(
        &mut self,
        call: CallId,
        machine: Machine,
        join: &SwarmJoin,
    ) -> Result<(), ApiError> {
        let now = self.now;
        let Some(m) = self.at(machine) else { return Ok(()) };
        if m.node.is_some() {
            return Err(unavailable(texts::ALREADY_PART));
        }
        let (host, port) = address::listen(&m.config, &join.listen_addr)?;
        let remote = join.remote_addrs.first().cloned().unwrap_or_default();
        let remote_host = crate::machine::host_of(&remote).to_owned();
        let remote_port = crate::machine::port_of(&remote);
        let ip = if address::is_ipv4(&remote_host) {
            remote_host
        } else {
            let found = self.resolve(&remote_host).and_then(|m| self.at(m));
            match found {
                Some(other) => other.config.ip.clone(),
                None => {
                    return Err(ApiError::new(
                        500,
                        format!(
                            "could not find local IP address: dial udp: lookup {remote_host} on \
                             192.168.0.1:53: no such host"
                        ),
                    ));
                }
            }
        };
        let addr = if join.advertise_addr.is_empty() {
            format!("{}:{port}", m.config.ip)
        } else {
            address::advertise(&m.config, &join.advertise_addr, (&host, port))?
        };
        address::data_path(&m.config, &join.data_path_addr)?;
        if !join.join_token.is_empty() && token_digest(&join.join_token).is_none() {
            return Err(texts::invalid("invalid join token"));
        }
        let boot = m.boot;
        let entering = Entering {
            token: join.join_token.clone(),
            remote: format!("{ip}:{remote_port}"),
            ..Entering::new(call, now, join.availability)
        };
        if let Some(m) = self.at_mut(machine) {
            m.node = Some(SwarmNode {
                addr,
                listen_port: port,
                entering: Some(entering),
                ..SwarmNode::new()
            });
        }
        self.swarm_step(machine, SwarmStep::Certificate);
        let step = SwarmStep::JoinTimeout;
        self.after(JOIN_TIMEOUT_US, Event::Swarm { machine, boot, step });
        Ok(())
    }

    fn stop_manager(&mut self, machine: Machine) {
        if self.at(machine).and_then(|m| m.manager()).is_some_and(|p| !p.removed) {
            self.removed_from_raft(machine);
        }
        if let Some(node) = self.at_mut(machine).and_then(|m| m.node.as_mut()) {
            node.manager = None;
        }
    }

    /// What the dispatcher says, before the agent hears it: role and managers concern the node.
    pub(crate) fn agent_hears(&mut self, machine: Machine, message: ToAgent) {
        let now = self.now;
        let Some(m) = self.at_mut(machine) else { return };
        let Some(node) = m.node.as_mut() else { return };
        let mut renew = false;
        if let ToAgent::Session { node: object, managers, .. } = &message {
            node.managers.clone_from(managers);
            let role = node.certificate.as_ref().map(|c| c.role);
            if role != Some(object.role) && node.renewing != Some(object.role) {
                node.renewing = Some(object.role);
                renew = true;
            }
            if node.state == LocalNodeState::Pending && node.manager.is_none() {
                node.state = LocalNodeState::Active;
            }
            node.has_session = true;
        }
        if let Some(agent) = &mut node.agent {
            agent.handle(message, &mut m.engine, now, &mut m.rng);
        }
        if renew {
            let boot = self.at(machine).map_or(0, |m| m.boot);
            let step = SwarmStep::Renew;
            self.after(RENEW_US, Event::Swarm { machine, boot, step });
        }
    }

    /// Looks whether an init or join is complete, and starts what can start.
    pub(crate) fn progress_node(&mut self, machine: Machine) -> bool {
        let Some(m) = self.at_mut(machine) else { return false };
        if !m.powered || !m.engine.is_up() {
            return false;
        }
        let Some(node) = m.node.as_mut() else { return false };
        m.opening &= !node.has_session;
        let mut busy = false;
        if let (Some(certificate), Some(manager)) = (&mut node.certificate, &node.manager)
            && let Some(cluster) = manager.store.cluster()
        {
            certificate.root = cluster.ca_digest;
            let me = certificate.node;
            if node.agent.is_none()
                && node.state != LocalNodeState::Locked
                && manager.leads()
                && manager.store.node(me).is_some()
            {
                let managers = vec![(me, node.addr.clone())];
                node.managers.clone_from(&managers);
                node.agent = Some(Agent::new(me, description(&m.config, certificate), managers));
                busy = true;
            }
        }
        if let Some(agent) = &mut node.agent {
            let runs = node.manager.as_ref().is_some_and(|p| p.raft.is_some() && !p.removed);
            agent.set_local_manager(runs.then_some(node.addr.as_str()));
        }
        let runs = match &node.manager {
            Some(manager) => manager.raft.is_some(),
            // a manager that was demoted while its daemon was away
            None => node.has_session,
        };
        if node.state == LocalNodeState::Pending && node.entering.is_none() && runs {
            node.state = LocalNodeState::Active;
            busy = true;
        }
        let ready = node.has_session
            && node.manager.as_ref().is_none_or(|manager| {
                manager.raft.as_ref().is_some_and(|raft| raft.leader().is_some())
                    && manager.store.cluster().is_some()
            });
        if !ready || node.entering.is_none() {
            return busy;
        }
        let Some(entering) = node.entering.take() else { return busy };
        node.state = LocalNodeState::Active;
        let role = node.certificate.as_ref().map_or(NodeRole::Worker, |c| c.role);
        let id = node.certificate.as_ref().map(|c| c.node.to_string()).unwrap_or_default();
        self.note(Some(machine), TraceEvent::Joined { role });
        self.gossip_join(machine);
        let result = match entering.failure {
            Some(error) if entering.token.is_empty() && entering.remote.is_empty() => Err(error),
            Some(_) | None => Ok(Response::Created { id, warnings: Vec::new() }),
        };
        if let Some(call) = entering.call {
            self.finish(call, result);
        }
        true
    }

    /// `docker swarm leave`.
    pub(crate) fn swarm_leave(&mut self, call: CallId, machine: Machine, force: bool) {
        let now = self.now;
        let Some(m) = self.at_mut(machine) else { return };
        let Some(node) = m.node.as_mut() else {
            self.swarm_fail(call, unavailable(texts::NOT_PART));
            return;
        };
        if node.state == LocalNodeState::Locked && !force {
            self.swarm_fail(call, unavailable(texts::LEAVE_LOCKED));
            return;
        }
        if node.manager.is_some() && !force {
            let error = texts::leave_warning(self.reachability(machine));
            self.swarm_fail(call, error);
            return;
        }
        node.leaving = Some(call);
        if let Some(agent) = &mut node.agent {
            agent.leave(&mut m.engine, now, &mut m.rng);
        }
        let alone = node.manager.is_none() && !node.managers.is_empty() && {
            let hosts: Vec<String> = node
                .managers
                .iter()
                .map(|(_, addr)| crate::machine::host_of(addr).to_owned())
                .collect();
            !hosts.iter().any(|host| self.answers_at(machine, host))
        };
        let boot = self.at(machine).map_or(0, |m| m.boot);
        if self.at(machine).and_then(|m| m.manager()).is_some() {
            self.removed_from_raft(machine);
        }
        let after = if alone { LEAVE_ALONE_US } else { LEAVE_US };
        self.after(after, Event::Swarm { machine, boot, step: SwarmStep::Left });
    }

    /// (reachable with itself, unreachable) members as the leader tells it; without a leader
    /// nobody tells and nothing is warned of. `None`: its manager part takes no part in raft.
    fn reachability(&self, machine: Machine) -> Option<(u32, u32)> {
        let manager = self.at(machine)?.manager()?;
        let raft = manager.raft.as_ref()?;
        if raft.leader().is_none() {
            return Some((u32::MAX, 0));
        }
        let leader = manager
            .leader_addr()
            .and_then(|addr| self.machine_at(crate::machine::host_of(addr)))
            .filter(|m| self.net.reachable(Host(machine.0), Host(m.0)))
            .and_then(|m| self.at(m)?.manager());
        let members = leader.unwrap_or(manager).members();
        let reachable = members.list.iter().filter(|m| m.reachable).count();
        let all = members.list.len();
        Some((u32::try_from(reachable).ok()?, u32::try_from(all - reachable).ok()?))
    }

    fn answers_at(&self, from: Machine, host: &str) -> bool {
        self.machine_at(host).is_some_and(|m| {
            self.net.reachable(Host(from.0), Host(m.0))
                && self.at(m).is_some_and(|s| s.daemon_up() && s.manager().is_some())
        })
    }

    fn left(&mut self, machine: Machine) {
        let Some(m) = self.at_mut(machine) else { return };
        // containers that take their time hold the leave up
        if m.engine.summaries().iter().any(|c| c.labels.contains_key("com.docker.swarm.task")) {
            let boot = m.boot;
            self.after(100_000, Event::Swarm { machine, boot, step: SwarmStep::Left });
            return;
        }
        let Some(node) = m.node.take() else { return };
        m.agent_via = None;
        m.mesh = crate::mesh::Mesh::default();
        m.engine.set_ingress_ports(std::collections::BTreeSet::new());
        m.engine.drop_ingress_sandbox();
        self.gossip_leave(machine);
        self.note(Some(machine), TraceEvent::Left);
        if let Some(call) = node.leaving {
            self.finish(call, Ok(Response::Done));
        }
    }

    /// `docker swarm unlock`.
    pub(crate) fn swarm_unlock(&mut self, call: CallId, machine: Machine, key: &str) {
        let Some(m) = self.at_mut(machine) else { return };
        let Some(node) = m.node.as_mut() else {
            self.swarm_fail(call, unavailable(texts::NO_SWARM));
            return;
        };
        if node.state != LocalNodeState::Locked {
            self.swarm_fail(call, ApiError::new(409, texts::NOT_LOCKED));
            return;
        }
        if !well_formed_key(key) {
            self.swarm_fail(call, texts::invalid("invalid key string"));
            return;
        }
        let wanted = node.manager.as_ref().and_then(|p| p.unlock_key.as_deref());
        if wanted != Some(key) {
            self.swarm_fail(call, ApiError::new(401, texts::BAD_KEY));
            return;
        }
        node.state = LocalNodeState::Pending;
        self.start_node(machine);
        self.finish(call, Ok(Response::Done));
    }

    /// The daemon runs (again): agent and manager part come back from disk.
    pub(crate) fn start_node(&mut self, machine: Machine) {
        let now = self.now;
        let Some(m) = self.at_mut(machine) else { return };
        let Some(node) = m.node.as_mut() else { return };
        let Some(certificate) = &node.certificate else { return };
        if certificate.not_after < now {
            node.state = LocalNodeState::Error;
            node.error = texts::expired(certificate, now);
            self.note(Some(machine), TraceEvent::CertificateExpired);
            return;
        }
        if let Some(agent) = &mut node.agent {
            agent.restarted(now, &mut m.rng);
        } else if let Some(certificate) = &node.certificate {
            let managers = node.managers.clone();
            let description = description(&m.config, certificate);
            node.agent = Some(Agent::new(certificate.node, description, managers));
        }
        if let Some(manager) = node.manager.as_mut().filter(|manager| manager.removed) {
            // what it had of raft was put out of the way: it asks to be let in anew
            *manager = Manager::new();
        }
        if let Some(manager) = &mut node.manager
            && let Some(disk) = manager.disk.take()
        {
            manager.store = manager::Store::new();
            let config = raft_config(manager);
            let mut draws = draw(m.rng.stream("election"));
            manager.raft = Some(Raft::restart(config, *disk, &mut draws));
        }
        let waits = node.manager.as_ref().is_some_and(|p| p.raft.is_none() && !p.removed);
        self.plan_renewal(machine);
        self.start_ticks(machine);
        if waits {
            self.swarm_step(machine, SwarmStep::JoinRaft);
        }
        if self.at(machine).and_then(|m| m.node.as_ref()).is_some_and(|n| n.renewing.is_some()) {
            self.swarm_step(machine, SwarmStep::Renew);
        }
    }

    /// The daemon stopped or died: what was in memory goes.
    pub(crate) fn stop_node(&mut self, machine: Machine) {
        let Some(m) = self.at_mut(machine) else { return };
        m.boot += 1;
        m.agent_via = None;
        m.opening = false;
        let Some(node) = m.node.as_mut() else { return };
        node.has_session = false;
        node.error.clear();
        node.renew_at = None;
        node.entering = None;
        node.leaving = None;
        if node.certificate.is_none() {
            m.node = None;
            return;
        }
        if let Some(manager) = &mut node.manager {
            let _ = manager.step_down();
            if let Some(raft) = manager.raft.take() {
                manager.disk = Some(Box::new(raft.into_disk()));
            }
            manager.peers.clear();
            manager.broken.clear();
            manager.ticks_without_leader = 0;
        }
        let locked = node.manager.as_ref().is_some_and(|p| p.unlock_key.is_some());
        node.state = if locked { LocalNodeState::Locked } else { LocalNodeState::Pending };
    }

    /// Takes a call that the swarm's own machinery answers later.
    pub(crate) fn entering_call(&mut self, call: CallId, machine: Machine) {
        let since = self.now;
        self.calls.insert(call, Call { machine, since, work: Work::Entering });
    }
}

impl Entering {
    fn new(call: CallId, since: Timestamp, availability: api::Availability) -> Self {
        Self {
            call: Some(call),
            since,
            token: String::new(),
            remote: String::new(),
            availability,
            failure: None,
        }
    }
}

impl SwarmNode {
    fn new() -> Self {
        Self {
            addr: String::new(),
            listen_port: address::PORT,
            state: LocalNodeState::Pending,
            error: String::new(),
            certificate: None,
            managers: Vec::new(),
            agent: None,
            manager: None,
            entering: None,
            renewing: None,
            renew_at: None,
            leaving: None,
            has_session: false,
        }
    }
}

fn new_node_id(rng: &mut sim::Streams) -> NodeId {
    let mut bytes = [0; 17];
    rng.stream("node-id").fill(&mut bytes);
    NodeId::from_random(bytes)
}

/// The first manager's own; the root is known once the cluster object is there.
fn first_certificate(node: NodeId, issued: Timestamp) -> Certificate {
    let not_after = Timestamp(issued.0 + 90 * 24 * 3600 * 1_000_000);
    Certificate { node, role: NodeRole::Manager, root: Digest([0; 32]), issued, not_after }
}

fn bad_expiry(spec: &api::ClusterSpec) -> bool {
    spec.node_cert_expiry_ns != 0 && spec.node_cert_expiry_ns < HOUR_NS
}

/// Ports and pools (moby `daemon/cluster/swarm.go`, `validateDefaultAddrPool`).
fn check_init(init: &SwarmInit) -> Result<(), ApiError> {
    let port = init.data_path_port;
    if port != 0 && !(1024..=49151).contains(&port) {
        let text = format!("Datapath port number is not in valid range (1024-49151) : {port}");
        return Err(texts::invalid(text));
    }
    if init.subnet_size > 29 {
        let text = format!("subnet size is out of range: {}", init.subnet_size);
        return Err(texts::invalid(text));
    }
    for pool in &init.default_addr_pool {
        let mask: u32 = pool.rsplit_once('/').and_then(|(_, m)| m.parse().ok()).unwrap_or(0);
        if init.subnet_size != 0 && init.subnet_size < mask {
            return Err(texts::invalid(format!(
                "invalid CIDR: {pool:?}. Subnet size is too small for pool: {}",
                init.subnet_size
            )));
        }
    }
    Ok(())
}

/// `SWMKEY-1-` and 43 characters of base 64.
fn well_formed_key(key: &str) -> bool {
    key.strip_prefix("SWMKEY-1-").is_some_and(|rest| {
        rest.len() == 43 && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/".contains(&b))
    })
}

/// The digest of the root certificate in a token of the right shape.
pub(crate) fn token_digest(token: &str) -> Option<Digest> {
    let rest = token.strip_prefix("SWMTKN-1-")?;
    let (digest, secret) = rest.split_once('-')?;
    if digest.len() != 50 || secret.len() != 25 {
        return None;
    }
    if !secret.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase()) {
        return None;
    }
    let mut bytes = [0_u8; 32];
    for digit in digest.chars() {
        let mut carry = digit.to_digit(36)?;
        for byte in bytes.iter_mut().rev() {
            let value = u32::from(*byte) * 36 + carry;
            *byte = u8::try_from(value % 256).ok()?;
            carry = value / 256;
        }
        if carry != 0 {
            return None;
        }
    }
    Some(Digest(bytes))
}
