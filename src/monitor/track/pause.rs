//! Paused for longer than the grace: `docker commit` pauses for a moment.

use super::evaluation::Evaluation;
use super::rules;
use super::subject::Symptom;
use crate::monitor::alert::Condition;
use crate::monitor::cause::Cause;
use crate::monitor::container::Status;
use crate::monitor::severity::Severity;
use crate::monitor::world::Container;

impl Evaluation<'_> {
    pub(super) fn pause(&mut self, container: &Container) {
        let grace = self.env.settings.restart_grace;
        let Some(sign) = self.subject.paused else { return };
        if self.is_past(sign.known + grace) {
            let to = Condition::Is(Status::Paused);
            let kind = rules::status(Status::Running, to, Cause::PausedOnRequest);
            let alert = rules::alert(self.identity, container, Severity::Warning, kind, &sign);
            self.subject.problems.set(Symptom::Paused, alert);
        }
    }
}
