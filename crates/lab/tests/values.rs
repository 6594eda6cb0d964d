//! A lab is a value, wherever it has got to: saved and loaded it is the same, and the same
//! inputs at the same instants lead to it again.

use api::{ClusterSpec, Request, ServiceMode, ServiceSpec, Timestamp};
use lab::{Fault, Lab, Machine, selftest};

const SEEDS: u64 = 12;
const INPUTS: usize = 40;

/// What is done to a lab from outside.
#[derive(Clone, Debug)]
enum Input {
    Call(Machine, Box<Request>),
    Fault(Fault),
    /// Nothing is done for so many microseconds.
    Pass(u64),
}

/// Draws of its own, so that a change of the lab's does not change the inputs.
struct Draws(u64);

impl Draws {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963);
        (self.0 >> 33) % end
    }
}

fn service(name: &str, replicas: u64) -> Request {
    let mut spec = ServiceSpec::default();
    name.clone_into(&mut spec.annotations.name);
    "nginx:1.25".clone_into(&mut spec.task_mut().container.image);
    spec.mode = ServiceMode::Replicated { replicas };
    Request::ServiceCreate { spec: Box::new(spec), query_registry: true }
}

fn draw(draws: &mut Draws, number: usize) -> Input {
    let machine = u32::try_from(draws.below(5)).unwrap_or(0);
    let name = format!("node{}", machine + 1);
    let machine = Machine(machine);
    match draws.below(14) {
        0 => Input::Call(machine, Box::new(service(&format!("s{number}"), 1 + draws.below(6)))),
        1 => Input::Call(machine, Box::new(Request::ServiceRemove { service: "s0".into() })),
        2 => Input::Call(machine, Box::new(Request::SwarmLeave { force: draws.below(2) == 0 })),
        3 => Input::Call(machine, Box::new(Request::SwarmInspect)),
        4 => Input::Fault(Fault::PowerOff(name)),
        5 => Input::Fault(Fault::PowerOn(name)),
        6 => Input::Fault(Fault::Cut(name)),
        7 => Input::Fault(Fault::Heal(name)),
        8 => Input::Fault(Fault::Freeze(name)),
        9 => Input::Fault(Fault::Thaw(name)),
        10 => Input::Fault(Fault::DaemonKill(name)),
        11 => Input::Fault(Fault::DaemonStart(name)),
        _ => Input::Pass(draws.below(8_000_000)),
    }
}

fn apply(lab: &mut Lab, input: &Input) {
    match input {
        Input::Call(machine, request) => {
            lab.call(*machine, Request::clone(request));
        }
        // what cannot happen leaves all as it was, here as in the replay
        Input::Fault(fault) => drop(lab.fault(fault)),
        Input::Pass(us) => lab.run_until(Timestamp(lab.now().0 + us)),
    }
}

fn start(seed: u64) -> Lab {
    let mut lab = Lab::new(selftest::config(seed));
    selftest::form(&mut lab, 3, ClusterSpec::default());
    apply(&mut lab, &Input::Call(Machine(0), Box::new(service("s0", 4))));
    lab
}

#[test]
fn a_save_of_any_reached_state_loads_to_an_equal_one() {
    for seed in 1..=SEEDS {
        let mut lab = start(seed);
        let mut draws = Draws(seed);
        for number in 1..=INPUTS {
            let input = draw(&mut draws, number);
            apply(&mut lab, &input);
            let text = serde_json::to_string(&lab).unwrap();
            let loaded: Lab = serde_json::from_str(&text).unwrap();
            assert!(loaded == lab, "seed {seed}, after input {number}: {input:?}");
        }
    }
}

#[test]
fn replaying_the_inputs_reaches_an_equal_state() {
    for seed in 1..=SEEDS {
        let mut lab = start(seed);
        let mut draws = Draws(seed);
        let mut log = Vec::new();
        for number in 1..=INPUTS {
            let input = draw(&mut draws, number);
            apply(&mut lab, &input);
            log.push(input);
        }
        let mut again = start(seed);
        for (number, input) in log.iter().enumerate() {
            // a save in the middle must not show either
            if number == INPUTS / 2 {
                let text = serde_json::to_string(&again).unwrap();
                again = serde_json::from_str(&text).unwrap();
            }
            apply(&mut again, input);
        }
        assert!(again == lab, "seed {seed}: {log:?}");
    }
}
