//! The display of `service create`, `update` and `scale` against the real client's final screens
//! (`tests/cli-golden/progress-*.ansi`), with a service that goes through its states in steps.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "a test that cannot go on should stop"
)]

mod common;

use api::*;
use common::{env, words};
use docker::{Input, Now, Process, Step, start};
use share::Rc;

/// The last screen of a raw terminal recording, without the registry's warning.
fn final_screen(name: &str) -> String {
    let path =
        format!("{}/../../tests/cli-golden/progress-{name}.ansi", env!("CARGO_MANIFEST_DIR"));
    let raw = String::from_utf8(std::fs::read(path).expect("golden")).expect("utf-8");
    let mut lines: Vec<String> = vec![String::new()];
    let (mut row, mut column) = (0_usize, 0_usize);
    let mut chars = raw.chars();
    while let Some(c) = chars.next() {
        match c {
            '\r' => column = 0,
            '\n' => {
                row += 1;
                column = 0;
            }
            '\u{1b}' => {
                chars.next();
                let mut number = String::new();
                let verb = loop {
                    match chars.next() {
                        Some(d) if d.is_ascii_digit() => number.push(d),
                        other => break other,
                    }
                };
                let n: usize = number.parse().unwrap_or(1);
                match verb {
                    Some('A') => row = row.saturating_sub(n),
                    Some('B') => row += n,
                    Some('K') => lines[row].clear(),
                    other => panic!("escape {other:?}"),
                }
            }
            c => {
                while lines[row].chars().count() < column {
                    lines[row].push(' ');
                }
                let mut text: Vec<char> = lines[row].chars().collect();
                if column < text.len() {
                    text[column] = c;
                } else {
                    text.push(c);
                }
                lines[row] = text.into_iter().collect();
                column += 1;
            }
        }
        while lines.len() <= row {
            lines.push(String::new());
        }
    }
    tidy(&lines.join("\n"))
}

fn tidy(text: &str) -> String {
    let warning = ["could not be accessed", "its digest.", "possibly leading", "versions of the"];
    text.lines()
        .map(str::trim_end)
        .filter(|line| !line.is_empty() && !warning.iter().any(|words| line.contains(words)))
        .collect::<Vec<_>>()
        .join("\n")
}

/// A daemon with one service whose tasks advance with every poll.
struct Fake {
    name: &'static str,
    mode: ServiceMode,
    nodes: Vec<&'static str>,
    stuck: Option<&'static str>,
    polls: u64,
    /// Poll → what the update says from then on.
    updates: Vec<(u64, UpdateState, &'static str)>,
    /// Fails one task in these polls.
    failing: std::ops::Range<u64>,
    /// Slots that never run.
    fail_for_good: Option<u64>,
}

const STATES: [TaskState; 8] = [
    TaskState::New,
    TaskState::Pending,
    TaskState::Assigned,
    TaskState::Accepted,
    TaskState::Preparing,
    TaskState::Ready,
    TaskState::Starting,
    TaskState::Running,
];

impl Fake {
    fn new(name: &'static str, mode: ServiceMode) -> Self {
        Self {
            name,
            mode,
            nodes: vec!["4dc6ylm8r0l3", "ehkv3bcimagd", "6k6t9vvq1p8r"],
            stuck: None,
            polls: 0,
            updates: Vec::new(),
            failing: 0..0,
            fail_for_good: None,
        }
    }

    fn node_id(&self, k: usize) -> NodeId {
        NodeId::parse(&format!("{:0<25}", self.nodes[k % self.nodes.len()])).expect("id")
    }

    fn service(&self) -> Service {
        let update = self.updates.iter().rev().find(|(from, ..)| self.polls >= *from);
        Service {
            id: ServiceId::parse(&"s".repeat(25)).expect("id"),
            meta: Meta::default(),
            spec: Rc::new(ServiceSpec {
                annotations: Annotations { name: self.name.into(), labels: Labels::new() },
                mode: self.mode,
                ..ServiceSpec::default()
            }),
            spec_version: None,
            previous_spec: None,
            previous_spec_version: None,
            endpoint: None,
            update_status: update.map(|(_, state, message)| UpdateStatus {
                state: *state,
                started_at: None,
                completed_at: None,
                message: (*message).into(),
            }),
            job_status: Some(JobStatus::default()),
        }
    }

    fn tasks(&self) -> Vec<Rc<Task>> {
        let (count, job) = match self.mode {
            ServiceMode::Replicated { replicas } => (replicas, false),
            ServiceMode::Global => (3, false),
            ServiceMode::ReplicatedJob { total_completions, .. } => (total_completions, true),
            ServiceMode::GlobalJob => (3, true),
        };
        let task = |k: u64| {
            let step = usize::try_from(self.polls.saturating_sub(k)).expect("small");
            let mut state = *STATES.get(step).unwrap_or(&TaskState::Running);
            if job && step >= STATES.len() {
                state = TaskState::Complete;
            }
            let mut err = String::new();
            if let Some(why) = self.stuck {
                state = TaskState::Pending;
                err = why.into();
            }
            if self.fail_for_good == Some(k) && step > 2
                || k == 0 && self.failing.contains(&self.polls)
            {
                state = TaskState::Failed;
                err = "task: non-zero exit (1)".into();
            }
            let node = usize::try_from(k).expect("small");
            Rc::new(Task {
                id: TaskId::parse(&format!("{k:0>25}")).expect("id"),
                meta: Meta::default(),
                spec: Rc::new(TaskSpec::default()),
                spec_version: None,
                service_id: None,
                slot: match self.mode {
                    ServiceMode::Replicated { .. } => k + 1,
                    ServiceMode::ReplicatedJob { .. } => k,
                    ServiceMode::Global | ServiceMode::GlobalJob => 0,
                },
                node_id: self.stuck.is_none().then(|| self.node_id(node)),
                annotations: Annotations::default(),
                service_annotations: Annotations::default(),
                status: TaskStatus { state, err, ..TaskStatus::default() },
                desired_state: if job { TaskState::Complete } else { TaskState::Running },
                networks: Vec::new(),
                endpoint: None,
                ports: Vec::new(),
                log_driver: None,
                assigned_generic_resources: Vec::new(),
                job_iteration: job.then_some(0),
            })
        };
        (0..count).map(task).collect()
    }

    fn answer(&mut self, request: &Request) -> Response {
        match request {
            Request::ServiceInspect { .. } => {
                self.polls += 1;
                Response::Service(Rc::new(self.service()))
            }
            Request::TaskList { filters } => {
                assert!(filters.contains_key("_up-to-date"), "{filters:?}");
                Response::Tasks(self.tasks())
            }
            Request::NodeList { .. } => Response::Nodes(
                (0..self.nodes.len())
                    .map(|k| {
                        Rc::new(Node {
                            id: self.node_id(k),
                            meta: Meta::default(),
                            spec: NodeSpec::default(),
                            description: None,
                            status: NodeStatus { state: NodeState::Ready, ..Default::default() },
                            manager_status: None,
                            role: NodeRole::Worker,
                            attachments: Vec::new(),
                        })
                    })
                    .collect(),
            ),
            Request::ServiceCreate { .. } => {
                Response::Created { id: format!("newsvc{}", self.name), warnings: Vec::new() }
            }
            _ => Response::Done,
        }
    }
}

struct Ran {
    screen: String,
    out: String,
    code: i32,
    /// Simulated milliseconds.
    ms: u64,
}

/// Runs until the end, or until an interrupt after so many polls.
fn run(fake: &mut Fake, line: &str, tty: bool, columns: u32, interrupt: Option<u64>) -> Ran {
    let mut process: Process = start(&words(line), env(tty, columns));
    let (mut now, mut inputs) = (0_u64, vec![Input::Start]);
    let mut ran = Ran { screen: String::new(), out: String::new(), code: -1, ms: 0 };
    let mut block = String::new();
    while let Some(input) = inputs.pop() {
        for step in process.resume(Now(Timestamp(now * 1000)), input) {
            match step {
                Step::Out(bytes) | Step::Err(bytes) => {
                    ran.screen += &std::mem::take(&mut block);
                    ran.screen += &String::from_utf8_lossy(&bytes);
                    ran.out += &String::from_utf8_lossy(&bytes);
                }
                Step::Redraw(lines) => block = lines.join("\n") + "\n",
                Step::Ask(call, request) => {
                    inputs.push(Input::Answer(call, Ok(fake.answer(&request))));
                }
                Step::Sleep(ms) => {
                    now += ms;
                    inputs.push(Input::Timer);
                    if interrupt.is_some_and(|after| fake.polls >= after) {
                        inputs.push(Input::Interrupt);
                    }
                }
                Step::Exit(code) => ran.code = code,
                other => panic!("unexpected {other:?}"),
            }
        }
        assert!(now < 120_000, "never converges:\n{}{block}", ran.screen);
    }
    ran.screen += &block;
    ran.screen = tidy(&ran.screen);
    ran.ms = now;
    ran
}

const THREE: ServiceMode = ServiceMode::Replicated { replicas: 3 };

#[test]
fn replicated() {
    let mut fake = Fake::new("rep3", THREE);
    let line = "docker service create --name rep3 --replicas 3 nginx";
    let ran = run(&mut fake, line, true, 140, None);
    assert_eq!((ran.screen.as_str(), ran.code), (final_screen("rep3").as_str(), 0));
    // all run at the tenth poll, then five seconds of watching
    assert!((6400..7200).contains(&ran.ms), "{} ms", ran.ms);
    let ran = run(&mut Fake::new("rep3", THREE), line, true, 100, None);
    assert_eq!(ran.screen, final_screen("rep3n"));
}

#[test]
fn global_jobs_and_many() {
    let ran = run(
        &mut Fake::new("glob", ServiceMode::Global),
        "docker service create --name glob --mode global nginx",
        true,
        140,
        None,
    );
    assert_eq!(ran.screen, final_screen("glob"));
    let many = ServiceMode::Replicated { replicas: 25 };
    let line = "docker service create --name big --replicas 25 nginx";
    assert_eq!(run(&mut Fake::new("big", many), line, true, 140, None).screen, final_screen("big"));
    let job = ServiceMode::ReplicatedJob { max_concurrent: 2, total_completions: 4 };
    let line = "docker service create --name job --mode replicated-job --replicas 4 nginx";
    assert_eq!(run(&mut Fake::new("job", job), line, true, 140, None).screen, final_screen("job"));
}

#[test]
fn ctrl_c_leaves_it_in_the_background() {
    let mut fake = Fake::new("stuck", ServiceMode::Replicated { replicas: 1 });
    fake.stuck = Some("no suitable node (insufficient resources on 5 nodes)");
    let line = "docker service create --name stuck nginx";
    let ran = run(&mut fake, line, true, 140, Some(5));
    assert_eq!((ran.screen, ran.code), (final_screen("stuck"), 0));
}

#[test]
fn updates_that_fail() {
    let failure = "due to failure or early termination of task 5vq9q3m0v8xjw4k8sdlcq6vwp";
    let paused: &'static str = Box::leak(format!("update paused {failure}").into_boxed_str());
    let mut fake = Fake::new("paused", THREE);
    fake.fail_for_good = Some(0);
    fake.updates = vec![(1, UpdateState::Updating, "x"), (12, UpdateState::Paused, paused)];
    let ran = run(&mut fake, "docker service update --force paused", true, 140, None);
    assert_eq!((ran.screen, ran.code), (final_screen("paused"), 1));

    let rolled: &'static str = Box::leak(format!("update rolled back {failure}").into_boxed_str());
    let mut fake = Fake::new("rb", THREE);
    fake.updates = vec![(1, UpdateState::Updating, "x"), (4, UpdateState::RollbackStarted, rolled)];
    let ran = run(&mut fake, "docker service update --force rb", true, 140, None);
    assert_eq!((ran.screen, ran.code), (final_screen("rb"), 0));
}

#[test]
fn a_task_that_fails_while_watched_starts_the_watch_again() {
    let mut fake = Fake::new("flap", THREE);
    fake.failing = 15..20;
    let ran = run(&mut fake, "docker service update --force flap", true, 140, None);
    assert_eq!(ran.screen, final_screen("flap"));
    assert!(ran.ms > 8500, "{} ms", ran.ms);
    let mut fake = Fake::new("zero", ServiceMode::Replicated { replicas: 0 });
    let ran = run(&mut fake, "docker service scale zero=0", true, 140, None);
    assert_eq!(ran.screen, final_screen("zero"));
}

#[test]
fn a_pipe_gets_lines_without_bars() {
    let mut fake = Fake::new("p", ServiceMode::Replicated { replicas: 1 });
    let ran = run(&mut fake, "docker service create --name p nginx", false, 0, None);
    let mut lines = ran.out.lines();
    assert_eq!(lines.next(), Some("newsvcp"));
    assert_eq!(lines.next(), Some("overall progress: 0 out of 1 tasks"));
    assert_eq!(lines.next(), Some("1/1:  "));
    assert!(!ran.out.contains("=>"), "{}", ran.out);
    assert_eq!(ran.out.lines().last(), Some("verify: Service converged"));
    assert_eq!(
        run(&mut Fake::new("q", THREE), "docker service create -q nginx", true, 140, None).screen,
        "newsvcq"
    );
    // two displays do not overwrite each other
    let line = "docker service scale p=3 p=3";
    let ran = run(&mut Fake::new("p", THREE), line, true, 140, None);
    assert_eq!(ran.screen.matches("verify: Service converged").count(), 2);
}
