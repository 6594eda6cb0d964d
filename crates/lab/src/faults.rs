//! Doing a [`Fault`] to the machines.
//!
//! **Left out:** clocks that go wrong; disks that fill up by themselves: one is full or is not.

use crate::event::{Event, SwarmStep, Wire};
use crate::lab::Lab;
use crate::machine::SwarmNode;
use crate::swarm::JOIN_TIMEOUT_US;
use crate::trace::TraceEvent;
use crate::{Fault, FaultError, Machine};
use api::{ContainerStatusWord, Request};
use sim::{Host, Span};

/// A daemon that is to start looks so often whether the last one has ended.
const STOPPING_US: u64 = 100_000;

impl Lab {
    /// Does something to the machines from outside, at once.
    ///
    /// # Errors
    /// When there is nothing to do it to.
    pub fn fault(&mut self, fault: &Fault) -> Result<(), FaultError> {
        self.note(None, TraceEvent::Fault(fault.clone()));
        let result = self.do_fault(fault);
        self.check_gossip();
        for machine in self.all() {
            self.drain(machine);
        }
        // a fault may change the links of machines that it does not touch
        self.looked.touch_all();
        self.refresh_view();
        result
    }

    fn named(&self, name: &str) -> Result<Machine, FaultError> {
        self.resolve(name).ok_or_else(|| FaultError::NoSuchMachine(name.to_owned()))
    }

    fn do_fault(&mut self, fault: &Fault) -> Result<(), FaultError> {
        match fault {
            Fault::PowerOff(name) => self.power_off(name),
            Fault::PowerOn(name) => self.power_on(name),
            Fault::Freeze(name) => {
                let machine = self.named(name)?;
                self.change(machine, |m| !std::mem::replace(&mut m.frozen, true))
            }
            Fault::Thaw(name) => {
                let machine = self.named(name)?;
                self.change(machine, |m| std::mem::replace(&mut m.frozen, false))?;
                for event in self.held.remove(&machine).unwrap_or_default() {
                    self.after(0, event);
                }
                Ok(())
            }
            Fault::Cut(name) => {
                let host = Host(self.named(name)?.0);
                if self.net.is_cut(host) {
                    return Err(FaultError::AlreadySo);
                }
                self.net.cut(host);
                Ok(())
            }
            Fault::Heal(name) => {
                let host = Host(self.named(name)?.0);
                if !self.net.is_cut(host) && self.net.slowness(host) == Span::ZERO {
                    return Err(FaultError::AlreadySo);
                }
                self.net.heal(host);
                self.net.slow(host, Span::ZERO);
                Ok(())
            }
            Fault::Slow(name, ms) => {
                let host = Host(self.named(name)?.0);
                self.net.slow(host, Span::ms(*ms));
                Ok(())
            }
            Fault::Split(groups) => self.split(groups),
            Fault::Unsplit => {
                if !self.net.is_split() {
                    return Err(FaultError::AlreadySo);
                }
                self.net.unsplit();
                Ok(())
            }
            Fault::DaemonStop(name) => self.daemon_stop(name),
            Fault::DaemonStart(name) => self.daemon_start(name),
            Fault::DaemonKill(name) => self.daemon_kill(name),
            Fault::KillContainer { service, slot } => self.kill_container(service, *slot),
            Fault::PullFail(image) => {
                self.pull_fails.insert(image.clone());
                Ok(())
            }
            Fault::PullWork(image) => {
                self.pull_fails.remove(image);
                Ok(())
            }
            Fault::RegistryOff => {
                self.registry_off = true;
                Ok(())
            }
            Fault::RegistryOn => {
                self.registry_off = false;
                Ok(())
            }
            Fault::Fill(name) | Fault::Empty(name) => {
                let machine = self.named(name)?;
                let full = matches!(fault, Fault::Fill(_));
                self.change(machine, |m| m.engine.set_disk_full(full) != full)
            }
        }
    }

    fn change(
        &mut self,
        machine: Machine,
        change: impl FnOnce(&mut crate::machine::MachineState) -> bool,
    ) -> Result<(), FaultError> {
        match self.at_mut(machine).map(change) {
            Some(true) => Ok(()),
            Some(false) | None => Err(FaultError::AlreadySo),
        }
    }

    fn split(&mut self, groups: &[Vec<String>]) -> Result<(), FaultError> {
        let mut sides = Vec::new();
        for group in groups {
            let side: Result<Vec<Host>, _> =
                group.iter().map(|name| self.named(name).map(|m| Host(m.0))).collect();
            sides.push(side?);
        }
        let rest: Vec<Host> = self
            .all()
            .map(|m| Host(m.0))
            .filter(|h| sides.iter().all(|side| !side.contains(h)))
            .collect();
        if !rest.is_empty() {
            sides.push(rest);
        }
        self.net.split(&sides);
        Ok(())
    }

    fn power_off(&mut self, name: &str) -> Result<(), FaultError> {
        let machine = self.named(name)?;
        self.change(machine, |m| {
            let was = std::mem::replace(&mut m.powered, false);
            m.frozen = false;
            if was {
                m.engine.power_off();
                m.mesh = crate::mesh::Mesh::default();
            }
            was
        })?;
        self.held.remove(&machine);
        self.stop_node(machine);
        self.forget_machine(machine);
        Ok(())
    }

    fn power_on(&mut self, name: &str) -> Result<(), FaultError> {
        let machine = self.named(name)?;
        self.change(machine, |m| !std::mem::replace(&mut m.powered, true))?;
        self.start_daemon(machine);
        Ok(())
    }

    /// dockerd is started; it answers a little later.
    fn start_daemon(&mut self, machine: Machine) {
        let Some(m) = self.at_mut(machine) else { return };
        m.boot += 1;
        let boot = m.boot;
        m.mesh = crate::mesh::Mesh::default();
        self.after(0, Event::DaemonUp { machine, boot });
    }

    /// dockerd is there.
    pub(crate) fn daemon_is_up(&mut self, machine: Machine, boot: u32) {
        let (now, us) = (self.now, self.daemon_start_us);
        let Some(m) = self.at_mut(machine) else { return };
        if m.boot != boot || !m.powered || m.engine.is_up() {
            return;
        }
        if m.engine.is_stopping() {
            // systemd starts it when the last one has ended
            self.after(STOPPING_US, Event::DaemonUp { machine, boot });
            return;
        }
        m.engine.daemon_start(us, now, &mut m.rng);
        m.starting = true;
        self.drain(machine);
    }

    /// The engine answers since just now: the swarm part follows.
    pub(crate) fn finish_start(&mut self, machine: Machine) -> bool {
        let Some(m) = self.at_mut(machine) else { return false };
        if !m.starting || !m.powered || !m.engine.is_up() {
            return false;
        }
        m.starting = false;
        let locked = m.node.as_ref().is_some_and(|n| n.state == api::LocalNodeState::Locked);
        self.note(Some(machine), TraceEvent::DaemonUp);
        if !locked {
            self.start_node(machine);
            self.wait_for_node(machine);
        }
        self.check_gossip();
        self.gossip_start(machine);
        true
    }

    /// dockerd listens on its socket only when its node is ready, or too long is not (moby
    /// `daemon/cluster/cluster.go`, `Cluster.Start`; recordings: a daemon that answers is Ready).
    fn wait_for_node(&mut self, machine: Machine) {
        let Some(m) = self.at_mut(machine) else { return };
        let starts = |n: &SwarmNode| n.agent.is_some() && n.state != api::LocalNodeState::Error;
        m.opening = m.node.as_ref().is_some_and(starts);
        if m.opening {
            let boot = m.boot;
            let open = Event::Swarm { machine, boot, step: SwarmStep::Open };
            self.after(JOIN_TIMEOUT_US, open);
        }
    }

    fn daemon_stop(&mut self, name: &str) -> Result<(), FaultError> {
        let machine = self.named(name)?;
        let now = self.now;
        let up = self.at(machine).is_some_and(|m| m.daemon_up());
        if !up {
            return Err(FaultError::AlreadySo);
        }
        if let Some(m) = self.at_mut(machine) {
            // the node ends before the containers do (moby `cmd/dockerd`, `Cluster.Cleanup`)
            if let Some(agent) = m.node.as_mut().and_then(|node| node.agent.as_mut()) {
                agent.close(&mut m.engine, now, &mut m.rng);
            }
            m.engine.daemon_stop(now, &mut m.rng);
        }
        self.daemon_gone(machine);
        Ok(())
    }

    fn daemon_kill(&mut self, name: &str) -> Result<(), FaultError> {
        let machine = self.named(name)?;
        let up = self.at(machine).is_some_and(|m| m.daemon_up());
        if !up {
            return Err(FaultError::AlreadySo);
        }
        if let Some(m) = self.at_mut(machine) {
            m.engine.daemon_kill();
        }
        self.daemon_gone(machine);
        Ok(())
    }

    /// The process is gone: its connections break, and the other ends see it.
    fn daemon_gone(&mut self, machine: Machine) {
        self.stop_node(machine);
        self.forget_machine(machine);
        for other in self.all() {
            if self.at(other).is_some_and(|m| m.agent_via == Some(machine)) && other != machine {
                self.transmit(machine, other, Wire::AgentGone { agent: other });
            }
        }
    }

    fn daemon_start(&mut self, name: &str) -> Result<(), FaultError> {
        let machine = self.named(name)?;
        let can = self.at(machine).is_some_and(|m| m.powered && !m.engine.is_up());
        if !can {
            return Err(FaultError::AlreadySo);
        }
        self.start_daemon(machine);
        Ok(())
    }

    fn kill_container(&mut self, service: &str, slot: u64) -> Result<(), FaultError> {
        let text = format!("{service}.{slot}");
        let none = || FaultError::NoSuchTask(text.clone());
        let swarm = self.view.swarm.clone().ok_or_else(none)?;
        let found = swarm
            .tasks
            .iter()
            .filter(|t| t.service_annotations.name == service && (slot == 0 || t.slot == slot))
            .filter(|t| t.status.state == api::TaskState::Running)
            .find_map(|t| {
                let container = t.status.container.as_ref()?.id;
                let node = t.node_id?;
                let machine = self.all().find(|m| {
                    self.at(*m).is_some_and(|s| {
                        s.node_id() == Some(node)
                            && s.engine.summaries().iter().any(|c| {
                                c.id == container && c.state.status == ContainerStatusWord::Running
                            })
                    })
                })?;
                Some((machine, container))
            });
        let (machine, container) = found.ok_or_else(none)?;
        let call = self.number();
        let now = self.now;
        if let Some(m) = self.at_mut(machine) {
            let request =
                Request::ContainerKill { container: container.to_string(), signal: "KILL".into() };
            // nobody waits for the answer
            m.engine.handle(call, request, now, &mut m.rng);
        }
        Ok(())
    }
}
