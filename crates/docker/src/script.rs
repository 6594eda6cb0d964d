//! A command as straight-line code over plain data.
//!
//! A [`Process`] keeps what it was started with and every answer it has had. Each resumption runs
//! the command's function again from its first line: questions already answered are answered
//! from the record, output already given is not given twice, and the first open question ends
//! the run. So a command reads like a blocking program while nothing but data waits.
//! What talks for long (progress displays, streams) is a [`Sub`] with a state of its own, one
//! entry of the record when it ends.
//!
//! **Invariant:** a command's function must take the same way for the same answers: it may read
//! [`Cx`], nothing else.

use crate::process::{Call, Env, Input, Now, Step};
use crate::sub::{Io, Sub};
use api::{ApiError, Request, Response, Timestamp};
use serde::{Deserialize, Serialize};

/// A running client command.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Process {
    argv: Vec<String>,
    env: Env,
    started: Option<Now>,
    record: Vec<Entry>,
    sub: Option<Sub>,
    calls: u32,
    stdin: Vec<u8>,
    eof: bool,
    ended: bool,
}

/// One answered question and when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Entry {
    now: Now,
    got: Got,
}

/// What a question gave.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Got {
    /// The daemon's answers, in the order of the requests.
    Answers(Vec<Result<Response, ApiError>>),
    File(Result<Vec<u8>, String>),
    Bytes(Vec<u8>),
    Timer,
    /// A sub-process ended: exit code and a text for stderr.
    End(i32, String),
}

/// Why a command's function returned early.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Stop {
    /// A question is open.
    Pending,
    /// The command is over with this status and this text on stderr (none if empty).
    Fail { code: i32, text: String },
}

/// What command functions return.
pub(crate) type Flow<T = ()> = Result<T, Stop>;

/// Ends a command with status 1.
pub(crate) fn fail<T>(text: impl Into<String>) -> Flow<T> {
    Err(Stop::Fail { code: 1, text: text.into() })
}

/// Ends a command with a status.
pub(crate) fn exit<T>(code: i32, text: impl Into<String>) -> Flow<T> {
    Err(Stop::Fail { code, text: text.into() })
}

/// The status that stands for "no daemon answered": its message needs no prefix.
pub(crate) const NO_DAEMON: u16 = 0;

/// The client's text for a daemon that is not there.
pub(crate) const CANNOT_CONNECT: &str = "Cannot connect to the Docker daemon at \
unix:///var/run/docker.sock. Is the docker daemon running?";

/// An API error as the client words it.
pub(crate) fn error_text(error: &ApiError) -> String {
    if error.status == NO_DAEMON {
        return error.message.clone();
    }
    format!("Error response from daemon: {}", error.message)
}

/// The client's text for a 404 of an object whose kind it knows.
pub(crate) fn not_found_text(error: &ApiError, kind: &str, reference: &str) -> String {
    if error.is_not_found() {
        return format!("Error: No such {kind}: {reference}");
    }
    error_text(error)
}

/// A command's view of the world while its function runs.
pub(crate) struct Cx<'a> {
    pub(crate) argv: &'a [String],
    pub(crate) env: &'a Env,
    record: &'a [Entry],
    next: usize,
    started: Now,
    live: Now,
    steps: &'a mut Vec<Step>,
    want: Option<Sub>,
}

impl Cx<'_> {
    /// The instant of the latest answer.
    pub(crate) fn now(&self) -> Timestamp {
        let at = match self.next.checked_sub(1).and_then(|k| self.record.get(k)) {
            Some(entry) => entry.now,
            None => self.started,
        };
        if self.is_live() { self.live.0 } else { at.0 }
    }

    fn is_live(&self) -> bool {
        self.next >= self.record.len()
    }

    fn step(&mut self, step: Step) {
        if self.is_live() {
            self.steps.push(step);
        }
    }

    /// Text for standard output, as it is.
    pub(crate) fn out(&mut self, text: impl AsRef<str>) {
        if !text.as_ref().is_empty() {
            self.step(Step::Out(text.as_ref().as_bytes().to_vec()));
        }
    }

    /// A line for standard output.
    pub(crate) fn line(&mut self, text: impl AsRef<str>) {
        self.out(format!("{}\n", text.as_ref()));
    }

    /// Text for standard error, as it is.
    pub(crate) fn err(&mut self, text: impl AsRef<str>) {
        if !text.as_ref().is_empty() {
            self.step(Step::Err(text.as_ref().as_bytes().to_vec()));
        }
    }

    /// A line for standard error.
    pub(crate) fn err_line(&mut self, text: impl AsRef<str>) {
        self.err(format!("{}\n", text.as_ref()));
    }

    /// Asks a question; the first time round it stays open.
    pub(crate) fn run(&mut self, sub: impl FnOnce() -> Sub) -> Flow<Got> {
        let found = self.record.get(self.next).map(|entry| entry.got.clone());
        self.next += 1;
        match found {
            Some(got) => Ok(got),
            None => {
                self.want = Some(sub());
                Err(Stop::Pending)
            }
        }
    }

    /// Several requests at once; the answers come in their order.
    pub(crate) fn ask_all(
        &mut self,
        requests: Vec<Request>,
    ) -> Flow<Vec<Result<Response, ApiError>>> {
        match self.run(|| Sub::ask(requests))? {
            Got::Answers(answers) => Ok(answers),
            Got::File(_) | Got::Bytes(_) | Got::Timer | Got::End(..) => confused(),
        }
    }

    /// One request whose refusal the command looks at itself.
    pub(crate) fn try_ask(&mut self, request: Request) -> Flow<Result<Response, ApiError>> {
        match self.ask_all(vec![request])?.pop() {
            Some(answer) => Ok(answer),
            None => confused(),
        }
    }

    /// One request; a refusal ends the command with docker's words and status 1.
    pub(crate) fn ask(&mut self, request: Request) -> Flow<Response> {
        match self.try_ask(request)? {
            Ok(response) => Ok(response),
            Err(error) => fail(error_text(&error)),
        }
    }

    /// One request about a named object; a 404 becomes `Error: No such KIND: REFERENCE`.
    pub(crate) fn ask_for(&mut self, kind: &str, name: &str, request: Request) -> Flow<Response> {
        match self.try_ask(request)? {
            Ok(response) => Ok(response),
            Err(error) => fail(not_found_text(&error, kind, name)),
        }
    }

    /// The contents of a file of the machine.
    pub(crate) fn read_file(&mut self, path: &str) -> Flow<Result<Vec<u8>, String>> {
        match self.run(|| Sub::ReadFile(path.to_owned()))? {
            Got::File(result) => Ok(result),
            Got::Answers(_) | Got::Bytes(_) | Got::Timer | Got::End(..) => confused(),
        }
    }

    /// Writes a file of the machine.
    pub(crate) fn write_file(&mut self, path: &str, bytes: Vec<u8>) -> Flow {
        match self.run(|| Sub::WriteFile(path.to_owned(), bytes))? {
            Got::File(Ok(_)) => Ok(()),
            Got::File(Err(why)) => fail(format!("open {path}: {why}")),
            Got::Answers(_) | Got::Bytes(_) | Got::Timer | Got::End(..) => confused(),
        }
    }

    /// All of standard input.
    pub(crate) fn stdin_all(&mut self) -> Flow<Vec<u8>> {
        self.bytes(|| Sub::StdinAll)
    }

    /// One line of standard input, without its end; typed hidden unless `echo`.
    pub(crate) fn stdin_line(&mut self, echo: bool) -> Flow<String> {
        let bytes = self.bytes(|| Sub::StdinLine { echo })?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn bytes(&mut self, sub: impl FnOnce() -> Sub) -> Flow<Vec<u8>> {
        match self.run(sub)? {
            Got::Bytes(bytes) => Ok(bytes),
            Got::Answers(_) | Got::File(_) | Got::Timer | Got::End(..) => confused(),
        }
    }

    /// Runs a part with a state of its own; gives its exit code and its text for stderr.
    pub(crate) fn end_of(&mut self, sub: impl FnOnce() -> Sub) -> Flow<(i32, String)> {
        match self.run(sub)? {
            Got::End(code, text) => Ok((code, text)),
            Got::Answers(_) | Got::File(_) | Got::Bytes(_) | Got::Timer => confused(),
        }
    }

    /// `WARNING! … Are you sure you want to continue? [y/N] `; anything but y is a no.
    pub(crate) fn confirm(&mut self, question: &str) -> Flow<bool> {
        self.out(format!("{question} [y/N] "));
        let answer = self.stdin_line(true)?;
        Ok(answer.eq_ignore_ascii_case("y"))
    }
}

/// An answer of another kind than the question's: the daemon is not one of ours.
pub(crate) fn confused<T>() -> Flow<T> {
    fail("Error response from daemon: unexpected answer")
}

/// Starts a command; `argv[0]` is `docker`. Nothing happens before [`Process::resume`] gets
/// [`Input::Start`].
#[must_use]
pub fn start(argv: &[String], env: Env) -> Process {
    Process {
        argv: argv.to_vec(),
        env,
        started: None,
        record: Vec::new(),
        sub: None,
        calls: 0,
        stdin: Vec::new(),
        eof: false,
        ended: false,
    }
}

impl Process {
    /// The words the command was started with.
    #[must_use]
    pub fn argv(&self) -> &[String] {
        &self.argv
    }

    /// Whether [`Step::Exit`] was given.
    #[must_use]
    pub const fn ended(&self) -> bool {
        self.ended
    }

    /// Goes on with an input; the steps are to be carried out in order.
    pub fn resume(&mut self, now: Now, input: Input) -> Vec<Step> {
        let mut steps = Vec::new();
        if self.ended {
            return steps;
        }
        match &input {
            Input::Start => self.started = Some(now),
            Input::Stdin(bytes) => self.stdin.extend_from_slice(bytes),
            Input::Eof => self.eof = true,
            Input::Resize(columns) => self.env.columns = *columns,
            Input::BrokenPipe => {
                self.quit(141, &mut steps);
                return steps;
            }
            Input::Answer(..)
            | Input::Item(..)
            | Input::NoDaemon(_)
            | Input::File(_)
            | Input::Timer
            | Input::Interrupt => {}
        }
        let got = match &mut self.sub {
            None => None,
            Some(sub) => {
                let mut io = Io {
                    now: now.0,
                    env: &self.env,
                    calls: &mut self.calls,
                    stdin: &mut self.stdin,
                    eof: self.eof,
                    steps: &mut steps,
                };
                if input == Input::Interrupt && !sub.on_interrupt(&mut io) {
                    self.quit(130, &mut steps);
                    return steps;
                }
                sub.resume(&input, &mut io)
            }
        };
        if let Some(got) = got {
            self.record.push(Entry { now, got });
            self.advance(now, &mut steps);
        } else if input == Input::Start {
            self.advance(now, &mut steps);
        }
        steps
    }

    /// Runs the command's function until it asks what is not yet known.
    fn advance(&mut self, now: Now, steps: &mut Vec<Step>) {
        loop {
            self.sub = None;
            let mut cx = Cx {
                argv: &self.argv,
                env: &self.env,
                record: &self.record,
                next: 0,
                started: self.started.unwrap_or(now),
                live: now,
                steps,
                want: None,
            };
            let result = crate::command::main(&mut cx);
            let want = cx.want.take();
            match result {
                Ok(()) => return self.end(0, "", steps),
                Err(Stop::Fail { code, text }) => return self.end(code, &text, steps),
                Err(Stop::Pending) => {
                    let Some(mut sub) = want else {
                        return self.end(1, "", steps);
                    };
                    let mut io = Io {
                        now: now.0,
                        env: &self.env,
                        calls: &mut self.calls,
                        stdin: &mut self.stdin,
                        eof: self.eof,
                        steps,
                    };
                    let got = sub.start(&mut io);
                    self.sub = Some(sub);
                    match got {
                        Some(got) => self.record.push(Entry { now, got }),
                        None => return,
                    }
                }
            }
        }
    }

    fn end(&mut self, code: i32, text: &str, steps: &mut Vec<Step>) {
        if !text.is_empty() {
            steps.push(Step::Err(format!("{text}\n").into_bytes()));
        }
        self.quit(code, steps);
    }

    fn quit(&mut self, code: i32, steps: &mut Vec<Step>) {
        if let Some(sub) = self.sub.take() {
            steps.extend(sub.open_calls().into_iter().map(Step::Cancel));
            if sub.is_raw() {
                steps.push(Step::Raw(false));
            }
            if sub.is_screen() {
                steps.push(Step::Screen(None));
            }
        }
        self.record.clear();
        self.ended = true;
        steps.push(Step::Exit(code));
    }
}

/// Numbers calls within a process.
pub(crate) fn next_call(calls: &mut u32) -> Call {
    *calls += 1;
    Call(*calls)
}
