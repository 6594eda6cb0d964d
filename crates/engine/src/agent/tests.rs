//! The agent against a dispatcher made of this file's hands.

#![expect(clippy::wildcard_enum_match_arm, reason = "a test panics on whatever else comes")]

use super::*;
use crate::testing::Bench;
use api::{
    Annotations, Availability, Meta, NetworkAttachment, NetworkSpec, NodeRole, NodeSpec,
    NodeStatus, Request, SessionId, Task, TaskSpec, TaskState,
};

const PERIOD_MS: u64 = 5_000;

struct Table {
    bench: Bench,
    agent: Agent,
    /// (time, message)
    sent: Vec<(Timestamp, ToDispatcher)>,
    /// Whether the manager answers.
    answers: bool,
    tasks: Vec<Task>,
}

fn id<T>(parse: impl Fn(&str) -> Option<T>, letter: char) -> T {
    parse(&letter.to_string().repeat(25)).unwrap()
}

fn node_id() -> NodeId {
    id(NodeId::parse, 'n')
}

fn node(attachments: Vec<NetworkAttachment>) -> Rc<Node> {
    Rc::new(Node {
        id: node_id(),
        meta: Meta::default(),
        spec: NodeSpec { availability: Availability::Active, ..NodeSpec::default() },
        description: None,
        status: NodeStatus::default(),
        manager_status: None,
        role: NodeRole::Worker,
        attachments,
    })
}

fn task(letter: char, image: &str, desired: TaskState) -> Task {
    let mut spec = TaskSpec::default();
    spec.container.image = image.to_owned();
    Task {
        id: id(TaskId::parse, letter),
        meta: Meta::default(),
        spec: Rc::new(spec),
        spec_version: None,
        service_id: Some(id(ServiceId::parse, 's')),
        slot: 1,
        node_id: Some(node_id()),
        annotations: Annotations::default(),
        service_annotations: Annotations { name: "web".into(), ..Annotations::default() },
        status: TaskStatus { state: TaskState::Assigned, ..TaskStatus::default() },
        desired_state: desired,
        networks: Vec::new(),
        endpoint: None,
        ports: Vec::new(),
        log_driver: None,
        assigned_generic_resources: Vec::new(),
        job_iteration: None,
    }
}

fn overlay() -> Rc<Network> {
    Rc::new(Network {
        id: id(NetworkId::parse, 'i'),
        meta: Meta::default(),
        spec: NetworkSpec {
            annotations: Annotations { name: "ingress".into(), ..Annotations::default() },
            driver: "overlay".into(),
            ingress: true,
            ..NetworkSpec::default()
        },
        ipam: vec![api::IpamConfig {
            subnet: "10.0.0.0/24".into(),
            gateway: "10.0.0.1".into(),
            range: String::new(),
        }],
        driver_state: Default::default(),
        predefined: false,
    })
}

fn on(network: &Network, addr: &str) -> NetworkAttachment {
    NetworkAttachment { network: network.id, addresses: vec![addr.into()], aliases: Vec::new() }
}

impl Table {
    fn new(images: &[&str]) -> Self {
        let bench = Bench::with(images);
        let description = NodeDescription { hostname: "node1".into(), ..Default::default() };
        let managers = vec![(id(NodeId::parse, 'm'), "192.168.0.13:2377".to_owned())];
        let agent = Agent::new(node_id(), description, managers);
        let mut table = Self { bench, agent, sent: Vec::new(), answers: true, tasks: Vec::new() };
        table.run_ms(10);
        table
    }

    /// What a manager would say to the messages.
    fn exchange(&mut self) {
        for (_, message) in self.agent.take_messages() {
            self.sent.push((self.bench.now, message.clone()));
            if !self.answers {
                continue;
            }
            match message {
                ToDispatcher::Session { .. } => {
                    let session = id(SessionId::parse, 'x');
                    self.tell(ToAgent::Session {
                        session,
                        node: node(vec![on(&overlay(), "10.0.0.2/24")]),
                        managers: Vec::new(),
                    });
                    self.assign_all();
                }
                ToDispatcher::Heartbeat { .. } => {
                    self.tell(ToAgent::Heartbeat { period_ms: PERIOD_MS });
                }
                ToDispatcher::UpdateTaskStatus { .. } | ToDispatcher::Logs { .. } => {}
            }
        }
    }

    fn tell(&mut self, message: ToAgent) {
        let Bench { engine, rng, now, .. } = &mut self.bench;
        self.agent.handle(message, engine, *now, rng);
    }

    fn assign_all(&mut self) {
        self.tell(ToAgent::Assignments(Assignments {
            complete: true,
            tasks: self.tasks.iter().cloned().map(Rc::new).collect(),
            networks: vec![overlay()],
            ..Assignments::default()
        }));
    }

    fn assign(&mut self, task: Task) {
        self.tasks.retain(|other| other.id != task.id);
        self.tasks.push(task.clone());
        self.tell(ToAgent::Assignments(Assignments {
            tasks: vec![Rc::new(task)],
            networks: vec![overlay()],
            ..Assignments::default()
        }));
    }

    fn run_ms(&mut self, ms: u64) {
        let until = Timestamp(self.bench.now.0 + ms * 1_000);
        loop {
            self.poll();
            let due = self.agent.next_wakeup().map_or(until, |at| at.min(until));
            if !self.bench.step(due.max(self.bench.now)) && self.bench.now >= until {
                break;
            }
        }
        self.poll();
    }

    /// The agent, the registry, and the agent again.
    fn poll(&mut self) {
        for _ in 0..3 {
            let Bench { engine, rng, now, .. } = &mut self.bench;
            self.agent.poll(engine, *now, rng);
            self.bench.collect();
        }
        self.exchange();
    }

    fn status(&self, letter: char) -> TaskStatus {
        self.agent.workers[&id(TaskId::parse, letter)].status.clone()
    }

    fn reported(&self, letter: char) -> Vec<TaskState> {
        let task = id(TaskId::parse, letter);
        let mut states = Vec::new();
        for (_, message) in &self.sent {
            if let ToDispatcher::UpdateTaskStatus { updates, .. } = message {
                states.extend(updates.iter().filter(|(t, _)| *t == task).map(|(_, s)| s.state));
            }
        }
        states
    }

    fn count(&self, test: impl Fn(&ToDispatcher) -> bool) -> usize {
        self.sent.iter().filter(|(_, message)| test(message)).count()
    }
}

#[test]
fn it_registers_beats_at_the_period_it_is_told_and_backs_off() {
    let mut table = Table::new(&[]);
    assert!(table.agent.is_registered());
    table.run_ms(21_000);
    let beats = |t: &Table| t.count(|m| matches!(m, ToDispatcher::Heartbeat { .. }));
    assert_eq!(beats(&table), 5, "at once, then every 5 s");
    table.answers = false;
    table.sent.clear();
    table.run_ms(60_000);
    assert!(!table.agent.is_registered());
    let tries: Vec<u64> = table
        .sent
        .iter()
        .filter(|(_, m)| matches!(m, ToDispatcher::Session { .. }))
        .map(|(at, _)| at.0 / 1_000)
        .collect();
    // each attempt takes 5 s to fail, then up to 0.1, 0.3, 0.7 … 8 s
    assert!((5..=11).contains(&tries.len()), "{tries:?}");
    assert!(tries.windows(2).all(|pair| (5_000..=13_000).contains(&(pair[1] - pair[0]))));
    table.answers = true;
    table.run_ms(14_000);
    assert!(table.agent.is_registered());
}

#[test]
fn a_task_goes_from_assigned_to_running_in_about_a_second() {
    let mut table = Table::new(&["nginx"]);
    table.assign(task('t', "nginx:latest", TaskState::Running));
    table.run_ms(1_500);
    let status = table.status('t');
    assert_eq!((status.state, status.message.as_str()), (TaskState::Running, "started"));
    let states = table.reported('t');
    assert!(states.windows(2).all(|pair| pair[0] < pair[1]), "{states:?}");
    let name = format!("web.1.{}", "t".repeat(25));
    let found = table.bench.inspect(&name);
    assert_eq!(found.config.labels["com.docker.swarm.service.name"], "web");
    assert_eq!(found.config.labels["com.docker.swarm.task.id"], "t".repeat(25));
    assert_eq!(status.container.unwrap().id, found.summary.id);
}

#[test]
fn desired_ready_holds_the_prepared_task_back() {
    let mut table = Table::new(&["nginx"]);
    table.assign(task('t', "nginx:latest", TaskState::Ready));
    table.run_ms(5_000);
    assert_eq!(table.status('t').state, TaskState::Ready);
    table.assign(task('t', "nginx:latest", TaskState::Running));
    table.run_ms(1_000);
    assert_eq!(table.status('t').state, TaskState::Running);
}

#[test]
fn an_image_nobody_has_is_rejected() {
    let mut table = Table::new(&[]);
    table.assign(task('t', "nosuch:1", TaskState::Running));
    table.run_ms(1_000);
    let status = table.status('t');
    assert_eq!((status.state, status.message.as_str()), (TaskState::Rejected, "preparing"));
    assert_eq!(status.err, "No such image: nosuch:1");
}

#[test]
fn ends_of_programs_are_complete_or_failed() {
    let mut table = Table::new(&["alpine", "sposigor/app-flask-teste:bad", "nginx"]);
    let mut good = task('g', "alpine:latest", TaskState::Running);
    Rc::make_mut(&mut good.spec).container.args = vec!["sleep".into(), "1".into()];
    table.assign(good);
    table.assign(task('b', "sposigor/app-flask-teste:bad", TaskState::Running));
    table.assign(task('k', "nginx:latest", TaskState::Running));
    table.run_ms(4_000);
    let status = table.status('g');
    assert_eq!((status.state, status.message.as_str()), (TaskState::Complete, "finished"));
    let status = table.status('b');
    assert_eq!((status.state, status.err.as_str()), (TaskState::Failed, "task: non-zero exit (1)"));
    let container = format!("web.1.{}", "k".repeat(25));
    table.bench.ask(Request::ContainerRemove { container, force: true, volumes: false }).unwrap();
    table.run_ms(100);
    let status = table.status('k');
    assert_eq!(
        (status.state, status.err.as_str()),
        (TaskState::Failed, "task: non-zero exit (137)")
    );
}

#[test]
fn a_start_that_fails_says_so() {
    let mut table = Table::new(&["alpine"]);
    let mut bad = task('b', "alpine:latest", TaskState::Running);
    Rc::make_mut(&mut bad.spec).container.args = vec!["nosuchcmd".into()];
    table.assign(bad);
    table.run_ms(2_000);
    let status = table.status('b');
    assert_eq!((status.state, status.message.as_str()), (TaskState::Failed, "starting"));
    assert!(status.err.starts_with("starting container failed: failed to create shim task"));
}

#[test]
fn shutdown_on_an_overlay_waits_for_gossip_then_for_the_program() {
    let mut table = Table::new(&["sposigor/app-flask-teste:1"]);
    let mut one = task('t', "sposigor/app-flask-teste:1", TaskState::Running);
    one.networks = vec![on(&overlay(), "10.0.0.7/24")];
    one.ports = vec![api::PortConfig {
        target_port: 5000,
        published_port: 5000,
        ..api::PortConfig::default()
    }];
    table.assign(one.clone());
    table.run_ms(3_000);
    let told = table.agent.take_endpoint_changes();
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].ip.as_str(), told[0].removed), ("10.0.0.7", false));
    assert_eq!(told[0].ports.len(), 1);
    let found = table.bench.engine.container_at("10.0.0.7").unwrap();
    assert_eq!(found.1, "ingress");
    one.desired_state = TaskState::Shutdown;
    table.assign(one.clone());
    table.run_ms(990);
    assert!(table.agent.take_endpoint_changes().is_empty(), "the wait was cut short: a retry");
    table.run_ms(20);
    let told = table.agent.take_endpoint_changes();
    assert!(told.len() == 1 && told[0].removed, "then out of the rings at once");
    table.run_ms(11_900);
    assert_eq!(table.status('t').state, TaskState::Running);
    table.run_ms(400);
    let status = table.status('t');
    assert_eq!((status.state, status.message.as_str()), (TaskState::Shutdown, "shutdown"));
    let container = format!("web.1.{}", one.id);
    assert_eq!(table.bench.inspect(&container).summary.state.exit_code, 137);
    // no longer assigned: the container goes
    table.tasks.clear();
    table.tell(ToAgent::Assignments(Assignments {
        removed_tasks: vec![one.id],
        ..Assignments::default()
    }));
    table.run_ms(500);
    assert_eq!(table.bench.engine.summaries().len(), 1, "a removal ends a task once more");
    table.run_ms(2_500);
    assert!(table.bench.engine.summaries().is_empty() && table.agent.workers.is_empty());
}

#[test]
fn a_pull_is_cut_short_by_shutdown() {
    let mut table = Table::new(&[]);
    table.assign(task('t', "nginx:latest", TaskState::Running));
    table.run_ms(100);
    assert_eq!(table.status('t').state, TaskState::Preparing);
    table.assign(task('t', "nginx:latest", TaskState::Shutdown));
    table.run_ms(900);
    assert_eq!(table.status('t').state, TaskState::Preparing, "cut short: a retry");
    table.run_ms(200);
    assert_eq!(table.status('t').state, TaskState::Shutdown);
    table.run_ms(5_000);
    assert!(!table.bench.engine.has_image("nginx"), "nobody waits for it");
}

#[test]
fn statuses_are_reported_again_after_registering_again() {
    let mut table = Table::new(&["nginx"]);
    table.assign(task('t', "nginx:latest", TaskState::Running));
    table.run_ms(2_000);
    table.sent.clear();
    let session = ToAgent::Refused { reason: "session invalid".into() };
    table.tell(session);
    table.run_ms(500);
    assert_eq!(table.reported('t'), [TaskState::Running]);
}

#[test]
fn after_a_power_cut_the_task_is_failed_with_255() {
    let mut table = Table::new(&["nginx"]);
    table.assign(task('t', "nginx:latest", TaskState::Running));
    table.run_ms(2_000);
    table.bench.engine.power_off();
    let Bench { engine, rng, now, .. } = &mut table.bench;
    table.agent.restarted(*now, rng);
    engine.daemon_start(None, *now, rng);
    table.run_ms(4_000);
    let status = table.status('t');
    assert_eq!(
        (status.state, status.err.as_str()),
        (TaskState::Failed, "task: non-zero exit (255)")
    );
}

/// Two tasks that run: `t` on an overlay, `u` on none.
fn two_tasks() -> (Table, [Task; 2]) {
    let mut table = Table::new(&["nginx"]);
    let mut tasks = [
        task('t', "nginx:latest", TaskState::Running),
        task('u', "nginx:latest", TaskState::Running),
    ];
    tasks[0].networks = vec![on(&overlay(), "10.0.0.7/24")];
    for one in &mut tasks {
        table.assign(one.clone());
        one.status.state = TaskState::Running;
    }
    table.run_ms(3_000);
    (table, tasks)
}

/// The daemon is asked to end, as systemd does, and started again.
fn restart(table: &mut Table) {
    let Bench { engine, rng, now, .. } = &mut table.bench;
    table.agent.close(engine, *now, rng);
    engine.daemon_stop(*now, rng);
    assert!(table.agent.workers.is_empty() && engine.is_stopping());
    table.answers = false;
    table.run_ms(2_000);
    let Bench { engine, rng, now, .. } = &mut table.bench;
    assert!(!engine.is_stopping());
    table.agent.restarted(*now, rng);
    engine.daemon_start(Some(500_000), *now, rng);
    table.run_ms(600);
}

#[test]
fn a_daemon_that_is_asked_to_end_gives_up_its_tasks() {
    let (mut table, mut tasks) = two_tasks();
    restart(&mut table);
    let left = table.bench.engine.task_containers();
    let kept = tasks[0].id.to_string();
    assert!(left.len() == 1 && left[0].1 == kept, "only what waits for gossip outlives the daemon");
    // the manager has given the node up meanwhile
    for one in &mut tasks {
        one.desired_state = TaskState::Shutdown;
    }
    table.tasks = tasks.into();
    table.answers = true;
    table.assign_all();
    table.run_ms(1_900);
    assert_eq!(table.status('u').state, TaskState::Shutdown);
    assert_eq!(table.status('t').state, TaskState::Running, "gossip comes first all the same");
    table.run_ms(200);
    assert_eq!(table.status('t').state, TaskState::Shutdown, "not complete: nobody waited for it");
}

#[test]
fn a_quick_restart_shows_how_the_containers_ended() {
    let (mut table, tasks) = two_tasks();
    restart(&mut table);
    table.tasks = tasks.into();
    table.answers = true;
    table.assign_all();
    table.run_ms(100);
    assert_eq!(table.status('t').state, TaskState::Complete);
    let gone = table.status('u');
    assert_eq!(gone.state, TaskState::Failed);
    assert!(gone.err.starts_with("No such container: web.1."), "{}", gone.err);
}

#[test]
fn containers_of_unknown_tasks_are_removed() {
    let mut table = Table::new(&["nginx"]);
    table.assign(task('t', "nginx:latest", TaskState::Running));
    table.run_ms(2_000);
    table.tasks.clear();
    table.agent.workers.clear();
    table.assign_all();
    table.run_ms(1_000);
    assert!(table.bench.engine.summaries().is_empty());
}

#[test]
fn logs_are_sent_and_followed() {
    let mut table = Table::new(&["nginx"]);
    table.assign(task('t', "nginx:latest", TaskState::Running));
    table.run_ms(2_000);
    let subscribe = |follow| ToAgent::Subscribe {
        subscription: 1,
        tasks: vec![id(TaskId::parse, 't')],
        follow,
        tail: Some(1),
        since: None,
        open: true,
    };
    table.tell(subscribe(false));
    table.run_ms(10);
    let found = table.sent.iter().find_map(|(_, message)| match message {
        ToDispatcher::Logs { lines, done, .. } => Some((lines.clone(), *done)),
        _ => None,
    });
    let (lines, done) = found.unwrap();
    assert!(done && lines.len() == 1 && lines[0].text.ends_with("ready for start up"));
    assert_eq!(lines[0].task, Some(id(TaskId::parse, 't')));
}

#[test]
fn templates_are_filled_in() {
    let description = NodeDescription { hostname: "node1".into(), ..Default::default() };
    let one = task('t', "nginx", TaskState::Running);
    let text = "{{.Service.Name}}-{{ .Task.Slot }}-{{.Node.Hostname}}-{{.Nope}}";
    assert_eq!(super::spec::expand(text, &one, node_id(), &description), "web-1-node1-{{.Nope}}");
}

#[test]
fn mounts_of_a_task_are_checked_before_the_engine_sees_them() {
    let check = |kind, source: &str, target: &str| {
        let mount =
            api::Mount { kind, source: source.into(), target: target.into(), ..Default::default() };
        spec::check_mounts(&[mount]).err().unwrap_or_default()
    };
    use api::MountKind::{Bind, Volume};
    assert_eq!(check(Bind, "/a", "/x"), "");
    assert_eq!(
        check(Bind, "rel", "/x"),
        "invalid bind mount source, must be an absolute path: rel"
    );
    assert_eq!(check(Bind, "", "/x"), "invalid bind mount source, must be an absolute path: ");
    assert_eq!(check(Volume, "v", "rel"), "invalid mount target, must be an absolute path: rel");
    assert_eq!(
        check(Volume, "/v", "/x"),
        "invalid volume mount source, must not be an absolute path: /v"
    );
}
