//! What a death has come to: a problem, a notice, or nothing to tell.

use std::time::Duration;

use crate::monitor::Monitor;
use crate::monitor::alert::{Alert, Kind, Repeat};
use crate::monitor::change::Seen;
use crate::monitor::container::RestartPolicy;
use crate::monitor::effect::Reason;
use crate::monitor::identity::Identity;
use crate::monitor::job;
use crate::monitor::judge::{Askers, STEADY, Verdict};
use crate::monitor::link::{Memory, Presence};
use crate::monitor::moment::Moment;
use crate::monitor::rules::{self, Ending, Role};
use crate::monitor::severity::Severity;
use crate::monitor::signals::Asked;
use crate::monitor::subject::{Arrival, Aspect, Death, Origin, Passed, Sign, Subject};
use crate::monitor::world::Container;

/// An Engine that removes a container when it ends, has done so after this.
const REMOVES_ITSELF_WITHIN: Duration = Duration::from_secs(2);

impl Monitor {
    /// It is down: the row it belongs to.
    pub(super) fn down(&mut self, identity: &Identity, death: &Death, container: &Container) {
        let Some(subject) = self.state.subjects.get(identity) else { return };
        let clean_ends = clean_ends(subject, death, container, self.askers);
        let role = self.role(subject, death, container);
        let successor = self.successor(identity, subject).map(|(_, container)| container);
        let failed = successor.filter(|it| it.failed_to_start()).cloned();
        let ending =
            rules::ending(death, container, failed.as_ref(), role, self.askers, &self.settings);
        let shown = failed.as_ref().unwrap_or(container);
        let silent = self.silence(identity).is_some();
        let Some(subject) = self.state.subjects.get_mut(identity) else { return };
        subject.clean_ends = clean_ends;
        subject.death = None;
        let overtaken = subject.take_untold();
        subject.problems.clear();
        match ending {
            _ if silent => self.hold_silent(identity, "ended"),
            Ending::JobDone(kind) => {
                let alert = of_death(identity, death, shown, Severity::Info, kind);
                self.end_of_no_news(alert, Reason::Job);
            }
            Ending::Problem(None, kind) => {
                let alert = of_death(identity, death, shown, Severity::Info, kind);
                self.end_of_no_news(alert, Reason::SwitchedOff);
            }
            Ending::JobFailed(kind) => {
                let alert = of_death(identity, death, shown, Severity::Critical, kind);
                let alert = repeated(alert, death, overtaken);
                if let Some(alert) = self.state.ledger.end(alert, self.now.moment, &self.settings) {
                    self.notice(&alert);
                }
            }
            Ending::Problem(Some(severity), kind) => {
                let alert = of_death(identity, death, shown, severity, kind);
                self.set_problem(identity, Aspect::Down, repeated(alert, death, overtaken));
            }
        }
    }

    /// An end that is not told, unless it is the end of what Slack was told of.
    fn end_of_no_news(&mut self, alert: Alert, reason: Reason) {
        if let Some(alert) = self.state.ledger.end(alert, self.now.moment, &self.settings) {
            self.hold(&alert.identity, "ended", reason);
        }
    }

    /// It runs again.
    pub(super) fn back(
        &mut self,
        identity: &Identity,
        death: &Death,
        container: &Container,
        how: Verdict,
    ) {
        let automatic = how == Verdict::RestartedAutomatically;
        if automatic {
            self.count(identity, container);
        }
        self.set_origin(identity, if automatic { Origin::Automatic } else { Origin::Request });
        if let Some(subject) = self.state.subjects.get_mut(identity) {
            subject.death = None;
        }
        if self.silence(identity).is_some() {
            return self.hold_silent(identity, "restarted");
        }
        match how {
            Verdict::RestartedAutomatically => {
                self.back_by_its_policy(identity, death, container);
            }
            Verdict::RestartedByRequest => self.back_by_request(identity, death, container),
            _ => self.back_in_another(identity, death, container),
        }
        if let Some(subject) = self.state.subjects.get_mut(identity) {
            subject.clean_ends = clean_ends(subject, death, container, self.askers);
        }
    }

    fn back_by_its_policy(&mut self, identity: &Identity, death: &Death, container: &Container) {
        let Some(subject) = self.state.subjects.get_mut(identity) else { return };
        let counted = [Aspect::Loop, Aspect::Restarting];
        if counted.iter().any(|aspect| subject.problems.contains_key(aspect)) {
            return self.hold(identity, "restarted by its policy", Reason::InIncident);
        }
        let overtaken = subject.overtaken.take();
        let sign = death.back.as_ref().map_or(death.sign, |back| back.sign);
        let cause = rules::cause(death, container, self.askers);
        let kind = Kind::RestartedAutomatically { cause };
        let mut alert = rules::alert(identity, container, Severity::Warning, kind, &sign);
        alert.between = death.sign.between;
        alert.about.exit_code = death.exit_code;
        self.notice_unless_open(&repeated(alert, death, overtaken));
    }

    fn back_by_request(&mut self, identity: &Identity, death: &Death, container: &Container) {
        let subject = self.state.subjects.get(identity);
        if subject.is_some_and(|it| self.role(it, death, container) == Role::Job) {
            return self.hold(identity, "restarted", Reason::Job);
        }
        let sign = death.back.as_ref().map_or(death.sign, |back| back.sign);
        let kind = Kind::RestartedManually;
        let mut alert = rules::alert(identity, container, Severity::Warning, kind, &sign);
        alert.between = death.sign.between;
        self.notice_unless_open(&alert);
    }

    /// A recreation is told once the new container is well.
    fn back_in_another(&mut self, identity: &Identity, death: &Death, container: &Container) {
        let before = death.removed.as_deref().or_else(|| self.container(&death.container));
        let image_before = before.unwrap_or(container).image.clone();
        if let Some(subject) = self.state.subjects.get_mut(identity) {
            subject.arrival = Some(Arrival::Recreated { image_before });
        }
    }

    /// The next death, at that time, comes before the last one was told: what is due by now is told,
    /// and the rest is counted.
    pub(super) fn overtake(&mut self, identity: &Identity, died: Moment, asked: Option<Asked>) {
        let Some(subject) = self.state.subjects.get(identity) else { return };
        let Some(death) = subject.death.clone() else { return };
        let how = self.how_back(identity, subject);
        let container = death.back.as_ref().and_then(|back| self.container(&back.container));
        let container = container.cloned();
        let on_request = how.filter(|it| *it != Verdict::RestartedAutomatically);
        let unsure = self.may_be_an_engine_restart(&death);
        let steady = death.back.as_ref().is_some_and(|back| died.since(back.sign.moment) >= STEADY);
        // What is stopped on request now is no loop.
        let due = how.filter(|_| !unsure && (steady || on_request.is_some() || asked.is_some()));
        if let (Some(how), Some(container)) = (due, &container) {
            return self.back(identity, &death, container, how);
        }
        let answered = |it: &Container| {
            on_request.is_none() && (it.has_policy() || matches!(identity, Identity::Swarm { .. }))
        };
        if let Some(container) = container.filter(answered) {
            self.count(identity, &container);
        }
        if let Some(subject) = self.state.subjects.get_mut(identity) {
            subject.pass_over();
        }
    }

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

    /// A container that was down already is removed: that ends what was open.
    pub(super) fn removed_when_down(&mut self, identity: &Identity, last: &Container, sign: Sign) {
        let Some(subject) = self.state.subjects.get(identity) else { return };
        if self.successor(identity, subject).is_some() {
            return self.hold(identity, "removed", Reason::Grace);
        }
        let job = job::is_job(last, Duration::ZERO, subject.clean_ends, &self.state.world);
        let silent = self.silence_of(last);
        let Some(subject) = self.state.subjects.get_mut(identity) else { return };
        subject.problems.clear();
        subject.silent = silent.or(subject.silent);
        let kind = Kind::Removed { previous: last.status, cause: None };
        let mut alert = rules::alert(identity, last, Severity::Info, kind, &sign);
        alert.about.exit_code = last.exit_code;
        if silent.is_some() {
            self.state.ledger.close(identity);
            return self.hold_silent(identity, "removed");
        }
        match self.state.ledger.end(alert, self.now.moment, &self.settings) {
            None => {}
            Some(_) if job => self.hold(identity, "removed", Reason::Job),
            Some(alert) => self.notice(&alert),
        }
    }

    pub(super) fn role(&self, subject: &Subject, death: &Death, container: &Container) -> Role {
        // Two clean ends before this one, or with it.
        let clean = clean_ends(subject, death, container, self.askers).max(subject.clean_ends);
        let ran = death.ran.unwrap_or_default();
        // Gone before it could be inspected: only the Engine removes so soon, as `--rm` wants it.
        let unasked = death.asked.is_none() && death.exit_code.is_some();
        let soon = |last: &Container| last.heard.since(death.sign.known) < REMOVES_ITSELF_WITHIN;
        let removed_soon = death.removed.as_deref().is_some_and(soon);
        let removed_itself = removed_soon && container.details.is_none() && unasked;
        if removed_itself || job::is_job(container, ran, clean, &self.state.world) {
            Role::Job
        } else {
            Role::Service
        }
    }

    pub(super) fn set_problem(&mut self, identity: &Identity, aspect: Aspect, alert: Alert) {
        if let Some(subject) = self.state.subjects.get_mut(identity) {
            subject.problems.insert(aspect, alert);
        }
    }
}

impl Subject {
    /// The deaths that no alert counts yet: those that were overtaken, and those of a loop that were
    /// not handed on.
    fn take_untold(&mut self) -> Option<Repeat> {
        let looped = self.problems.get(&Aspect::Loop).and_then(|alert| alert.repeat);
        match (self.overtaken.take(), looped) {
            (Some(one), Some(two)) => {
                let times = one.times.saturating_add(two.times);
                Some(Repeat { times, since: one.since.min(two.since) })
            }
            (one, two) => one.or(two),
        }
    }

    /// Goes on from a death of which nothing was told: the next one's alert counts it in, unless a
    /// loop has done so.
    fn pass_over(&mut self) {
        let Some(death) = self.death.take() else { return };
        self.clean_ends = 0;
        let looped = self.problems.contains_key(&Aspect::Loop) && death.counted == Passed::Once;
        if !looped {
            let before = self.overtaken.unwrap_or(Repeat { times: 0, since: death.sign.at });
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
    let before = overtaken.unwrap_or(Repeat { times: 0, since: death.sign.at });
    let times = before.times.saturating_add(death.unseen).saturating_add(1);
    alert.repeat = (times > 1).then_some(Repeat { times, ..before });
    alert
}

/// Runs in a row that ended by themselves with 0, this one included. Where nobody tells who asked, a
/// clean end may be a stop: it counts for nothing and against nothing.
fn clean_ends(subject: &Subject, death: &Death, container: &Container, askers: Askers) -> u32 {
    let without_policy = matches!(container.restart_policy(), Some(RestartPolicy::No))
        && !matches!(container.identity, Identity::Swarm { .. });
    let clean = death.asked.is_none() && death.exit_code == Some(0) && without_policy;
    match (clean, askers, death.seen) {
        (true, Askers::Told, Seen::Heard) => subject.clean_ends.saturating_add(1),
        (true, ..) => subject.clean_ends,
        (false, ..) => 0,
    }
}
