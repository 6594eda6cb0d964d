//! Whole labs: one at rest, one that grows, one that is saved.

use crate::{Clock, Figure, time};
use lab::{Fault, LabConfig, MachineConfig};
use shell::{Desk, DeskInput};
use std::hint::black_box;

const SECOND_US: u64 = 1_000_000;
const HOUR_US: u64 = 3_600 * SECOND_US;

/// Sizes of `scale`: machines.
const SCALES: [u32; 4] = [100, 300, 1_000, 3_000];

pub(super) fn names() -> impl Iterator<Item = (&'static str, String)> {
    let five = "5-machines-3-managers-20-tasks".to_owned();
    let scales = SCALES.into_iter().map(|n| ("scale", format!("{n}-machines")));
    [("idle", five.clone())].into_iter().chain(scales).chain([("save", five)])
}

pub(super) fn run(bench: &str, workload: &str, clock: Clock<'_>) -> Vec<Figure> {
    match bench {
        "idle" => idle(workload, clock),
        "save" => save(workload, clock),
        _ => match SCALES.into_iter().find(|n| workload == format!("{n}-machines")) {
            Some(machines) => scale(machines, workload, clock),
            None => Vec::new(),
        },
    }
}

/// A lab of so many machines in one swarm; the first ones are managers.
fn swarm(machines: u32, managers: u32) -> Desk {
    let machine = |k: u32| MachineConfig {
        name: format!("node{}", k + 1),
        ip: format!("172.20.{}.{}", k / 200, 13 + k % 200),
        extra_ips: Vec::new(),
    };
    let mut desk = Desk::new(LabConfig { seed: 1, machines: (0..machines).map(machine).collect() });
    desk.advance(5 * SECOND_US);
    line(&mut desk, "node1", "docker swarm init --advertise-addr 172.20.0.13");
    desk.advance(5 * SECOND_US);
    for role in ["manager", "worker"] {
        line(&mut desk, "node1", &format!("docker swarm join-token -q {role}"));
        desk.advance(SECOND_US);
        let token = desk.take_finished().pop().map(|done| done.screen).unwrap_or_default();
        let those = if role == "manager" { 1..managers } else { managers..machines };
        for k in those {
            let join = format!("docker swarm join --token {} 172.20.0.13:2377", token.trim());
            line(&mut desk, &format!("node{}", k + 1), &join);
            // members join raft one at a time
            if role == "manager" {
                desk.advance(5 * SECOND_US);
            }
        }
        until_quiet(&mut desk, 120);
    }
    desk
}

fn line(desk: &mut Desk, machine: &str, line: &str) {
    desk.input(DeskInput::Line { machine: machine.to_owned(), line: line.to_owned() });
}

/// Lets so many seconds pass at most, until every prompt is back.
fn until_quiet(desk: &mut Desk, seconds: u64) {
    for _ in 0..seconds {
        desk.advance(SECOND_US);
        if !desk.any_busy() {
            break;
        }
    }
}

fn running(desk: &Desk) -> usize {
    let swarm = desk.view().swarm.as_ref();
    swarm.map_or(0, |swarm| {
        let tasks = swarm.tasks.iter();
        tasks.filter(|task| task.status.state == api::TaskState::Running).count()
    })
}

fn until_running(desk: &mut Desk, tasks: usize) {
    for _ in 0..600 {
        if running(desk) >= tasks {
            break;
        }
        desk.advance(SECOND_US);
    }
}

fn small_lab() -> Desk {
    let mut desk = swarm(5, 3);
    line(&mut desk, "node1", "docker service create -d --name web --replicas 20 -p 80:80 nginx");
    until_running(&mut desk, 20);
    desk.advance(60 * SECOND_US);
    desk
}

fn idle(workload: &str, clock: Clock<'_>) -> Vec<Figure> {
    let desk = small_lab();
    let runs = (0..5)
        .map(|_| {
            let mut desk = desk.clone();
            time(clock, || desk.advance(HOUR_US)).0
        })
        .collect();
    let mut figure = Figure::new("idle", workload, "an hour", runs);
    figure.times_real = Some(HOUR_US * 1_000 / figure.best_ns.max(1));
    vec![figure]
}

fn scale(machines: u32, workload: &str, clock: Clock<'_>) -> Vec<Figure> {
    let tasks = machines * 10;
    let wanted = usize::try_from(tasks).unwrap_or(0);
    let mut figures = Vec::new();
    let mut tell = |what: &str, took: u64| {
        figures.push(Figure::new("scale", workload, what, vec![took]));
    };
    let (took, mut desk) = time(clock, || swarm(machines, 7));
    tell("join", took);
    let (took, ()) = time(clock, || {
        let create = format!("docker service create -d --name web --replicas {tasks} nginx");
        line(&mut desk, "node1", &create);
        until_running(&mut desk, wanted);
    });
    tell("create and converge", took);
    let (took, ()) = time(clock, || {
        for k in 0..machines / 10 {
            let node = format!("node{}", machines - k);
            line(&mut desk, "node1", &format!("docker node update --availability drain {node}"));
        }
        until_quiet(&mut desk, 600);
        until_running(&mut desk, wanted);
    });
    tell("drain a tenth and converge", took);
    let (took, ()) = time(clock, || {
        desk.input(DeskInput::Fault(Fault::PowerOff("node1".to_owned())));
        desk.advance(60 * SECOND_US);
        until_running(&mut desk, wanted);
    });
    tell("fail the leader and converge", took);
    // a frame: the world moves a little, and what may be seen of it follows
    let runs = (0..100).map(|_| time(clock, || desk.advance(16_000)).0).collect();
    figures.push(Figure::new("scale", workload, "frame of 16 ms", runs));
    if running(&desk) < wanted {
        figures.clear(); // no figure at all is better than one of less work
    }
    figures
}

fn save(workload: &str, clock: Clock<'_>) -> Vec<Figure> {
    let desk = small_lab();
    let text = serde_json::to_vec(&desk).unwrap_or_default();
    let packed = miniz_oxide::deflate::compress_to_vec(&text, 6);
    let runs = |work: &dyn Fn()| (0..20).map(|_| time(clock, work).0).collect::<Vec<u64>>();
    let mut saved = Figure::new(
        "save",
        workload,
        "save",
        runs(&|| {
            black_box(serde_json::to_vec(&desk).unwrap_or_default());
        }),
    );
    saved.bytes = Some(packed.len());
    let loaded = runs(&|| {
        black_box(serde_json::from_slice::<Desk>(&text).ok());
    });
    let undone = runs(&|| {
        black_box(desk.clone());
    });
    vec![
        saved,
        Figure::new("save", workload, "load", loaded),
        Figure::new("save", workload, "undo", undone),
    ]
}
