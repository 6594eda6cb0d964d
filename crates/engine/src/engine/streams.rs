//! Calls that stay open: logs, attach, events, stats.

use super::{Container, Engine, Job, Key, no_such, timing};
use api::dispatch::LogLine;
use api::{
    ApiError, ContainerId, Event, Filters, Item, LogOptions, Request, Response, Stats, Timestamp,
};
use serde::{Deserialize, Serialize};

/// An open call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Stream {
    /// `docker logs -f`.
    Logs { container: ContainerId, options: LogOptions },
    /// `docker attach`, `docker run` in the foreground.
    Attach { container: ContainerId, stdin: bool },
    /// `docker events`.
    Events { since: Option<Timestamp>, filters: Filters },
    /// `docker stats`.
    Stats { container: ContainerId, once: bool },
}

impl Engine {
    #[expect(clippy::wildcard_enum_match_arm, reason = "only four requests come here")]
    pub(super) fn stream_call(
        &mut self,
        call: u64,
        req: Request,
        now: Timestamp,
    ) -> Option<Result<Response, ApiError>> {
        let result = match req {
            Request::ContainerLogs { container, options } => {
                self.logs(call, &container, options, now)
            }
            Request::ContainerAttach { container, stdin, logs } => {
                self.attach(call, &container, stdin, logs, now)
            }
            Request::ContainerStats { container, once } => self.stats(call, &container, once, now),
            Request::Events { since, until, filters } => {
                Ok(self.events_call(call, since, until, filters, now))
            }
            _ => Ok(Some(Response::Done)),
        };
        match result {
            Ok(answer) => answer.map(Ok),
            Err(error) => Some(Err(error)),
        }
    }

    fn logs(
        &mut self,
        call: u64,
        reference: &str,
        options: LogOptions,
        now: Timestamp,
    ) -> Result<Option<Response>, ApiError> {
        let id = self.find(reference)?;
        let container = self.container(id).ok_or_else(|| no_such(reference))?;
        let lines = select(&container.log, &options);
        let ends = !container.is_running() && container.busy == super::Busy::No;
        for line in lines {
            self.item(call, Item::Log(line));
        }
        if options.follow && !ends && options.until.is_none_or(|until| until > now) {
            self.streams.insert(call, Stream::Logs { container: id, options });
            return Ok(None);
        }
        Ok(Some(Response::Done))
    }

    fn attach(
        &mut self,
        call: u64,
        reference: &str,
        stdin: bool,
        logs: bool,
        now: Timestamp,
    ) -> Result<Option<Response>, ApiError> {
        let id = self.find(reference)?;
        let container = self.container(id).ok_or_else(|| no_such(reference))?;
        if logs {
            for line in container.log.as_ref().clone() {
                let bytes = format!("{}\n", line.text).into_bytes();
                self.item(call, Item::Output { stderr: line.stderr, bytes });
            }
        }
        self.streams.insert(call, Stream::Attach { container: id, stdin });
        // the client gives the terminal its own size, which a prompt takes notice of
        let key = Key::Main(id);
        if let Some(prompt) = self.process_mut(&key).and_then(|p| p.app.prompt_again()) {
            self.output(&key, false, &prompt, now);
        }
        Ok(None)
    }

    /// Calls attached to a container's main program.
    pub(super) fn attached_to(&self, id: ContainerId) -> Vec<u64> {
        let mine = |stream: &Stream| match stream {
            Stream::Attach { container, .. } => *container == id,
            Stream::Logs { .. } | Stream::Events { .. } | Stream::Stats { .. } => false,
        };
        self.streams.iter().filter(|(_, s)| mine(s)).map(|(call, _)| *call).collect()
    }

    /// The program that bytes sent to a call are for, and whether it has a terminal.
    pub(super) fn input_goes_to(&self, call: u64) -> Option<(Key, bool)> {
        if let Some(Stream::Attach { container, stdin: true }) = self.streams.get(&call) {
            let tty = self.containers.get(container)?.config.tty;
            return Some((Key::Main(*container), tty));
        }
        let (name, exec) = self.execs.iter().find(|(_, exec)| exec.call == Some(call))?;
        Some((Key::Exec(name.clone()), exec.config.tty))
    }

    /// New log lines to those who follow.
    pub(super) fn tell_lines(&mut self, id: ContainerId, lines: &[LogLine]) {
        if lines.is_empty() {
            return;
        }
        let mut told = Vec::new();
        for (call, stream) in &self.streams {
            if let Stream::Logs { container, options } = stream
                && *container == id
            {
                let wanted = lines.iter().filter(|line| side(line, options));
                told.extend(wanted.map(|line| (*call, line.clone())));
            }
        }
        for (call, line) in told {
            self.item(call, Item::Log(line));
        }
    }

    /// The container ended: those who follow it hear the end.
    pub(super) fn end_streams_of(&mut self, id: ContainerId) {
        let calls: Vec<u64> = self
            .streams
            .iter()
            .filter(|(_, stream)| match stream {
                Stream::Logs { container, .. } | Stream::Attach { container, .. } => {
                    *container == id
                }
                Stream::Events { .. } | Stream::Stats { .. } => false,
            })
            .map(|(call, _)| *call)
            .collect();
        for call in calls {
            self.done(call, Ok(Response::Done));
        }
    }

    /// Nobody waits for that call any more. A pull that nobody follows ends; a change goes on.
    pub fn cancel(&mut self, call: u64, _now: Timestamp) {
        self.streams.remove(&call);
        self.forget_pulls(call);
        for exec in self.execs.values_mut() {
            if exec.call == Some(call) {
                exec.call = None;
            }
        }
        for container in self.containers.values_mut() {
            container.waiters.retain(|waiter| {
                !matches!(waiter, super::container::Waiter::Exit(c)
                    | super::container::Waiter::Removed(c) if *c == call)
            });
        }
    }

    fn events_call(
        &mut self,
        call: u64,
        since: Option<Timestamp>,
        until: Option<Timestamp>,
        filters: Filters,
        now: Timestamp,
    ) -> Option<Response> {
        if let Some(since) = since {
            let old: Vec<Event> = self
                .events
                .iter()
                .filter(|event| event.at >= since && until.is_none_or(|until| event.at <= until))
                .filter(|event| event_fits(event, &filters))
                .cloned()
                .collect();
            for event in old {
                self.item(call, Item::Event(event));
            }
        }
        match until {
            Some(until) if until <= now => return Some(Response::Done),
            Some(until) => self.schedule(until, Job::EventsEnd { call }),
            None => {}
        }
        self.streams.insert(call, Stream::Events { since, filters });
        None
    }

    pub(super) fn tell_event(&mut self, event: &Event) {
        let calls: Vec<u64> = self
            .streams
            .iter()
            .filter(|(_, stream)| {
                matches!(stream, Stream::Events { filters, .. } if event_fits(event, filters))
            })
            .map(|(call, _)| *call)
            .collect();
        for call in calls {
            self.item(call, Item::Event(event.clone()));
        }
    }

    fn stats(
        &mut self,
        call: u64,
        reference: &str,
        once: bool,
        now: Timestamp,
    ) -> Result<Option<Response>, ApiError> {
        let id = self.find(reference)?;
        self.streams.insert(call, Stream::Stats { container: id, once });
        // the first figure needs two samples of the kernel's counters
        self.after(now, timing::STATS_US, Job::Stats { call });
        Ok(None)
    }

    pub(super) fn stats_sample(&mut self, call: u64, now: Timestamp) {
        let Some(Stream::Stats { container, once }) = self.streams.get(&call).cloned() else {
            return;
        };
        let Some(found) = self.containers.get(&container) else {
            return self.done(call, Ok(Response::Done));
        };
        let stats = sample(found, self.facts.memory_bytes);
        self.item(call, Item::Stats(Box::new(stats)));
        if once {
            self.done(call, Ok(Response::Done));
        } else {
            self.after(now, timing::STATS_US, Job::Stats { call });
        }
    }
}

/// One sample. Memory and traffic follow from what the program is and how often it was asked.
fn sample(container: &Container, machine_memory: u64) -> Stats {
    let limit = u64::try_from(container.config.host.memory_bytes).unwrap_or(0);
    let running = container.process.is_some();
    let pids = container.process.as_ref().map_or(0, |p| p.app.command_lines().len());
    let served = container.requests_served;
    Stats {
        id: container.id.to_string(),
        name: container.name.clone(),
        memory_bytes: if running { 460 * 1024 + served.min(512) * 1024 } else { 0 },
        memory_limit_bytes: if !running {
            0
        } else if limit > 0 {
            limit
        } else {
            machine_memory
        },
        net_rx_bytes: if running { 586 + served * 420 } else { 0 },
        net_tx_bytes: served * 310,
        pids: u32::try_from(pids).unwrap_or(0),
        ..Stats::default()
    }
}

fn side(line: &LogLine, options: &LogOptions) -> bool {
    if line.stderr { options.stderr } else { options.stdout }
}

/// The lines asked for, in order.
pub(crate) fn select(log: &[LogLine], options: &LogOptions) -> Vec<LogLine> {
    let mut lines: Vec<LogLine> = log
        .iter()
        .filter(|line| side(line, options))
        .filter(|line| options.since.is_none_or(|since| line.at >= since))
        .filter(|line| options.until.is_none_or(|until| line.at <= until))
        .cloned()
        .collect();
    if let Some(tail) = options.tail {
        let tail = usize::try_from(tail).unwrap_or(usize::MAX);
        lines.drain(..lines.len().saturating_sub(tail));
    }
    lines
}

/// moby `daemon/events/filter.go`. An `event` filter matches the word before a colon too.
fn event_fits(event: &Event, filters: &Filters) -> bool {
    let attribute = |key: &str| event.attributes.get(key).map(String::as_str).unwrap_or_default();
    let named = |kind: &str, value: &str| {
        let by_name = attribute("name") == value || event.actor_id.starts_with(value);
        (event.kind == kind && by_name) || (kind == "container" && attribute("container") == value)
    };
    filters.iter().all(|(key, values)| {
        values.iter().any(|value| match key.as_str() {
            "type" => event.kind == *value,
            "event" => {
                event.action == *value || event.action.split(':').next() == Some(value.as_str())
            }
            "scope" => event.scope == *value,
            "label" => match value.split_once('=') {
                Some((key, value)) => attribute(key) == value,
                None => event.attributes.contains_key(value),
            },
            "image" => {
                attribute("image").split(':').next() == value.split(':').next()
                    || named("image", value)
            }
            kind => named(kind, value),
        })
    })
}
