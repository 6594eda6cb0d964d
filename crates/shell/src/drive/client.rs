//! The docker client: whose daemon it asks, and the steps it wants done.

#![expect(clippy::wildcard_enum_match_arm, reason = "only the client has calls")]

use super::{Action, Desk, Do, In, Machine, Timer, world};
use crate::session::{At, Child, Program, Reading};
use crate::world::sh;

impl Desk {
    /// The machine whose daemon a command asks (`-H`, `DOCKER_HOST`, else its own), and the
    /// words without that. A host that is no machine stays among the words: the client then
    /// says that nobody answers there.
    pub(super) fn docker_host(&self, on: Machine, exec: &sh::Exec) -> (Machine, Vec<String>) {
        let mut argv = exec.argv.clone();
        let mut host = exec.vars.get("DOCKER_HOST").cloned();
        let mut at = 1;
        while let Some(word) = argv.get(at).filter(|w| w.starts_with('-')).cloned() {
            let glued = word.strip_prefix("--host=").or_else(|| word.strip_prefix("-H"));
            match (word.as_str(), glued) {
                ("-H" | "--host", _) => {
                    let end = (at + 2).min(argv.len());
                    host = argv.drain(at..end).nth(1).or(host);
                }
                (_, Some(glued)) => {
                    host = Some(glued.to_owned());
                    argv.remove(at);
                }
                ("-l" | "--log-level" | "-c" | "--context" | "--config", _) => at += 2,
                _ => at += 1,
            }
        }
        let Some(host) = host.filter(|h| !h.is_empty() && !h.starts_with("unix:")) else {
            return (on, argv);
        };
        let name = host.split_once("://").map_or(host.as_str(), |(_, rest)| rest);
        let name = name.rsplit('@').next().unwrap_or("").split(['/', ':']).next().unwrap_or("");
        let found = match name {
            "localhost" | "127.0.0.1" => Some(on),
            _ => self.lab.resolve(name),
        };
        let answers = found.filter(|m| world::round_trip_us(&self.lab, on, *m).is_some());
        match answers.filter(|m| world::daemon_runs(&self.lab, *m)) {
            Some(machine) => (machine, argv),
            None => {
                argv.splice(1..1, ["-H".to_owned(), host]);
                (on, argv)
            }
        }
    }

    pub(super) fn docker_step(&mut self, at: At, step: Do) {
        match step {
            Do::Ask(call, request) | Do::Follow(call, request) => {
                let on = self.session(at.terminal, at.session).map(|s| s.machine);
                let target = match self.child_mut(at).map(|c| &c.program) {
                    Some(Program::Docker { target, .. }) => Some(*target),
                    _ => None,
                };
                let (Some(on), Some(target)) = (on, target) else { return };
                match world::call(&mut self.lab, on, target, request) {
                    Some(id) => {
                        self.calls.insert(id, (at, call));
                        if let Some(Child { program: Program::Docker { calls, .. }, .. }) =
                            self.child_mut(at)
                        {
                            calls.insert(call, id);
                        }
                    }
                    None => self.actions.push_back(Action::Program(at, In::NoDaemon(call))),
                }
            }
            Do::Send(call, bytes) => {
                if let Some(id) = self.call_of(at, call) {
                    self.lab.send(id, bytes);
                }
            }
            Do::Cancel(call) => {
                if let Some(id) = self.call_of(at, call) {
                    self.calls.remove(&id);
                    self.lab.cancel(id);
                }
            }
            Do::ReadFile(path) => {
                let read = match self.read_file(at, &path) {
                    sh::FileAnswer::Bytes(bytes) => Ok(bytes),
                    other => Err(failed(&other).go_text()),
                };
                self.actions.push_back(Action::Program(at, In::File(read)));
            }
            Do::WriteFile(path, bytes) => {
                let wrote = match self.write_file(at, &path, bytes) {
                    sh::FileAnswer::Done => Ok(Vec::new()),
                    other => Err(failed(&other).go_text()),
                };
                if let (Ok(_), Some(child)) = (&wrote, self.child_mut(at)) {
                    child.changed_files = true;
                }
                self.actions.push_back(Action::Program(at, In::File(wrote)));
            }
            Do::Sleep(ms) => self.set_timer(ms.saturating_mul(1_000), Timer::Program(at)),
            Do::Out(bytes) => self.program_writes(at, bytes, false),
            Do::Err(bytes) => self.program_writes(at, bytes, true),
            Do::Redraw(lines) => {
                let shown = self.child_mut(at).is_some_and(|child| {
                    child.display.redraw(&lines);
                    child.on_terminal
                });
                if shown {
                    self.actions.push_back(Action::Draw(at, lines));
                }
            }
            Do::Screen(lines) => self.actions.push_back(Action::Full(at, lines)),
            Do::ReadLine { echo } => {
                if let Some(terminal) = self.terminals.get_mut(&at.terminal) {
                    terminal.reading =
                        Some(Reading { session: at.session, ticket: at.ticket, echo });
                }
            }
            Do::Raw(on) => {
                if let Some(terminal) = self.terminals.get_mut(&at.terminal) {
                    terminal.raw = on.then_some((at.session, at.ticket));
                }
            }
            Do::Exit(status) => self.actions.push_back(Action::End(at, status)),
        }
    }

    fn call_of(&mut self, at: At, call: docker::Call) -> Option<world::CallId> {
        match &self.child_mut(at)?.program {
            Program::Docker { calls, .. } => calls.get(&call).copied(),
            _ => None,
        }
    }

    /// Reads a file as a program names it: on its machine, from its directory.
    fn read_file(&mut self, at: At, path: &str) -> sh::FileAnswer {
        self.file(at, path, sh::FileAsk::Read)
    }

    /// Writes a file likewise.
    pub(super) fn write_file(&mut self, at: At, path: &str, bytes: Vec<u8>) -> sh::FileAnswer {
        self.file(at, path, |path| sh::FileAsk::Write { path, bytes, append: false })
    }

    fn file(
        &mut self,
        at: At,
        path: &str,
        ask: impl FnOnce(String) -> sh::FileAsk,
    ) -> sh::FileAnswer {
        let session = self.session(at.terminal, at.session);
        let place = session.and_then(|s| Some((s.machine, &s.children.get(&at.ticket)?.cwd)));
        let ask = place.map(|(on, cwd)| (on, ask(sh::absolute(cwd, path))));
        let answer = ask.and_then(|(on, ask)| self.lab.serve_files(on, &ask));
        answer.unwrap_or(sh::FileAnswer::Failed(sh::Errno::NoEnt))
    }
}

/// Why a file was not read or written.
pub(super) const fn failed(answer: &sh::FileAnswer) -> sh::Errno {
    match answer {
        sh::FileAnswer::Failed(why) => *why,
        _ => sh::Errno::NoEnt,
    }
}
