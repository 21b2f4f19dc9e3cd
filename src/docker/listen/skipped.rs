//! What is said of events that were missed and of lines that were skipped: few words, however many
//! there are.

use std::time::Duration;

use log::Level;

use super::Output;
use crate::monitor::input::Input;
use crate::monitor::moment::Now;

/// Missed events are reported once in so long, however many.
pub(super) const MISSED_INTERVAL: Duration = Duration::from_secs(1);

/// Odd lines are logged once in so long, however many.
pub(super) const ODD_LINES_INTERVAL: Duration = Duration::from_mins(1);

/// Events that the core is to know were missed.
#[derive(Debug, Default)]
pub(super) struct Missed {
    reported: Option<Duration>,
    is_pending: bool,
}

/// Lines that were skipped.
#[derive(Debug, Default)]
pub(super) struct OddLines {
    logged: Option<Duration>,
    /// How many were skipped without a line in the log since.
    unlogged: u64,
}

impl Missed {
    /// Some were missed.
    pub(super) fn some(&mut self) {
        self.is_pending = true;
    }

    /// The report of it, when it is due.
    pub(super) fn report(&mut self, now: Now) -> Option<Output> {
        let is_due = |reported| now.monotonic.saturating_sub(reported) >= MISSED_INTERVAL;
        if !self.is_pending || !self.reported.is_none_or(is_due) {
            return None;
        }
        *self = Self { reported: Some(now.monotonic), is_pending: false };
        Some(Output::Input(Input::EventsMissed))
    }
}

impl OddLines {
    /// One was skipped: the line for the log, when one is due.
    pub(super) fn log(&mut self, now: Now, why: &str) -> Option<Output> {
        let is_due = |logged| now.monotonic.saturating_sub(logged) >= ODD_LINES_INTERVAL;
        if !self.logged.is_none_or(is_due) {
            self.unlogged = self.unlogged.saturating_add(1);
            return None;
        }
        let more = match self.unlogged {
            0 => String::new(),
            count => format!("; so were {count} before it"),
        };
        *self = Self { logged: Some(now.monotonic), unlogged: 0 };
        let text = format!("a line of the event stream is skipped: {why}{more}; listing instead");
        Some(Output::Log(Level::Warn, text))
    }
}
