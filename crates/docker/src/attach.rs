//! A program's streams on this terminal: `run`, `start -a`, `attach`, `exec`.
//!
//! The stream is opened before the container starts, so nothing is missed. With a terminal of its
//! own on both sides the keys go over as bytes and Ctrl+P Ctrl+Q detaches; otherwise Ctrl+C is
//! handed on as a signal.

use crate::process::{Call, Input, Step};
use crate::script::{Got, error_text};
use crate::sub::{Io, answer_of};
use api::{ApiError, Item, Request, Response};
use serde::{Deserialize, Serialize};

/// Ctrl+P, Ctrl+Q.
const DETACH_KEYS: [u8; 2] = [16, 17];

/// An attached program.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Attach {
    /// Opens the stream.
    open: Request,
    /// Starts what is attached to, if it does not run yet.
    start: Option<Request>,
    /// Tells the exit status; without it the stream's own end does.
    wait: Option<Request>,
    /// Signals go there.
    container: String,
    tty: bool,
    stdin: bool,
    proxy: bool,
    /// A failed start waits for the removal.
    auto_remove: bool,
    stream: Option<Call>,
    starting: Option<Call>,
    waiting: Option<Call>,
    status: Option<(i32, String)>,
    failed: Option<ApiError>,
    raw: bool,
    eof_sent: bool,
    typed: Vec<u8>,
}

impl Attach {
    /// Attaches with `open`; see the fields for the rest.
    pub(crate) fn new(container: &str, open: Request) -> Self {
        Self {
            open,
            start: None,
            wait: None,
            container: container.to_owned(),
            tty: false,
            stdin: false,
            proxy: false,
            auto_remove: false,
            stream: None,
            starting: None,
            waiting: None,
            status: None,
            failed: None,
            raw: false,
            eof_sent: false,
            typed: Vec::new(),
        }
    }

    /// Starts the container once attached.
    pub(crate) fn starting(mut self, auto_remove: bool) -> Self {
        self.start = Some(Request::ContainerStart { container: self.container.clone() });
        self.auto_remove = auto_remove;
        self
    }

    /// Waits for the container's status.
    pub(crate) fn waiting(mut self, condition: &str) -> Self {
        self.wait = Some(Request::ContainerWait {
            container: self.container.clone(),
            condition: condition.to_owned(),
        });
        self
    }

    /// What is between the two ends: a terminal, an input, signals handed on.
    pub(crate) fn with(mut self, tty: bool, stdin: bool, proxy: bool) -> Self {
        self.tty = tty;
        self.stdin = stdin;
        self.proxy = proxy && !tty;
        self
    }

    pub(crate) const fn is_raw(&self) -> bool {
        self.raw
    }

    pub(crate) fn open_calls(&self) -> Vec<Call> {
        self.stream.into_iter().chain(self.starting).chain(self.waiting).collect()
    }

    pub(crate) fn start(&mut self, io: &mut Io<'_>) -> Option<Got> {
        if self.tty && self.stdin && io.env.stdin_tty {
            self.raw = true;
            io.steps.push(Step::Raw(true));
        }
        self.stream = Some(io.follow(self.open.clone()));
        self.waiting = self.wait.clone().map(|request| io.ask(request));
        self.starting = self.start.clone().map(|request| io.ask(request));
        self.feed(io);
        None
    }

    /// Hands what was typed on; gives true when the keys say detach.
    fn feed(&mut self, io: &mut Io<'_>) -> bool {
        let Some(stream) = self.stream.filter(|_| self.stdin) else { return false };
        let bytes = std::mem::take(io.stdin);
        if self.raw {
            self.typed.extend_from_slice(&bytes);
            if self.typed.windows(2).any(|keys| keys == DETACH_KEYS) {
                return true;
            }
            let keep = usize::from(self.typed.last() == DETACH_KEYS.first());
            let ready = self.typed.len() - keep;
            let bytes: Vec<u8> = self.typed.drain(..ready).collect();
            if !bytes.is_empty() {
                io.steps.push(Step::Send(stream, bytes));
            }
            return false;
        }
        if !bytes.is_empty() {
            io.steps.push(Step::Send(stream, bytes));
        }
        if io.eof && !std::mem::replace(&mut self.eof_sent, true) {
            // no bytes: the end of input
            io.steps.push(Step::Send(stream, Vec::new()));
        }
        false
    }

    /// Ctrl+C: for the program if signals are handed on.
    pub(crate) fn on_interrupt(&mut self, io: &mut Io<'_>) -> bool {
        if !self.proxy {
            return false;
        }
        io.ask(Request::ContainerKill {
            container: self.container.clone(),
            signal: "SIGINT".to_owned(),
        });
        true
    }

    pub(crate) fn resume(&mut self, input: &Input, io: &mut Io<'_>) -> Option<Got> {
        match input {
            Input::Item(call, Item::Output { stderr, bytes }) if Some(*call) == self.stream => {
                if *stderr {
                    io.err(bytes)
                } else {
                    io.out(bytes)
                }
            }
            Input::Stdin(_) | Input::Eof if self.feed(io) => return self.end(0, "", io),
            Input::Resize(columns) if self.tty => {
                io.ask(Request::ResizeTty {
                    container: self.container.clone(),
                    columns: *columns,
                    rows: 24,
                });
            }
            _ => {}
        }
        let (call, answer) = answer_of(input)?;
        let call = Some(call);
        if call == self.stream {
            self.stream = None;
            self.on_stream_end(answer);
        } else if call == self.starting {
            self.starting = None;
            if let Err(error) = answer {
                return self.on_start_failed(error, io);
            }
        } else if call == self.waiting {
            self.waiting = None;
            self.on_status(answer);
        } else {
            return None;
        }
        self.finish(io)
    }

    fn on_stream_end(&mut self, answer: Result<Response, ApiError>) {
        match answer {
            Ok(Response::Exit { code, error }) if self.wait.is_none() => {
                self.status = Some((code, error));
            }
            Ok(_) if self.wait.is_none() => self.status = Some((0, String::new())),
            Ok(_) => {}
            Err(error) => self.failed = Some(error),
        }
    }

    fn on_status(&mut self, answer: Result<Response, ApiError>) {
        self.status = Some(match answer {
            Ok(Response::Exit { code, error }) => (code, error),
            Ok(_) => (0, String::new()),
            Err(_) if self.failed.is_some() => (125, String::new()),
            // gone before anyone could tell
            Err(error) if error.is_not_found() => (0, String::new()),
            Err(error) => (125, error_text(&error)),
        });
    }

    fn on_start_failed(&mut self, error: ApiError, io: &mut Io<'_>) -> Option<Got> {
        self.failed = Some(error);
        if self.auto_remove && self.waiting.is_some() {
            return None;
        }
        self.finish(io)
    }

    fn finish(&mut self, io: &mut Io<'_>) -> Option<Got> {
        if let Some(error) = &self.failed {
            if self.auto_remove && self.waiting.is_some() && self.start.is_some() {
                return None;
            }
            let text = error_text(error);
            return self.end(start_status(&text), &text, io);
        }
        if self.stream.is_some() || self.starting.is_some() || self.waiting.is_some() {
            return None;
        }
        let (code, text) = self.status.clone().unwrap_or_default();
        self.end(code, &text, io)
    }

    fn end(&mut self, code: i32, text: &str, io: &mut Io<'_>) -> Option<Got> {
        io.steps.extend(self.open_calls().into_iter().map(Step::Cancel));
        if std::mem::take(&mut self.raw) {
            io.steps.push(Step::Raw(false));
        }
        Some(Got::End(code, text.to_owned()))
    }
}

/// The status of a container that could not be started (`runStartContainerErr`).
pub(crate) fn start_status(error: &str) -> i32 {
    let missing = ["executable file not found", "no such file or directory"];
    if missing.iter().any(|words| error.contains(words)) {
        return 127;
    }
    if error.contains("permission denied") {
        return 126;
    }
    125
}
