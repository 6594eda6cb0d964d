//! Points and lengths of simulated time, in microseconds.
//!
//! **Invariant:** all arithmetic saturates. A time never wraps and never goes below zero.

use std::fmt;
use std::ops::{Add, AddAssign, Div, Mul, Sub};

use serde::{Deserialize, Serialize};

/// A point in simulated time: microseconds since the lab's start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Time(pub u64);

/// A length of simulated time in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Span(pub u64);

impl Time {
    /// The lab's start.
    pub const ZERO: Self = Self(0);
    /// Later than anything that happens.
    pub const MAX: Self = Self(u64::MAX);

    /// The point `ms` milliseconds after the start.
    pub const fn from_ms(ms: u64) -> Self {
        Self(ms.saturating_mul(1_000))
    }

    /// Whole milliseconds since the start, rounded down.
    pub const fn as_ms(self) -> u64 {
        self.0 / 1_000
    }

    /// Whole seconds since the start, rounded down.
    pub const fn as_secs(self) -> u64 {
        self.0 / 1_000_000
    }

    /// How long ago `earlier` was; zero if it lies in the future.
    pub const fn since(self, earlier: Self) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }
}

impl Span {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// `us` microseconds.
    pub const fn us(us: u64) -> Self {
        Self(us)
    }

    /// `ms` milliseconds.
    pub const fn ms(ms: u64) -> Self {
        Self(ms.saturating_mul(1_000))
    }

    /// `secs` seconds.
    pub const fn secs(secs: u64) -> Self {
        Self(secs.saturating_mul(1_000_000))
    }

    /// `mins` minutes.
    pub const fn mins(mins: u64) -> Self {
        Self::secs(mins.saturating_mul(60))
    }

    /// `hours` hours.
    pub const fn hours(hours: u64) -> Self {
        Self::mins(hours.saturating_mul(60))
    }

    /// Whole milliseconds, rounded down.
    pub const fn as_ms(self) -> u64 {
        self.0 / 1_000
    }

    /// Whole seconds, rounded down.
    pub const fn as_secs(self) -> u64 {
        self.0 / 1_000_000
    }
}

impl Add<Span> for Time {
    type Output = Self;
    fn add(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl AddAssign<Span> for Time {
    fn add_assign(&mut self, span: Span) {
        *self = *self + span;
    }
}

impl Sub<Time> for Time {
    type Output = Span;
    fn sub(self, earlier: Time) -> Span {
        self.since(earlier)
    }
}

impl Sub<Span> for Time {
    type Output = Self;
    fn sub(self, span: Span) -> Self {
        Self(self.0.saturating_sub(span.0))
    }
}

impl Add for Span {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Span {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Span {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Mul<u64> for Span {
    type Output = Self;
    fn mul(self, times: u64) -> Self {
        Self(self.0.saturating_mul(times))
    }
}

impl Div<u64> for Span {
    type Output = Self;
    /// Rounded down; by zero it is the longest span there is.
    fn div(self, parts: u64) -> Self {
        Self(self.0.checked_div(parts).unwrap_or(u64::MAX))
    }
}

impl fmt::Display for Time {
    /// `+12.345s`, as traces print it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "+{}", Span(self.0))
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03}s", self.as_secs(), self.as_ms() % 1_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_saturates_at_both_ends() {
        assert_eq!(Time::from_ms(1) - Time::from_ms(5), Span::ZERO);
        assert_eq!(Time::MAX + Span::secs(1), Time::MAX);
        assert_eq!(Time::from_ms(1) - Span::secs(1), Time::ZERO);
        assert_eq!(Span(u64::MAX) * 2, Span(u64::MAX));
        assert_eq!(Span(7) / 0, Span(u64::MAX));
    }

    #[test]
    fn units() {
        assert_eq!(Time::from_ms(1_500).0, 1_500_000);
        assert_eq!(Time::from_ms(1_500).as_secs(), 1);
        assert_eq!(Span::secs(2) + Span::ms(500), Span(2_500_000));
        assert_eq!(Span::hours(1), Span::ms(3_600_000));
        assert_eq!((Time::from_ms(12_345) + Span::us(9)).to_string(), "+12.345s");
    }

    #[test]
    fn a_time_is_a_bare_number_in_json() {
        assert_eq!(serde_json::to_string(&Time(42)).unwrap(), "42");
    }
}
