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
    /// Where the clock begins when nothing is remembered: far from zero, so that whatever happened
    /// before has a moment too.
    pub fn at_first_start(wall: Timestamp) -> Self {
        Self(wall.since(Timestamp::from_seconds(0)))
    }

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

/// What the clocks say in one step, and how the Engine's clock relates to them. The Engine's times
/// are text for people: only here do they become moments, as estimates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clocks {
    /// This host's wall clock.
    pub wall: Timestamp,
    /// The monotonic clock.
    pub moment: Moment,
    /// How far the Engine's clock is ahead of this host's, in nanoseconds; negative when it is
    /// behind. 0 while the two agree to two seconds.
    pub engine_ahead_ns: i64,
    /// When this host's wall clock was set, the last time first.
    pub set: [Option<ClockSet>; CLOCK_SETS_MAX],
}

/// So many times that the wall clock was set are remembered.
pub const CLOCK_SETS_MAX: usize = 4;

/// The wall clock was set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockSet {
    /// When.
    pub at: Moment,
    /// Forward by so many nanoseconds; back where that is negative.
    pub by_ns: i64,
}

impl Clocks {
    /// Clocks that the Engine's clock agrees with.
    pub fn new(wall: Timestamp, moment: Moment) -> Self {
        Self { wall, moment, engine_ahead_ns: 0, set: [None; CLOCK_SETS_MAX] }
    }

    /// The moment of one of the Engine's times, at the latest now.
    pub fn moment_of(&self, engine: Timestamp) -> Moment {
        self.moment_at(self.local(engine))
    }

    /// The moment when this host's wall clock showed this, at the latest now.
    fn moment_at(&self, wall: Timestamp) -> Moment {
        // From the last time that it was set back to the first: the moment, and what it showed.
        let (mut moment, mut shown) = (self.moment, self.wall);
        for ClockSet { at, by_ns } in self.set.iter().flatten() {
            let after = shown - moment.since(*at);
            if after <= wall && wall <= shown {
                break;
            }
            moment = *at;
            shown = Timestamp::from_nanoseconds(after.nanoseconds().saturating_sub(*by_ns));
        }
        moment - shown.since(wall)
    }

    /// One of the Engine's times by this host's wall clock.
    pub fn local(&self, engine: Timestamp) -> Timestamp {
        let local = engine.nanoseconds().saturating_sub(self.engine_ahead_ns);
        Timestamp::from_nanoseconds(local)
    }

    /// What this host's wall clock would have said at a moment in the past.
    pub fn wall_at(&self, moment: Moment) -> Timestamp {
        self.wall - self.moment.since(moment)
    }

    /// Whether one of the Engine's times lies ahead of the Engine's clock: it was set back since.
    pub fn is_ahead(&self, engine: Timestamp) -> bool {
        self.local(engine) > self.wall + CLOCKS_AGREE_WITHIN
    }
}

/// Two clocks that differ by less than this count as one.
pub const CLOCKS_AGREE_WITHIN: Duration = Duration::from_secs(2);
