//! What follows from the verdict on a death: problems, notices, or nothing to tell.

use std::collections::BTreeSet;

use crate::monitor::alert::{Condition, Kind, Repeat};
use crate::monitor::cause::Cause;
use crate::monitor::container::{ContainerId, Status};
use crate::monitor::identity::Identity;
use crate::monitor::judge::{ANSWER_WITHIN, Case, Inspection, SUCCESSOR_STARTS_WITHIN, Verdict};
use crate::monitor::rules;
use crate::monitor::severity::Severity;
use crate::monitor::subject::{Answered, Aspect, Death, LOOP_DEATHS, LOOP_WITHIN, Passed, Subject};
use crate::monitor::world::Container;
use crate::monitor::{Dirt, Monitor};

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
            Verdict::Wait(moment) => return self.wake_at(moment),
            Verdict::AskEngine => {
                if let Some(again) = self.link.ping(self.now.moment) {
                    self.wake_at(again);
                }
                return;
            }
            Verdict::Inspect => return self.inspect_or_list(&death.container),
            Verdict::GoesOn => self.count(identity, &container),
            Verdict::StillRestarting => {
                self.count(identity, &container);
                self.still_restarting(identity, &death, &container);
            }
            Verdict::Down => self.down(identity, &death, &container),
            back => self.back(identity, &death, &container, back),
        }
        self.dirt = Dirt::Dirty;
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
            inspection: self.inspection_of(&death.container),
            answered: self.link.answered(),
            now: self.now.moment,
        };
        let verdict = case.verdict();
        let shown = case.back.map_or(container, |(_, container)| container);
        Some((verdict, shown.clone()))
    }

    fn inspection_of(&self, id: &ContainerId) -> Inspection {
        let fails = self.link.inspections.fails(id, ANSWER_WITHIN, self.now.moment);
        if fails { Inspection::Fails } else { Inspection::Works }
    }

    /// Inspects a container; the list says what it can of one that cannot be inspected.
    fn inspect_or_list(&mut self, id: &ContainerId) {
        self.ask(id);
        if self.inspection_of(id) == Inspection::Fails {
            self.link.list_now(self.now.moment);
        }
        self.wake_at(self.now.moment + ANSWER_WITHIN);
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
            inspection: Inspection::Works,
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
            let died = subject.death.as_ref().map(|death| death.sign.moment);
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
    pub(super) fn count(&mut self, identity: &Identity, container: &Container) {
        let Some(subject) = self.state.subjects.get_mut(identity) else { return };
        let Some(death) = &mut subject.death else { return };
        if death.counted == Passed::Once {
            return;
        }
        death.counted = Passed::Once;
        let (at, known, exit_code) = (death.sign.at, death.sign.moment, death.exit_code);
        for _ in 0..=death.unseen.min(LOOP_DEATHS) {
            subject.deaths.push(Answered { at, known, exit_code });
        }
        subject.deaths.retain(|death| known.since(death.known) < LOOP_WITHIN);
        let times = death.unseen.saturating_add(1);
        if u32::try_from(subject.deaths.len()).unwrap_or(u32::MAX) >= LOOP_DEATHS {
            self.crash_loop(identity, container);
        } else if subject.problems.contains_key(&Aspect::Loop) {
            // It is no longer that frequent, but not over.
            self.state.ledger.again(identity, times);
        }
    }

    fn crash_loop(&mut self, identity: &Identity, container: &Container) {
        let known = self.state.ledger.incident(identity).is_some();
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
        let since = subject.deaths.first().map_or(death.sign.at, |first| first.at);
        let before = subject.problems.get(&Aspect::Loop);
        // An incident that is open counts those before this one already.
        let times = if before.is_some() || known {
            let untold = before.and_then(|alert| alert.repeat).into_iter().chain(subject.overtaken);
            let untold = untold.map(|repeat| repeat.times);
            untold.fold(death.unseen.saturating_add(1), u32::saturating_add)
        } else {
            deaths
        };
        alert.repeat = Some(Repeat { times, since });
        subject.overtaken = None;
        subject.problems.remove(&Aspect::Restarting);
        subject.problems.insert(Aspect::Loop, alert);
    }

    fn still_restarting(&mut self, identity: &Identity, death: &Death, container: &Container) {
        let kind = Kind::Status {
            from: Condition::Is(death.from),
            to: Condition::Is(Status::Restarting),
            cause: Cause::FoundRestarting,
            said: None,
        };
        let alert = rules::alert(identity, container, Severity::Warning, kind, &death.sign);
        self.set_problem(identity, Aspect::Restarting, alert);
    }
}
