//! Commands that concern the shell itself: they run in it, at once.

use super::frames::{Leave, leave};
use super::shell::Shell;
use super::step::Step;
use super::thread::{Frame, Run, Thread, Wait};
use super::tool::Flow;

/// Names of the shell's own commands, for `type` and completion.
pub(crate) const NAMES: &[&str] = &[
    ".", ":", "alias", "bg", "break", "builtin", "cd", "command", "continue", "declare", "echo",
    "eval", "exec", "exit", "export", "false", "fg", "history", "jobs", "kill", "let", "local",
    "printf", "pwd", "read", "readonly", "return", "set", "shift", "source", "test", "times",
    "trap", "true", "type", "ulimit", "umask", "unalias", "unset", "wait",
];

impl Shell {
    /// Runs a built-in command that needs the shell; `None` for all others.
    pub(crate) fn builtin(&mut self, id: u32, thread: &mut Thread, run: &mut Run) -> Option<Flow> {
        let words = run.words.clone();
        let name = words.first().map_or("", String::as_str);
        let args: Vec<&str> = words.iter().skip(1).map(String::as_str).collect();
        let flow = match name {
            ":" => Flow::Exit(0),
            "exit" | "logout" if self.is_program() => return None,
            "exit" | "logout" => self.exit_builtin(id, thread, run, &args),
            "break" | "continue" => {
                let depth = args.first().and_then(|n| n.parse().ok()).unwrap_or(1);
                leave(thread, Leave::Loop { depth, again: name == "continue" });
                Flow::Exit(0)
            }
            "return" => {
                let status = args.first().and_then(|n| n.parse().ok()).unwrap_or(thread.env.status);
                leave(thread, Leave::Call);
                Flow::Exit(status)
            }
            "eval" => Flow::Eval(args.join(" ")),
            "exec" if args.is_empty() => {
                thread.fds = run.fds.clone();
                Flow::Exit(0)
            }
            "exec" | "command" | "builtin" | "nohup" | "time" | "sudo"
                if args.first().is_some_and(|a| !a.starts_with('-')) =>
            {
                return self.prefix_command(id, thread, run);
            }
            "export" | "declare" | "typeset" | "readonly" | "local" => {
                assign(thread, run, name, &args)
            }
            "unset" => {
                for arg in args.iter().filter(|a| !a.starts_with('-')) {
                    thread.env.vars.remove(*arg);
                    thread.env.functions.remove(*arg);
                }
                Flow::Exit(0)
            }
            "set" => set(thread, run, &args),
            "shift" => {
                let n = args.first().and_then(|n| n.parse().ok()).unwrap_or(1);
                if n > thread.env.args.len() {
                    Flow::Exit(1)
                } else {
                    thread.env.args.drain(..n);
                    Flow::Exit(0)
                }
            }
            "trap" => trap(thread, run, &args),
            "alias" => alias(thread, run, &args),
            "unalias" => {
                for arg in &args {
                    thread.env.aliases.remove(*arg);
                }
                Flow::Exit(0)
            }
            "let" => {
                let mut value = 0;
                for arg in &args {
                    match super::arith::evaluate(arg, &mut thread.env) {
                        Ok(n) => value = n,
                        Err(error) => {
                            let text = format!("{}let: {error}\n", thread.env.prefix());
                            run.take(Vec::new(), text.into_bytes());
                            return Some(Flow::Exit(1));
                        }
                    }
                }
                Flow::Exit(i32::from(value == 0))
            }
            "jobs" => {
                let mut text = String::new();
                for job in &self.jobs {
                    text.push_str(&super::jobs::line(
                        job,
                        super::jobs::mark(&self.jobs, job.number),
                    ));
                }
                run.take(text.into_bytes(), Vec::new());
                self.jobs.retain(|job| job.status.is_none());
                Flow::Exit(0)
            }
            "fg" => return Some(self.fg(thread, run, &args)),
            "bg" => {
                let text = format!("{}bg: no current job\n", thread.env.prefix());
                run.take(Vec::new(), text.into_bytes());
                Flow::Exit(1)
            }
            "wait" => return Some(self.wait(thread, &args)),
            "kill" if args.iter().any(|a| a.starts_with('%')) => self.kill(thread, run, &args),
            "umask" | "ulimit" | "times" | "disown" | "shopt" | "hash" | "stty" => Flow::Exit(0),
            _ => return None,
        };
        Some(flow)
    }

    fn exit_builtin(&mut self, id: u32, thread: &mut Thread, run: &mut Run, args: &[&str]) -> Flow {
        let status = match args.first().map(|text| text.parse::<i32>()) {
            None => thread.env.status,
            Some(Ok(status)) => status & 255,
            Some(Err(_)) => {
                let text = format!(
                    "{}exit: {}: numeric argument required\n",
                    thread.env.prefix(),
                    args.first().unwrap_or(&"")
                );
                run.take(Vec::new(), text.into_bytes());
                2
            }
        };
        self.exit(id, thread, status);
        Flow::Exit(status)
    }

    /// `command x`, `exec x`, `time x`: the rest is the command.
    fn prefix_command(&mut self, id: u32, thread: &mut Thread, run: &mut Run) -> Option<Flow> {
        let name = run.words.remove(0);
        run.timed |= name == "time";
        if name == "exec" {
            self.exit(id, thread, 0);
        }
        self.builtin(id, thread, run)
    }

    fn job_of(&self, args: &[&str]) -> Option<u32> {
        match args.first() {
            None | Some(&"%%" | &"%+") => self.jobs.last().map(|job| job.number),
            Some(text) => {
                let n = text.trim_start_matches('%').parse::<u32>().ok()?;
                let by_pid = |job: &&super::thread::Job| !text.starts_with('%') && job.pid == n;
                let found = self.jobs.iter().find(|job| job.number == n || by_pid(job));
                found.map(|job| job.number)
            }
        }
    }

    fn no_job(&self, thread: &Thread, run: &mut Run, name: &str, args: &[&str]) -> Flow {
        let what = args.first().unwrap_or(&"current");
        let text = format!("{}{name}: {what}: no such job\n", thread.env.prefix());
        run.take(Vec::new(), text.into_bytes());
        Flow::Exit(1)
    }

    fn fg(&mut self, thread: &mut Thread, run: &mut Run, args: &[&str]) -> Flow {
        let found = self.job_of(args).and_then(|n| self.jobs.iter().find(|job| job.number == n));
        let Some(job) = found.cloned() else { return self.no_job(thread, run, "fg", args) };
        run.take(format!("{}\n", job.text).into_bytes(), Vec::new());
        self.foreground = Some(job.number);
        // waits below the frame of this command, which ends now
        thread.frames.push(Frame::Foreground(job.number));
        thread.frames.push(Frame::Members(vec![job.thread]));
        Flow::Exit(0)
    }

    fn wait(&mut self, thread: &mut Thread, args: &[&str]) -> Flow {
        let wanted: Vec<u32> = if args.is_empty() {
            self.jobs.iter().map(|job| job.thread).collect()
        } else {
            let number = self.job_of(args);
            self.jobs.iter().filter(|j| Some(j.number) == number).map(|j| j.thread).collect()
        };
        if wanted.is_empty() {
            return Flow::Exit(if args.is_empty() { 0 } else { 127 });
        }
        thread.frames.push(Frame::Members(wanted));
        Flow::Exit(0)
    }

    fn kill(&mut self, thread: &mut Thread, run: &mut Run, args: &[&str]) -> Flow {
        let target: Vec<&str> = args.iter().filter(|a| a.starts_with('%')).copied().collect();
        let Some(number) = self.job_of(&target) else {
            return self.no_job(thread, run, "kill", &target);
        };
        self.kill_job(number);
        Flow::Exit(0)
    }

    /// Ends the threads of a job; programs of the host get Ctrl+C.
    fn kill_job(&mut self, number: u32) {
        let ids: Vec<u32> =
            self.threads.iter().filter(|(_, t)| t.job == Some(number)).map(|(id, _)| *id).collect();
        for id in ids {
            let Some(thread) = self.threads.remove(&id) else { continue };
            if let Some(Frame::Run(run)) = thread.frames.last()
                && let super::thread::Prog::Child { ticket, .. } = run.prog
            {
                self.steps.push(Step::Interrupt(ticket));
            }
            if let Wait::Answer(ticket) = thread.wait {
                self.steps.push(Step::Cancel(ticket));
            }
            self.ended.insert(id, 143);
        }
        for job in &mut self.jobs {
            if job.number == number {
                job.status = Some(143);
            }
        }
    }
}

/// `export A=1 B`, `local x=2`, `readonly C`.
fn assign(thread: &mut Thread, run: &mut Run, name: &str, args: &[&str]) -> Flow {
    let names: Vec<&&str> = args.iter().filter(|a| !a.starts_with('-')).collect();
    if names.is_empty() {
        let mut text = String::new();
        let word = if name == "readonly" { "declare -r" } else { "declare -x" };
        for (key, var) in &thread.env.vars {
            if (name == "readonly" && var.read_only) || (name != "readonly" && var.exported) {
                text.push_str(&format!("{word} {key}=\"{}\"\n", var.value));
            }
        }
        run.take(text.into_bytes(), Vec::new());
        return Flow::Exit(0);
    }
    let mut status = 0;
    for arg in names {
        let (key, value) = match arg.split_once('=') {
            Some((key, value)) => (key, Some(value)),
            None => (*arg, None),
        };
        let valid = key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !valid {
            let text = format!("{}{name}: `{arg}': not a valid identifier\n", thread.env.prefix());
            run.take(Vec::new(), text.into_bytes());
            status = 1;
            continue;
        }
        if name == "local" {
            let old = thread.env.vars.get(key).cloned();
            let is_call = |frame: &&mut Frame| matches!(frame, Frame::Call { .. });
            let call = thread.frames.iter_mut().rev().find(is_call);
            if let Some(Frame::Call { locals, .. }) = call {
                locals.entry(key.to_owned()).or_insert(old);
            }
            thread.env.set(key, value.unwrap_or(""));
            continue;
        }
        if let Some(value) = value {
            thread.env.set(key, value);
        }
        let exports = name == "export" || args.contains(&"-x");
        if exports || name == "readonly" {
            let var = thread.env.vars.entry(key.to_owned()).or_default();
            var.exported |= exports;
            var.read_only |= name == "readonly";
        }
    }
    Flow::Exit(status)
}

fn set(thread: &mut Thread, run: &mut Run, args: &[&str]) -> Flow {
    if args.is_empty() {
        let vars = thread.env.vars.iter();
        let text: String = vars.map(|(name, var)| format!("{name}={}\n", var.value)).collect();
        run.take(text.into_bytes(), Vec::new());
        return Flow::Exit(0);
    }
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        match *arg {
            "--" => {
                thread.env.args = rest.map(|a| (*a).to_owned()).collect();
                break;
            }
            "-o" | "+o" => {
                rest.next();
            }
            flags if flags.starts_with(['-', '+']) => {
                let on = flags.starts_with('-');
                for c in flags.chars() {
                    match c {
                        'e' => thread.env.errexit = on,
                        'x' => thread.env.xtrace = on,
                        _ => {}
                    }
                }
            }
            first => {
                thread.env.args =
                    std::iter::once(first).chain(rest.copied()).map(str::to_owned).collect();
                break;
            }
        }
    }
    Flow::Exit(0)
}

/// Only `INT` has an effect: a line with a trap goes on after Ctrl+C.
fn trap(thread: &mut Thread, run: &mut Run, args: &[&str]) -> Flow {
    match args {
        [] => {
            if let Some(text) = &thread.env.trap_int {
                run.take(format!("trap -- '{text}' SIGINT\n").into_bytes(), Vec::new());
            }
        }
        [action, signals @ ..] => {
            if signals.iter().any(|signal| matches!(*signal, "INT" | "SIGINT" | "2")) {
                let clear = *action == "-";
                thread.env.trap_int = (!clear).then(|| (*action).to_owned());
            }
        }
    }
    Flow::Exit(0)
}

fn alias(thread: &mut Thread, run: &mut Run, args: &[&str]) -> Flow {
    let mut status = 0;
    let mut out = String::new();
    if args.is_empty() {
        for (name, text) in &thread.env.aliases {
            out.push_str(&format!("alias {name}='{text}'\n"));
        }
    }
    for arg in args {
        match arg.split_once('=') {
            Some((name, text)) => {
                thread.env.aliases.insert(name.to_owned(), text.to_owned());
            }
            None => match thread.env.aliases.get(*arg) {
                Some(text) => out.push_str(&format!("alias {arg}='{text}'\n")),
                None => {
                    let text = format!("{}alias: {arg}: not found\n", thread.env.prefix());
                    run.take(Vec::new(), text.into_bytes());
                    status = 1;
                }
            },
        }
    }
    run.take(out.into_bytes(), Vec::new());
    Flow::Exit(status)
}
