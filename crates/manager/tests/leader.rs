//! A leader alone with its store: every proposal commits at once, agents do as they are told.

#![allow(clippy::expect_used, clippy::panic, reason = "a test may end itself")]

use api::dispatch::{ToAgent, ToDispatcher};
use api::{
    Availability, ControlRequest, ControlResponse, EndpointSpec, FailureAction, JoinRequest,
    JoinResponse, NetworkAttachmentConfig, NetworkSpec, NodeDescription, NodeId, NodeRole,
    NodeSpec, NodeState, Platform, PortConfig, Resources, Service, ServiceMode, ServiceSpec,
    SessionId, Task, TaskId, TaskState, TaskStatus, Timestamp, UpdateConfig, UpdateState, Version,
};
use manager::{Leader, Member, Members, RaftRequest, Store};
use share::Rc;
use sim::Streams;
use std::collections::BTreeMap;

const SECOND: u64 = 1_000_000;

struct Agent {
    session: Option<SessionId>,
    next_heartbeat: u64,
    tasks: BTreeMap<TaskId, Rc<Task>>,
    reported: BTreeMap<TaskId, TaskState>,
    alive: bool,
}

struct World {
    store: Store,
    /// Another manager's store.
    replica: Store,
    heard: Vec<ToAgent>,
    leader: Leader,
    rng: Streams,
    now: u64,
    index: u64,
    agents: BTreeMap<NodeId, Agent>,
    members: Members,
    calls: u64,
}

impl World {
    fn new() -> Self {
        let mut rng = Streams::new(7);
        let me = NodeId::from_random([1; 17]);
        let store = Store::new();
        let leader = Leader::elected(&store, me, Timestamp(0), &mut rng);
        let member = Member {
            raft_id: 1,
            node: me,
            addr: "192.168.0.11:2377".into(),
            reachable: true,
            since: Timestamp(0),
        };
        let members = Members { me: 1, leader: Some(1), list: vec![member], commit_index: 0 };
        let mut world = Self {
            store,
            replica: Store::new(),
            heard: Vec::new(),
            leader,
            rng,
            now: 0,
            index: 1,
            agents: BTreeMap::new(),
            members,
            calls: 0,
        };
        world.settle();
        world.register(me);
        world
    }

    fn settle(&mut self) {
        let now = Timestamp(self.now);
        self.leader.poll(&self.store, &self.members, now, &mut self.rng);
        while let Some(proposal) = self.leader.take_proposal(&self.store) {
            assert!(proposal.actions.len() <= 200);
            self.index += 1;
            self.replica.apply(Version(self.index), now, &proposal.actions);
            let events = self.store.apply(Version(self.index), now, &proposal.actions);
            self.leader.on_commit(&self.store, &events, Some(proposal.id), now, &mut self.rng);
        }
        for (node, message) in self.leader.take_agent_messages() {
            self.agent_hears(node, message);
        }
    }

    fn agent_hears(&mut self, node: NodeId, message: ToAgent) {
        let now = self.now;
        self.heard.push(message.clone());
        let Some(agent) = self.agents.get_mut(&node).filter(|agent| agent.alive) else { return };
        match message {
            ToAgent::Session { session, .. } => {
                agent.session = Some(session);
                agent.next_heartbeat = agent.next_heartbeat.min(now + 5 * SECOND);
            }
            ToAgent::Heartbeat { period_ms } => agent.next_heartbeat = now + period_ms * 1000,
            ToAgent::Assignments(assignments) => {
                if assignments.complete {
                    agent.tasks.clear();
                }
                for task in assignments.tasks {
                    agent.tasks.insert(task.id, task);
                }
                for id in assignments.removed_tasks {
                    agent.tasks.remove(&id);
                }
            }
            ToAgent::Refused { .. } => agent.session = None,
            ToAgent::Subscribe { .. } => {}
        }
    }

    fn dispatch(&mut self, message: ToDispatcher) {
        let now = Timestamp(self.now);
        self.leader.handle_dispatch("192.168.0.11", message, &self.store, now, &mut self.rng);
        self.settle();
    }

    fn register(&mut self, node: NodeId) {
        let agent = Agent {
            session: None,
            next_heartbeat: u64::MAX,
            tasks: BTreeMap::new(),
            reported: BTreeMap::new(),
            alive: true,
        };
        self.agents.insert(node, agent);
        let description = NodeDescription {
            hostname: format!("node-{}", node.short()),
            platform: Platform { architecture: "x86_64".into(), os: "linux".into() },
            resources: Resources {
                nano_cpus: 2_000_000_000,
                memory_bytes: 1 << 31,
                generic: vec![],
            },
            engine_version: "20.10.24".into(),
            plugins: vec![("Network".into(), "overlay".into())],
            ..NodeDescription::default()
        };
        self.dispatch(ToDispatcher::Session { node, description, session: None });
    }

    fn agents_work(&mut self) {
        let ids: Vec<NodeId> = self.agents.keys().copied().collect();
        for node in ids {
            let Some(agent) = self.agents.get_mut(&node) else { continue };
            let Some(session) = agent.session.filter(|_| agent.alive) else { continue };
            let beat = agent.next_heartbeat <= self.now;
            let mut updates = Vec::new();
            for task in agent.tasks.values() {
                let bad = task.spec.container.image == "bad";
                let wanted = if task.desired_state >= TaskState::Shutdown {
                    TaskState::Shutdown
                } else if bad && task.desired_state == TaskState::Running {
                    TaskState::Failed
                } else {
                    task.desired_state
                };
                let before = agent.reported.get(&task.id).copied().unwrap_or_default();
                if before > TaskState::Running {
                    continue;
                }
                if before != wanted {
                    let status = TaskStatus {
                        state: wanted,
                        timestamp: Timestamp(self.now),
                        ..TaskStatus::default()
                    };
                    updates.push((task.id, status));
                    agent.reported.insert(task.id, wanted);
                }
            }
            if beat {
                agent.next_heartbeat = u64::MAX;
                self.dispatch(ToDispatcher::Heartbeat { node, session });
            }
            if !updates.is_empty() {
                self.dispatch(ToDispatcher::UpdateTaskStatus { node, session, updates });
            }
        }
    }

    /// Lets time pass in steps of 10 ms.
    fn advance(&mut self, us: u64) {
        let until = self.now + us;
        while self.now < until {
            self.now += 10_000;
            self.settle();
            self.agents_work();
            self.check();
        }
    }

    fn check(&self) {
        assert_eq!(self.store.digest(), self.replica.digest());
        let mut addresses = BTreeMap::new();
        for task in self.store.tasks().filter(|task| task.status.state <= TaskState::Running) {
            for attachment in &task.networks {
                for address in &attachment.addresses {
                    let before = addresses.insert((attachment.network, address.clone()), task.id);
                    assert_eq!(before, None, "{address} twice");
                }
            }
        }
    }

    fn call(&mut self, request: ControlRequest) -> Result<ControlResponse, api::ApiError> {
        self.calls += 1;
        let now = Timestamp(self.now);
        let (store, members) = (&self.store, &self.members);
        self.leader.handle_control(self.calls, request, store, members, now, &mut self.rng);
        self.settle();
        let answers = self.leader.take_answers();
        answers.into_iter().find(|(call, _)| *call == self.calls).expect("an answer").1
    }

    fn join(&mut self, token: String) -> NodeId {
        self.calls += 1;
        let request = JoinRequest::IssueCertificate { token, availability: Availability::Active };
        let now = Timestamp(self.now);
        let (store, members) = (&self.store, &self.members);
        self.leader.handle_join(self.calls, request, store, members, now, &mut self.rng);
        self.settle();
        let answers = self.leader.take_join_answers();
        match answers.as_slice() {
            [(_, Ok(JoinResponse::Certificate(certificate)))] => certificate.node,
            other => panic!("{other:?}"),
        }
    }

    fn worker_token(&self) -> String {
        self.store.cluster().expect("a cluster").worker_token.clone()
    }

    fn set_node(&mut self, id: NodeId, change: impl FnOnce(&mut NodeSpec)) {
        let node = self.store.node(id).expect("a node").clone();
        let mut spec = Box::new(node.spec.clone());
        change(&mut spec);
        let request = ControlRequest::UpdateNode { id, version: node.meta.version, spec };
        self.call(request).expect("an update");
    }

    fn create(&mut self, spec: ServiceSpec) -> Rc<Service> {
        match self.call(ControlRequest::CreateService(Box::new(spec))) {
            Ok(ControlResponse::Service(service)) => service,
            other => panic!("{other:?}"),
        }
    }

    fn running(&self) -> usize {
        let live = |task: &&Rc<Task>| {
            task.status.state == TaskState::Running && task.desired_state == TaskState::Running
        };
        self.store.tasks().filter(live).count()
    }
}

fn service(name: &str, replicas: u64) -> ServiceSpec {
    let mut spec = ServiceSpec::default();
    spec.annotations.name = name.into();
    spec.task_mut().container.image = "nginx:1.25".into();
    spec.mode = ServiceMode::Replicated { replicas };
    spec
}

#[test]
fn the_first_leader_sets_up_the_swarm() {
    let mut world = World::new();
    world.advance(SECOND);
    let ingress = world.store.ingress().expect("ingress");
    assert_eq!(ingress.ipam[0].subnet, "10.0.0.0/24");
    assert_eq!(ingress.ipam[0].gateway, "10.0.0.1");
    assert_eq!(world.store.networks().filter(|network| network.predefined).count(), 2);
    let node = world.store.nodes().next().expect("a node");
    assert_eq!(node.role, NodeRole::Manager);
    assert_eq!(node.status.state, NodeState::Ready);
    assert_eq!(node.attachments[0].addresses, ["10.0.0.2/24"]);
    let ControlResponse::Nodes(nodes) = world.call(ControlRequest::ListNodes).unwrap() else {
        panic!()
    };
    assert!(nodes[0].manager_status.as_ref().is_some_and(|status| status.leader));
}

#[test]
fn a_published_service_runs_on_all_nodes_and_survives_one() {
    let mut world = World::new();
    for _ in 0..2 {
        let node = world.join(world.worker_token());
        assert_eq!(world.store.node(node).map(|n| n.status.state), Some(NodeState::Unknown));
        world.register(node);
    }
    let mut spec = service("web", 6);
    spec.endpoint = EndpointSpec {
        ports: vec![
            PortConfig { target_port: 80, published_port: 8080, ..PortConfig::default() },
            PortConfig { target_port: 81, ..PortConfig::default() },
        ],
        ..EndpointSpec::default()
    };
    let answer = world.call(ControlRequest::CreateService(Box::new(spec))).unwrap();
    let ControlResponse::Service(created) = answer else { panic!() };
    world.advance(SECOND);
    assert_eq!(world.running(), 6);
    let created = world.store.service(created.id).expect("it").clone();
    let endpoint = created.endpoint.as_ref().expect("an endpoint");
    assert_eq!(endpoint.ports[1].published_port, 30_000);
    assert_eq!(endpoint.virtual_ips[0].addr, "10.0.0.5/24");
    for node in world.store.nodes() {
        assert_eq!(world.store.tasks_of_node(node.id).count(), 2);
    }
    // heartbeats keep everyone alive
    world.advance(60 * SECOND);
    assert!(world.store.nodes().all(|node| node.status.state == NodeState::Ready));
    let dead = world.store.nodes().find(|n| n.role == NodeRole::Worker).expect("a worker").id;
    world.agents.get_mut(&dead).expect("its agent").alive = false;
    world.advance(17 * SECOND);
    let node = world.store.node(dead).expect("it");
    assert_eq!(node.status.state, NodeState::Down);
    assert_eq!(node.status.message, "heartbeat failure");
    world.advance(6 * SECOND);
    assert_eq!(world.running(), 6);
    assert_eq!(world.store.tasks().count(), 8);
}

#[test]
fn a_rolling_update_on_an_overlay_completes_after_the_monitor() {
    let mut world = World::new();
    let mut network = NetworkSpec::default();
    network.annotations.name = "back".into();
    network.driver = "overlay".into();
    let answer = world.call(ControlRequest::CreateNetwork(Box::new(network))).unwrap();
    let ControlResponse::Network(network) = answer else { panic!() };
    let mut spec = service("web", 3);
    let target = network.id.to_string();
    spec.task_mut().networks = vec![NetworkAttachmentConfig { target, ..Default::default() }];
    let answer = world.call(ControlRequest::CreateService(Box::new(spec.clone()))).unwrap();
    let ControlResponse::Service(created) = answer else { panic!() };
    world.advance(SECOND);
    assert_eq!(world.running(), 3);
    let stored = world.store.service(created.id).expect("it").clone();
    assert_eq!(stored.endpoint.as_ref().expect("allocated").virtual_ips[0].addr, "10.0.1.2/24");
    spec.task_mut().container.image = "nginx:1.26".into();
    let update = |version, spec: &ServiceSpec| ControlRequest::UpdateService {
        id: created.id,
        version,
        spec: Box::new(spec.clone()),
        rollback: false,
    };
    let stale = world.call(update(Version(0), &spec)).unwrap_err();
    assert_eq!(stale.message, "rpc error: code = Unknown desc = update out of sequence");
    world.call(update(stored.meta.version, &spec)).unwrap();
    world.advance(3 * SECOND);
    assert_eq!(world.running(), 3);
    let state = |world: &World| {
        world.store.service(created.id).and_then(|s| s.update_status.clone()).map(|s| s.message)
    };
    assert_eq!(state(&world).as_deref(), Some("update in progress"));
    world.advance(6 * SECOND);
    assert_eq!(state(&world).as_deref(), Some("update completed"));
    assert!(
        world
            .store
            .tasks()
            .filter(|task| task.desired_state == TaskState::Running)
            .all(|task| task.spec.container.image == "nginx:1.26")
    );
    // a lab is a value: the same bytes after a round trip
    let text = serde_json::to_string(&world.leader).unwrap();
    assert_eq!(serde_json::from_str::<Leader>(&text).unwrap(), world.leader);
    world.call(ControlRequest::RemoveService(created.id)).unwrap();
    world.advance(2 * SECOND);
    assert_eq!(world.store.tasks().count(), 0);
}

#[test]
fn a_drained_node_is_left_at_once_and_nothing_comes_back() {
    let mut world = World::new();
    let worker = world.join(world.worker_token());
    world.register(worker);
    world.create(service("web", 4));
    world.advance(SECOND);
    assert_eq!(world.store.tasks_of_node(worker).count(), 2);
    world.set_node(worker, |spec| spec.availability = Availability::Drain);
    world.advance(SECOND);
    assert_eq!(world.running(), 4);
    let here = |task: &&Rc<Task>| task.status.state == TaskState::Running;
    assert_eq!(world.store.tasks_of_node(worker).filter(here).count(), 0);
    world.set_node(worker, |spec| spec.availability = Availability::Active);
    world.advance(SECOND);
    assert_eq!(world.store.tasks_of_node(worker).filter(here).count(), 0);
}

#[test]
fn a_failing_update_rolls_itself_back() {
    let mut world = World::new();
    let mut spec = service("web", 3);
    spec.update = Some(UpdateConfig {
        failure_action: FailureAction::Rollback,
        monitor_ns: Some(1_000_000_000),
        ..UpdateConfig::default()
    });
    let created = world.create(spec.clone());
    world.advance(SECOND);
    let stored = world.store.service(created.id).expect("it").clone();
    spec.task_mut().container.image = "bad".into();
    let request = ControlRequest::UpdateService {
        id: created.id,
        version: stored.meta.version,
        spec: Box::new(spec),
        rollback: false,
    };
    world.call(request).expect("an update");
    world.advance(20 * SECOND);
    let stored = world.store.service(created.id).expect("it").clone();
    let status = stored.update_status.as_ref().expect("a status");
    assert_eq!(status.state, UpdateState::RollbackCompleted, "{}", status.message);
    assert_eq!(stored.spec.task.container.image, "nginx:1.25");
    assert_eq!(world.running(), 3);
}

#[test]
fn roles_follow_what_is_wanted_and_raft_goes_first() {
    let mut world = World::new();
    let node = world.join(world.worker_token());
    world.register(node);
    world.set_node(node, |spec| spec.desired_role = NodeRole::Manager);
    assert_eq!(world.store.node(node).expect("it").role, NodeRole::Manager);
    let request = JoinRequest::JoinRaft { node, addr: "192.168.0.12:2377".into() };
    let (store, members) = (&world.store, &world.members);
    world.leader.handle_join(9, request, store, members, Timestamp(world.now), &mut world.rng);
    let added = world.leader.take_raft_requests();
    assert!(matches!(added.as_slice(), [RaftRequest::AddMember { call: 9, .. }]), "{added:?}");
    let addr = "192.168.0.12:2377".to_owned();
    let since = Timestamp(world.now);
    let member = Member { raft_id: 2, node, addr, reachable: true, since };
    world.members.list.push(member);
    world.settle();
    world.set_node(node, |spec| spec.desired_role = NodeRole::Worker);
    let removed = world.leader.take_raft_requests();
    assert_eq!(removed, [RaftRequest::RemoveMember { raft_id: 2 }]);
    assert_eq!(world.store.node(node).expect("it").role, NodeRole::Manager);
    world.members.list.pop();
    world.settle();
    assert_eq!(world.store.node(node).expect("it").role, NodeRole::Worker);
}

#[test]
fn a_new_leader_calls_nodes_unknown_and_disturbs_no_task() {
    let mut world = World::new();
    let worker = world.join(world.worker_token());
    world.register(worker);
    world.create(service("web", 4));
    world.advance(SECOND);
    let me = world.members.list[0].node;
    world.leader = Leader::elected(&world.store, me, Timestamp(world.now), &mut world.rng);
    world.settle();
    let unknown = "Node moved to \"unknown\" state due to leadership change in cluster";
    assert!(world.store.nodes().all(|node| node.status.state == NodeState::Unknown));
    assert!(world.store.nodes().all(|node| node.status.message == unknown));
    world.register(me);
    world.advance(20 * SECOND);
    assert_eq!(world.store.node(me).expect("it").status.state, NodeState::Ready);
    assert_eq!(world.running(), 4);
    assert_eq!(world.store.tasks().count(), 4);
    world.agents.get_mut(&worker).expect("its agent").alive = false;
    world.advance(15 * SECOND);
    let node = world.store.node(worker).expect("it");
    assert_eq!(node.status.state, NodeState::Down);
    assert_eq!(node.status.message, "heartbeat failure for node in \"unknown\" state");
}

#[test]
fn logs_come_from_the_nodes_that_have_them() {
    let mut world = World::new();
    let created = world.create(service("web", 1));
    world.advance(SECOND);
    let me = world.members.list[0].node;
    world.heard.clear();
    let options = api::LogOptions { stdout: true, ..api::LogOptions::default() };
    let services = vec![created.id];
    let request = ControlRequest::SubscribeLogs { services, tasks: vec![], options };
    let Ok(ControlResponse::Subscribed(subscription)) = world.call(request) else { panic!() };
    let asked = world.heard.iter().any(|message| {
        matches!(message, ToAgent::Subscribe { tasks, open: true, .. } if tasks.len() ==
            1)
    });
    assert!(asked);
    let line = api::dispatch::LogLine {
        task: None,
        at: Timestamp(world.now),
        stderr: false,
        text: "hello".into(),
    };
    let lines = vec![line.clone()];
    world.dispatch(ToDispatcher::Logs { node: me, subscription, lines, done: true });
    assert_eq!(world.leader.take_log_lines(), [(subscription, vec![line], true)]);
}

#[test]
fn a_wrong_token_is_refused() {
    let mut world = World::new();
    let token = format!("{}x", world.worker_token());
    let request = JoinRequest::IssueCertificate { token, availability: Availability::Active };
    let (store, members) = (&world.store, &world.members);
    world.leader.handle_join(1, request, store, members, Timestamp(0), &mut world.rng);
    let answers = world.leader.take_join_answers();
    let [(1, Err(error))] = answers.as_slice() else { panic!("{answers:?}") };
    assert_eq!(
        error.message,
        "rpc error: code = InvalidArgument desc = A valid join token is necessary to join this \
         cluster"
    );
}

#[test]
fn a_big_service_takes_several_proposals() {
    let mut world = World::new();
    world.create(service("web", 450));
    world.advance(2 * SECOND);
    assert_eq!(world.running(), 450);
}
