//! Whether all is well again.

use super::evaluation::Evaluation;
use super::finding::{Closing, Question};
use super::judge::{ANSWER_WITHIN, Inspection};
use super::rules;
use super::subject::{LOOP_WITHIN, Symptom};
use crate::monitor::container::{Health, Status};
use crate::monitor::moment::Moment;
use crate::monitor::world::Container;

impl Evaluation<'_> {
    /// Drops the problems that are over.
    pub(super) fn drop_what_is_over(&mut self, container: &Container) {
        let well = self.is_well(container);
        let died = self.subject.deaths.last().map(|death| death.known);
        let lost = self.subject.out_of_memory.map(|sign| sign.known);
        let loop_over = self.is_over(Symptom::Loop, died) && container.status.is_up();
        let memory_over = self.is_over(Symptom::Memory, lost);
        if memory_over && self.subject.problems.has(Symptom::Memory) {
            self.subject.out_of_memory = None;
        }
        self.subject.problems.retain(|symptom| match symptom {
            Symptom::Down | Symptom::Health | Symptom::Restarting => !well,
            Symptom::Paused => container.status == Status::Paused,
            Symptom::Loop => !loop_over,
            Symptom::Memory => !memory_over,
        });
    }

    /// Whether a problem is over that has no end but the absence of what made it.
    fn is_over(&mut self, symptom: Symptom, last: Option<Moment>) -> bool {
        !self.subject.problems.has(symptom)
            || last.is_none_or(|last| self.is_past(last + LOOP_WITHIN))
    }

    /// It runs, and is healthy if it has a check. Whether it has one is known after an inspection.
    pub(super) fn is_well(&mut self, container: &Container) -> bool {
        let run = self.subject.run.as_ref().map(|run| run.sign);
        let Some(sign) = run.filter(|sign| !container.known_since(sign.known)) else {
            return is_running_well(container);
        };
        let Some(id) = self.subject.container.clone() else { return false };
        if !self.is_past(sign.known + ANSWER_WITHIN) {
            return false;
        }
        if !self.env.link.inspections.rests(&id, self.now()) {
            self.ask(Question::Inspect(id.clone()));
        }
        // Of one that cannot be inspected, the list says how it is.
        if self.env.inspection_of(&id) == Inspection::Works {
            return false;
        }
        if container.confirmed >= sign.known {
            return is_running_well(container);
        }
        self.ask(Question::List);
        self.wait_until(self.now() + ANSWER_WITHIN);
        false
    }

    /// The last problem is over. What is down without one (settings say so) ends without a word.
    pub(super) fn recovery(&mut self) {
        let Some(container) = self.container() else { return };
        let closing = if !container.status.is_up() {
            Closing::Silently
        } else if self.is_well(container) {
            Closing::Recovered(rules::about(container))
        } else {
            return;
        };
        if let Some(transition) = self.subject.problems.close(closing) {
            self.transition(transition);
        }
    }
}

fn is_running_well(container: &Container) -> bool {
    container.status == Status::Running && matches!(container.health, None | Some(Health::Healthy))
}
