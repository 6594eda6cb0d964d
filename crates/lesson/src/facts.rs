//! The objects that claims speak of, read from what the desk shows, under Docker's column names.
//!
//! Nothing goes through the client. Objects of the swarm are those the freshest living manager
//! has committed; containers and images are the machines'; `machine` is the lab's own truth.

use crate::check::Kind;
use api::{Availability, NodeRole, NodeState, Reachability, ServiceMode, Task, Timestamp};
use lab::{ContainerView, MachineView, ServiceView, SwarmView, View};
use share::Rc;
use shell::Desk;
use std::collections::BTreeMap;

/// One object.
#[derive(Clone)]
pub(crate) struct Fact<'a> {
    pub(crate) kind: Kind,
    /// What names it for good.
    pub(crate) id: String,
    /// What a person calls it.
    pub(crate) name: String,
    created: Timestamp,
    slot: u64,
    thing: Thing<'a>,
    view: &'a View,
}

#[derive(Clone, Copy)]
enum Thing<'a> {
    Node(&'a api::Node),
    Service(&'a ServiceView),
    Task(&'a Task),
    Container(&'a MachineView, &'a ContainerView),
    Network(&'a api::Network),
    Stack(u32),
    Plain,
    Swarm(&'a SwarmView),
    Machine(&'a MachineView),
    Image(&'a MachineView),
}

/// All objects of a kind; `None` while nobody living can tell (no manager runs).
pub(crate) fn facts<'a>(kind: Kind, desk: &'a Desk) -> Option<Vec<Fact<'a>>> {
    let view = desk.view();
    let make = |id: String, name: &str, created, slot, thing| Fact {
        kind,
        id,
        name: name.to_owned(),
        created,
        slot,
        thing,
        view,
    };
    let zero = Timestamp(0);
    match kind {
        Kind::Machine => Some(
            view.machines
                .iter()
                .map(|m| make(m.name.clone(), &m.name, zero, 0, Thing::Machine(m)))
                .collect(),
        ),
        Kind::Container => Some(
            machines(view)
                .flat_map(|m| m.containers.iter().map(move |c| (m, c)))
                .map(|(m, c)| make(c.id.to_string(), &c.name, c.created, 0, Thing::Container(m, c)))
                .collect(),
        ),
        Kind::Image => Some(
            machines(view)
                .flat_map(|m| m.images.iter().map(move |i| (m, i)))
                .map(|(m, i)| make(format!("{}/{i}", m.name), i, zero, 0, Thing::Image(m)))
                .collect(),
        ),
        Kind::File | Kind::Volume => Some(Vec::new()),
        Kind::Node
        | Kind::Service
        | Kind::Task
        | Kind::Network
        | Kind::Secret
        | Kind::Config
        | Kind::Stack
        | Kind::Swarm => of_swarm(kind, view.swarm.as_deref()?, &make),
    }
}

fn machines(view: &View) -> impl Iterator<Item = &MachineView> {
    view.machines.iter().map(Rc::as_ref)
}

fn of_swarm<'a>(
    kind: Kind,
    swarm: &'a SwarmView,
    make: &dyn Fn(String, &str, Timestamp, u64, Thing<'a>) -> Fact<'a>,
) -> Option<Vec<Fact<'a>>> {
    Some(match kind {
        Kind::Node => swarm
            .nodes
            .iter()
            .map(|n| make(n.id.to_string(), hostname(n), n.meta.created_at, 0, Thing::Node(n)))
            .collect(),
        Kind::Service => swarm
            .services
            .iter()
            .map(|s| {
                let meta = s.service.meta;
                let name = &s.service.spec.annotations.name;
                make(s.service.id.to_string(), name, meta.created_at, 0, Thing::Service(s))
            })
            .collect(),
        Kind::Task => swarm
            .tasks
            .iter()
            .map(|t| {
                let name = task_name(t);
                make(t.id.to_string(), &name, t.meta.created_at, t.slot, Thing::Task(t))
            })
            .collect(),
        Kind::Network => swarm
            .networks
            .iter()
            .filter(|n| !n.predefined)
            .map(|n| {
                let name = &n.spec.annotations.name;
                make(n.id.to_string(), name, n.meta.created_at, 0, Thing::Network(n))
            })
            .collect(),
        Kind::Secret => swarm
            .secrets
            .iter()
            .map(|s| {
                let name = &s.spec.annotations.name;
                make(s.id.to_string(), name, s.meta.created_at, 0, Thing::Plain)
            })
            .collect(),
        Kind::Config => swarm
            .configs
            .iter()
            .map(|c| {
                let name = &c.spec.annotations.name;
                make(c.id.to_string(), name, c.meta.created_at, 0, Thing::Plain)
            })
            .collect(),
        Kind::Stack => {
            let mut stacks: BTreeMap<&str, u32> = BTreeMap::new();
            for service in &swarm.services {
                let labels = &service.service.spec.annotations.labels;
                if let Some(name) = labels.get("com.docker.stack.namespace") {
                    *stacks.entry(name).or_default() += 1;
                }
            }
            let list = stacks.into_iter();
            list.map(|(n, k)| make(n.to_owned(), n, Timestamp(0), 0, Thing::Stack(k))).collect()
        }
        Kind::Swarm => {
            let id = swarm.cluster.as_ref().map(|c| c.id.to_string()).unwrap_or_default();
            vec![make(id, "swarm", Timestamp(0), 0, Thing::Swarm(swarm))]
        }
        Kind::Container | Kind::Volume | Kind::Image | Kind::File | Kind::Machine => return None,
    })
}

fn hostname(node: &api::Node) -> &str {
    node.description.as_ref().map_or("", |d| d.hostname.as_str())
}

/// `SERVICE.SLOT`, or `SERVICE.NODEID` for slot 0, as the client's tables have it.
pub(crate) fn task_name(task: &Task) -> String {
    let service = &task.service_annotations.name;
    match (task.slot, task.node_id) {
        (0, Some(node)) => format!("{service}.{node}"),
        (slot, _) => format!("{service}.{slot}"),
    }
}

impl Fact<'_> {
    /// For "the newest match": latest created, then highest slot, then id.
    pub(crate) fn order(&self) -> (Timestamp, u64, &str) {
        (self.created, self.slot, &self.id)
    }

    /// The service's tasks and the nodes they are on, for explanations.
    pub(crate) fn swarm_service(&self) -> Option<&ServiceView> {
        match self.thing {
            Thing::Service(s) => Some(s),
            Thing::Node(_)
            | Thing::Task(_)
            | Thing::Container(..)
            | Thing::Network(_)
            | Thing::Stack(_)
            | Thing::Plain
            | Thing::Swarm(_)
            | Thing::Machine(_)
            | Thing::Image(_) => None,
        }
    }

    /// A field as text; `None`: it has no such field now.
    pub(crate) fn field(&self, field: &str) -> Option<String> {
        match field {
            "id" => return Some(self.id.clone()),
            "name" => return Some(self.name.clone()),
            _ => {}
        }
        match self.thing {
            Thing::Node(node) => node_field(node, field),
            Thing::Service(service) => service_field(service, field),
            Thing::Task(task) => task_field(task, self.view, field),
            Thing::Container(machine, container) => container_field(machine, container, field),
            Thing::Network(network) => match field {
                "driver" => Some(network.spec.driver.clone()),
                "scope" => Some("swarm".into()),
                _ => None,
            },
            Thing::Stack(services) => (field == "services").then(|| services.to_string()),
            Thing::Plain => None,
            Thing::Swarm(swarm) => swarm_field(swarm, self.view, field),
            Thing::Machine(machine) => machine_field(machine, field),
            Thing::Image(machine) => match field {
                "node" => Some(machine.name.clone()),
                "repository" => self.name.rsplit_once(':').map(|(r, _)| r.to_owned()),
                "tag" => self.name.rsplit_once(':').map(|(_, t)| t.to_owned()),
                _ => None,
            },
        }
    }
}

fn node_field(node: &api::Node, field: &str) -> Option<String> {
    if let Some(label) = field.strip_prefix("label.") {
        return node.spec.annotations.labels.get(label).cloned();
    }
    let text = match field {
        "hostname" => hostname(node),
        "status" => match node.status.state {
            NodeState::Unknown => "Unknown",
            NodeState::Down => "Down",
            NodeState::Ready => "Ready",
            NodeState::Disconnected => "Disconnected",
        },
        "availability" => match node.spec.availability {
            Availability::Active => "Active",
            Availability::Pause => "Pause",
            Availability::Drain => "Drain",
        },
        "role" => node.spec.desired_role.as_str(),
        "manager-status" => match &node.manager_status {
            None => "",
            Some(status) if status.leader => "Leader",
            Some(status) => match status.reachability {
                Reachability::Unknown => "Unknown",
                Reachability::Unreachable => "Unreachable",
                Reachability::Reachable => "Reachable",
            },
        },
        "engine-version" => node.description.as_ref().map_or("", |d| &d.engine_version),
        _ => return None,
    };
    Some(text.to_owned())
}

/// `name:tag` of a pinned image, as the client's tables show it.
fn familiar(image: &str) -> String {
    image.split('@').next().unwrap_or(image).to_owned()
}

fn service_field(view: &ServiceView, field: &str) -> Option<String> {
    let service = &view.service;
    let spec = &service.spec;
    match field {
        "mode" => Some(
            match spec.mode {
                ServiceMode::Replicated { .. } => "replicated",
                ServiceMode::Global => "global",
                ServiceMode::ReplicatedJob { .. } => "replicated job",
                ServiceMode::GlobalJob => "global job",
            }
            .into(),
        ),
        "replicas" => Some(format!("{}/{}", view.running, view.desired)),
        "image" => Some(familiar(&spec.task.container.image)),
        "ports" => Some(ports(service)),
        "update" => service.update_status.as_ref().map(|u| u.state.as_str().to_owned()),
        "constraint" => Some(spec.task.placement.constraints.join(",")),
        "env" => Some(spec.task.container.env.join(",")),
        _ => None,
    }
}

fn task_field(task: &Task, view: &View, field: &str) -> Option<String> {
    match field {
        "service" => Some(task.service_annotations.name.clone()),
        "slot" => Some(task.slot.to_string()),
        "node" => {
            let swarm = view.swarm.as_deref()?;
            let node = swarm.node(task.node_id?)?;
            Some(hostname(node).to_owned())
        }
        "image" => Some(familiar(&task.spec.container.image)),
        "desired" => Some(task.desired_state.as_str().to_owned()),
        "current" => Some(task.status.state.as_str().to_owned()),
        "error" => Some(task.status.err.clone()),
        "container" => task.status.container.as_ref().map(|c| c.id.to_string()),
        "networks" => {
            let swarm = view.swarm.as_deref()?;
            let names = task
                .networks
                .iter()
                .filter_map(|a| swarm.networks.iter().find(|n| n.id == a.network));
            let names: Vec<_> = names.map(|n| n.spec.annotations.name.clone()).collect();
            Some(names.join(","))
        }
        _ => None,
    }
}

fn container_field(machine: &MachineView, c: &ContainerView, field: &str) -> Option<String> {
    match field {
        "node" => Some(machine.name.clone()),
        "image" => Some(familiar(&c.image)),
        "state" | "status" => Some(c.status.as_str().to_owned()),
        _ => None,
    }
}

fn swarm_field(swarm: &SwarmView, view: &View, field: &str) -> Option<String> {
    match field {
        "leader" => {
            let leader = swarm.leader?;
            view.machines.iter().find(|m| m.machine == leader).map(|m| m.name.clone())
        }
        "quorum" => Some(if swarm.has_quorum() { "ok" } else { "lost" }.into()),
        "managers" => Some(swarm.members.to_string()),
        "reachable" => Some(swarm.alive.to_string()),
        "nodes" => Some(swarm.nodes.len().to_string()),
        _ => None,
    }
}

fn machine_field(machine: &MachineView, field: &str) -> Option<String> {
    let on = |yes: bool, a: &str, b: &str| Some(if yes { a } else { b }.to_owned());
    match field {
        "power" => on(machine.powered, "on", "off"),
        "cable" => on(machine.link.plugged, "in", "cut"),
        "docker" => on(machine.daemon, "running", "stopped"),
        "swarm" => Some(machine.swarm.as_str().to_owned()),
        "role" => machine.role.map(|r: NodeRole| r.as_str().to_owned()),
        _ => None,
    }
}

/// The PORTS column of `docker service ls`: ingress ports by protocol and published number.
fn ports(service: &api::Service) -> String {
    let mut list: Vec<_> = service
        .endpoint
        .iter()
        .flat_map(|e| &e.ports)
        .filter(|p| p.publish_mode == api::PublishMode::Ingress)
        .map(|p| (p.protocol, p.published_port, p.target_port))
        .collect();
    list.sort_unstable();
    let texts: Vec<String> =
        list.iter().map(|(p, from, to)| format!("*:{from}->{to}/{}", p.as_str())).collect();
    texts.join(", ")
}
