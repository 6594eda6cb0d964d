//! Playing a recording on a desk: the same machines, the same commands at the same instants.
//!
//! Steered is only what the real engine draws at random or what the recorder's host took; see
//! [`crate::steer`].

use crate::bind::Bindings;
use crate::compare::{Shown, Yardstick};
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
/// A further terminal on a machine is there after this time.
const LOGIN_MS: u64 = 5;
/// Within this time a key may be pressed at another instant than it was recorded.
const KEY_MS: u64 = 400;
/// Times Ctrl-C is sent, and the pause between two.
const CTRL_C: (u32, u64) = (5, 3_000);

/// A command that was typed and has not come back.
struct Open {
    at: usize,
    typed: Timestamp,
    /// It was typed into another machine's terminal, logged in here.
    away: bool,
    /// Prefixes that were typed otherwise: (recorded, simulated).
    short: Vec<(String, String)>,
    /// When Ctrl-C is due next, and how often it still may be sent.
    ctrl_c: Option<(Timestamp, u32)>,
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
    shown: Vec<Option<Shown>>,
    /// Steps during which another command was typed on the same machine.
    background: BTreeSet<usize>,
    /// Words that people chose: never a prefix of an id.
    names: BTreeSet<String>,
    /// By terminal.
    open: BTreeMap<String, Open>,
}

enum Act {
    Command(usize),
    Event(String, String, Value),
    Setup(Box<Setup>),
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
            background: background(&steps),
            steps,
            names: chosen_names(recording),
            open: BTreeMap::new(),
        })
    }

    fn run(&mut self) {
        let mut acts: Vec<(u64, usize, Act)> = Vec::new();
        let mut setups = Vec::new();
        let mut at = 0;
        for (k, line) in self.recording.lines.iter().enumerate() {
            match line {
                // the first one comes before the scenario's start, others where they stand
                Line::Setup(0, setup) => setups.push(setup.clone()),
                Line::Setup(t, setup) => acts.push((*t, k, Act::Setup(setup.clone()))),
                Line::Command(step) => {
                    acts.push((step.t, k, Act::Command(at)));
                    at += 1;
                }
                Line::Event { t, event, node, all } => {
                    let act = Act::Event(event.clone(), node.clone(), all.clone());
                    acts.push((*t, k, act));
                }
            }
        }
        acts.sort_by_key(|(t, k, _)| (*t, *k));
        for setup in setups {
            self.set_up(&setup);
        }
        self.zero = self.desk.now();
        self.steering.begin(self.zero);
        for (t, _, act) in acts {
            self.advance_to(Timestamp(self.zero.0 + t * US));
            match act {
                Act::Command(at) => self.type_command(at),
                Act::Event(event, node, all) => self.event(&event, &node, &all),
                Act::Setup(setup) => self.set_up(&setup),
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

    /// A first Ctrl-C at an instant when it shows as it did: while the client waits for an answer,
    /// the display is painted once more, over the `^C`.
    fn press(&mut self, machine: &str) {
        let painted_over = self.open.get(machine).and_then(|open| self.steps.get(open.at));
        let painted_over = painted_over
            .is_some_and(|step| step.screen.contains("\nOperation continuing in background."));
        let interrupt = DeskInput::Interrupt { machine: machine.to_owned() };
        let limit = Timestamp(self.desk.now().0 + KEY_MS * US);
        while painted_over && self.desk.now() < limit {
            let mut trial = self.desk.clone();
            trial.input(interrupt.clone());
            let until = Timestamp(trial.now().0 + 100 * US);
            while trial.busy(machine) && trial.now() < until && trial.step(until) {}
            let screen = trial.terminal(machine).map(last_screen).unwrap_or_default();
            if screen.contains("\nOperation continuing in background.") {
                break;
            }
            if !self.steering.step(&mut self.desk, limit) {
                break;
            }
        }
        self.desk.input(interrupt);
    }

    /// Interrupts and keys that are due.
    fn prod(&mut self) {
        let now = self.desk.now();
        let first = |open: &&Open| open.ctrl_c.is_some_and(|(at, n)| at <= now && n == CTRL_C.0);
        let pressed: Vec<String> = self
            .open
            .iter()
            .filter(|(_, open)| first(open))
            .map(|(terminal, _)| terminal.clone())
            .collect();
        for terminal in pressed {
            if let Some(open) = self.open.get_mut(&terminal) {
                open.ctrl_c = Some((Timestamp(now.0 + CTRL_C.1 * US), CTRL_C.0 - 1));
            }
            self.press(&terminal);
        }
        let mut inputs = Vec::new();
        let mut killed = Vec::new();
        for (terminal, open) in &mut self.open {
            let machine = terminal.clone();
            while open.keys.front().is_some_and(|(at, _)| *at <= now) {
                if let Some((_, text)) = open.keys.pop_front() {
                    inputs.extend(keys(&machine, &text));
                }
            }
            if let Some((at, left)) = open.ctrl_c
                && at <= now
            {
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
        let screen = self.desk.terminal(terminal).map(last_screen).unwrap_or_default();
        for _ in 0..3 {
            self.desk.input(DeskInput::Interrupt { machine: terminal.to_owned() });
        }
        self.desk.input(DeskInput::Eof { machine: terminal.to_owned() });
        if let Some(open) = self.open.remove(terminal)
            && let Some(slot) = self.shown.get_mut(open.at)
        {
            *slot = Some(Shown { screen, exit: 137 });
        }
        let _ = self.desk.take_lines();
    }

    /// Lines that ended.
    fn collect(&mut self) {
        for line in self.desk.take_lines() {
            let Some(open) = self.open.remove(&line.terminal) else { continue };
            self.steering.after_command(&mut self.desk);
            if open.away {
                let line = DeskInput::Line { machine: line.terminal.clone(), line: "exit".into() };
                self.desk.input(line);
            }
            let Some(step) = self.steps.get(open.at).copied() else { continue };
            let screen = self.bindings.read_back(&line.screen, &open.short);
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

    /// A terminal's last command gets a little more time, then it is ended.
    fn free(&mut self, terminal: &str) {
        if self.open.contains_key(terminal) {
            let until = Timestamp(self.desk.now().0 + PATIENCE_MS * US);
            self.advance_until(until, |replay| !replay.open.contains_key(terminal));
        }
        if self.open.contains_key(terminal) {
            self.give_up(terminal);
            let until = Timestamp(self.desk.now().0 + 200 * US);
            self.advance_to(until);
        }
    }

    /// A machine whose terminal nobody uses while a step runs.
    fn spare(&self, step: &Step) -> Option<String> {
        let busy = |node: &str| {
            let until = step.t + step.ms + PATIENCE_MS;
            let mut others = self.steps.iter().filter(|other| other.node == node);
            self.open.contains_key(node) || others.any(|o| (step.t..until).contains(&o.t))
        };
        let mut hosts = self.recording.topology.iter().map(|host| &host.node);
        hosts.find(|node| **node != step.node && !busy(node)).cloned()
    }

    fn type_command(&mut self, at: usize) {
        let Some(step) = self.steps.get(at).copied() else { return };
        let mut terminal = step.node.clone();
        let spare = self.background.contains(&at).then(|| self.spare(step)).flatten();
        if let Some(spare) = &spare {
            terminal.clone_from(spare);
        }
        self.free(&terminal);
        self.steering.before_command(&mut self.desk, step);
        let translated = self.bindings.translate(&step.cmd, &self.names);
        let command = self.tokens(step, &translated.line);
        if spare.is_some() {
            let line = format!("ssh {}", step.node);
            self.desk.input(DeskInput::Line { machine: terminal.clone(), line });
            self.advance_to(Timestamp(self.desk.now().0 + LOGIN_MS * US));
        }
        let now = self.desk.now();
        let after = |ms: u64| Timestamp(now.0 + ms * US);
        self.open.insert(
            terminal.clone(),
            Open {
                at,
                typed: now,
                away: spare.is_some(),
                short: translated.short,
                ctrl_c: step.ctrl_c_ms().map(|ms| (after(ms), CTRL_C.0)),
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
        let machine = node.to_owned();
        while self.desk.busy(&machine) {
            if !self.desk.step(until) {
                break;
            }
        }
        let _ = self.desk.take_lines();
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
        for (node, command) in &setup.run {
            self.unrecorded(node, command.clone());
        }
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

/// Steps during which another command was typed on the same machine.
fn background(steps: &[&Step]) -> BTreeSet<usize> {
    let during = |step: &Step| step.t + 1..(step.t + step.ms).saturating_sub(100);
    let overlaps = |step: &Step| {
        steps.iter().any(|other| other.node == step.node && during(step).contains(&other.t))
    };
    (0..).zip(steps).filter(|(_, step)| overlaps(step)).map(|(at, _)| at).collect()
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

fn due_times(open: &Open) -> impl Iterator<Item = Timestamp> {
    let ctrl_c = open.ctrl_c.map(|(at, _)| at);
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
