//! SwarmKit's scheduling workloads: decisions alone (*place*), and a pass with its writes (*tick*).

use crate::{Clock, Figure, time};
use manager::workload::{Scheduling, Workload};
use std::hint::black_box;

/// Nodes, tasks, services (0: tasks of none), whether a third of the nodes fit.
const WORKLOADS: [(u64, u64, u64, bool); 10] = [
    (1_000, 1_000, 0, false),
    (1_000, 10_000, 0, false),
    (1_000, 1_000, 0, true),
    (1_000, 10_000, 0, true),
    (1_000, 1_000, 1, false),
    (1_000, 10_000, 1, false),
    (1_000, 10_000, 100, false),
    (1_000, 100_000, 1, false),
    (100_000, 1_000, 1, false),
    (100_000, 100_000, 1, false),
];

/// Runs of a piece with few nodes and tasks, and of one with many.
const RUNS: (usize, usize) = (15, 5);

fn name((nodes, tasks, services, constrained): (u64, u64, u64, bool)) -> String {
    let third = if constrained { "-third" } else { "" };
    format!("{nodes}x{tasks}-svc{services}{third}")
}

pub(super) fn names() -> impl Iterator<Item = String> {
    WORKLOADS.into_iter().map(name)
}

pub(super) fn run(workload: &str, clock: Clock<'_>) -> Vec<Figure> {
    let Some(parts) = WORKLOADS.into_iter().find(|parts| name(*parts) == workload) else {
        return Vec::new();
    };
    let (nodes, tasks, services, constrained) = parts;
    let small = nodes.max(tasks) <= 10_000;
    let runs = if small { RUNS.0 } else { RUNS.1 };
    let shape = Workload { nodes, tasks, services, constrained };
    let measure = |work: &dyn Fn(&mut Scheduling) -> usize| -> Vec<u64> {
        (0..runs)
            .map(|_| {
                let mut scheduling = Scheduling::new(&shape);
                let (took, done) = time(clock, || work(&mut scheduling));
                black_box(done);
                took
            })
            .collect()
    };
    vec![
        Figure::new("scheduler", workload, "place", measure(&Scheduling::place)),
        Figure::new("scheduler", workload, "tick", measure(&Scheduling::tick)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_task_finds_a_node() {
        for (nodes, tasks, services, constrained) in
            WORKLOADS.into_iter().filter(|(nodes, tasks, ..)| nodes * tasks <= 1_000_000)
        {
            let shape = Workload { nodes, tasks, services, constrained };
            assert_eq!(Scheduling::new(&shape).place() as u64, tasks);
            assert_eq!(Scheduling::new(&shape).tick() as u64, tasks);
        }
    }
}
