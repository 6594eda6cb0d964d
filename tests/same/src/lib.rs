//! One history of a lab, digested step by step, so that two machines can be compared.
//!
//! It forms a swarm, runs a service, breaks a machine and mends it: every part of the simulation
//! draws, waits and decides. Run natively, under node and in a browser, it must give the same
//! lines; the first one that differs tells where two machines part.
//!
//! **Invariant:** nothing here depends on where it runs.

use shell::world::{Fault, LabConfig};
use shell::{Desk, DeskInput};

const SECOND_US: u64 = 1_000_000;

/// What is done, in order.
const HISTORY: [Act; 11] = [
    Act::Type("node1", "docker swarm init --advertise-addr 192.168.0.13"),
    Act::Type("node2", JOIN),
    Act::Type("node3", JOIN),
    Act::Type("node1", "docker service create -d --name web --replicas 5 -p 80:80 nginx"),
    Act::Wait(30),
    Act::PowerOff("node1"),
    Act::Wait(60),
    Act::Type("node2", "docker service scale -d web=8"),
    Act::PowerOn("node1"),
    Act::Wait(60),
    Act::Type("node3", "docker node ls && docker service ps web"),
];

const JOIN: &str =
    "docker swarm join --token $(ssh node1 docker swarm join-token -q manager) 192.168.0.13:2377";

enum Act {
    Type(&'static str, &'static str),
    Wait(u64),
    PowerOff(&'static str),
    PowerOn(&'static str),
}

/// What one act led to.
#[derive(Debug)]
pub struct Stage {
    /// What was done.
    pub act: String,
    /// Exit statuses of the commands that ended, in order.
    pub exits: Vec<i32>,
    /// What they printed.
    pub printed: String,
    /// Digest of everything there is: lab, terminals, log.
    pub digest: u64,
}

/// Runs the history.
#[must_use]
pub fn run() -> Vec<Stage> {
    let mut desk = Desk::new(LabConfig::with_names(20_220_305, ["node1", "node2", "node3"]));
    HISTORY.iter().map(|act| play(&mut desk, act)).collect()
}

/// Labs compared by one digest each, beside the history.
const SEEDS: u64 = 200;

/// The history's digests, one line an act; then those of many seeds, one line each.
#[must_use]
pub fn digests() -> String {
    let line = |stage: Stage| format!("{:016x} {:?} {}\n", stage.digest, stage.exits, stage.act);
    let seed = |seed| format!("{:016x} seed {seed}\n", lab::selftest::digest(seed));
    run().into_iter().map(line).chain((1..=SEEDS).map(seed)).collect()
}

fn play(desk: &mut Desk, act: &Act) -> Stage {
    let name = match act {
        Act::Type(machine, line) => {
            let (machine, line) = ((*machine).to_owned(), (*line).to_owned());
            let name = format!("{machine}: {line}");
            desk.input(DeskInput::Line { machine, line });
            // A command may wait for a whole election; an endless one is cut off.
            let mut left = 120;
            while left > 0 && desk.any_busy() {
                desk.advance(SECOND_US);
                left -= 1;
            }
            name
        }
        Act::Wait(seconds) => {
            desk.advance(seconds * SECOND_US);
            format!("wait {seconds} s")
        }
        Act::PowerOff(machine) => {
            desk.input(DeskInput::Fault(Fault::PowerOff((*machine).to_owned())));
            format!("power off {machine}")
        }
        Act::PowerOn(machine) => {
            desk.input(DeskInput::Fault(Fault::PowerOn((*machine).to_owned())));
            format!("power on {machine}")
        }
    };
    let finished = desk.take_finished();
    Stage {
        act: name,
        exits: finished.iter().map(|command| command.exit).collect(),
        printed: finished.iter().map(|command| command.screen.as_str()).collect(),
        digest: sim::digest(desk),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A history in which nothing happens would be the same everywhere.
    #[test]
    fn the_history_happens() {
        let stages = run();
        for (stage, act) in stages.iter().zip(&HISTORY) {
            if matches!(act, Act::Type(..)) {
                let well = !stage.exits.is_empty() && stage.exits.iter().all(|exit| *exit == 0);
                assert!(well, "{stage:?}");
            }
        }
        let last = &stages.last().unwrap().printed;
        assert!(last.contains("Leader") && last.contains("web.8"), "{last}");
    }

    #[test]
    fn a_second_run_is_the_same() {
        assert_eq!(digests(), digests());
    }
}
