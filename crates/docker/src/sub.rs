//! Parts of a command that wait: a question to the daemon, a file, input, a stream, a display.

use crate::attach::Attach;
use crate::logs::Logs;
use crate::process::{Call, Env, Input, Step};
use crate::pull::Pull;
use crate::script::{CANNOT_CONNECT, Got, NO_DAEMON, next_call};
use crate::service::progress::Converge;
use crate::system::events::Events;
use api::{ApiError, Request, Response, Timestamp};
use serde::{Deserialize, Serialize};

/// What a waiting part may touch.
pub(crate) struct Io<'a> {
    pub(crate) now: Timestamp,
    pub(crate) env: &'a Env,
    pub(crate) calls: &'a mut u32,
    pub(crate) stdin: &'a mut Vec<u8>,
    pub(crate) eof: bool,
    pub(crate) steps: &'a mut Vec<Step>,
}

impl Io<'_> {
    /// Sends a request with one answer.
    pub(crate) fn ask(&mut self, request: Request) -> Call {
        let call = next_call(self.calls);
        self.steps.push(Step::Ask(call, request));
        call
    }

    /// Opens a stream.
    pub(crate) fn follow(&mut self, request: Request) -> Call {
        let call = next_call(self.calls);
        self.steps.push(Step::Follow(call, request));
        call
    }

    pub(crate) fn out(&mut self, text: impl AsRef<[u8]>) {
        if !text.as_ref().is_empty() {
            self.steps.push(Step::Out(text.as_ref().to_vec()));
        }
    }

    pub(crate) fn err(&mut self, text: impl AsRef<[u8]>) {
        if !text.as_ref().is_empty() {
            self.steps.push(Step::Err(text.as_ref().to_vec()));
        }
    }
}

/// A question in flight and, once there, its answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Asked {
    Request(Request),
    Open(Call),
    Done(Result<Response, ApiError>),
}

/// A part of a command that waits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Sub {
    Ask(Vec<Asked>),
    ReadFile(String),
    WriteFile(String, Vec<u8>),
    StdinAll,
    StdinLine { echo: bool },
    Sleep(u64),
    Pull(Box<Pull>),
    Logs(Box<Logs>),
    Attach(Box<Attach>),
    Events(Box<Events>),
    Converge(Box<Converge>),
    Top(Box<crate::container::stats::Display>),
    CaRotation(Box<crate::swarm::ca::Rotation>),
}

/// The answer an input carries for a call.
pub(crate) fn answer_of(input: &Input) -> Option<(Call, Result<Response, ApiError>)> {
    match input {
        Input::Answer(call, answer) => Some((*call, answer.clone())),
        Input::NoDaemon(call) => Some((*call, Err(ApiError::new(NO_DAEMON, CANNOT_CONNECT)))),
        Input::Start
        | Input::Item(..)
        | Input::File(_)
        | Input::Stdin(_)
        | Input::Eof
        | Input::Timer
        | Input::Interrupt
        | Input::Resize(_)
        | Input::BrokenPipe => None,
    }
}

impl Sub {
    /// Requests that go out together.
    pub(crate) fn ask(requests: Vec<Request>) -> Self {
        Self::Ask(requests.into_iter().map(Asked::Request).collect())
    }

    /// Emits the first steps; gives a result at once if nothing has to be waited for.
    pub(crate) fn start(&mut self, io: &mut Io<'_>) -> Option<Got> {
        match self {
            Self::Ask(asked) => {
                for slot in asked.iter_mut() {
                    if let Asked::Request(request) = slot {
                        *slot = Asked::Open(io.ask(request.clone()));
                    }
                }
                answers(asked)
            }
            Self::ReadFile(path) => {
                io.steps.push(Step::ReadFile(path.clone()));
                None
            }
            Self::WriteFile(path, bytes) => {
                io.steps.push(Step::WriteFile(path.clone(), std::mem::take(bytes)));
                None
            }
            Self::StdinAll => stdin_all(io),
            Self::StdinLine { echo } => {
                if io.env.stdin_tty {
                    io.steps.push(Step::ReadLine { echo: *echo });
                }
                stdin_line(io)
            }
            Self::Sleep(ms) => {
                io.steps.push(Step::Sleep(*ms));
                None
            }
            Self::Pull(pull) => pull.start(io),
            Self::Logs(logs) => logs.start(io),
            Self::Attach(attach) => attach.start(io),
            Self::Events(events) => events.start(io),
            Self::Converge(converge) => converge.start(io),
            Self::Top(display) => display.start(io),
            Self::CaRotation(rotation) => rotation.start(io),
        }
    }

    /// Goes on with an input; a result ends it.
    pub(crate) fn resume(&mut self, input: &Input, io: &mut Io<'_>) -> Option<Got> {
        match self {
            Self::Ask(asked) => {
                let (call, answer) = answer_of(input)?;
                let slot = asked.iter_mut().find(|slot| **slot == Asked::Open(call))?;
                *slot = Asked::Done(answer);
                answers(asked)
            }
            Self::ReadFile(_) | Self::WriteFile(..) => match input {
                Input::File(result) => Some(Got::File(result.clone())),
                _ => None,
            },
            Self::StdinAll => stdin_all(io),
            Self::StdinLine { .. } => stdin_line(io),
            Self::Sleep(_) => (*input == Input::Timer).then_some(Got::Timer),
            Self::Pull(pull) => pull.resume(input, io),
            Self::Logs(logs) => logs.resume(input, io),
            Self::Attach(attach) => attach.resume(input, io),
            Self::Events(events) => events.resume(input, io),
            Self::Converge(converge) => converge.resume(input, io),
            Self::Top(display) => display.resume(input, io),
            Self::CaRotation(rotation) => rotation.resume(input, io),
        }
    }

    /// Whether Ctrl+C is for this part; otherwise it ends the command.
    pub(crate) fn on_interrupt(&mut self, io: &mut Io<'_>) -> bool {
        match self {
            Self::Converge(_) | Self::CaRotation(_) => true,
            Self::Attach(attach) => attach.on_interrupt(io),
            Self::Ask(_)
            | Self::ReadFile(_)
            | Self::WriteFile(..)
            | Self::StdinAll
            | Self::StdinLine { .. }
            | Self::Sleep(_)
            | Self::Pull(_)
            | Self::Logs(_)
            | Self::Events(_)
            | Self::Top(_) => false,
        }
    }

    /// Calls to give up when the command ends.
    pub(crate) fn open_calls(&self) -> Vec<Call> {
        match self {
            Self::Ask(asked) => asked
                .iter()
                .filter_map(|slot| match slot {
                    Asked::Open(call) => Some(*call),
                    Asked::Request(_) | Asked::Done(_) => None,
                })
                .collect(),
            Self::Pull(pull) => pull.open_calls(),
            Self::Logs(logs) => logs.open_calls(),
            Self::Attach(attach) => attach.open_calls(),
            Self::Events(events) => events.open_calls(),
            Self::Converge(converge) => converge.open_calls(),
            Self::Top(display) => display.open_calls(),
            Self::CaRotation(rotation) => rotation.open_calls(),
            Self::ReadFile(_)
            | Self::WriteFile(..)
            | Self::StdinAll
            | Self::StdinLine { .. }
            | Self::Sleep(_) => Vec::new(),
        }
    }

    /// Whether the terminal shows a full screen.
    pub(crate) const fn is_screen(&self) -> bool {
        matches!(self, Self::Top(display) if display.is_screen())
    }

    /// Whether the terminal hands keys over as bytes.
    pub(crate) fn is_raw(&self) -> bool {
        matches!(self, Self::Attach(attach) if attach.is_raw())
    }
}

fn answers(asked: &[Asked]) -> Option<Got> {
    let mut done = Vec::new();
    for slot in asked {
        match slot {
            Asked::Done(answer) => done.push(answer.clone()),
            Asked::Request(_) | Asked::Open(_) => return None,
        }
    }
    Some(Got::Answers(done))
}

fn stdin_all(io: &mut Io<'_>) -> Option<Got> {
    io.eof.then(|| Got::Bytes(std::mem::take(io.stdin)))
}

fn stdin_line(io: &mut Io<'_>) -> Option<Got> {
    if let Some(end) = io.stdin.iter().position(|byte| *byte == b'\n') {
        let mut line: Vec<u8> = io.stdin.drain(..=end).collect();
        line.pop();
        return Some(Got::Bytes(line));
    }
    io.eof.then(|| Got::Bytes(std::mem::take(io.stdin)))
}
