//! The desk: the lab and its terminals, driven by inputs and time.
//!
//! Every act goes the same way: an input or an event of the lab becomes actions in a queue, each
//! resumes one shell or one program, whose steps become further actions, until nothing is left
//! at this instant ([`crate::drive`]).

use crate::block::TerminalView;
use crate::drive::{Action, Asker, Timer};
use crate::finished::{DeskEvent, Finished, FinishedLine};
use crate::input::{DeskInput, InputLog, Key, Logged};
use crate::session::At;
use crate::terminal::Terminal;
use crate::terminals::Terminals;
use crate::world::{
    self, CallId, Fault, FaultError, HttpReply, Lab, LabConfig, Machine, Origin, RequestId, View,
};
use api::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// Terminals beside a machine's first one are counted in steps of this.
const BESIDE: u32 = 1 << 16;

/// The lab, its terminals and what was done in them. A value: clone, compare, save it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Desk {
    #[serde(with = "share::scope")]
    pub(crate) lab: Lab,
    pub(crate) terminals: Terminals,
    pub(crate) actions: VecDeque<Action>,
    #[serde(with = "crate::pairs")]
    pub(crate) timers: BTreeMap<(Timestamp, u64), Timer>,
    /// Timers that came due on a machine that stands still.
    pub(crate) held: Vec<Timer>,
    pub(crate) next_timer: u64,
    pub(crate) calls: BTreeMap<CallId, (At, docker::Call)>,
    pub(crate) requests: BTreeMap<RequestId, Asker>,
    pub(crate) finished: Vec<Finished>,
    pub(crate) finished_count: u64,
    pub(crate) lines: Vec<FinishedLine>,
    pub(crate) events: Vec<DeskEvent>,
    pub(crate) replies: Vec<(RequestId, HttpReply)>,
    log: InputLog,
}

impl Desk {
    /// A fresh lab with a terminal on every machine.
    #[must_use]
    pub fn new(config: LabConfig) -> Self {
        let mut desk = Self {
            lab: Lab::new(config.clone()),
            terminals: Terminals::default(),
            actions: VecDeque::new(),
            timers: BTreeMap::new(),
            held: Vec::new(),
            next_timer: 0,
            calls: BTreeMap::new(),
            requests: BTreeMap::new(),
            finished: Vec::new(),
            finished_count: 0,
            lines: Vec::new(),
            events: Vec::new(),
            replies: Vec::new(),
            log: InputLog { config, inputs: Vec::new() },
        };
        let machines: Vec<Machine> = desk.lab.machines().map(|(m, _)| m).collect();
        for machine in machines {
            desk.add_terminal(machine);
        }
        desk.drive();
        desk.refresh_views();
        desk
    }

    /// All terminals as new; what runs in one goes on in none.
    fn tidy(&mut self) {
        let machines: Vec<Machine> = self.terminals.keys().copied().collect();
        for machine in machines {
            self.close_terminal(machine);
            let Some(terminal) = self.terminals.get_mut(&machine) else { continue };
            let (columns, rows) = (terminal.view.columns, terminal.view.rows);
            let (revision, off) = (terminal.view.revision + 1, terminal.off);
            let at = terminal.machine;
            *terminal = Terminal::new(at);
            terminal.off = off;
            let view = TerminalView { columns, rows, revision, ..TerminalView::default() };
            terminal.view = view;
            if !off {
                self.open_session(machine, at, None, None);
            }
        }
    }

    fn add_terminal(&mut self, machine: Machine) {
        self.terminals.insert(machine, Terminal::new(machine));
        self.open_session(machine, machine, None, None);
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
        self.log.inputs.push(Logged { at: self.now(), input: input.clone() });
        self.act(input);
        self.drive();
        self.refresh_views();
    }

    fn act(&mut self, input: DeskInput) {
        match input {
            DeskInput::Key { machine, key } => {
                if let Some(m) = self.seat(&machine) {
                    self.key(m, key);
                }
            }
            DeskInput::Text { machine, text } => {
                if let Some(m) = self.seat(&machine) {
                    self.text(m, &text);
                }
            }
            DeskInput::Line { machine, line } => {
                if let Some(m) = self.seat(&machine) {
                    if let Some(terminal) = self.terminals.get_mut(&m) {
                        terminal.editor.set("");
                    }
                    self.enter(m, line);
                }
            }
            DeskInput::Insert { machine, text } => {
                let m = self.seat(&machine);
                if let Some(terminal) = m.and_then(|m| self.terminals.get_mut(&m)) {
                    terminal.editor.set(&text);
                }
            }
            DeskInput::Interrupt { machine } => {
                if let Some(m) = self.seat(&machine) {
                    self.key(m, Key::Ctrl('c'));
                }
            }
            DeskInput::Eof { machine } => {
                if let Some(m) = self.seat(&machine) {
                    self.eof(m);
                }
            }
            DeskInput::Fault(fault) => {
                let _ = self.fault(&fault);
            }
            DeskInput::Request { host, port, path, from } => {
                let from = from.and_then(|name| self.lab.machine(&name));
                let origin = from.map_or(Origin::Outside, Origin::Machine);
                let id = self.lab.request(origin, &host, port, &path);
                let at = self.now();
                self.requests.insert(id, Asker::Map { at, from });
            }
            DeskInput::Resize { machine, columns, rows } => {
                if let Some(m) = self.seat(&machine) {
                    self.resize(m, columns, rows);
                }
            }
            DeskInput::Tidy => self.tidy(),
            DeskInput::AddMachine { name } => {
                if self.lab.machine(&name).is_none() {
                    let machine = self.lab.add_machine(&name);
                    self.add_terminal(machine);
                }
            }
            DeskInput::PutFile { machine, path, content } => {
                let now = self.now();
                let m = self.lab.machine(&machine);
                if let Some(tree) = m.and_then(|m| self.lab.files_mut(m)) {
                    let dir = path.rsplit_once('/').map_or("", |(dir, _)| dir);
                    // a lesson's own file: where it cannot be put, its checks say so
                    let _ = tree.mkdir_all(dir, now).and_then(|()| tree.write(&path, content, now));
                }
            }
        }
    }

    /// Lets `us` microseconds of simulated time pass.
    pub fn advance(&mut self, us: u64) {
        let until = Timestamp(self.now().0 + us);
        while self.step(until) {}
    }

    /// Handles exactly one event due at or before `until` and returns true; with none left, time
    /// is `until` and it returns false. For those who look after each event.
    pub fn step(&mut self, until: Timestamp) -> bool {
        let timer = self.timers.first_key_value().map(|((at, _), _)| *at).filter(|at| *at <= until);
        let event = self.lab.next_event().filter(|at| *at <= until);
        let seen = self.lab.view().revision;
        let mut fired = false;
        let happened = match (timer, event) {
            (None, None) => {
                self.lab.step(until);
                false
            }
            (Some(at), event) if event.is_none_or(|e| e > at) => {
                // only moves the clock: nothing of the lab is due yet
                self.lab.step(at);
                if let Some((_, timer)) = self.timers.pop_first() {
                    self.fire(timer);
                }
                fired = true;
                true
            }
            _ => self.lab.step(until),
        };
        // most of what happens in a large lab concerns no terminal: no answer, and no machine
        // looks different
        let news = self.lab.has_news() || self.lab.view().revision != seen;
        if !fired && !news && self.actions.is_empty() {
            return happened;
        }
        // the terminals hear of the lab only through what `drive` passes on
        if self.drive() || fired {
            self.refresh_views();
        }
        happened
    }

    /// When something is next due.
    #[must_use]
    pub fn next_event(&self) -> Option<Timestamp> {
        let timer = self.timers.first_key_value().map(|((at, _), _)| *at);
        timer.into_iter().chain(self.lab.next_event()).min()
    }

    /// Nothing is under way but the lab's heartbeats, and no terminal is busy.
    #[must_use]
    pub fn quiet(&self) -> bool {
        self.timers.is_empty() && !self.any_busy() && self.lab.quiet()
    }

    /// Simulated time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.lab.now()
    }

    /// Whether a foreground command runs in the terminal of a machine.
    #[must_use]
    pub fn busy(&self, machine: &str) -> bool {
        let m = self.seat(machine);
        m.and_then(|m| self.terminals.get(&m)).is_some_and(Terminal::busy)
    }

    /// Whether one runs in any terminal.
    #[must_use]
    pub fn any_busy(&self) -> bool {
        self.terminals.values().any(Terminal::busy)
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

    /// Web requests (made on the map or typed) that ended since last asked, for the picture.
    pub fn take_replies(&mut self) -> Vec<(RequestId, HttpReply)> {
        std::mem::take(&mut self.replies)
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

    /// The lab, to steer a replay's draws. What is done here is in no log.
    pub fn lab_mut(&mut self) -> &mut Lab {
        &mut self.lab
    }

    /// The terminal of a machine; `None` for an unknown one.
    #[must_use]
    pub fn terminal(&self, machine: &str) -> Option<&TerminalView> {
        let m = self.seat(machine)?;
        self.terminals.get(&m).map(|terminal| &terminal.view)
    }

    /// What the running (or last) command of a terminal shows so far, as plain text.
    #[must_use]
    pub fn screen(&self, machine: &str) -> String {
        let m = self.seat(machine);
        m.and_then(|m| self.terminals.get(&m)).map(|t| t.display.text()).unwrap_or_default()
    }

    /// All inputs with their times.
    #[must_use]
    pub fn log(&self) -> &InputLog {
        &self.log
    }

    /// Does something to the machines, as part of an act.
    pub(crate) fn fault(&mut self, fault: &Fault) -> Result<(), FaultError> {
        self.lab.fault(fault)
    }

    pub(crate) fn push_event(&mut self, event: DeskEvent) {
        self.events.push(event);
    }

    pub(crate) fn wake_machine_after(&mut self, machine: Machine, us: u64) {
        self.set_timer(us, Timer::PowerOn(machine));
    }

    pub(crate) fn set_timer(&mut self, us: u64, timer: Timer) {
        self.next_timer += 1;
        let at = Timestamp(self.now().0.saturating_add(us));
        self.timers.insert((at, self.next_timer), timer);
    }

    fn resize(&mut self, machine: Machine, columns: u32, rows: u32) {
        let Some(terminal) = self.terminals.get_mut(&machine) else { return };
        terminal.view.columns = columns.clamp(20, 1_000);
        terminal.view.rows = rows.clamp(3, 500);
        terminal.touch();
        let columns = terminal.view.columns;
        for (id, session) in &mut terminal.sessions {
            session.shell.set_columns(columns);
            for ticket in session.children.keys() {
                let at = At { terminal: machine, session: *id, ticket: *ticket };
                self.actions.push_back(Action::Program(at, docker::Input::Resize(columns)));
            }
        }
    }

    /// Another terminal on a machine, for a replay: what one person typed into several at once.
    /// Its name (`node1#2`) stands for it wherever a machine's does. In no log.
    pub fn open_beside(&mut self, machine: &str) -> Option<String> {
        let at = self.lab.machine(machine)?;
        let used = self.terminals.keys().filter(|key| key.0 % BESIDE == at.0).count();
        let key = Machine(at.0 + BESIDE * u32::try_from(used).ok()?);
        self.terminals.insert(key, Terminal::new(at));
        self.open_session(key, at, None, None);
        self.drive();
        Some(self.name(key))
    }

    /// What runs in a terminal is killed, and it is as after a login, for a replay. In no log.
    pub fn hang_up(&mut self, terminal: &str) {
        let Some(key) = self.seat(terminal) else { return };
        self.close_terminal(key);
        let Some(open) = self.terminals.get_mut(&key) else { return };
        let at = open.machine;
        (open.reading, open.raw, open.full, open.view.screen) = (None, None, None, None);
        if !open.off {
            self.open_session(key, at, None, None);
        }
        self.drive();
    }

    /// The terminal of that name.
    fn seat(&self, name: &str) -> Option<Machine> {
        let (machine, place) = name.split_once('#').unwrap_or((name, "1"));
        let place = place.parse::<u32>().ok()?.checked_sub(1)?;
        Some(Machine(self.lab.machine(machine)?.0 + BESIDE * place))
    }

    /// Name of a machine, or of a terminal on one.
    pub(crate) fn name(&self, machine: Machine) -> String {
        let name = world::name_of(&self.lab, Machine(machine.0 % BESIDE));
        match machine.0 / BESIDE {
            0 => name,
            place => format!("{name}#{}", place + 1),
        }
    }
}
