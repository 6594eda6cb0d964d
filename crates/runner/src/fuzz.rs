//! Random crashes, cuts and commands on a lab; invariants after each event; then all is healed
//! and the swarm must converge.
//!
//! Checked: one leader per term, equal stores at equal applied index, a task's observed state
//! never goes back, no committed service is forgotten.

use api::{NodeState, ServiceId, TaskId, TaskState, Timestamp, Version};
use lab::{Fault, Lab, Machine, RaftRole, selftest};
use std::collections::BTreeMap;

const SECOND: u64 = 1_000_000;
const MACHINES: u32 = 5;

/// What was seen so far.
#[derive(Default)]
struct Witness {
    leaders: BTreeMap<u64, u64>,
    stores: BTreeMap<u64, u64>,
    tasks: BTreeMap<TaskId, (Version, TaskState)>,
    services: BTreeMap<ServiceId, String>,
}

impl Witness {
    fn look(&mut self, lab: &Lab) -> Result<(), String> {
        let view = lab.view();
        for raft in view.machines.iter().filter_map(|m| m.raft.as_ref()) {
            if raft.role == RaftRole::Leader {
                let first = *self.leaders.entry(raft.term).or_insert(raft.raft_id);
                if first != raft.raft_id {
                    return Err(format!("two leaders in term {}", raft.term));
                }
            }
        }
        for (index, digest) in lab.store_digests() {
            let first = *self.stores.entry(index).or_insert(digest);
            if first != digest {
                return Err(format!("stores differ at index {index}"));
            }
        }
        let Some(swarm) = &view.swarm else { return Ok(()) };
        for task in &swarm.tasks {
            let now = (task.meta.version, task.status.state);
            let before = self.tasks.entry(task.id).or_insert(now);
            if now.0 >= before.0 {
                if now.1 < before.1 {
                    return Err(format!("{}: {:?} after {:?}", task.name(), now.1, before.1));
                }
                *before = now;
            }
        }
        Ok(())
    }
}

/// One seed. The error is a story: what was done, and what was wrong.
///
/// # Errors
/// If an invariant does not hold or the swarm does not converge.
pub fn run(seed: u64) -> Result<(), String> {
    let mut story = Vec::new();
    play(seed, &mut story).map_err(|wrong| format!("{wrong}\n  {}", story.join("\n  ")))
}

fn pass(lab: &mut Lab, witness: &mut Witness, us: u64) -> Result<(), String> {
    let until = Timestamp(lab.now().0 + us);
    while lab.step(until) {
        witness.look(lab)?;
    }
    Ok(())
}

fn play(seed: u64, story: &mut Vec<String>) -> Result<(), String> {
    let mut draws = sim_draws(seed);
    let managers = if draws(2) == 0 { 3 } else { 5 };
    let mut lab = selftest::swarm(seed, managers);
    let mut witness = Witness::default();
    pass(&mut lab, &mut witness, 3 * SECOND)?;
    let mut made = 0;
    for _ in 0..8 {
        let machine = u32::try_from(draws(u64::from(MACHINES))).unwrap_or(0);
        let name = format!("node{}", machine + 1);
        let fault = match draws(10) {
            0 => Some(Fault::PowerOff(name.clone())),
            1 => Some(Fault::PowerOn(name.clone())),
            2 => Some(Fault::Cut(name.clone())),
            3 => Some(Fault::Heal(name.clone())),
            4 => Some(Fault::DaemonKill(name.clone())),
            5 => Some(Fault::DaemonStart(name.clone())),
            6 => Some(Fault::Split(vec![vec![name.clone()]])),
            7 => Some(Fault::Unsplit),
            _ => None,
        };
        match fault {
            Some(fault) => {
                story.push(format!("{} {fault:?}", lab.now().0));
                // a fault that cannot happen now is none
                let _ = lab.fault(&fault);
            }
            None => {
                made += 1;
                let service = format!("s{made}");
                story.push(format!("{} {name}: create {service}", lab.now().0));
                if let Some(api::Response::Created { id, .. }) =
                    selftest::create(&mut lab, Machine(machine), &service, 1 + draws(5))
                    && let Some(id) = ServiceId::parse(&id)
                {
                    witness.services.insert(id, service);
                }
            }
        }
        let us = draws(12 * SECOND);
        pass(&mut lab, &mut witness, us)?;
    }
    heal(&mut lab);
    story.push(format!("{} healed", lab.now().0));
    pass(&mut lab, &mut witness, 180 * SECOND)?;
    converged(&lab, &witness)
}

fn heal(lab: &mut Lab) {
    // what is well already refuses to be healed
    let _ = lab.fault(&Fault::Unsplit);
    for k in 1..=MACHINES {
        let name = format!("node{k}");
        let _ = lab.fault(&Fault::Heal(name.clone()));
        let _ = lab.fault(&Fault::PowerOn(name.clone()));
        let _ = lab.fault(&Fault::DaemonStart(name));
    }
}

fn converged(lab: &Lab, witness: &Witness) -> Result<(), String> {
    let swarm = lab.view().swarm.clone().ok_or("no swarm is left")?;
    if swarm.leader.is_none() {
        return Err("nobody leads".into());
    }
    if let Some(node) = swarm.nodes.iter().find(|n| n.status.state != NodeState::Ready) {
        return Err(format!("node {} is {:?}", node.id, node.status.state));
    }
    for (id, name) in &witness.services {
        let found = swarm.services.iter().find(|s| s.service.id == *id);
        let Some(service) = found else { return Err(format!("{name} is forgotten")) };
        if service.running != service.desired {
            return Err(format!("{name} {}/{}", service.running, service.desired));
        }
    }
    Ok(())
}

/// Draws of the fuzzer's own: SplitMix64.
fn sim_draws(seed: u64) -> impl FnMut(u64) -> u64 {
    let mut state = seed;
    move |below| {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % below.max(1)
    }
}
