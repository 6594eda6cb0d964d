//! What an image does when it runs.
//!
//! A program is plain data that is resumed with an [`Input`] and answers with [`Step`]s which its
//! container carries out. Servers do nothing but listen; what they answer is [`App::serve`].
//!
//! **Invariant:** knows no engine, no container and no network: who asks, from where, and the
//! names it prints come in as arguments.

mod clock;
mod image;
mod serve;

pub(crate) use image::image_files;

use crate::net::{NetAnswer, NetRequest};
use crate::registry::{ImageData, Program};
use api::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How long `app-flask-teste:bad` lives, microseconds (`recordings/README.md`).
const FAILS_AFTER_US: u64 = 500_000;

/// Surroundings of a program when it starts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Environment variables in the order `env` prints them.
    pub env: Vec<(String, String)>,
    /// Host name of the container.
    pub hostname: String,
    /// Working directory.
    pub cwd: String,
    /// User name (`root`).
    pub user: String,
    /// Whether it has a terminal.
    pub tty: bool,
    /// Whether its standard input is kept open.
    pub stdin: bool,
    /// Process 1 of its container: signals without a handler do not end it.
    pub pid_one: bool,
}

/// What a program is resumed with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Input {
    /// The first resumption.
    Start,
    /// A [`Step::Sleep`] is over.
    Timer,
    /// Bytes from whoever is attached.
    Stdin(Vec<u8>),
    /// Standard input ended.
    Eof,
    /// Ctrl+C on its terminal.
    Interrupt,
    /// The network's answer.
    Net(u64, NetAnswer),
}

/// What a program wants done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Step {
    /// Bytes for standard output.
    Out(Vec<u8>),
    /// Bytes for standard error.
    Err(Vec<u8>),
    /// Resume with [`Input::Timer`] after so many microseconds; replaces an earlier one.
    Sleep(u64),
    /// A question to the network; the number comes back with the answer.
    Net(u64, NetRequest),
    /// The end.
    Exit(i32),
}

/// Why a program could not be started (runc's words).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LaunchError {
    /// `exec: "x": executable file not found in $PATH`
    NotFound(String),
    /// `exec: "/x": stat /x: no such file or directory`
    NoFile(String),
    /// `exec: "/x": permission denied`
    Denied(String),
}

impl LaunchError {
    /// What stands behind `unable to start container process: `.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::NotFound(name) => {
                format!("exec: \"{name}\": executable file not found in $PATH")
            }
            Self::NoFile(path) => {
                format!("exec: \"{path}\": stat {path}: no such file or directory")
            }
            Self::Denied(path) => format!("exec: \"{path}\": permission denied"),
        }
    }
}

/// What a signal does to a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reaction {
    /// Nothing.
    Ignores,
    /// It ends with that exit code at once.
    Ends(i32),
    /// The program is interrupted ([`Input::Interrupt`]) and decides itself.
    Interrupted,
}

/// A running program.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct App {
    kind: Kind,
    place: Place,
    argv: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Kind {
    /// A server of an image.
    Server { program: Program, banner: String },
    /// Ends with 1 soon.
    Failing,
    /// `sleep`, until a timer.
    Sleep { us: u64 },
    /// Prints and ends.
    Prints { text: String, code: i32 },
    /// A shell that reads commands nobody can give it.
    Idle,
}

impl App {
    /// Starts `argv` of an image. Nothing runs before the first [`App::resume`].
    pub fn launch(image: &ImageData, argv: &[String], place: Place) -> Result<Self, LaunchError> {
        let Some(name) = argv.first() else {
            return Err(LaunchError::NotFound(String::new()));
        };
        if let Some(program) = find(&image.programs, name) {
            if program == Program::Entrypoint {
                let rest: Vec<String> =
                    argv.iter().skip(1).skip_while(|word| *word == "--").cloned().collect();
                let mut app = Self::launch(image, &rest, place)?;
                app.argv = argv.to_vec();
                return Ok(app);
            }
            let kind = match program {
                Program::Failing => Kind::Failing,
                Program::Flask { .. }
                | Program::Nginx
                | Program::Redis
                | Program::Visualizer
                | Program::Server { .. }
                | Program::Worker
                | Program::Busybox
                | Program::Entrypoint => Kind::Server { program, banner: image.banner.clone() },
            };
            return Ok(Self { kind, place, argv: argv.to_vec() });
        }
        let kind = tool(argv, &place)?;
        Ok(Self { kind, place, argv: argv.to_vec() })
    }

    /// Goes on.
    pub fn resume(&mut self, _now: Timestamp, input: Input) -> Vec<Step> {
        match (&self.kind, input) {
            (Kind::Server { program, banner }, Input::Start) => {
                serve::started(*program, banner, &self.argv)
            }
            (Kind::Failing, Input::Start) => vec![Step::Sleep(FAILS_AFTER_US)],
            (Kind::Failing, Input::Timer) => {
                vec![Step::Err(b"Error: could not start the application\n".to_vec()), Step::Exit(1)]
            }
            (Kind::Sleep { us }, Input::Start) => vec![Step::Sleep(*us)],
            (Kind::Sleep { .. }, Input::Timer) => vec![Step::Exit(0)],
            (Kind::Prints { text, code }, Input::Start) => {
                vec![Step::Out(text.clone().into_bytes()), Step::Exit(*code)]
            }
            (Kind::Idle, Input::Eof) => vec![Step::Exit(0)],
            (
                Kind::Server { .. }
                | Kind::Failing
                | Kind::Sleep { .. }
                | Kind::Prints { .. }
                | Kind::Idle,
                Input::Start
                | Input::Timer
                | Input::Stdin(_)
                | Input::Eof
                | Input::Interrupt
                | Input::Net(..),
            ) => Vec::new(),
        }
    }

    /// What a signal (`SIGTERM`) does. `SIGKILL` never gets here.
    #[must_use]
    pub fn signal(&self, signal: &str) -> Reaction {
        match &self.kind {
            Kind::Server { program, .. } => serve::signal(*program, signal),
            Kind::Sleep { .. } | Kind::Idle | Kind::Failing | Kind::Prints { .. } => {
                default_reaction(signal, self.place.pid_one)
            }
        }
    }

    /// Command lines of its processes, the first one being its own (`docker top`).
    #[must_use]
    pub fn command_lines(&self) -> Vec<String> {
        vec![self.argv.join(" ")]
    }

    /// The port it listens on.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        match &self.kind {
            Kind::Server { program, .. } => serve::port(*program),
            Kind::Sleep { .. } | Kind::Idle | Kind::Failing | Kind::Prints { .. } => None,
        }
    }

    /// What it was started with.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Answers a request on its port, with what it logs about it.
    pub fn serve(
        &mut self,
        request: &crate::net::HttpRequest,
        now: Timestamp,
    ) -> (crate::net::HttpOutcome, Vec<Step>) {
        match &self.kind {
            Kind::Server { program, banner } => {
                serve::answer(*program, banner, &self.place.hostname, request, now)
            }
            Kind::Sleep { .. } | Kind::Idle | Kind::Failing | Kind::Prints { .. } => {
                (crate::net::HttpOutcome::Refused, Vec::new())
            }
        }
    }
}

/// Signals whose default is to do nothing end nobody; the others end everybody but process 1,
/// for which the kernel drops what it has no handler for.
fn default_reaction(signal: &str, pid_one: bool) -> Reaction {
    let number = signal_number(signal).unwrap_or(15);
    match number {
        17 | 18 | 23 | 28 => Reaction::Ignores,
        _ if pid_one => Reaction::Ignores,
        _ => Reaction::Ends(128 + number),
    }
}

/// The number of a signal by name, with or without `SIG`, or by number.
#[must_use]
pub fn signal_number(signal: &str) -> Option<i32> {
    const NAMES: &[(&str, i32)] = &[
        ("HUP", 1), ("INT", 2), ("QUIT", 3), ("ILL", 4), ("TRAP", 5), ("ABRT", 6), ("BUS", 7),
        ("FPE", 8), ("KILL", 9), ("USR1", 10), ("SEGV", 11), ("USR2", 12), ("PIPE", 13),
        ("ALRM", 14), ("TERM", 15), ("STKFLT", 16), ("CHLD", 17), ("CONT", 18), ("STOP", 19),
        ("TSTP", 20), ("TTIN", 21), ("TTOU", 22), ("URG", 23), ("XCPU", 24), ("XFSZ", 25),
        ("VTALRM", 26), ("PROF", 27), ("WINCH", 28), ("IO", 29), ("PWR", 30), ("SYS", 31),
    ];
    if let Ok(number) = signal.parse::<i32>() {
        return NAMES.iter().any(|(_, n)| *n == number).then_some(number);
    }
    let upper = signal.to_ascii_uppercase();
    let name = upper.strip_prefix("SIG").unwrap_or(&upper);
    NAMES.iter().find(|(known, _)| *known == name).map(|(_, number)| *number)
}

/// A command of an image by its path or the last part of it.
fn find(programs: &BTreeMap<String, Program>, name: &str) -> Option<Program> {
    let last = name.rsplit('/').next().unwrap_or(name);
    programs
        .iter()
        .find(|(known, _)| {
            known.as_str() == name || known.rsplit('/').next() == Some(last)
        })
        .map(|(_, program)| *program)
}

fn tool(argv: &[String], place: &Place) -> Result<Kind, LaunchError> {
    let name = argv.first().map(String::as_str).unwrap_or_default();
    let arg = argv.get(1).map(String::as_str);
    let last = name.rsplit('/').next().unwrap_or(name);
    Ok(match last {
        "sleep" => Kind::Sleep { us: sleep_us(arg.unwrap_or("0")) },
        "echo" => Kind::Prints {
            text: format!("{}\n", argv.get(1..).unwrap_or_default().join(" ")),
            code: 0,
        },
        "true" => Kind::Prints { text: String::new(), code: 0 },
        "false" => Kind::Prints { text: String::new(), code: 1 },
        "hostname" => Kind::Prints { text: format!("{}\n", place.hostname), code: 0 },
        "env" => Kind::Prints {
            text: place.env.iter().map(|(key, value)| format!("{key}={value}\n")).collect(),
            code: 0,
        },
        "sh" | "ash" | "bash" if argv.len() == 1 && place.stdin => Kind::Idle,
        "sh" | "ash" if argv.len() == 1 => Kind::Prints { text: String::new(), code: 0 },
        _ if name.starts_with('/') => return Err(LaunchError::NoFile(name.to_owned())),
        _ => return Err(LaunchError::NotFound(name.to_owned())),
    })
}

/// Seconds with a fraction and a unit (`1.5`, `2m`), in microseconds.
fn sleep_us(text: &str) -> u64 {
    let (number, unit) = match text.find(|c: char| c.is_ascii_alphabetic()) {
        Some(at) => text.split_at(at),
        None => (text, "s"),
    };
    let scale = match unit {
        "m" => 60_000_000,
        "h" => 3_600_000_000,
        "d" => 86_400_000_000,
        _ => 1_000_000_u64,
    };
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let mut us = whole.parse::<u64>().unwrap_or(0).saturating_mul(scale);
    let mut step = scale;
    for digit in part.chars().filter_map(|c| c.to_digit(10)) {
        step /= 10;
        us = us.saturating_add(u64::from(digit) * step);
    }
    us
}
