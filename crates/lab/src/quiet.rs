//! Whether anything is still going on: what `@settle` waits for.

use crate::lab::{Lab, Work};
use crate::machine::MachineState;
use api::{LocalNodeState, NodeState, TaskState, UpdateState};

impl Lab {
    /// Nothing is under way but heartbeats and ticks: no call waits, every task is where it
    /// should be, no update runs, every node's status is what it will stay.
    #[must_use]
    pub fn quiet(&self) -> bool {
        let waits = self.calls.values().any(|call| match &call.work {
            Work::Entering => true,
            Work::Swarm(work) => !work.learned.subscribed,
            Work::Engine => false,
        });
        let entering = self.machines.iter().any(|m| {
            m.powered
                && m.node.as_ref().is_some_and(|n| {
                    n.entering.is_some() || n.renewing.is_some() || n.leaving.is_some()
                })
        });
        !waits && !entering && !self.starting() && self.requests.is_empty() && self.swarm_quiet()
    }

    fn starting(&self) -> bool {
        self.machines.iter().any(|m| m.powered && !m.frozen && (m.starting || unsettled(m)))
    }

    fn swarm_quiet(&self) -> bool {
        let Some(swarm) = &self.view.swarm else { return true };
        if !swarm.has_quorum() {
            return true;
        }
        if swarm.leader.is_none() {
            return false;
        }
        let tasks = swarm.tasks.iter().all(|task| {
            let (wanted, is) = (task.desired_state, task.status.state);
            // it waits for a known reason, not for the scheduler
            let placed = !task.status.err.is_empty();
            let node_down = task
                .node_id
                .and_then(|id| swarm.node(id))
                .is_none_or(|n| n.status.state == NodeState::Down);
            match wanted {
                TaskState::Running | TaskState::Complete => {
                    is >= TaskState::Running || (is == TaskState::Pending && placed)
                }
                TaskState::Ready => false,
                TaskState::New
                | TaskState::Pending
                | TaskState::Assigned
                | TaskState::Accepted
                | TaskState::Preparing
                | TaskState::Starting
                | TaskState::Shutdown
                | TaskState::Failed
                | TaskState::Rejected
                | TaskState::Remove
                | TaskState::Orphaned => {
                    is > TaskState::Running || node_down || is < TaskState::Assigned
                }
            }
        });
        let services = swarm.services.iter().all(|s| {
            s.service.update_status.as_ref().is_none_or(|u| {
                !matches!(u.state, UpdateState::Updating | UpdateState::RollbackStarted)
            }) && s.running >= s.desired.min(s.running + pending(swarm, s.service.id))
        });
        let nodes = swarm.nodes.iter().all(|node| {
            let alive = self.view.machine_of(node.id).is_some_and(|m| {
                m.powered
                    && m.daemon
                    && !m.frozen
                    && m.link.plugged
                    && m.swarm == LocalNodeState::Active
            });
            match node.status.state {
                NodeState::Ready => alive,
                NodeState::Down => !alive,
                NodeState::Unknown | NodeState::Disconnected => false,
            }
        });
        tasks && services && nodes
    }
}

/// Tasks of a service that wait for a node for a known reason.
fn pending(swarm: &crate::SwarmView, service: api::ServiceId) -> u64 {
    let waiting = swarm.tasks.iter().filter(|t| {
        t.service_id == Some(service)
            && t.status.state == TaskState::Pending
            && !t.status.err.is_empty()
    });
    u64::try_from(waiting.count()).unwrap_or(u64::MAX)
}

/// Its daemon is on its way up, or its node on its way back.
fn unsettled(m: &MachineState) -> bool {
    m.node.as_ref().is_some_and(|n| {
        m.engine.is_up() && n.state == LocalNodeState::Pending && n.certificate.is_some()
    })
}
