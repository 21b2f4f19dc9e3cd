//! When dmon could see what, in truth: by what the Engine and the way to it did, not by what dmon
//! made of it.

use std::time::Duration;

use dmon::monitor::moment::Moment;
use dmon::timestamp::Timestamp;

use super::host::Host;

/// After dmon began to be connected, what happened before is known after this.
const CATCHES_UP_IN: Duration = Duration::from_secs(12);

/// From, to.
pub(super) type Span = (Timestamp, Timestamp);

/// When dmon could not see.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, and changes alone")]
pub(super) struct Sight {
    /// No stream told it what happens, or (where there is none) no list did, until that was found.
    pub(super) blind: Vec<Span>,
    /// No list was answered well, whatever the stream told.
    pub(super) unlisted: Vec<Span>,
    /// There was no dmon.
    pub(super) away: Vec<Span>,
    /// Lists were not answered, or the stream was not open where there is one, as a dmon that runs
    /// could know. (That a stream is mute it cannot.)
    pub(super) dim: Vec<Span>,
    blind_since: Option<Timestamp>,
    unlisted_since: Option<Timestamp>,
    away_since: Option<Timestamp>,
    dim_since: Option<Timestamp>,
    hears: bool,
    opens: bool,
    lists: bool,
    /// When the newest list was asked for that was answered well.
    listed: Option<Moment>,
    /// There are no events: lists alone show what happens.
    polls: bool,
}

impl Sight {
    pub(super) fn new(polls: bool, now: Timestamp) -> Self {
        let since = Some(now);
        Self {
            blind_since: since,
            unlisted_since: since,
            away_since: since,
            polls,
            ..Self::default()
        }
    }

    fn update(&mut self, now: Timestamp) {
        let sees = self.lists && (self.hears || self.polls);
        let dim = self.away_since.is_none() && !(self.lists && self.opens);
        if dim {
            self.dim_since.get_or_insert(now);
        } else if let Some(from) = self.dim_since.take() {
            self.dim.push((from, now));
        }
        if !self.hears && !self.polls || !self.lists && self.polls {
            self.blind_since.get_or_insert(now);
        } else if sees && let Some(from) = self.blind_since.take() {
            self.blind.push((from, now + CATCHES_UP_IN));
        }
        if !self.lists {
            self.unlisted_since.get_or_insert(now);
        } else if let Some(from) = self.unlisted_since.take() {
            self.unlisted.push((from, now + CATCHES_UP_IN));
        }
    }
}

impl Host {
    /// The list that was asked for then was answered well, or was not. One that is older than the
    /// last that was answered well says nothing any more if it was not.
    pub(super) fn lists(&mut self, asked: Moment, well: bool) {
        let now = self.now();
        if well {
            self.sight.listed = self.sight.listed.max(Some(asked));
        } else if self.sight.listed > Some(asked) {
            return;
        }
        self.sight.lists = well;
        self.sight.update(now);
    }

    /// The stream tells, or it does not.
    pub(super) fn hears(&mut self, hears: bool) {
        let now = self.now();
        self.sight.hears = hears;
        self.sight.update(now);
    }

    /// The stream is open, or it is known that there is none.
    pub(super) fn opens(&mut self, opens: bool) {
        let now = self.now();
        self.sight.opens = opens;
        self.sight.update(now);
    }

    /// There is a dmon, which has yet to see.
    pub(super) fn is_there(&mut self) {
        let now = self.now();
        if let Some(from) = self.sight.away_since.take() {
            self.sight.away.push((from, now));
        }
        self.sight.update(now);
    }

    /// There is no dmon.
    pub(super) fn is_away(&mut self) {
        let now = self.now();
        (self.sight.hears, self.sight.lists, self.sight.opens) = (false, false, false);
        (self.sight.away_since, self.sight.listed) = (Some(now), None);
        self.sight.update(now);
    }
}
