//! All that happened, line by line, for whoever wants to know why. Written down only where somebody
//! does: of a seed that is wrong, which is played again.

use std::fmt::Write;

use dmon::monitor::alert::Alert;
use dmon::timestamp::Timestamp;

use super::host::{EPOCH, Host};
use super::truth::Soul;

/// Whether a story is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Telling {
    Nothing,
    Everything,
}

/// The story of a seed.
pub(super) struct Story {
    telling: Telling,
    lines: Vec<Line>,
}

/// A line of the story: what happened, and to whom alone.
struct Line {
    at: Timestamp,
    soul: Option<Soul>,
    what: String,
}

impl Story {
    pub(super) fn new(telling: Telling) -> Self {
        Self { telling, lines: Vec::new() }
    }

    /// What happened to a soul, and to all, between those times.
    pub(super) fn told_of(&self, soul: Option<Soul>, from: Timestamp, to: Timestamp) -> String {
        let lines = self.lines.iter().filter(|line| line.at >= from && line.at <= to);
        let lines = lines.filter(|line| line.soul.is_none() || line.soul == soul);
        lines.fold(String::new(), |mut story, line| {
            let _ = writeln!(story, "{} {}", second(line.at), line.what);
            story
        })
    }
}

impl Host {
    /// Writes down what happened, and to whom alone.
    pub(super) fn note(&mut self, line: impl FnOnce(&Self) -> (Option<Soul>, String)) {
        if self.story.telling == Telling::Everything {
            let at = self.now();
            let (soul, what) = line(self);
            self.story.lines.push(Line { at, soul, what });
        }
    }

    /// Writes down what happened to all.
    pub(super) fn note_all(&mut self, what: impl FnOnce() -> String) {
        self.note(|_| (None, what()));
    }
}

/// An alert in a line.
pub(super) fn told(alert: &Alert) -> String {
    let times =
        alert.repeat.map(|repeat| format!(" ×{} since {}", repeat.times, second(repeat.since)));
    let ended = alert.ended.map(|at| format!(" over at {}", second(at)));
    let late = alert.between.map(|(from, to)| format!(" between {} {}", second(from), second(to)));
    let more = [times, ended, late].into_iter().flatten().collect::<String>();
    format!(
        "{} {} {:?} at {} {more} #{}",
        alert.severity,
        alert.identity,
        alert.kind,
        second(alert.time),
        alert.id
    )
}

/// Seconds since the beginning.
pub(super) fn second(at: Timestamp) -> String {
    let nanoseconds = at.nanoseconds() - EPOCH.nanoseconds();
    let (seconds, rest) =
        (nanoseconds.div_euclid(1_000_000_000), nanoseconds.rem_euclid(1_000_000_000));
    format!("{seconds}.{:03}", rest / 1_000_000)
}
