//! From the world to what may be seen of it. Only what changed is built anew: after each event
//! the machines it touched are compared with what was seen of them last, in place.

use crate::event::Raft;
use crate::lab::Lab;
use crate::machine::{MachineState, Manager};
use crate::{
    ContainerView, LinkView, Machine, MachineView, PortView, RaftRole, RaftView, RingView,
    ServiceView, SwarmView,
};
use api::{LocalNodeState, ManagerStatus, Node, Reachability, TaskId, Timestamp, Version};
use share::Rc;
use sim::Host;

/// What of a machine the view of the swarm is made of.
#[derive(Clone, Debug, PartialEq)]
struct Share {
    up: bool,
    lives: bool,
    manager: Option<ManagerShare>,
    /// [`crate::mesh::Mesh::changes`] at the last look.
    mesh: u64,
    rings: Vec<RingView>,
}

#[derive(Clone, Debug, PartialEq)]
struct ManagerShare {
    leads: bool,
    store: Version,
    raft: Option<RaftShare>,
}

/// What the list of members follows from: the members themselves change only by an entry.
#[derive(Clone, Debug, PartialEq)]
struct RaftShare {
    term: u64,
    commit: u64,
    applied: u64,
    leader: Option<u64>,
    /// Raft id, whether it answers, since when.
    peers: Vec<(u64, bool, Timestamp)>,
}

/// Which machines have to be looked at again, and what was last seen of all.
#[derive(Clone, Debug, Default)]
pub(crate) struct Looked {
    /// One for each machine; none before the first look.
    shares: Vec<Share>,
    touched: Vec<Machine>,
}

impl Looked {
    /// Something of a machine may have changed.
    pub(crate) fn touch(&mut self, machine: Machine) {
        if self.touched.last() != Some(&machine) && !self.touched.contains(&machine) {
            self.touched.push(machine);
        }
    }

    /// Something of any machine may have changed, or between them.
    pub(crate) fn touch_all(&mut self) {
        self.shares.clear();
    }
}

impl Lab {
    /// Brings [`Lab::view`] up to date.
    pub(crate) fn refresh_view(&mut self) {
        self.view.now = self.now;
        let (mut changed, mut shares) = (false, false);
        if self.looked.shares.len() == self.machines.len() {
            let mut touched = std::mem::take(&mut self.looked.touched);
            for machine in touched.drain(..) {
                changed |= self.refresh_machine(machine);
                shares |= self.refresh_share(machine);
            }
            self.looked.touched = touched;
        } else {
            self.looked.touched.clear();
            self.looked.shares.clear();
            for machine in self.all() {
                changed |= self.refresh_machine(machine);
                let share = self.share(machine);
                self.looked.shares.extend(share);
            }
            shares = true;
        }
        if shares {
            changed |= self.refresh_swarm();
        }
        if changed {
            self.view.revision += 1;
        }
    }

    /// After a load: all of the view but its revision and what is only remembered.
    pub(crate) fn restore_view(&mut self) {
        let revision = self.view.revision;
        self.refresh_view();
        self.view.revision = revision;
    }

    /// Whether the view is what the world looks like now: for tests of the model.
    #[must_use]
    pub fn view_is_current(&self) -> bool {
        let mut anew = self.clone();
        anew.looked.touch_all();
        anew.refresh_view();
        anew.view == self.view
    }

    fn refresh_machine(&mut self, machine: Machine) -> bool {
        let index = machine.0 as usize;
        if self.shows(machine) {
            // of a machine at rest raft's clock is all that moves
            let Some(m) = self.machines.get(index) else { return false };
            let Some(slot) = self.view.machines.get_mut(index) else { return false };
            let raft = m.manager().and_then(|manager| manager.raft.as_ref());
            if raft_shown(slot.raft.as_ref(), raft) {
                return false;
            }
            Rc::make_mut(slot).raft = raft.map(raft_view);
            return true;
        }
        let Some(fresh) = self.machine_view(machine) else { return false };
        match self.view.machines.get_mut(index) {
            Some(old) if **old == fresh => return false,
            Some(slot) => *slot = Rc::new(fresh),
            None => self.view.machines.push(Rc::new(fresh)),
        }
        true
    }

    /// Whether a machine's view is what it was, but for raft.
    fn shows(&self, machine: Machine) -> bool {
        let index = machine.0 as usize;
        let (Some(m), Some(old), Some(share)) =
            (self.at(machine), self.view.machines.get(index), self.looked.shares.get(index))
        else {
            return false;
        };
        let node = m.node.as_ref();
        old.engine_revision == m.engine.revision()
            && share.mesh == *m.mesh.changes
            && (old.powered, old.frozen, old.daemon) == (m.powered, m.frozen, m.daemon_up())
            && old.disk_full == m.engine.is_disk_full()
            && old.leads == m.manager().is_some_and(Manager::leads)
            && old.swarm == node.map_or(LocalNodeState::Inactive, |n| n.state)
            && old.node_id == m.node_id()
            && old.role == node.and_then(|n| n.certificate.as_ref()).map(|c| c.role)
            && old.link == self.link_view(machine)
            && old.addresses == m.engine.facts().addresses
    }

    fn refresh_share(&mut self, machine: Machine) -> bool {
        let index = machine.0 as usize;
        let (Some(m), Some(old)) = (self.machines.get(index), self.looked.shares.get(index)) else {
            return false;
        };
        if old.is_of(m) {
            return false;
        }
        let Some(fresh) = self.share(machine) else { return false };
        let Some(old) = self.looked.shares.get_mut(index) else { return false };
        *old = fresh;
        true
    }

    fn share(&self, machine: Machine) -> Option<Share> {
        let m = self.at(machine)?;
        let manager = m.manager().map(|manager| ManagerShare {
            leads: manager.leads(),
            store: manager.store.index(),
            raft: manager.raft.as_ref().map(|raft| RaftShare {
                term: raft.term(),
                commit: raft.commit_index(),
                applied: raft.applied_index(),
                leader: raft.leader(),
                peers: peers(manager).collect(),
            }),
        });
        Some(Share {
            up: m.powered && m.engine.is_up(),
            lives: m.daemon_up() && !m.frozen,
            manager,
            mesh: *m.mesh.changes,
            rings: rings(machine, m),
        })
    }

    fn machine_view(&self, machine: Machine) -> Option<MachineView> {
        let m = self.at(machine)?;
        let old = self.view.machines.get(machine.0 as usize);
        let key = m.engine.revision();
        let (containers, images) = match old {
            Some(old) if old.engine_revision == key => (old.containers.clone(), old.images.clone()),
            Some(_) | None => containers(m),
        };
        let node = m.node.as_ref();
        let manager = m.manager();
        Some(MachineView {
            engine_revision: key,
            machine,
            name: m.config.name.clone(),
            ip: m.config.ip.clone(),
            addresses: m.engine.facts().addresses.clone(),
            powered: m.powered,
            frozen: m.frozen,
            link: self.link_view(machine),
            daemon: m.daemon_up(),
            swarm: node.map_or(LocalNodeState::Inactive, |n| n.state),
            node_id: m.node_id(),
            role: node.and_then(|n| n.certificate.as_ref()).map(|c| c.role),
            leads: manager.is_some_and(Manager::leads),
            ports: ports(m, &containers),
            containers,
            images,
            raft: manager.and_then(|manager| manager.raft.as_ref()).map(raft_view),
            disk_full: m.engine.is_disk_full(),
        })
    }

    fn link_view(&self, machine: Machine) -> LinkView {
        let host = Host(machine.0);
        LinkView {
            plugged: !self.net.is_cut(host),
            slow_ms: self.net.slowness(host).as_ms(),
            part: self.part_of(machine),
        }
    }

    /// Which part of a split network a machine is in, counted from 1.
    fn part_of(&self, machine: Machine) -> u32 {
        if !self.net.is_split() {
            return 0;
        }
        let first = self
            .all()
            .find(|other| *other == machine || self.net.reachable(Host(other.0), Host(machine.0)));
        first.map_or(0, |m| m.0 + 1)
    }

    /// The living manager whose store is freshest.
    fn freshest(&self) -> Option<Machine> {
        self.all()
            .filter_map(|m| {
                let state = self.at(m)?;
                let manager = state.manager()?;
                let raft = manager.raft.as_ref()?;
                (state.powered && state.engine.is_up())
                    .then(|| (manager.leads(), raft.term(), raft.applied_index(), m))
            })
            .max_by_key(|(leads, term, applied, m)| (*term, *leads, *applied, u32::MAX - m.0))
            .map(|(.., m)| m)
    }

    fn refresh_swarm(&mut self) -> bool {
        let Some(from) = self.freshest() else {
            let gone = self.all().all(|m| self.at(m).is_none_or(|s| s.manager().is_none()));
            if gone {
                self.last_swarm = None;
            } else if self.last_swarm.is_none() {
                self.last_swarm.clone_from(&self.view.swarm);
            }
            let changed = self.view.swarm.is_some() != self.last_swarm.is_some();
            self.view.swarm.clone_from(&self.last_swarm);
            return changed;
        };
        self.last_swarm = None;
        let Some(fresh) = self.swarm_view(from) else { return false };
        if self.view.swarm.as_deref() == Some(&fresh) {
            return false;
        }
        self.view.swarm = Some(Rc::new(fresh));
        true
    }

    fn swarm_view(&self, from: Machine) -> Option<SwarmView> {
        let manager = self.at(from)?.manager()?;
        let raft = manager.raft.as_ref()?;
        let store = &manager.store;
        let old = self.view.swarm.as_ref().filter(|old| {
            old.from == from
                && old.commit == raft.commit_index()
                && old.store_index == store.index()
        });
        let members = manager.members();
        let count = u32::try_from(members.list.len()).unwrap_or(u32::MAX);
        let alive = members.list.iter().filter(|m| self.member_lives(from, &m.addr)).count();
        let nodes = store.nodes().map(|n| with_status(n, &members)).collect::<Vec<_>>();
        let (services, tasks) = match old {
            Some(old) => (old.services.clone(), old.tasks.clone()),
            None => {
                let tasks: Vec<_> = store.tasks().cloned().collect();
                let mut services: Vec<ServiceView> = store
                    .services()
                    .map(|s| {
                        let counts = crate::daemon::counts(s, &tasks);
                        ServiceView {
                            service: Rc::clone(s),
                            running: counts.running_tasks,
                            desired: counts.desired_tasks,
                            completed: counts.completed_tasks,
                        }
                    })
                    .collect();
                services.sort_by(|a, b| {
                    a.service.spec.annotations.name.cmp(&b.service.spec.annotations.name)
                });
                (services, tasks)
            }
        };
        Some(SwarmView {
            store_index: store.index(),
            from,
            leader: self.all().find(|m| {
                self.at(*m).is_some_and(|s| {
                    s.powered && s.engine.is_up() && s.manager().is_some_and(Manager::leads)
                })
            }),
            members: count,
            quorum: count / 2 + 1,
            alive: u32::try_from(alive).unwrap_or(0),
            term: raft.term(),
            commit: raft.commit_index(),
            cluster: store.cluster().cloned(),
            nodes,
            services,
            tasks,
            networks: store.networks().cloned().collect(),
            secrets: store.secrets().cloned().collect(),
            configs: store.configs().cloned().collect(),
            rings: self.looked.shares.iter().flat_map(|share| share.rings.clone()).collect(),
        })
    }

    fn member_lives(&self, from: Machine, addr: &str) -> bool {
        self.machine_at(crate::machine::host_of(addr)).is_some_and(|m| {
            self.net.reachable(Host(from.0), Host(m.0))
                && self.at(m).is_some_and(|s| {
                    s.daemon_up() && !s.frozen && s.manager().is_some_and(|p| p.raft.is_some())
                })
        })
    }
}

/// A machine's rings, each once.
fn rings(machine: Machine, m: &MachineState) -> Vec<RingView> {
    let mut seen = Vec::new();
    let mut out = Vec::new();
    for key in m.mesh.ports().into_values() {
        if seen.contains(&key) {
            continue;
        }
        seen.push(key);
        if let Some(ring) = m.mesh.rings.get(&key) {
            out.push(RingView { machine, service: key.1, tasks: ring.order() });
        }
    }
    out
}

fn with_status(node: &Rc<Node>, members: &manager::Members) -> Rc<Node> {
    let Some(member) = members.of_node(node.id) else { return Rc::clone(node) };
    let reachability =
        if member.reachable { Reachability::Reachable } else { Reachability::Unreachable };
    let status = ManagerStatus {
        raft_id: member.raft_id,
        addr: member.addr.clone(),
        leader: members.leader == Some(member.raft_id),
        reachability,
    };
    Rc::new(Node { manager_status: Some(status), ..Node::clone(node) })
}

impl Share {
    /// Whether it is what would be seen of the machine now.
    fn is_of(&self, m: &MachineState) -> bool {
        self.up == (m.powered && m.engine.is_up())
            && self.lives == (m.daemon_up() && !m.frozen)
            && self.mesh == *m.mesh.changes
            && match (&self.manager, m.manager()) {
                (None, None) => true,
                (Some(old), Some(manager)) => old.is_of(manager),
                (Some(_), None) | (None, Some(_)) => false,
            }
    }
}

impl ManagerShare {
    fn is_of(&self, manager: &Manager) -> bool {
        self.leads == manager.leads()
            && self.store == manager.store.index()
            && match (&self.raft, &manager.raft) {
                (None, None) => true,
                (Some(old), Some(raft)) => {
                    (old.term, old.commit, old.applied, old.leader)
                        == (raft.term(), raft.commit_index(), raft.applied_index(), raft.leader())
                        && old.peers.iter().copied().eq(peers(manager))
                }
                (Some(_), None) | (None, Some(_)) => false,
            }
    }
}

/// What a manager knows of its connections.
fn peers(manager: &Manager) -> impl Iterator<Item = (u64, bool, Timestamp)> {
    manager.peers.iter().map(|(id, peer)| (*id, peer.reachable, peer.since))
}

/// Whether what was seen of a member of raft is what it is, without making it anew.
fn raft_shown(old: Option<&RaftView>, raft: Option<&Raft>) -> bool {
    let (Some(old), Some(raft)) = (old, raft) else { return old.is_none() && raft.is_none() };
    old.elapsed_ticks == raft.election_elapsed()
        && old.timeout_ticks == raft.election_timeout()
        && old.role == raft_role(raft)
        && (old.raft_id, old.term, old.voted_for) == (raft.id(), raft.term(), raft.disk().vote)
        && (old.leader, old.last_index) == (raft.leader(), raft.last_index())
        && (old.commit, old.applied) == (raft.commit_index(), raft.applied_index())
        && old.members.iter().eq(raft.membership().members.keys())
}

fn raft_role(raft: &Raft) -> RaftRole {
    match raft.role() {
        raft::Role::Follower => RaftRole::Follower,
        raft::Role::Candidate => RaftRole::Candidate,
        raft::Role::Leader => RaftRole::Leader,
    }
}

fn raft_view(raft: &Raft) -> RaftView {
    RaftView {
        raft_id: raft.id(),
        role: raft_role(raft),
        term: raft.term(),
        voted_for: raft.disk().vote,
        leader: raft.leader(),
        last_index: raft.last_index(),
        commit: raft.commit_index(),
        applied: raft.applied_index(),
        elapsed_ticks: raft.election_elapsed(),
        timeout_ticks: raft.election_timeout(),
        members: raft.membership().members.keys().copied().collect(),
    }
}

fn containers(m: &MachineState) -> (Vec<ContainerView>, Vec<String>) {
    let containers = m
        .engine
        .summaries()
        .into_iter()
        .map(|c| ContainerView {
            id: c.id,
            name: c.names.first().cloned().unwrap_or_default(),
            image: c.image,
            status: c.state.status,
            exit_code: c.state.exit_code,
            health: c.state.health.map(|h| h.status).unwrap_or_default(),
            created: c.created,
            started: c.state.started_at,
            finished: c.state.finished_at,
            task: c.labels.get("com.docker.swarm.task.id").and_then(|id| TaskId::parse(id)),
            ports: c.ports,
        })
        .collect();
    (containers, Vec::new())
}

fn ports(m: &MachineState, containers: &[ContainerView]) -> Vec<PortView> {
    let mut out: Vec<PortView> = m
        .mesh
        .ports()
        .into_iter()
        .map(|((port, protocol), (_, service))| PortView {
            port,
            protocol,
            service: Some(service),
            container: None,
        })
        .collect();
    for container in containers {
        for port in &container.ports {
            for (_, number) in &port.bindings {
                let view = PortView {
                    port: *number,
                    protocol: port.protocol,
                    service: None,
                    container: Some(container.id),
                };
                if !out.contains(&view) {
                    out.push(view);
                }
            }
        }
    }
    out.sort();
    out
}
