//! The queue of actions: shells and programs resumed one after the other until this instant has
//! nothing left to do.

mod client;
mod programs;
mod records;
mod sessions;

use crate::desk::Desk;
use crate::finished::{DeskEvent, Finished, FinishedLine};
use crate::input::Key;
use crate::session::{At, Child, Inside, Program, Session};
use crate::world::{
    self, Answer, Fault, HttpOutcome, HttpReply, Machine, NetAnswer, NetRequest, Way, sh,
};
use api::Timestamp;
use docker::{Input as In, Step as Do};
use serde::{Deserialize, Serialize};

/// One thing to do at this instant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Action {
    /// Resumes a shell: terminal, session.
    Shell(Machine, u32, sh::Input),
    /// Resumes a program.
    Program(At, In),
    /// A key for a program that reads keys.
    Key(At, Key),
    /// Replaces the block of lines drawn last.
    Draw(At, Vec<String>),
    /// Fills the screen, or gives it back.
    Full(At, Option<Vec<String>>),
    /// The drawing program has ended.
    Settle(Machine),
    /// The end of a program, after everything it wrote.
    End(At, i32),
}

/// What a timer wakes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Timer {
    /// A question of a shell is answered.
    Shell(At, sh::Answer),
    /// A program has slept.
    Program(At),
    /// A machine that reboots comes up.
    PowerOn(Machine),
}

/// Who made a web request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Asker {
    /// A tool of a shell; `connect`: only whether something listens.
    Tool { at: At, connect: bool },
    /// The map, from a machine or from outside.
    Map { at: Timestamp, from: Option<Machine> },
}

/// How much of a program's output is remembered.
const REMEMBERED: usize = 256 * 1024;

impl Desk {
    /// Does everything that is due at this instant; true: there was something.
    pub(crate) fn drive(&mut self) -> bool {
        let mut anything = false;
        loop {
            anything |= !self.actions.is_empty();
            while let Some(action) = self.actions.pop_front() {
                self.perform(action);
            }
            let answers = self.lab.take_answers();
            let replies = self.lab.take_replies();
            let calm = answers.is_empty() && replies.is_empty();
            for (id, answer) in answers {
                self.answered(id, answer);
            }
            for (id, reply) in replies {
                self.replied(id, reply);
            }
            if calm && self.actions.is_empty() && !self.look_at_power() && !self.go_ahead() {
                return anything;
            }
            anything = true;
        }
    }

    fn perform(&mut self, action: Action) {
        match action {
            Action::Shell(terminal, session, input) => {
                let now = self.now();
                let found = self.session_mut(terminal, session);
                let steps = found.map(|s| s.shell.resume(now, input)).unwrap_or_default();
                for step in steps {
                    self.shell_step(terminal, session, step);
                }
            }
            Action::Program(at, input) => self.program(at, input),
            Action::Key(at, key) => self.program_key(at, key),
            Action::Draw(at, lines) => {
                if let Some(terminal) = self.terminals.get_mut(&at.terminal) {
                    terminal.display.redraw(&lines);
                    terminal.sync_block();
                }
            }
            Action::Full(at, lines) => {
                if let Some(terminal) = self.terminals.get_mut(&at.terminal) {
                    terminal.full = lines.is_some().then_some((at.session, at.ticket));
                    terminal.view.screen = lines;
                    terminal.touch();
                }
            }
            Action::Settle(terminal) => {
                if let Some(terminal) = self.terminals.get_mut(&terminal) {
                    terminal.display.settle();
                }
            }
            Action::End(at, status) => self.end_child(at, status),
        }
    }

    fn session_mut(&mut self, terminal: Machine, session: u32) -> Option<&mut Session> {
        self.terminals.get_mut(&terminal)?.sessions.get_mut(&session)
    }

    fn session(&self, terminal: Machine, session: u32) -> Option<&Session> {
        self.terminals.get(&terminal)?.sessions.get(&session)
    }

    fn child_mut(&mut self, at: At) -> Option<&mut Child> {
        self.session_mut(at.terminal, at.session)?.children.get_mut(&at.ticket)
    }

    /// A shell's step.
    fn shell_step(&mut self, terminal: Machine, session: u32, step: sh::Step) {
        use sh::Step;
        let at = |ticket| At { terminal, session, ticket };
        match step {
            Step::Ask(ticket, ask) => self.shell_asks(at(ticket), ask),
            Step::Cancel(ticket) => {
                let gone = at(ticket);
                self.timers.retain(|_, t| !matches!(t, Timer::Shell(a, _) if *a == gone));
                self.requests.retain(|_, a| !matches!(a, Asker::Tool { at, .. } if *at == gone));
            }
            Step::Out(bytes) => self.shell_writes(terminal, session, bytes, false),
            Step::Err(bytes) => self.shell_writes(terminal, session, bytes, true),
            Step::Exec(ticket, exec) => self.exec(at(ticket), &exec),
            Step::Feed(ticket, bytes) => {
                self.actions.push_back(Action::Program(at(ticket), In::Stdin(bytes)));
            }
            Step::FeedEof(ticket) => {
                self.actions.push_back(Action::Program(at(ticket), In::Eof));
            }
            Step::Interrupt(ticket) => {
                self.actions.push_back(Action::Program(at(ticket), In::Interrupt));
            }
            Step::BrokenPipe(ticket) => {
                self.actions.push_back(Action::Program(at(ticket), In::BrokenPipe));
            }
            Step::Ran(ran) => self.ran(terminal, session, *ran),
            Step::Clear => self.clear(terminal),
            Step::Idle(status) => self.line_ended(terminal, session, status),
            Step::Exit(status) => self.close_session(terminal, session, status),
        }
    }

    pub(crate) fn clear(&mut self, terminal: Machine) {
        if let Some(terminal) = self.terminals.get_mut(&terminal) {
            terminal.view.dropped += terminal.view.blocks.len() as u64;
            terminal.view.blocks.clear();
            terminal.display.clear();
            terminal.touch();
        }
    }

    fn shell_asks(&mut self, at: At, ask: sh::Ask) {
        let Some(on) = self.session(at.terminal, at.session).map(|s| s.machine) else { return };
        let answer = match ask {
            sh::Ask::Sleep(us) => {
                self.set_timer(us, Timer::Shell(at, sh::Answer::Timer));
                return;
            }
            sh::Ask::File(ask) => match self.lab.serve_files(on, &ask) {
                Some(answer) => sh::Answer::File(answer),
                None => return,
            },
            sh::Ask::Net(request) => {
                let connect = matches!(request, NetRequest::Connect { .. });
                match world::ask_net(&mut self.lab, on, &request) {
                    Way::After(us, answer) => {
                        self.set_timer(us, Timer::Shell(at, sh::Answer::Net(answer)));
                    }
                    Way::Request(id) => {
                        self.requests.insert(id, Asker::Tool { at, connect });
                    }
                }
                return;
            }
            sh::Ask::Facts => sh::Answer::Facts(Box::new(world::facts(&self.lab, on))),
        };
        let input = sh::Input::Answer(at.ticket, answer);
        self.actions.push_back(Action::Shell(at.terminal, at.session, input));
    }

    /// What a shell writes: onto the terminal, or to the program that opened the session.
    fn shell_writes(&mut self, terminal: Machine, session: u32, bytes: Vec<u8>, stderr: bool) {
        let now = self.now();
        let Some(open) = self.session(terminal, session) else { return };
        if open.interactive {
            if let Some(terminal) = self.terminals.get_mut(&terminal) {
                terminal.show(&bytes, stderr, now);
            }
            return;
        }
        let Some((outer, ticket)) = open.parent else { return };
        let at = At { terminal, session: outer, ticket };
        match self.child_mut(at).map(|child| &mut child.program) {
            Some(Program::Watch(watch)) => watch.shown.feed(&bytes, stderr),
            Some(_) => self.program_writes(at, bytes, stderr),
            None => {}
        }
    }

    /// Bytes of a program, on their way to wherever its shell sends them.
    fn program_writes(&mut self, at: At, bytes: Vec<u8>, stderr: bool) {
        if bytes.is_empty() {
            // the end of a drawn block: the next one stands below it
            if let Some(child) = self.child_mut(at) {
                child.display.settle();
            }
            return self.actions.push_back(Action::Settle(at.terminal));
        }
        if let Some(child) = self.child_mut(at) {
            child.display.feed(&bytes, stderr);
            let memory = if stderr { &mut child.stderr } else { &mut child.stdout };
            let room = REMEMBERED.saturating_sub(memory.len()).min(bytes.len());
            memory.extend(bytes.get(..room).unwrap_or_default());
            if let Some(Inside { running: Some((_, display, _)), .. }) = &mut child.inside {
                display.feed(&bytes, stderr);
            }
        }
        let event = if stderr { sh::Child::Err(bytes) } else { sh::Child::Out(bytes) };
        let input = sh::Input::Child(at.ticket, event);
        self.actions.push_back(Action::Shell(at.terminal, at.session, input));
    }

    /// A program has ended, and everything it wrote is on its way.
    fn end_child(&mut self, at: At, status: i32) {
        let nested = self.child_mut(at).and_then(crate::typing::last_nested);
        if let Some(nested) = nested {
            self.nested(at, nested);
        }
        let Some(session) = self.session_mut(at.terminal, at.session) else { return };
        let on = session.machine;
        let Some(child) = session.children.remove(&at.ticket) else { return };
        self.forget_program(at, &child);
        self.actions.push_back(Action::Settle(at.terminal));
        let input = sh::Input::Child(at.ticket, sh::Child::Exit(status));
        self.actions.push_back(Action::Shell(at.terminal, at.session, input));
        let canonical = docker::canonical(&child.words).map(|line| line.to_string());
        let changes_state = docker::changes_state(&child.words);
        self.finished_count += 1;
        self.finished.push(Finished {
            number: self.finished_count,
            machine: self.name(on),
            terminal: self.name(at.terminal),
            line: self.line_of(at.terminal, at.session),
            canonical,
            exit: status,
            stdout: String::from_utf8_lossy(&child.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&child.stderr).into_owned(),
            screen: child.display.text(),
            started: child.started,
            ended: self.now(),
            changes_state: changes_state && child.words.first().is_some_and(|w| w == "docker"),
            changed_files: child.changed_files,
            from_map: false,
            words: child.words,
        });
    }

    /// Nothing more comes for a program, and the terminal is no longer its own.
    fn forget_program(&mut self, at: At, child: &Child) {
        if let Program::Docker { calls, .. } = &child.program {
            for id in calls.values() {
                if self.calls.remove(id).is_some() {
                    self.lab.cancel(*id);
                }
            }
        }
        self.timers.retain(|_, t| !matches!(t, Timer::Program(a) if *a == at));
        if let Some(terminal) = self.terminals.get_mut(&at.terminal) {
            let me = (at.session, at.ticket);
            if terminal.reading.is_some_and(|r| (r.session, r.ticket) == me) {
                terminal.reading = None;
            }
            if terminal.raw == Some(me) {
                terminal.raw = None;
            }
            if terminal.full == Some(me) {
                terminal.full = None;
                terminal.view.screen = None;
            }
        }
    }

    /// The prompt comes back.
    fn line_ended(&mut self, terminal: Machine, session: u32, status: i32) {
        let now = self.now();
        let name = self.name(terminal);
        let Some(open) = self.terminals.get_mut(&terminal) else { return };
        let Some(at) = open.running.iter().rposition(|r| r.session == session) else { return };
        let running = open.running.remove(at);
        open.close_block(Some(status), now);
        let screen = open.display.text();
        let machine = self.name(running.machine);
        self.lines.push(FinishedLine {
            terminal: name,
            machine,
            line: running.line,
            exit: status,
            screen,
            started: running.started,
            ended: now,
        });
    }

    pub(crate) fn fire(&mut self, timer: Timer) {
        match timer {
            Timer::PowerOn(machine) => {
                let name = self.name(machine);
                let _ = self.fault(&Fault::PowerOn(name));
            }
            Timer::Shell(at, _) | Timer::Program(at) if !self.awake(at) => self.held.push(timer),
            Timer::Shell(at, answer) => {
                let input = sh::Input::Answer(at.ticket, answer);
                self.actions.push_back(Action::Shell(at.terminal, at.session, input));
            }
            Timer::Program(at) => self.actions.push_back(Action::Program(at, In::Timer)),
        }
    }

    fn awake(&self, at: At) -> bool {
        let session = self.session(at.terminal, at.session);
        session.is_none_or(|s| world::is_awake(&self.lab, s.machine))
    }

    fn answered(&mut self, id: world::CallId, answer: Answer) {
        let Some((at, call)) = self.calls.get(&id).copied() else { return };
        let input = match answer {
            Answer::Item(item) => In::Item(call, item),
            Answer::Done(result) => {
                self.calls.remove(&id);
                In::Answer(call, result)
            }
            Answer::NoDaemon => {
                self.calls.remove(&id);
                In::NoDaemon(call)
            }
        };
        self.actions.push_back(Action::Program(at, input));
    }

    fn replied(&mut self, id: world::RequestId, reply: HttpReply) {
        match self.requests.remove(&id) {
            Some(Asker::Tool { at, connect }) => {
                let answer: NetAnswer = world::net_answer(&reply, connect);
                let input = sh::Input::Answer(at.ticket, sh::Answer::Net(answer));
                self.actions.push_back(Action::Shell(at.terminal, at.session, input));
            }
            Some(Asker::Map { at, from }) => self.map_request(&reply, at, from),
            None => {}
        }
        self.replies.push((id, reply));
    }
}
