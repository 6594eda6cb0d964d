//! Programs in containers: resumed, their steps carried out, requests to them served.

use super::{Engine, EngineEffect, Job, Key};
use crate::app::{Input, Step};
use crate::net::{HttpOutcome, HttpRequest, NetAnswer, NetRequest};
use crate::sh::{self, FileAnswer, FileAsk};
use api::{ApiError, ContainerId, ContainerStatusWord, Item, Response, Timestamp};
use sim::Streams;
use std::collections::VecDeque;

impl Engine {
    pub(super) fn process_mut(&mut self, key: &Key) -> Option<&mut super::container::Process> {
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

    /// Does what a program wants, in its order. What is answered at once resumes it in turn.
    pub(super) fn carry_out(
        &mut self,
        key: &Key,
        steps: Vec<Step>,
        now: Timestamp,
        rng: &mut Streams,
    ) {
        let mut queue = VecDeque::from(steps);
        while let Some(step) = queue.pop_front() {
            let answer = match step {
                Step::Out(bytes) => {
                    self.output(key, false, &bytes, now);
                    None
                }
                Step::Err(bytes) => {
                    self.output(key, true, &bytes, now);
                    None
                }
                Step::Sleep(us) => {
                    self.next += 1;
                    let wake = self.next;
                    if let Some(process) = self.process_mut(key) {
                        process.wake = wake;
                        self.after(now, us, Job::Wake { key: key.clone(), wake });
                    }
                    None
                }
                Step::Net(number, request) => self
                    .ask_net(key, number, request, now, rng)
                    .map(|answer| Input::Net(number, answer)),
                Step::File(number, ask) => {
                    Some(Input::File(number, self.serve_files(key, &ask, now)))
                }
                Step::Facts(number) => {
                    Some(Input::Facts(number, Box::new(self.facts_of(key, now))))
                }
                Step::Exit(code) => return self.program_ended(key, code, now, rng),
            };
            if let Some(input) = answer
                && let Some(process) = self.process_mut(key)
            {
                queue.extend(process.app.resume(now, input));
            }
        }
    }

    /// A question about the files that a program sees.
    fn serve_files(&mut self, key: &Key, ask: &FileAsk, now: Timestamp) -> FileAnswer {
        let Some(id) = self.container_of(key) else {
            return FileAnswer::Failed(crate::Errno::NoEnt);
        };
        let full = self.disk_full;
        match self.change_view(id, |tree| sh::serve(tree, ask, full, now)) {
            Ok(answer) => answer,
            Err(error) => match ask {
                FileAsk::Tool { argv, .. } => FileAnswer::Tool {
                    out: Vec::new(),
                    err: format!("{}: {error}\n", argv.join(": ")).into_bytes(),
                    status: 1,
                    changed: false,
                },
                FileAsk::Read(_)
                | FileAsk::Write { .. }
                | FileAsk::Stat(_)
                | FileAsk::Glob { .. } => FileAnswer::Failed(error),
            },
        }
    }

    /// What a program can know of its container.
    fn facts_of(&self, key: &Key, now: Timestamp) -> sh::Facts {
        let container = self.container_of(key).and_then(|id| self.containers.get(&id));
        let Some(container) = container else {
            return sh::Facts::default();
        };
        let mut processes = Vec::new();
        if let Some(process) = &container.process {
            for (pid, line) in (1..).zip(process.app.command_lines()) {
                processes.push((pid, process.app.place().user.clone(), line));
            }
        }
        for (pid, exec) in (30..).zip(self.execs.values().filter(|e| e.container == container.id)) {
            processes.push((pid, "root".to_owned(), exec.config.cmd.join(" ")));
        }
        let gateway = container.endpoints.values().find(|e| !e.gateway.is_empty());
        sh::Facts {
            hostname: container.config.hostname.clone(),
            interfaces: self.interfaces_of(container),
            default_route: gateway.map(|e| (e.gateway.clone(), "eth0".to_owned())),
            uptime_us: now.0,
            processes,
            memory: (self.facts.memory_bytes, self.facts.memory_bytes / 8),
            cpus: self.facts.cpus,
            listening: container.process.iter().filter_map(|p| p.app.port()).collect(),
        }
    }

    /// `lo`, then one for each network, in order of their names.
    fn interfaces_of(&self, container: &super::Container) -> Vec<sh::Interface> {
        let mut all = vec![sh::Interface {
            name: "lo".to_owned(),
            index: 1,
            cidr: "127.0.0.1/8".to_owned(),
            broadcast: String::new(),
            mac: "00:00:00:00:00:00".to_owned(),
            up: true,
        }];
        let endpoints = container.endpoints.values().filter(|e| !e.ip_address.is_empty());
        for (k, endpoint) in (0_u32..).zip(endpoints) {
            let (ip, bits) = (&endpoint.ip_address, endpoint.ip_prefix_len);
            let broadcast = super::networks::cidr(&format!("{ip}/{bits}"))
                .map(|(first, bits)| {
                    let rest = u32::MAX.checked_shr(u32::from(bits)).unwrap_or(0);
                    super::networks::ip_text(first | rest)
                })
                .unwrap_or_default();
            all.push(sh::Interface {
                name: format!("eth{k}"),
                index: 10 + 2 * k,
                cidr: format!("{ip}/{bits}"),
                broadcast,
                mac: endpoint.mac_address.clone(),
                up: true,
            });
        }
        all
    }

    fn program_ended(&mut self, key: &Key, code: i32, now: Timestamp, rng: &mut Streams) {
        match key {
            Key::Main(id) => self.main_ended(*id, code, now, rng),
            Key::Exec(exec) => self.exec_ended(exec, code, now),
        }
    }

    pub(super) fn output(&mut self, key: &Key, stderr: bool, bytes: &[u8], now: Timestamp) {
        match key {
            Key::Main(id) => {
                let Some(container) = self.containers.get_mut(id) else {
                    return;
                };
                let stderr = stderr && !container.config.tty;
                let lines = container.write_log(stderr, bytes, now);
                let tty = container.config.tty;
                self.tell_lines(*id, &lines);
                self.tell_attached(*id, stderr, &on_terminal(tty, bytes));
            }
            Key::Exec(exec) => {
                let tty = self.execs.get(exec).is_some_and(|exec| exec.config.tty);
                self.exec_output(exec, stderr, &on_terminal(tty, bytes));
            }
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
    ) -> Option<NetAnswer> {
        let container = self.container_of(key)?;
        if let Some(answer) = self.loopback(container, &request, now, rng) {
            return Some(answer);
        }
        let ticket = self.ticket();
        self.net_tickets.insert(ticket, (key.clone(), number));
        self.effects.push(EngineEffect::Net { ticket, container, request });
        None
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
        // a program without a line editor of its own: its terminal turns Ctrl+C into a signal
        let shell = self.process_mut(&key).is_some_and(|p| p.app.edits_lines());
        if tty && !shell {
            self.output(&key, false, &echo(&bytes), now);
        }
        match bytes.as_slice() {
            [3] if tty && !shell => self.interrupt(&key, now, rng),
            [4] if tty && !shell => self.resume(&key, Input::Eof, now, rng),
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
            ApiError::new(404, format!("Could not find the file {path} in container {reference}"))
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

/// What a terminal shows of what is typed into it: control characters as `^C`.
fn echo(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for byte in bytes {
        match byte {
            b'\r' | b'\n' => out.push(b'\n'),
            4 | b'\t' => {}
            0..=31 => out.extend([b'^', byte + 64]),
            other => out.push(*other),
        }
    }
    out
}

/// A terminal makes a carriage return of each line's end that has none.
fn on_terminal(tty: bool, bytes: &[u8]) -> Vec<u8> {
    if !tty {
        return bytes.to_vec();
    }
    let mut out = Vec::with_capacity(bytes.len());
    for byte in bytes {
        if *byte == b'\n' && out.last() != Some(&b'\r') {
            out.push(b'\r');
        }
        out.push(*byte);
    }
    out
}
