//! The Engine could not start it. No event tells of that.

use super::evaluation::Evaluation;
use super::rules;
use super::subject::Symptom;
use crate::monitor::alert::{Condition, Kind};
use crate::monitor::cause::Cause;
use crate::monitor::severity::Severity;
use crate::monitor::world::Container;

impl Evaluation<'_> {
    pub(super) fn failed_start(&mut self, container: &Container) {
        let Some(sign) = self.subject.start_failed.take() else { return };
        let error = container.details.as_ref().map(|it| it.error.clone()).unwrap_or_default();
        let from = Condition::Is(container.status);
        let kind = Kind::RestartFailed { from, to: from, cause: Cause::CouldNotStart, error };
        let alert = rules::alert(self.identity, container, Severity::Critical, kind, &sign);
        self.subject.problems.clear_all();
        self.subject.problems.set(Symptom::Down, alert);
    }
}
