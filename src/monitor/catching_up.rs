//! What a time without the Engine has changed, once it answers again; and that it does not answer.

use crate::monitor::Dirt;
use crate::monitor::Monitor;
use crate::monitor::alert::{About, Alert, AlertId, Condition, Kind};
use crate::monitor::cause::Cause;
use crate::monitor::change::By;
use crate::monitor::container::Status;
use crate::monitor::effect::Reason;
use crate::monitor::identity::Identity;
use crate::monitor::judge::{SWARM_REPLACES_WITHIN, Verdict};
use crate::monitor::link::{
    Absence, COMING_BACK_TAKES, Census, Fates, Gap, Memory, Presence, REPLAY_TAKES,
};
use crate::monitor::moment::Moment;
use crate::monitor::rules::{self, Role};
use crate::monitor::severity::Severity;
use crate::monitor::subject::{Aspect, Origin, Subject};
use crate::timestamp::Timestamp;

impl Monitor {
    /// Whether things may be judged: nothing may while the Engine is away, or while it is not known
    /// what that time has changed, unless the events have waited as long as they may.
    pub(super) fn may_judge(&mut self) -> bool {
        self.report_unreachable();
        let may = match &self.link.presence {
            Presence::Live => true,
            Presence::Away(_) => false,
            Presence::CatchingUp { gap, since, census } => {
                let (gap, since, census) = (gap.clone(), *since, *census);
                if let Some(at) = self.link.judges_by_events_at().filter(|at| *at > self.now.moment)
                {
                    self.wake_at(at);
                }
                self.catch_up(&gap, since, census) || self.link.judges_by_events(self.now.moment)
            }
        };
        if self.link.not_live.is_none() && self.link.presence == Presence::Live {
            self.reachable();
        }
        may
    }

    fn report_unreachable(&mut self) {
        let Some(not_live) = self.link.unreachable(self.now.moment) else {
            if let Some(due) = self.link.unreachable_at() {
                self.wake_at(due);
            }
            return;
        };
        if self.state.ledger.incident(&Identity::Engine).is_none_or(|it| it.recovery.is_some()) {
            let kind = Kind::EngineUnreachable { reason: not_live.reason.clone() };
            let alert = of_engine(Severity::Critical, kind, not_live.at);
            self.report_problem(alert);
            self.dirt = Dirt::Dirty;
        }
    }

    /// Goes on once it is known what a gap has changed.
    fn catch_up(&mut self, gap: &Gap, since: Moment, census: Census) -> bool {
        let now = self.now.moment;
        if census == Census::Asked {
            return false;
        }
        let waits = [Some(since + REPLAY_TAKES), self.link.inspections.awaited_until(since)];
        if let Some(until) = waits.into_iter().flatten().max().filter(|until| now < *until) {
            self.wake_at(until);
            return false;
        }
        let (fates, last) = self.fates(gap);
        let restarted = gap.memory == Memory::Unknown && fates.tell_of_restart(gap.absence);
        let patience = match fates.tasks_down {
            0 => self.settings.restart_grace,
            _ => SWARM_REPLACES_WITHIN.max(self.settings.restart_grace),
        };
        let settled = last.unwrap_or(since).max(since) + patience;
        let until = settled.min(since + COMING_BACK_TAKES);
        if restarted && fates.down > 0 && now < until {
            self.wake_at(until);
            return false;
        }
        let changed = self.moved();
        if restarted {
            self.engine_restarted(gap);
        }
        self.changed = changed;
        self.link.presence = Presence::Live;
        true
    }

    /// The Engine is there again, where Slack was told that it was not.
    fn reachable(&mut self) {
        let changed = std::mem::take(&mut self.changed);
        let incident = self.state.ledger.incident(&Identity::Engine);
        let Some(incident) = incident.filter(|incident| incident.recovery.is_none()) else {
            return;
        };
        let lasted = self.now.moment.since(incident.opened);
        let kind = Kind::EngineReachable { lasted, changed };
        let alert = of_engine(Severity::Info, kind, self.now.wall);
        self.state.ledger.well(alert, self.now.moment, &self.settings);
        self.dirt = Dirt::Dirty;
    }

    /// What became of the containers that ran when the gap began, and when the last of them came
    /// back.
    fn fates(&self, gap: &Gap) -> (Fates, Option<Moment>) {
        let mut fates = Fates::default();
        let mut last = None;
        for (identity, subject) in &self.state.subjects {
            let container = subject.container.as_ref().and_then(|id| self.container(id));
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
                    if self.may_be_the_engines(gap, identity, subject) {
                        fates.started.push(back.sign.at);
                        last = last.max(Some(back.sign.known));
                    }
                }
            }
        }
        (fates, last)
    }

    /// Whether the Engine's own start may have brought a subject back: its policy's count did not
    /// rise, as far as is known.
    fn may_be_the_engines(&self, gap: &Gap, identity: &Identity, subject: &Subject) -> bool {
        let Some(back) = subject.death.as_ref().and_then(|death| death.back.as_ref()) else {
            return false;
        };
        gap.spans_start(back.sign.at)
            && match self.how_back(identity, subject) {
                Some(Verdict::RestartedByRequest) => true,
                Some(Verdict::RestartedAutomatically) => back.by == By::Untold,
                // Swarm replaces the tasks that went down with it.
                Some(Verdict::Replaced) => matches!(identity, Identity::Swarm { .. }),
                _ => false,
            }
    }

    /// The names of those that are other than before the gap.
    fn moved(&self) -> Vec<String> {
        let moved = self.state.subjects.iter().filter(|(identity, subject)| {
            (subject.death.is_some() || subject.arrival.is_some())
                && self.silence(identity).is_none()
        });
        moved.map(|(_, subject)| subject.name.clone()).collect()
    }

    /// Tells the Engine's restart as one story.
    fn engine_restarted(&mut self, gap: &Gap) {
        let identities: Vec<Identity> = self.state.subjects.keys().cloned().collect();
        let mut restarted = Vec::new();
        for identity in identities {
            let Some(subject) = self.state.subjects.get(&identity) else { continue };
            let taken_along = self.may_be_the_engines(gap, &identity, subject);
            let name = subject.name.clone();
            let Some(death) = subject.death.as_ref() else { continue };
            let may_be_removed = gap.absence != Absence::Unknown;
            let down = death.back.is_none()
                && (may_be_removed || death.removed.is_none())
                && gap.spans_start(death.sign.at);
            self.touched.insert(identity.clone());
            if taken_along {
                if self.silence(&identity).is_none() {
                    restarted.push(name);
                }
                self.taken_along(&identity);
            } else if down {
                self.not_back(&identity);
            }
        }
        if !restarted.is_empty() {
            let kind = Kind::EngineRestarted { restarted };
            let alert = of_engine(Severity::Warning, kind, self.now.wall);
            let held = self.state.ledger.notice(alert.clone(), self.now.moment, &self.settings);
            self.held_back(&alert, held);
        }
    }

    fn taken_along(&mut self, identity: &Identity) {
        self.hold(identity, "restarted", Reason::EngineRestart);
        self.set_origin(identity, Origin::Automatic);
        if let Some(subject) = self.state.subjects.get_mut(identity) {
            subject.death = None;
            subject.clean_ends = 0;
        }
    }

    fn not_back(&mut self, identity: &Identity) {
        let Some(subject) = self.state.subjects.get(identity) else { return };
        let Some(death) = subject.death.clone() else { return };
        // One that an Engine without its disk does not know counts as removed.
        let removed = death.removed.as_deref().cloned();
        let container = removed.clone().or_else(|| self.container(&death.container).cloned());
        let Some(container) = container else { return };
        self.touched.insert(identity.clone());
        let job = self.role(subject, &death, &container) == Role::Job;
        if container.status == Status::Restarting || self.silence(identity).is_some() || job {
            return;
        }
        let error = container.details.as_ref().map(|details| details.error.clone());
        let cause = Cause::NotBackAfterEngineRestart;
        let kind = match removed {
            Some(_) => Kind::Removed { previous: death.from, cause: Some(cause) },
            None => Kind::Status {
                from: Condition::Is(death.from),
                to: Condition::Is(Status::Exited),
                cause,
                said: error.filter(|error| !error.is_empty()),
            },
        };
        let mut alert = rules::alert(identity, &container, Severity::Critical, kind, &death.sign);
        alert.about.exit_code = container.exit_code;
        alert.between = None;
        if let Some(subject) = self.state.subjects.get_mut(identity) {
            subject.death = None;
            subject.problems.clear();
            subject.problems.insert(Aspect::Down, alert);
        }
    }
}

fn of_engine(severity: Severity, kind: Kind, time: Timestamp) -> Alert {
    Alert {
        id: AlertId::of(&Identity::Engine, kind.title(), time),
        identity: Identity::Engine,
        severity,
        kind,
        time,
        about: About::default(),
        repeat: None,
        ended: None,
        between: None,
        log: Vec::new(),
    }
}
