//! What each frame does when it is its turn.

mod leave;
mod open;
mod prepare;

use super::arith;
use super::env::{Env, Var};
use super::expand::{Expander, substitutions};
use super::pipe::Pipe;
use super::place::{FileAnswer, FileAsk};
use super::shell::Shell;
use super::step::{Answer, Ask, Step};
use super::syntax::{Command, Compound, Connector, Item, List, Pipeline, RedirectKind, Word};
use super::thread::{Expansion, Fd, Fds, Frame, Job, Opening, Prepared, Stage, Thread, Wait};
use super::tool::test;
pub(crate) use leave::{Leave, leave, restore, unwind};
use prepare::{prepare, words_of};
use share::Rc;
use std::collections::{BTreeMap, VecDeque};

impl Shell {
    /// Lets a thread's top frame go on once.
    pub(crate) fn step_thread(&mut self, id: u32, thread: &mut Thread) {
        let Some(frame) = thread.frames.pop() else { return };
        if thread.interrupted && !matches!(frame, Frame::Run(_) | Frame::Members(_)) {
            let last = matches!(&frame, Frame::List { list, at, .. } if list.len() <= *at as usize)
                || matches!(&frame, Frame::Item { list, item, at }
                    if list.get(*item as usize).is_none_or(|i| i.pipelines.len() <= *at as usize))
                || matches!(frame, Frame::Negate | Frame::Restore(_) | Frame::Call { .. });
            if !last {
                thread.frames.push(frame);
                unwind(thread, 130);
                return;
            }
        }
        match frame {
            Frame::List { list, at, condition } => self.list(id, thread, list, at, condition),
            Frame::Item { list, item, at } => self.item(id, thread, list, item, at),
            Frame::Negate => thread.env.status = i32::from(thread.env.status == 0),
            Frame::Members(members) if members.iter().any(|m| self.threads.contains_key(m)) => {
                thread.wait = Wait::Threads(members.clone());
                thread.frames.push(Frame::Members(members));
            }
            Frame::Members(members) => {
                for member in members {
                    if let Some(status) = self.ended.remove(&member) {
                        thread.env.status = status;
                    }
                }
            }
            Frame::Start { command, stage } => self.begin(thread, command, stage),
            Frame::Expand(expansion) => self.expand(id, thread, expansion),
            Frame::Open(opening) => self.open(id, thread, opening),
            Frame::Restore(fds) => thread.fds = fds,
            Frame::For { name, mut words, body } => {
                if let Some(word) = words.pop_front() {
                    thread.env.set(&name, word);
                    thread.frames.push(Frame::For { name, words, body: Rc::clone(&body) });
                    push_list(thread, body);
                }
            }
            Frame::While { command, testing, status } => loop_(thread, command, testing, status),
            Frame::If { command, arm } => if_(thread, command, arm),
            Frame::Call { args, locals } => {
                thread.env.args = args;
                restore(&mut thread.env, locals);
            }
            Frame::Run(run) => self.run(id, thread, run),
            Frame::Reader { text, prompt } => self.reader(thread, text, prompt),
            Frame::Foreground(job) => self.after_foreground(thread, job),
        }
    }

    fn list(&mut self, id: u32, thread: &mut Thread, list: Rc<List>, at: u32, condition: bool) {
        let failed = at > 0
            && thread.env.errexit
            && !condition
            && thread.env.status != 0
            && list.get(at as usize - 1).is_some_and(|i| i.pipelines.len() == 1 && !i.background);
        if failed {
            let status = thread.env.status;
            self.exit(id, thread, status);
            return;
        }
        let Some(item) = list.get(at as usize) else { return };
        thread.frames.push(Frame::List { list: Rc::clone(&list), at: at + 1, condition });
        if item.background {
            self.background(thread, item);
        } else {
            thread.frames.push(Frame::Item { list, item: at, at: 0 });
        }
    }

    fn item(&mut self, id: u32, thread: &mut Thread, list: Rc<List>, item: u32, at: u32) {
        let next = list.get(item as usize).and_then(|i| i.pipelines.get(at as usize)).cloned();
        let Some((connector, pipeline)) = next else { return };
        thread.frames.push(Frame::Item { list, item, at: at + 1 });
        let runs = match connector {
            Connector::Always => true,
            Connector::And => thread.env.status == 0,
            Connector::Or => thread.env.status != 0,
        };
        if runs {
            self.pipeline(id, thread, &pipeline);
        }
    }

    fn pipeline(&mut self, _id: u32, thread: &mut Thread, pipeline: &Pipeline) {
        if pipeline.negate {
            thread.frames.push(Frame::Negate);
        }
        if let [command] = pipeline.commands.as_slice() {
            thread.frames.push(Frame::Start { command: Rc::clone(command), stage: Stage::First });
            return;
        }
        let mut members = Vec::new();
        let mut input = thread.fds[0].clone();
        let last = pipeline.commands.len().saturating_sub(1);
        for (k, command) in pipeline.commands.iter().enumerate() {
            let [_, mut output, errors] = thread.fds.clone();
            let mut next = Fd::Null;
            if k < last {
                let pipe = self.new_id();
                self.pipes.insert(pipe, Pipe::default());
                output = Fd::PipeOut(pipe);
                next = Fd::PipeIn(pipe);
            }
            let frame = Frame::Start { command: Rc::clone(command), stage: Stage::First };
            members.push(self.fork(thread, [input, output, errors], frame, None));
            input = next;
        }
        thread.wait = Wait::Threads(members.clone());
        thread.frames.push(Frame::Members(members));
    }

    /// `item &`
    fn background(&mut self, thread: &mut Thread, item: &Item) {
        let mut inner = item.clone();
        inner.background = false;
        let frame = Frame::List { list: Rc::new(vec![inner]), at: 0, condition: false };
        let number = self.jobs.iter().map(|job| job.number).max().unwrap_or(0) + 1;
        let mut fds = thread.fds.clone();
        fds[0] = Fd::Null;
        let child = self.fork(thread, fds, frame, Some(number));
        let pid = self.new_pid();
        let text = item.text.clone();
        self.jobs.push(Job { number, thread: child, pid, text, status: None });
        if thread.env.interactive {
            self.steps.push(Step::Err(format!("[{number}] {pid}\n").into_bytes()));
        }
        thread.env.last_background = Some(pid);
        thread.env.status = 0;
    }

    /// A command's first act: its command substitutions.
    fn begin(&mut self, thread: &mut Thread, command: Rc<Command>, stage: Stage) {
        let lists = substitutions(words_of(&command, stage)).into();
        thread.frames.push(Frame::Expand(Box::new(Expansion {
            command,
            stage,
            lists,
            outputs: VecDeque::new(),
            running: None,
            status: None,
            ready: None,
        })));
    }

    fn expand(&mut self, id: u32, thread: &mut Thread, mut expansion: Box<Expansion>) {
        if let Some((child, pipe)) = expansion.running.take() {
            expansion.status = self.ended.remove(&child);
            thread.env.status = expansion.status.unwrap_or(0);
            let bytes = self.pipes.remove(&pipe).map(|mut p| p.read()).unwrap_or_default();
            expansion.outputs.push_back(String::from_utf8_lossy(&bytes).replace('\0', ""));
        }
        if let Some(list) = expansion.lists.pop_front() {
            let pipe = self.new_id();
            self.pipes.insert(pipe, Pipe::unbounded());
            let [input, _, errors] = thread.fds.clone();
            let frame = Frame::List { list, at: 0, condition: false };
            let child = self.fork(thread, [input, Fd::PipeOut(pipe), errors], frame, None);
            expansion.running = Some((child, pipe));
            thread.wait = Wait::Threads(vec![child]);
            thread.frames.push(Frame::Expand(expansion));
            return;
        }
        if let Some(ready) = expansion.ready.take() {
            let paths = match thread.answer.take() {
                Some(Answer::File(FileAnswer::Paths(paths))) => paths,
                _ => Vec::new(),
            };
            self.prepared(id, thread, &expansion, ready, paths);
            return;
        }
        let outputs = std::mem::take(&mut expansion.outputs);
        match prepare(&mut thread.env, &expansion.command, expansion.stage, outputs) {
            Err(text) => {
                let text = format!("{}{text}\n", thread.env.prefix());
                self.write_error(thread, text);
                thread.env.status = 1;
            }
            Ok(ready) => {
                let patterns: Vec<String> =
                    ready.argv.iter().filter_map(|(_, glob)| glob.clone()).collect();
                if patterns.is_empty() {
                    self.prepared(id, thread, &expansion, ready, Vec::new());
                } else {
                    let cwd = thread.env.cwd.clone();
                    expansion.ready = Some(ready);
                    thread.frames.push(Frame::Expand(expansion));
                    self.ask(id, thread, Ask::File(FileAsk::Glob { cwd, patterns }));
                }
            }
        }
    }

    fn prepared(
        &mut self,
        id: u32,
        thread: &mut Thread,
        expansion: &Expansion,
        ready: Prepared,
        paths: Vec<Vec<String>>,
    ) {
        let mut paths = paths.into_iter();
        let mut argv = Vec::new();
        for (text, glob) in ready.argv {
            let found = if glob.is_some() { paths.next().unwrap_or_default() } else { Vec::new() };
            if found.is_empty() {
                argv.push(text);
            } else {
                argv.extend(found);
            }
        }
        let command = Rc::clone(&expansion.command);
        match (&*command, expansion.stage) {
            (Command::Compound { kind, .. }, Stage::Body) => {
                self.body(thread, kind, &command, argv)
            }
            (Command::Function { name, body }, _) => {
                thread.env.functions.insert(name.clone(), Rc::clone(body));
                thread.env.status = 0;
            }
            (Command::Compound { .. } | Command::Simple(_), _) => {
                let opening = Opening {
                    command: Rc::clone(&command),
                    argv,
                    assigns: ready.assigns,
                    redirects: ready.redirects.into(),
                    fds: thread.fds.clone(),
                    asked: false,
                    status: expansion.status,
                };
                self.open(id, thread, Box::new(opening));
            }
        }
    }

    /// A compound command with its streams in place.
    fn begin_body(&mut self, thread: &mut Thread, kind: &Compound, command: &Rc<Command>) {
        match kind {
            Compound::Group(list) => push_list(thread, Rc::clone(list)),
            Compound::Subshell(list) => {
                let frame = Frame::List { list: Rc::clone(list), at: 0, condition: false };
                let child = self.fork(thread, thread.fds.clone(), frame, None);
                thread.wait = Wait::Threads(vec![child]);
                thread.frames.push(Frame::Members(vec![child]));
            }
            Compound::While { condition, .. } => {
                let command = Rc::clone(command);
                thread.frames.push(Frame::While { command, testing: true, status: 0 });
                push_condition(thread, condition);
            }
            Compound::If { arms, .. } => {
                thread.frames.push(Frame::If { command: Rc::clone(command), arm: 0 });
                if let Some((condition, _)) = arms.first() {
                    push_condition(thread, condition);
                }
            }
            Compound::For { .. }
            | Compound::Case { .. }
            | Compound::Arith(_)
            | Compound::Test(_) => {
                self.begin(thread, Rc::clone(command), Stage::Body);
            }
        }
    }

    /// A compound command's own words are there.
    fn body(&mut self, thread: &mut Thread, kind: &Compound, _: &Rc<Command>, argv: Vec<String>) {
        match kind {
            Compound::For { name, words, body } => {
                let words = if words.is_some() { argv } else { thread.env.args.clone() };
                thread.env.status = 0;
                let frame =
                    Frame::For { name: name.clone(), words: words.into(), body: Rc::clone(body) };
                thread.frames.push(frame);
            }
            Compound::Case { arms, .. } => {
                let mut argv = argv.into_iter();
                let subject = argv.next().unwrap_or_default();
                thread.env.status = 0;
                for (patterns, list) in arms {
                    let hit = argv.by_ref().take(patterns.len()).fold(false, |hit, pattern| {
                        hit | crate::files::matches(&pattern, &subject)
                    });
                    if hit {
                        push_list(thread, Rc::clone(list));
                        return;
                    }
                }
            }
            Compound::Arith(_) => {
                let text = argv.into_iter().next().unwrap_or_default();
                match arith::evaluate(&text, &mut thread.env) {
                    Ok(value) => thread.env.status = i32::from(value == 0),
                    Err(error) => {
                        let text = format!("{}(({text}: {error}\n", thread.env.prefix());
                        self.write_error(thread, text);
                        thread.env.status = 1;
                    }
                }
            }
            Compound::Test(_) => {
                // `[[` is `test` with patterns; its file tests ask the tree
                let mut words = vec!["[[".to_owned()];
                words.extend(argv);
                words.push("]]".into());
                let fds = thread.fds.clone();
                self.start_run(thread, words, Vec::new(), fds);
            }
            Compound::Group(_)
            | Compound::Subshell(_)
            | Compound::While { .. }
            | Compound::If { .. } => {}
        }
    }

    /// A text for a thread's standard error.
    pub(crate) fn write_error(&mut self, thread: &Thread, text: String) {
        let fd = thread.fds[2].clone();
        self.write_now(&fd, text.into_bytes());
    }

    /// Writes without waiting for room: short texts of the shell's own.
    pub(crate) fn write_now(&mut self, fd: &Fd, mut bytes: Vec<u8>) {
        match fd {
            Fd::Stdout => self.steps.push(Step::Out(bytes)),
            Fd::Stderr => self.steps.push(Step::Err(bytes)),
            Fd::PipeOut(pipe) => {
                if let Some(pipe) = self.pipes.get_mut(pipe) {
                    pipe.force(&mut bytes);
                }
            }
            Fd::File(path) => {
                let ask = FileAsk::Write { path: path.clone(), bytes, append: true };
                let ticket = super::step::Ticket(self.new_id());
                self.steps.push(Step::Ask(ticket, Ask::File(ask)));
            }
            Fd::Stdin | Fd::PipeIn(_) | Fd::Null => {}
        }
    }

    /// `sh` reading its commands.
    fn reader(&mut self, thread: &mut Thread, mut text: String, prompt: bool) {
        let (line, open) = (self.stdin.read_line(!self.stdin_open), self.stdin_open);
        let Some(line) = line else {
            if open {
                thread.wait = Wait::Line;
                thread.frames.push(Frame::Reader { text, prompt });
            } else if !text.trim().is_empty() {
                let error = super::shell::syntax_error(
                    &thread.env,
                    &super::parse::ParseError::Incomplete,
                    &text,
                );
                self.write_error(thread, error);
                thread.env.status = 2;
            }
            return;
        };
        text.push_str(&String::from_utf8_lossy(&line));
        match super::parse::parse(&text) {
            Ok(list) => {
                thread.frames.push(Frame::Reader { text: String::new(), prompt });
                if prompt {
                    thread.frames.push(Frame::Foreground(0));
                }
                push_list(thread, Rc::new(list));
            }
            Err(super::parse::ParseError::Incomplete) if open => {
                if prompt {
                    self.prompt(true);
                }
                thread.frames.push(Frame::Reader { text, prompt });
            }
            Err(error) => {
                let message = super::shell::syntax_error(&thread.env, &error, &text);
                self.write_error(thread, message);
                thread.env.status = 2;
                thread.frames.push(Frame::Reader { text: String::new(), prompt });
                if prompt {
                    self.prompt(false);
                }
            }
        }
    }

    fn after_foreground(&mut self, thread: &mut Thread, job: u32) {
        if job == 0 {
            // a line of an interactive `sh` ended
            thread.interrupted = false;
            self.prompt(false);
            return;
        }
        if let Some(at) = self.jobs.iter().position(|j| j.number == job) {
            let job = self.jobs.remove(at);
            thread.env.status = job.status.unwrap_or(0);
        }
        self.foreground = None;
    }
}

fn push_list(thread: &mut Thread, list: Rc<List>) {
    thread.frames.push(Frame::List { list, at: 0, condition: false });
}

fn push_condition(thread: &mut Thread, list: &Rc<List>) {
    thread.frames.push(Frame::List { list: Rc::clone(list), at: 0, condition: true });
}

fn loop_(thread: &mut Thread, command: Rc<Command>, testing: bool, status: i32) {
    let Command::Compound { kind: Compound::While { until, condition, body }, .. } = &*command
    else {
        return;
    };
    if !testing {
        let status = thread.env.status;
        thread.frames.push(Frame::While { command: Rc::clone(&command), testing: true, status });
        push_condition(thread, condition);
    } else if (thread.env.status == 0) == *until {
        thread.env.status = status;
    } else {
        thread.frames.push(Frame::While { command: Rc::clone(&command), testing: false, status });
        push_list(thread, Rc::clone(body));
    }
}

fn if_(thread: &mut Thread, command: Rc<Command>, arm: u32) {
    let Command::Compound { kind: Compound::If { arms, otherwise }, .. } = &*command else {
        return;
    };
    if thread.env.status == 0 {
        if let Some((_, body)) = arms.get(arm as usize) {
            push_list(thread, Rc::clone(body));
        }
    } else if let Some((condition, _)) = arms.get(arm as usize + 1) {
        thread.frames.push(Frame::If { command: Rc::clone(&command), arm: arm + 1 });
        push_condition(thread, condition);
    } else {
        thread.env.status = 0;
        if let Some(body) = otherwise {
            push_list(thread, Rc::clone(body));
        }
    }
}
