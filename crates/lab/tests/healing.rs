//! What a short or long absence must not leave behind: found by the fuzz (`enxame fuzz`).
#![allow(clippy::expect_used, reason = "a test that cannot go on should stop")]

use api::{
    LocalNodeState, NodeRole, PortConfig, Protocol, PublishMode, Request, Response, ServiceMode,
    ServiceSpec, TaskState, Timestamp,
};
use lab::audit::Audit;
use lab::selftest::{ask, swarm};
use lab::{Fault, Lab, Machine, MachineView};

fn pass(lab: &mut Lab, ms: u64) {
    lab.run_until(Timestamp(lab.now().0 + ms * 1_000));
}

fn fault(lab: &mut Lab, fault: Fault) {
    lab.fault(&fault).expect("it can happen");
}

fn spec(replicas: u64) -> Box<ServiceSpec> {
    let mut spec = ServiceSpec::default();
    spec.annotations.name = "web".into();
    spec.task_mut().container.image = "nginx:1.25".into();
    spec.mode = ServiceMode::Replicated { replicas };
    let port = PortConfig {
        protocol: Protocol::Tcp,
        target_port: 80,
        published_port: 8080,
        publish_mode: PublishMode::Ingress,
        ..PortConfig::default()
    };
    spec.endpoint = api::EndpointSpec { ports: vec![port], ..Default::default() };
    Box::new(spec)
}

/// Five machines, `web` with so many tasks on port 8080, all running.
fn with_web(managers: u32, replicas: u64) -> Lab {
    let mut lab = swarm(7, managers);
    let create = Request::ServiceCreate { spec: spec(replicas), query_registry: false };
    assert!(matches!(ask(&mut lab, Machine(0), create), Some(Response::Created { .. })));
    pass(&mut lab, 10_000);
    rings_are_right(&lab);
    lab
}

fn scale(lab: &mut Lab, replicas: u64) {
    let web = lab.view().swarm.as_ref().and_then(|s| s.service("web").cloned()).expect("web");
    let update = Request::ServiceUpdate {
        service: web.service.id,
        version: web.service.meta.version,
        spec: spec(replicas),
        rollback: String::new(),
        query_registry: false,
    };
    assert!(ask(lab, Machine(0), update).is_some());
}

/// Every machine knows the running tasks of `web` and no others.
#[track_caller]
fn rings_are_right(lab: &Lab) {
    let swarm = lab.view().swarm.clone().expect("a swarm");
    let mut running: Vec<_> =
        swarm.tasks.iter().filter(|t| t.status.state == TaskState::Running).map(|t| t.id).collect();
    running.sort_unstable();
    for machine in &lab.view().machines {
        let ring = swarm.rings.iter().find(|r| r.machine == machine.machine);
        let mut known = ring.map(|r| r.tasks.clone()).unwrap_or_default();
        known.sort_unstable();
        assert_eq!(known, running, "{}", machine.name);
    }
}

fn at<'a>(lab: &'a Lab, name: &str) -> &'a MachineView {
    lab.view().machine(name).expect("a machine")
}

#[test]
fn endpoints_that_change_during_a_short_cut_are_told_after_it() {
    let mut lab = with_web(1, 4);
    fault(&mut lab, Fault::Cut("node5".into()));
    scale(&mut lab, 1);
    pass(&mut lab, 4_000);
    fault(&mut lab, Fault::Heal("node5".into()));
    pass(&mut lab, 40_000);
    rings_are_right(&lab);
}

#[test]
fn a_machine_that_stood_still_hears_what_it_missed() {
    let mut lab = with_web(1, 4);
    fault(&mut lab, Fault::Freeze("node5".into()));
    scale(&mut lab, 6);
    pass(&mut lab, 30_000);
    fault(&mut lab, Fault::Thaw("node5".into()));
    pass(&mut lab, 40_000);
    rings_are_right(&lab);
}

#[test]
fn a_daemon_that_starts_hears_of_the_others_tasks() {
    let mut lab = with_web(1, 4);
    fault(&mut lab, Fault::DaemonKill("node5".into()));
    fault(&mut lab, Fault::DaemonStart("node5".into()));
    pass(&mut lab, 40_000);
    rings_are_right(&lab);
}

#[test]
fn assignments_lost_in_a_short_cut_arrive_after_it() {
    let mut lab = with_web(1, 1);
    for k in 2..=5 {
        fault(&mut lab, Fault::Cut(format!("node{k}")));
    }
    scale(&mut lab, 6);
    pass(&mut lab, 1_000);
    for k in 2..=5 {
        fault(&mut lab, Fault::Heal(format!("node{k}")));
    }
    pass(&mut lab, 60_000);
    let web = lab.view().swarm.as_ref().and_then(|s| s.service("web").cloned()).expect("web");
    assert_eq!((web.running, web.desired), (6, 6));
    rings_are_right(&lab);
}

#[test]
fn a_daemon_told_to_start_while_it_stops_starts_after_it() {
    let mut lab = with_web(1, 4);
    fault(&mut lab, Fault::DaemonStop("node5".into()));
    fault(&mut lab, Fault::DaemonStart("node5".into()));
    pass(&mut lab, 40_000);
    assert!(at(&lab, "node5").daemon);
    assert_eq!(at(&lab, "node5").swarm, LocalNodeState::Active);
}

fn set_role(lab: &mut Lab, node: &str, role: NodeRole) {
    let id = at(lab, node).node_id.expect("a node");
    let object = lab.view().swarm.as_ref().and_then(|s| s.node(id).cloned()).expect("its object");
    let spec = api::NodeSpec { desired_role: role, ..object.spec };
    let update =
        Request::NodeUpdate { node: id, version: object.meta.version, spec: Box::new(spec) };
    assert!(ask(lab, Machine(0), update).is_some());
}

#[test]
fn a_promoted_node_joins_raft_although_the_leader_it_asked_died() {
    // at many instants: some of them hit the question or its answer
    for ms in [10, 400, 430, 460, 500, 600] {
        let mut lab = swarm(7, 3);
        pass(&mut lab, 3_000);
        set_role(&mut lab, "node5", NodeRole::Manager);
        pass(&mut lab, ms);
        fault(&mut lab, Fault::PowerOff("node1".into()));
        pass(&mut lab, 20_000);
        fault(&mut lab, Fault::PowerOn("node1".into()));
        pass(&mut lab, 90_000);
        let raft = at(&lab, "node5").raft.as_ref().expect("a member of raft");
        assert_eq!(raft.members.len(), 4, "after {ms} ms");
    }
}

#[test]
fn a_manager_demoted_while_its_daemon_is_away_comes_back_as_a_worker() {
    let mut lab = swarm(7, 5);
    pass(&mut lab, 3_000);
    set_role(&mut lab, "node3", NodeRole::Worker);
    pass(&mut lab, 100);
    fault(&mut lab, Fault::DaemonKill("node3".into()));
    pass(&mut lab, 2_000);
    fault(&mut lab, Fault::DaemonStart("node3".into()));
    pass(&mut lab, 60_000);
    let machine = at(&lab, "node3");
    assert_eq!((machine.swarm, machine.role), (LocalNodeState::Active, Some(NodeRole::Worker)));
}

/// The audit is no yes-man: two labs of different seeds share no history.
#[test]
fn an_audit_notices_another_history() {
    let mut audit = Audit::new();
    audit.look(&swarm(7, 3)).expect("one history");
    assert!(audit.elections() > 0 && audit.committed() > 0);
    assert!(audit.look(&swarm(8, 3)).is_err());
}
