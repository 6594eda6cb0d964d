//! One random fault or typed command.

use super::{MACHINES, World};
use lab::Fault;
use shell::DeskInput;

impl World {
    /// Does one thing. What cannot happen now is none.
    pub(super) fn act(&mut self) -> Result<(), String> {
        if self.draws.below(9) < 4 {
            let fault = self.any_fault();
            return self.fault(fault);
        }
        let machine = self.machine();
        if self.desk.busy(&machine) {
            if self.draws.below(2) == 0 {
                self.tell(format!("@ctrl-c {machine}"));
                self.desk.input(DeskInput::Interrupt { machine });
                return self.look();
            }
            return Ok(());
        }
        let line = self.any_line();
        self.line(&machine, &line)
    }

    /// Any machine, the leader more often than others.
    fn machine(&mut self) -> String {
        let swarm = self.desk.view().swarm.clone();
        let leader = swarm.and_then(|s| s.leader).filter(|_| self.draws.below(3) == 0);
        let number = leader.map_or_else(|| self.draws.below(MACHINES), |m| u64::from(m.0));
        format!("node{}", number + 1)
    }

    fn any_fault(&mut self) -> Fault {
        let name = self.machine();
        match self.draws.below(22) {
            0..=2 => Fault::PowerOff(name),
            3 | 4 => Fault::PowerOn(name),
            5 | 6 => Fault::Cut(name),
            7 | 8 => Fault::Heal(name),
            9 | 10 => Fault::DaemonKill(name),
            11 | 12 => Fault::DaemonStart(name),
            13 => Fault::DaemonStop(name),
            14 => Fault::Freeze(name),
            15 => Fault::Thaw(name),
            16 => Fault::Slow(name, self.draws.below(400)),
            17 | 18 => {
                let mut side = Vec::new();
                for k in 1..=MACHINES {
                    if self.draws.below(5) < 2 {
                        side.push(format!("node{k}"));
                    }
                }
                Fault::Split(vec![side])
            }
            19 => Fault::Unsplit,
            20 => match self.draws.below(3) {
                0 => Fault::RegistryOff,
                _ => Fault::RegistryOn,
            },
            _ => Fault::KillContainer { service: self.service(), slot: self.draws.below(3) },
        }
    }

    /// A service that was made, or nearly.
    fn service(&mut self) -> String {
        let made = self.made.max(1);
        format!("s{}", 1 + self.draws.below(made))
    }

    fn any_line(&mut self) -> String {
        let service = self.service();
        let node = self.machine();
        let wait = if self.draws.below(3) == 0 { "" } else { " -d" };
        match self.draws.below(24) {
            0..=5 => self.create(wait),
            6 | 7 => format!("docker service scale{wait} {service}={}", self.draws.below(7)),
            8 => {
                let version = ["1.24", "1.25"][usize::from(self.draws.below(2) == 0)];
                format!("docker service update{wait} --image nginx:{version} {service}")
            }
            9 => {
                let (value, at_once) = (self.draws.below(9), 1 + self.draws.below(3));
                format!(
                    "docker service update{wait} --env-add A={value} \
                     --update-parallelism {at_once} {service}"
                )
            }
            10 => format!("docker service update{wait} --force {service}"),
            11 => format!("docker service rollback{wait} {service}"),
            12 => format!("docker service rm {service}"),
            13 => format!("docker node update --availability drain {node}"),
            14 => format!("docker node update --availability pause {node}"),
            15 | 16 => format!("docker node update --availability active {node}"),
            17 => format!("docker node promote {node}"),
            18 => format!("docker node demote {node}"),
            19 => "docker node ls".to_owned(),
            20 => format!("docker service ps {service}"),
            21 => "docker service ls".to_owned(),
            22 => format!("docker service logs {service}"),
            _ => {
                let port = 8_000 + self.draws.below(4);
                format!("docker service update{wait} --publish-add {port}:80 {service}")
            }
        }
    }

    /// A line that makes one more service.
    pub(super) fn create(&mut self, wait: &str) -> String {
        self.made += 1;
        let name = format!("s{}", self.made);
        let replicas = 1 + self.draws.below(5);
        match self.draws.below(6) {
            0 => format!("docker service create{wait} --name {name} --mode global nginx:1.25"),
            1 | 2 => {
                let port = 8_000 + self.draws.below(4);
                format!(
                    "docker service create{wait} --name {name} --replicas {replicas} \
                     -p {port}:80 nginx:1.25"
                )
            }
            // it may never fit, so nobody waits for it
            3 => format!(
                "docker service create -d --name {name} --replicas {replicas} \
                 --reserve-cpu 0.8 nginx:1.25"
            ),
            _ => format!(
                "docker service create{wait} --name {name} --replicas {replicas} nginx:1.25"
            ),
        }
    }
}

/// A fault as the transcripts' verb (those that have none: their own name).
pub(super) fn verb(fault: &Fault) -> String {
    match fault {
        Fault::PowerOff(name) => format!("@poweroff {name}"),
        Fault::PowerOn(name) => format!("@poweron {name}"),
        Fault::Freeze(name) => format!("@freeze {name}"),
        Fault::Thaw(name) => format!("@thaw {name}"),
        Fault::Cut(name) => format!("@cut {name}"),
        Fault::Heal(name) => format!("@heal {name}"),
        Fault::Slow(name, ms) => format!("@slow {name} {ms}ms"),
        Fault::Split(groups) => {
            let groups: Vec<String> = groups.iter().map(|group| group.join(",")).collect();
            format!("@split {}", groups.join("|"))
        }
        Fault::KillContainer { service, slot } => format!("@kill {service}.{slot}"),
        Fault::PullFail(image) => format!("@pullfail {image}"),
        Fault::Fill(name) => format!("@fill {name}"),
        Fault::Unsplit
        | Fault::DaemonStop(_)
        | Fault::DaemonStart(_)
        | Fault::DaemonKill(_)
        | Fault::PullWork(_)
        | Fault::RegistryOff
        | Fault::RegistryOn
        | Fault::Empty(_) => format!("@{fault:?}"),
    }
}
