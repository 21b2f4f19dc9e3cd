//! When the list is asked for, and whether it is answered.

use std::time::Duration;

use super::ANSWERED_WITHIN;
use crate::monitor::moment::Moment;

/// A list that failed is asked for again after these waits, one after the other, whatever the
/// interval is; the last one repeats.
const AGAIN_AFTER: [Duration; 3] =
    [Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(5)];

/// A list that is asked for out of turn is so at most this often.
const BETWEEN_LISTS: Duration = Duration::from_secs(1);

/// The state of the list.
#[derive(Clone, Debug)]
pub(super) struct Listing {
    interval: Duration,
    /// When the list was asked for that is under way.
    asked: Option<Moment>,
    /// When the next one is due.
    next: Option<Moment>,
    answer: Answer,
    /// When the last one was asked for that was answered.
    answered: Option<Moment>,
    /// How many failed one after the other.
    failures: usize,
}

/// Whether the list was answered since the stream was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    /// Not yet.
    Awaited,
    /// It was.
    Given,
    /// The last one failed.
    Failed,
}

/// Which list was not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unlisted {
    /// The one that is waited for.
    Last,
    /// One before it.
    Former,
}

impl Listing {
    /// One that is asked for every `interval`, once it was asked for first.
    pub(super) fn new(interval: Duration) -> Self {
        let (asked, next, answered) = (None, None, None);
        Self { interval, asked, next, answer: Answer::Awaited, answered, failures: 0 }
    }

    /// The list is asked for now.
    pub(super) fn begin(&mut self, now: Moment) {
        self.next = None;
        self.asked = Some(now);
    }

    /// No list is under way nor due any more.
    pub(super) fn stop(&mut self) {
        *self = Self { answered: self.answered, ..Self::new(self.interval) };
    }

    /// It was answered. Whether that is the answer that is waited for: an older one closes no gap.
    pub(super) fn take_answer(&mut self, asked: Moment, now: Moment) -> bool {
        if self.asked.is_some_and(|under_way| asked < under_way) {
            return false;
        }
        self.asked = None;
        self.next = Some(now + self.interval);
        self.answer = Answer::Given;
        self.answered = Some(asked);
        self.failures = 0;
        true
    }

    /// It was not answered. Which one that was; `None` if one that is newer was answered.
    pub(super) fn take_failure(&mut self, asked: Moment, now: Moment) -> Option<Unlisted> {
        if self.answered >= Some(asked) {
            return None;
        }
        if self.asked != Some(asked) {
            self.answer = Answer::Failed;
            return Some(Unlisted::Former);
        }
        let wait = AGAIN_AFTER[self.failures.min(AGAIN_AFTER.len() - 1)];
        self.failures += 1;
        self.asked = None;
        self.next = Some(now + self.interval.min(wait));
        self.answer = Answer::Failed;
        Some(Unlisted::Last)
    }

    /// It is wanted as soon as may be.
    pub(super) fn hasten(&mut self, now: Moment) {
        if self.asked.is_none() {
            let earliest = self.earliest(now);
            self.next = Some(self.next.map_or(earliest, |next| next.min(earliest)));
        }
    }

    /// When to ask for one that was asked for at that moment or later, where none is under way or
    /// due before.
    pub(super) fn wanted_at(&self, at: Moment) -> Option<Moment> {
        let earliest = self.earliest(at);
        let is_wanted = self.asked.is_none() && self.answered < Some(at);
        (is_wanted && self.next.is_none_or(|next| earliest < next)).then_some(earliest)
    }

    fn earliest(&self, moment: Moment) -> Moment {
        self.answered.map_or(moment, |last| moment.max(last + BETWEEN_LISTS))
    }

    /// When the next one is due.
    pub(super) fn next(&self) -> Option<Moment> {
        self.next.filter(|_| self.asked.is_none())
    }

    /// Whether the last one was answered, since the stream was opened.
    pub(super) fn is_answered(&self) -> bool {
        self.answer == Answer::Given
    }

    /// The one whose answer got lost on the way.
    pub(super) fn lost(&self, now: Moment) -> Option<Moment> {
        self.asked.filter(|asked| now >= *asked + ANSWERED_WITHIN)
    }

    /// When [`Self::lost`] gives up.
    pub(super) fn lost_at(&self) -> Option<Moment> {
        self.asked.map(|asked| asked + ANSWERED_WITHIN)
    }
}
