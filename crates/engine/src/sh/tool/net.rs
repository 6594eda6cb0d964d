//! Tools that use the network: `curl`, `wget`, `ping`, `nslookup`, `nc`, `ip` …

use super::files::Args;
use super::{Ctx, Event, Flow};
use crate::net::{HttpRequest, HttpResponse, NetAnswer, NetRequest};
use crate::sh::date::Civil;
use crate::sh::place::{FileAnswer, FileAsk};
use crate::sh::step::{Answer, Ask, Facts, Interface};
use api::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// One of these tools under way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Net {
    Fetch(Box<Fetch>),
    Ping(Box<Ping>),
    Lookup,
    Connect,
    /// `ip`, `ifconfig`, `ss`: told by the place's facts.
    Facts,
}

impl Net {
    pub(crate) fn find(name: &str) -> Option<Self> {
        Some(match name {
            "curl" | "wget" => Self::Fetch(Box::default()),
            "ping" => Self::Ping(Box::default()),
            "nslookup" | "dig" | "host" | "getent" => Self::Lookup,
            "nc" | "ncat" | "telnet" => Self::Connect,
            "ip" | "ifconfig" | "ss" | "netstat" => Self::Facts,
            _ => return None,
        })
    }

    pub(crate) fn resume(&mut self, ctx: &mut Ctx<'_>, event: Event) -> Flow {
        match (self, event) {
            (Self::Ping(ping), event) => ping.resume(ctx, event),
            (_, Event::Interrupt) => Flow::Exit(130),
            (Self::Fetch(fetch), event) => fetch.resume(ctx, event),
            (Self::Lookup, event) => lookup(ctx, event),
            (Self::Connect, event) => connect(ctx, event),
            (Self::Facts, Event::Answer(Answer::Facts(facts))) => tell(ctx, &facts),
            (Self::Facts, _) => Flow::Ask(Ask::Facts),
        }
    }
}

/// `curl` and `wget`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Fetch {
    urls: VecDeque<String>,
    silent: bool,
    show_errors: bool,
    fail: bool,
    headers: bool,
    head: bool,
    verbose: bool,
    method: String,
    body: Vec<u8>,
    /// `-H` lines.
    sent: Vec<String>,
    output: Option<String>,
    own_name: bool,
    write_out: String,
    max_us: Option<u64>,
    wget: bool,
    status: i32,
    started: Timestamp,
    host: String,
    port: u16,
    path: String,
    file: Vec<u8>,
    metered: bool,
}

impl Fetch {
    fn resume(&mut self, ctx: &mut Ctx<'_>, event: Event) -> Flow {
        match event {
            Event::Start => {
                self.wget = ctx.name() == "wget";
                let read = if self.wget { self.wget_words(ctx) } else { self.curl_words(ctx) };
                match read {
                    Some(status) => Flow::Exit(status),
                    None => self.next(ctx),
                }
            }
            Event::Answer(Answer::Net(answer)) => self.answered(ctx, answer),
            Event::Answer(Answer::Timer) => self.timed_out(ctx),
            Event::Answer(Answer::File(FileAnswer::Failed(error))) => {
                let name = self.output.clone().unwrap_or_default();
                if self.wget {
                    ctx.complain(format!("wget: can't open '{name}': {error}"));
                    return Flow::Exit(1);
                }
                ctx.complain(format!("Warning: Failed to open the file {name}: {error}"));
                self.error(ctx, 23, "Failure writing output to destination");
                self.next(ctx)
            }
            Event::Answer(_) => self.next(ctx),
            Event::Stdin(_) | Event::Eof | Event::Interrupt => Flow::Exit(130),
        }
    }

    fn curl_words(&mut self, ctx: &mut Ctx<'_>) -> Option<i32> {
        let words = ctx.args();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            if !word.starts_with('-') || word == "-" {
                self.urls.push_back(word.clone());
                continue;
            }
            if let Some(long) = word.strip_prefix("--") {
                let value = |words: &mut std::slice::Iter<'_, String>| words.next().cloned();
                match long {
                    "silent" => self.silent = true,
                    "show-error" => self.show_errors = true,
                    "fail" => self.fail = true,
                    "include" => self.headers = true,
                    "head" => self.head = true,
                    "verbose" => self.verbose = true,
                    "location" | "insecure" | "compressed" | "no-progress-meter" | "ipv4" => {
                        self.silent |= long == "no-progress-meter";
                        self.show_errors |= long == "no-progress-meter";
                    }
                    "output" => self.output = value(&mut words),
                    "remote-name" => self.own_name = true,
                    "write-out" => self.write_out = value(&mut words).unwrap_or_default(),
                    "request" => self.method = value(&mut words).unwrap_or_default(),
                    "header" => self.sent.extend(value(&mut words)),
                    "data" | "data-raw" => self.set_body(value(&mut words)),
                    "url" => self.urls.extend(value(&mut words)),
                    "max-time" | "connect-timeout" => self.set_limit(value(&mut words)),
                    "user-agent" | "user" | "retry" | "retry-delay" => {
                        value(&mut words);
                    }
                    "version" => {
                        ctx.print("curl 7.88.1 (x86_64-pc-linux-gnu) libcurl/7.88.1\n");
                        return Some(0);
                    }
                    _ => {
                        ctx.complain(format!(
                            "curl: option {word}: is unknown\n\
                             curl: try 'curl --help' or 'curl --manual' for more information"
                        ));
                        return Some(2);
                    }
                }
                continue;
            }
            let mut letters = word.chars().skip(1);
            while let Some(c) = letters.next() {
                let mut value = || {
                    let glued: String = letters.by_ref().collect();
                    if glued.is_empty() { words.next().cloned() } else { Some(glued) }
                };
                match c {
                    's' => self.silent = true,
                    'S' => self.show_errors = true,
                    'f' => self.fail = true,
                    'i' => self.headers = true,
                    'I' => self.head = true,
                    'v' => self.verbose = true,
                    'L' | 'k' | 'g' | '4' | 'N' | '#' => {}
                    'O' => self.own_name = true,
                    'o' => self.output = value(),
                    'w' => self.write_out = value().unwrap_or_default(),
                    'X' => self.method = value().unwrap_or_default(),
                    'H' => self.sent.extend(value()),
                    'd' => {
                        let text = value();
                        self.set_body(text);
                    }
                    'm' => {
                        let text = value();
                        self.set_limit(text);
                    }
                    'A' | 'u' | 'e' | 'b' => {
                        value();
                    }
                    other => {
                        ctx.complain(format!(
                            "curl: option -{other}: is unknown\n\
                             curl: try 'curl --help' or 'curl --manual' for more information"
                        ));
                        return Some(2);
                    }
                }
            }
        }
        if self.urls.is_empty() {
            ctx.complain("curl: try 'curl --help' or 'curl --manual' for more information");
            return Some(2);
        }
        None
    }

    fn wget_words(&mut self, ctx: &mut Ctx<'_>) -> Option<i32> {
        let words: Vec<String> = ctx.args();
        let (args, values) = Args::new(&words, "OTt");
        self.silent = args.has('q', "quiet");
        for (letter, value) in values {
            match letter {
                'O' => self.output = Some(value),
                'T' => self.set_limit(Some(value)),
                _ => {}
            }
        }
        self.own_name = self.output.is_none();
        self.urls = args.rest.into();
        if self.urls.is_empty() {
            ctx.complain("wget: missing URL\nUsage: wget [OPTION]... [URL]...");
            return Some(1);
        }
        None
    }

    fn set_body(&mut self, text: Option<String>) {
        self.body = text.unwrap_or_default().into_bytes();
        if self.method.is_empty() {
            self.method = "POST".into();
        }
    }

    fn set_limit(&mut self, text: Option<String>) {
        self.max_us = text.and_then(|t| super::misc::duration_us(&t));
    }

    /// The next address, or the end.
    fn next(&mut self, ctx: &mut Ctx<'_>) -> Flow {
        let Some(url) = self.urls.pop_front() else { return Flow::Exit(self.status) };
        let (scheme, rest) = url.split_once("://").unwrap_or(("http", &url));
        if !matches!(scheme, "http" | "https") {
            self.error(
                ctx,
                1,
                &format!("Protocol \"{scheme}\" not supported or disabled in libcurl"),
            );
            return self.next(ctx);
        }
        let at = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(at);
        let path = path.split('#').next().unwrap_or("");
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        let authority = authority.rsplit('@').next().unwrap_or("");
        let standard = if scheme == "https" { 443 } else { 80 };
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => match port.parse() {
                Ok(port) => (host, port),
                Err(_) => {
                    self.error(ctx, 3, "URL using bad/illegal format or missing URL");
                    return self.next(ctx);
                }
            },
            _ => (authority, standard),
        };
        if host.is_empty() {
            self.error(ctx, 3, "URL using bad/illegal format or missing URL");
            return self.next(ctx);
        }
        self.host = host.to_owned();
        self.port = port;
        self.path = path;
        self.started = ctx.now;
        let method = match (self.head, self.method.as_str()) {
            (true, _) => "HEAD",
            (_, "") => "GET",
            (_, method) => method,
        };
        let request = HttpRequest {
            method: method.to_owned(),
            path: self.path.clone(),
            from: String::new(),
            to: if port == 80 { self.host.clone() } else { format!("{host}:{port}") },
            body: self.body.clone(),
        };
        let ask = Ask::Net(NetRequest::Http { host: self.host.clone(), port, request });
        match self.max_us {
            Some(us) => Flow::Within { ask, us },
            None => Flow::Ask(ask),
        }
    }

    fn error(&mut self, ctx: &mut Ctx<'_>, code: i32, text: &str) {
        self.status = code;
        if !self.silent || self.show_errors {
            ctx.complain(format!("curl: ({code}) {text}"));
        }
    }

    fn timed_out(&mut self, ctx: &mut Ctx<'_>) -> Flow {
        let ms = ctx.now.since_us(self.started) / 1000 + 1;
        if self.wget {
            ctx.complain("wget: download timed out");
            self.status = 1;
        } else {
            self.meter(ctx, 0);
            self.error(ctx, 28, &format!("Connection timed out after {ms} milliseconds"));
        }
        self.written(ctx, 0, 0);
        self.next(ctx)
    }

    fn answered(&mut self, ctx: &mut Ctx<'_>, answer: NetAnswer) -> Flow {
        let (host, port) = (self.host.clone(), self.port);
        let ms = ctx.now.since_us(self.started) / 1000;
        match answer {
            NetAnswer::Http { addr, response, .. } => return self.page(ctx, &addr, response),
            NetAnswer::UnknownName { .. } => {
                if self.wget {
                    ctx.complain(format!("wget: bad address '{host}'"));
                } else {
                    self.error(ctx, 6, &format!("Could not resolve host: {host}"));
                }
            }
            NetAnswer::NoAnswer { .. } => {
                if self.wget {
                    ctx.complain(format!(
                        "wget: can't connect to remote host ({host}): Operation timed out"
                    ));
                } else {
                    self.meter(ctx, 0);
                    self.error(ctx, 28, &format!(
                        "Failed to connect to {host} port {port} after {ms} ms: Couldn't connect to server"
                    ));
                }
            }
            NetAnswer::EmptyReply { .. } => {
                if self.wget {
                    ctx.complain("wget: error getting response");
                } else {
                    self.meter(ctx, 0);
                    self.error(ctx, 52, "Empty reply from server");
                }
            }
            NetAnswer::Refused { addr } => {
                if self.wget {
                    ctx.complain(format!(
                        "wget: can't connect to remote host ({addr}): Connection refused"
                    ));
                } else {
                    if self.verbose {
                        ctx.complain(format!(
                            "*   Trying {addr}:{port}...\n\
                             * connect to {addr} port {port} failed: Connection refused\n\
                             * Failed to connect to {host} port {port} after {ms} ms: Couldn't connect to server\n\
                             * Closing connection 0"
                        ));
                    }
                    self.meter(ctx, 0);
                    self.error(ctx, 7, &format!(
                        "Failed to connect to {host} port {port} after {ms} ms: Couldn't connect to server"
                    ));
                }
            }
            NetAnswer::Unreachable { addr } => {
                if self.wget {
                    ctx.complain(format!(
                        "wget: can't connect to remote host ({addr}): Network unreachable"
                    ));
                } else {
                    self.error(ctx, 7, &format!(
                        "Failed to connect to {host} port {port} after {ms} ms: Couldn't connect to server"
                    ));
                }
            }
            NetAnswer::Addresses { .. } | NetAnswer::Name { .. } | NetAnswer::Reached { .. } => {}
        }
        if self.wget {
            self.status = 1;
        }
        self.written(ctx, 0, 0);
        self.next(ctx)
    }

    fn page(&mut self, ctx: &mut Ctx<'_>, addr: &str, response: HttpResponse) -> Flow {
        let code = response.status;
        if self.wget && code >= 400 {
            ctx.complain(format!("wget: server returned error: HTTP/1.1 {code} {}", reason(code)));
            self.status = 1;
            return self.next(ctx);
        }
        let date = Civil::at(ctx.now).format("%a, %d %b %Y %H:%M:%S GMT");
        let mut head = format!("HTTP/1.1 {code} {}\r\n", reason(code));
        if !response.server.is_empty() {
            head.push_str(&format!("Server: {}\r\n", response.server));
        }
        head.push_str(&format!("Date: {date}\r\n"));
        if !response.content_type.is_empty() {
            head.push_str(&format!("Content-Type: {}\r\n", response.content_type));
        }
        head.push_str(&format!("Content-Length: {}\r\n\r\n", response.body.len()));
        if self.verbose {
            self.tell_headers(ctx, addr, &head);
        }
        let size = response.body.len() as u64;
        let mut out = Vec::new();
        if self.fail && code >= 400 {
            self.error(ctx, 22, &format!("The requested URL returned error: {code}"));
        } else {
            if self.head || self.headers {
                out.extend(head.as_bytes());
            }
            if !self.head {
                out.extend(&response.body);
            }
        }
        if self.own_name {
            let name = self.path.trim_end_matches('/').rsplit('/').next().unwrap_or("");
            self.output = Some(if name.is_empty() { "index.html".into() } else { name.to_owned() });
        }
        let target = self.output.clone().filter(|o| o != "-");
        if target.is_some() || !ctx.stdout_tty {
            self.meter(ctx, size);
        }
        match target.as_deref() {
            None => ctx.out.extend(out),
            Some("/dev/null") => {
                self.written(ctx, code, size);
                return self.next(ctx);
            }
            Some(path) => {
                if self.wget && !self.silent {
                    ctx.complain(format!(
                        "Connecting to {} ({addr}:{})\nsaving to '{path}'\n'{path}' saved",
                        self.host, self.port
                    ));
                }
                self.written(ctx, code, size);
                ctx.changed = true;
                let path = ctx.path(path);
                return Flow::Ask(Ask::File(FileAsk::Write { path, bytes: out, append: false }));
            }
        }
        self.written(ctx, code, size);
        self.next(ctx)
    }

    fn tell_headers(&self, ctx: &mut Ctx<'_>, addr: &str, head: &str) {
        let (host, port) = (&self.host, self.port);
        let method = if self.head {
            "HEAD"
        } else if self.method.is_empty() {
            "GET"
        } else {
            &self.method
        };
        let to = if port == 80 { host.clone() } else { format!("{host}:{port}") };
        ctx.complain(format!("*   Trying {addr}:{port}..."));
        ctx.complain(format!("* Connected to {host} ({addr}) port {port} (#0)"));
        ctx.complain(format!("> {method} {} HTTP/1.1", self.path));
        ctx.complain(format!("> Host: {to}\n> User-Agent: curl/7.88.1\n> Accept: */*"));
        for line in &self.sent {
            ctx.complain(format!("> {line}"));
        }
        ctx.complain("> ");
        for line in head.trim_end_matches("\r\n").split("\r\n") {
            ctx.complain(format!("< {line}"));
        }
        ctx.complain("< ");
    }

    /// The table that curl shows while its output does not go to the terminal.
    fn meter(&mut self, ctx: &mut Ctx<'_>, size: u64) {
        if self.silent || self.wget || ctx.stdout_tty && self.output.is_none() {
            return;
        }
        if !self.metered {
            ctx.complain(
                "  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\n                                 Dload  Upload   Total   Spent    Left  Speed",
            );
        }
        self.metered = true;
        let us = ctx.now.since_us(self.started).max(1);
        let speed = size * 1_000_000 / us;
        let percent = if size > 0 { 100 } else { 0 };
        ctx.complain(format!(
            "{percent:>3} {size:>5}  {percent:>3} {size:>5}    0     0  {speed:>5}      0 --:--:-- --:--:-- --:--:-- {speed:>5}"
        ));
    }

    /// `-w`
    fn written(&mut self, ctx: &mut Ctx<'_>, code: u16, size: u64) {
        if self.write_out.is_empty() {
            return;
        }
        let us = ctx.now.since_us(self.started);
        let seconds = format!("{}.{:06}", us / 1_000_000, us % 1_000_000);
        let text = super::misc::unescape(&self.write_out).0;
        let text = text
            .replace("%{http_code}", &format!("{code:03}"))
            .replace("%{response_code}", &format!("{code:03}"))
            .replace("%{size_download}", &size.to_string())
            .replace("%{time_total}", &seconds)
            .replace("%{time_connect}", &seconds)
            .replace("%{exitcode}", &self.status.to_string())
            .replace("%{url}", &format!("http://{}:{}{}", self.host, self.port, self.path))
            .replace("%{remote_ip}", &self.host)
            .replace("%%", "%");
        ctx.print(text);
    }
}

fn reason(code: u16) -> &'static str {
    match code {
        200 => "OK",
        201 => "Created",
        204 => "No Content",
        301 => "Moved Permanently",
        302 => "Found",
        304 => "Not Modified",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        _ => "",
    }
}

/// `ping`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ping {
    host: String,
    count: Option<u64>,
    interval_us: u64,
    wait_us: u64,
    quiet: bool,
    sent: u64,
    times: Vec<u64>,
    first: Option<Timestamp>,
    last: Timestamp,
    headed: bool,
    sleeping: bool,
}

impl Ping {
    fn resume(&mut self, ctx: &mut Ctx<'_>, event: Event) -> Flow {
        match event {
            Event::Start => {
                let (args, values) = Args::new(&ctx.args(), "ciWwsIt");
                let value = |letter: char| {
                    let found = values.iter().find(|(c, _)| *c == letter);
                    found.map(|(_, v)| v.clone())
                };
                let us = |letter: char| value(letter).and_then(|v| super::misc::duration_us(&v));
                self.count = value('c').and_then(|n| n.parse().ok());
                self.interval_us = us('i').unwrap_or(1_000_000).max(2_000);
                self.wait_us = us('W').unwrap_or(1_000_000);
                self.quiet = args.has('q', "");
                let Some(host) = args.rest.first() else {
                    ctx.complain("ping: usage error: Destination address required");
                    return Flow::Exit(1);
                };
                self.host = host.clone();
                self.first = Some(ctx.now);
                self.send(ctx)
            }
            Event::Answer(Answer::Net(answer)) => self.answered(ctx, answer),
            // either a pause is over, or an answer did not come in time
            Event::Answer(_) => {
                if self.sleeping {
                    self.sleeping = false;
                    return self.send(ctx);
                }
                if !self.headed {
                    self.header(ctx, &self.host.clone());
                }
                self.after(ctx)
            }
            Event::Interrupt => {
                ctx.print("\n");
                self.statistics(ctx);
                Flow::Exit(i32::from(self.times.is_empty()))
            }
            Event::Stdin(_) | Event::Eof => Flow::Read,
        }
    }

    fn send(&mut self, ctx: &mut Ctx<'_>) -> Flow {
        self.sent += 1;
        self.last = ctx.now;
        let ask = Ask::Net(NetRequest::Ping { host: self.host.clone() });
        let us = if self.headed { self.interval_us } else { self.wait_us.max(5_000_000) };
        Flow::Within { ask, us: if self.count == Some(self.sent) { self.wait_us } else { us } }
    }

    fn header(&mut self, ctx: &mut Ctx<'_>, addr: &str) {
        self.headed = true;
        ctx.print(format!("PING {} ({addr}) 56(84) bytes of data.\n", self.host));
    }

    fn answered(&mut self, ctx: &mut Ctx<'_>, answer: NetAnswer) -> Flow {
        match answer {
            NetAnswer::Reached { addr, name, took_us } => {
                if !self.headed {
                    self.header(ctx, &addr);
                }
                self.times.push(took_us);
                let from = match name {
                    Some(name) => format!("{name} ({addr})"),
                    None if addr == self.host => addr,
                    None => format!("{addr} ({addr})"),
                };
                if !self.quiet {
                    let (seq, time) = (self.sent, ms(took_us));
                    ctx.print(format!(
                        "64 bytes from {from}: icmp_seq={seq} ttl=64 time={time} ms\n"
                    ));
                }
            }
            NetAnswer::UnknownName { .. } => {
                ctx.complain(format!("ping: {}: Name or service not known", self.host));
                return Flow::Exit(2);
            }
            NetAnswer::Unreachable { .. } => {
                ctx.complain("ping: connect: Network is unreachable");
                return Flow::Exit(2);
            }
            NetAnswer::NoAnswer { addr } => {
                if !self.headed {
                    let addr = if addr.is_empty() { self.host.clone() } else { addr };
                    self.header(ctx, &addr);
                }
            }
            _ => {}
        }
        self.after(ctx)
    }

    fn after(&mut self, ctx: &mut Ctx<'_>) -> Flow {
        if self.count.is_some_and(|count| self.sent >= count) {
            self.statistics(ctx);
            return Flow::Exit(i32::from(self.times.is_empty()));
        }
        let spent = ctx.now.since_us(self.last);
        self.sleeping = true;
        Flow::Ask(Ask::Sleep(self.interval_us.saturating_sub(spent)))
    }

    fn statistics(&self, ctx: &mut Ctx<'_>) {
        let received = self.times.len() as u64;
        let loss = (self.sent - received) * 100 / self.sent.max(1);
        let span = self.first.map_or(0, |first| ctx.now.since_us(first) / 1000);
        ctx.print(format!("\n--- {} ping statistics ---\n", self.host));
        ctx.print(format!(
            "{} packets transmitted, {received} received, {loss}% packet loss, time {span}ms\n",
            self.sent
        ));
        if received == 0 {
            return;
        }
        let (low, high) =
            (self.times.iter().min().unwrap_or(&0), self.times.iter().max().unwrap_or(&0));
        let mean = self.times.iter().sum::<u64>() / received;
        let variance = self.times.iter().map(|t| t.abs_diff(mean).pow(2)).sum::<u64>() / received;
        let part = |us: u64| format!("{}.{:03}", us / 1000, us % 1000);
        ctx.print(format!(
            "rtt min/avg/max/mdev = {}/{}/{}/{} ms\n",
            part(*low),
            part(mean),
            part(*high),
            part(variance.isqrt())
        ));
    }
}

/// Three digits that count, as ping prints them.
fn ms(us: u64) -> String {
    match us {
        0..1_000 => format!("0.{us:03}"),
        1_000..10_000 => format!("{}.{:02}", us / 1000, us % 1000 / 10),
        10_000..100_000 => format!("{}.{}", us / 1000, us % 1000 / 100),
        _ => (us / 1000).to_string(),
    }
}

/// `nslookup`, `dig`, `host`, `getent`.
fn lookup(ctx: &mut Ctx<'_>, event: Event) -> Flow {
    let words: Vec<String> =
        ctx.args().into_iter().filter(|w| !w.starts_with(['-', '+', '@'])).collect();
    let getent = ctx.name() == "getent";
    let name = if getent { words.get(1) } else { words.first() };
    let Some(name) = name.cloned() else {
        let usage = format!("Usage: {} [HOST]", ctx.name());
        ctx.complain(usage);
        return Flow::Exit(1);
    };
    let is_address =
        name.split('.').count() == 4 && name.chars().all(|c| c.is_ascii_digit() || c == '.');
    match event {
        Event::Answer(Answer::Net(answer)) => match ctx.name() {
            "getent" => getent_tell(ctx, &name, words.first().map_or("", String::as_str), answer),
            "dig" => dig_tell(ctx, &name, answer),
            "host" => host_tell(ctx, &name, answer),
            _ => nslookup_tell(ctx, &name, answer),
        },
        _ if is_address && !getent => Flow::Ask(Ask::Net(NetRequest::Reverse { addr: name })),
        _ => Flow::Ask(Ask::Net(NetRequest::Dns { name })),
    }
}

fn nslookup_tell(ctx: &mut Ctx<'_>, name: &str, answer: NetAnswer) -> Flow {
    let server = match &answer {
        NetAnswer::Addresses { server, .. }
        | NetAnswer::Name { server, .. }
        | NetAnswer::UnknownName { server } => server.clone(),
        _ => {
            ctx.print(";; connection timed out; no servers could be reached\n\n");
            return Flow::Exit(1);
        }
    };
    ctx.print(format!("Server:\t\t{server}\nAddress:\t{server}:53\n\n"));
    match answer {
        NetAnswer::Addresses { addrs, .. } => {
            ctx.print("Non-authoritative answer:\n");
            for addr in addrs {
                ctx.print(format!("Name:\t{name}\nAddress: {addr}\n"));
            }
            ctx.print("\nNon-authoritative answer:\n\n");
            Flow::Exit(0)
        }
        NetAnswer::Name { name: found, .. } => {
            let mut parts: Vec<&str> = name.split('.').collect();
            parts.reverse();
            let zone = parts.join(".");
            ctx.print(format!(
                "Non-authoritative answer:\n{zone}.in-addr.arpa\tname = {found}\n\n"
            ));
            Flow::Exit(0)
        }
        _ => {
            ctx.print(format!(
                "** server can't find {name}: NXDOMAIN\n\n** server can't find {name}: NXDOMAIN\n\n"
            ));
            Flow::Exit(1)
        }
    }
}

fn getent_tell(ctx: &mut Ctx<'_>, name: &str, base: &str, answer: NetAnswer) -> Flow {
    let NetAnswer::Addresses { addrs, .. } = answer else { return Flow::Exit(2) };
    for (k, addr) in addrs.iter().enumerate() {
        if base.starts_with("ahosts") {
            let label = if k == 0 { format!("STREAM {name}") } else { "STREAM".into() };
            ctx.print(format!("{addr:<15} {label}\n{addr:<15} DGRAM\n{addr:<15} RAW\n"));
        } else {
            ctx.print(format!("{addr:<15} {name}\n"));
        }
    }
    Flow::Exit(0)
}

fn dig_tell(ctx: &mut Ctx<'_>, name: &str, answer: NetAnswer) -> Flow {
    let short = ctx.words.iter().any(|w| w == "+short");
    let addrs = match answer {
        NetAnswer::Addresses { addrs, .. } => addrs,
        NetAnswer::Name { name, .. } => vec![format!("{name}.")],
        NetAnswer::UnknownName { .. } => Vec::new(),
        _ => {
            ctx.print(";; connection timed out; no servers could be reached\n");
            return Flow::Exit(9);
        }
    };
    if short {
        for addr in addrs {
            ctx.print(format!("{addr}\n"));
        }
        return Flow::Exit(0);
    }
    let status = if addrs.is_empty() { "NXDOMAIN" } else { "NOERROR" };
    ctx.print(format!(
        ";; ->>HEADER<<- opcode: QUERY, status: {status}\n\n;; QUESTION SECTION:\n;{name}.\t\t\tIN\tA\n"
    ));
    if !addrs.is_empty() {
        ctx.print("\n;; ANSWER SECTION:\n");
        for addr in addrs {
            ctx.print(format!("{name}.\t\t600\tIN\tA\t{addr}\n"));
        }
    }
    Flow::Exit(0)
}

fn host_tell(ctx: &mut Ctx<'_>, name: &str, answer: NetAnswer) -> Flow {
    match answer {
        NetAnswer::Addresses { addrs, .. } => {
            for addr in addrs {
                ctx.print(format!("{name} has address {addr}\n"));
            }
            Flow::Exit(0)
        }
        NetAnswer::Name { name: found, .. } => {
            ctx.print(format!("{name} domain name pointer {found}.\n"));
            Flow::Exit(0)
        }
        NetAnswer::UnknownName { .. } => {
            ctx.print(format!("Host {name} not found: 3(NXDOMAIN)\n"));
            Flow::Exit(1)
        }
        _ => {
            ctx.print(";; connection timed out; no servers could be reached\n");
            Flow::Exit(1)
        }
    }
}

/// `nc`: does something listen there?
fn connect(ctx: &mut Ctx<'_>, event: Event) -> Flow {
    let (args, values) = Args::new(&ctx.args(), "wip");
    let (Some(host), Some(port)) =
        (args.rest.first(), args.rest.get(1).and_then(|p| p.parse::<u16>().ok()))
    else {
        let name = ctx.name().to_owned();
        ctx.complain(format!("usage: {name} [-vz] [-w timeout] [destination] [port]"));
        return Flow::Exit(1);
    };
    let verbose = args.has('v', "");
    match event {
        Event::Start => {
            let ask = Ask::Net(NetRequest::Connect { host: host.clone(), port });
            let limit = values.iter().find(|(c, _)| *c == 'w');
            match limit.and_then(|(_, v)| super::misc::duration_us(v)) {
                Some(us) => Flow::Within { ask, us },
                None => Flow::Ask(ask),
            }
        }
        Event::Answer(Answer::Net(answer)) => {
            let (addr, outcome) = match answer {
                NetAnswer::Reached { addr, .. } => {
                    if verbose {
                        ctx.complain(format!(
                            "Connection to {host} ({addr}) {port} port [tcp/*] succeeded!"
                        ));
                    }
                    return Flow::Exit(0);
                }
                NetAnswer::Refused { addr } => (addr, "Connection refused"),
                NetAnswer::Unreachable { addr } => (addr, "Network is unreachable"),
                NetAnswer::UnknownName { .. } => {
                    ctx.complain(format!(
                        "nc: getaddrinfo for host \"{host}\" port {port}: Name or service not known"
                    ));
                    return Flow::Exit(1);
                }
                NetAnswer::NoAnswer { addr } | NetAnswer::EmptyReply { addr } => {
                    (addr, "Connection timed out")
                }
                _ => (String::new(), "Connection refused"),
            };
            if verbose {
                ctx.complain(format!(
                    "nc: connect to {host} ({addr}) port {port} (tcp) failed: {outcome}"
                ));
            }
            Flow::Exit(1)
        }
        _ => {
            if verbose {
                ctx.complain(format!(
                    "nc: connect to {host} port {port} (tcp) timed out: Operation now in progress"
                ));
            }
            Flow::Exit(1)
        }
    }
}

fn tell(ctx: &mut Ctx<'_>, facts: &Facts) -> Flow {
    match ctx.name() {
        "ip" => ip(ctx, facts),
        "ifconfig" => {
            let words = ctx.args();
            for i in facts.interfaces.iter().filter(|i| words.first().is_none_or(|w| *w == i.name))
            {
                ctx.print(ifconfig(i));
            }
            Flow::Exit(0)
        }
        _ => {
            ctx.print("State  Recv-Q Send-Q Local Address:Port Peer Address:Port\n");
            for port in &facts.listening {
                ctx.print(format!("LISTEN 0      4096               *:{port:<11} *:*\n"));
            }
            Flow::Exit(0)
        }
    }
}

fn ifconfig(i: &Interface) -> String {
    let addr = i.cidr.split('/').next().unwrap_or("");
    let kind = if i.name == "lo" { "Local Loopback" } else { "Ethernet  HWaddr " };
    let mac = if i.name == "lo" { "" } else { i.mac.as_str() };
    format!(
        "{:<9} Link encap:{kind}{}\n          inet addr:{addr}\n          {}RUNNING  MTU:1500  Metric:1\n\n",
        i.name,
        mac.to_uppercase(),
        if i.up { "UP " } else { "" }
    )
}

fn ip(ctx: &mut Ctx<'_>, facts: &Facts) -> Flow {
    let words = ctx.args();
    let flags: Vec<&str> =
        words.iter().filter(|w| w.starts_with('-')).map(String::as_str).collect();
    let rest: Vec<&str> =
        words.iter().filter(|w| !w.starts_with('-')).map(String::as_str).collect();
    let one_line = flags.iter().any(|f| matches!(*f, "-o" | "-oneline"));
    let brief = flags.iter().any(|f| matches!(*f, "-br" | "-brief"));
    let object = rest.first().copied().unwrap_or("");
    if !object.is_empty() && "address".starts_with(object) {
        let device = rest
            .iter()
            .skip(1)
            .find(|w| !matches!(**w, "show" | "s" | "sh" | "list" | "ls" | "dev"));
        if let Some(device) = device
            && !facts.interfaces.iter().any(|i| i.name == **device)
        {
            ctx.complain(format!("Device \"{device}\" does not exist."));
            return Flow::Exit(1);
        }
        for i in facts.interfaces.iter().filter(|i| device.is_none_or(|d| i.name == *d)) {
            let scope = if i.name == "lo" { "host" } else { "global" };
            let broadcast = if i.broadcast.is_empty() {
                String::new()
            } else {
                format!(" brd {}", i.broadcast)
            };
            let line = format!("inet {}{broadcast} scope {scope} {}", i.cidr, i.name);
            if brief {
                let state = if i.name == "lo" {
                    "UNKNOWN"
                } else if i.up {
                    "UP"
                } else {
                    "DOWN"
                };
                ctx.print(format!("{:<16} {state:<14} {} \n", i.name, i.cidr));
            } else if one_line {
                ctx.print(format!(
                    "{}: {}    {line}\\       valid_lft forever preferred_lft forever\n",
                    i.index, i.name
                ));
            } else {
                ctx.print(link(i));
                ctx.print(format!("    {line}\n       valid_lft forever preferred_lft forever\n"));
            }
        }
        return Flow::Exit(0);
    }
    if !object.is_empty() && "link".starts_with(object) {
        for i in &facts.interfaces {
            ctx.print(link(i));
        }
        return Flow::Exit(0);
    }
    if !object.is_empty() && "route".starts_with(object) {
        if let Some((via, device)) = &facts.default_route {
            ctx.print(format!("default via {via} dev {device} \n"));
        }
        for i in facts.interfaces.iter().filter(|i| i.name != "lo") {
            let addr = i.cidr.split('/').next().unwrap_or("");
            ctx.print(format!(
                "{} dev {} proto kernel scope link src {addr} \n",
                network(&i.cidr),
                i.name
            ));
        }
        return Flow::Exit(0);
    }
    if object.is_empty() {
        ctx.complain("Usage: ip [ OPTIONS ] OBJECT { COMMAND | help }");
        return Flow::Exit(255);
    }
    ctx.complain(format!("Object \"{object}\" is unknown, try \"ip help\"."));
    Flow::Exit(1)
}

fn link(i: &Interface) -> String {
    let (flags, state) = match (i.name.as_str(), i.up) {
        ("lo", _) => ("LOOPBACK,UP,LOWER_UP", "UNKNOWN"),
        (_, true) => ("BROADCAST,MULTICAST,UP,LOWER_UP", "UP"),
        (_, false) => ("NO-CARRIER,BROADCAST,MULTICAST,UP", "DOWN"),
    };
    let (mtu, kind, mac, broadcast) = if i.name == "lo" {
        (65_536, "loopback", "00:00:00:00:00:00", "00:00:00:00:00:00")
    } else {
        (1_500, "ether", i.mac.as_str(), "ff:ff:ff:ff:ff:ff")
    };
    format!(
        "{}: {}: <{flags}> mtu {mtu} qdisc noqueue state {state} group default qlen 1000\n    \
         link/{kind} {mac} brd {broadcast}\n",
        i.index, i.name
    )
}

/// `192.168.0.0/24` of `192.168.0.13/24`.
fn network(cidr: &str) -> String {
    let (addr, length) = cidr.split_once('/').unwrap_or((cidr, "32"));
    let number =
        addr.split('.').fold(0_u32, |n, part| n << 8 | u32::from(part.parse::<u8>().unwrap_or(0)));
    let bits = length.parse::<u32>().unwrap_or(32).min(32);
    let mask = if bits == 0 { 0 } else { u32::MAX << (32 - bits) };
    let [a, b, c, d] = (number & mask).to_be_bytes();
    format!("{a}.{b}.{c}.{d}/{bits}")
}
