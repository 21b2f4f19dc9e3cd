//! What a time without the Engine has changed, once it answers again.

use super::Tracks;
use super::evaluation::{Env, Evaluation};
use super::finding::Finding;
use super::judge::Verdict;
use super::rules::{self, Role};
use super::subject::{Origin, Subject, Symptom};
use crate::monitor::alert::{Alert, Condition, Kind};
use crate::monitor::cause::Cause;
use crate::monitor::change::By;
use crate::monitor::container::Status;
use crate::monitor::effect::Reason;
use crate::monitor::identity::Identity;
use crate::monitor::link::{Absence, Fates, Gap};
use crate::monitor::severity::Severity;

impl Tracks {
    /// What became of the containers that ran when the gap began.
    pub(in crate::monitor) fn fates(&self, gap: &Gap, env: &Env) -> Fates {
        let mut fates = Fates::default();
        for (identity, subject) in &self.subjects {
            let container = subject.container.as_ref().and_then(|id| env.container(id));
            let Some(death) = &subject.death else {
                let run = subject.run.as_ref().map(|run| run.sign);
                match run.filter(|_| container.is_some_and(|it| it.status.is_up())) {
                    // It was down before, and the Engine's own start may have started it.
                    Some(run) if run.known > gap.known => fates.started.push(run.at),
                    Some(_) => fates.unmoved += 1,
                    None => {}
                }
                continue;
            };
            match &death.back {
                None if death.removed.is_some() && gap.absence == Absence::Unknown => {}
                None if !gap.spans_start(death.sign.at) => {}
                None => {
                    let restarting = container.is_some_and(|it| it.status == Status::Restarting);
                    fates.down += usize::from(!restarting);
                    fates.tasks_down += usize::from(matches!(identity, Identity::Swarm { .. }));
                }
                Some(back) => {
                    if env.may_be_the_engines(gap, identity, subject) {
                        fates.started.push(back.sign.at);
                        fates.last_known = fates.last_known.max(Some(back.sign.known));
                    }
                }
            }
        }
        fates
    }

    /// The names of those that are other than before the gap.
    pub(in crate::monitor) fn moved(&self, env: &Env) -> Vec<String> {
        let moved = self.subjects.values().filter(|subject| {
            (subject.death.is_some() || subject.arrival.is_some())
                && env.exclusion(subject).is_none()
        });
        moved.map(|subject| subject.name.clone()).collect()
    }

    /// Reports the Engine's restart as one story.
    pub(in crate::monitor) fn engine_restarted(
        &mut self,
        gap: &Gap,
        env: &Env,
        found: &mut Vec<Finding>,
    ) {
        self.revision += 1;
        let identities: Vec<Identity> = self.subjects.keys().cloned().collect();
        let mut restarted = Vec::new();
        for identity in &identities {
            let Some(mut evaluation) = self.at(identity, env, found) else { continue };
            let subject = &*evaluation.subject;
            let taken_along = env.may_be_the_engines(gap, identity, subject);
            let Some(death) = &subject.death else { continue };
            let may_be_removed = gap.absence != Absence::Unknown;
            let down = death.back.is_none()
                && (may_be_removed || death.removed.is_none())
                && gap.spans_start(death.sign.at);
            if taken_along {
                if evaluation.exclusion().is_none() {
                    restarted.push(subject.name.clone());
                }
                evaluation.taken_along();
            } else if down {
                evaluation.not_back();
            }
            self.touch(identity);
            self.index(identity);
        }
        if !restarted.is_empty() {
            let kind = Kind::EngineRestarted { restarted };
            let alert = Alert::of_engine(Severity::Warning, kind, env.clocks.wall, env.now());
            found.push(Finding::Notice(alert));
        }
    }
}

impl Env<'_> {
    /// Whether the Engine's own start may have brought a subject back: its policy's count did not
    /// rise, as far as is known.
    fn may_be_the_engines(&self, gap: &Gap, identity: &Identity, subject: &Subject) -> bool {
        let Some(death) = &subject.death else { return false };
        let Some(back) = &death.back else { return false };
        gap.spans_start(back.sign.at)
            && match self.how_back(identity, death) {
                Some(Verdict::RestartedByRequest) => true,
                Some(Verdict::RestartedAutomatically) => back.by == By::Untold,
                // Swarm replaces the tasks that went down with it.
                Some(Verdict::Replaced) => matches!(identity, Identity::Swarm { .. }),
                _ => false,
            }
    }
}

impl Evaluation<'_> {
    fn taken_along(&mut self) {
        self.suppress("restarted", Reason::EngineRestart);
        self.subject.set_origin(Origin::Automatic);
        self.subject.death = None;
        self.subject.clean_ends = 0;
    }

    fn not_back(&mut self) {
        let Some(death) = self.subject.death.clone() else { return };
        // One that an Engine without its disk does not know counts as removed.
        let Some(container) = self.dead(&death) else { return };
        let job = self.env.role(self.subject, &death, container) == Role::Job;
        if container.status == Status::Restarting || self.exclusion().is_some() || job {
            return;
        }
        let error = container.details.as_ref().map(|details| details.error.clone());
        let cause = Cause::NotBackAfterEngineRestart;
        let kind = match death.removed {
            Some(_) => Kind::Removed { previous: death.from, cause: Some(cause) },
            None => Kind::Status {
                from: Condition::Is(death.from),
                to: Condition::Is(Status::Exited),
                cause,
                said: error.filter(|error| !error.is_empty()),
            },
        };
        let mut alert =
            rules::alert(self.identity, container, Severity::Critical, kind, &death.sign);
        alert.about.exit_code = container.exit_code;
        alert.between = None;
        self.subject.death = None;
        self.subject.problems.clear_all();
        self.subject.problems.set(Symptom::Down, alert);
    }
}
