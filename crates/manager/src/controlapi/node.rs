//! Nodes: update (availability, labels, role) and remove.
//!
//! SwarmKit: `manager/controlapi/node.go`.

use super::{Answer, common, not_found, refuse};
use crate::ca;
use crate::orchestrator::label;
use crate::store::Draft;
use crate::{Members, Trace};
use api::{
    Code, ControlResponse, ManagerStatus, Node, NodeId, NodeRole, NodeSpec, NodeState,
    Reachability, TaskId, TaskState, Version,
};
use share::Rc;

/// A node with its place in raft filled in, if it is a member.
pub(crate) fn with_manager_status(node: &Rc<Node>, members: &Members) -> Rc<Node> {
    let Some(member) = members.of_node(node.id) else { return Rc::clone(node) };
    let reachable = member.reachable || member.raft_id == members.me;
    let status = ManagerStatus {
        raft_id: member.raft_id,
        addr: member.addr.clone(),
        leader: members.leader == Some(member.raft_id),
        reachability: if reachable { Reachability::Reachable } else { Reachability::Unreachable },
    };
    Rc::new(Node { manager_status: Some(status), ..Node::clone(node) })
}

pub(super) fn update(
    draft: &mut Draft<'_>,
    members: &Members,
    id: NodeId,
    version: Version,
    spec: NodeSpec,
) -> Answer {
    let Some(node) = draft.node(id).cloned() else { return not_found("node", id) };
    let demoted =
        node.spec.desired_role == NodeRole::Manager && spec.desired_role == NodeRole::Worker;
    if demoted {
        let managers: Vec<NodeId> = draft
            .nodes()
            .filter(|node| node.role == NodeRole::Manager)
            .map(|node| node.id)
            .collect();
        if managers == [id] {
            return refuse(
                Code::FailedPrecondition,
                "attempting to demote the last manager of the swarm",
            );
        }
        let Some(member) = members.of_node(id) else {
            return refuse(Code::NotFound, "can't find manager in raft memberlist");
        };
        if !members.can_remove(member.raft_id) {
            return refuse(
                Code::FailedPrecondition,
                "can't remove member from the raft: this would result in a loss of quorum",
            );
        }
    }
    common::check_version(node.meta, version)?;
    draft.update_node(id, |node| node.spec = spec);
    match draft.node(id) {
        Some(node) => Ok(ControlResponse::Node(with_manager_status(node, members))),
        None => not_found("node", id),
    }
}

pub(super) fn remove(draft: &mut Draft<'_>, members: &Members, id: NodeId, force: bool) -> Answer {
    let Some(node) = draft.node(id).cloned() else { return not_found("node", id) };
    let manager = node.spec.desired_role == NodeRole::Manager;
    if manager && members.list.is_empty() {
        return refuse(
            Code::FailedPrecondition,
            format!(
                "node {id} is a manager but cannot access node information from the raft \
                 memberlist"
            ),
        );
    }
    if manager && members.of_node(id).is_some() {
        return refuse(
            Code::FailedPrecondition,
            format!(
                "node {id} is a cluster manager and is a member of the raft cluster. It must be \
                 demoted to worker before removal"
            ),
        );
    }
    if !force && node.status.state == NodeState::Ready {
        return refuse(
            Code::FailedPrecondition,
            format!("node {id} is not down and can't be removed"),
        );
    }
    // its certificate stays valid, so it is refused until it ends
    let until = ca::end_of_life(draft, draft.now);
    let now = draft.now;
    draft.update_cluster(|cluster| {
        cluster.blacklisted_certificates.retain(|_, end| *end > now);
        cluster.blacklisted_certificates.insert(id, until);
    });
    draft.remove_node(id);
    orphan_tasks(draft, id);
    Ok(ControlResponse::Done)
}

fn orphan_tasks(draft: &mut Draft<'_>, node: NodeId) {
    let tasks: Vec<(TaskId, String)> = draft
        .tasks_of_node(node)
        .filter(|task| task.status.state < TaskState::Complete)
        .map(|task| (task.id, label(task)))
        .collect();
    let now = draft.now;
    for (task, name) in tasks {
        draft.update_task(task, |task| {
            task.status.timestamp = now;
            task.status.state = TaskState::Orphaned;
            task.status.message = "Task belonged to a node that has been deleted".to_owned();
        });
        draft.why(Trace::Orphaned { task, name });
    }
}
