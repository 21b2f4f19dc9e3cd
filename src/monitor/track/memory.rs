//! A process in it was killed for want of memory, and it goes on.

use std::time::Duration;

use super::evaluation::Evaluation;
use super::rules;
use super::subject::Symptom;
use crate::monitor::alert::Condition;
use crate::monitor::cause::Cause;
use crate::monitor::container::Status;
use crate::monitor::severity::Severity;
use crate::monitor::world::Container;

/// A container that outlives an `oom` event by this has lost another process than its main one;
/// one that outlives a signal by this was not ended by it.
pub(super) const OUTLIVES: Duration = Duration::from_secs(1);

impl Evaluation<'_> {
    pub(super) fn memory(&mut self, container: &Container) {
        let Some(sign) = self.subject.out_of_memory else { return };
        if self.is_past(sign.known + OUTLIVES) {
            let running = Condition::Is(Status::Running);
            let kind = rules::status(Status::Running, running, Cause::ProcessOutOfMemory);
            let alert = rules::alert(self.identity, container, Severity::Warning, kind, &sign);
            self.subject.problems.set(Symptom::Memory, alert);
        }
    }
}
