//! What a death has come to: a problem, a notice, or nothing to report.

use std::time::Duration;

use super::evaluation::{Env, Evaluation};
use super::finding::{Closing, Transition, Unreported};
use super::job;
use super::judge::{Intents, STEADY, Verdict};
use super::rules::{self, Ending, Role};
use super::subject::{Arrival, Death, Observation, Origin, Passed, Subject, Symptom};
use crate::monitor::alert::{Alert, Kind, Repeat};
use crate::monitor::change::Seen;
use crate::monitor::container::RestartPolicy;
use crate::monitor::effect::Reason;
use crate::monitor::identity::Identity;
use crate::monitor::link::{Memory, Presence};
use crate::monitor::moment::Moment;
use crate::monitor::severity::Severity;
use crate::monitor::signals::Intent;
use crate::monitor::world::Container;

/// An Engine that removes a container when it ends, has done so after this.
const REMOVES_ITSELF_WITHIN: Duration = Duration::from_secs(2);

impl Evaluation<'_> {
    /// It is down: the row it belongs to.
    pub(super) fn down(&mut self, death: &Death, container: &Container) {
        let env = self.env;
        let clean_ends = clean_ends(self.subject, death, container, env.intents());
        let role = env.role(self.subject, death, container);
        let successor = env.successor(self.identity, self.subject).map(|(_, container)| container);
        let failed = successor.filter(|it| it.failed_to_start());
        let ending = rules::ending(death, container, failed, role, env.intents(), env.settings);
        let shown = failed.unwrap_or(container);
        self.subject.clean_ends = clean_ends;
        self.subject.death = None;
        let overtaken = self.subject.take_untold();
        self.subject.problems.clear_all();
        match ending {
            _ if self.exclusion().is_some() => self.suppress_excluded("ended"),
            Ending::JobDone(kind) => {
                let alert = of_death(self.identity, death, shown, Severity::Info, kind);
                self.end_by(alert, Unreported::Suppressed("ended", Reason::Job));
            }
            Ending::Problem(None, kind) => {
                let alert = of_death(self.identity, death, shown, Severity::Info, kind);
                self.end_by(alert, Unreported::Suppressed("ended", Reason::SwitchedOff));
            }
            Ending::JobFailed(kind) => {
                let alert = of_death(self.identity, death, shown, Severity::Critical, kind);
                self.end_by(repeated(alert, death, overtaken), Unreported::Notice);
            }
            Ending::Problem(Some(severity), kind) => {
                let alert = of_death(self.identity, death, shown, severity, kind);
                let alert = repeated(alert, death, overtaken);
                self.subject.problems.set(Symptom::Down, alert);
            }
        }
    }

    /// It was down, and runs again: an outage, whose end is found next.
    pub(super) fn was_down(&mut self, death: &Death, container: &Container) {
        self.down(death, container);
        self.hand_on();
    }

    /// The outage ends by this notice; where there is none, the notice is handled as said.
    fn end_by(&mut self, notice: Alert, unreported: Unreported) {
        let closing = Closing::By(Box::new(notice), unreported);
        // The ledger knows of outages that are over and not reported yet.
        let transition = self.subject.problems.close(closing.clone());
        self.transition(transition.unwrap_or(Transition::Closed(closing)));
    }

    /// It runs again.
    pub(super) fn back(&mut self, death: &Death, container: &Container, how: Verdict) {
        let automatic = how == Verdict::RestartedAutomatically;
        if automatic {
            self.count(container);
        }
        self.subject.set_origin(if automatic { Origin::Automatic } else { Origin::Request });
        self.subject.death = None;
        if self.exclusion().is_some() {
            return self.suppress_excluded("restarted");
        }
        match how {
            Verdict::RestartedAutomatically => self.back_by_its_policy(death, container),
            Verdict::RestartedByRequest => self.back_by_request(death, container),
            _ => self.back_in_another(death, container),
        }
        self.subject.clean_ends = clean_ends(self.subject, death, container, self.env.intents());
    }

    fn back_by_its_policy(&mut self, death: &Death, container: &Container) {
        let counted = [Symptom::Loop, Symptom::Restarting];
        if counted.iter().any(|symptom| self.subject.problems.has(*symptom)) {
            return self.suppress("restarted by its policy", Reason::InIncident);
        }
        let overtaken = self.subject.overtaken.take();
        let sign = death.back.as_ref().map_or(death.sign, |back| back.sign);
        let cause = rules::cause(death, container, self.env.intents());
        let kind = Kind::RestartedAutomatically { cause };
        let mut alert = rules::alert(self.identity, container, Severity::Warning, kind, &sign);
        alert.between = death.sign.between;
        alert.about.exit_code = death.exit_code;
        self.notice(repeated(alert, death, overtaken));
    }

    fn back_by_request(&mut self, death: &Death, container: &Container) {
        if self.env.role(self.subject, death, container) == Role::Job {
            return self.suppress("restarted", Reason::Job);
        }
        let sign = death.back.as_ref().map_or(death.sign, |back| back.sign);
        let kind = Kind::RestartedManually;
        let mut alert = rules::alert(self.identity, container, Severity::Warning, kind, &sign);
        alert.between = death.sign.between;
        self.notice(alert);
    }

    /// A recreation is reported once the new container is well.
    fn back_in_another(&mut self, death: &Death, container: &Container) {
        let before = self.dead(death).unwrap_or(container);
        let image_before = before.image.clone();
        self.subject.arrival.get_or_insert(Arrival::Recreated { image_before });
    }

    /// The next death, at that time, comes before the last one was reported: what is due by now is
    /// reported, and the rest is counted.
    pub(super) fn overtake(&mut self, died: Moment, asked: Option<Intent>) {
        let Some(death) = self.subject.death.clone() else { return };
        let how = self.env.how_back(self.identity, &death);
        let back = death.back.as_ref();
        let container = back.and_then(|back| self.env.container(&back.container));
        let on_request = how.filter(|it| *it != Verdict::RestartedAutomatically);
        let unsure = self.env.may_be_an_engine_restart(&death);
        let steady = back.is_some_and(|back| died.since(back.sign.moment) >= STEADY);
        // What is stopped on request now is no loop.
        let due = how.filter(|_| !unsure && (steady || on_request.is_some() || asked.is_some()));
        if let (Some(how), Some(container)) = (due, container) {
            return match self.dead(&death).filter(|_| self.env.was_down(self.identity, &death)) {
                Some(dead) if on_request.is_some() => self.was_down(&death, dead),
                _ => self.back(&death, container, how),
            };
        }
        let in_swarm = matches!(self.identity, Identity::Swarm { .. });
        let answered = |it: &&Container| on_request.is_none() && (it.has_policy() || in_swarm);
        if let Some(container) = container.filter(answered) {
            self.count(container);
        }
        self.subject.pass_over();
    }

    /// A container that was down already is removed: that ends what was open.
    pub(super) fn removed_when_down(&mut self, last: &Container, sign: Observation) {
        if self.env.successor(self.identity, self.subject).is_some() {
            return self.suppress("removed", Reason::Grace);
        }
        let clean_ends = self.subject.clean_ends;
        let job = job::is_job(last, Duration::ZERO, clean_ends, self.env.world);
        let excluded = self.env.exclusion_of(last);
        self.subject.problems.clear_all();
        self.subject.silent = excluded.or(self.subject.silent);
        let kind = Kind::Removed { previous: last.status, cause: None };
        let mut alert = rules::alert(self.identity, last, Severity::Info, kind, &sign);
        alert.about.exit_code = last.exit_code;
        if excluded.is_some() {
            self.subject.problems.close(Closing::Excluded);
            self.transition(Transition::Closed(Closing::Excluded));
            return self.suppress_excluded("removed");
        }
        let job = job.then_some(Unreported::Suppressed("removed", Reason::Job));
        self.end_by(alert, job.unwrap_or(Unreported::Notice));
    }
}

impl Env<'_> {
    /// Whether nobody knows yet if the Engine itself restarted a container: so while it is caught up
    /// with.
    fn may_be_an_engine_restart(&self, death: &Death) -> bool {
        match &self.link.presence {
            Presence::Live => false,
            Presence::Away(_) => death.seen == Seen::Found,
            Presence::CatchingUp { gap, .. } => {
                let back = death.back.as_ref().map(|back| back.sign.at);
                gap.memory == Memory::Unknown
                    && (death.seen == Seen::Found || back.is_some_and(|at| gap.spans_start(at)))
            }
        }
    }

    pub(super) fn role(&self, subject: &Subject, death: &Death, container: &Container) -> Role {
        // Two clean ends before this one, or with it.
        let clean = clean_ends(subject, death, container, self.intents()).max(subject.clean_ends);
        let ran = death.ran.unwrap_or_default();
        // Gone before it could be inspected: only the Engine removes so soon, as `--rm` wants it.
        let unasked = death.asked.is_none() && death.exit_code.is_some();
        let soon = |last: &Container| last.since.since(death.sign.moment) < REMOVES_ITSELF_WITHIN;
        let removed_soon = death.removed.as_deref().is_some_and(soon);
        let removed_itself = removed_soon && container.details.is_none() && unasked;
        if removed_itself || job::is_job(container, ran, clean, self.world) {
            Role::Job
        } else {
            Role::Service
        }
    }
}

impl Subject {
    /// The deaths that no alert counts yet: those that were overtaken, and those of a loop that were
    /// not handed on.
    fn take_untold(&mut self) -> Option<Repeat> {
        let looped = self.problems.get(Symptom::Loop).and_then(|alert| alert.repeat);
        match (self.overtaken.take(), looped) {
            (Some(one), Some(two)) => {
                let times = one.times.saturating_add(two.times);
                let first = if one.moment <= two.moment { one } else { two };
                Some(Repeat { times, ..first })
            }
            (one, two) => one.or(two),
        }
    }

    pub(super) fn set_origin(&mut self, origin: Origin) {
        if let Some(run) = &mut self.run {
            run.origin = origin;
        }
    }

    /// Goes on from a death of which nothing was told: the next one's alert counts it in, unless a
    /// loop has done so.
    fn pass_over(&mut self) {
        let Some(death) = self.death.take() else { return };
        self.clean_ends = 0;
        let looped = self.problems.has(Symptom::Loop) && death.counted == Passed::Once;
        if !looped {
            let before = self.overtaken.unwrap_or(none_before(&death));
            let times = before.times.saturating_add(death.unseen).saturating_add(1);
            self.overtaken = Some(Repeat { times, ..before });
        }
    }
}

/// An alert about a death.
fn of_death(
    identity: &Identity,
    death: &Death,
    container: &Container,
    severity: Severity,
    kind: Kind,
) -> Alert {
    let mut alert = rules::alert(identity, container, severity, kind, &death.sign);
    alert.about.exit_code = death.exit_code;
    alert.log = death.log.clone().unwrap_or_default();
    alert
}

/// The alert, with how many deaths it speaks of: those before it that went untold are counted in.
fn repeated(mut alert: Alert, death: &Death, overtaken: Option<Repeat>) -> Alert {
    let before = overtaken.unwrap_or(none_before(death));
    let times = before.times.saturating_add(death.unseen).saturating_add(1);
    alert.repeat = (times > 1).then_some(Repeat { times, ..before });
    alert
}

/// That no death before this one is to be counted with it.
fn none_before(death: &Death) -> Repeat {
    Repeat { times: 0, since: death.sign.at, moment: death.sign.moment }
}

/// Runs in a row that ended by themselves with 0, this one included. Where nobody tells who asked, a
/// clean end may be a stop: it counts for nothing and against nothing.
fn clean_ends(subject: &Subject, death: &Death, container: &Container, intents: Intents) -> u32 {
    let without_policy = matches!(container.restart_policy(), Some(RestartPolicy::No))
        && !matches!(container.identity, Identity::Swarm { .. });
    let clean = death.asked.is_none() && death.exit_code == Some(0) && without_policy;
    match (clean, intents, death.seen) {
        (true, Intents::Visible, Seen::Heard) => subject.clean_ends.saturating_add(1),
        (true, ..) => subject.clean_ends,
        (false, ..) => 0,
    }
}
