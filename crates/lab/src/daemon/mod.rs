//! What dockerd does itself with a request, before and after the engine and the leader
//! (moby `daemon/cluster`, `api/server/router`).
//!
//! | | |
//! |---|---|
//! | runs on | every machine with a living daemon |
//! | moby | `daemon/cluster`, `daemon/cluster/convert`, `api/server/router/network` |
//! | `texts` | its words |
//! | `resolve`, `filter` | references, `--filter` |
//! | `steps`, `control` | one swarm call after the other, the way to the leader |
//!
//! A request for the swarm is a [`SwarmCall`]: data that says what was learned so far, and a
//! function from that to the next step. Nothing waits.
//!
//! **Invariant:** the store is never read here; everything comes from the leader's answers.

mod control;
mod defaults;
pub(crate) mod filter;
mod info;
mod networks;
pub(crate) mod resolve;
mod steps;
pub(crate) use steps::service_status as counts;
pub(crate) mod texts;

use crate::lab::{Call, Lab, Work};
use crate::{CallId, Machine};
use api::{
    ApiError, Config, ControlRequest, Network, Node, Request, Response, Secret, Service, Task,
};
use engine::FetchReply;
use engine::registry::Reference;
use serde::{Deserialize, Serialize};
use share::Rc;

/// What a swarm call has learned so far.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Learned {
    pub(crate) nodes: Option<Vec<Rc<Node>>>,
    pub(crate) services: Option<Vec<Rc<Service>>>,
    pub(crate) tasks: Option<Vec<Rc<Task>>>,
    pub(crate) networks: Option<Vec<Rc<Network>>>,
    pub(crate) secrets: Option<Vec<Rc<Secret>>>,
    pub(crate) configs: Option<Vec<Rc<Config>>>,
    pub(crate) cluster: Option<Rc<api::Cluster>>,
    pub(crate) unlock_key: Option<String>,
    /// The engine's own half of the answer.
    pub(crate) local: Option<Result<Box<Response>, ApiError>>,
    /// The registry's word on the image.
    pub(crate) digest: Option<Box<FetchReply>>,
    /// The write is done: the new object's id, if it made one.
    pub(crate) done: Option<String>,
    /// A prune: which of the swarm's unused networks, in their order, could be removed.
    pub(crate) removed: Vec<bool>,
    pub(crate) subscribed: bool,
    /// The leader's refusal, for those who can go on without an answer.
    pub(crate) refused: Option<ApiError>,
}

/// A request for the swarm under way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SwarmCall {
    pub(crate) request: Request,
    pub(crate) learned: Learned,
    /// A name drawn for a service without one.
    pub(crate) name: Option<String>,
}

/// What a swarm call needs next.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Next {
    /// Ask the leader.
    Ask(ControlRequest),
    /// Ask the engine.
    Local(Request),
    /// Ask the registry.
    Registry(Reference),
    /// Log lines follow; the end comes with the last one.
    Stream,
    /// That is the answer.
    Answer(Result<Response, ApiError>),
}

impl Lab {
    /// A request reaches a daemon.
    #[expect(clippy::wildcard_enum_match_arm, reason = "what is not the swarm's is the engine's")]
    pub(crate) fn begin_call(&mut self, call: CallId, machine: Machine, request: Request) {
        match &request {
            Request::SwarmInit(init) => {
                self.entering_call(call, machine);
                self.swarm_init(call, machine, init);
            }
            Request::SwarmJoin(join) => {
                self.entering_call(call, machine);
                self.swarm_join(call, machine, join);
            }
            Request::SwarmLeave { force } => {
                self.entering_call(call, machine);
                self.swarm_leave(call, machine, *force);
            }
            Request::SwarmUnlock { key } => {
                self.entering_call(call, machine);
                self.swarm_unlock(call, machine, key);
            }
            _ if steps::concerns_swarm(&request, self.is_active_manager(machine)) => {
                let name = self.name_for(machine, &request);
                let work = SwarmCall { request, learned: Learned::default(), name };
                let since = self.now;
                self.calls.insert(call, Call { machine, since, work: Work::Swarm(Box::new(work)) });
                if let Err(error) = self.may_answer(machine, call) {
                    self.finish(call, Err(error));
                    return;
                }
                self.go_on(call);
            }
            _ => {
                let (since, now) = (self.now, self.now);
                self.calls.insert(call, Call { machine, since, work: Work::Engine });
                if let Some(m) = self.at_mut(machine) {
                    m.engine.handle(call.0, request, now, &mut m.rng);
                }
            }
        }
    }

    /// Its manager part runs and it is not locked.
    pub(crate) fn is_active_manager(&self, machine: Machine) -> bool {
        self.at(machine).and_then(|m| m.node.as_ref()).is_some_and(|node| {
            node.state == api::LocalNodeState::Active
                && node.manager.as_ref().is_some_and(|p| p.raft.is_some())
        })
    }

    /// `docker service create` without `--name`: moby's generator, once.
    fn name_for(&mut self, machine: Machine, request: &Request) -> Option<String> {
        let Request::ServiceCreate { spec, .. } = request else { return None };
        if !spec.annotations.name.is_empty() {
            return None;
        }
        let m = self.at_mut(machine)?;
        Some(engine::names::random_name(0, m.rng.stream("service-name")))
    }

    /// Only a manager that takes part answers for the swarm.
    fn may_answer(&self, machine: Machine, call: CallId) -> Result<(), ApiError> {
        let Some(Work::Swarm(work)) = self.calls.get(&call).map(|c| &c.work) else {
            return Ok(());
        };
        if steps::works_without_manager(&work.request) {
            return Ok(());
        }
        let Some(node) = self.at(machine).and_then(|m| m.node.as_ref()) else {
            return Err(steps::no_swarm(&work.request));
        };
        if node.state == api::LocalNodeState::Locked {
            return Err(texts::unavailable(texts::LOCKED));
        }
        if node.state == api::LocalNodeState::Error {
            return Err(texts::unavailable(texts::EXPIRED));
        }
        match &node.manager {
            None => Err(texts::unavailable(texts::WORKER)),
            Some(manager) if manager.raft.is_none() => Err(texts::unavailable(texts::PREPARING)),
            Some(_) => Ok(()),
        }
    }

    /// Takes the next step of a swarm call.
    pub(crate) fn go_on(&mut self, call: CallId) {
        let Some(open) = self.calls.get(&call) else { return };
        let machine = open.machine;
        let Work::Swarm(work) = &open.work else { return };
        let active = self.is_active_manager(machine);
        let own = self.at(machine).and_then(|m| m.node_id());
        let next = steps::next(work, active, own);
        match next {
            Next::Ask(request) => self.ask_leader(call, machine, request),
            Next::Local(request) => {
                let now = self.now;
                if let Some(m) = self.at_mut(machine) {
                    m.engine.handle(call.0, request, now, &mut m.rng);
                }
            }
            Next::Registry(reference) => {
                let (reply, after) = self.registry(machine, &reference);
                let reply = Box::new(reply);
                self.after(after, crate::event::Event::Digest { call, reply });
            }
            Next::Stream => {}
            Next::Answer(result) => {
                let result = result.map(|response| self.fill_in(machine, call, response));
                self.finish(call, result);
            }
        }
    }

    fn learned(&mut self, call: CallId) -> Option<&mut Learned> {
        match self.calls.get_mut(&call).map(|c| &mut c.work) {
            Some(Work::Swarm(work)) => Some(&mut work.learned),
            Some(Work::Engine | Work::Entering) | None => None,
        }
    }

    /// The engine's half of a swarm call.
    pub(crate) fn engine_part(&mut self, call: CallId, result: Result<Response, ApiError>) {
        if let Some(learned) = self.learned(call) {
            learned.local = Some(result.map(Box::new));
            self.go_on(call);
        }
    }

    /// The registry's word on the image of a service.
    pub(crate) fn digest_answer(&mut self, call: CallId, reply: &FetchReply) {
        let Some(machine) = self.calls.get(&call).map(|c| c.machine) else { return };
        if let Some(learned) = self.learned(call) {
            learned.digest = Some(Box::new(reply.clone()));
            self.go_on(call);
        }
        self.drain(machine);
    }

    /// A call waited for time to pass.
    pub(crate) fn resume_call(&mut self, call: CallId) {
        let Some(machine) = self.calls.get(&call).map(|c| c.machine) else { return };
        self.go_on(call);
        self.drain(machine);
    }
}
