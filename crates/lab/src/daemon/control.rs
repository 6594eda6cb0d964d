//! The way of a control call to the leader (SwarmKit `protobuf/plugin/raftproxy`,
//! `manager/state/raft`, `LeaderConn`).
//!
//! On the leader's own machine the call is local. Elsewhere it is passed on; while nobody is
//! known to lead, the manager looks again every second; when the connection to the leader
//! breaks, every half second; after twenty seconds the daemon gives up.

use super::texts;
use crate::event::{Broken, Event, Rpc, Wire};
use crate::lab::{About, Lab, Question, Work};
use crate::{Answer, CallId, Machine};
use api::dispatch::LogLine;
use api::{ApiError, Code, ControlRequest, ControlResponse, Item, Request, Response, Timestamp};

const NO_LEADER_RETRY_US: u64 = 1_000_000;
const NEW_LEADER_RETRY_US: u64 = 500_000;
const DEADLINE_US: u64 = 20_000_000;
/// A stream that says nothing is asked whether it lives (TCP's keepalive, as Go sets it).
const KEEPALIVE_US: u64 = 15_000_000;
/// More ticks than this without a leader, and a call fails at once.
const LOST_QUORUM_TICKS: u32 = 10;

impl Lab {
    /// Sends a control call to whoever leads.
    pub(crate) fn ask_leader(&mut self, call: CallId, machine: Machine, request: ControlRequest) {
        let rpc = Rpc(self.number());
        let about = About::Control(call, Box::new(request));
        let since = self.now;
        self.rpcs.insert(rpc, Question { origin: machine, since, about, asked: None });
        self.after(DEADLINE_US, Event::Deadline { rpc });
        self.route_control(rpc, true);
    }

    fn route_control(&mut self, rpc: Rpc, first: bool) {
        let Some(question) = self.rpcs.get(&rpc) else { return };
        let (origin, About::Control(_, request)) = (question.origin, &question.about) else {
            return;
        };
        let request = request.clone();
        let manager = self.at(origin).filter(|m| m.daemon_up()).and_then(|m| m.manager());
        let Some(manager) = manager else {
            self.control_failed(rpc, texts::unavailable(texts::PREPARING));
            return;
        };
        let leads = manager.leads();
        let leader = manager.leader_addr().map(str::to_owned);
        let lost = manager.ticks_without_leader > LOST_QUORUM_TICKS;
        match (leads, leader) {
            (true, _) => {
                self.set_asked(rpc, origin);
                let wire = Wire::Control { rpc, origin, request };
                self.transmit(origin, origin, wire);
            }
            (false, Some(addr)) => {
                let to = self.machine_at(crate::machine::host_of(&addr));
                if let Some(to) = to {
                    self.set_asked(rpc, to);
                }
                self.send_to(origin, &addr, Wire::Control { rpc, origin, request });
            }
            (false, None) if lost && first => self.control_failed(rpc, texts::no_leader()),
            (false, None) => {
                self.after(NO_LEADER_RETRY_US, Event::Retry { rpc });
            }
        }
    }

    fn set_asked(&mut self, rpc: Rpc, to: Machine) {
        if let Some(question) = self.rpcs.get_mut(&rpc) {
            question.asked = Some(to);
        }
    }

    /// A waiting call looks for a leader again.
    pub(crate) fn retry_control(&mut self, rpc: Rpc) {
        let Some(origin) = self.rpcs.get(&rpc).map(|q| q.origin) else { return };
        self.route_control(rpc, false);
        self.drain(origin);
    }

    /// The one asked does not lead, or is gone. Mere silence tells nobody that it is: the call
    /// waits for its deadline (recording c_failures: the leader's cable pulled, asked at once).
    pub(crate) fn control_broken(&mut self, rpc: Rpc, to: Machine, why: Broken) {
        if why == Broken::Silent {
            return;
        }
        let Some(question) = self.rpcs.get_mut(&rpc) else { return };
        if question.asked == Some(to) {
            question.asked = None;
            self.after(NEW_LEADER_RETRY_US, Event::Retry { rpc });
        }
    }

    /// A question has been open for as long as it may be.
    pub(crate) fn deadline(&mut self, rpc: Rpc) {
        let Some(question) = self.rpcs.get(&rpc) else { return };
        let (origin, asked) = (question.origin, question.asked);
        match &question.about {
            About::Control(call, _) => match self.calls.get(call).map(|c| &c.work) {
                Some(Work::Swarm(work)) if work.learned.subscribed => {
                    if asked.is_some_and(|to| self.still_streams(to, rpc)) {
                        self.after(KEEPALIVE_US, Event::Deadline { rpc });
                        return;
                    }
                    let text = "transport is closing";
                    self.control_failed(rpc, ApiError::rpc(Code::Unavailable, text));
                }
                Some(_) | None => self.control_failed(rpc, texts::deadline()),
            },
            About::Certificate | About::JoinRaft | About::Renew | About::Probe => {
                self.join_broken(origin, origin, rpc, Broken::Silent);
            }
        }
        self.drain(origin);
    }

    /// Whether a leader still has the other end of a stream of logs.
    fn still_streams(&self, leader: Machine, rpc: Rpc) -> bool {
        self.at(leader).filter(|m| m.daemon_up()).and_then(|m| m.manager()).is_some_and(|p| {
            p.leads() && p.subscriptions.values().any(|(reader, _)| *reader == rpc)
        })
    }

    fn control_failed(&mut self, rpc: Rpc, error: ApiError) {
        self.control_answer(rpc, Err(error));
    }

    /// The leader's answer to a call of this daemon.
    pub(crate) fn control_answer(
        &mut self,
        rpc: Rpc,
        answer: Result<Box<ControlResponse>, ApiError>,
    ) {
        let Some(question) = self.rpcs.get(&rpc) else { return };
        let About::Control(call, _) = &question.about else { return };
        let call = *call;
        let subscribed = matches!(answer.as_deref(), Ok(ControlResponse::Subscribed(_)));
        if !subscribed {
            self.rpcs.remove(&rpc);
        }
        let Some(Work::Swarm(work)) = self.calls.get_mut(&call).map(|c| &mut c.work) else {
            return;
        };
        let prunes = matches!(work.request, Request::NetworkPrune { .. });
        let learned = &mut work.learned;
        match answer.map(|a| *a) {
            result if prunes && learned.networks.is_some() => learned.removed.push(result.is_ok()),
            Ok(response) => take(learned, response),
            Err(error) => learned.refused = Some(error),
        }
        self.go_on(call);
    }

    /// Log lines of a subscription.
    pub(crate) fn logs_arrive(&mut self, rpc: Rpc, lines: Vec<LogLine>, done: bool) {
        let Some(question) = self.rpcs.get(&rpc) else { return };
        let About::Control(call, _) = &question.about else { return };
        let call = *call;
        if self.calls.contains_key(&call) {
            for line in lines {
                self.answers.push((call, Answer::Item(Item::Log(line))));
            }
        }
        if done {
            self.rpcs.remove(&rpc);
            self.finish(call, Ok(Response::Done));
        }
    }

    /// Nobody waits for a call's answers any more.
    pub(crate) fn forget_call(&mut self, call: CallId, machine: Machine) {
        let now = self.now;
        self.rpcs.retain(|_, q| !matches!(&q.about, About::Control(c, _) if *c == call));
        if let Some(m) = self.at_mut(machine) {
            m.engine.cancel(call.0, now);
        }
    }

    /// A daemon died: what it was asked and what it asked is void.
    pub(crate) fn forget_machine(&mut self, machine: Machine) {
        self.rpcs.retain(|_, q| q.origin != machine);
        let open: Vec<CallId> =
            self.calls.iter().filter(|(_, c)| c.machine == machine).map(|(id, _)| *id).collect();
        for call in open {
            self.calls.remove(&call);
            self.answers.push((call, Answer::NoDaemon));
        }
    }

    /// A control call arrives at a manager.
    pub(crate) fn control_arrives(
        &mut self,
        machine: Machine,
        rpc: Rpc,
        origin: Machine,
        request: ControlRequest,
    ) {
        let now: Timestamp = self.now;
        let Some(m) = self.at_mut(machine) else { return };
        let rng = &mut m.rng;
        let manager = m.node.as_mut().and_then(|n| n.manager.as_mut());
        if let Some(manager) = manager
            && manager.leader.is_some()
        {
            let members = manager.members();
            manager.callers.insert(rpc, origin);
            if let Some(leader) = &mut manager.leader {
                leader.handle_control(rpc.0, request, &manager.store, &members, now, rng);
            }
        } else {
            self.transmit(machine, origin, Wire::NotLeader { rpc });
        }
    }
}

fn take(learned: &mut super::Learned, response: ControlResponse) {
    match response {
        ControlResponse::Done => learned.done = Some(String::new()),
        ControlResponse::Cluster(cluster) => {
            learned.cluster = Some(cluster);
            learned.done = Some(String::new());
        }
        ControlResponse::UnlockKey(key) => learned.unlock_key = Some(key),
        ControlResponse::Nodes(list) => learned.nodes = Some(list),
        ControlResponse::Node(one) => learned.done = Some(one.id.to_string()),
        ControlResponse::Services(list) => learned.services = Some(list),
        ControlResponse::Service(one) => learned.done = Some(one.id.to_string()),
        ControlResponse::Tasks(list) => learned.tasks = Some(list),
        ControlResponse::Task(one) => learned.done = Some(one.id.to_string()),
        ControlResponse::Networks(list) => learned.networks = Some(list),
        ControlResponse::Network(one) => learned.done = Some(one.id.to_string()),
        ControlResponse::Secrets(list) => learned.secrets = Some(list),
        ControlResponse::Secret(one) => learned.done = Some(one.id.to_string()),
        ControlResponse::Configs(list) => learned.configs = Some(list),
        ControlResponse::Config(one) => learned.done = Some(one.id.to_string()),
        ControlResponse::Subscribed(_) => learned.subscribed = true,
    }
}
