//! Role manager: makes a node's role follow the role it should have.
//!
//! | | |
//! |---|---|
//! | runs on | the leader: on every node change, and every 5 s while something waits |
//! | watches | nodes, members of raft |
//! | writes | the observed role |
//! | SwarmKit | `manager/role_manager.go` |
//!
//! A demoted manager leaves raft first. If that is the leader itself it hands leadership over,
//! and the next leader puts it out.
//!
//! **Invariant:** never asks for a removal that could cost the quorum.

use crate::orchestrator::after;
use crate::store::{Draft, StoreEvent};
use crate::{CANNOT_REMOVE, Members, RaftRequest, Store, Trace};
use api::{NodeId, NodeRole, Object, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Pause between two attempts.
const RECONCILE_US: u64 = 5_000_000;

/// What waits.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct RoleManager {
    pending: BTreeSet<NodeId>,
    /// Members of raft whose node object is gone.
    removed: BTreeSet<NodeId>,
    due: Option<Timestamp>,
    requests: Vec<RaftRequest>,
    /// Leadership is being handed over.
    transferring: bool,
    started: bool,
}

impl RoleManager {
    pub(crate) fn elected(store: &Store, now: Timestamp) -> Self {
        let pending = store
            .nodes()
            .filter(|node| node.spec.desired_role != node.role)
            .map(|node| node.id)
            .collect();
        Self { pending, due: Some(now), ..Self::default() }
    }

    pub(crate) fn on_event(&mut self, event: &StoreEvent, now: Timestamp) {
        let Object::Node(node) = event.object() else { return };
        if event.is_removal() {
            self.pending.remove(&node.id);
            self.removed.insert(node.id);
            self.due = Some(now);
        } else if node.spec.desired_role != node.role {
            self.pending.insert(node.id);
            self.due = Some(now);
        }
    }

    pub(crate) fn next_wakeup(&self) -> Option<Timestamp> {
        self.due
    }

    pub(crate) fn take_requests(&mut self) -> Vec<RaftRequest> {
        std::mem::take(&mut self.requests)
    }

    pub(crate) fn run(&mut self, draft: &mut Draft<'_>, members: &Members) {
        if members.list.is_empty() || self.due.is_none_or(|due| due > draft.now) {
            return;
        }
        self.due = None;
        if !self.started {
            self.started = true;
            let gone = members.list.iter().map(|member| member.node);
            self.removed.extend(gone.filter(|node| draft.node(*node).is_none()));
        }
        for node in std::mem::take(&mut self.removed) {
            if !self.evict(draft, members, node) {
                self.removed.insert(node);
            }
        }
        for node in std::mem::take(&mut self.pending) {
            if !self.reconcile(draft, members, node) {
                self.pending.insert(node);
            }
        }
        if !self.pending.is_empty() || !self.removed.is_empty() {
            self.due = Some(after(draft.now, RECONCILE_US));
        }
    }

    /// True: nothing is left to do for this node.
    fn reconcile(&mut self, draft: &mut Draft<'_>, members: &Members, id: NodeId) -> bool {
        let Some(node) = draft.node(id) else { return true };
        let wanted = node.spec.desired_role;
        if wanted == node.role {
            return true;
        }
        if wanted == NodeRole::Worker && !self.evict(draft, members, id) {
            return false;
        }
        draft.update_node(id, |node| node.role = wanted);
        draft.why(Trace::Role { node: id, role: wanted });
        true
    }

    /// True once the node is no member of raft.
    fn evict(&mut self, draft: &mut Draft<'_>, members: &Members, node: NodeId) -> bool {
        let Some(member) = members.of_node(node) else { return true };
        if !members.can_remove(member.raft_id) {
            draft.why(Trace::RoleWaits { node, why: CANNOT_REMOVE.to_owned() });
            return false;
        }
        if member.raft_id == members.me
            && let Some(next) = members.longest_active()
            && !self.transferring
        {
            self.transferring = true;
            self.requests.push(RaftRequest::TransferLeader { to: next.raft_id });
        } else {
            // also when a transfer did not work: then it just goes
            self.requests.push(RaftRequest::RemoveMember { raft_id: member.raft_id });
        }
        false
    }

    /// The members changed: what waited for a removal can go on.
    pub(crate) fn on_members(&mut self, now: Timestamp) {
        if !self.pending.is_empty() || !self.removed.is_empty() || !self.started {
            self.due = Some(now);
        }
    }
}
