//! A signal that does not end a container may take its restart policy away.

use super::evaluation::Evaluation;
use super::memory::OUTLIVES;
use super::rules;
use super::subject::Passed;
use crate::monitor::alert::Kind;
use crate::monitor::severity::Severity;
use crate::monitor::world::Container;

impl Evaluation<'_> {
    pub(super) fn signal(&mut self, container: &Container) {
        let Some((sign, _)) = &self.subject.signalled else { return };
        let until = sign.known + OUTLIVES;
        if !self.is_past(until) {
            return;
        }
        let Some((sign, signal)) = self.subject.signalled.take() else { return };
        let told = self.subject.run.as_mut().map(|run| &mut run.policy_off);
        if told.as_deref() == Some(&Passed::Once) || !rules::disables_policy(&signal, container) {
            return;
        }
        if let Some(told) = told {
            *told = Passed::Once;
        }
        if self.subject.silent.is_none() {
            let kind = Kind::PolicyDisabled { signal };
            self.notice(rules::alert(self.identity, container, Severity::Warning, kind, &sign));
        }
    }
}
