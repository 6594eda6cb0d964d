//! Playing a recording on a desk: the same machines, the same commands at the same instants.
//!
//! Steered is only what the real engine draws at random or what the recorder's host took; see
//! [`crate::steer`].

use crate::bind::Bindings;
use crate::compare::{Shown, Yardstick, wrap};
use crate::ids::Ids;
use crate::recording::{Line, Recording, Setup, Step};
use crate::steer::Steering;
use anyhow::Result;
use api::Timestamp;
use lab::{Fault, LabConfig, MachineConfig};
use serde_json::Value;
use shell::{Desk, DeskInput};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// A command may run so much longer than the recorded one before the next is typed into the same
/// terminal all the same.
const PATIENCE_MS: u64 = 3_000;
/// A set-up command has so long.
const SETUP_MS: u64 = 120_000;
const US: u64 = 1_000;
/// Times Ctrl-C is sent, and the pause between two.
const CTRL_C: (u32, u64) = (5, 3_000);
/// The recorder looks whether something is due after each output, and after so long a silence.
const LOOK_US: u64 = 100_000;
/// It is not put off for longer.
const LOOK_MOST_US: u64 = 400_000;
/// Ids of the swarm that are chosen ahead of each command.
const IDS_AHEAD: usize = 24;
/// How much later than the machine's own clocks it does.
const LATE_US: u64 = 500;

/// A command that was typed and has not come back.
struct Open {
    at: usize,
    typed: Timestamp,
    /// Prefixes that were typed otherwise: (recorded, simulated).
    short: Vec<(String, String)>,
    /// When Ctrl-C is due next, and how often it still may be sent.
    ctrl_c: Option<(Timestamp, u32)>,
    /// The recorder's next look, once it is due.
    look: Option<Timestamp>,
    /// The terminal's last change.
    changed: (u64, Timestamp),
    kill_at: Option<Timestamp>,
    keys: VecDeque<(Timestamp, String)>,
}

/// A recording being played.
pub struct Replay<'a> {
    recording: &'a Recording,
    yard: &'a Yardstick,
    steering: Steering,
    bindings: Bindings,
    desk: Desk,
    /// The scenario's instant 0.
    zero: Timestamp,
    /// Command steps in file order.
    steps: Vec<&'a Step>,
    /// Steps that ran beside later ones on their node.
    beside: BTreeSet<usize>,
    ids: Ids,
    shown: Vec<Option<Shown>>,
    /// Words that people chose: never a prefix of an id.
    names: BTreeSet<String>,
    /// By terminal.
    open: BTreeMap<String, Open>,
}

enum Act {
    Command(usize),
    Setup(Box<Setup>),
    Event(String, String, Value),
}

/// Plays a recording; what each command step showed, in file order.
///
/// # Errors
/// Only if an expression of the yardstick is none.
pub fn play(recording: &Recording, yard: &Yardstick) -> Result<Vec<Shown>> {
    let mut replay = Replay::new(recording, yard)?;
    replay.run();
    let none = || Shown { screen: String::new(), exit: -1 };
    Ok(replay.shown.into_iter().map(|s| s.unwrap_or_else(none)).collect())
}

fn config(recording: &Recording) -> LabConfig {
    let machines = recording
        .topology
        .iter()
        .map(|host| MachineConfig {
            name: host.node.clone(),
            ip: host.ip.clone(),
            extra_ips: host
                .extra
                .iter()
                .zip(1..)
                .filter_map(|(extra, k): (&Value, u32)| {
                    let text = extra.as_str().or_else(|| extra.get("ip").and_then(Value::as_str));
                    let pair = extra.as_array().and_then(|a| {
                        Some((a.first()?.as_str()?.to_owned(), a.get(1)?.as_str()?.to_owned()))
                    });
                    let bare = |ip: &str| ip.split('/').next().unwrap_or_default().to_owned();
                    match (pair, text) {
                        (Some((name, ip)), _) => Some((name, bare(&ip))),
                        (None, Some(ip)) => Some((format!("eth{k}"), bare(ip))),
                        (None, None) => None,
                    }
                })
                .collect(),
        })
        .collect();
    LabConfig { seed: 1, machines }
}

impl<'a> Replay<'a> {
    fn new(recording: &'a Recording, yard: &'a Yardstick) -> Result<Self> {
        let steps: Vec<&Step> = recording.commands().into_iter().map(|(_, s)| s).collect();
        let mut desk = Desk::new(config(recording));
        for host in &recording.topology {
            let machine = host.node.clone();
            desk.input(DeskInput::Resize { machine, columns: 200, rows: 50 });
        }
        Ok(Self {
            recording,
            yard,
            steering: Steering::new(recording),
            bindings: Bindings::new(recording.topology.iter().map(|h| h.node.clone()))?,
            desk,
            zero: Timestamp(0),
            shown: vec![None; steps.len()],
            beside: beside(&steps),
            ids: Ids::new(recording)?,
            steps,
            names: chosen_names(recording),
            open: BTreeMap::new(),
        })
    }

    fn run(&mut self) {
        let mut acts: Vec<(u64, usize, Act)> = Vec::new();
        let mut at = 0;
        // a later set-up begins when what came before it has ended
        let mut end = 0;
        for (k, line) in self.recording.lines.iter().enumerate() {
            match line {
                Line::Setup(_, setup) if at == 0 => self.set_up(setup),
                Line::Setup(t, setup) => {
                    acts.push(((*t).min(end), k, Act::Setup(setup.clone())));
                }
                Line::Command(step) => {
                    acts.push((step.t, k, Act::Command(at)));
                    end = end.max(step.t + step.ms);
                    at += 1;
                }
                Line::Event { t, event, node, all } => {
                    let act = Act::Event(event.clone(), node.clone(), all.clone());
                    end = end.max(*t);
                    acts.push((*t, k, act));
                }
            }
        }
        acts.sort_by_key(|(t, k, _)| (*t, *k));
        self.zero = self.desk.now();
        self.steering.begin(self.zero);
        for (t, _, act) in acts {
            self.advance_to(Timestamp(self.zero.0 + t * US));
            match act {
                Act::Command(at) => self.type_command(at),
                Act::Setup(setup) => self.set_up(&setup),
                Act::Event(event, node, all) => self.event(&event, &node, &all),
            }
        }
        // what still runs gets the time that it took, and a little more
        let last = self.open.values().map(|o| o.typed.0).max().unwrap_or(0);
        let until = self.desk.now().0.max(last) + 120_000 * US;
        self.advance_until(Timestamp(until), |replay| replay.open.is_empty());
        let left: Vec<String> = self.open.keys().cloned().collect();
        for terminal in left {
            self.give_up(&terminal);
        }
    }

    /// Lets time pass, with interrupts and keys on the way.
    fn advance_to(&mut self, until: Timestamp) {
        self.advance_until(until, |_| false);
    }

    fn advance_until(&mut self, until: Timestamp, done: impl Fn(&Self) -> bool) {
        loop {
            self.collect();
            if done(self) {
                return;
            }
            let now = self.desk.now();
            self.look_at_terminals();
            let due = self.open.values().flat_map(due_times).min().filter(|at| *at <= until);
            let stop = due.unwrap_or(until);
            if stop <= now {
                if due.is_none() {
                    return;
                }
                self.prod();
                continue;
            }
            if !self.steering.step(&mut self.desk, stop) && due.is_none() {
                self.collect();
                return;
            }
        }
    }

    /// When the recorder sees that an interrupt is due. A client that polls is met while it
    /// sleeps or while it asks: which, is the host's timing, and shows in what the terminal kept
    /// of the echo.
    fn look_at_terminals(&mut self) {
        let now = self.desk.now();
        for (terminal, open) in &mut self.open {
            let revision = self.desk.terminal(terminal).map_or(0, |view| view.revision);
            if open.changed.0 != revision {
                open.changed = (revision, now);
                open.look = None;
            }
            let Some((at, _)) = open.ctrl_c.filter(|(at, _)| *at <= now) else { continue };
            if open.look.is_none() {
                let asleep = self.steps.get(open.at).is_some_and(|s| s.screen.contains("^C"));
                let mut looks = at.since_us(open.changed.1).div_ceil(LOOK_US);
                if asleep == (looks % 2 == 0) && now.since_us(at) < LOOK_MOST_US {
                    looks += 1;
                }
                open.look = Some(Timestamp(open.changed.1.0 + looks * LOOK_US + LATE_US));
            }
        }
    }

    /// Interrupts and keys that are due.
    fn prod(&mut self) {
        let now = self.desk.now();
        let mut inputs = Vec::new();
        let mut killed = Vec::new();
        for (terminal, open) in &mut self.open {
            let machine = terminal.clone();
            while open.keys.front().is_some_and(|(at, _)| *at <= now) {
                if let Some((_, text)) = open.keys.pop_front() {
                    inputs.extend(keys(&machine, &text));
                }
            }
            if let (Some((_, left)), Some(look)) = (open.ctrl_c, open.look)
                && look <= now
            {
                open.look = None;
                inputs.push(DeskInput::Interrupt { machine: machine.clone() });
                let next = Timestamp(now.0 + CTRL_C.1 * US);
                open.ctrl_c = (left > 1).then_some((next, left - 1));
            }
            if open.kill_at.is_some_and(|at| at <= now) {
                open.kill_at = None;
                killed.push(machine);
            }
        }
        for input in inputs {
            self.desk.input(input);
        }
        for terminal in killed {
            self.give_up(&terminal);
        }
    }

    /// The recorder ends a command: its screen so far, exit 137.
    fn give_up(&mut self, terminal: &str) {
        self.desk.hang_up(terminal);
        self.collect();
        if let Some(open) = self.open.remove(terminal)
            && let Some(slot) = self.shown.get_mut(open.at)
        {
            let screen = self.desk.terminal(terminal).map(last_screen).unwrap_or_default();
            *slot = Some(Shown { screen, exit: 137 });
        }
    }

    /// Lines that ended.
    fn collect(&mut self) {
        for line in self.desk.take_lines() {
            let Some(open) = self.open.remove(&line.terminal) else { continue };
            self.steering.after_command(&mut self.desk);
            let Some(step) = self.steps.get(open.at).copied() else { continue };
            let printed = self.bindings.read_back(&line.screen, &open.short);
            // recorded on a terminal only: its rows; else also as lines, which compare better
            let rows = step.stdout.is_none();
            let screen = if rows { wrap(&printed) } else { printed };
            let shown = Shown { screen, exit: line.exit };
            if self.yard.agrees(step, &shown) {
                self.bindings.learn(self.yard, &step.screen, &shown.screen);
                if let Some(stdout) = &step.stdout {
                    let both = format!("{stdout}{}", step.stderr.as_deref().unwrap_or_default());
                    self.bindings.learn(self.yard, &both, &shown.screen);
                }
            } else {
                self.bindings.learn_lines(self.yard, &step.screen, &shown.screen);
            }
            if let Some(slot) = self.shown.get_mut(open.at) {
                *slot = Some(shown);
            }
        }
        let _ = self.desk.take_finished();
        let _ = self.desk.take_events();
    }

    /// The terminal that a step is typed into, free.
    fn terminal_for(&mut self, at: usize, step: &Step) -> String {
        if self.beside.contains(&at)
            && let Some(terminal) = self.desk.open_beside(&step.node)
        {
            let machine = terminal.clone();
            self.desk.input(DeskInput::Resize { machine, columns: 200, rows: 50 });
            return terminal;
        }
        self.free(&step.node);
        step.node.clone()
    }

    /// A terminal's last command gets a little more time, then it is ended.
    fn free(&mut self, terminal: &str) {
        if self.open.contains_key(terminal) {
            let until = Timestamp(self.desk.now().0 + PATIENCE_MS * US);
            self.advance_until(until, |replay| !replay.open.contains_key(terminal));
        }
        if self.open.contains_key(terminal) {
            self.give_up(terminal);
        }
    }

    fn type_command(&mut self, at: usize) {
        let Some(step) = self.steps.get(at).copied() else { return };
        let terminal = self.terminal_for(at, step);
        self.steering.before_command(&mut self.desk, step);
        self.steer_ids(&[]);
        self.find_container(step);
        let translated = self.bindings.translate(&step.cmd, &self.names);
        let command = self.tokens(step, &translated.line);
        if let Some(pace) = self.steering.pace_for(&self.desk, step, &terminal, &command) {
            self.desk.lab_mut().set_pace(pace);
        }
        let now = self.desk.now();
        let after = |ms: u64| Timestamp(now.0 + ms * US);
        self.open.insert(
            terminal.clone(),
            Open {
                at,
                typed: now,
                short: translated.short,
                ctrl_c: step.ctrl_c_ms().map(|ms| (after(ms), CTRL_C.0)),
                look: None,
                changed: (0, now),
                kill_at: step.killed_ms().map(after),
                keys: step
                    .key_times()
                    .into_iter()
                    .map(|(ms, k)| (after(ms), self.bindings.translate(&k, &self.names).line))
                    .collect(),
            },
        );
        self.desk.input(DeskInput::Line { machine: terminal, line: command });
        self.collect();
    }

    /// A container id never shown is that of the running task on that node.
    fn find_container(&mut self, step: &Step) {
        let mut words = step.cmd.split_whitespace();
        if words.next() != Some("docker") {
            return;
        }
        let hex = |word: &&str| {
            matches!(word.len(), 12 | 64)
                && word.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        };
        for word in words.filter(hex) {
            if self.bindings.knows_prefix(word) {
                continue;
            }
            let view = self.desk.view();
            let here = view.machine(&step.node).map_or(&[][..], |m| m.containers.as_slice());
            let found = here
                .iter()
                .filter(|c| c.task.is_some() && c.status == api::ContainerStatusWord::Running)
                .map(|c| (c.created, c.id.to_string()))
                .filter(|(_, id)| !self.bindings.is_taken(id.get(..12).unwrap_or(id)))
                .max();
            if let Some((_, id)) = found {
                self.bindings.bind(word, id.get(..word.len()).unwrap_or(&id));
            }
        }
    }

    /// A token never shown is the present worker's or manager's, as the answer tells.
    fn tokens(&self, step: &Step, command: &str) -> String {
        let Some(start) = command.find("SWMTKN-1-") else { return command.to_owned() };
        let rest = command.get(start..).unwrap_or_default();
        let token: String =
            rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
        if !step.cmd.contains(&token) {
            return command.to_owned();
        }
        let view = self.desk.view();
        let Some(cluster) = view.swarm.as_ref().and_then(|s| s.cluster.clone()) else {
            return command.to_owned();
        };
        let own = if step.screen.contains("as a manager") {
            &cluster.manager_token
        } else if step.screen.contains("as a worker") {
            &cluster.worker_token
        } else {
            return command.to_owned();
        };
        command.replace(&token, own)
    }

    fn event(&mut self, event: &str, node: &str, all: &Value) {
        let name = node.to_owned();
        let fault = match event {
            "daemon-kill" => {
                let signal = all.get("signal").and_then(Value::as_str).unwrap_or("KILL");
                if signal == "TERM" { Fault::DaemonStop(name) } else { Fault::DaemonKill(name) }
            }
            "daemon-restart" => {
                // what of it cannot be done shows in what follows
                self.fault(Fault::DaemonStop(name.clone()));
                Fault::DaemonStart(name)
            }
            "daemon-start" => {
                self.steering.before_start(&mut self.desk, &name);
                Fault::DaemonStart(name)
            }
            "link-down" => Fault::Cut(name),
            "link-up" => Fault::Heal(name),
            "poweroff" => Fault::PowerOff(name),
            "poweron" => {
                self.steering.before_start(&mut self.desk, &name);
                Fault::PowerOn(name)
            }
            "registry-off" => Fault::RegistryOff,
            "cleanup" => {
                let line = "docker service rm $(docker service ls -q)".to_owned();
                self.unrecorded(node, line);
                return;
            }
            _ => return,
        };
        self.fault(fault);
    }

    fn fault(&mut self, fault: Fault) {
        self.desk.input(DeskInput::Fault(fault));
        self.collect();
    }

    /// A command that is not compared.
    fn unrecorded(&mut self, node: &str, line: String) {
        self.free(node);
        self.desk.input(DeskInput::Line { machine: node.to_owned(), line });
        let until = Timestamp(self.desk.now().0 + SETUP_MS * US);
        while self.desk.busy(node) {
            if !self.steering.step(&mut self.desk, until) {
                break;
            }
        }
        self.collect();
    }

    /// The leader's next ids.
    fn steer_ids(&mut self, first: &[u64]) {
        let Some(leader) = self.desk.view().swarm.as_ref().and_then(|s| s.leader) else { return };
        let mut draws = first.to_vec();
        draws.extend(self.ids.any(IDS_AHEAD, &self.names));
        self.desk.lab_mut().steer_anew(leader, "ids", &draws);
    }

    /// Commands of a set-up; ids that later steps tell of are drawn so.
    fn set_up_commands(&mut self, run: &[(String, String)]) {
        let mut counted = BTreeSet::new();
        for (node, command) in run {
            if let Some(kind) = self.ids.kind_of(command).map(str::to_owned) {
                if counted.insert(kind.clone()) {
                    let all = if kind == "container" { " -a" } else { "" };

                    self.unrecorded(node, format!("docker {kind} ls -q{all}"));
                    let ids = self.desk.screen(node);
                    self.ids.there_are(&kind, &ids.lines().collect::<Vec<_>>());
                }
                let draws = self.ids.draws_for(command);
                if kind == "container" {
                    let machine = self.desk.view().machine(node).map(|m| m.machine);
                    let stream = format!("engine/{node}/ids");
                    if machine.is_some() {
                        self.desk.lab_mut().steer(machine, &stream, &draws);
                    }
                } else {
                    self.steer_ids(&draws);
                }
            }
            self.unrecorded(node, command.clone());
        }
    }

    fn set_up(&mut self, setup: &Setup) {
        for (node, files) in &setup.files {
            for (path, content) in files {
                self.desk.input(DeskInput::PutFile {
                    machine: node.clone(),
                    path: path.clone(),
                    content: content.clone().into_bytes(),
                });
            }
        }
        if let Some(swarm) = &setup.swarm {
            self.set_up_swarm(&swarm.managers, &swarm.workers);
        }
        let hosts: Vec<String> = self.recording.topology.iter().map(|h| h.node.clone()).collect();
        for image in &setup.images {
            for node in &hosts {
                self.unrecorded(node, format!("docker pull -q {image}"));
            }
        }
        if setup.pull_layer_s > 0 {
            self.steering.layer_us(&mut self.desk, setup.pull_layer_s * US);
        }
        self.set_up_commands(&setup.run);
        self.advance_to(Timestamp(self.desk.now().0 + setup.then_s * US));
    }

    fn set_up_swarm(&mut self, managers: &[String], workers: &[String]) {
        let Some(first) = managers.first() else { return };
        let ip = |name: &str| {
            let host = self.recording.topology.iter().find(|h| h.node == name);
            host.map(|h| h.ip.clone()).unwrap_or_default()
        };
        let address = ip(first);
        self.unrecorded(first, format!("docker swarm init --advertise-addr {address}"));
        let cluster = self.desk.view().swarm.as_ref().and_then(|s| s.cluster.clone());
        let Some(cluster) = cluster else { return };
        let joins = managers
            .iter()
            .skip(1)
            .map(|m| (m, &cluster.manager_token))
            .chain(workers.iter().map(|w| (w, &cluster.worker_token)));
        for (node, token) in joins {
            let line = format!("docker swarm join --token {token} {address}:2377");
            self.unrecorded(node, line);
        }
        self.advance_to(Timestamp(self.desk.now().0 + 3_000 * US));
    }
}

/// Names of the topology and those given in commands.
fn chosen_names(recording: &Recording) -> BTreeSet<String> {
    let mut names: BTreeSet<String> =
        ["docker", "service", "node", "swarm", "stack", "network", "volume", "rm", "ls", "ps"]
            .iter()
            .map(|w| (*w).to_owned())
            .collect();
    names.extend(recording.topology.iter().map(|h| h.node.clone()));
    let set_up = recording.lines.iter().filter_map(|line| match line {
        Line::Setup(_, setup) => Some(setup.run.iter().map(|(_, command)| command.as_str())),
        Line::Command(_) | Line::Event { .. } => None,
    });
    let typed = recording.commands().into_iter().map(|(_, step)| step.cmd.as_str());
    for command in typed.chain(set_up.flatten()) {
        let words: Vec<&str> = command.split_whitespace().collect();
        for pair in words.windows(2) {
            if let [flag, name] = pair
                && (*flag == "--name" || *flag == "create" || *flag == "-c")
            {
                names.insert((*name).to_owned());
            }
        }
        for word in &words {
            if let Some(name) = word.strip_prefix("--name=") {
                names.insert(name.to_owned());
            }
        }
        // words of the client's own: whatever precedes the first flag or id
        names.extend(words.iter().take(3).filter(|w| w.len() > 3).map(|w| (*w).to_owned()));
    }
    names.retain(|name| {
        !name.bytes().any(|b| b.is_ascii_digit()) || name.contains('-') || name.len() < 8
    });
    names
}

/// Steps in the background: a record stands where its command ended, so behind such as were typed
/// later on its node.
fn beside(steps: &[&Step]) -> BTreeSet<usize> {
    let mut latest: BTreeMap<&str, u64> = BTreeMap::new();
    let mut out = BTreeSet::new();
    for (at, step) in steps.iter().enumerate() {
        let last = latest.entry(&step.node).or_default();
        if *last > step.t {
            out.insert(at);
        }
        *last = step.t.max(*last);
    }
    out
}

fn due_times(open: &Open) -> impl Iterator<Item = Timestamp> {
    let ctrl_c = open.look.or(open.ctrl_c.map(|(at, _)| at));
    let key = open.keys.front().map(|(at, _)| *at);
    [ctrl_c, open.kill_at, key].into_iter().flatten()
}

/// Typed text as inputs: control characters are keys of their own.
fn keys(machine: &str, text: &str) -> Vec<DeskInput> {
    let mut out = Vec::new();
    let machine = machine.to_owned();
    for c in text.chars() {
        out.push(match c {
            '\u{3}' => DeskInput::Interrupt { machine: machine.clone() },
            '\u{4}' => DeskInput::Eof { machine: machine.clone() },
            '\r' | '\n' => DeskInput::Text { machine: machine.clone(), text: "\n".into() },
            c if u32::from(c) < 32 => DeskInput::Key {
                machine: machine.clone(),
                key: shell::Key::Ctrl(char::from_u32(u32::from(c) + 96).unwrap_or('c')),
            },
            c => DeskInput::Text { machine: machine.clone(), text: c.to_string() },
        });
    }
    out
}

/// What the command that runs has shown so far.
fn last_screen(view: &shell::TerminalView) -> String {
    let lines = view.blocks.last().map(|block| {
        block.lines.iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join("\n")
    });
    lines.unwrap_or_default()
}
