//! One machine's Docker engine: the local half of the Engine API.
//!
//! Requests come in with a number, answers go out with the same number; what takes time is a
//! job in the engine's own queue, run by [`Engine::poll`].

use crate::files::FileTree;
use crate::net::{HttpOutcome, HttpRequest, NetAnswer, NetRequest};
use crate::registry::{FetchReply, Reference};
use api::{ApiError, ContainerId, ContainerSummary, Item, Protocol, Request, Response, Timestamp};
use serde::{Deserialize, Serialize};
use sim::Streams;
use std::collections::BTreeSet;

/// What the engine knows of the machine it runs on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MachineFacts {
    /// Host name.
    pub hostname: String,
    /// (interface, IPv4 address without mask), in order.
    pub addresses: Vec<(String, String)>,
    /// Number of CPUs.
    pub cpus: u32,
    /// Bytes of memory.
    pub memory_bytes: u64,
}

/// What a call is answered with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum EngineAnswer {
    /// One piece of a stream; more follows.
    Item(Item),
    /// The end.
    Done(Result<Response, ApiError>),
}

/// What the engine wants from the world.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum EngineEffect {
    /// Ask the registry for a manifest; answered through [`Engine::handle_registry`].
    Fetch {
        /// Names the answer.
        ticket: u64,
        /// Which image.
        reference: Reference,
    },
    /// A program of a container asks the network; answered through [`Engine::handle_net`].
    Net {
        /// Names the answer.
        ticket: u64,
        /// Whose program it is.
        container: ContainerId,
        /// What it asks.
        request: NetRequest,
    },
    /// Host ports were bound or set free: [`Engine::port_owner`] answers differently now.
    PortsChanged,
}

/// A machine's engine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Engine {
    facts: MachineFacts,
    files: FileTree,
}

impl Engine {
    /// An engine that has never run anything.
    #[must_use]
    pub fn new(facts: MachineFacts) -> Self {
        Self { facts, files: FileTree::new() }
    }

    /// Takes a request.
    pub fn handle(&mut self, _call: u64, _req: Request, _now: Timestamp, _rng: &mut Streams) {}

    /// Bytes for an attached program.
    pub fn send_input(&mut self, _call: u64, _bytes: Vec<u8>, _now: Timestamp, _rng: &mut Streams) {}

    /// Nobody waits for that call any more.
    pub fn cancel(&mut self, _call: u64, _now: Timestamp) {}

    /// Does what is due.
    pub fn poll(&mut self, _now: Timestamp, _rng: &mut Streams) {}

    /// When [`Engine::poll`] has something to do.
    #[must_use]
    pub fn next_wakeup(&self) -> Option<Timestamp> {
        None
    }

    /// Answers since the last call.
    pub fn take_answers(&mut self) -> Vec<(u64, EngineAnswer)> {
        Vec::new()
    }

    /// Effects since the last call.
    pub fn take_effects(&mut self) -> Vec<EngineEffect> {
        Vec::new()
    }

    /// The registry's answer to a [`EngineEffect::Fetch`].
    pub fn handle_registry(
        &mut self,
        _ticket: u64,
        _reply: FetchReply,
        _now: Timestamp,
        _rng: &mut Streams,
    ) {
    }

    /// The network's answer to a [`EngineEffect::Net`].
    pub fn handle_net(
        &mut self,
        _ticket: u64,
        _answer: NetAnswer,
        _now: Timestamp,
        _rng: &mut Streams,
    ) {
    }

    /// A request reaches a container's own port.
    pub fn serve_http(
        &mut self,
        _container: ContainerId,
        _port: u16,
        _request: HttpRequest,
        _now: Timestamp,
        _rng: &mut Streams,
    ) -> HttpOutcome {
        HttpOutcome::Refused
    }

    /// Whether a program of the container listens on that port of the container.
    #[must_use]
    pub fn listens(&self, _container: ContainerId, _port: u16) -> bool {
        false
    }

    /// Which container has that port of the machine, and its own port behind it.
    #[must_use]
    pub fn port_owner(&self, _addr: &str, _port: u16, _protocol: Protocol) -> Option<(ContainerId, u16)> {
        None
    }

    /// Which container has that address, with the name of the network.
    #[must_use]
    pub fn container_at(&self, _addr: &str) -> Option<(ContainerId, String)> {
        None
    }

    /// (Network name, address) of a container, default route's network first.
    #[must_use]
    pub fn addresses_of(&self, _container: ContainerId) -> Vec<(String, String)> {
        Vec::new()
    }

    /// Names that a container's own networks know, without the swarm's: containers and aliases
    /// of user networks of this machine.
    #[must_use]
    pub fn resolve_local(&self, _asker: ContainerId, _name: &str) -> Vec<String> {
        Vec::new()
    }

    /// Ports on which the routing mesh listens on this machine: taken, for containers.
    pub fn set_ingress_ports(&mut self, _ports: BTreeSet<(u16, Protocol)>) {}

    /// All containers, newest first, as `docker ps -a` rows.
    #[must_use]
    pub fn summaries(&self) -> Vec<ContainerSummary> {
        Vec::new()
    }

    /// Grows with every change a view could show.
    #[must_use]
    pub fn revision(&self) -> u64 {
        0
    }

    /// The machine's files.
    #[must_use]
    pub fn files(&self) -> &FileTree {
        &self.files
    }

    /// The machine's files, to change.
    pub fn files_mut(&mut self) -> &mut FileTree {
        &mut self.files
    }

    /// What the machine is.
    #[must_use]
    pub fn facts(&self) -> &MachineFacts {
        &self.facts
    }

    /// The power goes: programs die, calls are lost, the disk stays.
    pub fn power_off(&mut self) {}

    /// `systemctl stop docker`: containers are stopped; [`Engine::is_up`] turns false at the end.
    pub fn daemon_stop(&mut self, _now: Timestamp, _rng: &mut Streams) {}

    /// `kill -9` of the daemon: calls are lost, programs live on.
    pub fn daemon_kill(&mut self) {}

    /// The daemon starts: [`Engine::is_up`] turns true once it answers.
    pub fn daemon_start(&mut self, _now: Timestamp, _rng: &mut Streams) {}

    /// Whether the daemon answers.
    #[must_use]
    pub fn is_up(&self) -> bool {
        true
    }
}
