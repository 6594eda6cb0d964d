//! A machine on a table: an engine, a registry that answers at once, a clock.

use crate::engine::{Engine, EngineAnswer, EngineEffect, MachineFacts};
use crate::registry::{Catalog, FetchReply, Reference};
use api::{
    ApiError, ContainerConfig, ContainerInspect, HostConfig, Item, PortBinding, Protocol, Request,
    Response, Timestamp,
};
use sim::Streams;
use std::collections::BTreeMap;

pub(crate) struct Bench {
    pub(crate) engine: Engine,
    pub(crate) rng: Streams,
    pub(crate) now: Timestamp,
    pub(crate) catalog: Catalog,
    pub(crate) items: BTreeMap<u64, Vec<Item>>,
    pub(crate) done: BTreeMap<u64, Result<Response, ApiError>>,
    next: u64,
}

pub(crate) fn config(image: &str, cmd: &[&str]) -> ContainerConfig {
    ContainerConfig {
        image: image.to_owned(),
        cmd: cmd.iter().map(|word| (*word).to_owned()).collect(),
        ..ContainerConfig::default()
    }
}

pub(crate) fn published(image: &str, host: &str, port: u16) -> ContainerConfig {
    let binding = PortBinding { host_ip: String::new(), host_port: host.to_owned() };
    ContainerConfig {
        image: image.to_owned(),
        host: HostConfig {
            port_bindings: [((port, Protocol::Tcp), vec![binding])].into(),
            ..HostConfig::default()
        },
        ..ContainerConfig::default()
    }
}

impl Bench {
    pub(crate) fn new() -> Self {
        let facts = MachineFacts {
            hostname: "node1".into(),
            addresses: vec![
                ("eth0".into(), "192.168.0.13".into()),
                ("eth1".into(), "172.18.0.13".into()),
            ],
            cpus: 2,
            memory_bytes: 25_276_502_016,
        };
        Self {
            engine: Engine::new(facts),
            rng: Streams::new(7),
            now: Timestamp(1_000_000),
            catalog: Catalog::course(),
            items: BTreeMap::new(),
            done: BTreeMap::new(),
            next: 0,
        }
    }

    /// With images already there.
    pub(crate) fn with(images: &[&str]) -> Self {
        let mut bench = Self::new();
        for image in images {
            bench.load(image);
        }
        bench
    }

    pub(crate) fn load(&mut self, name: &str) {
        let reference = Reference::parse(name).unwrap().with_default_tag();
        let FetchReply::Found { image, .. } = self.catalog.fetch(&reference) else {
            panic!("no image {name}");
        };
        self.engine.preload(image, &reference);
    }

    pub(crate) fn call(&mut self, request: Request) -> u64 {
        self.next += 1;
        self.engine.handle(self.next, request, self.now, &mut self.rng);
        self.collect();
        self.next
    }

    pub(crate) fn collect(&mut self) {
        for effect in self.engine.take_effects() {
            if let EngineEffect::Fetch { ticket, reference } = effect {
                let reply = self.catalog.fetch(&reference);
                self.engine.handle_registry(ticket, reply, self.now, &mut self.rng);
            }
        }
        for (call, answer) in self.engine.take_answers() {
            match answer {
                EngineAnswer::Item(item) => self.items.entry(call).or_default().push(item),
                EngineAnswer::Done(result) => {
                    assert!(self.done.insert(call, result).is_none(), "answered twice");
                }
            }
        }
    }

    /// One event of the engine; false if there is none before `until`.
    pub(crate) fn step(&mut self, until: Timestamp) -> bool {
        match self.engine.next_wakeup() {
            Some(at) if at <= until => {
                self.now = self.now.max(at);
                self.engine.poll(self.now, &mut self.rng);
                self.collect();
                true
            }
            _ => {
                self.now = until;
                false
            }
        }
    }

    pub(crate) fn run_ms(&mut self, ms: u64) {
        let until = Timestamp(self.now.0 + ms * 1000);
        while self.step(until) {}
    }

    /// Waits for an answer, a minute at most.
    pub(crate) fn answer(&mut self, call: u64) -> Result<Response, ApiError> {
        let until = Timestamp(self.now.0 + 60_000_000);
        while !self.done.contains_key(&call) {
            assert!(self.step(until), "call {call} is not answered");
        }
        self.done[&call].clone()
    }

    pub(crate) fn ask(&mut self, request: Request) -> Result<Response, ApiError> {
        let call = self.call(request);
        self.answer(call)
    }

    pub(crate) fn refused(&mut self, request: Request) -> String {
        match self.ask(request) {
            Err(error) => error.message,
            Ok(response) => panic!("not refused: {response:?}"),
        }
    }

    pub(crate) fn create(&mut self, name: &str, config: ContainerConfig) -> String {
        let request = Request::ContainerCreate { name: name.into(), config: Box::new(config) };
        match self.ask(request) {
            Ok(Response::Created { id, .. }) => id,
            other => panic!("{other:?}"),
        }
    }

    /// `docker run -d`
    pub(crate) fn run(&mut self, name: &str, config: ContainerConfig) -> String {
        let id = self.create(name, config);
        let started = self.ask(Request::ContainerStart { container: id.clone() });
        assert_eq!(started, Ok(Response::Done));
        id
    }

    pub(crate) fn inspect(&mut self, name: &str) -> ContainerInspect {
        let request = Request::ContainerInspect { container: name.into(), size: false };
        match self.ask(request) {
            Ok(Response::Container(found)) => *found,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn outputs(&self, call: u64) -> String {
        let mut text = String::new();
        for item in self.items.get(&call).into_iter().flatten() {
            match item {
                Item::Output { bytes, .. } => text.push_str(&String::from_utf8_lossy(bytes)),
                Item::Log(line) => text.push_str(&format!("{}\n", line.text)),
                Item::Pull(api::PullItem::Line(line)) => text.push_str(&format!("{line}\n")),
                Item::Pull(api::PullItem::Layer { id, status, .. }) => {
                    text.push_str(&format!("{id}: {status}\n"));
                }
                Item::Event(event) => {
                    text.push_str(&format!("{} {}\n", event.kind, event.action));
                }
                Item::Stats(_) => {}
            }
        }
        text
    }
}
