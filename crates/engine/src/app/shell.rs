//! A shell or one small tool as a program of a container: [`crate::sh`] asks, this passes on.
//!
//! What the shell does not know is looked for among the image's own programs, and a nested `sh`
//! is a program like another: it runs here as a child, its questions under numbers of this one.

use super::{App, Input, LaunchError, Place, Reaction, Step};
use crate::registry::Program;
use crate::sh::{self, Ticket};
use api::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Tools that an image has only if it was made for looking at networks.
const NETWORK_TOOLS: &[&str] = &["curl", "dig", "getent", "host", "gawk", "tree", "ss", "source"];

/// A running shell with its children.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Run {
    shell: sh::Shell,
    /// `sh FILE`: the text is read first.
    script: Option<(String, Vec<String>)>,
    tty: Option<sh::Tty>,
    programs: BTreeMap<String, Program>,
    banner: String,
    place: Place,
    children: BTreeMap<Ticket, App>,
    #[serde(with = "sim::entries")]
    timers: BTreeMap<Who, Timestamp>,
    asks: BTreeMap<u64, (Who, u64)>,
    next: u64,
}

/// Whose timer or question it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Who {
    /// The shell's own, by its ticket.
    Own(Ticket),
    /// A child's.
    Child(Ticket),
    /// The text of `sh FILE`.
    Script,
}

/// Name and banner of the image's own programs.
pub(super) struct Image<'a> {
    pub(super) programs: &'a BTreeMap<String, Program>,
    pub(super) banner: &'a str,
}

/// Which way a command line is a shell's or a tool's.
fn mode(argv: &[String], place: &Place) -> Result<(sh::Mode, Option<String>), LaunchError> {
    let name = argv.first().map(String::as_str).unwrap_or_default();
    let last = name.rsplit('/').next().unwrap_or(name);
    let path_fits = !name.contains('/')
        || matches!(name.strip_suffix(last), Some("/bin/" | "/usr/bin/" | "/sbin/" | "/usr/sbin/"));
    if !path_fits {
        return Err(LaunchError::NoFile(name.to_owned()));
    }
    if !matches!(last, "sh" | "ash") {
        let mut words = argv.to_vec();
        if last == "busybox" && words.len() > 1 {
            words.remove(0);
            return mode(&words, place);
        }
        if let Some(first) = words.first_mut() {
            last.clone_into(first);
        }
        let known = sh::names().contains(&last) && !is_builtin_only(last);
        return if known {
            Ok((sh::Mode::Program(words), None))
        } else if name.contains('/') {
            Err(LaunchError::NoFile(name.to_owned()))
        } else {
            Err(LaunchError::NotFound(name.to_owned()))
        };
    }
    let mut rest = argv.iter().skip(1);
    while let Some(word) = rest.next() {
        if word.starts_with('-') && word.ends_with('c') && !word.starts_with("--") {
            let text = rest.next().cloned().unwrap_or_default();
            let name = rest.next().cloned().unwrap_or_else(|| last.to_owned());
            return Ok((sh::Mode::Script { text, name, args: rest.cloned().collect() }, None));
        }
        if !word.starts_with('-') {
            let script = sh::Mode::Script {
                text: String::new(),
                name: word.clone(),
                args: rest.cloned().collect(),
            };
            return Ok((script, Some(word.clone())));
        }
    }
    Ok((sh::Mode::Stdin { prompt: place.tty }, None))
}

/// Network tools that an image does not have.
fn without(programs: &BTreeMap<String, Program>) -> BTreeSet<String> {
    let missing = NETWORK_TOOLS.iter().filter(|tool| !programs.contains_key(**tool));
    missing.map(|tool| (*tool).to_owned()).collect()
}

fn new_shell(mode: sh::Mode, place: &Place, without: BTreeSet<String>) -> sh::Shell {
    sh::Shell::new(sh::Options {
        kind: sh::Kind::Ash,
        mode,
        vars: place.env.iter().cloned().collect(),
        cwd: place.cwd.clone(),
        columns: 80,
        stdin_tty: place.tty,
        stdout_tty: place.tty,
        without,
        pid: if place.pid_one { 1 } else { 30 },
    })
}

/// Words that only a shell knows; no such file is in an image.
fn is_builtin_only(name: &str) -> bool {
    matches!(
        name,
        ":" | "."
            | "alias"
            | "bg"
            | "break"
            | "builtin"
            | "cd"
            | "command"
            | "continue"
            | "declare"
            | "eval"
            | "exec"
            | "exit"
            | "export"
            | "fg"
            | "history"
            | "jobs"
            | "let"
            | "local"
            | "read"
            | "readonly"
            | "return"
            | "set"
            | "shift"
            | "source"
            | "times"
            | "trap"
            | "type"
            | "ulimit"
            | "umask"
            | "unalias"
            | "unset"
            | "wait"
    )
}

impl Run {
    pub(super) fn launch(
        image: &Image<'_>,
        argv: &[String],
        place: &Place,
    ) -> Result<Self, LaunchError> {
        let (mode, file) = mode(argv, place)?;
        let without = without(image.programs);
        if let sh::Mode::Program(words) = &mode
            && let Some(name) = words.first().filter(|name| without.contains(*name))
        {
            return Err(LaunchError::NotFound(name.clone()));
        }
        let script = match (&mode, file) {
            (sh::Mode::Script { args, .. }, Some(file)) => Some((file, args.clone())),
            _ => None,
        };
        let interactive = matches!(mode, sh::Mode::Stdin { .. } | sh::Mode::Script { .. });
        let shell = new_shell(mode, place, without);
        let tty = (place.tty && interactive).then(sh::Tty::default);
        Ok(Self {
            shell,
            script,
            tty,
            programs: image.programs.clone(),
            banner: image.banner.to_owned(),
            place: place.clone(),
            children: BTreeMap::new(),
            timers: BTreeMap::new(),
            asks: BTreeMap::new(),
            next: 0,
        })
    }

    /// A signal: process 1 has no handler for most of them, an interrupt goes to what runs.
    pub(super) fn signal(&self, number: i32) -> Reaction {
        if number == 2 && !self.is_lone_tool() {
            return Reaction::Interrupted;
        }
        super::default_reaction(number, self.place.pid_one)
    }

    /// One tool, no shell around it.
    fn is_lone_tool(&self) -> bool {
        self.shell.is_program()
    }

    pub(super) const fn edits_lines(&self) -> bool {
        self.tty.is_some()
    }

    pub(super) fn prompt_again(&self) -> Option<Vec<u8>> {
        self.tty.as_ref().and_then(|_| self.shell.prompt_again())
    }

    /// The port that a child listens on.
    pub(super) fn port(&self) -> Option<u16> {
        self.children.values().find_map(App::port)
    }

    /// The child that listens.
    pub(super) fn server(&mut self) -> Option<&mut App> {
        self.children.values_mut().find(|child| child.port().is_some())
    }

    pub(super) fn command_lines(&self) -> Vec<String> {
        self.children.values().flat_map(App::command_lines).collect()
    }

    pub(super) fn resume(&mut self, now: Timestamp, input: Input) -> Vec<Step> {
        let mut out = Vec::new();
        match input {
            Input::Start => match self.script.take() {
                Some((path, args)) => {
                    self.next += 1;
                    self.asks.insert(self.next, (Who::Script, 0));
                    let path = crate::files::absolute(&self.place.cwd, &path);
                    self.script = Some((path.clone(), args));
                    out.push(Step::File(self.next, sh::FileAsk::Read(path)));
                }
                None => self.begin(now, &mut out),
            },
            Input::Timer => self.timers_due(now, &mut out),
            Input::Stdin(bytes) => self.keys(now, &bytes, &mut out),
            Input::Eof => self.feed(now, sh::Input::Eof, &mut out),
            Input::Interrupt => self.feed(now, sh::Input::Interrupt, &mut out),
            Input::Net(number, answer) => {
                self.answered(now, number, sh::Answer::Net(answer), &mut out);
            }
            Input::File(number, answer) => {
                self.answered(now, number, sh::Answer::File(answer), &mut out);
            }
            Input::Facts(number, facts) => {
                self.answered(now, number, sh::Answer::Facts(facts), &mut out);
            }
        }
        if let Some(at) = self.timers.values().min() {
            out.push(Step::Sleep(at.since_us(now)));
        }
        // the end comes last
        let (ends, mut steps): (Vec<Step>, Vec<Step>) =
            out.into_iter().partition(|step| matches!(step, Step::Exit(_)));
        steps.extend(ends);
        steps
    }

    /// Without `-i` and `-t` there is nothing to read.
    fn begin(&mut self, now: Timestamp, out: &mut Vec<Step>) {
        self.feed(now, sh::Input::Start, out);
        if !self.place.stdin && !self.place.tty {
            self.feed(now, sh::Input::Eof, out);
        }
    }

    /// Keys of a terminal become lines; a pipe's bytes go in as they are.
    fn keys(&mut self, now: Timestamp, bytes: &[u8], out: &mut Vec<Step>) {
        let Some(tty) = &mut self.tty else {
            return self.feed(now, sh::Input::Stdin(bytes.to_vec()), out);
        };
        for event in tty.input(bytes) {
            match event {
                sh::tty::TtyEvent::Echo(bytes) => out.push(Step::Out(bytes)),
                sh::tty::TtyEvent::Line(line) => self.feed(now, sh::Input::Stdin(line), out),
                sh::tty::TtyEvent::Eof => self.feed(now, sh::Input::Eof, out),
                sh::tty::TtyEvent::Interrupt => self.feed(now, sh::Input::Interrupt, out),
            }
        }
    }

    fn timers_due(&mut self, now: Timestamp, out: &mut Vec<Step>) {
        let due: Vec<Who> =
            self.timers.iter().filter(|(_, at)| **at <= now).map(|(who, _)| *who).collect();
        for who in due {
            self.timers.remove(&who);
            match who {
                Who::Own(ticket) => {
                    let answer = sh::Input::Answer(ticket, sh::Answer::Timer);
                    self.feed(now, answer, out);
                }
                Who::Child(ticket) => self.child(now, ticket, Input::Timer, out),
                Who::Script => {}
            }
        }
    }

    fn answered(&mut self, now: Timestamp, number: u64, answer: sh::Answer, out: &mut Vec<Step>) {
        let Some((who, inner)) = self.asks.remove(&number) else {
            return;
        };
        match (who, answer) {
            (Who::Own(ticket), answer) => {
                self.feed(now, sh::Input::Answer(ticket, answer), out);
            }
            (Who::Child(ticket), sh::Answer::Net(answer)) => {
                self.child(now, ticket, Input::Net(inner, answer), out);
            }
            (Who::Child(ticket), sh::Answer::File(answer)) => {
                self.child(now, ticket, Input::File(inner, answer), out);
            }
            (Who::Child(ticket), sh::Answer::Facts(facts)) => {
                self.child(now, ticket, Input::Facts(inner, facts), out);
            }
            (Who::Script, sh::Answer::File(sh::FileAnswer::Bytes(bytes))) => {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                let (name, args) = self.script.take().unwrap_or_default();
                let mode = sh::Mode::Script { text, name, args };
                self.shell = new_shell(mode, &self.place, without(&self.programs));
                self.begin(now, out);
            }
            (Who::Script, sh::Answer::File(_)) => {
                let name = self.script.take().map(|(name, _)| name).unwrap_or_default();
                let text = format!("sh: can't open '{name}': No such file or directory\n");
                out.push(Step::Err(text.into_bytes()));
                out.push(Step::Exit(2));
            }
            (Who::Child(_) | Who::Script, _) => {}
        }
    }

    /// Gives the shell something and passes on what it wants.
    fn feed(&mut self, now: Timestamp, input: sh::Input, out: &mut Vec<Step>) {
        for step in self.shell.resume(now, input) {
            match step {
                sh::Step::Out(bytes) => out.push(Step::Out(bytes)),
                sh::Step::Err(bytes) => out.push(Step::Err(bytes)),
                sh::Step::Ask(ticket, ask) => self.ask(now, ticket, ask, out),
                sh::Step::Cancel(ticket) => {
                    self.timers.remove(&Who::Own(ticket));
                    self.asks.retain(|_, (who, _)| *who != Who::Own(ticket));
                }
                sh::Step::Exec(ticket, exec) => self.start_child(now, ticket, &exec, out),
                sh::Step::Feed(ticket, bytes) => {
                    self.child(now, ticket, Input::Stdin(bytes), out);
                }
                sh::Step::FeedEof(ticket) => self.child(now, ticket, Input::Eof, out),
                sh::Step::Interrupt(ticket) | sh::Step::BrokenPipe(ticket) => {
                    self.end_child(now, ticket, 130, out);
                }
                sh::Step::Clear => out.push(Step::Out(b"\x1b[H\x1b[2J".to_vec())),
                sh::Step::Ran(_) | sh::Step::Idle(_) => {}
                sh::Step::Exit(code) => out.push(Step::Exit(code)),
            }
        }
    }

    fn ask(&mut self, now: Timestamp, ticket: Ticket, ask: sh::Ask, out: &mut Vec<Step>) {
        if let sh::Ask::Sleep(us) = ask {
            self.timers.insert(Who::Own(ticket), Timestamp(now.0.saturating_add(us)));
            return;
        }
        self.next += 1;
        self.asks.insert(self.next, (Who::Own(ticket), 0));
        out.push(match ask {
            sh::Ask::File(ask) => Step::File(self.next, ask),
            sh::Ask::Net(request) => Step::Net(self.next, request),
            sh::Ask::Facts | sh::Ask::Sleep(_) => Step::Facts(self.next),
        });
    }

    fn start_child(
        &mut self,
        now: Timestamp,
        ticket: Ticket,
        exec: &sh::Exec,
        out: &mut Vec<Step>,
    ) {
        let place = Place {
            env: exec.vars.iter().map(|(key, value)| (key.clone(), value.clone())).collect(),
            cwd: exec.cwd.clone(),
            tty: self.place.tty && exec.inherits_stdin,
            pid_one: false,
            ..self.place.clone()
        };
        let image = Image { programs: &self.programs, banner: &self.banner };
        match App::launch_from(&image, &exec.argv, place) {
            Ok(app) => {
                self.children.insert(ticket, app);
                self.child(now, ticket, Input::Start, out);
            }
            Err(_) => self.feed(now, sh::Input::Child(ticket, sh::Child::NotFound), out),
        }
    }

    fn end_child(&mut self, now: Timestamp, ticket: Ticket, code: i32, out: &mut Vec<Step>) {
        if self.children.remove(&ticket).is_some() {
            self.timers.remove(&Who::Child(ticket));
            self.asks.retain(|_, (who, _)| *who != Who::Child(ticket));
            self.feed(now, sh::Input::Child(ticket, sh::Child::Exit(code)), out);
        }
    }

    fn child(&mut self, now: Timestamp, ticket: Ticket, input: Input, out: &mut Vec<Step>) {
        let Some(child) = self.children.get_mut(&ticket) else {
            return;
        };
        for step in child.resume(now, input) {
            match step {
                Step::Out(bytes) => {
                    self.feed(now, sh::Input::Child(ticket, sh::Child::Out(bytes)), out);
                }
                Step::Err(bytes) => {
                    self.feed(now, sh::Input::Child(ticket, sh::Child::Err(bytes)), out);
                }
                Step::Sleep(us) => {
                    let at = Timestamp(now.0.saturating_add(us));
                    self.timers.insert(Who::Child(ticket), at);
                }
                Step::Exit(code) => self.end_child(now, ticket, code, out),
                Step::Net(number, request) => {
                    let number = self.renumber(ticket, number);
                    out.push(Step::Net(number, request));
                }
                Step::File(number, ask) => {
                    let number = self.renumber(ticket, number);
                    out.push(Step::File(number, ask));
                }
                Step::Facts(number) => {
                    let number = self.renumber(ticket, number);
                    out.push(Step::Facts(number));
                }
            }
        }
    }

    fn renumber(&mut self, ticket: Ticket, number: u64) -> u64 {
        self.next += 1;
        self.asks.insert(self.next, (Who::Child(ticket), number));
        self.next
    }
}
