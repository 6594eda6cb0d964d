//! One run of a lab from a seed, to compare platforms by its digest.

use crate::{Answer, CallId, Fault, Lab, LabConfig, Machine};
use api::{
    ClusterSpec, Request, Response, ServiceMode, ServiceSpec, SwarmInit, SwarmJoin, Timestamp,
};

const MACHINES: [&str; 5] = ["node1", "node2", "node3", "node4", "node5"];
const SECOND: u64 = 1_000_000;

/// Steps until the call is answered, at most half a simulated minute.
fn wait(lab: &mut Lab, call: CallId) -> Option<Response> {
    let until = Timestamp(lab.now().0 + 30 * SECOND);
    loop {
        for (id, answer) in lab.take_answers() {
            if id == call {
                match answer {
                    Answer::Done(result) => return result.ok(),
                    Answer::NoDaemon => return None,
                    Answer::Item(_) => {}
                }
            }
        }
        if !lab.step(until) {
            return None;
        }
    }
}

/// Asks a machine and waits for the answer.
pub fn ask(lab: &mut Lab, machine: Machine, request: Request) -> Option<Response> {
    let call = lab.call(machine, request);
    wait(lab, call)
}

/// A lab of five machines of which the first `managers` are managers, the rest workers.
#[must_use]
pub fn swarm(seed: u64, managers: u32) -> Lab {
    let mut lab = Lab::new(config(seed));
    form(&mut lab, managers, ClusterSpec::default());
    lab
}

/// Five machines named `node1` to `node5`.
#[must_use]
pub fn config(seed: u64) -> LabConfig {
    LabConfig::with_names(seed, MACHINES)
}

/// Makes a swarm with these settings of the machines of a fresh [`config`] lab: the first
/// `managers` are managers, the rest workers.
pub fn form(lab: &mut Lab, managers: u32, spec: ClusterSpec) {
    let advertise_addr = "192.168.0.13".to_owned();
    let init = SwarmInit { advertise_addr, spec, ..SwarmInit::default() };
    ask(lab, Machine(0), Request::SwarmInit(Box::new(init)));
    let Some(Response::Cluster(cluster)) = ask(lab, Machine(0), Request::SwarmInspect) else {
        return;
    };
    for machine in 1..u32::try_from(MACHINES.len()).unwrap_or(0) {
        let token = if machine < managers { &cluster.manager_token } else { &cluster.worker_token };
        let join = SwarmJoin {
            remote_addrs: vec!["192.168.0.13:2377".into()],
            join_token: token.clone(),
            ..SwarmJoin::default()
        };
        ask(lab, Machine(machine), Request::SwarmJoin(Box::new(join)));
    }
}

/// Creates a service of nginx.
pub fn create(lab: &mut Lab, machine: Machine, name: &str, replicas: u64) -> Option<Response> {
    let mut spec = ServiceSpec::default();
    name.clone_into(&mut spec.annotations.name);
    "nginx:1.25".clone_into(&mut spec.task_mut().container.image);
    spec.mode = ServiceMode::Replicated { replicas };
    let create = Request::ServiceCreate { spec: Box::new(spec), query_registry: true };
    ask(lab, machine, create)
}

/// A swarm, a service, a dead leader, a new one: the digest of it all.
#[must_use]
pub fn digest(seed: u64) -> u64 {
    let mut lab = swarm(seed, 3);
    create(&mut lab, Machine(0), "web", 6);
    let pass = |lab: &mut Lab, s: u64| lab.run_until(Timestamp(lab.now().0 + s * SECOND));
    pass(&mut lab, 20);
    // a machine that is on can be switched off and on again
    let _ = lab.fault(&Fault::PowerOff("node1".into()));
    pass(&mut lab, 60);
    let _ = lab.fault(&Fault::PowerOn("node1".into()));
    pass(&mut lab, 30);
    lab.digest()
}
