//! One identity while it is judged: what it is judged by, and the order of the questions.

use super::finding::{Closing, Finding, Question, Transition};
use super::judge::{ANSWER_WITHIN, Inspection, Intents, SUCCESSOR_STARTS_WITHIN};
use super::subject::{Death, Subject};
use crate::monitor::alert::Alert;
use crate::monitor::change::{Change, Seen};
use crate::monitor::container::ContainerId;
use crate::monitor::effect::{Reason, Suppressed};
use crate::monitor::identity::Identity;
use crate::monitor::ledger::Ledger;
use crate::monitor::link::Link;
use crate::monitor::moment::{Clocks, Moment};
use crate::monitor::settings::Settings;
use crate::monitor::subject::Observation;
use crate::monitor::world::{Container, World};

/// The most log lines that are fetched.
const LOG_LINES_AT_MOST: u32 = 50;

/// After so many lists that did not show a container its changes have no exact time.
const LISTS_MISSED: u32 = 3;

/// What identities are judged by.
pub(in crate::monitor) struct Env<'a> {
    pub settings: &'a Settings,
    pub world: &'a World,
    pub link: &'a Link,
    pub ledger: &'a Ledger,
    pub clocks: Clocks,
}

impl<'a> Env<'a> {
    pub(in crate::monitor) fn now(&self) -> Moment {
        self.clocks.moment
    }

    pub(super) fn container(&self, id: &ContainerId) -> Option<&'a Container> {
        self.world.containers.get(id)
    }

    /// Whether the Engine tells who asked for a death.
    pub(super) fn intents(&self) -> Intents {
        self.link.intents()
    }

    /// Whether Slack knows of an outage, or is still to be told of one, be it over or not.
    pub(super) fn has_incident(&self, identity: &Identity) -> bool {
        self.ledger.incident(identity).is_some()
    }

    /// When something happened and since when it is known.
    pub(super) fn sign(&self, change: &Change) -> Observation {
        let at = match change.at {
            Some(at) => self.clocks.local(at),
            None => self.clocks.wall_at(change.moment),
        };
        let blind = self.link.gap_caught_up_with().filter(|_| change.seen == Seen::Found);
        let unseen = change.at.is_none() && self.is_unseen_for_long(change);
        let since = blind.map(|gap| gap.since);
        let since = since.or_else(|| unseen.then(|| self.clocks.wall_at(change.earliest)));
        let between = since.map(|since| (since, self.clocks.wall));
        Observation { at, moment: change.moment, known: self.now(), between }
    }

    /// Whether what changed was not seen for so long that the moment of its discovery says little of
    /// when it happened: so where neither the list nor an inspection could be read.
    fn is_unseen_for_long(&self, change: &Change) -> bool {
        change.seen == Seen::Found
            && change.moment.since(change.earliest) > self.settings.interval * LISTS_MISSED
    }

    /// Whether a container can be inspected.
    pub(super) fn inspection_of(&self, id: &ContainerId) -> Inspection {
        let fails = self.link.inspections.fails(id, ANSWER_WITHIN, self.now());
        if fails { Inspection::Fails } else { Inspection::Works }
    }

    /// How many lines of its log go into an alert about its death.
    pub(super) fn log_lines(&self, container: &Container) -> u32 {
        let label = container.labels.get("dmon.log-lines").and_then(|lines| lines.parse().ok());
        label.unwrap_or(self.settings.log_lines).min(LOG_LINES_AT_MOST)
    }

    /// A container of the identity that was made to replace the one that it lives in, and has not
    /// started.
    pub(super) fn successor(
        &self,
        identity: &Identity,
        subject: &Subject,
    ) -> Option<(&'a ContainerId, &'a Container)> {
        // Two containers never share a name.
        if matches!(identity, Identity::Name(_)) && subject.container.is_some() {
            return None;
        }
        let is_fresh = |container: &Container| {
            let died = subject.death.as_ref().map(|death| death.sign.moment);
            died.is_none_or(|died| died.since(container.since) < SUCCESSOR_STARTS_WITHIN)
        };
        self.world.of(identity).find(|(id, container)| {
            container.is_new() && subject.container.as_ref() != Some(*id) && is_fresh(container)
        })
    }
}

/// One identity while it is judged.
pub(super) struct Evaluation<'a> {
    pub(super) identity: &'a Identity,
    pub(super) subject: &'a mut Subject,
    pub(super) env: &'a Env<'a>,
    found: &'a mut Vec<Finding>,
    /// When to judge it again.
    wait: Option<Moment>,
}

impl<'a> Evaluation<'a> {
    pub(super) fn new(
        identity: &'a Identity,
        subject: &'a mut Subject,
        env: &'a Env<'a>,
        found: &'a mut Vec<Finding>,
    ) -> Self {
        Self { identity, subject, env, found, wait: None }
    }

    /// Judges all that is open. Gives when to judge it again, though nothing changes.
    pub(super) fn all(mut self) -> Option<Moment> {
        self.subject.silent = self.exclusion();
        self.death();
        self.signs();
        self.arrival();
        self.outage();
        self.wait
    }

    /// Judges a death of one that is gone by what is known, since another takes its name.
    pub(super) fn judged_now(mut self) {
        let Some(death) = self.subject.death.clone() else { return };
        if let Some(last) = &death.removed {
            self.down(&death, last);
            self.outage();
        }
    }

    /// Judges what is known of a container that is up.
    fn signs(&mut self) {
        if self.subject.death.is_some() {
            return;
        }
        let Some(container) = self.container() else { return };
        self.pause(container);
        self.memory(container);
        self.health(container);
        self.failed_start(container);
        self.signal(container);
        self.drop_what_is_over(container);
    }

    /// Hands on what changed of the outage, or that it is over.
    fn outage(&mut self) {
        if self.subject.silent.is_some() {
            self.subject.problems.clear_all();
            self.subject.problems.close(Closing::Excluded);
            return self.transition(Transition::Closed(Closing::Excluded));
        }
        self.hand_on();
        let is_over = self.subject.problems.is_empty() && self.subject.death.is_none();
        if is_over && self.subject.problems.is_open() {
            self.recovery();
        }
    }

    /// Hands on what changed of the problems.
    pub(super) fn hand_on(&mut self) {
        for transition in self.subject.problems.transitions() {
            self.transition(transition);
        }
    }

    pub(super) fn now(&self) -> Moment {
        self.env.now()
    }

    /// The container that the identity lives in.
    pub(super) fn container(&self) -> Option<&'a Container> {
        self.subject.container.as_ref().and_then(|id| self.env.container(id))
    }

    pub(super) fn wait_until(&mut self, moment: Moment) {
        self.wait = Some(self.wait.map_or(moment, |wait| wait.min(moment)));
    }

    /// Whether a moment has come; if not, it is waited for.
    pub(super) fn is_past(&mut self, moment: Moment) -> bool {
        let past = self.now() >= moment;
        if !past {
            self.wait_until(moment);
        }
        past
    }

    pub(super) fn ask(&mut self, question: Question) {
        self.found.push(Finding::Ask(question));
    }

    /// Inspects a container; the list says what it can of one that cannot be inspected.
    pub(super) fn inspect_or_list(&mut self, id: &ContainerId) {
        self.ask(Question::Inspect(id.clone()));
        if self.env.inspection_of(id) == Inspection::Fails {
            self.ask(Question::List);
        }
        self.wait_until(self.now() + ANSWER_WITHIN);
    }

    pub(super) fn transition(&mut self, transition: Transition) {
        self.found.push(Finding::Transition(self.identity.clone(), transition));
    }

    pub(super) fn notice(&mut self, alert: Alert) {
        self.found.push(Finding::Notice(alert));
    }

    /// Says that something is not reported.
    pub(super) fn suppress(&mut self, what: &str, reason: Reason) {
        self.found.push(Finding::Suppressed(Suppressed {
            identity: self.identity.clone(),
            name: self.subject.name.clone(),
            what: what.to_owned(),
            reason,
        }));
    }

    /// The container that died, as it is now or as it was last.
    pub(super) fn dead<'b>(&self, death: &'b Death) -> Option<&'b Container>
    where
        'a: 'b,
    {
        match &death.removed {
            Some(last) => Some(last),
            None => self.env.container(&death.container),
        }
    }
}
