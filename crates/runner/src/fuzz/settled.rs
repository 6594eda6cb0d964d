//! What must hold of a swarm once nothing is broken any more.

use api::{
    Availability, ContainerStatusWord, LocalNodeState, Node, NodeRole, NodeState, Reachability,
    ServiceMode, Task, TaskId, TaskState, UpdateState,
};
use lab::{RaftRole, ServiceView, SwarmView, View};
use share::Rc;
use shell::Desk;
use std::collections::{BTreeMap, BTreeSet};

/// The term of a fresh swarm's first leader.
const FIRST_TERM: u64 = 2;

/// Names of the machines that are managers.
pub(super) fn managers(desk: &Desk) -> Vec<String> {
    let machines = desk.view().machines.iter();
    machines.filter(|m| m.role == Some(NodeRole::Manager)).map(|m| m.name.clone()).collect()
}

/// Names of the managers whose leader is no member they know.
pub(super) fn lost(desk: &Desk) -> Vec<String> {
    let machines = desk.view().machines.iter();
    machines
        .filter(|m| {
            m.raft.as_ref().is_some_and(|r| r.leader.is_some_and(|id| !r.members.contains(&id)))
        })
        .map(|m| m.name.clone())
        .collect()
}

/// Names of the machines that find no manager.
pub(super) fn pending(desk: &Desk) -> Vec<String> {
    let machines = desk.view().machines.iter();
    machines.filter(|m| m.swarm == LocalNodeState::Pending).map(|m| m.name.clone()).collect()
}

/// All nodes are there, all managers agree, all services run as declared.
/// The error says what is not so.
pub(super) fn settled(desk: &Desk) -> Result<(), String> {
    let view = desk.view();
    let swarm = view.swarm.as_ref().ok_or("no swarm is left")?;
    if !desk.lab().connections_stand() {
        return Err("a manager waits for TCP to send again".to_owned());
    }
    if let Some(machine) = view.machines.iter().find(|m| !desk.lab().answers(m.machine)) {
        return Err(format!("{} does not answer yet", machine.name));
    }
    agree(view, swarm)?;
    nodes(view, swarm)?;
    for service in &swarm.services {
        runs(service, swarm)?;
    }
    rings(view, swarm)?;
    tasks(swarm)?;
    containers(view, swarm)
}

/// All prompts are back, but those of clients that rightly wait for a service: for tasks that
/// no node can take, for an update that waits in vain or gave up unsaid, or for a node that a
/// global service has left since (the real client counts its task for ever).
pub(super) fn idle(desk: &Desk, typed: &BTreeMap<String, String>) -> Result<(), String> {
    let view = desk.view();
    let swarm = view.swarm.as_ref().ok_or("no swarm is left")?;
    for machine in view.machines.iter().filter(|m| desk.busy(&m.name)) {
        let line = typed.get(&machine.name).map_or("", String::as_str);
        let mut words = line.split([' ', '=']);
        let waits = !line.contains(" -d")
            && ["create", "update", "scale", "rollback"].contains(&words.nth(2).unwrap_or(""));
        let service = words.find_map(|word| swarm.service(word));
        let held = |s: &ServiceView| {
            is_global(s) || starves(s, swarm) || waits_in_vain(s, swarm) || gave_up_unsaid(s, swarm)
        };
        if !waits || !service.is_some_and(held) {
            return Err(format!("{} is busy:\n{}", machine.name, desk.screen(&machine.name)));
        }
    }
    Ok(())
}

fn is_global(service: &ServiceView) -> bool {
    service.service.spec.mode == ServiceMode::Global
}

/// A task of the spec now wanted was told to stop before a node took it: it never runs nor
/// fails. The update that made it waits for one of both, with no end to its patience (SwarmKit
/// `orchestrator/update/updater.go`, `updateTask`).
fn waits_in_vain(service: &ServiceView, swarm: &SwarmView) -> bool {
    swarm
        .tasks
        .iter()
        .filter(|t| t.service_id == Some(service.service.id))
        .filter(|t| t.spec == service.service.spec.task)
        .any(|t| t.desired_state > TaskState::Running && t.status.state < TaskState::Assigned)
}

/// A task of the service finds no node: its update waits for as long.
fn starves(service: &ServiceView, swarm: &SwarmView) -> bool {
    swarm
        .tasks
        .iter()
        .filter(|t| t.service_id == Some(service.service.id))
        .filter(|t| t.desired_state <= TaskState::Running)
        .filter(|t| t.status.state == TaskState::Pending)
        .any(|t| waits_rightly(t, swarm).is_ok())
}

/// A service that was changed during its update has no status any more; an update that gives up
/// then says so nowhere (SwarmKit `orchestrator/update/updater.go`, `pauseUpdate`), and a client
/// that waits for it hears of no end (`docker/cli` `service/progress/progress.go` looks at the
/// status and at running tasks of the new spec).
fn gave_up_unsaid(service: &ServiceView, swarm: &SwarmView) -> bool {
    service.service.update_status.is_none()
        && swarm
            .tasks
            .iter()
            .filter(|t| t.service_id == Some(service.service.id))
            .filter(|t| t.spec == service.service.spec.task)
            .any(|t| t.status.state > TaskState::Running)
}

/// No task is left, nor a container of one, nor a port.
pub(super) fn empty(desk: &Desk) -> Result<(), String> {
    let view = desk.view();
    let swarm = view.swarm.as_ref().ok_or("no swarm is left")?;
    if let Some(task) = swarm.tasks.first() {
        return Err(format!("{} is left: {:?}", task.name(), task.status.state));
    }
    for machine in &view.machines {
        if let Some(container) = machine.containers.iter().find(|c| c.task.is_some()) {
            return Err(format!("{}: {} is left", machine.name, container.name));
        }
        if let Some(port) = machine.ports.first() {
            return Err(format!("{}: port {} is left open", machine.name, port.port));
        }
    }
    if let Some(ring) = swarm.rings.first() {
        return Err(format!("a ring is left on machine {}", ring.machine.0));
    }
    Ok(())
}

/// Every manager is a member, all know the same leader and have applied the same.
fn agree(view: &View, swarm: &SwarmView) -> Result<(), String> {
    let rafts: Vec<_> = view.machines.iter().filter_map(|m| m.raft.as_ref()).collect();
    let leader = rafts.iter().find(|r| r.role == RaftRole::Leader).ok_or("nobody leads")?;
    for raft in &rafts {
        if raft.leader != Some(leader.raft_id) || raft.term != leader.term {
            return Err(format!("{:x} does not know the leader", raft.raft_id));
        }
        if raft.applied != leader.last_index {
            let (applied, last) = (raft.applied, leader.last_index);
            return Err(format!("{:x} has applied {applied} of {last}", raft.raft_id));
        }
        if raft.members != leader.members {
            return Err(format!("{:x} knows other members", raft.raft_id));
        }
    }
    let managers = swarm.nodes.iter().filter(|n| n.role == NodeRole::Manager).count();
    if leader.members.len() != managers || rafts.len() != managers {
        let (members, rafts) = (leader.members.len(), rafts.len());
        return Err(format!("{managers} managers, {members} members, {rafts} that run"));
    }
    Ok(())
}

fn nodes(view: &View, swarm: &SwarmView) -> Result<(), String> {
    if swarm.nodes.len() != view.machines.len() {
        return Err(format!("{} nodes", swarm.nodes.len()));
    }
    for machine in &view.machines {
        let name = &machine.name;
        if machine.swarm != LocalNodeState::Active {
            return Err(format!("{name} is {:?}", machine.swarm));
        }
        let node = machine.node_id.and_then(|id| swarm.node(id));
        let node = node.ok_or_else(|| format!("{name} is no node"))?;
        if node.status.state != NodeState::Ready {
            return Err(format!("{name} is {:?}", node.status.state));
        }
        let (role, wanted) = (node.role, node.spec.desired_role);
        if role != wanted || machine.role != Some(role) {
            return Err(format!("{name} is {role:?}, {wanted:?} wanted, has {:?}", machine.role));
        }
        match &node.manager_status {
            Some(status) if status.reachability != Reachability::Reachable => {
                return Err(format!("{name} is {:?}", status.reachability));
            }
            None if role == NodeRole::Manager => return Err(format!("{name} is no member")),
            Some(_) | None => {}
        }
    }
    Ok(())
}

/// A service has what it declares, and of the newest spec unless its update was given up.
fn runs(service: &ServiceView, swarm: &SwarmView) -> Result<(), String> {
    let spec = &service.service.spec;
    let name = &spec.annotations.name;
    let state = service.service.update_status.as_ref().map(|status| status.state);
    let goes_on = matches!(state, Some(UpdateState::Updating | UpdateState::RollbackStarted));
    let all: Vec<&Rc<Task>> =
        swarm.tasks.iter().filter(|t| t.service_id == Some(service.service.id)).collect();
    // a new leader that finds no task of a global service to replace does not end the update
    // (SwarmKit `orchestrator/global/global.go` calls the updater only with tasks)
    let unended = is_global(service)
        && swarm.term > FIRST_TERM
        && all.iter().all(|t| t.spec == spec.task || t.desired_state > TaskState::Running);
    if goes_on && !unended && !starves(service, swarm) && !waits_in_vain(service, swarm) {
        return Err(format!("{name} is still updated"));
    }
    let wanted: Vec<&Rc<Task>> =
        all.iter().copied().filter(|t| t.desired_state <= TaskState::Running).collect();
    let running: Vec<&Rc<Task>> =
        wanted.iter().copied().filter(|t| t.status.state == TaskState::Running).collect();
    let given_up = matches!(state, Some(UpdateState::Paused | UpdateState::RollbackPaused));
    // a global service is not updated on a node that is paused
    let left_alone = |t: &Task| {
        let node = t.node_id.and_then(|id| swarm.node(id));
        is_global(service) && node.is_some_and(|n| n.spec.availability == Availability::Pause)
    };
    if !given_up
        && !gave_up_unsaid(service, swarm)
        && !goes_on
        && let Some(task) = running.iter().find(|t| t.spec != spec.task && !left_alone(t))
    {
        return Err(format!("{} runs an old spec", task.name()));
    }
    match spec.mode {
        ServiceMode::Replicated { replicas } => {
            let slots: BTreeSet<u64> = wanted.iter().map(|t| t.slot).collect();
            if slots.len() != wanted.len() {
                return Err(format!("{name} has two tasks in a slot"));
            }
            if count(wanted.len()) != replicas {
                return Err(format!("{name} has {} slots of {replicas}", wanted.len()));
            }
            if let Some(task) = wanted.iter().find(|t| t.status.state != TaskState::Running) {
                waits_rightly(task, swarm)?;
            }
        }
        ServiceMode::Global => {
            for node in &swarm.nodes {
                let here = running.iter().filter(|t| t.node_id == Some(node.id)).count();
                let right = match node.spec.availability {
                    Availability::Active => here == 1,
                    Availability::Pause => here <= 1,
                    Availability::Drain => here == 0,
                };
                if !right {
                    return Err(format!("{name} has {here} tasks on {}", node.id));
                }
            }
        }
        ServiceMode::ReplicatedJob { .. } | ServiceMode::GlobalJob => {}
    }
    Ok(())
}

/// A task may wait for ever if no node takes it.
fn waits_rightly(task: &Task, swarm: &SwarmView) -> Result<(), String> {
    let pending = task.status.state == TaskState::Pending && !task.status.err.is_empty();
    // a global service's task has its node from the start
    let may_take = |node: &Node| task.node_id.is_none_or(|id| id == node.id);
    let mut nodes = swarm.nodes.iter().filter(|node| may_take(node));
    if !pending || nodes.any(|node| has_room(node, task, swarm)) {
        let (name, state) = (task.name(), task.status.state);
        return Err(format!("{name} is {state:?} {}{}", task.status.message, task.status.err));
    }
    Ok(())
}

fn has_room(node: &Node, task: &Task, swarm: &SwarmView) -> bool {
    let taken: i64 = swarm
        .tasks
        .iter()
        .filter(|t| t.node_id == Some(node.id))
        .filter(|t| (TaskState::Assigned..=TaskState::Running).contains(&t.status.state))
        .map(|t| t.spec.reservations.nano_cpus)
        .sum();
    let all = node.description.as_ref().map_or(0, |d| d.resources.nano_cpus);
    node.spec.availability == Availability::Active
        && taken + task.spec.reservations.nano_cpus <= all
}

/// What shall not run does not run; a drained node has nothing.
fn tasks(swarm: &SwarmView) -> Result<(), String> {
    for task in &swarm.tasks {
        let (wanted, is) = (task.desired_state, task.status.state);
        let waits = wanted == TaskState::Ready;
        // nobody ever runs a task that was told to shut down before it was assigned: it stays
        // as it was (SwarmKit's reaper looks at no task before running)
        let lives = (TaskState::Assigned..=TaskState::Running).contains(&is);
        if waits || (lives && wanted > TaskState::Running) {
            return Err(format!("{} is {is:?}, {wanted:?} wanted", task.name()));
        }
        let node = task.node_id.and_then(|id| swarm.node(id));
        let drained = node.is_some_and(|n| n.spec.availability == Availability::Drain);
        if drained && is == TaskState::Running {
            return Err(format!("{} runs on a drained node", task.name()));
        }
        if service_gone(task, swarm) {
            return Err(format!("{} has outlived its service", task.name()));
        }
    }
    Ok(())
}

/// Every node's ring of a published service has its running tasks, no others.
fn rings(view: &View, swarm: &SwarmView) -> Result<(), String> {
    for service in &swarm.services {
        let id = service.service.id;
        if service.service.endpoint.as_ref().is_none_or(|endpoint| endpoint.ports.is_empty()) {
            continue;
        }
        let mut running: Vec<TaskId> = swarm
            .tasks
            .iter()
            .filter(|t| t.service_id == Some(id) && t.status.state == TaskState::Running)
            // tasks of before a port was published have none
            .filter(|t| t.endpoint.as_ref().is_some_and(|endpoint| !endpoint.ports.is_empty()))
            .map(|t| t.id)
            .collect();
        running.sort_unstable();
        for machine in &view.machines {
            let ring = swarm.rings.iter().find(|r| (r.machine, r.service) == (machine.machine, id));
            let mut known = ring.map(|r| r.tasks.clone()).unwrap_or_default();
            known.sort_unstable();
            if known != running {
                let name = &service.service.spec.annotations.name;
                let (has, want) = (known.len(), running.len());
                return Err(format!("{}: {has} of {want} tasks of {name} known", machine.name));
            }
        }
    }
    Ok(())
}

fn service_gone(task: &Task, swarm: &SwarmView) -> bool {
    swarm.services.iter().all(|s| Some(s.service.id) != task.service_id)
}

/// Exactly the running tasks have running containers, each on its node.
fn containers(view: &View, swarm: &SwarmView) -> Result<(), String> {
    for machine in &view.machines {
        let here = |t: &&Rc<Task>| t.node_id.is_some() && t.node_id == machine.node_id;
        let known: BTreeSet<TaskId> = swarm.tasks.iter().filter(here).map(|t| t.id).collect();
        let wanted: BTreeSet<TaskId> = swarm
            .tasks
            .iter()
            .filter(here)
            .filter(|t| t.status.state == TaskState::Running)
            .map(|t| t.id)
            .collect();
        let mut running = BTreeSet::new();
        for container in &machine.containers {
            let Some(task) = container.task else { continue };
            if !known.contains(&task) {
                return Err(format!("{}: {} is forgotten", machine.name, container.name));
            }
            if container.status == ContainerStatusWord::Running && !running.insert(task) {
                return Err(format!("{}: {} runs twice", machine.name, container.name));
            }
        }
        if running != wanted {
            let (runs, want) = (running.len(), wanted.len());
            return Err(format!("{}: {runs} containers run of {want} tasks", machine.name));
        }
    }
    Ok(())
}

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}
