//! The parts of the chores that the browser journeys share: a static file server, and how
//! Chromium is started.
//!
//! The chores themselves are the program `enxame-xtask`, run as `cargo xtask`.

pub mod chromium;
pub mod server;
