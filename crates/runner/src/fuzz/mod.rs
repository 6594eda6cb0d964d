//! Random faults and commands at a desk; invariants after each event; then all is healed, and
//! the swarm must converge, answer and clean up.
//!
//! | module | what it is |
//! |---|---|
//! | `act` | one random fault or typed command |
//! | `value` | what must hold of the lab as a value: saved and loaded, played again |
//! | `watch` | what must hold at every instant |
//! | `settled` | what must hold once everything is whole again |
//!
//! Raft's own promises are [`lab::audit`]'s. A failure is told as a transcript of what was done.

mod act;
mod settled;
mod value;
mod watch;

use api::{ClusterSpec, Timestamp};
use lab::audit::Audit;
use lab::{Fault, selftest};
use shell::{Desk, DeskInput};
use std::collections::BTreeMap;
use std::fmt;
use watch::Watch;

const SECOND: u64 = 1_000_000;
const MACHINES: u64 = 5;
/// How long a healed swarm may take until all is as declared.
const HEALED_S: u64 = 300;
/// How long what is asked of a whole swarm may take.
const PROBE_S: u64 = 60;
/// Every so many acts the desk is saved and loaded; every so many seeds are played again.
const SAVED_EVERY: u64 = 5;
const REPLAYED_EVERY: u64 = 4;

/// How much a seed (or several) went through.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    /// Events handled.
    pub events: u64,
    /// Faults that could happen.
    pub faults: u64,
    /// Lines typed.
    pub commands: u64,
    /// Raft terms with a leader.
    pub elections: u64,
    /// Entries committed.
    pub committed: u64,
    /// Tasks seen.
    pub tasks: u64,
    /// Simulated seconds from the healing until all was as declared.
    pub healing_s: u64,
}

impl Tally {
    /// Adds another's counts.
    pub const fn add(&mut self, other: &Self) {
        self.events += other.events;
        self.faults += other.faults;
        self.commands += other.commands;
        self.elections += other.elections;
        self.committed += other.committed;
        self.tasks += other.tasks;
        self.healing_s += other.healing_s;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} faults, {} commands, {} elections, {} entries, {} tasks, {} events, \
             {} s of healing",
            self.faults,
            self.commands,
            self.elections,
            self.committed,
            self.tasks,
            self.events,
            self.healing_s
        )
    }
}

/// One seed.
///
/// # Errors
/// If an invariant does not hold or the swarm does not converge: what was wrong, then what was
/// done, as the lines of a transcript; with `trace` also what the model decided.
pub fn run(seed: u64, trace: bool) -> Result<Tally, String> {
    let mut world = World::new(seed);
    let start = seed.is_multiple_of(REPLAYED_EVERY).then(|| world.desk.clone());
    world.play(start.as_ref()).map_err(|wrong| {
        let at = world.desk.now().0 / 1_000;
        let mut story = format!("{wrong} (at {at} ms)\n  {}", world.story.join("\n  "));
        if trace {
            for (at, line) in world.desk.lab().trace().since(0) {
                let machine = line.machine.map_or_else(String::new, |m| format!("node{}", m.0 + 1));
                story.push_str(&format!("\n  {at} {machine} {}", line.what));
            }
        }
        story
    })?;
    let (elections, committed) = (world.audit.elections(), world.audit.committed());
    Ok(Tally { elections, committed, tasks: world.watch.tasks(), ..world.tally })
}

struct World {
    desk: Desk,
    draws: Draws,
    watch: Watch,
    audit: Audit,
    story: Vec<String>,
    tally: Tally,
    /// When the story's last line was written.
    told: u64,
    /// Services made so far; names are never used again.
    made: u64,
    /// The line typed last at each machine.
    typed: BTreeMap<String, String>,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut draws = Draws(seed);
        let managers = [1, 3, 3, 3, 5, 5][usize::try_from(draws.below(6)).unwrap_or(0)];
        let mut spec = ClusterSpec::default();
        let small = draws.below(3) == 0;
        if small {
            // members that were away find the log cut off and get a snapshot
            spec.snapshot_interval = 5 + draws.below(30);
            spec.log_entries_for_slow_followers = draws.below(8);
        }
        let mut story = vec![format!("@lab managers={managers} workers={}", MACHINES - managers)];
        if small {
            let (every, keep) = (spec.snapshot_interval, spec.log_entries_for_slow_followers);
            story.push(format!("# a snapshot every {every} entries, {keep} kept behind it"));
        }
        let mut desk = Desk::new(selftest::config(seed));
        selftest::form(desk.lab_mut(), u32::try_from(managers).unwrap_or(1), spec);
        let told = desk.now().0;
        Self {
            desk,
            draws,
            watch: Watch::default(),
            audit: Audit::new(),
            story,
            tally: Tally::default(),
            told,
            made: 0,
            typed: BTreeMap::new(),
        }
    }

    fn play(&mut self, start: Option<&Desk>) -> Result<(), String> {
        self.pass(3 * SECOND)?;
        for _ in 0..self.draws.below(4) {
            let line = self.create(" -d");
            self.line("node1", &line)?;
            self.pass(3 * SECOND)?;
        }
        let acts = 6 + self.draws.below(14);
        for act in 0..acts {
            self.act()?;
            if act % SAVED_EVERY == 0 {
                value::saves(&self.desk)?;
            }
            // mostly things come thick and fast, sometimes they may settle
            let us = match self.draws.below(4) {
                0 => self.draws.below(25 * SECOND),
                1 | 2 => self.draws.below(4 * SECOND),
                _ => self.draws.below(SECOND / 10),
            };
            self.pass(us)?;
        }
        if let Some(start) = start {
            value::replays(start, &self.desk)?;
        }
        self.heal()?;
        self.story.push("# healed".into());
        let healed = self.desk.now().0;
        if let Err(wrong) = self.until(HEALED_S, Self::well) {
            if !self.rescue()? {
                return Err(wrong);
            }
            self.until(HEALED_S, Self::well)?;
        }
        self.tally.healing_s += (self.desk.now().0 - healed) / SECOND;
        self.probe()?;
        self.clear()
    }

    fn well(&self) -> Result<(), String> {
        settled::settled(&self.desk)?;
        settled::idle(&self.desk, &self.typed)
    }

    /// What those who run a real swarm must mend by hand; returns whether there was anything.
    fn rescue(&mut self) -> Result<bool, String> {
        Ok(self.restart_the_lost()? || self.promote_the_known()?)
    }

    /// A member that missed how the leader joined, and reached nobody since it started, has nobody
    /// to ask where the leader lives: it hears and cannot answer (SwarmKit `raft/transport`:
    /// `sendUnknownMessage`, `longestActive`). Starting its daemon again helps.
    fn restart_the_lost(&mut self) -> Result<bool, String> {
        let lost = settled::lost(&self.desk);
        for name in &lost {
            self.fault(Fault::DaemonKill(name.clone()))?;
            self.fault(Fault::DaemonStart(name.clone()))?;
        }
        Ok(!lost.is_empty())
    }

    /// Nodes that were away while all managers they know were demoted find nobody to ask: their
    /// list is on their disk and nobody knocks at a worker's door (SwarmKit `node/node.go`,
    /// `remotes`). One who looks at `docker info` there makes one of those a manager again.
    fn promote_the_known(&mut self) -> Result<bool, String> {
        let managers = settled::managers(&self.desk);
        let first = managers.first().cloned().ok_or("no manager")?;
        let mut any = false;
        for name in settled::pending(&self.desk) {
            self.interrupt(name.clone());
            let format = "{{range .Swarm.RemoteManagers}}{{.Addr}} {{end}}";
            let known = self.ask(&name, &format!("docker info --format '{format}'"), true)?;
            let known: Vec<&str> = known.split_whitespace().collect();
            let ips: Vec<&str> =
                known.iter().filter_map(|at| Some(at.rsplit_once(':')?.0)).collect();
            let machines = self.desk.view().machines.iter();
            let asked: Vec<String> =
                machines.filter(|m| ips.contains(&m.ip.as_str())).map(|m| m.name.clone()).collect();
            if asked.iter().any(|m| managers.contains(m)) {
                return Ok(false);
            }
            if let Some(one) = asked.first() {
                self.interrupt(first.clone());
                self.ask(&first, &format!("docker node promote {one}"), true)?;
                any = true;
            }
        }
        Ok(any)
    }

    fn interrupt(&mut self, machine: String) {
        if self.desk.busy(&machine) {
            self.tell(format!("@ctrl-c {machine}"));
            self.desk.input(DeskInput::Interrupt { machine });
        }
    }

    /// Lets time pass, looking after each event.
    fn pass(&mut self, us: u64) -> Result<(), String> {
        let until = Timestamp(self.desk.now().0 + us);
        while self.desk.step(until) {
            self.tally.events += 1;
            self.look()?;
        }
        Ok(())
    }

    fn look(&mut self) -> Result<(), String> {
        // the view is kept up piece by piece; now and then it is compared with one made anew
        if self.tally.events.is_multiple_of(16) && !self.desk.lab().view_is_current() {
            return Err("the view is not what the world looks like".to_owned());
        }
        self.audit.look(self.desk.lab())?;
        self.watch.look(self.desk.view())
    }

    /// Passes time until `what` holds, at most so many seconds; the last reason against it is
    /// the error.
    fn until(
        &mut self,
        seconds: u64,
        what: impl Fn(&Self) -> Result<(), String>,
    ) -> Result<(), String> {
        for _ in 0..seconds {
            self.pass(SECOND)?;
            if what(self).is_ok() {
                return Ok(());
            }
        }
        what(self)
    }

    fn tell(&mut self, line: String) {
        let now = self.desk.now().0;
        if now > self.told {
            self.story.push(format!("@wait {}ms", (now - self.told) / 1_000));
        }
        self.told = now;
        self.story.push(line);
    }

    fn fault(&mut self, fault: Fault) -> Result<(), String> {
        self.tell(act::verb(&fault));
        self.tally.faults += 1;
        self.desk.input(DeskInput::Fault(fault));
        self.look()
    }

    fn line(&mut self, machine: &str, line: &str) -> Result<(), String> {
        self.tell(format!("{machine}$ {line}"));
        self.tally.commands += 1;
        self.typed.insert(machine.to_owned(), line.to_owned());
        self.desk.input(DeskInput::Line { machine: machine.to_owned(), line: line.to_owned() });
        self.look()
    }

    /// Everything is mended; who is well already takes no notice.
    fn heal(&mut self) -> Result<(), String> {
        self.fault(Fault::Unsplit)?;
        self.fault(Fault::RegistryOn)?;
        for name in names() {
            self.fault(Fault::Heal(name.clone()))?;
            self.fault(Fault::Thaw(name.clone()))?;
            self.fault(Fault::PowerOn(name.clone()))?;
            self.fault(Fault::DaemonStart(name))?;
        }
        Ok(())
    }

    /// A line that must succeed (or fail) soon; what it showed.
    fn ask(&mut self, machine: &str, line: &str, well: bool) -> Result<String, String> {
        self.desk.take_lines();
        self.line(machine, line)?;
        for _ in 0..PROBE_S {
            let mut ended = self.desk.take_lines().into_iter();
            // a command that was interrupted may end after this one was typed
            if let Some(done) = ended.find(|l| l.terminal == machine && l.line == line) {
                if (done.exit == 0) == well {
                    return Ok(done.screen);
                }
                return Err(format!("{machine}$ {line}: exit {}\n{}", done.exit, done.screen));
            }
            self.pass(SECOND / 2)?;
        }
        Err(format!("{machine}$ {line}: no end\n{}", self.desk.screen(machine)))
    }

    /// A whole swarm answers everywhere.
    fn probe(&mut self) -> Result<(), String> {
        names().for_each(|name| self.interrupt(name));
        let managers = settled::managers(&self.desk);
        let first = managers.first().cloned().ok_or("no manager")?;
        let create = "docker service create -q --name probe --replicas 3 -p 9999:80 nginx:1.25";
        self.ask(&first, create, true)?;
        for name in names() {
            let listed = self.ask(&name, "docker node ls -q", managers.contains(&name))?;
            let lines = u64::try_from(listed.lines().count()).unwrap_or(0);
            if managers.contains(&name) && lines != MACHINES {
                return Err(format!("{name} lists {lines} nodes"));
            }
            self.ask(&name, "curl -s localhost:9999", true)?;
        }
        Ok(())
    }

    /// All services are removed: nothing may be left of them.
    fn clear(&mut self) -> Result<(), String> {
        let managers = settled::managers(&self.desk);
        let last = managers.last().cloned().ok_or("no manager")?;
        self.ask(&last, "docker service rm $(docker service ls -q)", true)?;
        self.until(PROBE_S, |world| settled::empty(&world.desk))
    }
}

fn names() -> impl Iterator<Item = String> {
    (1..=MACHINES).map(|k| format!("node{k}"))
}

/// Draws of the fuzzer's own: SplitMix64.
struct Draws(u64);

impl Draws {
    /// One of `0..below`.
    const fn below(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % if below == 0 { 1 } else { below }
    }
}
