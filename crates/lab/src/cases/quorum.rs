//! Cases of raft among whole machines.

use super::world::{PATIENCE_S, World};
use super::{number, strings, text};
use crate::{Fault, Machine};
use api::{ApiError, ClusterSpec, NodeRole, Request};
use manager::CANNOT_REMOVE;
use manager::cases::{Player, error_value};
use serde_json::{Value, json};
use std::collections::BTreeSet;

pub(super) struct Play {
    world: World,
    managers: BTreeSet<Machine>,
    /// Whom the case asks; without one, the leader or else the first that answers.
    asked: Option<Machine>,
    proposals: u32,
    /// What came of the last proposal or demotion.
    last: Result<(), ApiError>,
    /// Whether raft would let the member go that was last asked about.
    may_go: bool,
    members_after_force: Option<usize>,
}

impl Play {
    pub(super) fn new(given: &Value) -> Result<Self, String> {
        let names = strings(given, "managers");
        let reachable = match given.get("reachable") {
            Some(_) => strings(given, "reachable"),
            None => names.clone(),
        };
        let mut world = World::new(names.iter().map(String::as_str));
        let asked = text(given, "asked");
        let (part, asked) = asked.split_once(' ').unwrap_or(("", &asked));
        let asked = if asked.is_empty() { None } else { Some(world.machine(asked)?) };
        let leader = text(given, "leader");
        let first = match (leader.as_str(), asked) {
            ("", Some(asked)) if part != "follower" => asked,
            ("", _) => {
                let other = names.iter().find(|name| world.lab.machine(name) != asked);
                world.machine(other.map_or("", String::as_str))?
            }
            (leader, _) => world.machine(leader)?,
        };
        let managers: BTreeSet<Machine> =
            names.iter().filter_map(|name| world.lab.machine(name)).collect();
        let list: Vec<Machine> = managers.iter().copied().collect();
        world.form(first, &list, ClusterSpec::default())?;
        for object in strings(given, "objects") {
            world.create_config(first, &object).map_err(|error| error.message)?;
        }
        let mut play = Self {
            world,
            managers,
            asked,
            proposals: 0,
            last: Ok(()),
            may_go: true,
            members_after_force: None,
        };
        play.world.settle();
        let gone: Vec<&String> = names.iter().filter(|name| !reachable.contains(*name)).collect();
        for name in &gone {
            play.world.fault(&Fault::PowerOff((*name).clone()))?;
        }
        play.noticed(reachable.len(), gone.len());
        Ok(play)
    }

    /// Until those who are left know who is left: a leader has seen who is gone, or there is
    /// none any more.
    fn noticed(&mut self, left: usize, gone: usize) {
        if left > gone {
            self.world.until(PATIENCE_S, |world| {
                world.leader().is_some_and(|leader| {
                    let list = world.members(leader).list;
                    list.iter().filter(|member| !member.reachable).count() == gone
                })
            });
        } else {
            let followers = |world: &World| {
                let leads = |machine| world.lab.at(machine).and_then(|one| one.manager());
                world.lab.all().filter_map(leads).all(|manager| manager.leader_addr().is_none())
            };
            self.world.until(PATIENCE_S, followers);
        }
    }

    /// A machine of the swarm to ask.
    fn contact(&self) -> Result<Machine, String> {
        let answers = |machine: &Machine| self.world.lab.daemon_answers(*machine);
        self.asked
            .filter(answers)
            .or_else(|| self.world.leader())
            .or_else(|| self.managers.iter().copied().find(answers))
            .ok_or_else(|| "nobody to ask".to_owned())
    }

    /// Demotes a manager, if raft and the API allow it.
    fn demote(&mut self, machine: Machine) -> Result<(), String> {
        let contact = self.contact()?;
        let node = self.world.node(machine).ok_or("no node")?;
        let members = self.world.members(self.world.leader().unwrap_or(contact));
        self.may_go = members.of_node(node).is_none_or(|m| members.can_remove(m.raft_id));
        self.last = self.world.demote(contact, node);
        Ok(())
    }

    /// Leaves raft in order: demoted, and waited for.
    fn leave(&mut self, machine: Machine) -> Result<(), String> {
        let node = self.world.node(machine).ok_or("no node")?;
        self.demote(machine)?;
        self.last.clone().map_err(|error| error.message)?;
        let left = |world: &World| {
            let leader = world.leader().filter(|leader| *leader != machine);
            leader.is_some_and(|leader| world.members(leader).of_node(node).is_none())
        };
        if !self.world.until(PATIENCE_S, left) {
            return Err("it stays a member".to_owned());
        }
        self.managers.remove(&machine);
        Ok(())
    }

    /// The daemon of a machine goes and comes back; one without power gets it.
    fn restart(&mut self, machine: Machine) -> Result<(), String> {
        let name = self.world.name(machine);
        if self.world.lab.daemon_answers(machine) {
            self.world.fault(&Fault::DaemonStop(name.clone()))?;
            self.world.until(PATIENCE_S, |world| !world.lab.daemon_answers(machine));
            self.world.fault(&Fault::DaemonStart(name))?;
        } else {
            self.world.fault(&Fault::PowerOn(name))?;
        }
        self.world.until(PATIENCE_S, |world| world.lab.daemon_answers(machine));
        self.wait_election();
        Ok(())
    }

    fn wait_election(&mut self) {
        self.world.until(PATIENCE_S, |world| world.leader().is_some());
    }

    fn propose(&mut self, step: &Value) -> Result<(), String> {
        self.proposals += 1;
        let to = match step.get("manager") {
            Some(_) => self.world.machine(&text(step, "manager"))?,
            None => self.contact()?,
        };
        let name = match step.get("object") {
            Some(_) => text(step, "object"),
            None => format!("proposal-{}", self.proposals),
        };
        self.last = self.world.create_config(to, &name);
        Ok(())
    }

    fn force_new_cluster(&mut self, machine: Machine) -> Result<(), String> {
        self.last = self.world.init(machine, ClusterSpec::default(), true);
        self.last.clone().map_err(|error| error.message)?;
        self.world.until(PATIENCE_S, |world| world.leader() == Some(machine));
        self.asked = Some(machine);
        self.managers = [machine].into();
        self.members_after_force = Some(self.world.members(machine).list.len());
        Ok(())
    }

    /// One more manager; one that was in a swarm leaves that first.
    fn join(&mut self, machine: Machine) -> Result<(), String> {
        if !self.world.lab.daemon_answers(machine) {
            self.world.fault(&Fault::PowerOn(self.world.name(machine)))?;
            self.world.until(PATIENCE_S, |world| world.lab.daemon_answers(machine));
        }
        let contact = self.contact()?;
        if self.world.node(machine).is_some() {
            let left = self.world.ask(machine, Request::SwarmLeave { force: true });
            left.map_err(|error| error.message)?;
        }
        self.last = self.world.join(machine, contact, NodeRole::Manager);
        self.last.clone().map_err(|error| error.message)?;
        self.managers.insert(machine);
        Ok(())
    }

    fn join_managers(&mut self, step: &Value) -> Result<(), String> {
        if step.get("manager").is_some() {
            let name = text(step, "manager");
            let known = self.world.lab.machine(&name);
            let machine = known.unwrap_or_else(|| self.world.lab.add_machine(&name));
            return self.join(machine);
        }
        for _ in 0..number(step, "count").unwrap_or(1) {
            let all = self.world.lab.machines().count();
            let machine = self.world.lab.add_machine(&format!("joiner{all}"));
            self.join(machine)?;
        }
        Ok(())
    }

    fn stop(&mut self, machine: Machine) -> Result<(), String> {
        self.world.fault(&Fault::PowerOff(self.world.name(machine)))
    }

    /// Names of raft's members, as the leader or else whoever answers has them.
    fn members(&self) -> Result<Vec<String>, String> {
        let members = self.world.members(self.world.leader().map_or_else(|| self.contact(), Ok)?);
        let name = |node| {
            let all = self.world.lab.machines();
            let found =
                all.into_iter().find(|(machine, _)| self.world.node(*machine) == Some(node));
            found.map_or_else(|| node.to_string(), |(_, name)| name.to_owned())
        };
        Ok(members.list.iter().map(|member| name(member.node)).collect())
    }

    /// What every manager that answers says is stored; the first that differs.
    fn objects(&mut self, wanted: &[String]) -> Result<Vec<String>, String> {
        let answers = |machine: &Machine| self.world.lab.daemon_answers(*machine);
        let mut found = Vec::new();
        let asked: Vec<Machine> = self.managers.iter().copied().filter(answers).collect();
        for machine in asked {
            found = self.world.configs(machine).map_err(|error| error.message)?;
            if !same(&found, wanted) {
                break;
            }
        }
        Ok(found)
    }
}

fn same(a: &[String], b: &[String]) -> bool {
    a.len() == b.len() && a.iter().collect::<BTreeSet<_>>() == b.iter().collect::<BTreeSet<_>>()
}

/// A list whose order says nothing: as it was wanted, if it has the same members.
fn unordered(got: Vec<String>, wanted: &Value) -> Value {
    let list = json!({ "list": wanted });
    if same(&got, &strings(&list, "list")) { wanted.clone() } else { json!(got) }
}

impl Player for Play {
    fn step(&mut self, step: &Value) -> Result<(), String> {
        let machine = self.world.machine(&text(step, "manager"));
        match text(step, "do").as_str() {
            "can_remove" | "demote" => self.demote(machine?),
            "raft_leave" => self.leave(machine?),
            "restart" | "start" => self.restart(machine?),
            "stop" => self.stop(machine?),
            "propose" => self.propose(step),
            "force_new_cluster" => self.force_new_cluster(machine?),
            "join_manager" => self.join_managers(step),
            "wait_election" => {
                self.wait_election();
                Ok(())
            }
            "wait_seconds" => {
                self.world.pass(number(step, "seconds").unwrap_or(0).into());
                Ok(())
            }
            other => Err(format!("unknown step {other}")),
        }?;
        self.world.settle();
        Ok(())
    }

    fn look(&mut self, name: &str, wanted: &Value) -> Result<Value, String> {
        let wish = json!({ "list": wanted });
        match (name, &self.last) {
            ("committed" | "ok", last) => Ok(json!(last.is_ok())),
            ("allowed", last) => Ok(json!(self.may_go && last.is_ok())),
            ("raft_error", _) if !self.may_go => Ok(json!(CANNOT_REMOVE)),
            ("demote_error" | "error", Err(error)) => Ok(error_value(error, wanted)),
            ("members", _) => Ok(unordered(self.members()?, wanted)),
            ("members_at_end", _) => Ok(json!(self.members()?.len())),
            ("members_after_force", _) => Ok(json!(self.members_after_force)),
            ("objects", _) => {
                let wish = strings(&wish, "list");
                Ok(unordered(self.objects(&wish)?, wanted))
            }
            ("leader", _) => Ok(json!(self.world.leader().map(|leader| self.world.name(leader)))),
            ("leader_any", _) => {
                let leader = self.world.leader().map(|leader| self.world.name(leader));
                let any = strings(&wish, "list");
                let fits = leader.as_ref().is_some_and(|leader| any.contains(leader));
                Ok(if fits { wanted.clone() } else { json!(leader) })
            }
            _ => Err(format!("no {name}")),
        }
    }
}
