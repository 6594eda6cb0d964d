//! The part of the chores that the browser journeys share: the static file server.
//!
//! The chores themselves are the program `enxame-xtask`, run as `cargo xtask`.

pub mod server;
