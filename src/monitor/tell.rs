//! What leaves the core: messages, what is held back and why, and when the state is written.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

use crate::monitor::alert::{Alert, Kind};
use crate::monitor::effect::{Effect, Held, Reason, Remark};
use crate::monitor::identity::Identity;
use crate::monitor::job;
use crate::monitor::ledger::{GATHERS_FOR, Incident, More};
use crate::monitor::link::Presence;
use crate::monitor::moment::Moment;
use crate::monitor::subject::{Origin, Run};
use crate::monitor::world::Container;
use crate::monitor::{Dirt, Monitor};

/// An identity that is gone is remembered this long.
const REMEMBERED_FOR: Duration = Duration::from_hours(7 * 24);

/// No more identities than this are remembered after they are gone; the oldest are forgotten first.
const REMEMBERED_AT_MOST: usize = 1_000;

/// The state is written at most this often, a message aside.
const BETWEEN_SAVES: Duration = Duration::from_secs(1);

/// That the Engine answered is written this often.
const BETWEEN_SAVES_OF_NOTHING: Duration = Duration::from_mins(1);

/// What is due when dmon is asked to end is told within this time, or kept for the next start.
const LAST_WORDS_TAKE: Duration = Duration::from_secs(4);

/// Whether some of the runs began on request, each soon after the one before and the last one just
/// now, and others did not.
fn is_halfway(mut runs: Vec<&Run>, now: Moment) -> bool {
    runs.sort_by_key(|run| Reverse(run.sign.known));
    let mut since = now;
    let old = runs.iter().position(|run| {
        let joins = run.origin == Origin::Request && since < run.sign.known + GATHERS_FOR;
        since = run.sign.known;
        !joins
    });
    old.is_some_and(|old| old > 0)
}

impl Monitor {
    /// Posts what is due, writes what changed, ends when asked to.
    pub(super) fn tell(&mut self) {
        let now = self.now.moment;
        if let Some((batch, lasted)) = self.state.ledger.abandon(now) {
            self.effects.push(Effect::Log(Remark::PostIsStuck { lasted }));
            self.effects.push(Effect::AbandonPost(batch));
        }
        if let Some(batch) = self.state.ledger.next(now, self.more(), &self.settings) {
            self.save();
            self.effects.push(Effect::Post(batch));
        }
        if self.stopping.is_some_and(|since| self.is_done(since)) {
            self.save();
            self.effects.push(Effect::Exit);
        } else if self.save_deadline().is_some_and(|due| due <= now) {
            self.save();
        }
    }

    fn is_done(&self, since: Moment) -> bool {
        let until = since + LAST_WORDS_TAKE;
        let under_way = self.state.ledger.under_way.is_some();
        let due = self.ledger_deadline().is_some_and(|due| due < until);
        self.now.moment >= until || !(under_way || due)
    }

    pub(super) fn exit_deadline(&self) -> Option<Moment> {
        self.stopping.map(|since| since + LAST_WORDS_TAKE)
    }

    pub(super) fn ledger_deadline(&self) -> Option<Moment> {
        self.state.ledger.deadline(self.more(), &self.settings)
    }

    pub(super) fn save(&mut self) {
        self.dirt = Dirt::Clean;
        self.saved = self.now.moment;
        self.effects.push(Effect::Save);
    }

    pub(super) fn save_deadline(&self) -> Option<Moment> {
        match self.dirt {
            Dirt::Clean => None,
            Dirt::Stale => Some(self.saved + BETWEEN_SAVES_OF_NOTHING),
            Dirt::Dirty => Some(self.saved + BETWEEN_SAVES),
        }
    }

    /// Whether more of what can wait is in the making.
    fn more(&self) -> More {
        if self.stopping.is_some() {
            return More::NotKnown;
        }
        let grace = self.state.subjects.values().any(|subject| {
            let asked = |death: &super::subject::Death| {
                death.asked.is_some() || death.removed.is_some() || death.back.is_some()
            };
            subject.silent.is_none()
                && (subject.death.as_ref().is_some_and(asked) || subject.arrival.is_some())
        });
        let new =
            || self.state.world.containers.values().any(|container| self.is_coming(container));
        let catching_up = matches!(self.link.presence, Presence::CatchingUp { .. });
        let more = grace || catching_up || new() || self.is_updating();
        if more { More::Coming } else { More::NotKnown }
    }

    /// Whether a service of a Swarm is being updated, task by task: some were made anew, the last
    /// one just now, and others still run as before.
    fn is_updating(&self) -> bool {
        let mut services: BTreeMap<&str, Vec<&Run>> = BTreeMap::new();
        for (identity, subject) in &self.state.subjects {
            let id = subject.container.as_ref().filter(|_| subject.silent.is_none());
            let up = id.and_then(|id| self.container(id)).is_some_and(|it| it.status.is_up());
            if let (Identity::Swarm { service, .. }, Some(run), true) = (identity, &subject.run, up)
            {
                services.entry(service).or_default().push(run);
            }
        }
        services.into_values().any(|tasks| is_halfway(tasks, self.now.moment))
    }

    /// Whether a container was made just now and is about to start.
    fn is_coming(&self, container: &Container) -> bool {
        container.is_new()
            && !container.failed_to_start()
            && self.now.moment.since(container.since) < GATHERS_FOR
            && self.silence_of(container).is_none()
    }

    /// Hands a problem to the ledger. Gives why it is not sent now, if so.
    pub(super) fn report_problem(&mut self, alert: Alert) -> Option<Reason> {
        let began = alert.repeat.map_or(alert.time, |repeat| repeat.since);
        let opened = self.clocks().moment_at(began);
        self.state.ledger.problem(alert, opened, self.now.moment, &self.settings)
    }

    pub(super) fn notice(&mut self, alert: &Alert) {
        self.dirt = Dirt::Dirty;
        let held = self.state.ledger.notice(alert.clone(), self.now.moment, &self.settings);
        self.held_back(alert, held);
    }

    /// Adds a notice, unless an incident is open: then it is part of that story. One that was over
    /// before it could be told is a story of its own.
    pub(super) fn notice_unless_open(&mut self, alert: &Alert) {
        let incident = self.state.ledger.incident(&alert.identity);
        if incident.is_none_or(Incident::may_be_past) {
            return self.notice(alert);
        }
        if matches!(alert.kind, Kind::RestartedAutomatically { .. }) {
            let times = alert.repeat.map_or(1, |repeat| repeat.times);
            self.state.ledger.again(&alert.identity, times);
            self.dirt = Dirt::Dirty;
        }
        self.held_back(alert, Some(Reason::InIncident));
    }

    pub(super) fn held_back(&mut self, alert: &Alert, reason: Option<Reason>) {
        if let Some(reason) = reason {
            self.effects.push(Effect::Held(Held {
                identity: alert.identity.clone(),
                name: alert.about.name.clone(),
                what: alert.kind.title().to_owned(),
                reason,
            }));
        }
    }

    /// Says that something is not told.
    pub(super) fn hold(&mut self, identity: &Identity, what: &str, reason: Reason) {
        let name = self.state.subjects.get(identity).map(|subject| subject.name.clone());
        self.effects.push(Effect::Held(Held {
            identity: identity.clone(),
            name: name.unwrap_or_default(),
            what: what.to_owned(),
            reason,
        }));
    }

    /// Says that something is not told because nothing is told of that container.
    pub(super) fn hold_silent(&mut self, identity: &Identity, what: &str) {
        if let Some(reason) = self.silence(identity) {
            self.hold(identity, what, reason);
        }
    }

    /// Writes down whether anything is told of an identity, before it is judged.
    pub(super) fn hush(&mut self, identity: &Identity) {
        let silent = self.silence(identity);
        if let Some(subject) = self.state.subjects.get_mut(identity) {
            subject.silent = silent;
        }
    }

    /// Why nothing is told of an identity, if so.
    pub(super) fn silence(&self, identity: &Identity) -> Option<Reason> {
        let subject = self.state.subjects.get(identity)?;
        match subject.container.as_ref().and_then(|id| self.container(id)) {
            Some(container) => self.silence_of(container),
            None => subject.silent,
        }
    }

    /// Why nothing is told of a container, if so.
    pub(super) fn silence_of(&self, container: &Container) -> Option<Reason> {
        if self.own.as_ref() == Some(&container.identity) {
            return Some(Reason::Own);
        }
        let admitted = self.settings.filter.admits(&container.name, &container.labels);
        if admitted { job::silent(container) } else { Some(Reason::Filtered) }
    }

    /// Finds dmon's own container.
    pub(super) fn find_own(&mut self) {
        let Some(own) = self.settings.own_container.as_deref().filter(|own| !own.is_empty()) else {
            return;
        };
        let mut containers = self.state.world.containers.iter();
        if let Some((_, container)) = containers.find(|(id, _)| id.as_str().starts_with(own)) {
            self.own = Some(container.identity.clone());
        }
    }

    /// Forgets who has been gone for long, and accounts with nothing left to remember.
    pub(super) fn forget(&mut self) {
        let now = self.now.moment;
        let over = |gone: Option<Moment>| gone.is_some_and(|gone| now >= gone + REMEMBERED_FOR);
        let gone = self.state.subjects.iter();
        let mut gone: Vec<(Moment, Identity)> = gone
            .filter_map(|(identity, subject)| Some((subject.gone?, identity.clone())))
            .collect();
        gone.sort();
        let too_many = gone.len().saturating_sub(REMEMBERED_AT_MOST);
        for (at, (_, identity)) in gone.into_iter().enumerate() {
            let since = self.state.subjects.get(&identity).and_then(|subject| subject.gone);
            if at >= too_many && !over(since) {
                break;
            }
            // What Slack is still to be told of it stays.
            if self.state.ledger.is_pending(&identity, &self.settings) {
                continue;
            }
            self.state.subjects.remove(&identity);
            self.state.ledger.close(&identity);
        }
        self.state.ledger.forget(now, &self.settings);
    }
}
