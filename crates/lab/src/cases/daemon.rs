//! Cases of what a daemon says.

use super::world::{PATIENCE_S, World};
use super::{number, text};
use crate::{Fault, Machine};
use api::{ApiError, ClusterSpec, Filters, NodeRole, Request};
use manager::cases::{Player, error_value};
use serde_json::{Value, json};

/// For so long a leader that hears nothing still leads.
const LEADS_ON_S: u64 = 9;
const FIRST: Machine = Machine(0);

pub(super) struct Play {
    world: World,
    asked: Machine,
    last: Result<(), ApiError>,
}

impl Play {
    pub(super) fn new(given: &Value) -> Result<Self, String> {
        let role = text(given, "role");
        let reachable = number(given, "reachable").unwrap_or(u32::from(role != "none"));
        let unreachable = number(given, "unreachable").unwrap_or(0);
        let managers = if role == "none" { 0 } else { reachable + unreachable };
        let mut names: Vec<String> = (1..=managers).map(|k| format!("m{k}")).collect();
        if role != "manager" {
            names.push("other".to_owned());
        }
        let mut world = World::new(names.iter().map(String::as_str));
        let mut asked = FIRST;
        if managers > 0 {
            let autolock = given.get("locked").and_then(Value::as_bool).unwrap_or(false);
            let spec = ClusterSpec { autolock, ..ClusterSpec::default() };
            let machines: Vec<Machine> = (0..managers).map(Machine).collect();
            world.form(FIRST, &machines, spec)?;
            if role == "worker" {
                asked = world.machine("other")?;
                let joined = world.join(asked, FIRST, NodeRole::Worker);
                joined.map_err(|error| error.message)?;
            }
            if autolock {
                lock(&mut world, asked)?;
            }
        }
        for machine in (reachable..managers).map(Machine) {
            world.fault(&Fault::PowerOff(world.name(machine)))?;
        }
        // asked while the leader still leads, though it may have lost its majority
        let seen = |world: &World| {
            let list = world.members(FIRST).list;
            list.iter().filter(|member| !member.reachable).count() == unreachable as usize
        };
        if managers > 0 && !world.until(LEADS_ON_S, seen) {
            return Err("the leader does not notice who is gone".to_owned());
        }
        Ok(Self { world, asked, last: Ok(()) })
    }
}

/// A manager of a swarm with autolock is locked after its daemon was started again.
fn lock(world: &mut World, machine: Machine) -> Result<(), String> {
    world.pass(5);
    let name = world.name(machine);
    world.fault(&Fault::DaemonStop(name.clone()))?;
    world.until(PATIENCE_S, |world| !world.lab.daemon_answers(machine));
    world.fault(&Fault::DaemonStart(name))?;
    world.until(PATIENCE_S, |world| world.lab.daemon_answers(machine));
    Ok(())
}

impl Player for Play {
    fn step(&mut self, step: &Value) -> Result<(), String> {
        let asked = self.asked;
        let force = step.get("force").and_then(Value::as_bool).unwrap_or(false);
        let request = match text(step, "do").as_str() {
            "leave" => Request::SwarmLeave { force },
            "unlock" => Request::SwarmUnlock { key: text(step, "key") },
            "unlock_key" => Request::SwarmUnlockKey,
            "node_list" => Request::NodeList { filters: Filters::new() },
            "service_list" => Request::ServiceList { filters: Filters::new(), status: false },
            "init" => {
                self.last = self.world.init(asked, ClusterSpec::default(), false);
                return Ok(());
            }
            "join" => {
                let remote_addrs = vec![self.world.ip(FIRST) + ":2377"];
                let join = api::SwarmJoin { remote_addrs, ..api::SwarmJoin::default() };
                Request::SwarmJoin(Box::new(join))
            }
            other => return Err(format!("unknown step {other}")),
        };
        self.last = self.world.ask(asked, request).map(|_| ());
        Ok(())
    }

    fn look(&mut self, name: &str, wanted: &Value) -> Result<Value, String> {
        match (name, &self.last) {
            ("ok", Ok(())) => Ok(json!(true)),
            ("ok" | "error", Err(error)) => Ok(error_value(error, wanted)),
            _ => Err(format!("no {name}")),
        }
    }
}
