//! Simple docker lines straight on the lab, without a shell.

use crate::compare::Shown;
use api::Timestamp;
use docker::process::{Call, Env, Input, Now, Step};
use lab::{Answer, CallId, Lab, LabConfig, Machine};
use shell::{DeskInput, FinishedLine, TerminalView};
use std::collections::{BTreeMap, VecDeque};

#[derive(Clone)]
struct Job {
    process: docker::Process,
    calls: BTreeMap<CallId, Call>,
    text: String,
    block: usize,
    timer: Option<Timestamp>,
    inputs: VecDeque<Input>,
    exit: Option<i32>,
    started: Timestamp,
    line: String,
    raw: bool,
}

/// Stands in for the desk.
#[derive(Clone)]
pub struct Desk {
    lab: Lab,
    jobs: BTreeMap<String, Job>,
    waiting: BTreeMap<String, VecDeque<String>>,
    done: Vec<FinishedLine>,
    view: TerminalView,
}

fn words(line: &str) -> Vec<String> {
    let (mut out, mut cur, mut any) = (Vec::new(), String::new(), false);
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\'' => {
                any = true;
                for d in chars.by_ref() {
                    if d == '\'' {
                        break;
                    }
                    cur.push(d);
                }
            }
            '"' => {
                any = true;
                while let Some(d) = chars.next() {
                    match d {
                        '"' => break,
                        '\\' => {
                            if let Some(n) = chars.next() {
                                if !"\"\\$`".contains(n) {
                                    cur.push('\\');
                                }
                                cur.push(n);
                            }
                        }
                        d => cur.push(d),
                    }
                }
            }
            '\\' => {
                if let Some(n) = chars.next() {
                    any = true;
                    cur.push(n);
                }
            }
            ' ' | '\t' => {
                if any || !cur.is_empty() {
                    out.push(std::mem::take(&mut cur));
                    any = false;
                }
            }
            c => cur.push(c),
        }
    }
    if any || !cur.is_empty() {
        out.push(cur);
    }
    out
}

impl Desk {
    pub fn new(config: LabConfig) -> Self {
        Self {
            lab: Lab::new(config),
            jobs: BTreeMap::new(),
            waiting: BTreeMap::new(),
            done: Vec::new(),
            view: TerminalView::default(),
        }
    }
    pub fn lab(&self) -> &Lab {
        &self.lab
    }
    pub fn lab_mut(&mut self) -> &mut Lab {
        &mut self.lab
    }
    pub fn now(&self) -> Timestamp {
        self.lab.now()
    }
    pub fn view(&self) -> &lab::View {
        self.lab.view()
    }
    pub fn busy(&self, m: &str) -> bool {
        self.jobs.contains_key(m)
    }
    pub fn take_lines(&mut self) -> Vec<FinishedLine> {
        std::mem::take(&mut self.done)
    }
    pub fn take_finished(&mut self) {}
    pub fn take_events(&mut self) {}
    pub fn terminal(&self, m: &str) -> Option<&TerminalView> {
        let _ = m;
        Some(&self.view)
    }
    pub fn screen(&self, m: &str) -> String {
        self.jobs.get(m).map(|j| j.text.clone()).unwrap_or_default()
    }

    pub fn input(&mut self, input: DeskInput) {
        match input {
            DeskInput::Line { machine, line } => {
                if self.busy(&machine) {
                    self.waiting.entry(machine).or_default().push_back(line);
                } else {
                    self.start(&machine, &line);
                }
            }
            DeskInput::Interrupt { machine } => {
                if let Some(j) = self.jobs.get_mut(&machine) {
                    j.inputs.push_back(Input::Interrupt);
                }
            }
            DeskInput::Text { machine, text } => {
                if let Some(j) = self.jobs.get_mut(&machine) {
                    j.inputs.push_back(Input::Stdin(text.into_bytes()));
                }
            }
            DeskInput::Eof { machine } => {
                if let Some(j) = self.jobs.get_mut(&machine) {
                    j.inputs.push_back(Input::Eof);
                }
            }
            DeskInput::Fault(f) => {
                let _ = self.lab.fault(&f);
            }
            DeskInput::PutFile { machine, path, content } => {
                let now = self.lab.now();
                if let Some(m) = self.lab.machine(&machine)
                    && let Some(f) = self.lab.files_mut(m)
                {
                    if let Some((dir, _)) = path.rsplit_once('/') {
                        let _ = f.mkdir_all(dir, now);
                    }
                    let _ = f.write(&path, content, now);
                }
            }
            _ => {}
        }
        self.pump();
    }

    fn finish(&mut self, machine: &str, line: &str, shown: Shown, started: Timestamp) {
        self.done.push(FinishedLine {
            terminal: machine.into(),
            machine: machine.into(),
            line: line.into(),
            exit: shown.exit,
            screen: shown.screen,
            started,
            ended: self.lab.now(),
        });
    }

    fn start(&mut self, machine: &str, line: &str) {
        let argv = words(line);
        let now = self.lab.now();
        let plain = !line.contains('|')
            && !line.contains("$(")
            && !line.contains(';')
            && !line.contains('>')
            && !line.contains('<')
            && !line.contains('&')
            && !line.contains('`');
        if argv.first().map(String::as_str) != Some("docker") || !plain {
            self.finish(machine, line, Shown { screen: "(no shell)".into(), exit: 127 }, now);
            return;
        }
        let env = Env {
            vars: BTreeMap::new(),
            columns: 200,
            stdin_tty: true,
            stdout_tty: true,
            stderr_tty: true,
            host: machine.into(),
            cwd: "/root".into(),
        };
        let process = docker::start(&argv, env);
        let job = Job {
            process,
            calls: BTreeMap::new(),
            text: String::new(),
            block: 0,
            timer: None,
            inputs: VecDeque::from([Input::Start]),
            exit: None,
            started: now,
            line: line.into(),
            raw: false,
        };
        self.jobs.insert(machine.into(), job);
    }

    fn pump(&mut self) {
        loop {
            for (id, answer) in self.lab.take_answers() {
                for job in self.jobs.values_mut() {
                    if let Some(call) = job.calls.get(&id).copied() {
                        job.inputs.push_back(match answer.clone() {
                            Answer::Item(item) => Input::Item(call, item),
                            Answer::Done(r) => Input::Answer(call, r),
                            Answer::NoDaemon => Input::NoDaemon(call),
                        });
                    }
                }
            }
            let now = self.lab.now();
            let next = self.jobs.iter_mut().find_map(|(m, j)| {
                if j.timer.is_some_and(|t| t <= now) {
                    j.timer = None;
                    j.inputs.push_back(Input::Timer);
                }
                j.inputs.pop_front().map(|i| (m.clone(), i))
            });
            let Some((machine, input)) = next else { return };
            let Some(job) = self.jobs.get_mut(&machine) else { return };
            let steps = job.process.resume(Now(now), input);
            for step in steps {
                self.step_of(&machine, step);
            }
            if self.jobs.get(&machine).is_some_and(|j| j.exit.is_some())
                && let Some(j) = self.jobs.remove(&machine)
            {
                for id in j.calls.keys() {
                    self.lab.cancel(*id);
                }
                let shown = Shown {
                    screen: j.text.trim_end_matches('\n').replace("\r\n", "\n"),
                    exit: j.exit.unwrap_or(0),
                };
                self.finish(&machine, &j.line, shown, j.started);
                if let Some(line) = self.waiting.get_mut(&machine).and_then(VecDeque::pop_front) {
                    self.start(&machine, &line);
                }
            }
        }
    }

    fn step_of(&mut self, machine: &str, step: Step) {
        let now = self.lab.now();
        let m = self.lab.machine(machine).unwrap_or(Machine(0));
        match step {
            Step::Ask(call, request) | Step::Follow(call, request) => {
                let id = self.lab.call(m, request);
                if let Some(j) = self.jobs.get_mut(machine) {
                    j.calls.insert(id, call);
                }
            }
            Step::Send(call, bytes) => {
                let id = self
                    .jobs
                    .get(machine)
                    .and_then(|j| j.calls.iter().find(|(_, c)| **c == call).map(|(i, _)| *i));
                if let Some(id) = id {
                    self.lab.send(id, bytes);
                }
            }
            Step::Cancel(call) => {
                let id = self
                    .jobs
                    .get(machine)
                    .and_then(|j| j.calls.iter().find(|(_, c)| **c == call).map(|(i, _)| *i));
                if let Some(id) = id {
                    self.lab.cancel(id);
                    if let Some(j) = self.jobs.get_mut(machine) {
                        j.calls.remove(&id);
                    }
                }
            }
            Step::ReadFile(path) => {
                let path = if path.starts_with('/') { path } else { format!("/root/{path}") };
                let r = self
                    .lab
                    .files(m)
                    .map(|f| f.read(&path))
                    .map(|r| r.map(|b| b.to_vec()).map_err(|e| e.go_text()));
                if let (Some(j), Some(r)) = (self.jobs.get_mut(machine), r) {
                    j.inputs.push_back(Input::File(r));
                }
            }
            Step::WriteFile(path, bytes) => {
                let path = if path.starts_with('/') { path } else { format!("/root/{path}") };
                let r = self.lab.files_mut(m).map(|f| {
                    f.write(&path, bytes, now).map(|()| Vec::new()).map_err(|e| e.go_text())
                });
                if let (Some(j), Some(r)) = (self.jobs.get_mut(machine), r) {
                    j.inputs.push_back(Input::File(r));
                }
            }
            Step::Sleep(ms) => {
                if let Some(j) = self.jobs.get_mut(machine) {
                    j.timer = Some(Timestamp(now.0 + ms * 1000));
                }
            }
            Step::Out(b) | Step::Err(b) => {
                if let Some(j) = self.jobs.get_mut(machine) {
                    j.text.push_str(&String::from_utf8_lossy(&b));
                    j.block = 0;
                }
            }
            Step::Redraw(lines) => {
                if let Some(j) = self.jobs.get_mut(machine) {
                    let cut = j.text.len() - j.block;
                    j.text.truncate(cut);
                    let new: String = lines.iter().map(|l| format!("{l}\n")).collect();
                    j.block = new.len();
                    j.text.push_str(&new);
                }
            }
            Step::Screen(s) => {
                if let (Some(j), Some(s)) = (self.jobs.get_mut(machine), s) {
                    j.text = s.join("\n");
                }
            }
            Step::ReadLine { .. } => {}
            Step::Raw(r) => {
                if let Some(j) = self.jobs.get_mut(machine) {
                    j.raw = r;
                }
            }
            Step::Exit(code) => {
                if let Some(j) = self.jobs.get_mut(machine) {
                    j.exit = Some(code);
                }
            }
        }
    }

    pub fn step(&mut self, until: Timestamp) -> bool {
        let timer = self.jobs.values().filter_map(|j| j.timer).min();
        let stop = timer.map_or(until, |t| t.min(until));
        let due = self.lab.next_event().is_some_and(|t| t <= stop);
        self.lab.step(stop);
        let fired = timer.is_some_and(|t| t <= self.lab.now());
        self.pump();
        due || (fired && stop < until) || (fired && stop == until && timer == Some(until))
    }
}
