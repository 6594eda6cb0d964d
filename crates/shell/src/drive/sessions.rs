//! Sessions: opened by a login, `ssh` or `watch`; closed by `exit` or by the power.

use super::{Action, Desk, DeskEvent, FinishedLine, Machine, Timer, world};
use crate::session::{At, Program, Session};
use crate::terminal::Terminal;
use crate::world::sh;
use std::collections::BTreeMap;

impl Desk {
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
    pub(super) fn close_session(&mut self, terminal: Machine, session: u32, status: i32) {
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
                let at = open.machine;
                self.open_session(terminal, at, None, None);
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

    /// Sessions end with their machine's power; a machine that is on again has a new login.
    pub(super) fn look_at_power(&mut self) -> bool {
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
        let as_it_was = |terminal: &Terminal| {
            let on = world::is_on(&self.lab, terminal.machine);
            on != terminal.off
                && (!on || terminal.sessions.values().all(|s| world::is_on(&self.lab, s.machine)))
        };
        if self.terminals.values().all(as_it_was) {
            return changed;
        }
        let machines: Vec<Machine> = self.terminals.keys().copied().collect();
        for machine in machines {
            let Some(terminal) = self.terminals.get_mut(&machine) else { continue };
            let at = terminal.machine;
            let on = world::is_on(&self.lab, at);
            if terminal.off && on {
                terminal.off = false;
                self.open_session(machine, at, None, None);
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
