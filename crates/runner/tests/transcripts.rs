//! Transcripts (`tests/transcripts/**.txt`): prose, verbs, commands, exact output.
//!
//! `# …` says what is proven; `@lab managers=1 workers=2 seed=7` sets a lab up (without it, or
//! with `machines=3`: machines in no swarm); `@wait 5s`, `@settle`, `@trace SOURCE` and the
//! lesson's fault verbs drive it; `node1$ …` runs a command; the other lines are what it shows,
//! `[exit 1]` how it ended. `ENXAME_BLESS=1` writes what is shown into the file.

use lab::{Fault, LabConfig};
use libtest_mimic::{Arguments, Failed, Trial};
use shell::{Desk, DeskInput};
use std::path::{Path, PathBuf};

const SECOND: u64 = 1_000_000;

struct Player {
    desk: Desk,
    /// Where the trace was read last.
    traced: u64,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/transcripts")
}

/// `key=NUMBER` of a verb's words.
fn number(words: &[&str], key: &str) -> Option<u64> {
    words.iter().find_map(|w| w.strip_prefix(key)?.strip_prefix('=')?.parse().ok())
}

fn duration_us(text: &str) -> Option<u64> {
    let (number, unit) = match text.strip_suffix("ms") {
        Some(n) => (n, 1_000),
        None => match text.split_at_checked(text.len().checked_sub(1)?)? {
            (n, "s") => (n, SECOND),
            (n, "m") => (n, 60 * SECOND),
            (n, "h") => (n, 3600 * SECOND),
            _ => return None,
        },
    };
    Some(number.parse::<u64>().ok()? * unit)
}

impl Player {
    fn new(words: &[&str]) -> Self {
        let managers = number(words, "managers").unwrap_or(0);
        let workers = number(words, "workers").unwrap_or(0);
        let machines = number(words, "machines").unwrap_or(3).max(managers + workers);
        let count = if managers > 0 { managers + workers } else { machines };
        let names: Vec<String> = (1..=count).map(|k| format!("node{k}")).collect();
        let seed = number(words, "seed").unwrap_or(1);
        let config = LabConfig::with_names(seed, names.iter().map(String::as_str));
        let mut player = Self { desk: Desk::new(config), traced: 0 };
        if managers > 0 {
            player.swarm(managers, count);
        }
        player.traced = player.desk.lab().trace().position();
        player
    }

    fn swarm(&mut self, managers: u64, count: u64) {
        self.run("node1", "docker swarm init --advertise-addr 192.168.0.13");
        let swarm = self.desk.view().swarm.clone();
        let Some(cluster) = swarm.and_then(|s| s.cluster.clone()) else { return };
        for k in 2..=count {
            let token = if k <= managers { &cluster.manager_token } else { &cluster.worker_token };
            let line = format!("docker swarm join --token {token} 192.168.0.13:2377");
            self.run(&format!("node{k}"), &line);
        }
        self.pass(3 * SECOND);
    }

    fn pass(&mut self, us: u64) {
        let until = api::Timestamp(self.desk.now().0 + us);
        while self.desk.step(until) {}
    }

    fn run(&mut self, machine: &str, line: &str) -> (String, i32) {
        let input = DeskInput::Line { machine: machine.to_owned(), line: line.to_owned() };
        self.desk.input(input);
        let until = api::Timestamp(self.desk.now().0 + 600 * SECOND);
        loop {
            if let Some(done) = self.desk.take_lines().into_iter().find(|l| l.terminal == machine) {
                return (done.screen, done.exit);
            }
            if !self.desk.step(until) {
                return ("(it did not end)".into(), -1);
            }
        }
    }

    fn verb(&mut self, line: &str) -> Result<Vec<String>, Failed> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let name = |k: usize| words.get(k).map(|w| (*w).to_owned()).unwrap_or_default();
        let fault = match words.first().copied().unwrap_or_default() {
            "@wait" | "@advance" => {
                let us = duration_us(&name(1)).ok_or("no duration")?;
                self.pass(us);
                return Ok(Vec::new());
            }
            "@settle" => {
                for _ in 0..600 {
                    self.pass(SECOND);
                    if self.desk.lab().quiet() {
                        break;
                    }
                }
                return Ok(Vec::new());
            }
            "@trace" => return Ok(self.trace(&name(1))),
            "@poweroff" => Fault::PowerOff(name(1)),
            "@poweron" => Fault::PowerOn(name(1)),
            "@freeze" => Fault::Freeze(name(1)),
            "@thaw" => Fault::Thaw(name(1)),
            "@cut" => Fault::Cut(name(1)),
            "@heal" => Fault::Heal(name(1)),
            "@slow" => Fault::Slow(name(1), duration_us(&name(2)).unwrap_or(0) / 1000),
            "@kill" => {
                let task = name(1);
                let (service, slot) = task.rsplit_once('.').ok_or("no SERVICE.SLOT")?;
                Fault::KillContainer { service: service.into(), slot: slot.parse()? }
            }
            "@pullfail" => Fault::PullFail(name(1)),
            "@fill" => Fault::Fill(name(1)),
            "@empty" => Fault::Empty(name(1)),
            "@split" => Fault::Split(
                name(1).split('|').map(|g| g.split(',').map(str::to_owned).collect()).collect(),
            ),
            other => return Err(format!("no verb {other}").into()),
        };
        self.desk.input(DeskInput::Fault(fault));
        Ok(Vec::new())
    }

    fn trace(&mut self, source: &str) -> Vec<String> {
        let trace = self.desk.lab().trace();
        let lines = trace
            .since(self.traced)
            .filter(|(_, line)| line.what.source() == source)
            .map(|(at, line)| format!("{at} {}", line.what))
            .collect();
        self.traced = trace.position();
        lines
    }
}

/// The file as it would have to be.
fn play(text: &str) -> Result<String, Failed> {
    let mut player: Option<Player> = None;
    let mut out: Vec<String> = Vec::new();
    for line in text.lines() {
        if line.starts_with('#') || line.is_empty() {
            out.push(line.to_owned());
        } else if let Some(words) = line.strip_prefix("@lab") {
            out.push(line.to_owned());
            player = Some(Player::new(&words.split_whitespace().collect::<Vec<_>>()));
        } else if line.starts_with('@') {
            out.push(line.to_owned());
            let player = player.get_or_insert_with(|| Player::new(&[]));
            out.extend(player.verb(line)?);
        } else if let Some((machine, command)) = prompt(line) {
            out.push(line.to_owned());
            let player = player.get_or_insert_with(|| Player::new(&[]));
            let (screen, exit) = player.run(machine, command);
            out.extend(screen.lines().map(|l| l.trim_end().to_owned()));
            if exit != 0 {
                out.push(format!("[exit {exit}]"));
            }
        }
    }
    Ok(out.join("\n") + "\n")
}

fn prompt(line: &str) -> Option<(&str, &str)> {
    let (machine, command) = line.split_once("$ ")?;
    let host = machine.strip_prefix("node")?;
    host.bytes().all(|b| b.is_ascii_digit()).then_some((machine, command))
}

fn check(path: &Path) -> Result<(), Failed> {
    let text = std::fs::read_to_string(path)?;
    let played = play(&text)?;
    // a blank line between blocks is for the reader
    let lines = |t: &str| -> Vec<String> {
        t.lines().filter(|l| !l.trim().is_empty()).map(str::to_owned).collect()
    };
    let (want, got) = (lines(&text), lines(&played));
    if want == got {
        return Ok(());
    }
    if std::env::var_os("ENXAME_BLESS").is_some() {
        return Ok(std::fs::write(path, played)?);
    }
    let at = want.iter().zip(&got).take_while(|(a, b)| a == b).count();
    let show = |list: &[String]| list.get(at).cloned().unwrap_or_default();
    Err(format!("line {at} (blank ones aside):\n- {}\n+ {}", show(&want), show(&got)).into())
}

fn files(dir: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).into_iter().flatten().filter_map(Result::ok) {
        let path = entry.path();
        if path.is_dir() {
            files(&path, out);
        } else if path.extension().is_some_and(|e| e == "txt") {
            out.push(path);
        }
    }
}

fn main() {
    let mut all = Vec::new();
    files(&folder(), &mut all);
    all.sort();
    let trials = all
        .into_iter()
        .map(|path| {
            let name = path.strip_prefix(folder()).unwrap_or(&path).display().to_string();
            Trial::test(name, move || check(&path))
        })
        .collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}
