//! Drives the built page in a real browser, as a person would.
//!
//! [`Journey`] is one person with one fresh browser: it opens the page, reads, types, clicks.
//! Journeys are few: what a browser is not needed for is tested without one.
//!
//! Must not know the simulator: a journey sees only what stands on the page.
//!
//! **Invariant:** nothing waits a fixed time; a journey waits for what it wants to see.

#![allow(clippy::disallowed_types, reason = "a real browser is waited for by a real clock")]

mod base64;
mod http;
mod journey;
pub mod key;
mod webdriver;

pub use journey::Journey;
