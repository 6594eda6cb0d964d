//! The shell itself: threads, pipes and jobs, and the loop that lets each go on in turn.

mod interrupt;
mod ready;

use super::env::{Env, Kind};
use super::parse::{ParseError, parse};
use super::pipe::Pipe;
use super::step::{Ask, Child, Input, Step, Ticket};
use super::syntax::List;
use super::thread::{Fd, Fds, Frame, Job, Next, Prog, Thread, Wait};
use super::tool::{Event, Flow};
use api::Timestamp;
use serde::{Deserialize, Serialize};
use share::Rc;
use std::collections::{BTreeMap, BTreeSet};

/// What a shell is started for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mode {
    /// A terminal's shell: its host edits lines and hands over whole ones ([`Input::Line`]).
    Lines,
    /// `sh -c TEXT NAME ARGS…`
    Script {
        /// The text.
        text: String,
        /// `$0`
        name: String,
        /// `$1 …`
        args: Vec<String>,
    },
    /// `sh`: commands from standard input, with a prompt if that is a terminal.
    Stdin {
        /// Show `/ # ` before each.
        prompt: bool,
    },
    /// No shell: one program, by its words.
    Program(Vec<String>),
}

/// How a shell is started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Options {
    /// Which shell.
    pub kind: Kind,
    /// What for.
    pub mode: Mode,
    /// Exported variables.
    pub vars: BTreeMap<String, String>,
    /// Working directory.
    pub cwd: String,
    /// Width of the terminal.
    pub columns: u32,
    /// Standard input is a terminal.
    pub stdin_tty: bool,
    /// Standard output is a terminal.
    pub stdout_tty: bool,
    /// Tools that this place does not have (an image without `curl`).
    pub without: BTreeSet<String>,
    /// Its process id, `$$`.
    pub pid: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            kind: Kind::Bash,
            mode: Mode::Lines,
            vars: BTreeMap::new(),
            cwd: "/root".into(),
            columns: 80,
            stdin_tty: true,
            stdout_tty: true,
            without: BTreeSet::new(),
            pid: 1000,
        }
    }
}

/// One shell with everything it runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shell {
    pub(crate) options: Options,
    pub(crate) threads: BTreeMap<u32, Thread>,
    /// Statuses of threads that ended and were not yet asked for.
    pub(crate) ended: BTreeMap<u32, i32>,
    pub(crate) pipes: BTreeMap<u32, Pipe>,
    pub(crate) stdin: Pipe,
    pub(crate) stdin_open: bool,
    pub(crate) jobs: Vec<Job>,
    /// The job that `fg` waits for.
    pub(crate) foreground: Option<u32>,
    owners: BTreeMap<Ticket, u32>,
    next_id: u32,
    next_pid: u32,
    pub(crate) steps: Vec<Step>,
    pub(crate) now: Timestamp,
    /// Lines typed before, for `history`.
    pub(crate) history: Vec<String>,
    /// A line runs.
    busy: bool,
    /// `exit` was called.
    exiting: bool,
    done: bool,
}

const MAIN: u32 = 0;

/// What busybox says to somebody at a terminal (`tests/recorded/i_ctrlc.jsonl`).
const BANNER: &str = "\n\nBusyBox v1.35.0 (Debian 1:1.35.0-4+deb12u1+b1) built-in shell (ash)\n\
                      Enter 'help' for a list of built-in commands.\n\n";

impl Shell {
    /// A shell that has done nothing yet: resume it with [`Input::Start`].
    #[must_use]
    pub fn new(options: Options) -> Self {
        let mut env = Env {
            kind: options.kind,
            cwd: options.cwd.clone(),
            old_cwd: options.cwd.clone(),
            pid: options.pid,
            random: u64::from(options.pid),
            interactive: options.mode == Mode::Lines,
            name: if options.kind == Kind::Bash { "bash" } else { "sh" }.into(),
            ..Env::default()
        };
        for (name, value) in &options.vars {
            env.export(name, value.as_str());
        }
        let main = Thread {
            env,
            fds: [Fd::Stdin, Fd::Stdout, Fd::Stderr],
            frames: Vec::new(),
            wait: Wait::Ready,
            answer: None,
            events: Default::default(),
            job: None,
            interrupted: false,
        };
        Self {
            next_pid: options.pid + 1,
            options,
            threads: BTreeMap::from([(MAIN, main)]),
            ended: BTreeMap::new(),
            pipes: BTreeMap::new(),
            stdin: Pipe::default(),
            stdin_open: true,
            jobs: Vec::new(),
            foreground: None,
            owners: BTreeMap::new(),
            next_id: 1,
            steps: Vec::new(),
            now: Timestamp(0),
            history: Vec::new(),
            busy: false,
            exiting: false,
            done: false,
        }
    }

    /// Variables, directory and status of the shell itself.
    #[must_use]
    pub fn env(&self) -> Option<&Env> {
        self.threads.get(&MAIN).map(|thread| &thread.env)
    }

    /// The same, to be changed between two lines.
    pub fn env_mut(&mut self) -> Option<&mut Env> {
        self.threads.get_mut(&MAIN).map(|thread| &mut thread.env)
    }

    /// Whether foreground work runs.
    #[must_use]
    pub const fn busy(&self) -> bool {
        self.busy
    }

    /// Whether the shell has ended.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        self.done
    }

    /// Whether a foreground program waits for bytes of the shell's own standard input.
    #[must_use]
    pub fn wants_stdin(&self) -> bool {
        self.stdin.is_empty()
            && self.threads.values().any(|thread| {
                let reads = thread.job.is_none() || thread.job == self.foreground;
                let fd = match thread.frames.last() {
                    Some(Frame::Run(run)) => &run.fds[0],
                    _ => &thread.fds[0],
                };
                reads && *fd == Fd::Stdin && matches!(thread.wait, Wait::Stdin | Wait::Line)
            })
    }

    /// Lines for `history`, oldest first.
    pub fn set_history(&mut self, lines: Vec<String>) {
        self.history = lines;
    }

    /// Sets the terminal's width.
    pub fn set_columns(&mut self, columns: u32) {
        self.options.columns = columns;
    }

    /// Goes on with an input until everything waits again.
    pub fn resume(&mut self, now: Timestamp, input: Input) -> Vec<Step> {
        self.now = now;
        if self.done {
            return Vec::new();
        }
        match input {
            Input::Start => self.start(),
            Input::Line(text) => self.line(&text),
            Input::Answer(ticket, answer) => {
                if let Some(thread) =
                    self.owners.remove(&ticket).and_then(|id| self.threads.get_mut(&id))
                {
                    let other = match thread.wait {
                        Wait::Answer(wanted) if wanted == ticket => None,
                        Wait::Either(a, b) if a == ticket => Some(b),
                        Wait::Either(a, b) if b == ticket => Some(a),
                        Wait::Ready
                        | Wait::Answer(_)
                        | Wait::Either(..)
                        | Wait::Threads(_)
                        | Wait::Stdin
                        | Wait::Line
                        | Wait::Room(_)
                        | Wait::Child => return Vec::new(),
                    };
                    thread.answer = Some(answer);
                    if let Some(other) = other {
                        self.owners.remove(&other);
                        self.steps.push(Step::Cancel(other));
                    }
                }
            }
            Input::Child(ticket, event) => {
                let owner = self.owners.get(&ticket).copied();
                if matches!(event, Child::Exit(_) | Child::NotFound) {
                    self.owners.remove(&ticket);
                }
                if let Some(thread) = owner.and_then(|id| self.threads.get_mut(&id)) {
                    thread.events.push_back(event);
                }
            }
            Input::Stdin(mut bytes) => {
                let mut all = self.stdin.read();
                all.append(&mut bytes);
                self.stdin = Pipe::filled(all);
            }
            Input::Eof => self.stdin_open = false,
            Input::Interrupt => self.interrupt(),
            Input::BrokenPipe | Input::Kill => {
                self.done = true;
                self.steps.push(Step::Exit(if input == Input::Kill { 137 } else { 141 }));
            }
        }
        self.go_on();
        std::mem::take(&mut self.steps)
    }

    fn start(&mut self) {
        match self.options.mode.clone() {
            Mode::Lines => {}
            Mode::Script { text, name, args } => {
                if let Some(main) = self.threads.get_mut(&MAIN) {
                    main.env.name = name;
                    main.env.args = args;
                }
                self.run_text(&text);
            }
            Mode::Stdin { prompt } => {
                if let Some(main) = self.threads.get_mut(&MAIN) {
                    main.frames.push(Frame::Reader { text: String::new(), prompt });
                }
                if prompt {
                    self.steps.push(Step::Err(BANNER.into()));
                    self.prompt(false);
                }
            }
            Mode::Program(argv) => {
                let words = argv.into_iter().map(super::syntax::Word::quoted).collect();
                let simple = super::syntax::Simple { words, ..Default::default() };
                let command = Rc::new(super::syntax::Command::Simple(simple));
                if let Some(main) = self.threads.get_mut(&MAIN) {
                    let stage = super::thread::Stage::First;
                    main.frames.push(Frame::Start { command, stage });
                }
            }
        }
        self.busy = self.options.mode != Mode::Lines;
    }

    pub(crate) fn prompt(&mut self, more: bool) {
        let cwd = self.env().map_or("/", Env::cwd);
        let text = if more { "> ".to_owned() } else { format!("{cwd} # ") };
        self.steps.push(Step::Err(text.into_bytes()));
    }

    fn line(&mut self, text: &str) {
        // an end of input concerned the line before
        self.stdin_open = true;
        self.busy = true;
        self.run_text(text);
    }

    fn run_text(&mut self, text: &str) {
        match parse(text) {
            Ok(list) => self.push_list(MAIN, Rc::new(list)),
            Err(error) => {
                if let Some(main) = self.threads.get_mut(&MAIN) {
                    let text = syntax_error(&main.env, &error, text);
                    main.env.status = 2;
                    self.steps.push(Step::Err(text.into_bytes()));
                }
            }
        }
    }

    fn push_list(&mut self, id: u32, list: Rc<List>) {
        if let Some(thread) = self.threads.get_mut(&id) {
            thread.frames.push(Frame::List { list, at: 0, condition: false });
            thread.wait = Wait::Ready;
        }
    }

    pub(crate) fn new_id(&mut self) -> u32 {
        self.next_id += 1;
        self.next_id
    }

    pub(crate) fn new_pid(&mut self) -> u32 {
        self.next_pid += 1;
        self.next_pid
    }

    /// Asks the host something on behalf of a thread.
    pub(crate) fn ask(&mut self, id: u32, thread: &mut Thread, ask: Ask) {
        let ticket = Ticket(self.new_id());
        self.owners.insert(ticket, id);
        thread.wait = Wait::Answer(ticket);
        self.steps.push(Step::Ask(ticket, ask));
    }

    /// The same with a limit in microseconds.
    pub(crate) fn ask_within(&mut self, id: u32, thread: &mut Thread, ask: Ask, us: u64) {
        self.ask(id, thread, ask);
        let first = thread.wait.clone();
        self.ask(id, thread, Ask::Sleep(us));
        if let (Wait::Answer(first), Wait::Answer(limit)) = (first, &thread.wait) {
            thread.wait = Wait::Either(first, *limit);
        }
    }

    pub(crate) fn own(&mut self, ticket: Ticket, id: u32) {
        self.owners.insert(ticket, id);
    }

    /// A copy of a thread that runs something of its own.
    pub(crate) fn fork(&mut self, from: &Thread, fds: Fds, frame: Frame, job: Option<u32>) -> u32 {
        let id = self.new_id();
        let mut env = from.env.clone();
        env.trap_int = None;
        let thread = Thread {
            env,
            fds,
            frames: vec![frame],
            wait: Wait::Ready,
            answer: None,
            events: Default::default(),
            job: job.or(from.job),
            interrupted: false,
        };
        self.threads.insert(id, thread);
        id
    }

    /// Lets every thread that can go on do so, in turn, until none can.
    fn go_on(&mut self) {
        loop {
            let ready: Vec<u32> =
                self.threads.iter().filter(|(_, t)| self.is_ready(t)).map(|(id, _)| *id).collect();
            if ready.is_empty() {
                break;
            }
            for id in ready {
                self.turn(id);
            }
        }
        self.settle();
    }

    /// One thread goes on until it waits or ends.
    fn turn(&mut self, id: u32) {
        let Some(mut thread) = self.threads.remove(&id) else { return };
        if self.is_ready(&thread) {
            thread.wait = Wait::Ready;
            self.step_thread(id, &mut thread);
        }
        let over = thread.frames.is_empty() && thread.wait == Wait::Ready;
        if over && id != MAIN {
            self.end_thread(id, &thread);
        } else {
            if over {
                thread.wait = Wait::Threads(vec![MAIN]);
                thread.interrupted = false;
            }
            self.threads.insert(id, thread);
        }
    }

    fn end_thread(&mut self, id: u32, thread: &Thread) {
        self.ended.insert(id, thread.env.status);
        for job in &mut self.jobs {
            if job.thread == id {
                job.status = Some(thread.env.status);
            }
        }
    }

    /// After everything waits: has the line, or the shell, ended?
    fn settle(&mut self) {
        let Some(main) = self.threads.get(&MAIN) else { return };
        if !main.frames.is_empty() {
            return;
        }
        let status = main.env.status;
        if self.options.mode != Mode::Lines || self.exiting {
            self.done = true;
            self.steps.push(Step::Exit(status));
            return;
        }
        if self.busy {
            self.busy = false;
            self.foreground = None;
            self.stdin.read();
            self.steps.push(Step::Idle(status));
        }
        self.report_jobs();
    }

    /// Background jobs that ended, told at the prompt as bash does.
    fn report_jobs(&mut self) {
        let over: Vec<Job> = self.jobs.iter().filter(|j| j.status.is_some()).cloned().collect();
        for job in over {
            let mark = super::jobs::mark(&self.jobs, job.number);
            self.jobs.retain(|j| j.number != job.number);
            let line = super::jobs::line(&job, mark);
            self.steps.push(Step::Err(line.into_bytes()));
        }
    }

    pub(crate) fn exit(&mut self, id: u32, thread: &mut Thread, status: i32) {
        thread.env.status = status;
        thread.frames.clear();
        if id == MAIN {
            self.exiting = true;
        }
    }
}

/// The shell's words for a text it cannot read.
pub(crate) fn syntax_error(env: &Env, error: &ParseError, text: &str) -> String {
    let first = text.lines().next().unwrap_or("");
    match (env.kind, error, env.interactive) {
        (Kind::Ash, ParseError::Incomplete, _) => {
            "sh: syntax error: unexpected end of file\n".into()
        }
        (Kind::Ash, ParseError::Unexpected(token), _) => {
            format!("sh: syntax error: unexpected \"{token}\"\n")
        }
        (Kind::Bash, ParseError::Incomplete, true) => {
            "bash: syntax error: unexpected end of file\n".into()
        }
        (Kind::Bash, ParseError::Unexpected(token), true) => {
            format!("bash: syntax error near unexpected token `{token}'\n")
        }
        (Kind::Bash, ParseError::Incomplete, false) => {
            "bash: -c: line 1: syntax error: unexpected end of file\n".into()
        }
        (Kind::Bash, ParseError::Unexpected(token), false) => format!(
            "bash: -c: line 1: syntax error near unexpected token `{token}'\n\
             bash: -c: line 1: `{first}'\n"
        ),
    }
}
