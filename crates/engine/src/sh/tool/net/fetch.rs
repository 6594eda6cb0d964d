//! `curl` and `wget`. Texts are curl 7.88's and busybox wget's.

use super::super::files::Args;
use super::super::misc;
use super::super::{Ctx, Event, Flow};
use crate::net::{HttpRequest, HttpResponse, NetAnswer, NetRequest};
use crate::sh::date::Civil;
use crate::sh::place::{FileAnswer, FileAsk};
use crate::sh::step::{Answer, Ask};
use api::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

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
    pub(super) fn resume(&mut self, ctx: &mut Ctx<'_>, event: Event) -> Flow {
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
        self.max_us = text.and_then(|t| misc::duration_us(&t));
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
                        "Failed to connect to {host} port {port} after {ms} ms: Couldn't connect \
                            to server"
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
                             * Failed to connect to {host} port {port} after {ms} ms: \
                             Couldn't connect to server\n\
                             * Closing connection 0"
                        ));
                    }
                    self.meter(ctx, 0);
                    self.error(ctx, 7, &format!(
                        "Failed to connect to {host} port {port} after {ms} ms: Couldn't connect \
                            to server"
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
                        "Failed to connect to {host} port {port} after {ms} ms: Couldn't connect \
                            to server"
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
                "  % Total    % Received % Xferd  Average Speed   Time    Time     Time  \
                    Current\n                                 Dload  Upload   Total   Spent    \
                    Left  Speed",
            );
        }
        self.metered = true;
        let us = ctx.now.since_us(self.started).max(1);
        let speed = size * 1_000_000 / us;
        let percent = if size > 0 { 100 } else { 0 };
        ctx.complain(format!(
            "{percent:>3} {size:>5}  {percent:>3} {size:>5}    0     0  {speed:>5}      0 \
                --:--:-- --:--:-- --:--:-- {speed:>5}"
        ));
    }

    /// `-w`
    fn written(&mut self, ctx: &mut Ctx<'_>, code: u16, size: u64) {
        if self.write_out.is_empty() {
            return;
        }
        let us = ctx.now.since_us(self.started);
        let seconds = format!("{}.{:06}", us / 1_000_000, us % 1_000_000);
        let text = misc::unescape(&self.write_out).0;
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
