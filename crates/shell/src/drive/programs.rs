//! Programs of the host: started, resumed, given keys.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "each program names the inputs it knows; any other means nothing to it"
)]

use super::client::failed;
use super::{Action, Desk, Fault, In, Key, Timer, world};
use crate::display::Display;
use crate::host::Start;
use crate::session::{At, Child, Inside, Program, Session};
use crate::world::sh;
use std::collections::BTreeMap;

impl Desk {
    /// Starts a program that the shell does not have.
    pub(super) fn exec(&mut self, at: At, exec: &sh::Exec) {
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
            let (target, argv) = self.docker_host(on, exec);
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
            let process = Box::new(docker::start(&argv, env));
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

    /// Resumes a program.
    pub(super) fn program(&mut self, at: At, input: In) {
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

    /// A key for `nano`.
    pub(super) fn program_key(&mut self, at: At, key: Key) {
        use crate::editor_program::Asked;
        let asked = match self.child_mut(at).map(|c| &mut c.program) {
            Some(Program::Nano(nano)) => nano.key(key),
            _ => return,
        };
        match asked {
            Asked::Draw => self.draw_nano(at),
            Asked::Quit => self.leave_nano(at),
            Asked::Save(path, text) => {
                let wrote = match self.write_file(at, &path, text.into_bytes()) {
                    sh::FileAnswer::Done => Ok(()),
                    other => Err(failed(&other).text().to_owned()),
                };
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
