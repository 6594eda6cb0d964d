//! What the map shows, made from what the lab lets one see: pure, no coordinates, no drawing.
//!
//! Colour is a service's (`hue`), outline and shape a machine's, border and hatch a task's state.
//!
//! **Invariant:** a machine keeps its place whatever happens to it; a service its hue.

use api::{
    Availability, ContainerId, LocalNodeState, NodeId, NodeRole, NodeState, PublishMode, ServiceId,
    Task, TaskId, TaskState, Timestamp,
};
use lab::{MachineView, SwarmView, View};
use std::collections::BTreeMap;

/// Colours for services and for machines; they repeat after these.
const HUES: u8 = 6;

/// Services and their hues (1…6), kept while a service lives.
pub(crate) type Hues = BTreeMap<ServiceId, u8>;

/// Everything on the map.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Picture {
    /// In the lab's order.
    pub(crate) cards: Vec<Card>,
    /// By name.
    pub(crate) services: Vec<ServiceRow>,
    /// Tasks without a node.
    pub(crate) waiting: Vec<TaskBox>,
    /// There is a swarm.
    pub(crate) swarm: bool,
    /// Subnet of `ingress`, if there is a swarm.
    pub(crate) ingress: String,
}

/// One machine.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Card {
    pub(crate) name: String,
    pub(crate) ip: String,
    /// 1…6.
    pub(crate) hue: u8,
    pub(crate) standing: Standing,
    /// The machine itself is on and moves.
    pub(crate) powered: bool,
    pub(crate) frozen: bool,
    pub(crate) daemon: bool,
    pub(crate) plugged: bool,
    pub(crate) slow_ms: u64,
    /// Which side of a split network; 0: not split.
    pub(crate) part: u32,
    pub(crate) disk_full: bool,
    pub(crate) availability: Option<Availability>,
    /// What the managers think of the node.
    pub(crate) status: Option<NodeState>,
    pub(crate) node: Option<NodeId>,
    pub(crate) tasks: Vec<TaskBox>,
    /// Containers that no task owns.
    pub(crate) containers: Vec<ContainerBox>,
    /// Ports that answer on it, ascending.
    pub(crate) ports: Vec<u16>,
}

/// A machine's place in the swarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    None,
    Locked,
    Worker,
    Manager,
    Leader,
}

/// A task in its slot, and those that ended before it there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TaskBox {
    pub(crate) id: TaskId,
    /// Its service's; 6 without one.
    pub(crate) hue: u8,
    /// `web.2`; for a global service just `web`.
    pub(crate) name: String,
    /// `.2`, or the name of a global service.
    pub(crate) short: String,
    pub(crate) state: TaskState,
    /// Where it is to end up.
    pub(crate) desired: TaskState,
    /// Why it waits or failed.
    pub(crate) error: String,
    /// States of those behind it, newest first.
    pub(crate) behind: Vec<TaskState>,
    pub(crate) service: String,
    pub(crate) slot: u64,
    pub(crate) container: Option<ContainerId>,
}

/// A container outside the swarm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ContainerBox {
    pub(crate) id: ContainerId,
    pub(crate) name: String,
    pub(crate) image: String,
    pub(crate) running: bool,
    pub(crate) state: &'static str,
}

/// A service.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ServiceRow {
    pub(crate) id: ServiceId,
    pub(crate) name: String,
    pub(crate) hue: u8,
    pub(crate) image: String,
    pub(crate) running: u64,
    pub(crate) desired: u64,
    /// Address on `ingress` without its mask, if it publishes there.
    pub(crate) vip: Option<String>,
    /// (published, target, protocol) through the mesh.
    pub(crate) ports: Vec<(u16, u16, &'static str)>,
    /// `updating`, `paused`…; empty if there is nothing to tell.
    pub(crate) update: &'static str,
}

/// How a task is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Filled.
    Running,
    /// Half filled.
    Starting,
    /// Dashed.
    Preparing,
    /// Dotted.
    Pending,
    /// Cut corners.
    Failed,
    /// Grey.
    Done,
}

/// The shape of a state.
pub(crate) const fn shape(state: TaskState) -> Shape {
    match state {
        TaskState::New | TaskState::Pending | TaskState::Assigned => Shape::Pending,
        TaskState::Accepted | TaskState::Preparing => Shape::Preparing,
        TaskState::Ready | TaskState::Starting => Shape::Starting,
        TaskState::Running => Shape::Running,
        TaskState::Failed | TaskState::Rejected | TaskState::Orphaned => Shape::Failed,
        TaskState::Complete | TaskState::Shutdown | TaskState::Remove => Shape::Done,
    }
}

/// A state as `docker service ps` writes it.
pub(crate) const fn word(state: TaskState) -> &'static str {
    match state {
        TaskState::New => "New",
        TaskState::Pending => "Pending",
        TaskState::Assigned => "Assigned",
        TaskState::Accepted => "Accepted",
        TaskState::Preparing => "Preparing",
        TaskState::Ready => "Ready",
        TaskState::Starting => "Starting",
        TaskState::Running => "Running",
        TaskState::Complete => "Complete",
        TaskState::Shutdown => "Shutdown",
        TaskState::Failed => "Failed",
        TaskState::Rejected => "Rejected",
        TaskState::Remove => "Remove",
        TaskState::Orphaned => "Orphaned",
    }
}

/// Hues for the services of a view: those that have one keep it, new ones get the least used.
pub(crate) fn hues(old: &Hues, view: &View) -> Hues {
    let Some(swarm) = &view.swarm else { return Hues::new() };
    let mut services: Vec<_> = swarm.services.iter().map(|s| &s.service).collect();
    services.sort_by_key(|s| (s.meta.created_at, s.id));
    let mut hues: Hues =
        services.iter().filter_map(|s| old.get(&s.id).map(|hue| (s.id, *hue))).collect();
    for service in services {
        if !hues.contains_key(&service.id) {
            let used = |hue: u8| hues.values().filter(|h| **h == hue).count();
            let hue = (1..=HUES).min_by_key(|hue| used(*hue)).unwrap_or(1);
            hues.insert(service.id, hue);
        }
    }
    hues
}

impl Picture {
    /// The picture of a view.
    pub(crate) fn of(view: &View, hues: &Hues) -> Self {
        let swarm = view.swarm.as_deref();
        let mut picture = Self {
            cards: view.machines.iter().zip(0..).map(|(m, k)| card(m, k, swarm)).collect(),
            swarm: swarm.is_some(),
            ..Self::default()
        };
        if let Some(swarm) = swarm {
            picture.services = services(swarm, hues);
            picture.ingress = ingress(swarm);
            for (node, task) in fronts(swarm, hues) {
                let card = node.and_then(|n| picture.cards.iter_mut().find(|c| c.node == Some(n)));
                match card {
                    Some(card) => card.tasks.push(task),
                    None if shape(task.state) == Shape::Pending => picture.waiting.push(task),
                    None => {}
                }
            }
        }
        picture
    }

    /// Finds a task's box, with the machine it is on.
    pub(crate) fn task(&self, id: TaskId) -> Option<(Option<&Card>, &TaskBox)> {
        let on_cards = self.cards.iter().flat_map(|c| c.tasks.iter().map(move |t| (Some(c), t)));
        on_cards.chain(self.waiting.iter().map(|t| (None, t))).find(|(_, t)| t.id == id)
    }

    /// Ports that some machine answers on, ascending, without repeats.
    pub(crate) fn ports(&self) -> Vec<u16> {
        let published = self.services.iter().flat_map(|s| s.ports.iter().map(|p| p.0));
        let mut ports: Vec<u16> =
            self.cards.iter().flat_map(|c| c.ports.iter().copied()).chain(published).collect();
        ports.sort_unstable();
        ports.dedup();
        ports
    }
}

fn card(machine: &MachineView, k: u8, swarm: Option<&SwarmView>) -> Card {
    let node = machine.node_id.and_then(|id| swarm.and_then(|s| s.node(id)));
    let leads = swarm.and_then(|s| s.leader) == Some(machine.machine);
    let standing = match (machine.swarm, machine.role) {
        (LocalNodeState::Locked, _) => Standing::Locked,
        (_, None) => Standing::None,
        (_, Some(NodeRole::Manager)) if leads => Standing::Leader,
        (_, Some(NodeRole::Manager)) => Standing::Manager,
        (_, Some(NodeRole::Worker)) => Standing::Worker,
    };
    let mut ports: Vec<u16> = machine.ports.iter().map(|p| p.port).collect();
    ports.sort_unstable();
    ports.dedup();
    Card {
        name: machine.name.clone(),
        ip: machine.ip.clone(),
        hue: k % HUES + 1,
        standing,
        powered: machine.powered,
        frozen: machine.frozen,
        daemon: machine.daemon,
        plugged: machine.link.plugged,
        slow_ms: machine.link.slow_ms,
        part: machine.link.part,
        disk_full: machine.disk_full,
        availability: node.map(|n| n.spec.availability),
        status: node.map(|n| n.status.state),
        node: machine.node_id,
        tasks: Vec::new(),
        containers: machine.containers.iter().filter(|c| c.task.is_none()).map(local).collect(),
        ports,
    }
}

fn local(container: &lab::ContainerView) -> ContainerBox {
    ContainerBox {
        id: container.id,
        name: container.name.trim_start_matches('/').to_owned(),
        image: container.image.clone(),
        running: container.status == api::ContainerStatusWord::Running,
        state: container.status.as_str(),
    }
}

fn services(swarm: &SwarmView, hues: &Hues) -> Vec<ServiceRow> {
    let ingress = swarm.networks.iter().find(|n| n.spec.ingress).map(|n| n.id);
    let row = |view: &lab::ServiceView| {
        let service = &view.service;
        let endpoint = service.endpoint.as_ref();
        let vip = endpoint.and_then(|e| e.virtual_ips.iter().find(|v| Some(v.network) == ingress));
        let ports = endpoint.map(|e| e.ports.as_slice()).unwrap_or_default();
        let mesh = ports.iter().filter(|p| p.publish_mode == PublishMode::Ingress);
        ServiceRow {
            id: service.id,
            name: service.spec.annotations.name.clone(),
            hue: hues.get(&service.id).copied().unwrap_or(HUES),
            image: plain_image(&service.spec.task.container.image),
            running: view.running,
            desired: view.desired,
            vip: vip.map(|v| v.addr.split('/').next().unwrap_or_default().to_owned()),
            ports: mesh.map(|p| (p.published_port, p.target_port, p.protocol.as_str())).collect(),
            update: service.update_status.as_ref().map_or("", |u| u.state.as_str()),
        }
    };
    swarm.services.iter().map(row).collect()
}

/// An image's name without the digest that the client pinned to it.
fn plain_image(image: &str) -> String {
    image.split('@').next().unwrap_or_default().to_owned()
}

fn ingress(swarm: &SwarmView) -> String {
    let network = swarm.networks.iter().find(|n| n.spec.ingress);
    network.and_then(|n| n.ipam.first()).map(|i| i.subnet.clone()).unwrap_or_default()
}

/// A slot: for a global service, the node takes the slot's place.
type SlotKey<'a> = (&'a str, u64, Option<NodeId>);

/// The boxes to draw, slot by slot: every task that still is to run, with the ended ones behind
/// the newest; a slot with none shows the newest ended one.
fn fronts(swarm: &SwarmView, hues: &Hues) -> Vec<(Option<NodeId>, TaskBox)> {
    let mut slots: BTreeMap<SlotKey<'_>, Vec<&Task>> = BTreeMap::new();
    for task in &swarm.tasks {
        let node = if task.slot == 0 { task.node_id } else { None };
        slots.entry((&task.service_annotations.name, task.slot, node)).or_default().push(task);
    }
    let mut boxes = Vec::new();
    for tasks in slots.values_mut() {
        tasks.sort_by_key(|t| std::cmp::Reverse((age(t), t.id)));
        let live = |t: &&&Task| t.status.state <= TaskState::Running;
        let mut front: Vec<&Task> = tasks.iter().filter(live).copied().collect();
        if front.is_empty() {
            front.extend(tasks.first());
        }
        let behind: Vec<TaskState> = tasks
            .iter()
            .filter(|t| t.status.state > TaskState::Running)
            .filter(|t| front.first().is_none_or(|f| f.id != t.id))
            .map(|t| t.status.state)
            .collect();
        for (k, task) in front.iter().enumerate() {
            let behind = if k == 0 { behind.clone() } else { Vec::new() };
            boxes.push((task.node_id, task_box(task, behind, hues)));
        }
    }
    boxes
}

fn age(task: &Task) -> Timestamp {
    task.meta.created_at
}

fn task_box(task: &Task, behind: Vec<TaskState>, hues: &Hues) -> TaskBox {
    let service = task.service_annotations.name.clone();
    let (name, short) = if task.slot == 0 {
        (service.clone(), service.clone())
    } else {
        (format!("{service}.{}", task.slot), format!(".{}", task.slot))
    };
    TaskBox {
        id: task.id,
        hue: task.service_id.and_then(|id| hues.get(&id)).copied().unwrap_or(HUES),
        name,
        short,
        state: task.status.state,
        desired: task.desired_state,
        error: task.status.err.clone(),
        behind,
        service,
        slot: task.slot,
        container: task.status.container.as_ref().map(|c| c.id),
    }
}

/// Managers that run and hear each other: as many as are in the largest part of the network.
pub(crate) fn managers_up(view: &View) -> u32 {
    let mut parts: BTreeMap<u32, u32> = BTreeMap::new();
    for machine in &view.machines {
        if machine.raft.is_some() && runs(machine) {
            // One whose cable is out hears only itself.
            let part = if machine.link.plugged { 0 } else { machine.machine.0 + 1 };
            *parts.entry(part * 1000 + machine.link.part).or_default() += 1;
        }
    }
    parts.into_values().max().unwrap_or(0)
}

/// The machine is on, moves, and its daemon runs.
pub(crate) const fn runs(machine: &MachineView) -> bool {
    machine.powered && machine.daemon && !machine.frozen
}

/// A name of at most `room` characters: cut in the middle, so that the number at its end stays.
pub(crate) fn squeeze(name: &str, room: usize) -> String {
    let chars: Vec<char> = name.chars().collect();
    if chars.len() <= room || room < 4 {
        return name.to_owned();
    }
    let tail = (room - 1) / 2;
    let head = room - 1 - tail;
    let start: String = chars.iter().take(head).collect();
    let end: String = chars.iter().skip(chars.len() - tail).collect();
    format!("{start}…{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_keeps_its_number() {
        assert_eq!(squeeze("amazing_panini.12", 12), "amazin…ni.12");
        assert_eq!(squeeze("web.1", 12), "web.1");
    }

    #[test]
    fn every_state_of_a_running_life_has_its_own_shape() {
        assert_eq!(shape(TaskState::Running), Shape::Running);
        assert_ne!(shape(TaskState::Preparing), shape(TaskState::Pending));
        assert_ne!(shape(TaskState::Failed), shape(TaskState::Complete));
    }
}
