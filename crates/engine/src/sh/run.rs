//! Programs: how one is started, fed, listened to and ended.

use super::env::{Env, Kind};
use super::frames::restore;
use super::place::FileAnswer;
use super::shell::{Mode, Shell};
use super::step::{Answer, Ask, Child, Exec, Ran, Step, Ticket};
use super::thread::{Fd, Fds, Frame, Next, Prog, Run, Thread, Wait};
use super::tool::{Ctx, Event, Flow, Tool};
use share::Rc;
use std::collections::VecDeque;

/// Simulated time that starting any program costs, so that no loop is free.
const START_US: u64 = 1_000;
/// How much of a program's output is remembered.
const REMEMBERED: usize = 256 * 1024;

impl Run {
    /// Queues output, and remembers its beginning.
    pub(crate) fn take(&mut self, out: Vec<u8>, err: Vec<u8>) {
        for (stream, bytes) in [(2, err), (1, out)] {
            if bytes.is_empty() {
                continue;
            }
            let memory = if stream == 1 { &mut self.stdout } else { &mut self.stderr };
            let room = REMEMBERED.saturating_sub(memory.len()).min(bytes.len());
            memory.extend(bytes.get(..room).unwrap_or_default());
            self.pending.push_back((stream, bytes));
        }
    }
}

/// First words that stand for something else; an alias's own name is not replaced again.
pub(crate) fn alias(env: &Env, mut argv: Vec<String>) -> Vec<String> {
    let Some(text) = argv.first().and_then(|name| env.aliases.get(name)) else { return argv };
    let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
    argv.splice(..1, words);
    argv
}

impl Shell {
    pub(crate) fn start_run(
        &mut self,
        thread: &mut Thread,
        argv: Vec<String>,
        assigns: Vec<(String, String)>,
        fds: Fds,
    ) {
        let mut kept = Vec::new();
        for (name, value) in assigns {
            kept.insert(0, (name.clone(), thread.env.vars.get(&name).cloned()));
            thread.env.export(&name, value);
        }
        if thread.env.xtrace {
            let text = format!("+ {}\n", argv.join(" "));
            self.write_error(thread, text);
        }
        thread.frames.push(Frame::Run(Box::new(Run {
            words: argv,
            prog: Prog::Starting,
            fds,
            started: self.now,
            pending: VecDeque::new(),
            next: Next::Flow(Flow::Ask(Ask::Sleep(START_US))),
            stdout: Vec::new(),
            stderr: Vec::new(),
            changed: false,
            restore: kept,
            writing: false,
            timed: false,
        })));
    }

    /// Lets a program go on until it waits or ends.
    pub(crate) fn run(&mut self, id: u32, thread: &mut Thread, mut run: Box<Run>) {
        loop {
            if !self.flush(id, thread, &mut run) {
                thread.frames.push(Frame::Run(run));
                return;
            }
            let next = match &run.next {
                Next::Events => {
                    if self.child(thread, &mut run) {
                        continue;
                    }
                    thread.wait = Wait::Child;
                    thread.frames.push(Frame::Run(run));
                    return;
                }
                Next::Flow(flow) => flow.clone(),
            };
            match next {
                Flow::Ask(ask) => match thread.answer.take() {
                    Some(answer) => self.answered(id, thread, &mut run, answer),
                    None => {
                        self.ask(id, thread, ask);
                        thread.frames.push(Frame::Run(run));
                        return;
                    }
                },
                Flow::Within { ask, us } => match thread.answer.take() {
                    Some(answer) => self.answered(id, thread, &mut run, answer),
                    None => {
                        self.ask_within(id, thread, ask, us);
                        thread.frames.push(Frame::Run(run));
                        return;
                    }
                },
                Flow::Read | Flow::Line => {
                    let whole_line = next == Flow::Line;
                    match self.read(&run.fds[0], whole_line) {
                        Some(bytes) if bytes.is_empty() => {
                            self.resume_tool(&mut run, &mut thread.env, Event::Eof);
                        }
                        Some(bytes) => {
                            self.resume_tool(&mut run, &mut thread.env, Event::Stdin(bytes));
                        }
                        None => {
                            thread.wait = if whole_line { Wait::Line } else { Wait::Stdin };
                            thread.frames.push(Frame::Run(run));
                            return;
                        }
                    }
                }
                Flow::Unread { rest, then } => {
                    self.unread(&run.fds[0], rest);
                    run.next = Next::Flow(*then);
                }
                Flow::Exit(status) => {
                    self.finish(thread, *run, status);
                    return;
                }
                Flow::Clear => {
                    self.steps.push(Step::Clear);
                    run.next = Next::Flow(Flow::Exit(0));
                }
                Flow::Eval(text) => {
                    let fds = run.fds.clone();
                    self.finish(thread, *run, 0);
                    self.eval(thread, &text, fds);
                    return;
                }
            }
        }
    }

    /// Runs a text in place, with the streams of the command that asked for it.
    fn eval(&mut self, thread: &mut Thread, text: &str, fds: Fds) {
        match super::parse::parse(text) {
            Ok(list) => {
                let saved = std::mem::replace(&mut thread.fds, fds);
                thread.frames.push(Frame::Restore(saved));
                thread.frames.push(Frame::List { list: Rc::new(list), at: 0, condition: false });
            }
            Err(error) => {
                let message = super::shell::syntax_error(&thread.env, &error, text);
                self.write_error(thread, message);
                thread.env.status = 2;
            }
        }
    }

    /// Hands pending output on. False when it has to wait for room.
    fn flush(&mut self, id: u32, thread: &mut Thread, run: &mut Run) -> bool {
        if run.writing {
            run.writing = false;
            if let Some(Answer::File(FileAnswer::Failed(error))) = thread.answer.take() {
                let name = run.words.first().map_or("", String::as_str);
                // the shell's own commands speak with its name before theirs
                let own = super::builtin::NAMES.contains(&name);
                let prefix = if own { thread.env.prefix() } else { String::new() };
                let text = format!("{prefix}{name}: write error: {error}\n").into_bytes();
                run.stderr.extend(&text);
                self.write_now(&run.fds[2].clone(), text);
                if !matches!(run.prog, Prog::Child { .. }) {
                    run.next = Next::Flow(Flow::Exit(1));
                }
            }
        }
        while let Some((stream, mut bytes)) = run.pending.pop_front() {
            let fd = run.fds.get(usize::from(stream)).cloned().unwrap_or(Fd::Null);
            match fd {
                Fd::Stdout => self.steps.push(Step::Out(bytes)),
                Fd::Stderr => self.steps.push(Step::Err(bytes)),
                Fd::PipeOut(pipe) if !self.has_readers(pipe) => self.broken_pipe(run),
                Fd::PipeOut(pipe) => {
                    if let Some(queue) = self.pipes.get_mut(&pipe) {
                        queue.write(&mut bytes);
                    }
                    if !bytes.is_empty() {
                        run.pending.push_front((stream, bytes));
                        thread.wait = Wait::Room(pipe);
                        return false;
                    }
                }
                Fd::File(path) => {
                    let ask = super::place::FileAsk::Write { path, bytes, append: true };
                    self.ask(id, thread, Ask::File(ask));
                    run.writing = true;
                    run.changed = true;
                    return false;
                }
                Fd::Stdin | Fd::PipeIn(_) | Fd::Null => {}
            }
        }
        true
    }

    fn broken_pipe(&mut self, run: &mut Run) {
        match &mut run.prog {
            Prog::Child { ticket, broken, .. } => {
                if !*broken {
                    self.steps.push(Step::BrokenPipe(*ticket));
                }
                *broken = true;
            }
            Prog::Starting | Prog::Tool(_) => {
                run.pending.clear();
                run.next = Next::Flow(Flow::Exit(141));
            }
        }
    }

    /// Bytes for a program: empty at the end, `None` when it has to wait.
    fn read(&mut self, fd: &Fd, line: bool) -> Option<Vec<u8>> {
        let (open, pipe) = match fd {
            Fd::Stdin => (self.stdin_open, Some(&mut self.stdin)),
            Fd::PipeIn(id) => {
                let open = self.has_writers(*id);
                (open, self.pipes.get_mut(id))
            }
            Fd::Stdout | Fd::Stderr | Fd::PipeOut(_) | Fd::File(_) | Fd::Null => (false, None),
        };
        let Some(pipe) = pipe else { return Some(Vec::new()) };
        if line {
            match pipe.read_line(!open) {
                Some(bytes) => Some(bytes),
                None => (!open).then(Vec::new),
            }
        } else if pipe.is_empty() && open {
            None
        } else {
            Some(pipe.read())
        }
    }

    fn unread(&mut self, fd: &Fd, bytes: Vec<u8>) {
        match fd {
            Fd::Stdin => self.stdin.unread(bytes),
            Fd::PipeIn(id) => {
                if let Some(pipe) = self.pipes.get_mut(id) {
                    pipe.unread(bytes);
                }
            }
            Fd::Stdout | Fd::Stderr | Fd::PipeOut(_) | Fd::File(_) | Fd::Null => {}
        }
    }

    /// Deals with one event of a program of the host, or feeds it. False when there is nothing.
    fn child(&mut self, thread: &mut Thread, run: &mut Run) -> bool {
        match thread.events.pop_front() {
            Some(Child::Out(bytes)) => run.take(bytes, Vec::new()),
            Some(Child::Err(bytes)) => run.take(Vec::new(), bytes),
            Some(Child::Exit(status)) => run.next = Next::Flow(Flow::Exit(status)),
            Some(Child::NotFound) => {
                let text = not_found(&thread.env, run.words.first().map_or("", String::as_str));
                run.take(Vec::new(), text.into_bytes());
                run.prog = Prog::Starting;
                run.next = Next::Flow(Flow::Exit(127));
            }
            None => {
                let Prog::Child { ticket, fed: false, .. } = run.prog else { return false };
                match self.read(&run.fds[0], false) {
                    None => return false,
                    Some(bytes) if bytes.is_empty() => {
                        self.steps.push(Step::FeedEof(ticket));
                        if let Prog::Child { fed, .. } = &mut run.prog {
                            *fed = true;
                        }
                    }
                    Some(bytes) => self.steps.push(Step::Feed(ticket, bytes)),
                }
            }
        }
        true
    }

    fn answered(&mut self, id: u32, thread: &mut Thread, run: &mut Run, answer: Answer) {
        if matches!(run.prog, Prog::Starting) {
            self.find_program(id, thread, run);
        } else {
            self.resume_tool(run, &mut thread.env, Event::Answer(answer));
        }
    }

    /// The starting cost is paid: which program is it?
    fn find_program(&mut self, id: u32, thread: &mut Thread, run: &mut Run) {
        if let Some(flow) = self.builtin(id, thread, run) {
            run.next = Next::Flow(flow);
            return;
        }
        // `command x`, `time x`: the words may have changed
        let name = run.words.first().cloned().unwrap_or_default();
        if !self.options.without.contains(&name)
            && let Some(tool) = Tool::find(&name)
        {
            run.prog = Prog::Tool(Box::new(tool));
            self.resume_tool(run, &mut thread.env, Event::Start);
            return;
        }
        let ticket = Ticket(self.new_id());
        self.own(ticket, id);
        let inherits_stdin = run.fds[0] == Fd::Stdin;
        run.prog = Prog::Child { ticket, fed: inherits_stdin, broken: false };
        run.next = Next::Events;
        self.steps.push(Step::Exec(
            ticket,
            Box::new(Exec {
                argv: run.words.clone(),
                vars: thread.env.exported(),
                cwd: thread.env.cwd.clone(),
                inherits_stdin,
                inherits_stdout: run.fds[1] == Fd::Stdout,
                inherits_stderr: run.fds[2] == Fd::Stderr || run.fds[2] == Fd::Stdout,
                background: thread.job.is_some() && thread.job != self.foreground,
            }),
        ));
    }

    /// One resumption of a tool.
    pub(crate) fn resume_tool(&self, run: &mut Run, env: &mut Env, event: Event) {
        let Prog::Tool(tool) = &mut run.prog else { return };
        let mut ctx = Ctx {
            now: self.now,
            env,
            words: &run.words,
            out: Vec::new(),
            err: Vec::new(),
            stdout_tty: self.options.stdout_tty && run.fds[1] == Fd::Stdout,
            stdin_tty: self.options.stdin_tty && run.fds[0] == Fd::Stdin,
            columns: self.options.columns,
            history: &self.history,
            changed: false,
        };
        let flow = tool.resume(&mut ctx, event);
        let (out, err, changed) = (ctx.out, ctx.err, ctx.changed);
        run.changed |= changed;
        run.take(out, err);
        run.next = Next::Flow(flow);
    }

    fn finish(&mut self, thread: &mut Thread, run: Run, status: i32) {
        thread.env.status = status;
        restore(&mut thread.env, run.restore);
        if run.timed {
            let ms = self.now.since_us(run.started) / 1000;
            let (minutes, seconds, ms) = (ms / 60_000, ms / 1000 % 60, ms % 1000);
            let text =
                format!("\nreal\t{minutes}m{seconds}.{ms:03}s\nuser\t0m0.000s\nsys\t0m0.000s\n");
            self.write_now(&run.fds[2], text.into_bytes());
        }
        if !matches!(run.prog, Prog::Child { .. }) {
            self.steps.push(Step::Ran(Box::new(Ran {
                words: run.words,
                status,
                stdout: run.stdout,
                stderr: run.stderr,
                started: run.started,
                changed_files: run.changed,
            })));
        }
    }

    /// Whether this is the program of [`Mode::Program`].
    pub(crate) fn is_program(&self) -> bool {
        matches!(self.options.mode, Mode::Program(_))
    }
}

fn not_found(env: &Env, name: &str) -> String {
    match env.kind {
        Kind::Bash if name.contains('/') => {
            format!("{}{name}: No such file or directory\n", env.prefix())
        }
        Kind::Bash => format!("{}{name}: command not found\n", env.prefix()),
        Kind::Ash => format!("sh: {name}: not found\n"),
    }
}
