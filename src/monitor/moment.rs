//! The two times the core is handed: the wall clock, which people and the Engine speak of, and the
//! clock that waits run on.

use std::ops::{Add, Sub};
use std::time::Duration;

use crate::timestamp::Timestamp;

/// What the clocks say, read once a turn by whoever drives the core.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// The wall clock. May jump; never decides a wait.
    pub wall: Timestamp,
    /// Time since this process started, from the monotonic clock.
    pub monotonic: Duration,
}

/// A point on the clock that waits run on. It advances with the monotonic clock, so a jump of the
/// wall clock ends no wait early, and goes on across restarts of dmon, so that waits can be kept in
/// the state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(pub Duration);

impl Moment {
    /// The time from `earlier` to here; zero when `earlier` is the later one.
    pub fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

impl Add<Duration> for Moment {
    type Output = Self;

    fn add(self, span: Duration) -> Self {
        Self(self.0.saturating_add(span))
    }
}

impl Sub<Duration> for Moment {
    type Output = Self;

    fn sub(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(span))
    }
}
