//! What follows from the verdict on a death: problems, notices, or nothing to tell.

use std::collections::BTreeSet;

use crate::monitor::Monitor;
use crate::monitor::alert::{Alert, Condition, Kind, Repeat};
use crate::monitor::container::{ContainerId, RestartPolicy};
use crate::monitor::effect::Reason;
use crate::monitor::identity::Identity;
use crate::monitor::job;
use crate::monitor::judge::{Case, SUCCESSOR_STARTS_WITHIN, Verdict};
use crate::monitor::rules::{self, Ending, Role};
use crate::monitor::severity::Severity;
use crate::monitor::subject::{
    Answered, Arrival, Aspect, Death, LOOP_DEATHS, LOOP_WITHIN, Origin, Passed, Sign, Subject,
};
use crate::monitor::world::Container;

impl Monitor {
    /// Judges whatever can be judged now, and hands what follows to the ledger.
    pub(super) fn settle(&mut self) {
        let may_judge = self.may_judge();
        self.link_wakes = self.wake.take();
        if !may_judge {
            return;
        }
        let now = self.now.moment;
        let due = self.waits.iter().filter(|(_, until)| **until <= now);
        let mut identities: BTreeSet<Identity> =
            due.map(|(identity, _)| identity.clone()).collect();
        identities.append(&mut self.touched);
        for identity in identities {
            self.hush(&identity);
            self.settle_death(&identity);
            self.settle_signs(&identity);
            self.settle_arrival(&identity);
            self.report_to_ledger(&identity);
            match self.wake.take() {
                Some(until) => self.waits.insert(identity, until),
                None => self.waits.remove(&identity),
            };
        }
    }

    fn settle_death(&mut self, identity: &Identity) {
        let Some(subject) = self.state.subjects.get(identity) else { return };
        let Some(death) = subject.death.clone() else { return };
        let Some((verdict, container)) = self.judge(identity, subject, &death) else { return };
        match verdict {
            Verdict::Wait(moment) => self.wake_at(moment),
            Verdict::AskEngine => self.ping(),
            Verdict::Inspect => self.ask(&death.container),
            Verdict::GoesOn => self.count(identity, &container),
            Verdict::StillRestarting => {
                self.count(identity, &container);
                self.still_restarting(identity, &death, &container);
            }
            Verdict::Down => self.down(identity, &death, &container),
            back => self.back(identity, &death, &container, back),
        }
    }

    fn judge(
        &self,
        identity: &Identity,
        subject: &Subject,
        death: &Death,
    ) -> Option<(Verdict, Container)> {
        let container = match &death.removed {
            Some(last) => last,
            None => self.container(&death.container)?,
        };
        let back = death.back.as_ref();
        let case = Case {
            death,
            identity,
            container,
            back: back.and_then(|back| Some((back, self.container(&back.container)?))),
            successor: self.successor(identity, subject).map(|(_, container)| container),
            askers: self.askers,
            restart_grace: self.settings.restart_grace,
            answered: self.answered,
            now: self.now.moment,
        };
        let verdict = case.verdict();
        let shown = case.back.map_or(container, |(_, container)| container);
        Some((verdict, shown.clone()))
    }

    /// How a subject came back, by what is known now; `None` when it has not.
    pub(super) fn how_back(&self, identity: &Identity, subject: &Subject) -> Option<Verdict> {
        let death = subject.death.as_ref()?;
        let back = death.back.as_ref()?;
        let container = self.container(&back.container)?;
        let case = Case {
            death,
            identity,
            container,
            back: None,
            successor: None,
            askers: self.askers,
            restart_grace: self.settings.restart_grace,
            answered: None,
            now: self.now.moment,
        };
        Some(case.restarted(back, container))
    }

    /// A container of the identity that was made to replace the one that it lives in, and has not
    /// started.
    pub(super) fn successor(
        &self,
        identity: &Identity,
        subject: &Subject,
    ) -> Option<(&ContainerId, &Container)> {
        // Two containers never share a name.
        if matches!(identity, Identity::Name(_)) && subject.container.is_some() {
            return None;
        }
        let is_fresh = |container: &Container| {
            let died = subject.death.as_ref().map(|death| death.sign.at);
            died.is_none_or(|died| died.since(container.since) < SUCCESSOR_STARTS_WITHIN)
        };
        self.state.world.containers.iter().find(|(id, container)| {
            container.identity == *identity
                && container.is_new()
                && subject.container.as_ref() != Some(*id)
                && is_fresh(container)
        })
    }

    /// Adds a death to those that its policy, or Swarm, answered.
    fn count(&mut self, identity: &Identity, container: &Container) {
        let known = self.now.moment;
        let Some(subject) = self.state.subjects.get_mut(identity) else { return };
        let Some(death) = &mut subject.death else { return };
        if death.counted == Passed::Once {
            return;
        }
        death.counted = Passed::Once;
        let (at, exit_code) = (death.sign.at, death.exit_code);
        for _ in 0..=death.unseen.min(LOOP_DEATHS) {
            subject.deaths.push(Answered { at, known, exit_code });
        }
        subject.deaths.retain(|death| at.since(death.at) < LOOP_WITHIN);
        if u32::try_from(subject.deaths.len()).unwrap_or(u32::MAX) >= LOOP_DEATHS {
            self.crash_loop(identity, container);
        }
    }

    fn crash_loop(&mut self, identity: &Identity, container: &Container) {
        let Some(subject) = self.state.subjects.get_mut(identity) else { return };
        let Some(death) = &subject.death else { return };
        let mut exit_codes: Vec<i64> = Vec::new();
        for code in subject.deaths.iter().rev().filter_map(|death| death.exit_code) {
            if !exit_codes.contains(&code) {
                exit_codes.push(code);
            }
        }
        let deaths = u32::try_from(subject.deaths.len()).unwrap_or(u32::MAX);
        let kind = Kind::CrashLoop { deaths, exit_codes, backoff: subject.backoff };
        let mut alert = rules::alert(identity, container, Severity::Critical, kind, &death.sign);
        alert.about.exit_code = death.exit_code;
        alert.log = death.log.clone().unwrap_or_default();
        let first = !subject.problems.contains_key(&Aspect::Loop);
        let times = if first { deaths } else { 1 + death.unseen };
        alert.repeat = Some(Repeat { times, since: death.sign.at });
        subject.overtaken = 0;
        subject.problems.remove(&Aspect::Restarting);
        subject.problems.insert(Aspect::Loop, alert);
    }

    fn still_restarting(&mut self, identity: &Identity, death: &Death, container: &Container) {
        let kind = Kind::Status {
            from: Condition::Is(death.from),
            to: Condition::Is(crate::monitor::container::Status::Restarting),
            cause: crate::monitor::cause::Cause::FoundRestarting,
            said: None,
        };
        let alert = rules::alert(identity, container, Severity::Warning, kind, &death.sign);
        self.set_problem(identity, Aspect::Restarting, alert);
    }

    /// It is down: the row it belongs to.
    fn down(&mut self, identity: &Identity, death: &Death, container: &Container) {
        let Some(subject) = self.state.subjects.get(identity) else { return };
        let clean = clean_ends(subject, death, container);
        let role = self.role(subject, death, container);
        let successor = self.successor(identity, subject).map(|(_, container)| container);
        let failed = successor.filter(|it| it.failed_to_start()).cloned();
        let ending =
            rules::ending(death, container, failed.as_ref(), role, self.askers, &self.settings);
        let Some(subject) = self.state.subjects.get_mut(identity) else { return };
        subject.clean_ends = clean;
        subject.death = None;
        let times = 1 + death.unseen + std::mem::take(&mut subject.overtaken);
        let shown = failed.as_ref().unwrap_or(container);
        let make = |severity, kind| {
            let mut alert = rules::alert(identity, shown, severity, kind, &death.sign);
            alert.about.exit_code = death.exit_code.filter(|_| failed.is_none());
            alert.log = death.log.clone().unwrap_or_default();
            alert.repeat = (times > 1).then_some(Repeat { times, since: death.sign.at });
            alert
        };
        match ending {
            _ if subject.silent.is_some() => self.hold_silent(identity, "ended"),
            Ending::JobDone => {
                subject.problems.clear();
                self.hold(identity, "ended", Reason::Job);
            }
            Ending::JobFailed(kind) => {
                subject.problems.clear();
                let alert = make(Severity::Critical, kind);
                self.notice(&alert);
            }
            Ending::Problem(None, _) => {
                subject.problems.clear();
                self.hold(identity, "ended", Reason::SwitchedOff);
            }
            Ending::Problem(Some(severity), kind) => {
                let alert = make(severity, kind);
                subject.problems.clear();
                subject.problems.insert(Aspect::Down, alert);
            }
        }
    }

    /// It runs again.
    fn back(&mut self, identity: &Identity, death: &Death, container: &Container, how: Verdict) {
        let Some(back) = &death.back else { return };
        if how == Verdict::RestartedAutomatically {
            self.count(identity, container);
        }
        let askers = self.askers;
        let Some(subject) = self.state.subjects.get_mut(identity) else { return };
        subject.death = None;
        let looping = subject.problems.contains_key(&Aspect::Loop);
        let automatic = how == Verdict::RestartedAutomatically;
        if let Some(run) = &mut subject.run {
            run.origin = if automatic { Origin::Automatic } else { Origin::Request };
        }
        if subject.silent.is_some() {
            return self.hold_silent(identity, "restarted");
        }
        let mut make = |kind| {
            let mut alert = rules::alert(identity, container, Severity::Warning, kind, &back.sign);
            alert.between = death.sign.between;
            let times = 1 + death.unseen + std::mem::take(&mut subject.overtaken);
            let since = death.sign.at;
            alert.repeat = (automatic && times > 1).then_some(Repeat { times, since });
            alert.about.exit_code = death.exit_code.filter(|_| automatic);
            alert
        };
        match how {
            Verdict::RestartedAutomatically if looping => {
                self.hold(identity, "restarted by its policy", Reason::InIncident);
            }
            Verdict::RestartedAutomatically => {
                let cause = rules::cause(death, container, askers);
                let alert = make(Kind::RestartedAutomatically { cause });
                self.notice_unless_open(&alert);
            }
            Verdict::RestartedByRequest => {
                let alert = make(Kind::RestartedManually);
                let role =
                    self.state.subjects.get(identity).map(|it| self.role(it, death, container));
                match role {
                    Some(Role::Job) => self.hold(identity, "restarted", Reason::Job),
                    _ => self.notice_unless_open(&alert),
                }
            }
            _ => {
                let image_before = death.removed.as_ref().map(|last| last.image.clone());
                let image_before = image_before
                    .or_else(|| Some(self.container(&death.container)?.image.clone()))
                    .unwrap_or_else(|| container.image.clone());
                if let Some(subject) = self.state.subjects.get_mut(identity) {
                    subject.arrival = Some(Arrival::Recreated { image_before });
                }
            }
        }
    }

    /// The next death comes before the last one was told: it is counted.
    pub(super) fn overtake(&mut self, identity: &Identity) {
        let Some(subject) = self.state.subjects.get(identity) else { return };
        let Some(death) = subject.death.clone() else { return };
        let how = self.how_back(identity, subject);
        let container = death.back.as_ref().and_then(|back| self.container(&back.container));
        match (how, container.cloned()) {
            (Some(how @ (Verdict::RestartedByRequest | Verdict::Replaced)), Some(container)) => {
                self.back(identity, &death, &container, how);
            }
            (_, container) => {
                if let Some(container) = container {
                    self.count(identity, &container);
                }
                if let Some(subject) = self.state.subjects.get_mut(identity) {
                    let looping = subject.problems.contains_key(&Aspect::Loop);
                    subject.overtaken += if looping { 0 } else { 1 + death.unseen };
                    subject.death = None;
                }
            }
        }
    }

    /// A container that was down already is removed: that ends what was open.
    pub(super) fn removed_when_down(&mut self, identity: &Identity, last: &Container, sign: Sign) {
        let Some(subject) = self.state.subjects.get(identity) else { return };
        if self.successor(identity, subject).is_some() {
            return self.hold(identity, "removed", Reason::Grace);
        }
        let job =
            job::is_job(last, std::time::Duration::ZERO, subject.clean_ends, &self.state.world);
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
        alert.repeat = self.state.ledger.end(&alert, self.now.moment, &self.settings);
        if job {
            self.hold(identity, "removed", Reason::Job);
        } else {
            self.notice(&alert);
        }
    }

    pub(super) fn role(&self, subject: &Subject, death: &Death, container: &Container) -> Role {
        let clean = clean_ends(subject, death, container);
        let ran = death.ran.unwrap_or_default();
        if job::is_job(container, ran, clean, &self.state.world) {
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

/// Runs in a row that ended by themselves with 0, this one included.
fn clean_ends(subject: &Subject, death: &Death, container: &Container) -> u32 {
    let without_policy = matches!(container.restart_policy(), Some(RestartPolicy::No));
    if death.asked.is_none() && death.exit_code == Some(0) && without_policy {
        subject.clean_ends.saturating_add(1)
    } else {
        0
    }
}
