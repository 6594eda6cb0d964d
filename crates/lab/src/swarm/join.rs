//! A machine's way into a swarm: certificate, raft membership, renewal, and what each answer
//! or silence leads to (SwarmKit `ca`, `node`, `manager/state/raft`).

use super::*;

impl Lab {
    /// Something that goes on by itself.
    pub(crate) fn swarm_step(&mut self, machine: Machine, step: SwarmStep) {
        match step {
            SwarmStep::Certificate => self.ask_certificate(machine),
            SwarmStep::JoinFailed if self.joins_for(machine) < JOIN_GIVES_UP_US => {}
            SwarmStep::JoinFailed => self.join_failed(machine),
            SwarmStep::JoinTimeout if self.joins_for(machine) < JOIN_TIMEOUT_US => {}
            SwarmStep::JoinTimeout => {
                let waiting = self
                    .at_mut(machine)
                    .and_then(|m| m.node.as_mut())
                    .and_then(|n| n.entering.as_mut())
                    .and_then(|e| e.call.take());
                if let Some(call) = waiting {
                    self.finish(call, Err(unavailable(texts::JOIN_TIMEOUT)));
                }
            }
            SwarmStep::Open => {
                if let Some(m) = self.at_mut(machine) {
                    m.opening = false;
                }
            }
            SwarmStep::Resend(peer) => self.resend(machine, peer),
            SwarmStep::JoinRaft => self.ask_join_raft(machine),
            SwarmStep::Renew => self.ask_renewal(machine),
            SwarmStep::RenewInTime => self.renew_in_time(machine),
            SwarmStep::Rejoin => self.rejoin(machine),
            SwarmStep::Left => self.left(machine),
        }
    }

    /// How long the present join has been going on (an earlier one's alarms may still ring).
    pub(super) fn joins_for(&self, machine: Machine) -> u64 {
        let entering = self.at(machine).and_then(|m| m.node.as_ref()?.entering.as_ref());
        entering.map_or(0, |e| self.now.since_us(e.since))
    }

    pub(super) fn ask(&mut self, machine: Machine, addr: &str, about: About, request: JoinRequest) {
        let rpc = Rpc(self.number());
        let since = self.now;
        let patience = match about {
            About::JoinRaft => JOIN_RAFT_US,
            About::Certificate | About::Renew | About::Probe | About::Control(..) => CA_US,
        };
        // its answer may get lost, or the one asked may die over it
        self.after(patience, Event::Deadline { rpc });
        self.rpcs.insert(rpc, Question { origin: machine, since, about, asked: None });
        let wire = Wire::Join { rpc, origin: machine, proxied: false, request: Box::new(request) };
        self.send_to(machine, addr, wire);
    }

    pub(super) fn ask_certificate(&mut self, machine: Machine) {
        let entering = self.at(machine).and_then(|m| m.node.as_ref()?.entering.clone());
        let Some(entering) = entering else { return };
        let request = JoinRequest::IssueCertificate {
            token: entering.token,
            availability: entering.availability,
        };
        self.ask(machine, &entering.remote, About::Certificate, request);
    }

    pub(super) fn join_failed(&mut self, machine: Machine) {
        let Some(m) = self.at_mut(machine) else { return };
        let Some(entering) = m.node.as_mut().and_then(|n| n.entering.take()) else { return };
        m.node = None;
        let error = entering.failure.unwrap_or_else(texts::deadline);
        self.note(Some(machine), TraceEvent::JoinFailed(error.clone()));
        if let Some(call) = entering.call {
            self.finish(call, Err(error));
        }
    }

    pub(super) fn a_manager(&mut self, machine: Machine) -> Option<String> {
        let m = self.at_mut(machine)?;
        let node = m.node.as_mut()?;
        let me = node.certificate.as_ref().map(|c| c.node);
        let others: Vec<String> = node
            .managers
            .iter()
            .filter(|(id, _)| Some(*id) != me)
            .map(|(_, addr)| addr.clone())
            .collect();
        let count = u32::try_from(others.len()).unwrap_or(0);
        let picked = m.rng.stream("remotes").pick(count)?;
        others.get(picked as usize).cloned()
    }

    pub(super) fn ask_join_raft(&mut self, machine: Machine) {
        let Some(node) = self.at(machine).and_then(|m| m.node.as_ref()) else { return };
        let waits = node.manager.as_ref().is_some_and(|p| p.raft.is_none() && !p.removed);
        let (Some(certificate), true) = (&node.certificate, waits) else { return };
        let (me, addr) = (certificate.node, node.addr.clone());
        let Some(remote) = self.a_manager(machine) else {
            return self.step_later(machine, SwarmStep::JoinRaft);
        };
        let request = JoinRequest::JoinRaft { node: me, addr };
        self.ask(machine, &remote, About::JoinRaft, request);
    }

    pub(super) fn ask_renewal(&mut self, machine: Machine) {
        let Some(node) = self.at(machine).and_then(|m| m.node.as_ref()) else { return };
        let (Some(certificate), Some(_)) = (&node.certificate, node.renewing) else { return };
        let (me, own) = (certificate.node, node.addr.clone());
        let leads = node.manager.as_ref().is_some_and(Manager::leads);
        let remote = if leads { Some(own) } else { self.a_manager(machine) };
        match remote {
            Some(to) => {
                self.ask(machine, &to, About::Renew, JoinRequest::RenewCertificate { node: me });
            }
            None => self.step_later(machine, SwarmStep::Renew),
        }
    }

    /// It knows nobody to ask yet.
    pub(super) fn step_later(&mut self, machine: Machine, step: SwarmStep) {
        let boot = self.at(machine).map_or(0, |m| m.boot);
        self.after(RETRY_US, Event::Swarm { machine, boot, step });
    }

    /// The answer to something a (future) node asked.
    pub(crate) fn join_answer(
        &mut self,
        machine: Machine,
        from: Machine,
        rpc: Rpc,
        answer: Result<Box<JoinResponse>, ApiError>,
    ) {
        let Some(question) = self.rpcs.remove(&rpc) else { return };
        match question.about {
            About::Certificate => self.certificate_answer(machine, from, answer),
            About::JoinRaft => self.join_raft_answer(machine, answer),
            About::Renew => self.renewal_answer(machine, answer),
            About::Probe => self.probe_answered(machine, rpc, answer.is_ok()),
            About::Control(..) => {}
        }
    }

    /// No answer, or not from one who could give it.
    pub(crate) fn join_broken(&mut self, machine: Machine, to: Machine, rpc: Rpc, why: Broken) {
        let Some(question) = self.rpcs.remove(&rpc) else { return };
        let boot = self.at(machine).map_or(0, |m| m.boot);
        let step = match question.about {
            About::Certificate => {
                self.certificate_broken(machine, to, why);
                return;
            }
            About::JoinRaft => SwarmStep::JoinRaft,
            About::Renew => SwarmStep::Renew,
            About::Probe => {
                self.probe_answered(machine, rpc, false);
                return;
            }
            About::Control(..) => return,
        };
        self.after(RETRY_US, Event::Swarm { machine, boot, step });
    }

    pub(super) fn certificate_broken(&mut self, machine: Machine, _to: Machine, why: Broken) {
        let remote = self
            .at(machine)
            .and_then(|m| m.node.as_ref()?.entering.as_ref().map(|e| e.remote.clone()));
        let Some(remote) = remote else { return };
        match why {
            Broken::Refused | Broken::NotLeader => {
                let text = format!(
                    "connection error: desc = \"transport: Error while dialing dial tcp {remote}: \
                     connect: connection refused\""
                );
                self.certificate_refused(machine, ApiError::rpc(Code::Unavailable, text));
            }
            Broken::Silent => {
                let boot = self.at(machine).map_or(0, |m| m.boot);
                let step = SwarmStep::Certificate;
                self.after(JOIN_RETRY_US, Event::Swarm { machine, boot, step });
            }
        }
    }

    pub(super) fn certificate_refused(&mut self, machine: Machine, error: ApiError) {
        let now = self.now;
        let boot = self.at(machine).map_or(0, |m| m.boot);
        let entering =
            self.at_mut(machine).and_then(|m| m.node.as_mut()).and_then(|n| n.entering.as_mut());
        let Some(entering) = entering else { return };
        entering.failure = Some(error);
        let (since, waiting) = (entering.since, entering.call.is_some());
        let next = Timestamp(now.0 + JOIN_RETRY_US);
        let (at, step) = if waiting && next.since_us(since) > JOIN_GIVES_UP_US + 1_000_000 {
            (Timestamp(since.0 + JOIN_GIVES_UP_US + 80_000).max(now), SwarmStep::JoinFailed)
        } else {
            (next, SwarmStep::Certificate)
        };
        self.schedule(at, Event::Swarm { machine, boot, step });
    }

    pub(super) fn certificate_answer(
        &mut self,
        machine: Machine,
        from: Machine,
        answer: Result<Box<JoinResponse>, ApiError>,
    ) {
        let certificate = match answer.map(|r| *r) {
            Ok(JoinResponse::Certificate(certificate)) => certificate,
            Ok(JoinResponse::Joined { .. } | JoinResponse::Healthy) => return,
            Err(error) => {
                self.certificate_refused(machine, error);
                return;
            }
        };
        let remote_node = self.at(from).and_then(|m| m.node_id());
        let remote_managers = self.at(from).and_then(|m| m.manager()).map(|p| p.members().list);
        let Some(m) = self.at_mut(machine) else { return };
        let description = description(&m.config, &certificate);
        let Some(node) = m.node.as_mut() else { return };
        let Some(entering) = node.entering.as_ref() else { return };
        node.managers = remote_node.map(|id| (id, entering.remote.clone())).into_iter().collect();
        for member in remote_managers.into_iter().flatten() {
            if node.managers.iter().all(|(id, _)| *id != member.node) {
                node.managers.push((member.node, member.addr));
            }
        }
        let managers = node.managers.clone();
        node.agent = Some(Agent::new(certificate.node, description, managers));
        let role = certificate.role;
        node.certificate = Some(certificate);
        self.plan_renewal(machine);
        let Some(node) = self.at_mut(machine).and_then(|m| m.node.as_mut()) else { return };
        if role == NodeRole::Manager {
            node.manager = Some(Manager::new());
            self.swarm_step(machine, SwarmStep::JoinRaft);
        }
    }

    pub(super) fn join_raft_answer(
        &mut self,
        machine: Machine,
        answer: Result<Box<JoinResponse>, ApiError>,
    ) {
        let boot = self.at(machine).map_or(0, |m| m.boot);
        let joined = match answer.map(|r| *r) {
            Ok(JoinResponse::Joined { raft_id, members }) => Some((raft_id, members)),
            Ok(JoinResponse::Certificate(_) | JoinResponse::Healthy) | Err(_) => None,
        };
        let Some((id, members)) = joined else {
            let step = SwarmStep::JoinRaft;
            self.after(RETRY_US, Event::Swarm { machine, boot, step });
            return;
        };
        let Some(m) = self.at_mut(machine) else { return };
        let Some(manager) = m.node.as_mut().and_then(|n| n.manager.as_mut()) else { return };
        if manager.raft.is_none() {
            manager.book = members.into_iter().map(|(id, _, addr)| (id, addr)).collect();
            let config = raft_config(manager);
            manager.raft = Some(Raft::new(id, config, &mut draw(m.rng.stream("election"))));
        }
        self.start_ticks(machine);
    }

    pub(super) fn renewal_answer(
        &mut self,
        machine: Machine,
        answer: Result<Box<JoinResponse>, ApiError>,
    ) {
        let boot = self.at(machine).map_or(0, |m| m.boot);
        let Ok(JoinResponse::Certificate(certificate)) = answer.map(|r| *r) else {
            let step = SwarmStep::Renew;
            self.after(RETRY_US, Event::Swarm { machine, boot, step });
            return;
        };
        let Some(node) = self.at_mut(machine).and_then(|m| m.node.as_mut()) else { return };
        let wanted = node.renewing.take();
        let role = certificate.role;
        if wanted.is_some_and(|wanted| wanted != role) {
            node.renewing = wanted;
            let step = SwarmStep::Renew;
            self.after(RETRY_US, Event::Swarm { machine, boot, step });
            return;
        }
        let not_after = certificate.not_after;
        let before = node.certificate.replace(certificate);
        self.plan_renewal(machine);
        if before.is_some_and(|before| before.role == role) {
            self.note(Some(machine), TraceEvent::CertificateRenewed { not_after });
            return;
        }
        self.note(Some(machine), TraceEvent::RoleChanged { role });
        match role {
            NodeRole::Manager => {
                let Some(node) = self.at_mut(machine).and_then(|m| m.node.as_mut()) else { return };
                if node.manager.is_none() {
                    node.manager = Some(Manager::new());
                    self.swarm_step(machine, SwarmStep::JoinRaft);
                }
            }
            NodeRole::Worker => self.stop_manager(machine),
        }
    }
}
