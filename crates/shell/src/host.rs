//! Programs that only a terminal has, beside docker: how each one starts.

use crate::desk::Desk;
use crate::editor_program::Nano;
use crate::finished::DeskEvent;
use crate::session::{At, Program, Watch};
use crate::words::{self, Word};
use crate::world::{self, Fault, FaultError, Machine, sh};

/// How a program begins.
pub(crate) enum Start {
    /// The shell has no such program and neither has the host.
    NotFound,
    /// It says this and ends.
    Done { out: String, err: String, status: i32 },
    /// It goes on.
    Runs(Program),
    /// It goes on, and wakes up after so many microseconds.
    Sleeps(Program, u64),
}

fn done(out: impl Into<String>) -> Start {
    Start::Done { out: out.into(), err: String::new(), status: 0 }
}

fn failed(err: impl Into<String>, status: i32) -> Start {
    Start::Done { out: String::new(), err: err.into(), status }
}

/// Names of these programs, for completion.
pub(crate) const NAMES: &[&str] = &[
    "docker",
    "ssh",
    "watch",
    "systemctl",
    "service",
    "reboot",
    "poweroff",
    "shutdown",
    "nano",
    "vi",
    "vim",
    "pidof",
    "pgrep",
    "kill",
    "pkill",
    "killall",
    "sudo",
];

impl Desk {
    /// Starts a program of the host on a machine.
    pub(crate) fn start_host_program(&mut self, at: At, on: Machine, exec: &sh::Exec) -> Start {
        let argv = &exec.argv;
        if let Some(word) = words::find(argv) {
            return self.lab_word(at.terminal, word, argv);
        }
        let args: Vec<&str> = argv.iter().skip(1).map(String::as_str).collect();
        match argv.first().map_or("", String::as_str) {
            "ssh" => self.ssh(at, on, &args),
            "watch" => watch(&args, exec),
            "systemctl" => match args.as_slice() {
                [verb, unit, ..] => self.service(on, verb, unit),
                [verb] if *verb == "reboot" => self.reboot(on),
                [verb] if *verb == "poweroff" => self.power_off(on),
                _ => failed("Too few arguments.\n", 1),
            },
            "service" => match args.as_slice() {
                [unit, verb, ..] => self.service(on, verb, unit),
                _ => failed("Usage: service < option > | --status-all\n", 1),
            },
            "reboot" => self.reboot(on),
            "poweroff" | "shutdown" | "halt" => self.power_off(on),
            "pidof" | "pgrep" => {
                let wanted = args.contains(&"dockerd");
                if wanted && world::view_of(self.lab(), on).is_some_and(|m| m.daemon) {
                    done(format!("{}\n", world::DOCKERD_PID))
                } else {
                    Start::Done { out: String::new(), err: String::new(), status: 1 }
                }
            }
            "kill" | "pkill" | "killall" => self.kill(on, argv),
            "nano" | "vi" | "vim" => self.nano(on, exec, &args),
            _ => Start::NotFound,
        }
    }

    fn lab_word(&mut self, terminal: Machine, word: Word, argv: &[String]) -> Start {
        match word {
            Word::Usage(text) => failed(format!("{text}\n"), 2),
            Word::Lesson(word) => {
                let machine = world::name_of(self.lab(), terminal);
                let args = argv.iter().skip(1).cloned().collect();
                self.push_event(DeskEvent::Word { machine, word: word.to_owned(), args });
                done("")
            }
            Word::Fault(fault) => {
                let mut result = self.fault(&fault);
                if let (Err(FaultError::AlreadySo), Fault::Heal(name)) = (&result, &fault) {
                    result = self.fault(&Fault::Thaw(name.clone()));
                }
                match result {
                    Ok(()) => done(""),
                    Err(FaultError::NoSuchMachine(name)) => {
                        failed(format!("{name}: máquina desconhecida / no such machine\n"), 1)
                    }
                    Err(FaultError::AlreadySo) => failed("já está assim / already so\n", 1),
                    Err(other) => failed(format!("{other}\n"), 1),
                }
            }
        }
    }

    fn ssh(&mut self, at: At, on: Machine, args: &[&str]) -> Start {
        let mut rest = args.iter().peekable();
        while let Some(flag) = rest.next_if(|a| a.starts_with('-')) {
            if matches!(*flag, "-o" | "-p" | "-l" | "-i") {
                rest.next();
            }
        }
        let Some(target) = rest.next() else {
            return failed("usage: ssh destination [command [argument ...]]\n", 255);
        };
        let host = target.rsplit('@').next().unwrap_or("").to_owned();
        let found = if host == "localhost" { Some(on) } else { self.lab().resolve(&host) };
        let Some(machine) = found else {
            let text =
                format!("ssh: Could not resolve hostname {host}: Name or service not known\n");
            return failed(text, 255);
        };
        if world::round_trip_us(self.lab(), on, machine).is_none() {
            // no answer to ARP on the same network: the kernel gives up after three seconds
            let text = format!("ssh: connect to host {host} port 22: No route to host\n");
            return Start::Sleeps(Program::SshFails { text }, 3_000_000);
        }
        let command: Vec<&str> = rest.copied().collect();
        let parent = Some((at.session, at.ticket));
        if command.is_empty() {
            self.open_session(at.terminal, machine, parent, None);
        } else {
            self.open_session(at.terminal, machine, parent, Some(command.join(" ")));
        }
        Start::Runs(Program::Ssh { host })
    }

    fn service(&mut self, on: Machine, verb: &str, unit: &str) -> Start {
        let name = unit.trim_end_matches(".service");
        let runs = world::daemon_runs(self.lab(), on);
        if !matches!(name, "docker" | "docker.socket") {
            return failed(format!("Unit {name}.service could not be found.\n"), 4);
        }
        let machine = world::name_of(self.lab(), on);
        match verb {
            "stop" => {
                if self.fault(&Fault::DaemonStop(machine)).is_err() {
                    return done("");
                }
                Start::Sleeps(daemon(false, false), 100_000)
            }
            "start" => {
                if self.fault(&Fault::DaemonStart(machine)).is_err() {
                    return done("");
                }
                Start::Sleeps(daemon(true, false), 100_000)
            }
            "restart" => {
                if self.fault(&Fault::DaemonStop(machine)).is_err() {
                    return self.service(on, "start", unit);
                }
                Start::Sleeps(daemon(false, true), 100_000)
            }
            "is-active" if runs => done("active\n"),
            "is-active" => Start::Done { out: "inactive\n".into(), err: String::new(), status: 3 },
            "status" => {
                let state = if runs { "active (running)" } else { "inactive (dead)" };
                let mark = if runs { "●" } else { "○" };
                let mut out = format!(
                    "{mark} docker.service - Docker Application Container Engine\n     \
                     Loaded: loaded (/lib/systemd/system/docker.service; enabled; \
                     vendor preset: enabled)\n     \
                     Active: {state}\n       Docs: https://docs.docker.com\n"
                );
                if runs {
                    out.push_str(&format!("   Main PID: {} (dockerd)\n", world::DOCKERD_PID));
                }
                Start::Done { out, err: String::new(), status: if runs { 0 } else { 3 } }
            }
            "enable" | "disable" | "daemon-reload" => done(""),
            other => failed(format!("Unknown operation {other}.\n"), 1),
        }
    }

    /// The power goes; after a moment it comes again.
    fn reboot(&mut self, on: Machine) -> Start {
        self.wake_machine_after(on, 8_000_000);
        self.power_off(on)
    }

    fn power_off(&mut self, on: Machine) -> Start {
        let machine = world::name_of(self.lab(), on);
        let _ = self.fault(&Fault::PowerOff(machine));
        Start::Runs(Program::Over)
    }

    fn kill(&mut self, on: Machine, argv: &[String]) -> Start {
        let by_name = argv.first().is_some_and(|n| n != "kill");
        let hard = argv.iter().any(|a| matches!(a.as_str(), "-9" | "-KILL" | "-SIGKILL" | "-s9"));
        let targets: Vec<&String> = argv.iter().skip(1).filter(|a| !a.starts_with('-')).collect();
        let machine = world::name_of(self.lab(), on);
        let name = argv.first().map_or("", String::as_str);
        let Some(target) = targets.first() else {
            return failed(format!("{name}: usage: {name} [-9] PID|NAME\n"), 2);
        };
        let dockerd = if by_name {
            target.as_str() == "dockerd"
        } else {
            target.parse() == Ok(world::DOCKERD_PID)
        };
        let runs = world::view_of(self.lab(), on).is_some_and(|m| m.daemon);
        if !dockerd || !runs {
            return if by_name {
                failed(
                    if name == "killall" {
                        format!("{target}: no process found\n")
                    } else {
                        String::new()
                    },
                    1,
                )
            } else {
                failed(format!("bash: kill: ({target}) - No such process\n"), 1)
            };
        }
        let fault = if hard { Fault::DaemonKill(machine) } else { Fault::DaemonStop(machine) };
        let _ = self.fault(&fault);
        done("")
    }

    fn nano(&mut self, on: Machine, exec: &sh::Exec, args: &[&str]) -> Start {
        if !exec.inherits_stdout || !exec.inherits_stdin {
            return failed("Too many errors from stdin\n", 1);
        }
        let name = args.iter().find(|a| !a.starts_with(['-', '+'])).copied().unwrap_or("");
        let path = sh::absolute(&exec.cwd, name);
        let read = self.lab().files(on).map(|tree| tree.read(&path));
        let (text, known) = match read {
            Some(Ok(bytes)) => (String::from_utf8_lossy(&bytes).into_owned(), true),
            _ => (String::new(), false),
        };
        Start::Runs(Program::Nano(Box::new(Nano::new(name, &text, known))))
    }
}

const fn daemon(running: bool, then_start: bool) -> Program {
    Program::Daemon { running, then_start, tries: 600 }
}

fn watch(args: &[&str], exec: &sh::Exec) -> Start {
    let (mut every_us, mut title) = (2_000_000, true);
    let mut rest = args.iter().peekable();
    while let Some(flag) = rest.next_if(|a| a.starts_with('-')) {
        let value = match *flag {
            "-n" | "--interval" => rest.next().copied(),
            "-t" | "--no-title" => {
                title = false;
                continue;
            }
            other => other.strip_prefix("-n").or_else(|| other.strip_prefix("--interval=")),
        };
        // tenths at least, as watch has it
        let us = value.and_then(tenths);
        every_us = us.unwrap_or(every_us).max(100_000);
    }
    let command: Vec<&str> = rest.copied().collect();
    if command.is_empty() {
        return failed("Usage:\n watch [options] command\n", 1);
    }
    if !exec.inherits_stdout {
        return failed("watch: its output is no terminal\n", 1);
    }
    Start::Sleeps(
        Program::Watch(Box::new(Watch {
            command: command.join(" "),
            every_us,
            title,
            session: None,
            shown: crate::display::Display::default(),
        })),
        0,
    )
}

/// `2`, `0.5`: microseconds.
fn tenths(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once(['.', ',']).unwrap_or((text, "0"));
    let tenth = fraction.chars().next()?.to_digit(10)?;
    let whole = if whole.is_empty() { 0 } else { whole.parse::<u64>().ok()? };
    Some(whole.min(86_400) * 1_000_000 + u64::from(tenth) * 100_000)
}
