//! What becomes of a death: the verdict on it, and what follows: a crash loop, a policy that is at
//! work, an outage, or a return.

use super::evaluation::{Env, Evaluation};
use super::finding::{Question, Transition};
use super::judge::{Case, Inspection, Verdict};
use super::rules;
use super::subject::{Death, LOOP_DEATHS, LOOP_WITHIN, LoopDeath, Passed, Subject, Symptom};
use crate::monitor::alert::{Condition, Kind, Repeat};
use crate::monitor::cause::Cause;
use crate::monitor::container::Status;
use crate::monitor::identity::Identity;
use crate::monitor::severity::Severity;
use crate::monitor::world::Container;

impl<'a> Env<'a> {
    fn verdict(
        &self,
        identity: &Identity,
        subject: &Subject,
        death: &Death,
        container: &Container,
    ) -> (Verdict, Option<&'a Container>) {
        let back = death.back.as_ref();
        let back = back.and_then(|back| Some((back, self.container(&back.container)?)));
        let case = Case {
            death,
            identity,
            container,
            back,
            successor: self.successor(identity, subject).map(|(_, container)| container),
            intents: self.intents(),
            restart_grace: self.settings.restart_grace,
            inspection: self.inspection_of(back.map_or(&death.container, |(it, _)| &it.container)),
            answered: self.link.answered(),
            now: self.now(),
        };
        (case.verdict(), back.map(|(_, container)| container))
    }

    /// How an identity came back, by what is known now; `None` when it has not.
    pub(super) fn how_back(&self, identity: &Identity, death: &Death) -> Option<Verdict> {
        let back = death.back.as_ref()?;
        let container = self.container(&back.container)?;
        Some(self.returned(identity, death, container).restarted(back, container))
    }

    /// Whether it was down for longer than a restart or a recreation takes before it came back.
    pub(super) fn was_down(&self, identity: &Identity, death: &Death) -> bool {
        let Some(back) = &death.back else { return false };
        let container = self.container(&back.container);
        container.is_some_and(|it| self.returned(identity, death, it).was_down(back))
    }

    fn returned<'b>(
        &self,
        identity: &'b Identity,
        death: &'b Death,
        container: &'b Container,
    ) -> Case<'b> {
        Case {
            death,
            identity,
            container,
            back: None,
            successor: None,
            intents: self.intents(),
            restart_grace: self.settings.restart_grace,
            answered: None,
            inspection: Inspection::Works,
            now: self.now(),
        }
    }
}

impl Evaluation<'_> {
    pub(super) fn death(&mut self) {
        let Some(death) = self.subject.death.clone() else { return };
        let Some(container) = self.dead(&death) else { return };
        let (verdict, back) = self.env.verdict(self.identity, self.subject, &death, container);
        let shown = back.unwrap_or(container);
        match verdict {
            Verdict::Wait(moment) => self.wait_until(moment),
            Verdict::AskEngine => match self.env.link.ping_waits(self.now()) {
                Some(again) => self.wait_until(again),
                None => self.ask(Question::Ping),
            },
            Verdict::Inspect => self.inspect_or_list(&death.container),
            Verdict::GoesOn => self.count(shown),
            Verdict::StillRestarting => {
                self.count(shown);
                self.still_restarting(&death, shown);
            }
            Verdict::Down => self.down(&death, shown),
            Verdict::WasDown => self.was_down(&death, container),
            back => self.back(&death, shown, back),
        }
    }

    /// Adds a death to those that its policy, or Swarm, answered.
    pub(super) fn count(&mut self, container: &Container) {
        let Some(death) = &mut self.subject.death else { return };
        if death.counted == Passed::Once {
            return;
        }
        death.counted = Passed::Once;
        let (at, known, exit_code) = (death.sign.at, death.sign.moment, death.exit_code);
        let times = death.unseen.saturating_add(1);
        let deaths = &mut self.subject.deaths;
        for _ in 0..=death.unseen.min(LOOP_DEATHS) {
            deaths.push(LoopDeath { at, known, exit_code });
        }
        deaths.retain(|death| known.since(death.known) < LOOP_WITHIN);
        if u32::try_from(deaths.len()).unwrap_or(u32::MAX) >= LOOP_DEATHS {
            self.crash_loop(container);
        } else if self.subject.problems.has(Symptom::Loop) {
            // It is no longer that frequent, but not over.
            self.transition(Transition::Again(times));
        }
    }

    fn crash_loop(&mut self, container: &Container) {
        let Some(death) = &self.subject.death else { return };
        let mut exit_codes: Vec<i64> = Vec::new();
        for code in self.subject.deaths.iter().rev().filter_map(|death| death.exit_code) {
            if !exit_codes.contains(&code) {
                exit_codes.push(code);
            }
        }
        let deaths = u32::try_from(self.subject.deaths.len()).unwrap_or(u32::MAX);
        let kind = Kind::CrashLoop { deaths, exit_codes, backoff: self.subject.backoff };
        let mut alert =
            rules::alert(self.identity, container, Severity::Critical, kind, &death.sign);
        alert.about.exit_code = death.exit_code;
        alert.log = death.log.clone().unwrap_or_default();
        let first = self.subject.deaths.first().map(|first| (first.at, first.known));
        let (since, moment) = first.unwrap_or((death.sign.at, death.sign.moment));
        let before = self.subject.problems.get(Symptom::Loop);
        // An outage that goes on counts those before this one already.
        let times = if before.is_some() || self.env.has_incident(self.identity) {
            let untold = before.and_then(|alert| alert.repeat);
            let untold = untold.into_iter().chain(self.subject.overtaken);
            let untold = untold.map(|repeat| repeat.times);
            untold.fold(death.unseen.saturating_add(1), u32::saturating_add)
        } else {
            deaths
        };
        alert.repeat = Some(Repeat { times, since, moment });
        self.subject.overtaken = None;
        self.subject.problems.clear(Symptom::Restarting);
        self.subject.problems.set(Symptom::Loop, alert);
    }

    fn still_restarting(&mut self, death: &Death, container: &Container) {
        let kind = Kind::Status {
            from: Condition::Is(death.from),
            to: Condition::Is(Status::Restarting),
            cause: Cause::FoundRestarting,
            said: None,
        };
        let alert = rules::alert(self.identity, container, Severity::Warning, kind, &death.sign);
        self.subject.problems.set(Symptom::Restarting, alert);
    }
}
