//! When the sign of life is written that `dmon health` reads, and what it says. Writes nothing
//! itself.

use std::time::{Duration, Instant};

use crate::monitor::Health;
use crate::store::alive::{Alive, WRITTEN_EVERY};

/// The least time between two checks: what they cost must not grow with the number of events.
const CHECKED_EVERY: Duration = Duration::from_millis(200);

/// What was last written, and when.
#[derive(Debug, Default)]
pub(super) struct Vitals {
    written: Option<(Alive, Instant)>,
    checked: Option<Instant>,
    /// Whether something happened since the last check.
    unchecked: bool,
    /// Whether dmon was live then.
    was_live: bool,
}

impl Vitals {
    /// Something happened: whether it is time for a check. Being live, or no longer, is worth one
    /// at once.
    pub(super) fn is_due(&mut self, is_live: bool, now: Instant) -> bool {
        self.unchecked = true;
        is_live != self.was_live || self.checked.is_none_or(|at| now >= at + CHECKED_EVERY)
    }

    /// A check: what to write, where it is news or what was written grows old.
    pub(super) fn check(&mut self, health: Health, now: Instant) -> Option<Alive> {
        (self.checked, self.unchecked) = (Some(now), false);
        self.was_live = health.live.is_ok();
        let alive = alive(health);
        if self
            .written
            .as_ref()
            .is_some_and(|(written, at)| *written == alive && now < *at + WRITTEN_EVERY)
        {
            return None;
        }
        self.written = Some((alive.clone(), now));
        Some(alive)
    }

    /// How long may pass until the next check.
    pub(super) fn rest(&self, now: Instant) -> Duration {
        let of_news = self.checked.filter(|_| self.unchecked).map(|at| at + CHECKED_EVERY);
        let of_age = self.written.as_ref().map(|(_, at)| *at + WRITTEN_EVERY);
        let due = of_news.into_iter().chain(of_age).min();
        due.map_or(Duration::ZERO, |due| due.saturating_duration_since(now))
    }
}

fn alive(Health { live, inspections, uninspected }: Health) -> Alive {
    let warning = |(name, why)| format!("{name} cannot be inspected: {why}");
    Alive { live, inspections, warnings: uninspected.into_iter().map(warning).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    fn health(live: Result<(), String>) -> Health {
        let uninspected = vec![("web".to_owned(), "no answer".to_owned())];
        Health { live, inspections: Ok(()), uninspected }
    }

    #[test]
    fn what_is_news_or_old_is_written() {
        let begin = clock::monotonic();
        let after = |milliseconds| begin + Duration::from_millis(milliseconds);
        let mut vitals = Vitals::default();
        assert!(vitals.is_due(false, begin) && vitals.rest(begin).is_zero());
        let written = vitals.check(health(Ok(())), begin).unwrap();
        assert_eq!(written.warnings, ["web cannot be inspected: no answer"]);
        assert_eq!(vitals.rest(begin), WRITTEN_EVERY);

        assert!(!vitals.is_due(true, after(50)));
        assert_eq!(vitals.rest(after(50)), Duration::from_millis(150));
        assert!(vitals.is_due(true, after(200)));
        assert_eq!(vitals.check(health(Ok(())), after(200)), None);
        assert_eq!(vitals.rest(after(200)), Duration::from_millis(9800));

        let lost = || health(Err("lost".to_owned()));
        assert!(vitals.check(lost(), after(400)).is_some_and(|alive| alive.live.is_err()));
        assert_eq!(vitals.check(lost(), after(10_399)), None);
        assert!(vitals.check(lost(), after(10_400)).is_some());
    }
}
