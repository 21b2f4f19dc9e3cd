//! The clocks, read once a step: time that goes on across restarts of dmon, and what is known of the
//! wall clocks, this host's and the Engine's.

use std::time::Duration;

use crate::monitor::moment::{CLOCKS_AGREE_WITHIN, ClockSet, Clocks, Moment, Now};
use crate::monitor::state::Clock;
use crate::timestamp::Timestamp;

/// The clocks.
#[derive(Clone, Debug)]
pub(super) struct Timeline {
    /// The moment at which this process started.
    epoch: Moment,
    /// What the clocks say in this step.
    clocks: Clocks,
}

impl Timeline {
    /// Goes on from where a former dmon ended, moved by the time in between.
    pub(super) fn new(before: Clock, now: Now) -> Self {
        let away = now.wall.since(before.wall);
        let moment = match before.moment {
            // The first start: what began before it still has a moment.
            Moment(Duration::ZERO) => Moment::at_first_start(now.wall),
            before => before + away,
        };
        let epoch = moment - now.monotonic;
        Self { epoch, clocks: Clocks::new(now.wall, epoch + now.monotonic) }
    }

    /// Another step begins.
    pub(super) fn read(&mut self, now: Now) {
        let moment = self.epoch + now.monotonic;
        let clocks = &mut self.clocks;
        let expected = clocks.wall + moment.since(clocks.moment);
        let by_ns = now.wall.nanoseconds().saturating_sub(expected.nanoseconds());
        if u128::from(by_ns.unsigned_abs()) >= CLOCKS_AGREE_WITHIN.as_nanos() {
            clocks.set.rotate_right(1);
            clocks.set[0] = Some(ClockSet { at: moment, by_ns });
        }
        (clocks.wall, clocks.moment) = (now.wall, moment);
    }

    /// The Engine's clock shows this now, or did a moment ago.
    pub(super) fn engine_shows(&mut self, engine: Timestamp) {
        let ahead = engine.nanoseconds().saturating_sub(self.clocks.wall.nanoseconds());
        let agree = i64::try_from(CLOCKS_AGREE_WITHIN.as_nanos()).unwrap_or(i64::MAX);
        self.clocks.engine_ahead_ns = if ahead.saturating_abs() < agree { 0 } else { ahead };
    }

    /// What the clocks say in this step.
    pub(super) fn clocks(&self) -> Clocks {
        self.clocks
    }

    /// What the clocks say now.
    pub(super) fn now(&self) -> Moment {
        self.clocks.moment
    }

    /// A moment as time since the process started.
    pub(super) fn since_start(&self, moment: Moment) -> Duration {
        moment.since(self.epoch)
    }

    /// Both clocks, to be written to disk.
    pub(super) fn clock(&self) -> Clock {
        Clock { wall: self.clocks.wall, moment: self.clocks.moment }
    }
}
