//! The time in which not everything is seen: since when, why, and what of that is in the log.

use std::time::Duration;

use crate::monitor::effect::Remark;
use crate::monitor::moment::{Clocks, Moment};
use crate::timestamp::Timestamp;

/// Not live for this long is reported as `Docker Engine Unreachable`.
pub(super) const UNREACHABLE_AFTER: Duration = Duration::from_secs(30);

/// Proxies cut idle streams: only one that is not open again by then is worth a line in the log.
const CUT_STREAM_IS_BACK_WITHIN: Duration = Duration::from_secs(3);

/// So many reasons of one time in which dmon is not live are logged, each once.
const LOGGED_REASONS_MAX: usize = 8;

/// Since when not everything is seen, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::monitor) struct NotLive {
    /// Since when.
    pub since: Moment,
    /// The same for people.
    pub at: Timestamp,
    /// Why, in one line.
    pub reason: String,
    /// When that belongs into the log; `None` once it is there.
    log_at: Option<Moment>,
    /// Reasons that are in the log.
    logged: Vec<String>,
}

/// How soon a reason belongs into the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Urgency {
    /// At once.
    AtOnce,
    /// Only if it lasts.
    MayPass,
}

impl Urgency {
    fn log_at(self, now: Moment) -> Moment {
        match self {
            Self::AtOnce => now,
            Self::MayPass => now + CUT_STREAM_IS_BACK_WITHIN,
        }
    }
}

impl NotLive {
    /// It begins.
    pub(super) fn begin(reason: String, urgency: Urgency, clocks: &Clocks) -> Self {
        let (since, at) = (clocks.moment, clocks.wall);
        Self { since, at, reason, log_at: Some(urgency.log_at(since)), logged: Vec::new() }
    }

    /// It goes on, for this reason now.
    pub(super) fn go_on(&mut self, reason: String, urgency: Urgency, now: Moment) {
        let log_at = urgency.log_at(now);
        let is_new = !self.logged.contains(&reason) && self.logged.len() < LOGGED_REASONS_MAX;
        self.log_at = match self.log_at {
            Some(due) => Some(due.min(log_at)),
            None => is_new.then_some(log_at),
        };
        self.reason = reason;
    }

    /// The line for the log that is due.
    pub(super) fn remark(&mut self, now: Moment) -> Option<Remark> {
        self.log_at.take_if(|due| *due <= now)?;
        self.logged.push(self.reason.clone());
        Some(Remark::NotLive { reason: self.reason.clone() })
    }

    /// It is over: the line for the log, where its begin is there too.
    pub(super) fn end(self, now: Moment) -> Option<Remark> {
        (!self.logged.is_empty()).then(|| Remark::Live { lasted: now.since(self.since) })
    }

    /// When a line for the log is due.
    pub(super) fn log_at(&self) -> Option<Moment> {
        self.log_at
    }

    /// When it has to be reported.
    pub(super) fn unreachable_at(&self) -> Moment {
        self.since + UNREACHABLE_AFTER
    }
}
