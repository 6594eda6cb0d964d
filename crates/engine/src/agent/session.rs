//! The session with a dispatcher (SwarmKit `agent/session.go`, `agent/agent.go`).

use super::Agent;
use api::dispatch::ToDispatcher;
use api::{Node, NodeId, SessionId, Timestamp};
use serde::{Deserialize, Serialize};
use share::Rc;
use sim::Streams;

/// First back-off and what is added each time (`initialSessionFailureBackoff`).
const BACKOFF_US: u64 = 100_000;
/// Longest back-off (`maxSessionFailureBackoff`).
const BACKOFF_MAX_US: u64 = 8_000_000;
/// A call to the dispatcher that is not answered in that time has failed (`dispatcherRPCTimeout`).
const RPC_TIMEOUT_US: u64 = 5_000_000;
/// How far good or bad experience moves a manager's score, and its bounds.
const EXPERIENCE: u64 = 10;

/// A manager as this agent knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Remote {
    pub(super) node: NodeId,
    pub(super) addr: String,
    /// 1 after a failure, up to [`EXPERIENCE`] after a success: its share when one is drawn.
    score: u64,
}

impl Remote {
    pub(super) fn new((node, addr): (NodeId, String)) -> Self {
        Self { node, addr, score: EXPERIENCE }
    }
}

/// Where the session stands. In memory only.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Session {
    pub(super) state: State,
    /// The back-off before the last attempt.
    pub(super) backoff_us: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum State {
    /// Tries again at that time.
    Idle { at: Timestamp },
    /// Asked that manager.
    Asking { manager: String, until: Timestamp },
    /// Registered.
    Open {
        manager: String,
        id: SessionId,
        /// When the next heartbeat is due.
        beat: Timestamp,
        /// A heartbeat is under way and must be answered by then.
        unanswered: Option<Timestamp>,
    },
}

impl Default for State {
    fn default() -> Self {
        Self::Idle { at: Timestamp(0) }
    }
}

impl Session {
    pub(super) fn wakeup(&self) -> Option<Timestamp> {
        Some(match &self.state {
            State::Idle { at } => *at,
            State::Asking { until, .. } => *until,
            State::Open { beat, unanswered, .. } => unanswered.unwrap_or(*beat),
        })
    }
}

impl Agent {
    pub(super) fn poll_session(&mut self, now: Timestamp, rng: &mut Streams) {
        match &mut self.session.state {
            State::Idle { at } if *at <= now => self.register(now, rng),
            State::Asking { until, .. } if *until <= now => self.session_failed(now, rng),
            State::Open { unanswered: Some(until), .. } if *until <= now => {
                self.session_failed(now, rng);
            }
            State::Open { manager, id, beat, unanswered: unanswered @ None } if *beat <= now => {
                *unanswered = Some(Timestamp(now.0 + RPC_TIMEOUT_US));
                let message = ToDispatcher::Heartbeat { node: self.node, session: *id };
                self.messages.push((manager.clone(), message));
            }
            State::Idle { .. } | State::Asking { .. } | State::Open { .. } => {}
        }
    }

    fn register(&mut self, now: Timestamp, rng: &mut Streams) {
        let Some(manager) = self.pick_manager(rng) else {
            return self.session_failed(now, rng);
        };
        let message = ToDispatcher::Session {
            node: self.node,
            description: self.description.clone(),
            session: None,
        };
        self.messages.push((manager.clone(), message));
        let until = Timestamp(now.0 + RPC_TIMEOUT_US);
        self.session.state = State::Asking { manager, until };
    }

    /// The machine's own manager if it has one, else one drawn by experience.
    fn pick_manager(&self, rng: &mut Streams) -> Option<String> {
        if let Some(local) = &self.local {
            return Some(local.clone());
        }
        let sum: u64 = self.managers.iter().map(|remote| remote.score).sum();
        let draws = rng.stream(&format!("agent/{}", self.description.hostname));
        let mut drawn = draws.range(0, sum);
        for remote in &self.managers {
            if drawn < remote.score {
                return Some(remote.addr.clone());
            }
            drawn -= remote.score;
        }
        None
    }

    fn observe(&mut self, addr: &str, good: bool) {
        if let Some(remote) = self.managers.iter_mut().find(|remote| remote.addr == addr) {
            remote.score = if good { EXPERIENCE } else { 1 };
        }
    }

    /// The first message of a session, or a newer view of the node and the managers.
    pub(super) fn registered(
        &mut self,
        id: SessionId,
        node: Rc<Node>,
        managers: Vec<(NodeId, String)>,
        now: Timestamp,
    ) {
        self.object = Some(node);
        self.learn(managers);
        let manager = match &self.session.state {
            State::Asking { manager, .. } => manager.clone(),
            State::Open { id: own, .. } if *own == id => return,
            State::Open { manager, .. } => manager.clone(),
            // an answer to a question that was given up
            State::Idle { .. } => return,
        };
        self.observe(&manager, true);
        self.session.backoff_us = 0;
        self.session.state = State::Open { manager, id, beat: now, unanswered: None };
        for (task, worker) in &self.workers {
            self.unsent.insert(*task, worker.status.clone());
        }
    }

    fn learn(&mut self, managers: Vec<(NodeId, String)>) {
        if managers.is_empty() {
            return;
        }
        self.managers.retain(|remote| managers.iter().any(|(_, addr)| *addr == remote.addr));
        for (node, addr) in managers {
            match self.managers.iter_mut().find(|remote| remote.addr == addr) {
                Some(remote) => remote.node = node,
                None => self.managers.push(Remote::new((node, addr))),
            }
        }
    }

    pub(super) fn beat_answered(&mut self, period_ms: u64, now: Timestamp) {
        if let State::Open { beat, unanswered, .. } = &mut self.session.state {
            *beat = Timestamp(now.0 + period_ms * 1_000);
            *unanswered = None;
        }
    }

    /// The session is over: another attempt after a random part of the back-off.
    pub(super) fn session_failed(&mut self, now: Timestamp, rng: &mut Streams) {
        let manager = match &self.session.state {
            State::Asking { manager, .. } | State::Open { manager, .. } => Some(manager.clone()),
            State::Idle { at } if *at > now => return,
            State::Idle { .. } => None,
        };
        if let Some(manager) = manager {
            self.observe(&manager, false);
        }
        let backoff = (BACKOFF_US + 2 * self.session.backoff_us).min(BACKOFF_MAX_US);
        self.session.backoff_us = backoff;
        let draws = rng.stream(&format!("agent/{}", self.description.hostname));
        let at = Timestamp(now.0 + draws.range(0, backoff));
        self.session.state = State::Idle { at };
        self.subscriptions.clear();
    }

    /// The attempt that it waits for, and how long it might have been drawn to wait, µs.
    #[must_use]
    pub const fn retry(&self) -> Option<(Timestamp, u64)> {
        match self.session.state {
            State::Idle { at } => Some((at, self.session.backoff_us)),
            State::Asking { .. } | State::Open { .. } => None,
        }
    }

    /// Answers the draw of that wait anew: for replays of a recorded return.
    pub fn redraw_retry(&mut self, to: Timestamp) {
        if let State::Idle { at } = &mut self.session.state {
            *at = to;
        }
    }

    /// When it beats next, if it waits for that.
    #[must_use]
    pub const fn next_beat(&self) -> Option<Timestamp> {
        match self.session.state {
            State::Open { beat, unanswered: None, .. } => Some(beat),
            State::Open { .. } | State::Idle { .. } | State::Asking { .. } => None,
        }
    }

    /// Answers the draw of the period between two beats anew.
    pub fn redraw_beat(&mut self, to: Timestamp) {
        if let State::Open { beat, .. } = &mut self.session.state {
            *beat = to;
        }
    }

    /// The connection to the manager broke (it died, the link is cut, it refused).
    pub fn disconnected(&mut self, now: Timestamp, rng: &mut Streams) {
        self.session_failed(now, rng);
    }

    /// Sends the statuses that have changed, if there is a session.
    pub(super) fn report(&mut self) {
        let State::Open { manager, id, .. } = &self.session.state else {
            return;
        };
        if self.unsent.is_empty() {
            return;
        }
        let message = ToDispatcher::UpdateTaskStatus {
            node: self.node,
            session: *id,
            updates: std::mem::take(&mut self.unsent).into_iter().collect(),
        };
        self.messages.push((manager.clone(), message));
    }

    /// A message for the manager of the open session.
    pub(super) fn send(&mut self, message: ToDispatcher) {
        if let State::Open { manager, .. } = &self.session.state {
            self.messages.push((manager.clone(), message));
        }
    }
}
