//! How long a Docker engine takes for things, in microseconds: (shortest, longest). Drawn evenly
//! between the two. Taken from `tests/recorded/g_local.jsonl` and `f_service_create.jsonl`,
//! towards the quicker end, as the recording host was busy.

use serde::{Deserialize, Serialize};
use sim::Streams;

/// A span to draw from.
pub(crate) type Range = (u64, u64);

/// `docker create`: the writable layer is made.
pub(crate) const CREATE: Range = (60_000, 140_000);
/// Network and ports, first part of a start.
pub(crate) const NETWORK: Range = (50_000, 110_000);
/// From there until the program runs.
pub(crate) const RUN: Range = (110_000, 220_000);
/// More for each network of the swarm.
pub(crate) const OVERLAY: Range = (120_000, 260_000);
/// From the end of the program until the engine has put everything away.
pub(crate) const REAP: Range = (40_000, 90_000);
/// `docker rm` of a stopped container.
pub(crate) const REMOVE: Range = (15_000, 40_000);
/// `docker exec` until the program runs.
pub(crate) const EXEC: Range = (30_000, 60_000);
/// Pause and resume.
pub(crate) const PAUSE: Range = (8_000, 15_000);
/// Volumes and networks: made or removed.
pub(crate) const OBJECT: Range = (8_000, 25_000);
/// A new bridge network.
pub(crate) const BRIDGE: Range = (60_000, 120_000);
/// Unpacking a layer that has arrived.
pub(crate) const EXTRACT: Range = (40_000, 120_000);
/// From the start of dockerd until it answers, without containers to look after.
pub(crate) const DAEMON_START: Range = (900_000, 1_500_000);
/// First sample of `docker stats`, and the time between samples.
pub(crate) const STATS_US: u64 = 1_000_000;
/// Delay before the first restart; doubled up to [`RESTART_MAX_US`] (moby `restartmanager`).
pub(crate) const RESTART_US: u64 = 100_000;
/// Longest delay before a restart.
pub(crate) const RESTART_MAX_US: u64 = 60_000_000;
/// A run that lasted longer starts the delays anew.
pub(crate) const RESTART_RESET_US: u64 = 10_000_000;
/// Grace of `docker stop` where nothing else is said, seconds.
pub(crate) const STOP_GRACE_S: i64 = 10;

/// However quick a machine: the second part of a start takes so many microseconds (ours).
pub(crate) const RUN_LEAST: u64 = 10_000;

/// How much slower or quicker than usual a machine is with its containers. Nothing of it is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pace {
    /// More for a start, or less, microseconds.
    pub start_us: i64,
    /// Instead of [`REAP`], microseconds.
    pub reap_us: Option<u64>,
}

/// Draws from a range.
pub(crate) fn draw(range: Range, host: &str, rng: &mut Streams) -> u64 {
    rng.stream(&format!("engine/{host}/time")).range(range.0, range.1)
}
