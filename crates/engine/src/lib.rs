//! MACHINE: one machine's Docker engine, its swarm agent and what its containers do.
//!
//! | module | what it is |
//! |---|---|
//! | [`engine`] | containers, images, networks, volumes, logs: the local half of the Engine API |
//! | [`agent`] | SwarmKit's agent: session, worker, one controller per task, driving the engine |
//! | [`app`] | what an image does when it runs |
//! | [`registry`] | the images of the course and what a registry answers |
//! | [`files`] | a tree of files, of a machine or of a container |
//! | [`net`] | what a program asks of the network, and what it is told |
//! | [`names`] | moby's generator of container names |
//! | [`sh`] | the shell language and the small tools |
//!
//! **Invariant:** it knows its own machine only. Whatever lies beyond (registry, other machines,
//! managers) is an effect that goes out and an answer that comes in; time and random draws are
//! arguments.

pub mod agent;
pub mod app;
pub mod engine;
pub mod files;
pub mod names;
pub mod net;
pub mod registry;
pub mod sh;
#[cfg(test)]
mod testing;

pub use agent::{Agent, EndpointRecord};
pub use engine::{Engine, EngineAnswer, EngineEffect, MachineFacts, Pace};
pub use files::{Errno, FileTree};
pub use net::{HttpOutcome, HttpRequest, HttpResponse, NetAnswer, NetRequest};
pub use registry::{Catalog, FetchReply};
