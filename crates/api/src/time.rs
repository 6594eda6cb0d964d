//! Points in simulated time as the API shows them.

use serde::{Deserialize, Serialize};

/// The wall-clock second at which every lab starts: 2026-01-01T12:00:00Z.
/// Fixed, so that a shared lab prints the same dates for everyone.
pub const EPOCH_UNIX_S: u64 = 1_767_268_800;

/// Microseconds since the lab's start; [`EPOCH_UNIX_S`] turns it into a date.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// From whole milliseconds since the lab's start.
    #[must_use]
    pub const fn from_ms(ms: u64) -> Self {
        Self(ms * 1000)
    }

    /// Microseconds from `earlier` to here, 0 if `earlier` is later.
    #[must_use]
    pub const fn since_us(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}
