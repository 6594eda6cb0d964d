//! `docker exec`: further programs in a running container. Health probes are made of the same.

use super::container::Process;
use super::{Engine, Job, Key, no_such, run, timing};
use crate::app::{App, Input};
use api::{ApiError, ContainerId, ContainerStatusWord, ExecConfig, Request, Response, Timestamp};
use serde::{Deserialize, Serialize};
use sim::Streams;

/// Output of a probe that is kept (moby `daemon/health.go`).
const PROBE_OUTPUT: usize = 4096;

/// A program run in a container beside its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Exec {
    pub(crate) container: ContainerId,
    pub(crate) config: ExecConfig,
    pub(crate) process: Option<Process>,
    /// Whose call follows it.
    pub(crate) call: Option<u64>,
    /// A health probe: since when, and what it printed.
    pub(crate) probe: Option<(Timestamp, Vec<u8>)>,
    pub(crate) started: bool,
    pub(crate) exit: Option<i32>,
}

impl Engine {
    #[expect(clippy::wildcard_enum_match_arm, reason = "only exec requests come here")]
    pub(super) fn exec_call(
        &mut self,
        call: u64,
        req: Request,
        now: Timestamp,
        rng: &mut Streams,
    ) -> Option<Result<Response, ApiError>> {
        match req {
            Request::ExecCreate { container, exec } => {
                Some(self.exec_create(&container, exec, now, rng))
            }
            Request::ExecStart { exec } => match self.exec_start(call, &exec, now, rng) {
                Ok(()) => None,
                Err(error) => Some(Err(error)),
            },
            _ => Some(Ok(Response::Done)),
        }
    }

    fn exec_create(
        &mut self,
        reference: &str,
        config: ExecConfig,
        now: Timestamp,
        rng: &mut Streams,
    ) -> Result<Response, ApiError> {
        let id = self.find(reference)?;
        let container = self.container(id).ok_or_else(|| no_such(reference))?;
        let conflict = |text: String| Err(ApiError::new(409, text));
        if container.process.is_none() {
            return conflict(format!("Container {id} is not running"));
        }
        if container.state.status == ContainerStatusWord::Paused {
            return conflict(format!(
                "Container {reference} is paused, unpause the container before exec"
            ));
        }
        let name = self.new_exec(id, config, now, rng);
        Ok(Response::Created { id: name, warnings: Vec::new() })
    }

    /// Writes a new exec down and tells of it.
    pub(super) fn new_exec(
        &mut self,
        container: ContainerId,
        config: ExecConfig,
        now: Timestamp,
        rng: &mut Streams,
    ) -> String {
        let name = self.new_hex(rng).to_string();
        let action = format!("exec_create: {}", config.cmd.join(" "));
        self.container_event(now, container, &action, &[("execID", name.clone())]);
        let exec = Exec {
            container,
            config,
            process: None,
            call: None,
            probe: None,
            started: false,
            exit: None,
        };
        self.execs.insert(name.clone(), exec);
        name
    }

    fn exec_start(
        &mut self,
        call: u64,
        name: &str,
        now: Timestamp,
        rng: &mut Streams,
    ) -> Result<(), ApiError> {
        let missing = || ApiError::new(404, format!("No such exec instance: {name}"));
        let exec = self.execs.get_mut(name).ok_or_else(missing)?;
        if exec.started {
            return Err(ApiError::new(
                409,
                format!("Error: Exec command {name} is already running"),
            ));
        }
        exec.started = true;
        let detach = exec.config.detach;
        if !detach {
            exec.call = Some(call);
        }
        self.drawn(now, timing::EXEC, Job::Exec { exec: name.to_owned() }, rng);
        if detach {
            self.done(call, Ok(Response::Done));
        }
        Ok(())
    }

    /// The program of an exec starts.
    pub(super) fn exec_now(&mut self, name: &str, now: Timestamp, rng: &mut Streams) {
        let Some(exec) = self.execs.get(name) else {
            return;
        };
        let (id, config) = (exec.container, exec.config.clone());
        let Some(container) = self.containers.get(&id).filter(|c| c.process.is_some()) else {
            return self.exec_ended(name, 137, now);
        };
        let mut place = run::place_of(container, false);
        for entry in &config.env {
            if let Some((key, value)) = entry.split_once('=') {
                place.env.retain(|(known, _)| known != key);
                place.env.push((key.to_owned(), value.to_owned()));
            }
        }
        if !config.working_dir.is_empty() {
            place.cwd.clone_from(&config.working_dir);
        }
        if !config.user.is_empty() {
            place.user.clone_from(&config.user);
        }
        place.tty = config.tty;
        place.stdin = config.attach_stdin;
        let action = format!("exec_start: {}", config.cmd.join(" "));
        match App::launch(&container.image, &config.cmd, place) {
            Ok(app) => {
                let pid = self.new_pid();
                if let Some(exec) = self.execs.get_mut(name) {
                    exec.process = Some(Process { app, pid, wake: 0, missed_wake: false });
                }
                self.container_event(now, id, &action, &[("execID", name.to_owned())]);
                self.resume(&Key::Exec(name.to_owned()), Input::Start, now, rng);
            }
            Err(error) => {
                let text = format!(
                    "OCI runtime exec failed: exec failed: unable to start container process: \
                     {}: unknown",
                    error.text()
                );
                self.exec_output(name, false, format!("{text}\r\n").as_bytes());
                self.exec_ended(name, 126, now);
            }
        }
    }

    pub(super) fn exec_output(&mut self, name: &str, stderr: bool, bytes: &[u8]) {
        let Some(exec) = self.execs.get_mut(name) else {
            return;
        };
        if let Some((_, kept)) = &mut exec.probe {
            let room = PROBE_OUTPUT.saturating_sub(kept.len());
            kept.extend(bytes.iter().take(room));
        }
        let stderr = stderr && !exec.config.tty;
        if let Some(call) = exec.call {
            self.exec_item(call, stderr, bytes);
        }
    }

    pub(super) fn exec_ended(&mut self, name: &str, code: i32, now: Timestamp) {
        let Some(exec) = self.execs.get_mut(name) else {
            return;
        };
        exec.process = None;
        exec.exit = Some(code);
        let (id, call, probe) = (exec.container, exec.call.take(), exec.probe.take());
        let more = [("execID", name.to_owned()), ("exitCode", code.to_string())];
        self.container_event(now, id, "exec_die", &more);
        self.execs.remove(name);
        if let Some(call) = call {
            self.done(call, Ok(Response::Exit { code, error: String::new() }));
        }
        if let Some((began, output)) = probe {
            self.probe_done(id, began, code, &output, now);
        }
    }

    /// The container's main program has ended, and with it everything in it.
    pub(super) fn end_execs_of(&mut self, id: ContainerId, now: Timestamp) {
        let names: Vec<String> = self
            .execs
            .iter()
            .filter(|(_, exec)| exec.container == id && exec.started)
            .map(|(name, _)| name.clone())
            .collect();
        for name in names {
            if let Some(exec) = self.execs.get_mut(&name) {
                exec.probe = None;
            }
            self.exec_ended(&name, 137, now);
        }
    }
}
