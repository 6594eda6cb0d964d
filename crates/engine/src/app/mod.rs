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
mod shell;
#[cfg(test)]
mod tests;

pub(crate) use image::image_files;

use crate::net::{NetAnswer, NetRequest};
use crate::registry::{ImageData, Program};
use crate::sh::{Facts, FileAnswer, FileAsk};
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
    /// About files.
    File(u64, FileAnswer),
    /// About the container.
    Facts(u64, Box<Facts>),
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
    /// A question about the container's files.
    File(u64, FileAsk),
    /// Who and where am I?
    Facts(u64),
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
    /// `env`: the environment in its own order, which a shell does not keep.
    Environment,
    /// A shell or a small tool.
    Shell(Box<shell::Run>),
}

impl App {
    /// Starts `argv` of an image. Nothing runs before the first [`App::resume`].
    pub fn launch(image: &ImageData, argv: &[String], place: Place) -> Result<Self, LaunchError> {
        let image = shell::Image { programs: &image.programs, banner: &image.banner };
        Self::launch_from(&image, argv, place)
    }

    fn launch_from(
        image: &shell::Image<'_>,
        argv: &[String],
        place: Place,
    ) -> Result<Self, LaunchError> {
        let Some(name) = argv.first() else {
            return Err(LaunchError::NotFound(String::new()));
        };
        let kind = match find(image.programs, name) {
            Some(Program::Entrypoint) => {
                let rest: Vec<String> =
                    argv.iter().skip(1).skip_while(|word| *word == "--").cloned().collect();
                let mut app = Self::launch_from(image, &rest, place)?;
                app.argv = argv.to_vec();
                return Ok(app);
            }
            Some(Program::Failing) => Kind::Failing,
            None if matches!(argv, [word] if word == "env" || word == "printenv") => {
                Kind::Environment
            }
            Some(Program::Busybox) | None => {
                Kind::Shell(Box::new(shell::Run::launch(image, argv, &place)?))
            }
            Some(
                program @ (Program::Flask { .. }
                | Program::Nginx
                | Program::Redis
                | Program::Visualizer
                | Program::Server { .. }
                | Program::Worker),
            ) => Kind::Server { program, banner: image.banner.to_owned() },
        };
        Ok(Self { kind, place, argv: argv.to_vec() })
    }

    /// Goes on.
    pub fn resume(&mut self, now: Timestamp, input: Input) -> Vec<Step> {
        match (&mut self.kind, input) {
            (Kind::Shell(run), input) => run.resume(now, input),
            (Kind::Server { program, banner }, Input::Start) => {
                serve::started(*program, banner, &self.argv)
            }
            (Kind::Environment, Input::Start) => {
                let env = self.place.env.iter();
                let text: String = env.map(|(key, value)| format!("{key}={value}\n")).collect();
                vec![Step::Out(text.into_bytes()), Step::Exit(0)]
            }
            (Kind::Failing, Input::Start) => vec![Step::Sleep(FAILS_AFTER_US)],
            (Kind::Failing, Input::Timer) => {
                vec![Step::Err(b"Error: could not start the application\n".to_vec()), Step::Exit(1)]
            }
            (
                Kind::Server { .. } | Kind::Failing | Kind::Environment,
                Input::Timer
                | Input::Stdin(_)
                | Input::Eof
                | Input::Interrupt
                | Input::Net(..)
                | Input::File(..)
                | Input::Facts(..),
            ) => Vec::new(),
        }
    }

    /// What a signal (`SIGTERM`) does. `SIGKILL` never gets here.
    #[must_use]
    pub fn signal(&self, signal: &str) -> Reaction {
        let number = signal_number(signal).unwrap_or(15);
        match &self.kind {
            Kind::Server { program, .. } => serve::signal(*program, number),
            Kind::Shell(run) => run.signal(number),
            Kind::Failing | Kind::Environment => default_reaction(number, self.place.pid_one),
        }
    }

    /// Command lines of its processes, the first one being its own (`docker top`).
    #[must_use]
    pub fn command_lines(&self) -> Vec<String> {
        let mut lines = vec![self.argv.join(" ")];
        if let Kind::Shell(run) = &self.kind {
            lines.extend(run.command_lines());
        }
        lines
    }

    /// The port it listens on.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        match &self.kind {
            Kind::Server { program, .. } => serve::port(*program),
            Kind::Shell(run) => run.port(),
            Kind::Failing | Kind::Environment => None,
        }
    }

    /// Whether keys of its terminal go to it one by one, Ctrl+C and Ctrl+D among them.
    #[must_use]
    pub fn edits_lines(&self) -> bool {
        matches!(&self.kind, Kind::Shell(run) if run.edits_lines())
    }

    /// What it shows when its terminal gets another size.
    pub fn prompt_again(&self) -> Option<Vec<u8>> {
        if let Kind::Shell(run) = &self.kind { run.prompt_again() } else { None }
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
        match &mut self.kind {
            Kind::Server { program, banner } => {
                serve::answer(*program, banner, &self.place.hostname, request, now)
            }
            Kind::Shell(run) => match run.server() {
                Some(child) => child.serve(request, now),
                None => (crate::net::HttpOutcome::Refused, Vec::new()),
            },
            Kind::Failing | Kind::Environment => (crate::net::HttpOutcome::Refused, Vec::new()),
        }
    }
}

/// Signals whose default is to do nothing end nobody; the others end everybody but process 1,
/// for which the kernel drops what it has no handler for.
const fn default_reaction(number: i32, pid_one: bool) -> Reaction {
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
        ("HUP", 1),
        ("INT", 2),
        ("QUIT", 3),
        ("ILL", 4),
        ("TRAP", 5),
        ("ABRT", 6),
        ("BUS", 7),
        ("FPE", 8),
        ("KILL", 9),
        ("USR1", 10),
        ("SEGV", 11),
        ("USR2", 12),
        ("PIPE", 13),
        ("ALRM", 14),
        ("TERM", 15),
        ("STKFLT", 16),
        ("CHLD", 17),
        ("CONT", 18),
        ("STOP", 19),
        ("TSTP", 20),
        ("TTIN", 21),
        ("TTOU", 22),
        ("URG", 23),
        ("XCPU", 24),
        ("XFSZ", 25),
        ("VTALRM", 26),
        ("PROF", 27),
        ("WINCH", 28),
        ("IO", 29),
        ("PWR", 30),
        ("SYS", 31),
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
        .find(|(known, _)| known.as_str() == name || known.rsplit('/').next() == Some(last))
        .map(|(_, program)| *program)
}
