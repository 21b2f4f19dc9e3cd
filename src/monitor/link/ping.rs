//! When the Engine is asked on a new connection whether it is there, and what it answered.

use std::time::Duration;

use super::ANSWERED_WITHIN;
use crate::monitor::input::{News, Ping};
use crate::monitor::moment::Moment;

/// A ping that failed is repeated after this.
const AGAIN_AFTER: Duration = Duration::from_secs(2);

/// Between two pings where there is no event stream to show that the Engine is alive.
const INTERVAL: Duration = Duration::from_secs(5);

/// An Engine that stops refuses new connections first and ends within this time. One that answers
/// lists for longer is not stopping, however its pings fare.
const STOPPING_TAKES: Duration = Duration::from_secs(20);

/// The same where lists are all there is, and each takes its time.
const STOPPING_TAKES_BY_LISTS: Duration = Duration::from_secs(10);

/// The state of the pings.
#[derive(Clone, Debug, Default)]
pub(super) struct Pings {
    state: State,
    /// When the ping left that was answered last.
    answered: Option<Moment>,
    /// When the first ping left that was not answered, nor any since.
    unanswered: Option<Moment>,
}

/// Whether the Engine is being asked if it is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// Nobody needs to know.
    #[default]
    No,
    /// It is, since then.
    UnderWay(Moment),
    /// It did not answer; ask again then.
    Again(Moment),
}

impl Pings {
    /// A ping is wanted now. Whether it is to leave: none is under way, and none failed just now.
    pub(super) fn begin(&mut self, now: Moment) -> bool {
        let leaves = !matches!(self.state, State::UnderWay(_)) && self.waits(now).is_none();
        if leaves {
            self.state = State::UnderWay(now);
            self.unanswered.get_or_insert(now);
        }
        leaves
    }

    /// Until when none leaves, since the last one was not answered.
    pub(super) fn waits(&self, now: Moment) -> Option<Moment> {
        let State::Again(moment) = self.state else { return None };
        (now < moment).then_some(moment)
    }

    /// None is wanted any more.
    pub(super) fn stop(&mut self) {
        self.state = State::No;
    }

    /// It was answered, or not.
    pub(super) fn take_answer(&mut self, asked: Moment, ping: Ping, now: Moment) {
        if self.state != State::UnderWay(asked) {
            return;
        }
        match ping {
            Ping::Answered => {
                self.answered = Some(asked);
                self.state = State::No;
                self.unanswered = None;
            }
            Ping::Unanswered => self.state = State::Again(now + AGAIN_AFTER),
        }
    }

    /// A list was answered that was asked for then: it may say as much as a ping.
    pub(super) fn confirm_by_list(&mut self, news: News, asked: Moment) {
        if self.not_stopping_at(news).is_some_and(|at| asked >= at) {
            self.answered = self.answered.max(Some(asked));
            self.state = State::No;
        }
    }

    /// From when on a list shows that the Engine is not stopping, where pings that fail leave that
    /// open.
    pub(super) fn confirmed_by_list_at(&self, news: News) -> Option<Moment> {
        self.not_stopping_at(news).filter(|_| self.state != State::No)
    }

    fn not_stopping_at(&self, news: News) -> Option<Moment> {
        let stopping_takes = match news {
            News::Events => STOPPING_TAKES,
            News::Lists => STOPPING_TAKES_BY_LISTS,
        };
        self.unanswered.map(|first| first + stopping_takes)
    }

    /// When the ping left that was answered last.
    pub(super) fn answered(&self) -> Option<Moment> {
        self.answered
    }

    /// Whether the last one was not answered.
    pub(super) fn fail(&self) -> bool {
        matches!(self.state, State::Again(_))
    }

    /// When to ping where nothing else shows that the Engine is alive, known since `opened`.
    pub(super) fn next(&self, opened: Moment) -> Option<Moment> {
        match self.state {
            State::UnderWay(_) => None,
            State::Again(moment) => Some(moment),
            State::No => Some(self.answered.map_or(opened, |it| it.max(opened)) + INTERVAL),
        }
    }

    /// The one whose answer got lost on the way.
    pub(super) fn lost(&self, now: Moment) -> Option<Moment> {
        let State::UnderWay(asked) = self.state else { return None };
        (now >= asked + ANSWERED_WITHIN).then_some(asked)
    }

    /// When [`Self::lost`] gives up.
    pub(super) fn lost_at(&self) -> Option<Moment> {
        let State::UnderWay(asked) = self.state else { return None };
        Some(asked + ANSWERED_WITHIN)
    }
}
