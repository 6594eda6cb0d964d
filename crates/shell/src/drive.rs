//! The queue of actions: shells and programs resumed one after the other until this instant has
//! nothing left to do.

use crate::desk::Desk;
use crate::display::Display;
use crate::finished::{DeskEvent, Finished, FinishedLine};
use crate::host::Start;
use crate::input::Key;
use crate::session::{At, Child, Inside, Program, Reading, Session};
use crate::world::{
    self, Answer, Fault, HttpOutcome, HttpReply, Machine, NetAnswer, NetRequest, Way, sh,
};
use api::Timestamp;
use docker::{Input as In, Step as Do};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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
    /// Does everything that is due at this instant.
    pub(crate) fn drive(&mut self) {
        loop {
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
                break;
            }
        }
        self.refresh_views();
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
        let now = self.now();
        let answer = match ask {
            sh::Ask::Sleep(us) => {
                self.set_timer(us, Timer::Shell(at, sh::Answer::Timer));
                return;
            }
            sh::Ask::File(ask) => match self.lab.files_mut(on) {
                Some(tree) => sh::Answer::File(sh::serve(tree, &ask, now)),
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

    /// Starts a program that the shell does not have.
    fn exec(&mut self, at: At, exec: &sh::Exec) {
        let Some(session) = self.session(at.terminal, at.session) else { return };
        let (on, interactive) = (session.machine, session.interactive);
        let on_terminal = interactive && exec.inherits_stdout && !exec.background;
        let mut child = Child {
            words: exec.argv.clone(),
            cwd: exec.cwd.clone(),
            program: Program::Over,
            display: Display::default(),
            stdout: Vec::new(),
            stderr: Vec::new(),
            started: self.now(),
            on_terminal,
            reads_lines: interactive
                && exec.inherits_stdin
                && !exec.background
                && reads_stdin(&exec.argv),
            changed_files: false,
            inside: inside(&exec.argv),
        };
        if exec.argv.first().is_some_and(|name| name == "docker") {
            let target = self.docker_host(on, exec);
            let columns = self.terminals.get(&at.terminal).map_or(80, |t| t.view.columns);
            let tty = interactive && !exec.background;
            let env = docker::Env {
                vars: exec.vars.clone(),
                columns,
                stdin_tty: tty && exec.inherits_stdin,
                stdout_tty: tty && exec.inherits_stdout,
                stderr_tty: tty && exec.inherits_stderr,
                host: self.name(on),
                cwd: exec.cwd.clone(),
            };
            let process = Box::new(docker::start(&exec.argv, env));
            child.program = Program::Docker { process, target, calls: BTreeMap::new() };
            self.insert_child(at, child);
            self.actions.push_back(Action::Program(at, In::Start));
            if !tty && exec.inherits_stdin {
                // nothing can be typed into it
                self.actions.push_back(Action::Program(at, In::Eof));
            }
            return;
        }
        self.insert_child(at, child);
        match self.start_host_program(at, on, exec) {
            Start::NotFound => {
                if let Some(session) = self.session_mut(at.terminal, at.session) {
                    session.children.remove(&at.ticket);
                }
                let input = sh::Input::Child(at.ticket, sh::Child::NotFound);
                self.actions.push_back(Action::Shell(at.terminal, at.session, input));
            }
            Start::Done { out, err, status } => {
                self.program_writes(at, out.into_bytes(), false);
                self.program_writes(at, err.into_bytes(), true);
                self.actions.push_back(Action::End(at, status));
            }
            Start::Runs(program) => {
                let nano = matches!(program, Program::Nano(_));
                self.set_program(at, program);
                if nano {
                    if let Some(terminal) = self.terminals.get_mut(&at.terminal) {
                        terminal.raw = Some((at.session, at.ticket));
                    }
                    self.actions.push_back(Action::Program(at, In::Start));
                }
            }
            Start::Sleeps(program, us) => {
                self.set_program(at, program);
                self.set_timer(us, Timer::Program(at));
            }
        }
    }

    fn insert_child(&mut self, at: At, child: Child) {
        if let Some(session) = self.session_mut(at.terminal, at.session) {
            session.children.insert(at.ticket, child);
        }
    }

    fn set_program(&mut self, at: At, program: Program) {
        if let Some(child) = self.child_mut(at) {
            child.program = program;
        }
    }

    /// The machine whose daemon a command asks: `-H`, `DOCKER_HOST`, else its own.
    fn docker_host(&self, on: Machine, exec: &sh::Exec) -> Machine {
        let mut words = exec.argv.iter().skip(1);
        let mut host = exec.vars.get("DOCKER_HOST").cloned();
        while let Some(word) = words.next().filter(|w| w.starts_with('-')) {
            match word.as_str() {
                "-H" | "--host" => host = words.next().cloned(),
                "-D" | "--debug" | "--tls" | "--tlsverify" => {}
                "-l" | "--log-level" | "-c" | "--context" | "--config" => {
                    words.next();
                }
                other => {
                    let glued = other.strip_prefix("--host=").or_else(|| other.strip_prefix("-H"));
                    host = glued.map(str::to_owned).or(host);
                }
            }
        }
        let Some(host) = host.filter(|h| !h.is_empty() && !h.starts_with("unix:")) else {
            return on;
        };
        let name = host.split_once("://").map_or(host.as_str(), |(_, rest)| rest);
        let name = name.rsplit('@').next().unwrap_or("").split(['/', ':']).next().unwrap_or("");
        match name {
            "localhost" | "127.0.0.1" => on,
            // a machine that is not there: no daemon answers under this index
            _ => self.lab.resolve(name).unwrap_or(Machine(u32::MAX)),
        }
    }

    /// Bytes of a program, on their way to wherever its shell sends them.
    fn program_writes(&mut self, at: At, bytes: Vec<u8>, stderr: bool) {
        if bytes.is_empty() {
            return;
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

    /// Resumes a program.
    fn program(&mut self, at: At, input: In) {
        let now = self.now();
        let Some(child) = self.child_mut(at) else { return };
        match &mut child.program {
            Program::Docker { process, .. } => {
                let steps = process.resume(docker::Now(now), input);
                for step in steps {
                    self.docker_step(at, step);
                }
            }
            Program::Nano(_) => {
                if matches!(input, In::Start | In::Resize(_)) {
                    self.draw_nano(at);
                }
            }
            Program::Watch(watch) => match input {
                In::Interrupt => {
                    let inner = watch.session.take();
                    if let (Some(inner), Some(terminal)) =
                        (inner, self.terminals.get_mut(&at.terminal))
                    {
                        terminal.sessions.remove(&inner);
                    }
                    self.actions.push_back(Action::Full(at, None));
                    self.actions.push_back(Action::End(at, 0));
                }
                In::Timer => {
                    let command = watch.command.clone();
                    watch.shown.clear();
                    let on = self.session(at.terminal, at.session).map(|s| s.machine);
                    let Some(on) = on else { return };
                    let parent = Some((at.session, at.ticket));
                    let inner = self.open_session(at.terminal, on, parent, Some(command));
                    if let Some(Child { program: Program::Watch(watch), .. }) = self.child_mut(at) {
                        watch.session = Some(inner);
                    }
                }
                _ => {}
            },
            Program::Ssh { .. } => {
                if input == In::Interrupt {
                    let terminal = self.terminals.get(&at.terminal);
                    let inner = terminal.and_then(|t| {
                        let mine = |s: &Session| s.parent == Some((at.session, at.ticket));
                        t.sessions.iter().find(|(_, s)| mine(s)).map(|(id, _)| *id)
                    });
                    if let Some(inner) = inner {
                        let input = sh::Input::Interrupt;
                        self.actions.push_back(Action::Shell(at.terminal, inner, input));
                    }
                }
            }
            Program::SshFails { text } => {
                let text = std::mem::take(text);
                match input {
                    In::Timer => {
                        self.program_writes(at, text.into_bytes(), true);
                        self.actions.push_back(Action::End(at, 255));
                    }
                    _ => self.actions.push_back(Action::End(at, 130)),
                }
            }
            Program::Daemon { running, then_start, tries } => match input {
                In::Interrupt => self.actions.push_back(Action::End(at, 130)),
                In::Timer => {
                    let (running, then_start) = (*running, *then_start);
                    *tries = tries.saturating_sub(1);
                    let tired = *tries == 0;
                    self.wait_for_daemon(at, running, then_start, tired);
                }
                _ => {}
            },
            Program::Over => {}
        }
    }

    fn wait_for_daemon(&mut self, at: At, running: bool, then_start: bool, tired: bool) {
        let Some(on) = self.session(at.terminal, at.session).map(|s| s.machine) else { return };
        let runs = if running {
            world::daemon_runs(&self.lab, on)
        } else {
            world::view_of(&self.lab, on).is_some_and(|m| m.daemon)
        };
        if runs != running && !tired {
            self.set_timer(100_000, Timer::Program(at));
            return;
        }
        if then_start {
            let name = self.name(on);
            let _ = self.fault(&Fault::DaemonStart(name));
            self.set_program(at, Program::Daemon { running: true, then_start: false, tries: 600 });
            self.set_timer(100_000, Timer::Program(at));
            return;
        }
        self.actions.push_back(Action::End(at, i32::from(tired)));
    }

    fn docker_step(&mut self, at: At, step: Do) {
        match step {
            Do::Ask(call, request) | Do::Follow(call, request) => {
                let on = self.session(at.terminal, at.session).map(|s| s.machine);
                let target = match self.child_mut(at).map(|c| &c.program) {
                    Some(Program::Docker { target, .. }) => Some(*target),
                    _ => None,
                };
                let (Some(on), Some(target)) = (on, target) else { return };
                match world::call(&mut self.lab, on, target, request) {
                    Some(id) => {
                        self.calls.insert(id, (at, call));
                        if let Some(Child { program: Program::Docker { calls, .. }, .. }) =
                            self.child_mut(at)
                        {
                            calls.insert(call, id);
                        }
                    }
                    None => self.actions.push_back(Action::Program(at, In::NoDaemon(call))),
                }
            }
            Do::Send(call, bytes) => {
                if let Some(id) = self.call_of(at, call) {
                    self.lab.send(id, bytes);
                }
            }
            Do::Cancel(call) => {
                if let Some(id) = self.call_of(at, call) {
                    self.calls.remove(&id);
                    self.lab.cancel(id);
                }
            }
            Do::ReadFile(path) => {
                let read = self.tree_of(at, &path).map(|(tree, path, _)| {
                    tree.read(&path).map(|b| b.as_ref().clone()).map_err(|e| e.go_text())
                });
                let read = read.unwrap_or_else(|| Err("no such file or directory".into()));
                self.actions.push_back(Action::Program(at, In::File(read)));
            }
            Do::WriteFile(path, bytes) => {
                let wrote = self.tree_of(at, &path).map(|(tree, path, now)| {
                    tree.write(&path, bytes, now).map(|()| Vec::new()).map_err(|e| e.go_text())
                });
                let wrote = wrote.unwrap_or_else(|| Err("no such file or directory".into()));
                if let (Ok(_), Some(child)) = (&wrote, self.child_mut(at)) {
                    child.changed_files = true;
                }
                self.actions.push_back(Action::Program(at, In::File(wrote)));
            }
            Do::Sleep(ms) => self.set_timer(ms.saturating_mul(1_000), Timer::Program(at)),
            Do::Out(bytes) => self.program_writes(at, bytes, false),
            Do::Err(bytes) => self.program_writes(at, bytes, true),
            Do::Redraw(lines) => {
                let shown = self.child_mut(at).is_some_and(|child| {
                    child.display.redraw(&lines);
                    child.on_terminal
                });
                if shown {
                    self.actions.push_back(Action::Draw(at, lines));
                }
            }
            Do::Screen(lines) => self.actions.push_back(Action::Full(at, lines)),
            Do::ReadLine { echo } => {
                if let Some(terminal) = self.terminals.get_mut(&at.terminal) {
                    terminal.reading =
                        Some(Reading { session: at.session, ticket: at.ticket, echo });
                }
            }
            Do::Raw(on) => {
                if let Some(terminal) = self.terminals.get_mut(&at.terminal) {
                    terminal.raw = on.then_some((at.session, at.ticket));
                }
            }
            Do::Exit(status) => self.actions.push_back(Action::End(at, status)),
        }
    }

    fn call_of(&mut self, at: At, call: docker::Call) -> Option<world::CallId> {
        match &self.child_mut(at)?.program {
            Program::Docker { calls, .. } => calls.get(&call).copied(),
            _ => None,
        }
    }

    fn tree_of(&mut self, at: At, path: &str) -> Option<(&mut sh::FileTree, String, Timestamp)> {
        let session = self.session(at.terminal, at.session)?;
        let on = session.machine;
        let path = sh::absolute(&session.children.get(&at.ticket)?.cwd, path);
        let now = self.now();
        self.lab.files_mut(on).map(|tree| (tree, path, now))
    }

    /// A key for `nano`.
    fn program_key(&mut self, at: At, key: Key) {
        use crate::editor_program::Asked;
        let asked = match self.child_mut(at).map(|c| &mut c.program) {
            Some(Program::Nano(nano)) => nano.key(key),
            _ => return,
        };
        match asked {
            Asked::Draw => self.draw_nano(at),
            Asked::Quit => self.leave_nano(at),
            Asked::Save(path, text) => {
                let wrote = self.tree_of(at, &path).map(|(tree, path, now)| {
                    tree.write(&path, text.into_bytes(), now).map_err(|e| e.text().to_owned())
                });
                let wrote = wrote.unwrap_or_else(|| Err("No such file or directory".into()));
                let Some(child) = self.child_mut(at) else { return };
                child.changed_files |= wrote.is_ok();
                let over = match &mut child.program {
                    Program::Nano(nano) => nano.saved(wrote),
                    _ => false,
                };
                if over {
                    self.leave_nano(at);
                } else {
                    self.draw_nano(at);
                }
            }
        }
    }

    fn draw_nano(&mut self, at: At) {
        let size = self.terminals.get(&at.terminal).map(|t| (t.view.columns, t.view.rows));
        let (columns, rows) = size.unwrap_or((80, 24));
        if let Some(Child { program: Program::Nano(nano), .. }) = self.child_mut(at) {
            let lines = nano.screen(columns, rows);
            self.actions.push_back(Action::Full(at, Some(lines)));
        }
    }

    fn leave_nano(&mut self, at: At) {
        self.actions.push_back(Action::Full(at, None));
        self.actions.push_back(Action::End(at, 0));
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

    /// The line that runs in a session.
    fn line_of(&self, terminal: Machine, session: u32) -> String {
        let Some(terminal) = self.terminals.get(&terminal) else { return String::new() };
        let mut session = session;
        loop {
            if let Some(running) = terminal.running.iter().rev().find(|r| r.session == session) {
                return running.line.clone();
            }
            match terminal.sessions.get(&session).and_then(|s| s.parent) {
                Some((outer, _)) => session = outer,
                None => return String::new(),
            }
        }
    }

    /// A command of the shell's own ended.
    fn ran(&mut self, terminal: Machine, session: u32, ran: sh::Ran) {
        let Some(on) = self.session(terminal, session).map(|s| s.machine) else { return };
        let mut display = Display::default();
        display.feed(&ran.stdout, false);
        display.feed(&ran.stderr, true);
        self.finished_count += 1;
        let canonical = crate::finished::curl_canonical(&ran.words, |host| {
            let found = if matches!(host, "localhost" | "127.0.0.1") {
                Some(on)
            } else {
                self.lab.resolve(host)
            };
            found.map(|m| self.name(m))
        });
        self.finished.push(Finished {
            number: self.finished_count,
            machine: self.name(on),
            terminal: self.name(terminal),
            line: self.line_of(terminal, session),
            canonical,
            exit: ran.status,
            stdout: String::from_utf8_lossy(&ran.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&ran.stderr).into_owned(),
            screen: display.text(),
            started: ran.started,
            ended: self.now(),
            changes_state: false,
            changed_files: ran.changed_files,
            from_map: false,
            words: ran.words,
        });
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

    /// Opens a session; with a command it runs that and ends.
    pub(crate) fn open_session(
        &mut self,
        terminal: Machine,
        machine: Machine,
        parent: Option<(u32, sh::Ticket)>,
        command: Option<String>,
    ) -> u32 {
        let name = self.name(machine);
        let Some(open) = self.terminals.get_mut(&terminal) else { return 0 };
        open.next_session += 1;
        let id = open.next_session;
        let interactive = command.is_none();
        let mode = match command {
            None => sh::Mode::Lines,
            Some(text) => sh::Mode::Script { text, name: "bash".into(), args: Vec::new() },
        };
        let vars = [
            ("HOME", "/root"),
            ("HOSTNAME", name.as_str()),
            ("LOGNAME", "root"),
            ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
            ("PWD", "/root"),
            ("SHELL", "/bin/bash"),
            ("TERM", "xterm-256color"),
            ("USER", "root"),
        ];
        let options = sh::Options {
            kind: sh::Kind::Bash,
            mode,
            vars: vars.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
            cwd: "/root".into(),
            columns: open.view.columns,
            stdin_tty: interactive,
            stdout_tty: interactive,
            without: Default::default(),
            pid: 400 + 37 * id,
        };
        let session = Session {
            machine,
            shell: sh::Shell::new(options),
            children: BTreeMap::new(),
            parent,
            interactive,
            more: String::new(),
        };
        let from = open.place();
        open.sessions.insert(id, session);
        if interactive {
            // what ran up to here has its block; what follows opens others
            let now = self.lab.now();
            open.close_block(None, now);
            open.stack.push(id);
            open.switch_editor(from);
        }
        self.actions.push_back(Action::Shell(terminal, id, sh::Input::Start));
        id
    }

    /// A session ended.
    fn close_session(&mut self, terminal: Machine, session: u32, status: i32) {
        let Some(open) = self.terminals.get_mut(&terminal) else { return };
        let from = open.place();
        let Some(gone) = open.sessions.get_mut(&session) else { return };
        let children = std::mem::take(&mut gone.children);
        let (parent, interactive) = (gone.parent, gone.interactive);
        for (ticket, child) in &children {
            self.forget_program(At { terminal, session, ticket: *ticket }, child);
        }
        if interactive && parent.is_some() {
            let host = self.ssh_host(terminal, parent);
            let text = format!("logout\nConnection to {host} closed.\n");
            let now = self.now();
            if let Some(open) = self.terminals.get_mut(&terminal) {
                open.show(text.as_bytes(), false, now);
            }
        }
        self.line_ended(terminal, session, status);
        let Some(open) = self.terminals.get_mut(&terminal) else { return };
        open.sessions.remove(&session);
        open.stack.retain(|id| *id != session);
        let gone = |at: &At| at.terminal == terminal && at.session == session;
        self.timers.retain(|_, t| !matches!(t, Timer::Shell(a, _) | Timer::Program(a) if gone(a)));
        match parent {
            Some((outer, ticket)) => {
                open.switch_editor(from);
                self.inner_ended(At { terminal, session: outer, ticket }, status);
            }
            // the terminal itself: a new login
            None => {
                self.open_session(terminal, terminal, None, None);
            }
        }
    }

    fn ssh_host(&self, terminal: Machine, parent: Option<(u32, sh::Ticket)>) -> String {
        let child = parent.and_then(|(s, t)| self.session(terminal, s)?.children.get(&t));
        match child.map(|c| &c.program) {
            Some(Program::Ssh { host }) => host.clone(),
            _ => String::new(),
        }
    }

    /// The session that a program had opened is over.
    fn inner_ended(&mut self, at: At, status: i32) {
        let now = self.now();
        let size = self.terminals.get(&at.terminal).map_or(24, |t| t.view.rows);
        let machine = self.session(at.terminal, at.session).map(|s| s.machine);
        let host = machine.map(|m| self.name(m)).unwrap_or_default();
        let columns = self.terminals.get(&at.terminal).map_or(80, |t| t.view.columns);
        let Some(child) = self.child_mut(at) else { return };
        if let Program::Watch(watch) = &mut child.program {
            watch.session = None;
            let mut lines = Vec::new();
            if watch.title {
                let date = sh::date::Civil::at(now).format("%a %b %e %H:%M:%S %Y");
                let tenths = watch.every_us / 100_000;
                let left = format!("Every {}.{}s: {}", tenths / 10, tenths % 10, watch.command);
                let right = format!("{host}: {date}");
                let gap = (columns as usize).saturating_sub(left.len() + right.len()).max(1);
                lines.push(format!("{left}{}{right}", " ".repeat(gap)));
                lines.push(String::new());
            }
            lines.extend(watch.shown.text().lines().map(str::to_owned));
            lines.truncate(size.max(3) as usize);
            let us = watch.every_us;
            self.actions.push_back(Action::Full(at, Some(lines)));
            self.set_timer(us, Timer::Program(at));
            return;
        }
        self.actions.push_back(Action::End(at, status));
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

    /// A request made on the map counts like a `curl`.
    fn map_request(&mut self, reply: &HttpReply, started: Timestamp, from: Option<Machine>) {
        let host = self.lab.resolve(&reply.host).map(|m| self.name(m));
        let host = host.unwrap_or_else(|| reply.host.clone());
        let url = format!("http://{host}:{}{}", reply.port, reply.url_path);
        let (exit, body) = match &reply.outcome {
            HttpOutcome::Ok { body, .. } => (0, String::from_utf8_lossy(body).into_owned()),
            HttpOutcome::Refused | HttpOutcome::Unreachable => (7, String::new()),
            HttpOutcome::NoAnswer => (28, String::new()),
            HttpOutcome::Empty => (52, String::new()),
            HttpOutcome::UnknownHost => (6, String::new()),
        };
        let machine = from.map(|m| self.name(m)).unwrap_or_else(|| host.clone());
        self.finished_count += 1;
        self.finished.push(Finished {
            number: self.finished_count,
            terminal: machine.clone(),
            machine,
            line: String::new(),
            words: vec!["curl".into(), url.clone()],
            canonical: Some(format!("curl {url}")),
            exit,
            screen: body.trim_end().to_owned(),
            stdout: body,
            stderr: String::new(),
            started,
            ended: self.now(),
            changes_state: false,
            changed_files: false,
            from_map: true,
        });
    }

    /// Sessions end with their machine's power; a machine that is on again has a new login.
    fn look_at_power(&mut self) -> bool {
        let mut changed = false;
        if !self.held.is_empty() {
            let (ready, held): (Vec<_>, Vec<_>) =
                std::mem::take(&mut self.held).into_iter().partition(|t| match t {
                    Timer::Shell(at, _) | Timer::Program(at) => self.awake(*at),
                    Timer::PowerOn(_) => true,
                });
            self.held = held;
            changed |= !ready.is_empty();
            for timer in ready {
                self.fire(timer);
            }
        }
        let machines: Vec<Machine> = self.terminals.keys().copied().collect();
        for machine in machines {
            let on = world::is_on(&self.lab, machine);
            let Some(terminal) = self.terminals.get_mut(&machine) else { continue };
            if terminal.off && on {
                terminal.off = false;
                self.open_session(machine, machine, None, None);
                changed = true;
            } else if !terminal.off && !on {
                self.lose_terminal(machine);
                changed = true;
            } else if !terminal.off {
                changed |= self.lose_sessions(machine);
            }
        }
        changed
    }

    /// The power of a terminal's own machine is gone.
    fn lose_terminal(&mut self, machine: Machine) {
        let name = self.name(machine);
        self.close_terminal(machine);
        if let Some(terminal) = self.terminals.get_mut(&machine) {
            terminal.off = true;
        }
        let text = format!("{name}: power off");
        self.push_event(DeskEvent::Notice { machine: name, text });
    }

    /// Ends everything in a terminal; lines under way end with 137.
    pub(crate) fn close_terminal(&mut self, machine: Machine) {
        let name = self.name(machine);
        let now = self.now();
        let Some(terminal) = self.terminals.get_mut(&machine) else { return };
        let from = terminal.place();
        let running = std::mem::take(&mut terminal.running);
        let sessions = std::mem::take(&mut terminal.sessions);
        terminal.stack.clear();
        terminal.ahead.clear();
        terminal.editor.set("");
        terminal.switch_editor(from);
        let screen = terminal.display.text();
        if terminal.view.blocks.last().is_some_and(|b| b.ended.is_none()) {
            terminal.close_block(None, now);
        }
        for (session, open) in &sessions {
            for (ticket, child) in &open.children {
                self.forget_program(
                    At { terminal: machine, session: *session, ticket: *ticket },
                    child,
                );
            }
        }
        self.timers.retain(
            |_, t| !matches!(t, Timer::Shell(a, _) | Timer::Program(a) if a.terminal == machine),
        );
        for running in running.into_iter().rev() {
            let machine = self.name(running.machine);
            self.lines.push(FinishedLine {
                terminal: name.clone(),
                machine,
                line: running.line,
                exit: 137,
                screen: screen.clone(),
                started: running.started,
                ended: now,
            });
        }
    }

    /// Sessions on other machines whose power is gone.
    fn lose_sessions(&mut self, terminal: Machine) -> bool {
        let Some(open) = self.terminals.get(&terminal) else { return false };
        let lost = open.sessions.iter().find(|(_, s)| !world::is_on(&self.lab, s.machine));
        let Some(session) = lost.map(|(id, _)| *id) else { return false };
        let now = self.now();
        if let Some(open) = self.terminals.get_mut(&terminal) {
            open.show(b"client_loop: send disconnect: Broken pipe\n", true, now);
        }
        // sessions opened from there go with it
        while let Some(inner) = self.terminals.get(&terminal).and_then(|t| {
            t.sessions
                .iter()
                .find(|(_, s)| s.parent.is_some_and(|(outer, _)| outer == session))
                .map(|(id, _)| *id)
        }) {
            self.drop_session(terminal, inner);
        }
        let parent = self.session(terminal, session).and_then(|s| s.parent);
        self.drop_session(terminal, session);
        if let Some((outer, ticket)) = parent {
            self.inner_ended(At { terminal, session: outer, ticket }, 255);
        }
        true
    }

    fn drop_session(&mut self, terminal: Machine, session: u32) {
        self.line_ended(terminal, session, 255);
        let Some(open) = self.terminals.get_mut(&terminal) else { return };
        let from = open.place();
        let gone = open.sessions.remove(&session);
        open.stack.retain(|id| *id != session);
        open.switch_editor(from);
        for (ticket, child) in gone.map(|s| s.children).unwrap_or_default() {
            self.forget_program(At { terminal, session, ticket }, &child);
        }
        let of_it = |at: &At| at.terminal == terminal && at.session == session;
        self.timers.retain(|_, t| !matches!(t, Timer::Shell(a, _) | Timer::Program(a) if of_it(a)));
    }
}

/// Whether a docker command reads lines typed at the terminal.
fn reads_stdin(argv: &[String]) -> bool {
    let words: Vec<&str> = argv.iter().skip(1).map(String::as_str).collect();
    let verb = words.iter().find(|w| !w.starts_with('-') && !matches!(**w, "container"));
    let interactive = || {
        words.iter().any(|w| {
            *w == "--interactive"
                || (w.starts_with('-') && !w.starts_with("--") && w.contains('i') && w.len() <= 4)
        })
    };
    match verb {
        Some(&"attach") => true,
        Some(&("run" | "exec" | "start")) => interactive(),
        Some(_) => words.last() == Some(&"-") || words.contains(&"--password-stdin"),
        None => false,
    }
}

/// The container of a nested prompt.
fn inside(argv: &[String]) -> Option<Inside> {
    let words: Vec<&str> = argv.iter().map(String::as_str).filter(|w| *w != "container").collect();
    if !matches!(words.as_slice(), ["docker", "exec", ..]) {
        return None;
    }
    let mut rest = words.iter().skip(2);
    let container = loop {
        let word = rest.next()?;
        match *word {
            "-e" | "--env" | "-u" | "--user" | "-w" | "--workdir" | "--env-file" => {
                rest.next();
            }
            flag if flag.starts_with('-') => {}
            name => break name,
        }
    };
    Some(Inside { container: container.to_owned(), ..Inside::default() })
}
