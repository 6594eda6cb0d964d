//! The display that waits until a service has converged
//! (`cli/command/service/progress/progress.go`).
//!
//! Polls every 200 ms: the service, its up-to-date tasks, the nodes. On a terminal the lines are
//! redrawn in place; into a pipe each line without a bar is printed anew.

use super::updaters::Updater;
use crate::process::{Call, Input, Step};
use crate::script::{Got, error_text};
use crate::sub::{Io, answer_of};
use api::{
    ApiError, Filters, NodeId, NodeState, Request, Response, SECOND_NS, Service, Task, Timestamp,
    UpdateState,
};
use serde::{Deserialize, Serialize};
use share::Rc;
use std::collections::BTreeSet;

/// Between two polls.
const POLL_MS: u64 = 200;
/// What the three questions of a poll take (the recorded repaints are 203 ms apart).
const ASKED_MS: u64 = 3;

/// One line of the display.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Line {
    pub(crate) id: String,
    pub(crate) action: String,
    /// How full the bar is, of how much; absent: no bar.
    pub(crate) bar: Option<(u64, u64)>,
}

impl Line {
    pub(crate) fn new(id: impl Into<String>, action: impl Into<String>) -> Self {
        Self { id: id.into(), action: action.into(), bar: None }
    }

    pub(crate) fn with_bar(mut self, current: u64, total: u64) -> Self {
        self.bar = Some((current, total));
        self
    }

    /// The bar is 50 wide and needs a terminal of more than 110 columns.
    fn shown(&self, columns: u32) -> String {
        let bar = match self.bar {
            Some((current, total)) if columns > 110 && total > 0 => {
                let filled = usize::try_from((current * 100 / total / 2).min(50)).unwrap_or(50);
                format!("[{}>{}] ", "=".repeat(filled), " ".repeat(50 - filled))
            }
            Some(_) | None => String::new(),
        };
        format!("{}: {} {bar}", self.id, self.action)
    }
}

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Phase {
    Service(Call),
    Tasks(Call),
    Nodes(Call),
    Sleeping,
}

/// A wait for convergence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Converge {
    service: String,
    quiet: bool,
    phase: Option<Phase>,
    lines: Vec<Line>,
    drawn: Vec<String>,
    updater: Option<Updater>,
    current: Option<Rc<Service>>,
    tasks: Vec<Rc<Task>>,
    converged: bool,
    converged_at: Option<Timestamp>,
    rollback: bool,
    closing: Option<Line>,
    interrupted: bool,
    /// When the last poll was over.
    polled: Timestamp,
}

impl Converge {
    /// Waits for a service by id (or the reference the user gave).
    pub(crate) fn new(service: impl Into<String>, quiet: bool) -> Self {
        Self {
            service: service.into(),
            quiet,
            phase: None,
            lines: Vec::new(),
            drawn: Vec::new(),
            updater: None,
            current: None,
            tasks: Vec::new(),
            converged: false,
            converged_at: None,
            rollback: false,
            closing: None,
            interrupted: false,
            polled: Timestamp(0),
        }
    }

    pub(crate) fn start(&mut self, io: &mut Io<'_>) -> Option<Got> {
        let request =
            Request::ServiceInspect { service: self.service.clone(), insert_defaults: false };
        self.phase = Some(Phase::Service(io.ask(request)));
        None
    }

    pub(crate) fn open_calls(&self) -> Vec<Call> {
        match self.phase {
            Some(Phase::Service(call) | Phase::Tasks(call) | Phase::Nodes(call)) => vec![call],
            Some(Phase::Sleeping) | None => Vec::new(),
        }
    }

    pub(crate) fn resume(&mut self, input: &Input, io: &mut Io<'_>) -> Option<Got> {
        if *input == Input::Interrupt {
            self.interrupted = true;
        }
        let got = match self.phase {
            Some(Phase::Sleeping) => match input {
                // the next poll is under way: it is shown before the signal is looked at
                Input::Interrupt if io.now.since_us(self.polled) >= POLL_MS * 1_000 => None,
                Input::Interrupt => self.detach(io),
                Input::Timer => self.start(io),
                _ => None,
            },
            Some(Phase::Service(call) | Phase::Tasks(call) | Phase::Nodes(call)) => {
                match answer_of(input) {
                    Some((which, answer)) if which == call => self.answered(answer, io),
                    Some(_) | None => None,
                }
            }
            None => None,
        };
        self.draw(io);
        if got.is_some() && !self.drawn.is_empty() {
            // ends the block: what is drawn next stands below it
            io.steps.push(Step::Out(Vec::new()));
        }
        got
    }

    /// Ctrl+C: the service goes on without us.
    fn detach(&mut self, io: &mut Io<'_>) -> Option<Got> {
        self.draw(io);
        if !self.converged && !self.quiet {
            io.out("Operation continuing in background.\n");
            io.out(format!("Use `docker service ps {}` to check progress.\n", self.service));
        }
        Some(Got::End(0, String::new()))
    }

    fn answered(&mut self, answer: Result<Response, ApiError>, io: &mut Io<'_>) -> Option<Got> {
        let response = match answer {
            Ok(response) => response,
            Err(error) => return Some(Got::End(1, error_text(&error))),
        };
        match (self.phase, response) {
            (Some(Phase::Service(_)), Response::Service(service)) => {
                let end = self.on_service(&service, io.now);
                self.current = Some(service);
                if end.is_some() {
                    return end;
                }
                let filters = Filters::from([
                    ("service".to_owned(), BTreeSet::from([self.service.clone()])),
                    ("_up-to-date".to_owned(), BTreeSet::from(["true".to_owned()])),
                ]);
                self.phase = Some(Phase::Tasks(io.ask(Request::TaskList { filters })));
                None
            }
            (Some(Phase::Tasks(_)), Response::Tasks(tasks)) => {
                self.tasks = tasks;
                let request = Request::NodeList { filters: Filters::new() };
                self.phase = Some(Phase::Nodes(io.ask(request)));
                None
            }
            (Some(Phase::Nodes(_)), Response::Nodes(nodes)) => {
                let active: BTreeSet<NodeId> = nodes
                    .iter()
                    .filter(|node| node.status.state != NodeState::Down)
                    .map(|node| node.id)
                    .collect();
                self.on_poll(&active, io)
            }
            _ => Some(Got::End(1, "Error response from daemon: unexpected answer".to_owned())),
        }
    }

    /// The monitor time in microseconds.
    fn monitor_us(service: &Service) -> u64 {
        let monitor = service.spec.update.as_ref().and_then(|update| update.monitor_ns);
        let ns = monitor.filter(|ns| *ns != 0).unwrap_or(5 * SECOND_NS);
        u64::try_from(ns / 1000).unwrap_or(0)
    }

    fn on_service(&mut self, service: &Service, now: Timestamp) -> Option<Got> {
        if self.updater.is_none() {
            self.updater = Some(Updater::new(service));
        }
        if let Some(status) = &service.update_status {
            let paused = |what: &str| {
                Some(Got::End(1, format!("service {what} paused: {}", status.message)))
            };
            match status.state {
                UpdateState::Updating => self.rollback = false,
                UpdateState::Completed if !self.converged => {
                    return Some(Got::End(0, String::new()));
                }
                UpdateState::Completed => {}
                UpdateState::Paused => return paused("update"),
                UpdateState::RollbackPaused => return paused("rollback"),
                UpdateState::RollbackStarted => {
                    if !self.rollback && !status.message.is_empty() {
                        self.put(Line::new("rollback", status.message.clone()));
                    }
                    self.rollback = true;
                }
                UpdateState::RollbackCompleted => {
                    if !self.converged {
                        self.closing = Some(Line::new("rollback", status.message.clone()));
                    }
                    self.rollback = true;
                }
            }
        }
        let since = self.converged_at.map(|at| now.since_us(at));
        if self.converged && since.is_some_and(|us| us >= Self::monitor_us(service)) {
            self.put(Line::new("verify", "Service converged"));
            if let Some(line) = self.closing.take() {
                self.put(line);
            }
            return Some(Got::End(0, String::new()));
        }
        None
    }

    fn on_poll(&mut self, active: &BTreeSet<NodeId>, io: &mut Io<'_>) -> Option<Got> {
        let (Some(service), Some(mut updater)) = (self.current.clone(), self.updater.take()) else {
            return Some(Got::End(1, String::new()));
        };
        let (lines, converged) = updater.update(&service, &self.tasks, active, self.rollback);
        for line in lines {
            self.put(line);
        }
        let is_job = updater.is_job();
        self.updater = Some(updater);
        self.converged = converged;
        if converged && is_job {
            self.draw(io);
            if !self.quiet {
                io.out("job complete\n");
            }
            return Some(Got::End(0, String::new()));
        }
        if converged {
            let at = *self.converged_at.get_or_insert(io.now);
            let elapsed = io.now.since_us(at);
            if let Some(wait) = Self::monitor_us(&service).checked_sub(elapsed) {
                // no time at all never passes between two looks at a clock
                let seconds = wait.saturating_sub(1) / 1_000_000 + 1;
                self.put(Line::new(
                    "verify",
                    format!("Waiting {seconds} seconds to verify that tasks are stable..."),
                ));
            }
        } else if self.converged_at.take().is_some() {
            self.put(Line::new("verify", "Detected task failure"));
        }
        if self.interrupted {
            return self.detach(io);
        }
        self.phase = Some(Phase::Sleeping);
        self.polled = io.now;
        io.steps.push(Step::Sleep(POLL_MS + ASKED_MS));
        None
    }

    /// A line's new text: in place on a terminal, appended for a pipe.
    fn put(&mut self, line: Line) {
        self.lines.push(line);
    }

    /// Hands the lines put since the last time to the terminal or the pipe.
    fn draw(&mut self, io: &mut Io<'_>) {
        let lines = std::mem::take(&mut self.lines);
        if self.quiet || lines.is_empty() {
            return;
        }
        if !io.env.stdout_tty {
            let text: String = lines
                .iter()
                .filter(|line| line.bar.is_none())
                .map(|line| format!("{}: {}\n", line.id, line.action))
                .collect();
            return io.out(text);
        }
        for line in lines {
            let text = line.shown(io.env.columns);
            let head = format!("{}: ", line.id);
            let slot = self.drawn.iter_mut().find(|old| old.starts_with(&head));
            match slot {
                Some(slot) => *slot = text,
                None => self.drawn.push(text),
            }
        }
        // each poll paints anew: what the terminal echoed below it is then overwritten
        io.steps.push(Step::Redraw(self.drawn.clone()));
    }
}
