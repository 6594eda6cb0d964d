//! Programs in containers: resumed, their steps carried out, requests to them served.

use super::{Engine, EngineEffect, Job, Key};
use crate::app::{Input, Step};
use crate::net::{HttpOutcome, HttpRequest, NetAnswer, NetRequest};
use api::{ApiError, ContainerId, ContainerStatusWord, Item, Response, Timestamp};
use sim::Streams;

impl Engine {
    fn process_mut(&mut self, key: &Key) -> Option<&mut super::container::Process> {
        match key {
            Key::Main(id) => self.containers.get_mut(id)?.process.as_mut(),
            Key::Exec(exec) => self.execs.get_mut(exec)?.process.as_mut(),
        }
    }

    pub(super) fn container_of(&self, key: &Key) -> Option<ContainerId> {
        match key {
            Key::Main(id) => Some(*id),
            Key::Exec(exec) => self.execs.get(exec).map(|exec| exec.container),
        }
    }

    /// Resumes a program and does what it wants.
    pub(super) fn resume(&mut self, key: &Key, input: Input, now: Timestamp, rng: &mut Streams) {
        let Some(process) = self.process_mut(key) else {
            return;
        };
        let steps = process.app.resume(now, input);
        self.carry_out(key, steps, now, rng);
    }

    pub(super) fn carry_out(
        &mut self,
        key: &Key,
        steps: Vec<Step>,
        now: Timestamp,
        rng: &mut Streams,
    ) {
        for step in steps {
            match step {
                Step::Out(bytes) => self.output(key, false, &bytes, now),
                Step::Err(bytes) => self.output(key, true, &bytes, now),
                Step::Sleep(us) => {
                    self.next += 1;
                    let wake = self.next;
                    if let Some(process) = self.process_mut(key) {
                        process.wake = wake;
                        self.after(now, us, Job::Wake { key: key.clone(), wake });
                    }
                }
                Step::Net(number, request) => self.ask_net(key, number, request, now, rng),
                Step::Exit(code) => {
                    self.program_ended(key, code, now, rng);
                    return;
                }
            }
        }
    }

    fn program_ended(&mut self, key: &Key, code: i32, now: Timestamp, rng: &mut Streams) {
        match key {
            Key::Main(id) => self.main_ended(*id, code, now, rng),
            Key::Exec(exec) => self.exec_ended(exec, code, now),
        }
    }

    fn output(&mut self, key: &Key, stderr: bool, bytes: &[u8], now: Timestamp) {
        match key {
            Key::Main(id) => {
                let Some(container) = self.containers.get_mut(id) else {
                    return;
                };
                let stderr = stderr && !container.config.tty;
                let lines = container.write_log(stderr, bytes, now);
                self.tell_lines(*id, &lines);
                self.tell_attached(*id, stderr, bytes);
            }
            Key::Exec(exec) => self.exec_output(exec, stderr, bytes),
        }
    }

    /// A program's timer, unless it has set another or its container is paused.
    pub(super) fn wake(&mut self, key: &Key, wake: u64, now: Timestamp, rng: &mut Streams) {
        let paused = self
            .container_of(key)
            .and_then(|id| self.containers.get(&id))
            .is_some_and(|c| c.state.status == ContainerStatusWord::Paused);
        let Some(process) = self.process_mut(key) else {
            return;
        };
        if process.wake != wake {
            return;
        }
        if paused {
            process.missed_wake = true;
        } else {
            self.resume(key, Input::Timer, now, rng);
        }
    }

    /// Timers that ran out while the container was paused ring when it goes on.
    pub(super) fn make_up_wakes(&mut self, id: ContainerId, at: Timestamp) {
        let execs = self.execs.iter().filter(|(_, exec)| exec.container == id);
        let keys: Vec<Key> = std::iter::once(Key::Main(id))
            .chain(execs.map(|(name, _)| Key::Exec(name.clone())))
            .collect();
        for key in keys {
            if let Some(process) = self.process_mut(&key)
                && std::mem::take(&mut process.missed_wake)
            {
                let wake = process.wake;
                self.schedule(at, Job::Wake { key, wake });
            }
        }
    }

    /// What concerns the container itself is answered here, the rest goes out.
    fn ask_net(
        &mut self,
        key: &Key,
        number: u64,
        request: NetRequest,
        now: Timestamp,
        rng: &mut Streams,
    ) {
        let Some(container) = self.container_of(key) else {
            return;
        };
        if let Some(answer) = self.loopback(container, &request, now, rng) {
            return self.resume(key, Input::Net(number, answer), now, rng);
        }
        let ticket = self.ticket();
        self.net_tickets.insert(ticket, (key.clone(), number));
        self.effects.push(EngineEffect::Net { ticket, container, request });
    }

    fn loopback(
        &mut self,
        id: ContainerId,
        request: &NetRequest,
        now: Timestamp,
        rng: &mut Streams,
    ) -> Option<NetAnswer> {
        let own = self.containers.get(&id)?.endpoints.values();
        let own: Vec<String> = own.map(|e| e.ip_address.clone()).collect();
        let is_own = |host: &str| {
            host == "localhost" || host.starts_with("127.") || own.iter().any(|ip| ip == host)
        };
        match request {
            NetRequest::Ping { host } if is_own(host) => Some(NetAnswer::Reached {
                addr: if host == "localhost" { "127.0.0.1".into() } else { host.clone() },
                name: None,
                took_us: 60,
            }),
            NetRequest::Connect { host, port } if is_own(host) => {
                let addr = if host == "localhost" { "127.0.0.1".into() } else { host.clone() };
                Some(if self.listens(id, *port) {
                    NetAnswer::Reached { addr, name: None, took_us: 40 }
                } else {
                    NetAnswer::Refused { addr }
                })
            }
            NetRequest::Http { host, port, request } if is_own(host) => {
                let addr = if host == "localhost" { "127.0.0.1".into() } else { host.clone() };
                let mut request = request.clone();
                request.from.clone_from(&addr);
                request.to.clone_from(&addr);
                Some(match self.serve_http(id, *port, request, now, rng) {
                    HttpOutcome::Answer { response, after_us } => {
                        NetAnswer::Http { addr, response, took_us: after_us }
                    }
                    HttpOutcome::Refused => NetAnswer::Refused { addr },
                    HttpOutcome::NoAnswer => NetAnswer::NoAnswer { addr },
                    HttpOutcome::EmptyReply => NetAnswer::EmptyReply { addr },
                })
            }
            NetRequest::Dns { .. }
            | NetRequest::Reverse { .. }
            | NetRequest::Ping { .. }
            | NetRequest::Connect { .. }
            | NetRequest::Http { .. } => None,
        }
    }

    /// The network's answer to a [`EngineEffect::Net`].
    pub fn handle_net(
        &mut self,
        ticket: u64,
        answer: NetAnswer,
        now: Timestamp,
        rng: &mut Streams,
    ) {
        if let Some((key, number)) = self.net_tickets.remove(&ticket) {
            self.resume(&key, Input::Net(number, answer), now, rng);
        }
    }

    /// A request reaches a container's own port.
    pub fn serve_http(
        &mut self,
        container: ContainerId,
        port: u16,
        request: HttpRequest,
        now: Timestamp,
        rng: &mut Streams,
    ) -> HttpOutcome {
        let Some(found) = self.containers.get_mut(&container) else {
            return HttpOutcome::Refused;
        };
        let paused = found.state.status == ContainerStatusWord::Paused;
        let Some(process) = found.process.as_mut() else {
            return HttpOutcome::Refused;
        };
        if process.app.port() != Some(port) {
            return HttpOutcome::Refused;
        }
        if paused {
            return HttpOutcome::NoAnswer;
        }
        let (outcome, steps) = process.app.serve(&request, now);
        found.requests_served += 1;
        self.carry_out(&Key::Main(container), steps, now, rng);
        outcome
    }

    /// Whether a program of the container listens on that port of the container.
    #[must_use]
    pub fn listens(&self, container: ContainerId, port: u16) -> bool {
        self.containers
            .get(&container)
            .and_then(|c| c.process.as_ref())
            .is_some_and(|process| process.app.port() == Some(port))
    }

    /// `docker top`: what `ps -ef` prints on the machine for that container's programs.
    pub(super) fn top(&self, reference: &str) -> Result<Response, ApiError> {
        let id = self.find(reference)?;
        let container = self.container(id).ok_or_else(|| super::no_such(reference))?;
        let Some(process) = &container.process else {
            return Err(ApiError::new(409, format!("Container {id} is not running")));
        };
        let words = ["UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"];
        let tty = if container.config.tty { "pts/0" } else { "?" };
        let minutes = container.state.started_at.unwrap_or_default().0 / 60_000_000 + 12 * 60;
        let stime = format!("{:02}:{:02}", minutes / 60 % 24, minutes % 60);
        let mut rows = Vec::new();
        let mut row = |pid: u32, parent: u32, line: String| {
            let cells = [
                "root".to_owned(),
                pid.to_string(),
                parent.to_string(),
                "0".to_owned(),
                stime.clone(),
                tty.to_owned(),
                "00:00:00".to_owned(),
                line,
            ];
            rows.push(cells.to_vec());
        };
        for (k, line) in (0_u32..).zip(process.app.command_lines()) {
            row(process.pid + k, process.pid.saturating_sub(21), line);
        }
        for exec in self.execs.values().filter(|exec| exec.container == id) {
            if let Some(inner) = &exec.process {
                row(inner.pid, process.pid.saturating_sub(21), exec.config.cmd.join(" "));
            }
        }
        let titles = words.iter().map(|word| (*word).to_owned()).collect();
        Ok(Response::Top { titles, processes: rows })
    }

    /// Bytes for an attached program.
    pub fn send_input(&mut self, call: u64, bytes: Vec<u8>, now: Timestamp, rng: &mut Streams) {
        let Some((key, tty)) = self.input_goes_to(call) else {
            return;
        };
        // a terminal turns these two keys into a signal and an end of input
        match bytes.as_slice() {
            [3] if tty => self.interrupt(&key, now, rng),
            [4] if tty => self.resume(&key, Input::Eof, now, rng),
            [] => self.resume(&key, Input::Eof, now, rng),
            _ => self.resume(&key, Input::Stdin(bytes), now, rng),
        }
    }

    fn interrupt(&mut self, key: &Key, now: Timestamp, rng: &mut Streams) {
        let reaction = match self.process_mut(key) {
            Some(process) => process.app.signal("SIGINT"),
            None => return,
        };
        match reaction {
            crate::app::Reaction::Ignores => {}
            crate::app::Reaction::Ends(code) => self.program_ended(key, code, now, rng),
            crate::app::Reaction::Interrupted => self.resume(key, Input::Interrupt, now, rng),
        }
    }

    /// Contents of a file of a container or all files of a directory of it.
    pub(super) fn read_out(&mut self, reference: &str, path: &str) -> Result<Response, ApiError> {
        let id = self.find(reference)?;
        let missing = || {
            ApiError::new(
                404,
                format!("Could not find the file {path} in container {reference}"),
            )
        };
        let files = self.view_of(id).ok_or_else(missing)?;
        let inner = crate::files::absolute("/", path);
        if let Ok(bytes) = files.read(&inner) {
            return Ok(Response::Files(vec![(path.to_owned(), bytes.as_ref().clone())]));
        }
        if !files.is_dir(&inner) {
            return Err(missing());
        }
        let found = files.walk(&inner).into_iter().filter(|(_, stat)| !stat.dir);
        let read = found.filter_map(|(below, _)| {
            let bytes = files.read(&format!("{inner}{below}")).ok()?;
            Some((format!("{path}{below}"), bytes.as_ref().clone()))
        });
        Ok(Response::Files(read.collect()))
    }

    pub(super) fn write_in(
        &mut self,
        reference: &str,
        path: &str,
        content: Vec<u8>,
        now: Timestamp,
    ) -> Result<Response, ApiError> {
        let id = self.find(reference)?;
        let error = |text: String| ApiError::new(500, text);
        if self.disk_full {
            return Err(error("no space left on device".to_owned()));
        }
        match self.change_view(id, |tree| tree.write(path, content, now)).and_then(|done| done) {
            Ok(()) => Ok(Response::Done),
            Err(crate::Errno::NoEnt) => Err(ApiError::new(
                404,
                format!("Could not find the file {path} in container {reference}"),
            )),
            Err(other) => Err(error(other.go_text())),
        }
    }

    /// Items to everybody who follows one exec's output.
    pub(super) fn exec_item(&mut self, call: u64, stderr: bool, bytes: &[u8]) {
        self.item(call, Item::Output { stderr, bytes: bytes.to_vec() });
    }
}
