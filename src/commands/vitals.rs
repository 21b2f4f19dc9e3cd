//! Keeps the sign of life fresh that `dmon health` reads.

use std::time::{Duration, Instant};

use super::files::Files;
use crate::monitor::Health;
use crate::store::alive::{Alive, WRITTEN_EVERY};

/// What was last written, and when.
#[derive(Debug, Default)]
pub(super) struct Vitals {
    written: Option<(Alive, Instant)>,
}

impl Vitals {
    /// How long may pass until the next update.
    pub(super) fn rest(&self, now: Instant) -> Duration {
        let due = self.written.as_ref().map(|(_, at)| *at + WRITTEN_EVERY);
        due.map_or(Duration::ZERO, |due| due.saturating_duration_since(now))
    }

    /// Writes the core's health where it is news, or where what was written grows old.
    pub(super) fn update(&mut self, files: &Files, health: Health, now: Instant) {
        let alive = alive(health);
        let is_news = self.written.as_ref().is_none_or(|(written, _)| *written != alive);
        if is_news || self.rest(now).is_zero() {
            files.mark_alive(&alive);
            self.written = Some((alive, now));
        }
    }
}

fn alive(Health { live, inspections, uninspected }: Health) -> Alive {
    let warning = |(name, why)| format!("{name} cannot be inspected: {why}");
    Alive { live, inspections, warnings: uninspected.into_iter().map(warning).collect() }
}
