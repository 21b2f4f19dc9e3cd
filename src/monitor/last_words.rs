//! The end of dmon: what is due when it is asked to end is still sent, within seconds.

use std::time::Duration;

use crate::monitor::moment::Moment;

/// What is due when dmon is asked to end is sent within this time, or kept for the next start.
const LAST_WORDS_TAKE: Duration = Duration::from_secs(4);

/// Whether dmon was asked to end.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LastWords {
    asked: Option<Moment>,
}

impl LastWords {
    /// Somebody asks dmon to end.
    pub(super) fn begin(&mut self, now: Moment) {
        self.asked.get_or_insert(now);
    }

    /// Whether somebody did.
    pub(super) fn are_due(&self) -> bool {
        self.asked.is_some()
    }

    /// When dmon ends at the latest.
    pub(super) fn deadline(&self) -> Option<Moment> {
        self.asked.map(|asked| asked + LAST_WORDS_TAKE)
    }

    /// Whether dmon can end: nothing is under way, and nothing will be due before its end.
    pub(super) fn are_said(&self, now: Moment, under_way: bool, due: Option<Moment>) -> bool {
        self.deadline()
            .is_some_and(|until| now >= until || !(under_way || due.is_some_and(|due| due < until)))
    }
}
