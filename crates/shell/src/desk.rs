//! The desk: the lab and its terminals, driven by inputs and time.

use crate::block::TerminalView;
use crate::finished::{DeskEvent, Finished, FinishedLine};
use crate::input::{DeskInput, InputLog, Logged};
use crate::world::{HttpReply, Lab, LabConfig, RequestId, View};
use api::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The lab, its terminals and what was done in them. A value: clone, compare, save it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Desk {
    lab: Lab,
    terminals: BTreeMap<String, TerminalView>,
    finished: Vec<Finished>,
    lines: Vec<FinishedLine>,
    events: Vec<DeskEvent>,
    log: InputLog,
    replies: Vec<(RequestId, HttpReply)>,
}

impl Desk {
    /// A fresh lab with a terminal on every machine.
    #[must_use]
    pub fn new(config: LabConfig) -> Self {
        Self {
            lab: Lab::new(config.clone()),
            terminals: BTreeMap::new(),
            finished: Vec::new(),
            lines: Vec::new(),
            events: Vec::new(),
            log: InputLog { config, inputs: Vec::new() },
            replies: Vec::new(),
        }
    }

    /// The desk that a log leads to, at the time of its last input.
    #[must_use]
    pub fn replay(log: &InputLog) -> Self {
        let mut desk = Self::new(log.config.clone());
        for Logged { at, input } in &log.inputs {
            desk.advance(at.since_us(desk.now()));
            desk.input(input.clone());
        }
        desk
    }

    /// Takes one act. What it causes at this instant has happened when this returns.
    pub fn input(&mut self, input: DeskInput) {
        self.log.inputs.push(Logged { at: self.lab.now(), input });
    }

    /// Lets `us` microseconds of simulated time pass.
    pub fn advance(&mut self, us: u64) {
        let until = Timestamp(self.lab.now().0 + us);
        while self.step(until) {}
    }

    /// Handles exactly one event of the lab due at or before `until` and returns true; with none
    /// left, time is `until` and it returns false. For those who look after each event.
    pub fn step(&mut self, until: Timestamp) -> bool {
        self.lab.step(until)
    }

    /// When something is next due.
    #[must_use]
    pub fn next_event(&self) -> Option<Timestamp> {
        self.lab.next_event()
    }

    /// Simulated time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.lab.now()
    }

    /// Whether a foreground command runs in the terminal of a machine.
    #[must_use]
    pub fn busy(&self, machine: &str) -> bool {
        self.terminals.get(machine).is_some_and(|t| t.busy)
    }

    /// Whether one runs in any terminal.
    #[must_use]
    pub fn any_busy(&self) -> bool {
        self.terminals.values().any(|t| t.busy)
    }

    /// Commands that ended since last asked, in order.
    pub fn take_finished(&mut self) -> Vec<Finished> {
        std::mem::take(&mut self.finished)
    }

    /// Lines that ended since last asked, in order.
    pub fn take_lines(&mut self) -> Vec<FinishedLine> {
        std::mem::take(&mut self.lines)
    }

    /// Lab words and notices since last asked.
    pub fn take_events(&mut self) -> Vec<DeskEvent> {
        std::mem::take(&mut self.events)
    }

    /// What the lab looks like.
    #[must_use]
    pub fn view(&self) -> &View {
        self.lab.view()
    }

    /// The lab, to look at.
    #[must_use]
    pub fn lab(&self) -> &Lab {
        &self.lab
    }

    /// Web requests (made on the map or typed) that ended since last asked, for the picture.
    pub fn take_replies(&mut self) -> Vec<(RequestId, HttpReply)> {
        std::mem::take(&mut self.replies)
    }

    /// The terminal of a machine; `None` for an unknown one.
    #[must_use]
    pub fn terminal(&self, machine: &str) -> Option<&TerminalView> {
        self.terminals.get(machine)
    }

    /// All inputs with their times.
    #[must_use]
    pub fn log(&self) -> &InputLog {
        &self.log
    }
}
