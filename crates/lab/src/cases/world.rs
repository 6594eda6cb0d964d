//! A lab whose machines a case knows by name, and what its client asks of them.

use crate::{Answer, Fault, Lab, LabConfig, Machine};
use api::{
    ApiError, ClusterSpec, ConfigSpec, Filters, NodeId, NodeRole, NodeSpec, Request, Response,
    SwarmInit, SwarmJoin, Timestamp,
};
use manager::Members;

const SECOND_US: u64 = 1_000_000;
const SETTLE_US: u64 = 100_000;
/// The longest that anything is waited for: a lost leader, a vote that splits, another one.
pub(super) const PATIENCE_S: u64 = 60;
/// Port of the swarm's API.
const PORT: u16 = 2377;

pub(super) struct World {
    pub(super) lab: Lab,
}

impl World {
    pub(super) fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        Self { lab: Lab::new(LabConfig::with_names(1, names)) }
    }

    pub(super) fn machine(&self, name: &str) -> Result<Machine, String> {
        self.lab.machine(name).ok_or_else(|| format!("no machine {name}"))
    }

    pub(super) fn name(&self, machine: Machine) -> String {
        let found = self.lab.machines().find(|(one, _)| *one == machine);
        found.map_or_else(String::new, |(_, name)| name.to_owned())
    }

    fn deadline(&self, seconds: u64) -> Timestamp {
        Timestamp(self.lab.now().0 + seconds * SECOND_US)
    }

    pub(super) fn pass(&mut self, seconds: u64) {
        let until = self.deadline(seconds);
        self.lab.run_until(until);
    }

    /// What is under way arrives: the followers learn what is committed.
    pub(super) fn settle(&mut self) {
        let until = Timestamp(self.lab.now().0 + SETTLE_US);
        self.lab.run_until(until);
    }

    /// Lets time pass until it is so, at most so long. Whether it is.
    pub(super) fn until(&mut self, seconds: u64, is: impl Fn(&Self) -> bool) -> bool {
        let until = self.deadline(seconds);
        while !is(self) {
            if !self.lab.step(until) {
                return is(self);
            }
        }
        true
    }

    /// What a client on that machine is answered.
    pub(super) fn ask(&mut self, machine: Machine, request: Request) -> Result<Response, ApiError> {
        let call = self.lab.call(machine, request);
        let until = self.deadline(PATIENCE_S);
        loop {
            for (id, answer) in self.lab.take_answers() {
                match answer {
                    Answer::Done(result) if id == call => return result,
                    Answer::NoDaemon if id == call => return Err(ApiError::new(0, "no daemon")),
                    Answer::Done(_) | Answer::NoDaemon | Answer::Item(_) => {}
                }
            }
            if !self.lab.step(until) {
                return Err(ApiError::new(0, "no answer"));
            }
        }
    }

    pub(super) fn fault(&mut self, fault: &Fault) -> Result<(), String> {
        self.lab.fault(fault).map_err(|error| error.to_string())
    }

    pub(super) fn ip(&self, machine: Machine) -> String {
        let config = self.lab.config().machines.get(machine.0 as usize);
        config.map_or_else(String::new, |config| config.ip.clone())
    }

    pub(super) fn init(
        &mut self,
        machine: Machine,
        spec: ClusterSpec,
        force_new_cluster: bool,
    ) -> Result<(), ApiError> {
        let advertise_addr = self.ip(machine);
        let init = SwarmInit { advertise_addr, spec, force_new_cluster, ..SwarmInit::default() };
        self.ask(machine, Request::SwarmInit(Box::new(init))).map(|_| ())
    }

    /// Joins the swarm of the machine `to`.
    pub(super) fn join(
        &mut self,
        machine: Machine,
        to: Machine,
        role: NodeRole,
    ) -> Result<(), ApiError> {
        let Response::Cluster(cluster) = self.ask(to, Request::SwarmInspect)? else {
            return Err(ApiError::new(0, "no cluster"));
        };
        let token = match role {
            NodeRole::Manager => &cluster.manager_token,
            NodeRole::Worker => &cluster.worker_token,
        };
        let join_token = token.clone();
        let remote_addrs = vec![format!("{}:{PORT}", self.ip(to))];
        let join = SwarmJoin { remote_addrs, join_token, ..SwarmJoin::default() };
        self.ask(machine, Request::SwarmJoin(Box::new(join))).map(|_| ())
    }

    /// A write of the smallest kind.
    pub(super) fn create_config(&mut self, to: Machine, name: &str) -> Result<(), ApiError> {
        let mut spec = ConfigSpec { data: b"x".to_vec(), ..ConfigSpec::default() };
        name.clone_into(&mut spec.annotations.name);
        self.ask(to, Request::ConfigCreate { spec: Box::new(spec) }).map(|_| ())
    }

    pub(super) fn configs(&mut self, of: Machine) -> Result<Vec<String>, ApiError> {
        let filters = Filters::new();
        let Response::Configs(configs) = self.ask(of, Request::ConfigList { filters })? else {
            return Ok(Vec::new());
        };
        let mut names: Vec<String> =
            configs.iter().map(|config| config.spec.annotations.name.clone()).collect();
        names.sort();
        Ok(names)
    }

    /// `docker node demote`.
    pub(super) fn demote(&mut self, asked: Machine, node: NodeId) -> Result<(), ApiError> {
        let inspect = Request::NodeInspect { node: node.to_string() };
        let Response::Node(about) = self.ask(asked, inspect)? else {
            return Err(ApiError::new(0, "no node"));
        };
        let spec = NodeSpec { desired_role: NodeRole::Worker, ..about.spec.clone() };
        let version = about.meta.version;
        self.ask(asked, Request::NodeUpdate { node, version, spec: Box::new(spec) }).map(|_| ())
    }

    pub(super) fn node(&self, machine: Machine) -> Option<NodeId> {
        self.lab.at(machine)?.node_id()
    }

    /// Who leads with a majority behind it.
    pub(super) fn leader(&self) -> Option<Machine> {
        self.lab.view().swarm.as_ref()?.leader
    }

    /// The members of raft as that machine has them.
    pub(super) fn members(&self, of: Machine) -> Members {
        let manager = self.lab.at(of).and_then(|machine| machine.manager());
        manager.map_or_else(Members::default, |manager| manager.members())
    }

    /// Makes a swarm in which `first` leads and `managers` are members.
    pub(super) fn form(
        &mut self,
        first: Machine,
        managers: &[Machine],
        spec: ClusterSpec,
    ) -> Result<(), String> {
        self.init(first, spec, false).map_err(|error| error.message)?;
        for machine in managers.iter().filter(|machine| **machine != first) {
            self.join(*machine, first, NodeRole::Manager).map_err(|error| error.message)?;
        }
        let all = |world: &Self| {
            let members = world.members(first).list;
            members.len() == managers.len() && members.iter().all(|member| member.reachable)
        };
        if self.until(PATIENCE_S, all) { Ok(()) } else { Err("the swarm does not form".into()) }
    }
}
