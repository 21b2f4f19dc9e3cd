//! A container is new, or replaces another: reported once it runs, and is healthy if it replaces one.

use std::time::Duration;

use super::evaluation::Evaluation;
use super::judge::ANSWER_WITHIN;
use super::subject::Arrival;
use super::{job, rules};
use crate::monitor::alert::Kind;
use crate::monitor::effect::Reason;
use crate::monitor::severity::Severity;

impl Evaluation<'_> {
    pub(super) fn arrival(&mut self) {
        // What its new run means is judged first: if it is a recreation too, the two are one.
        if self.subject.death.as_ref().is_some_and(|death| death.back.is_some()) {
            return;
        }
        let (Some(arrival), Some(run)) = (self.subject.arrival.clone(), self.subject.run.clone())
        else {
            return;
        };
        let Some(container) = self.container() else { return };
        let known =
            container.known_since(run.sign.known) || self.is_past(run.sign.known + ANSWER_WITHIN);
        let clean_ends = self.subject.clean_ends;
        let job = job::is_job(container, Duration::ZERO, clean_ends, self.env.world);
        let excluded = self.exclusion().is_some();
        let kind = match arrival {
            _ if !known => return,
            Arrival::Added => Kind::Added { status: container.status },
            Arrival::Recreated { .. } if !excluded && !self.is_well(container) => return,
            Arrival::Recreated { image_before } => {
                let changed = image_before != container.image;
                Kind::Recreated { image_before: changed.then_some(image_before) }
            }
        };
        self.subject.arrival = None;
        if excluded {
            self.suppress_excluded("started");
        } else if job {
            self.suppress("started", Reason::Job);
        } else {
            self.notice(rules::alert(self.identity, container, Severity::Info, kind, &run.sign));
        }
    }
}
