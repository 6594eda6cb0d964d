//! Records of what ended: commands of the shell's own, requests of the map.

use super::{Desk, HttpOutcome, HttpReply, Machine, Timestamp};
use crate::display::Display;
use crate::finished::Finished;
use crate::world::sh;

impl Desk {
    /// The line that runs in a session.
    pub(super) fn line_of(&self, terminal: Machine, session: u32) -> String {
        let Some(terminal) = self.terminals.get(&terminal) else { return String::new() };
        let mut session = session;
        loop {
            if let Some(running) = terminal.running.iter().rev().find(|r| r.session == session) {
                return running.line.clone();
            }
            match terminal.sessions.get(&session).and_then(|s| s.parent) {
                Some((outer, _)) => session = outer,
                None => return String::new(),
            }
        }
    }

    /// A command of the shell's own ended.
    pub(super) fn ran(&mut self, terminal: Machine, session: u32, ran: sh::Ran) {
        let Some(on) = self.session(terminal, session).map(|s| s.machine) else { return };
        let mut display = Display::default();
        display.feed(&ran.stdout, false);
        display.feed(&ran.stderr, true);
        self.finished_count += 1;
        let canonical = crate::finished::curl_canonical(&ran.words, |host| {
            let found = if matches!(host, "localhost" | "127.0.0.1") {
                Some(on)
            } else {
                self.lab.resolve(host)
            };
            found.map(|m| self.name(m))
        });
        self.finished.push(Finished {
            number: self.finished_count,
            machine: self.name(on),
            terminal: self.name(terminal),
            line: self.line_of(terminal, session),
            canonical,
            exit: ran.status,
            stdout: String::from_utf8_lossy(&ran.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&ran.stderr).into_owned(),
            screen: display.text(),
            started: ran.started,
            ended: self.now(),
            changes_state: false,
            changed_files: ran.changed_files,
            from_map: false,
            words: ran.words,
        });
    }

    /// A request made on the map counts like a `curl`.
    pub(super) fn map_request(
        &mut self,
        reply: &HttpReply,
        started: Timestamp,
        from: Option<Machine>,
    ) {
        let host = self.lab.resolve(&reply.host).map(|m| self.name(m));
        let host = host.unwrap_or_else(|| reply.host.clone());
        let url = format!("http://{host}:{}{}", reply.port, reply.url_path);
        let (exit, body) = match &reply.outcome {
            HttpOutcome::Ok { body, .. } => (0, String::from_utf8_lossy(body).into_owned()),
            HttpOutcome::Refused | HttpOutcome::Unreachable => (7, String::new()),
            HttpOutcome::NoAnswer => (28, String::new()),
            HttpOutcome::Empty => (52, String::new()),
            HttpOutcome::UnknownHost => (6, String::new()),
        };
        let machine = from.map(|m| self.name(m)).unwrap_or_else(|| host.clone());
        self.finished_count += 1;
        self.finished.push(Finished {
            number: self.finished_count,
            terminal: machine.clone(),
            machine,
            line: String::new(),
            words: vec!["curl".into(), url.clone()],
            canonical: Some(format!("curl {url}")),
            exit,
            screen: body.trim_end().to_owned(),
            stdout: body,
            stderr: String::new(),
            started,
            ended: self.now(),
            changes_state: false,
            changed_files: false,
            from_map: true,
        });
    }
}
