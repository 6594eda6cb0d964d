//! A swarm's life through the lab's doors only.

use api::{Request, Response, ServiceSpec, SwarmInit, SwarmJoin, Timestamp};
use lab::{Answer, CallId, Lab, LabConfig, Machine};

fn lab(names: &[&str]) -> Lab {
    Lab::new(LabConfig::with_names(7, names.iter().copied()))
}

/// Steps until the call is answered, at most `s` seconds.
fn wait(lab: &mut Lab, call: CallId, s: u64) -> Result<Response, String> {
    let until = Timestamp(lab.now().0 + s * 1_000_000);
    loop {
        for (id, answer) in lab.take_answers() {
            match answer {
                Answer::Done(result) if id == call => return result.map_err(|e| e.message),
                Answer::NoDaemon if id == call => return Err("no daemon".into()),
                Answer::Done(_) | Answer::NoDaemon | Answer::Item(_) => {}
            }
        }
        if !lab.step(until) {
            return Err("no answer".into());
        }
    }
}

fn ask(lab: &mut Lab, machine: u32, request: Request) -> Result<Response, String> {
    let call = lab.call(Machine(machine), request);
    wait(lab, call, 30)
}

fn init(lab: &mut Lab, machine: u32) -> Result<Response, String> {
    let addr = lab.config().machines[machine as usize].ip.clone();
    let init = SwarmInit { advertise_addr: addr, ..SwarmInit::default() };
    ask(lab, machine, Request::SwarmInit(Box::new(init)))
}

fn join(lab: &mut Lab, machine: u32, manager: bool) -> Result<Response, String> {
    let Ok(Response::Cluster(cluster)) = ask(lab, 0, Request::SwarmInspect) else {
        return Err("no cluster".into());
    };
    let token = if manager { &cluster.manager_token } else { &cluster.worker_token };
    let join = SwarmJoin {
        remote_addrs: vec![format!("{}:2377", lab.config().machines[0].ip)],
        join_token: token.clone(),
        ..SwarmJoin::default()
    };
    ask(lab, machine, Request::SwarmJoin(Box::new(join)))
}

fn service(name: &str, image: &str, replicas: u64) -> Request {
    let mut spec = ServiceSpec::default();
    spec.annotations.name = name.into();
    spec.task_mut().container.image = image.into();
    spec.mode = api::ServiceMode::Replicated { replicas };
    Request::ServiceCreate { spec: Box::new(spec), query_registry: true }
}

fn settle(lab: &mut Lab, s: u64) {
    let until = Timestamp(lab.now().0 + s * 1_000_000);
    lab.run_until(until);
}

#[test]
fn a_swarm_comes_into_being_and_runs_a_service() {
    let mut lab = lab(&["node1", "node2", "node3"]);
    let refused = ask(&mut lab, 0, Request::NodeList { filters: api::Filters::new() });
    assert!(refused.unwrap_err().starts_with("This node is not a swarm manager."));
    init(&mut lab, 0).unwrap();
    join(&mut lab, 1, false).unwrap();
    join(&mut lab, 2, false).unwrap();
    let nodes = ask(&mut lab, 0, Request::NodeList { filters: api::Filters::new() }).unwrap();
    let Response::Nodes(nodes) = nodes else { panic!("{nodes:?}") };
    assert_eq!(nodes.len(), 3);
    assert!(nodes.iter().all(|n| n.status.state == api::NodeState::Ready), "{nodes:#?}");
    ask(&mut lab, 0, service("web", "nginx:1.25", 3)).unwrap();
    settle(&mut lab, 30);
    let list = Request::ServiceList { filters: api::Filters::new(), status: true };
    let services = ask(&mut lab, 0, list).unwrap();
    let Response::Services(services) = services else { panic!("{services:?}") };
    let status = services[0].1.unwrap();
    assert_eq!((status.running_tasks, status.desired_tasks), (3, 3));
    assert!(lab.quiet());
}

#[test]
fn three_managers_elect_another_leader() {
    let mut lab = lab(&["m1", "m2", "m3"]);
    init(&mut lab, 0).unwrap();
    join(&mut lab, 1, true).unwrap();
    join(&mut lab, 2, true).unwrap();
    settle(&mut lab, 3);
    assert_eq!(lab.view().swarm.as_ref().unwrap().members, 3);
    lab.fault(&lab::Fault::PowerOff("m1".into())).unwrap();
    settle(&mut lab, 45);
    let swarm = lab.view().swarm.clone().unwrap();
    assert!(swarm.leader.is_some_and(|m| m != Machine(0)), "{:?}", swarm.leader);
    let nodes = ask(&mut lab, 1, Request::NodeList { filters: api::Filters::new() }).unwrap();
    let Response::Nodes(nodes) = nodes else { panic!("{nodes:?}") };
    let down = nodes.iter().filter(|n| n.status.state == api::NodeState::Down).count();
    assert_eq!(down, 1);
}

#[test]
fn a_saved_lab_goes_on_like_the_one_it_was_saved_from() {
    let mut lab = lab(&["node1", "node2"]);
    init(&mut lab, 0).unwrap();
    join(&mut lab, 1, false).unwrap();
    ask(&mut lab, 0, service("web", "nginx:1.25", 2)).unwrap();
    let text = serde_json::to_string(&lab).unwrap();
    let mut loaded: Lab = serde_json::from_str(&text).unwrap();
    assert!(loaded == lab, "loading gives another lab");
    settle(&mut lab, 20);
    settle(&mut loaded, 20);
    assert_eq!(lab.digest(), loaded.digest());
    assert!(loaded == lab);
}
