//! Plays transcripts: a setup, a solution, a wrong way. Proposes inputs one at a time; whoever
//! holds the desk carries them out and lets time pass.

use crate::lesson::{Cluster, Lesson};
use crate::player::Player;
use crate::transcript::{Action, Entry, Transcript, Verb};
use api::Timestamp;
use lab::{Fault, LabConfig};
use serde::{Deserialize, Serialize};
use shell::{Desk, DeskInput};

/// What to do next.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// Give this to the desk.
    Input(DeskInput),
    /// Give this answer to the player.
    Answer {
        /// Which question.
        id: String,
        /// The answer.
        value: String,
    },
    /// Let the desk's next event happen, and ask again.
    Event,
    /// Nothing is left to do.
    Done,
}

/// A command that shows no end is left alone after so long (lesson format §6: Ctrl+C).
const PATIENCE_US: u64 = 120_000_000;
/// `@settle` gives up after 10 simulated minutes.
const SETTLE_US: u64 = 600_000_000;

/// A transcript being played. A value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Script {
    entries: Vec<Entry>,
    at: usize,
    wait: Option<Wait>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Wait {
    /// Until the prompt of a terminal is back.
    Prompt { machine: String, until: Timestamp },
    /// Until an instant.
    Until(Timestamp),
    /// Until nothing is scheduled but heartbeats.
    Quiet { until: Timestamp },
}

impl Script {
    /// Plays `transcript` from its start.
    #[must_use]
    pub fn new(transcript: &Transcript) -> Self {
        Self { entries: transcript.entries.clone(), at: 0, wait: None }
    }

    /// What a lesson's machines need before its first step: its files, its swarm, its `setup`.
    #[must_use]
    pub fn setup(lesson: &Lesson) -> Self {
        let mut entries = swarm(&lesson.cluster);
        entries.extend(lesson.setup.entries.iter().cloned());
        if !entries.is_empty() {
            entries.push(entry(Action::Verb(Verb::Settle)));
        }
        Self { entries, at: 0, wait: None }
    }

    /// The entry that is being played, or was played last.
    #[must_use]
    pub fn entry(&self) -> Option<&Entry> {
        self.entries.get(self.at.checked_sub(1)?)
    }

    /// The number of entries begun.
    #[must_use]
    pub const fn position(&self) -> usize {
        self.at
    }

    /// What to do next. `player` fills references in; a setup has none.
    pub fn next(&mut self, desk: &Desk, player: Option<&Player>) -> Next {
        if let Some(wait) = &self.wait {
            match waiting(wait, desk) {
                Waiting::Yes => return Next::Event,
                Waiting::Over => self.wait = None,
                Waiting::GaveUp(input) => {
                    self.wait = None;
                    if let Some(input) = input {
                        return Next::Input(input);
                    }
                }
            }
        }
        let Some(entry) = self.entries.get(self.at) else { return Next::Done };
        self.at += 1;
        let fill = |text: &str| match player {
            Some(player) => player.fill(text, desk),
            None => tokens(text, desk),
        };
        let later = |us: u64| Timestamp(desk.now().0 + us);
        match &entry.action {
            Action::Command { machine, text } => {
                let (machine, line) = (fill(machine), fill(text));
                let until = later(PATIENCE_US);
                self.wait = Some(Wait::Prompt { machine: machine.clone(), until });
                Next::Input(DeskInput::Line { machine, line })
            }
            Action::Answer { id, value } => Next::Answer { id: id.clone(), value: fill(value) },
            Action::Verb(Verb::Wait { ms }) => {
                self.wait = Some(Wait::Until(later(ms * 1000)));
                Next::Event
            }
            Action::Verb(Verb::Settle) => {
                self.wait = Some(Wait::Quiet { until: later(SETTLE_US) });
                Next::Event
            }
            Action::Verb(verb) => match fault(verb, self.terminal()) {
                Some(input) => Next::Input(input),
                None => Next::Event,
            },
        }
    }

    /// The machine of the last command, for keys.
    fn terminal(&self) -> Option<String> {
        let before = self.entries.get(..self.at)?;
        before.iter().rev().find_map(|e| match &e.action {
            Action::Command { machine, .. } => Some(machine.clone()),
            Action::Answer { .. } | Action::Verb(_) => None,
        })
    }
}

enum Waiting {
    Yes,
    Over,
    GaveUp(Option<DeskInput>),
}

fn waiting(wait: &Wait, desk: &Desk) -> Waiting {
    match wait {
        Wait::Prompt { machine, until } => match desk.busy(machine) {
            false => Waiting::Over,
            true if desk.now() < *until => Waiting::Yes,
            true => Waiting::GaveUp(Some(DeskInput::Interrupt { machine: machine.clone() })),
        },
        Wait::Until(until) if desk.now() < *until => Waiting::Yes,
        Wait::Until(_) => Waiting::Over,
        Wait::Quiet { until } if desk.now() < *until && !desk.lab().quiet() => Waiting::Yes,
        Wait::Quiet { .. } => Waiting::GaveUp(None),
    }
}

/// The tokens of the swarm that is being made; other references stay.
fn tokens(text: &str, desk: &Desk) -> String {
    let swarm = desk.view().swarm.as_ref().and_then(|s| s.cluster.clone());
    let Some(cluster) = swarm else { return text.to_owned() };
    text.replace("{worker_token}", &cluster.worker_token)
        .replace("{manager_token}", &cluster.manager_token)
}

fn entry(action: Action) -> Entry {
    Entry { place: crate::Place::default(), action, expected: Vec::new(), hint: String::new() }
}

/// The commands that make a lesson's swarm: what a person would type.
fn swarm(cluster: &Cluster) -> Vec<Entry> {
    if cluster.managers == 0 {
        return Vec::new();
    }
    let mut entries = Vec::new();
    for (index, machine) in (0_u32..).zip(&cluster.machines) {
        let text = if index == 0 {
            "docker swarm init --advertise-addr 192.168.0.13".to_owned()
        } else {
            let role = if index < cluster.managers { "manager" } else { "worker" };
            format!("docker swarm join --token {{{role}_token}} 192.168.0.13:2377")
        };
        entries.push(entry(Action::Command { machine: machine.clone(), text }));
    }
    entries
}

fn fault(verb: &Verb, terminal: Option<String>) -> Option<DeskInput> {
    Some(DeskInput::Fault(match verb {
        Verb::PowerOff(m) => Fault::PowerOff(m.clone()),
        Verb::PowerOn(m) => Fault::PowerOn(m.clone()),
        Verb::Freeze(m) => Fault::Freeze(m.clone()),
        Verb::Thaw(m) => Fault::Thaw(m.clone()),
        Verb::Cut(m) => Fault::Cut(m.clone()),
        Verb::Heal(m) => Fault::Heal(m.clone()),
        Verb::Slow { machine, ms } => Fault::Slow(machine.clone(), *ms),
        Verb::Split(groups) => Fault::Split(groups.clone()),
        Verb::Kill { service, slot } => {
            Fault::KillContainer { service: service.clone(), slot: *slot }
        }
        Verb::PullFail(image) => Fault::PullFail(image.clone()),
        Verb::Fill(m) => Fault::Fill(m.clone()),
        Verb::CtrlC => return Some(DeskInput::Interrupt { machine: terminal? }),
        Verb::CtrlD => return Some(DeskInput::Eof { machine: terminal? }),
        Verb::Wait { .. } | Verb::Settle => return None,
    }))
}

/// The lab a lesson starts from; `seed` is for lessons whose own is `livre`.
#[must_use]
pub fn lab_config(lesson: &Lesson, seed: u64) -> LabConfig {
    let names = lesson.cluster.machines.iter().map(String::as_str);
    LabConfig::with_names(lesson.seed.unwrap_or(seed), names)
}

/// A lesson's desk, ready for its first step: machines, files, swarm, `setup`; terminals clean.
#[must_use]
pub fn ready_desk(lesson: &Lesson, seed: u64) -> Desk {
    let mut desk = Desk::new(lab_config(lesson, seed));
    for (machine, path, content) in &lesson.files {
        desk.input(DeskInput::PutFile {
            machine: machine.clone(),
            path: path.clone(),
            content: content.clone().into_bytes(),
        });
    }
    let mut script = Script::setup(lesson);
    loop {
        match script.next(&desk, None) {
            Next::Input(input) => desk.input(input),
            Next::Event => step(&mut desk),
            Next::Answer { .. } => {}
            Next::Done => break,
        }
    }
    desk.input(DeskInput::Tidy);
    let _ = (desk.take_finished(), desk.take_lines(), desk.take_events(), desk.take_replies());
    desk
}

/// Lets exactly the next event happen (or a second pass, with none scheduled).
pub(crate) fn step(desk: &mut Desk) {
    let next = desk.next_event().unwrap_or(Timestamp(desk.now().0 + 1_000_000));
    desk.step(next);
}
