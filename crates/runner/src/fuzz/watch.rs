//! What must hold of the swarm at every instant, whatever is broken.
//!
//! | | |
//! |---|---|
//! | a task | its observed and its desired state never go back, nor does it change its node |
//! | ports | no two services publish the same one |
//! | addresses | no two living tasks or services have the same one on a network |
//! | nodes | the reservations of a node's tasks fit into it |
//!
//! The view's store may fall back to an older one when the freshest manager dies; what is older
//! than what was seen is not looked at, for it was looked at when it was new.

use api::{NetworkId, NodeId, Protocol, ServiceId, TaskId, TaskState};
use lab::{SwarmView, View};
use share::Rc;
use std::collections::BTreeMap;

#[derive(Default)]
pub(super) struct Watch {
    seen: Option<Rc<SwarmView>>,
    tasks: BTreeMap<TaskId, Was>,
}

struct Was {
    state: TaskState,
    desired: TaskState,
    node: Option<NodeId>,
}

impl Watch {
    /// How many tasks there were so far.
    pub(super) fn tasks(&self) -> u64 {
        u64::try_from(self.tasks.len()).unwrap_or(u64::MAX)
    }

    pub(super) fn look(&mut self, view: &View) -> Result<(), String> {
        let Some(swarm) = &view.swarm else { return Ok(()) };
        if self.seen.as_ref().is_some_and(|seen| swarm.store_index <= seen.store_index) {
            return Ok(());
        }
        self.tasks_go_on(swarm)?;
        ports(swarm)?;
        addresses(swarm)?;
        reservations(swarm)?;
        self.seen = Some(Rc::clone(swarm));
        Ok(())
    }

    fn tasks_go_on(&mut self, swarm: &SwarmView) -> Result<(), String> {
        for task in &swarm.tasks {
            let (state, desired, node) = (task.status.state, task.desired_state, task.node_id);
            let was = self.tasks.entry(task.id).or_insert(Was { state, desired, node });
            if state < was.state {
                return Err(format!("{}: {state:?} after {:?}", task.name(), was.state));
            }
            if desired < was.desired {
                return Err(format!("{}: {desired:?} wanted after {:?}", task.name(), was.desired));
            }
            if was.node.is_some() && node != was.node {
                return Err(format!("{} moves to another node", task.name()));
            }
            *was = Was { state, desired, node };
        }
        Ok(())
    }
}

fn ports(swarm: &SwarmView) -> Result<(), String> {
    let mut taken: BTreeMap<(u16, Protocol), ServiceId> = BTreeMap::new();
    for service in &swarm.services {
        for port in service.service.endpoint.iter().flat_map(|e| &e.ports) {
            let id = service.service.id;
            let other = taken.insert((port.published_port, port.protocol), id);
            if other.is_some_and(|other| other != id) {
                return Err(format!("port {} belongs to two services", port.published_port));
            }
        }
    }
    Ok(())
}

fn addresses(swarm: &SwarmView) -> Result<(), String> {
    let mut taken: BTreeMap<(NetworkId, &str), String> = BTreeMap::new();
    let mut take = |network, addr, owner: String| match taken.insert((network, addr), owner) {
        Some(other) => Err(format!("{addr} belongs to {other} and to another")),
        None => Ok(()),
    };
    for service in &swarm.services {
        for vip in service.service.endpoint.iter().flat_map(|e| &e.virtual_ips) {
            let name = &service.service.spec.annotations.name;
            take(vip.network, vip.addr.as_str(), name.clone())?;
        }
    }
    for task in swarm.tasks.iter().filter(|t| t.status.state <= TaskState::Running) {
        for attachment in &task.networks {
            for addr in &attachment.addresses {
                take(attachment.network, addr.as_str(), task.name())?;
            }
        }
    }
    for node in &swarm.nodes {
        for attachment in &node.attachments {
            for addr in &attachment.addresses {
                take(attachment.network, addr.as_str(), node.id.to_string())?;
            }
        }
    }
    Ok(())
}

fn reservations(swarm: &SwarmView) -> Result<(), String> {
    for node in &swarm.nodes {
        let Some(description) = &node.description else { continue };
        let taken: i64 = swarm
            .tasks
            .iter()
            .filter(|t| t.node_id == Some(node.id))
            .filter(|t| (TaskState::Assigned..=TaskState::Running).contains(&t.status.state))
            .map(|t| t.spec.reservations.nano_cpus)
            .sum();
        if taken > description.resources.nano_cpus {
            return Err(format!("{} has {taken} billionths of a CPU reserved", node.id));
        }
    }
    Ok(())
}
