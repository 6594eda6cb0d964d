//! A host for tests: one tree, a clock, a network that knows one page, one program of its own.

use crate::files::FileTree;
use crate::net::{HttpResponse, NetAnswer, NetRequest};
use crate::sh::{
    Answer, Ask, Child, Facts, Input, Interface, Options, Ran, Shell, Step, Ticket, serve,
};
use api::Timestamp;
use std::collections::BTreeMap;

pub(super) struct Host {
    pub(super) shell: Shell,
    pub(super) tree: FileTree,
    pub(super) now: u64,
    timers: BTreeMap<(u64, u32), Ticket>,
    /// Programs of the host that run: what they read so far.
    fed: BTreeMap<Ticket, Vec<u8>>,
    pub(super) out: String,
    pub(super) ran: Vec<Ran>,
    pub(super) idle: Option<i32>,
    pub(super) exit: Option<i32>,
    pub(super) execs: Vec<Vec<String>>,
}

impl Host {
    pub(super) fn new(options: Options) -> Self {
        let mut tree = FileTree::new();
        let zero = Timestamp(0);
        for dir in ["/root", "/tmp", "/etc"] {
            tree.mkdir_all(dir, zero).unwrap();
        }
        let mut host = Self {
            shell: Shell::new(options),
            tree,
            now: 0,
            timers: BTreeMap::new(),
            fed: BTreeMap::new(),
            out: String::new(),
            ran: Vec::new(),
            idle: None,
            exit: None,
            execs: Vec::new(),
        };
        host.input(Input::Start);
        host
    }

    pub(super) fn input(&mut self, input: Input) {
        let mut queue = std::collections::VecDeque::from([input]);
        while let Some(input) = queue.pop_front() {
            for step in self.shell.resume(Timestamp(self.now), input) {
                self.step(step, &mut queue);
            }
        }
    }

    fn step(&mut self, step: Step, queue: &mut std::collections::VecDeque<Input>) {
        match step {
            Step::Ask(ticket, Ask::Sleep(us)) => {
                self.timers.insert((self.now + us, ticket.0), ticket);
            }
            Step::Ask(ticket, Ask::File(ask)) => {
                let answer = serve(&mut self.tree, &ask, false, Timestamp(self.now));
                queue.push_back(Input::Answer(ticket, Answer::File(answer)));
            }
            Step::Ask(ticket, Ask::Net(request)) => {
                if let Some(answer) = net(request) {
                    queue.push_back(Input::Answer(ticket, Answer::Net(answer)));
                }
            }
            Step::Ask(ticket, Ask::Facts) => {
                queue.push_back(Input::Answer(ticket, Answer::Facts(Box::new(facts()))));
            }
            Step::Cancel(ticket) => self.timers.retain(|_, t| *t != ticket),
            Step::Out(bytes) | Step::Err(bytes) => self.out += &String::from_utf8_lossy(&bytes),
            Step::Exec(ticket, exec) => {
                self.execs.push(exec.argv.clone());
                match exec.argv.first().map_or("", String::as_str) {
                    "docker" => {
                        let text = format!("ran {}\n", exec.argv.join(" "));
                        queue.push_back(Input::Child(ticket, Child::Out(text.into_bytes())));
                        queue.push_back(Input::Child(ticket, Child::Exit(0)));
                    }
                    // counts what it is fed
                    "reader" => {
                        self.fed.insert(ticket, Vec::new());
                    }
                    // goes on for ever
                    "forever" => {}
                    _ => queue.push_back(Input::Child(ticket, Child::NotFound)),
                }
            }
            Step::Feed(ticket, bytes) => self.fed.entry(ticket).or_default().extend(bytes),
            Step::FeedEof(ticket) => {
                let Some(fed) = self.fed.remove(&ticket) else { return };
                let n = fed.len();
                queue.push_back(Input::Child(ticket, Child::Out(format!("fed {n}\n").into())));
                queue.push_back(Input::Child(ticket, Child::Exit(0)));
            }
            Step::Interrupt(ticket) => {
                queue.push_back(Input::Child(ticket, Child::Err(b"stopped\n".to_vec())));
                queue.push_back(Input::Child(ticket, Child::Exit(0)));
            }
            Step::BrokenPipe(_) => {}
            Step::Ran(ran) => self.ran.push(*ran),
            Step::Clear => self.out.clear(),
            Step::Idle(status) => self.idle = Some(status),
            Step::Exit(status) => self.exit = Some(status),
        }
    }

    /// Lets time go on until nothing is due or `until` is reached.
    pub(super) fn wait(&mut self, until: u64) {
        while let Some(((at, _), _)) = self.timers.first_key_value() {
            if *at > until {
                break;
            }
            self.now = *at;
            if let Some((_, ticket)) = self.timers.pop_first() {
                self.input(Input::Answer(ticket, Answer::Timer));
            }
        }
    }

    /// Types a line and waits for the prompt, an hour at most.
    pub(super) fn line(&mut self, text: &str) -> String {
        self.out.clear();
        self.idle = None;
        self.input(Input::Line(text.to_owned()));
        let until = self.now + 3_600_000_000;
        while self.idle.is_none()
            && self.exit.is_none()
            && !self.timers.is_empty()
            && self.now < until
        {
            let next = self.timers.first_key_value().map_or(until, |((at, _), _)| *at);
            self.wait(next);
        }
        std::mem::take(&mut self.out)
    }

    pub(super) fn status(&self) -> i32 {
        self.shell.env().map_or(-1, |env| env.param("?").and_then(|s| s.parse().ok()).unwrap_or(-1))
    }
}

fn net(request: NetRequest) -> Option<NetAnswer> {
    let server = "127.0.0.11".to_owned();
    Some(match request {
        NetRequest::Http { host, port: 8080, request } if host == "node2" => NetAnswer::Http {
            addr: "192.168.0.14".into(),
            response: HttpResponse {
                status: if request.path == "/" { 200 } else { 404 },
                content_type: "text/html".into(),
                server: "nginx".into(),
                body: b"hello\n".to_vec(),
            },
            took_us: 900,
        },
        NetRequest::Http { host, .. } if host == "ghost" => NetAnswer::UnknownName { server },
        NetRequest::Http { host, .. } if host == "dead" => return None,
        NetRequest::Ping { host } if host == "dead" => return None,
        NetRequest::Http { .. } | NetRequest::Connect { .. } => {
            NetAnswer::Refused { addr: "192.168.0.14".into() }
        }
        NetRequest::Ping { .. } => {
            NetAnswer::Reached { addr: "192.168.0.14".into(), name: None, took_us: 541 }
        }
        NetRequest::Dns { name } if name == "web" => {
            NetAnswer::Addresses { addrs: vec!["10.0.1.2".into()], server }
        }
        NetRequest::Dns { .. } | NetRequest::Reverse { .. } => NetAnswer::UnknownName { server },
    })
}

fn facts() -> Facts {
    let interface = |name: &str, index, cidr: &str| Interface {
        name: name.into(),
        index,
        cidr: cidr.into(),
        broadcast: String::new(),
        mac: "02:42:c0:a8:00:0d".into(),
        up: true,
    };
    Facts {
        hostname: "node1".into(),
        interfaces: vec![
            interface("lo", 1, "127.0.0.1/8"),
            interface("eth0", 2, "192.168.0.13/24"),
            interface("eth1", 3, "172.18.0.13/16"),
        ],
        default_route: Some(("192.168.0.1".into(), "eth0".into())),
        cpus: 2,
        ..Facts::default()
    }
}
