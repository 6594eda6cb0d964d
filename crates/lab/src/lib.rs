//! WORLD: machines, the network between them, the clock; the only owner of both.
//!
//! | | |
//! |---|---|
//! | holds | one [`Lab`]: every machine (engine, agent, optional manager), one event queue |
//! | takes | requests to a machine's daemon, requests through the mesh, faults, time |
//! | gives | answers, replies, a [`View`], a trace, a digest |
//! | moby | `daemon/cluster` (module `daemon`), `libnetwork`'s ingress (module `mesh`) |
//!
//! Everything in here is a value: clone it, save it, compare it. Nothing happens but in
//! [`Lab::step`], one event at a time, in the order of (instant, order of scheduling).
//!
//! **Invariant:** no text for people is made here except the daemon's own words.

mod address;
mod arrive;
pub mod audit;
mod build_view;
pub mod call;
pub mod cases;
pub mod config;
mod daemon;
mod event;
pub mod fault;
mod faults;
mod lab;
mod machine;
mod member;
mod mesh;
mod peer;
mod quiet;
pub mod selftest;
mod steer;
mod step;
mod swarm;
pub mod trace;
pub mod view;
mod watch;

pub use call::{Answer, CallId, Hop, HttpOutcome, HttpReply, Machine, Origin, RequestId};
pub use config::{LabConfig, MachineConfig};
pub use engine::{Pace, sh};
pub use fault::{Fault, FaultError};
pub use lab::Lab;
/// What a leader decided, and why.
pub use manager::Trace as Decision;
pub use trace::{TraceEvent, TraceLine};
pub use view::{
    ContainerView, LinkView, MachineView, PortView, RaftRole, RaftView, RingView, ServiceView,
    SwarmView, View,
};
