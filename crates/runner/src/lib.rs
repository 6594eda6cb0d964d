//! NATIVE: the program for instructors and CI: replay recordings, check lessons, fuzz.
//!
//! | module | what it is |
//! |---|---|
//! | [`recording`] | a recording of a real Docker |
//! | [`compare`] | the recordings' yardstick in Rust |
//! | [`check`] | reads, lints and proves lessons |
//! | [`cases`] | facts about a swarm, played |
//! | [`bind`] | recorded ids and what stands for them |
//! | [`ids`] | ids of what a recording's set-up made |
//! | [`replay`] | playing a recording on a desk |
//! | [`steer`] | what a replay takes from its recording beside the commands |
//! | [`fuzz`] | random faults, then invariants |
//! | [`bench`](mod@bench) | benchmarks, run here |
//!
//! It may touch files and the real clock, and must not know any rule of Swarm.

pub mod bench;
pub mod bind;
pub mod cases;
pub mod check;
pub mod compare;
pub mod fuzz;
pub mod history;
pub mod ids;
pub mod recording;
pub mod replay;
pub mod steer;
