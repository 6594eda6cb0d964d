//! From keys to lines: editing, type-ahead, continuation, history, what reads what is typed.

use crate::block;
use crate::desk::Desk;
use crate::display::Display;
use crate::drive::Action;
use crate::finished::Finished;
use crate::history;
use crate::input::Key;
use crate::session::{At, Child, Inside};
use crate::terminal::Running;
use crate::world::{self, Machine, sh};
use docker::Input as In;
use sh::Edited;

impl Desk {
    /// One key.
    pub(crate) fn key(&mut self, machine: Machine, key: Key) {
        let Some(terminal) = self.terminals.get_mut(&machine) else { return };
        if terminal.off {
            return;
        }
        if let Some((session, ticket)) = terminal.raw {
            self.raw_key(At { terminal: machine, session, ticket }, key);
            return;
        }
        if terminal.full.is_some() {
            // `watch` and `docker stats` know Ctrl+C alone
            if key == Key::Ctrl('c') {
                self.interrupt(machine);
            }
            return;
        }
        let tabbed = std::mem::take(&mut terminal.tabbed);
        terminal.view.choices.clear();
        match terminal.editor.key(key) {
            Edited::Nothing | Edited::Changed => {}
            Edited::Enter(line) => self.enter(machine, line),
            Edited::Eof => self.eof(machine),
            Edited::Interrupt(line) => {
                if self.terminals.get(&machine).is_some_and(|t| t.busy()) {
                    self.interrupt(machine);
                } else {
                    self.abandon(machine, &line);
                }
            }
            Edited::Complete => self.complete(machine, tabbed),
            Edited::Clear => {
                if !self.terminals.get(&machine).is_some_and(|t| t.busy()) {
                    self.clear(machine);
                }
            }
        }
    }

    /// Text, typed or pasted.
    pub(crate) fn text(&mut self, machine: Machine, text: &str) {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let raw = self.terminals.get(&machine).is_some_and(|t| t.raw.is_some() || t.full.is_some());
        if raw {
            for c in text.chars() {
                self.key(machine, if c == '\n' { Key::Enter } else { Key::Char(c) });
            }
            return;
        }
        for (k, piece) in text.split('\n').enumerate() {
            if k > 0 {
                self.key(machine, Key::Enter);
                self.drive();
            }
            if let Some(terminal) = self.terminals.get_mut(&machine)
                && !terminal.off
            {
                // a pasted tab is a blank, not a wish for completion
                terminal.editor.insert(&piece.replace('\t', " "));
            }
        }
    }

    fn raw_key(&mut self, at: At, key: Key) {
        use crate::session::Program;
        let now = self.now();
        let session =
            self.terminals.get_mut(&at.terminal).and_then(|t| t.sessions.get_mut(&at.session));
        let Some(child) = session.and_then(|s| s.children.get_mut(&at.ticket)) else { return };
        if matches!(child.program, Program::Nano(_)) {
            self.actions.push_back(Action::Key(at, key));
            return;
        }
        let done = child.inside.as_mut().and_then(|inside| inside_key(inside, key, now));
        if let Some(done) = done {
            self.nested(at, done);
        }
        self.actions.push_back(Action::Program(at, In::Stdin(sh::edit::bytes(key))));
    }

    /// A command typed inside a container, as far as it can be seen from outside: its status is
    /// not known, so it counts as 0.
    pub(crate) fn nested(
        &mut self,
        at: At,
        (line, display, started): (String, Display, api::Timestamp),
    ) {
        let Some(session) =
            self.terminals.get(&at.terminal).and_then(|t| t.sessions.get(&at.session))
        else {
            return;
        };
        let on = session.machine;
        let container = session
            .children
            .get(&at.ticket)
            .and_then(|c| c.inside.as_ref())
            .map(|i| i.container.clone())
            .unwrap_or_default();
        let mut words: Vec<String> = vec!["docker".into(), "exec".into(), container];
        words.extend(line.split_whitespace().map(str::to_owned));
        // the last line shown is the next prompt
        let text = display.text();
        let shown: Vec<&str> = text.lines().skip(1).collect();
        let text = shown.split_last().map(|(_, rest)| rest.join("\n")).unwrap_or_default();
        self.finished_count += 1;
        self.finished.push(Finished {
            number: self.finished_count,
            machine: self.name(on),
            terminal: self.name(at.terminal),
            line,
            canonical: docker::canonical(&words).map(|line| line.to_string()),
            words,
            exit: 0,
            stdout: text.clone(),
            stderr: String::new(),
            screen: text,
            started,
            ended: self.now(),
            changes_state: false,
            changed_files: false,
            from_map: false,
        });
    }

    /// Ctrl+C while something runs.
    fn interrupt(&mut self, machine: Machine) {
        let now = self.now();
        let Some(terminal) = self.terminals.get_mut(&machine) else { return };
        terminal.ahead.clear();
        if terminal.full.is_none() {
            terminal.show(b"^C", false, now);
        }
        if let Some((session, _)) = terminal.top() {
            self.actions.push_back(Action::Shell(machine, session, sh::Input::Interrupt));
        }
    }

    /// Ctrl+C at the prompt: the line is left as it stands.
    fn abandon(&mut self, machine: Machine, line: &str) {
        let prompt = self.prompt(machine);
        let now = self.now();
        let Some(terminal) = self.terminals.get_mut(&machine) else { return };
        terminal.open_block(prompt, format!("{line}^C"), now);
        terminal.close_block(Some(130), now);
        if let Some(session) = terminal.top_mut() {
            session.more.clear();
            if let Some(env) = session.shell.env_mut() {
                env.set_status(130);
            }
        }
    }

    /// Ctrl+D.
    pub(crate) fn eof(&mut self, machine: Machine) {
        let Some(terminal) = self.terminals.get_mut(&machine) else { return };
        if let Some((session, ticket)) = terminal.raw {
            self.raw_key(At { terminal: machine, session, ticket }, Key::Ctrl('d'));
            return;
        }
        if let Some(reading) = terminal.reading.take() {
            let at = At { terminal: machine, session: reading.session, ticket: reading.ticket };
            self.actions.push_back(Action::Program(at, In::Eof));
            return;
        }
        let Some((id, session)) = terminal.top() else { return };
        if session.shell.wants_stdin() {
            self.actions.push_back(Action::Shell(machine, id, sh::Input::Eof));
        } else if let Some((ticket, _)) = session.children.iter().find(|(_, c)| c.reads_lines) {
            let at = At { terminal: machine, session: id, ticket: *ticket };
            self.actions.push_back(Action::Program(at, In::Eof));
        } else if !terminal.busy() {
            self.enter(machine, "exit".into());
        }
    }

    /// A whole line was entered.
    pub(crate) fn enter(&mut self, machine: Machine, line: String) {
        let Some(terminal) = self.terminals.get(&machine) else { return };
        if terminal.off {
            return;
        }
        let awake = world::is_awake(&self.lab, terminal.place());
        if terminal.busy() && terminal.reads() {
            self.feed(machine, &line);
        } else if terminal.busy() || !terminal.ahead.is_empty() || !awake {
            if let Some(terminal) = self.terminals.get_mut(&machine) {
                terminal.ahead.push_back(line);
            }
        } else {
            self.submit(machine, line);
        }
    }

    /// Hands a line to whatever reads.
    fn feed(&mut self, machine: Machine, line: &str) {
        let now = self.now();
        let Some(terminal) = self.terminals.get_mut(&machine) else { return };
        let bytes = format!("{line}\n").into_bytes();
        if let Some(reading) = terminal.reading.take() {
            terminal.show(if reading.echo { &bytes } else { b"\n" }, false, now);
            let at = At { terminal: machine, session: reading.session, ticket: reading.ticket };
            self.actions.push_back(Action::Program(at, In::Stdin(bytes)));
            return;
        }
        terminal.show(&bytes, false, now);
        let Some((id, session)) = terminal.top() else { return };
        if session.shell.wants_stdin() {
            self.actions.push_back(Action::Shell(machine, id, sh::Input::Stdin(bytes)));
        } else if let Some((ticket, _)) = session.children.iter().find(|(_, c)| c.reads_lines) {
            let at = At { terminal: machine, session: id, ticket: *ticket };
            self.actions.push_back(Action::Program(at, In::Stdin(bytes)));
        }
    }

    /// Lines typed ahead go on when they can. True when one did.
    pub(crate) fn go_ahead(&mut self) -> bool {
        if self.terminals.values().all(|terminal| terminal.ahead.is_empty()) {
            return false;
        }
        let machines: Vec<Machine> = self.terminals.keys().copied().collect();
        let mut any = false;
        for machine in machines {
            let Some(terminal) = self.terminals.get(&machine) else { continue };
            if terminal.ahead.is_empty() || terminal.off {
                continue;
            }
            let (busy, reads) = (terminal.busy(), terminal.reads());
            if (busy && !reads) || !world::is_awake(&self.lab, terminal.place()) {
                continue;
            }
            let line = self.terminals.get_mut(&machine).and_then(|t| t.ahead.pop_front());
            let Some(line) = line else { continue };
            if busy {
                self.feed(machine, &line);
            } else {
                self.submit(machine, line);
            }
            any = true;
        }
        any
    }

    /// Runs a line, or waits for the rest of it.
    fn submit(&mut self, machine: Machine, line: String) {
        let prompt = self.prompt(machine);
        let now = self.now();
        let Some(terminal) = self.terminals.get_mut(&machine) else { return };
        terminal.view.choices.clear();
        let history = terminal.editor.history().to_vec();
        let more = terminal.top_mut().map(|s| std::mem::take(&mut s.more)).unwrap_or_default();
        if more.is_empty() && line.trim().is_empty() {
            terminal.open_block(prompt, line, now);
            terminal.close_block(None, now);
            return;
        }
        let (line, expanded) = match history::expand(&line, &history) {
            Ok(None) => (line, false),
            Ok(Some(new)) => (new, true),
            Err(event) => {
                terminal.open_block(prompt, line, now);
                let text = format!("bash: {event}: event not found\n");
                terminal.display.feed(text.as_bytes(), true);
                terminal.sync_block();
                terminal.close_block(None, now);
                return;
            }
        };
        let text = if more.is_empty() { line } else { format!("{more}\n{line}") };
        if sh::parse(&text) == Err(sh::ParseError::Incomplete) {
            if let Some(session) = terminal.top_mut() {
                session.more = text;
            }
            return;
        }
        terminal.editor.remember(&text);
        let place = terminal.place();
        let history = terminal.editor.history().to_vec();
        let Some((id, _)) = terminal.top() else { return };
        let first = prompt_head(&prompt, &more);
        terminal.open_block(first, text.clone(), now);
        if expanded {
            terminal.display.feed(format!("{text}\n").as_bytes(), false);
            terminal.sync_block();
        }
        terminal.running.push(Running {
            session: id,
            line: text.clone(),
            machine: place,
            started: now,
        });
        if let Some(session) = terminal.top_mut() {
            session.shell.set_history(history);
        }
        self.actions.push_back(Action::Shell(machine, id, sh::Input::Line(text)));
    }

    /// The prompt's lines: Play with Docker's two, or `> ` below what was typed so far.
    pub(crate) fn prompt(&self, machine: Machine) -> Vec<String> {
        let Some(terminal) = self.terminals.get(&machine) else { return Vec::new() };
        let Some((_, session)) = terminal.top() else { return Vec::new() };
        let (cwd, home) = session.shell.env().map_or(("/", "/root"), |env| (env.cwd(), env.home()));
        let shown = match cwd.strip_prefix(home) {
            Some("") => "~".to_owned(),
            Some(rest) if rest.starts_with('/') => format!("~{rest}"),
            _ => cwd.to_owned(),
        };
        let name = self.name(session.machine);
        let address = world::address_of(&self.lab, session.machine);
        let mut out = vec![block::place(&name, &address, &shown)];
        let mut mark = block::MARK;
        for line in session.more.split('\n').filter(|_| !session.more.is_empty()) {
            out.push(format!("{mark}{line}"));
            mark = "> ";
        }
        out.push(mark.to_owned());
        out
    }

    /// Brings the drawn part of every terminal up to date.
    pub(crate) fn refresh_views(&mut self) {
        for machine in self.terminals.touched() {
            let prompt = self.prompt(machine);
            let place = self.terminals.get(&machine).map(|t| t.place());
            let name = place.map(|m| self.name(m)).unwrap_or_default();
            let Some(terminal) = self.terminals.get_mut(&machine) else { continue };
            let busy = terminal.busy();
            let hidden = terminal.reading.is_some_and(|r| !r.echo);
            let mut prompt = if busy { Vec::new() } else { prompt };
            if let Some(search) = terminal.editor.search_prompt() {
                prompt.pop();
                prompt.push(search);
            }
            let view = &terminal.view;
            let line = if hidden { String::new() } else { terminal.editor.line() };
            let cursor = if hidden { 0 } else { terminal.editor.cursor() };
            let raw = terminal.raw.is_some();
            let same = view.prompt == prompt
                && view.line == line
                && view.cursor == cursor
                && view.busy == busy
                && view.raw == raw
                && view.machine == name
                && view.off == terminal.off;
            if same {
                continue;
            }
            let off = terminal.off;
            let view = &mut terminal.view;
            (view.prompt, view.line, view.cursor) = (prompt, line, cursor);
            (view.busy, view.raw, view.machine, view.off) = (busy, raw, name, off);
            view.revision += 1;
        }
        self.terminals.drawn();
    }
}

/// The prompt of a block: without the lines typed before the last one, which are its command.
fn prompt_head(prompt: &[String], more: &str) -> Vec<String> {
    if more.is_empty() {
        return prompt.to_vec();
    }
    let mut out: Vec<String> = prompt.first().cloned().into_iter().collect();
    out.push(block::MARK.into());
    out
}

type Nested = (String, Display, api::Timestamp);

/// Follows what is typed inside a container. Gives the command that a new line ends.
fn inside_key(inside: &mut Inside, key: Key, now: api::Timestamp) -> Option<Nested> {
    if let Key::Char(c) = key {
        inside.line.push(c);
    } else if key == Key::Backspace {
        inside.line.pop();
    } else if matches!(key, Key::Ctrl('u' | 'c')) {
        inside.line.clear();
    } else if key == Key::Enter {
        let line = std::mem::take(&mut inside.line);
        let new = (!line.trim().is_empty()).then(|| (line, Display::default(), now));
        return std::mem::replace(&mut inside.running, new);
    }
    None
}

/// The command that still ran inside when the nested prompt ended.
pub(crate) fn last_nested(child: &mut Child) -> Option<Nested> {
    child.inside.as_mut()?.running.take()
}
