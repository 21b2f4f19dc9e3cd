//! Its health check failed.

use super::evaluation::Evaluation;
use super::judge::ANSWER_WITHIN;
use super::rules;
use super::subject::{Origin, Passed, Symptom};
use crate::monitor::alert::{Condition, Kind};
use crate::monitor::cause::Cause;
use crate::monitor::container::{Health, Status};
use crate::monitor::severity::Severity;
use crate::monitor::world::Container;

/// The longest piece of a probe's output that is told, in characters.
const PROBE_OUTPUT_AT_MOST: usize = 300;

impl Evaluation<'_> {
    /// A check that failed is a problem once the probe's output is known.
    pub(super) fn health(&mut self, container: &Container) {
        let Some(sign) = self.subject.unhealthy else { return };
        if !container.known_since(sign.known) && !self.is_past(sign.known + ANSWER_WITHIN) {
            return;
        }
        self.subject.unhealthy = None;
        let run = self.subject.run.as_ref();
        let never =
            run.is_some_and(|it| it.origin == Origin::Request && it.health == Passed::NotYet);
        let said = container.details.as_ref().and_then(|it| it.probe_output.as_deref());
        let said: Option<String> =
            said.map(|said| said.trim().chars().take(PROBE_OUTPUT_AT_MOST).collect());
        let said = said.filter(|said| !said.is_empty());
        let to = Condition::Feels(Health::Unhealthy);
        let (severity, kind) = if never {
            let (from, error) = (Condition::Feels(Health::Starting), said.unwrap_or_default());
            let cause = Cause::NeverHealthy;
            (Severity::Critical, Kind::RestartFailed { from, to, cause, error })
        } else {
            let (from, cause) = (Condition::Is(Status::Running), Cause::HealthCheckFailed);
            (Severity::Warning, Kind::Status { from, to, cause, said })
        };
        let alert = rules::alert(self.identity, container, severity, kind, &sign);
        self.subject.arrival = None;
        self.subject.problems.clear(Symptom::Down);
        self.subject.problems.set(Symptom::Health, alert);
    }
}
