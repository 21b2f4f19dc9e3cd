//! What follows from signs that are no deaths: pauses, failed checks, memory, signals, arrivals;
//! and when all is well again.

use std::time::Duration;

use crate::monitor::alert::{Alert, Condition, Kind};
use crate::monitor::cause::Cause;
use crate::monitor::container::{Health, Status};
use crate::monitor::effect::Reason;
use crate::monitor::identity::Identity;
use crate::monitor::job;
use crate::monitor::judge::ANSWER_WITHIN;
use crate::monitor::ledger;
use crate::monitor::moment::Moment;
use crate::monitor::rules;
use crate::monitor::severity::Severity;
use crate::monitor::subject::{Arrival, Aspect, LOOP_WITHIN, Origin, Passed, Sign, Subject};
use crate::monitor::world::Container;
use crate::monitor::{Dirt, Monitor};

/// A container that outlives an `oom` event by this has lost another process than its main one;
/// one that outlives a signal by this was not ended by it.
const OUTLIVES: Duration = Duration::from_secs(1);

/// The longest piece of a probe's output that is told, in characters.
const PROBE_OUTPUT_AT_MOST: usize = 300;

impl Monitor {
    /// Judges the signs of a container that is up.
    pub(super) fn settle_signs(&mut self, identity: &Identity) {
        let Some(subject) = self.state.subjects.get(identity) else { return };
        if subject.death.is_some() {
            return;
        }
        let id = subject.container.clone();
        let Some(container) = id.and_then(|id| self.container(&id)).cloned() else { return };
        let (paused, memory) = (subject.paused, subject.out_of_memory);
        let (unhealthy, start_failed) = (subject.unhealthy, subject.start_failed);
        let signalled = subject.signalled.clone();
        if let Some(sign) =
            paused.filter(|sign| self.is_past(sign.known + self.settings.restart_grace))
        {
            self.paused(identity, &container, sign);
        }
        if let Some(sign) = memory.filter(|sign| self.is_past(sign.known + OUTLIVES)) {
            self.lost_process(identity, &container, sign);
        }
        let known = |sign: &Sign| container.known_since(sign.known);
        if let Some(sign) =
            unhealthy.filter(|sign| known(sign) || self.is_past(sign.known + ANSWER_WITHIN))
        {
            self.unhealthy(identity, &container, sign);
        }
        if let Some(sign) = start_failed {
            self.start_failed(identity, &container, sign);
        }
        if let Some((sign, signal)) =
            signalled.filter(|(sign, _)| self.is_past(sign.known + OUTLIVES))
        {
            self.outlived(identity, &container, sign, signal);
        }
        self.let_pass(identity, &container);
    }

    /// Whether a moment has come; if not, wakes then.
    fn is_past(&mut self, moment: Moment) -> bool {
        let past = self.now.moment >= moment;
        if !past {
            self.wake_at(moment);
        }
        past
    }

    fn paused(&mut self, identity: &Identity, container: &Container, sign: Sign) {
        let kind = status(Status::Running, Condition::Is(Status::Paused), Cause::PausedOnRequest);
        let alert = rules::alert(identity, container, Severity::Warning, kind, &sign);
        self.set_problem(identity, Aspect::Paused, alert);
    }

    fn lost_process(&mut self, identity: &Identity, container: &Container, sign: Sign) {
        let running = Condition::Is(Status::Running);
        let kind = status(Status::Running, running, Cause::ProcessOutOfMemory);
        let alert = rules::alert(identity, container, Severity::Warning, kind, &sign);
        self.set_problem(identity, Aspect::Memory, alert);
    }

    fn unhealthy(&mut self, identity: &Identity, container: &Container, sign: Sign) {
        let Some(subject) = self.state.subjects.get_mut(identity) else { return };
        subject.unhealthy = None;
        let run = subject.run.as_ref();
        let never =
            run.is_some_and(|it| it.origin == Origin::Request && it.health == Passed::NotYet);
        let said = container.details.as_ref().and_then(|it| it.probe_output.as_deref());
        let said: Option<String> =
            said.map(|said| said.trim().chars().take(PROBE_OUTPUT_AT_MOST).collect());
        let said = said.filter(|said| !said.is_empty());
        let to = Condition::Feels(Health::Unhealthy);
        let (severity, kind) = if never {
            let (from, error) = (Condition::Feels(Health::Starting), said.unwrap_or_default());
            let cause = Cause::NeverHealthy;
            (Severity::Critical, Kind::RestartFailed { from, to, cause, error })
        } else {
            let (from, cause) = (Condition::Is(Status::Running), Cause::HealthCheckFailed);
            (Severity::Warning, Kind::Status { from, to, cause, said })
        };
        let alert = rules::alert(identity, container, severity, kind, &sign);
        subject.arrival = None;
        subject.problems.remove(&Aspect::Down);
        subject.problems.insert(Aspect::Health, alert);
    }

    /// No event tells of a start that failed. One that never ran has nobody who misses it.
    fn start_failed(&mut self, identity: &Identity, container: &Container, sign: Sign) {
        let Some(subject) = self.state.subjects.get_mut(identity) else { return };
        subject.start_failed = None;
        let error = container.details.as_ref().map(|it| it.error.clone()).unwrap_or_default();
        let from = Condition::Is(container.status);
        let kind = Kind::RestartFailed { from, to: from, cause: Cause::CouldNotStart, error };
        let alert = rules::alert(identity, container, Severity::Critical, kind, &sign);
        subject.problems.clear();
        subject.problems.insert(Aspect::Down, alert);
    }

    fn outlived(&mut self, identity: &Identity, container: &Container, sign: Sign, signal: String) {
        let Some(subject) = self.state.subjects.get_mut(identity) else { return };
        subject.signalled = None;
        let told = subject.run.as_mut().map(|run| &mut run.policy_off);
        if told.as_deref() == Some(&Passed::Once) || !rules::disables_policy(&signal, container) {
            return;
        }
        if let Some(told) = told {
            *told = Passed::Once;
        }
        if subject.silent.is_none() {
            let kind = Kind::PolicyDisabled { signal };
            let alert = rules::alert(identity, container, Severity::Warning, kind, &sign);
            self.notice(&alert);
        }
    }

    /// Drops the problems that are over.
    fn let_pass(&mut self, identity: &Identity, container: &Container) {
        let well = self.is_well(identity, container);
        let Some(subject) = self.state.subjects.get(identity) else { return };
        let died = subject.deaths.last().map(|death| death.known);
        let lost = subject.out_of_memory.map(|sign| sign.known);
        let loop_over = self.is_over(identity, Aspect::Loop, died) && container.status.is_up();
        let memory_over = self.is_over(identity, Aspect::Memory, lost);
        let Some(subject) = self.state.subjects.get_mut(identity) else { return };
        if memory_over && subject.problems.contains_key(&Aspect::Memory) {
            subject.out_of_memory = None;
        }
        subject.problems.retain(|aspect, _| match aspect {
            Aspect::Down | Aspect::Health | Aspect::Restarting => !well,
            Aspect::Paused => container.status == Status::Paused,
            Aspect::Loop => !loop_over,
            Aspect::Memory => !memory_over,
        });
    }

    /// Whether a problem is over that has no end but the absence of what made it.
    fn is_over(&mut self, identity: &Identity, aspect: Aspect, last: Option<Moment>) -> bool {
        let subject = self.state.subjects.get(identity);
        let is_there = subject.is_some_and(|it| it.problems.contains_key(&aspect));
        !is_there || last.is_none_or(|last| self.is_past(last + LOOP_WITHIN))
    }

    /// It runs, and is healthy if it has a check. Whether it has one is known after an inspection.
    fn is_well(&mut self, identity: &Identity, container: &Container) -> bool {
        let subject = self.state.subjects.get(identity);
        let run = subject.and_then(|subject| subject.run.as_ref()).map(|run| run.sign);
        let id = subject.and_then(|subject| subject.container.clone());
        if let Some(sign) = run.filter(|sign| !container.known_since(sign.known)) {
            let listed = container.confirmed >= sign.known;
            if let Some(id) = id.filter(|_| self.is_past(sign.known + ANSWER_WITHIN)) {
                if !self.link.inspections.rests(&id, self.now.moment) {
                    self.ask(&id);
                }
                // Of one that cannot be inspected, the list says how it is.
                let fails = self.link.inspections.fails(&id, ANSWER_WITHIN, self.now.moment);
                match (fails, listed) {
                    (true, true) => return is_running_well(container),
                    (true, false) => self.link.list_now(self.now.moment),
                    (false, _) => {}
                }
            }
            return false;
        }
        is_running_well(container)
    }

    /// Says that a container is new, once it runs: a replacement must be healthy as well.
    pub(super) fn settle_arrival(&mut self, identity: &Identity) {
        let Some(subject) = self.state.subjects.get(identity) else { return };
        let (Some(arrival), Some(run)) = (subject.arrival.clone(), subject.run.clone()) else {
            return;
        };
        let id = subject.container.clone();
        let Some(container) = id.and_then(|id| self.container(&id)).cloned() else { return };
        let known =
            container.known_since(run.sign.known) || self.is_past(run.sign.known + ANSWER_WITHIN);
        let clean_ends = self.state.subjects.get(identity).map_or(0, |it| it.clean_ends);
        let job = job::is_job(&container, Duration::ZERO, clean_ends, &self.state.world);
        let silent = self.silence(identity).is_some();
        let kind = match arrival {
            _ if !known => return,
            Arrival::Added => Kind::Added { status: container.status },
            Arrival::Recreated { .. } if !silent && !self.is_well(identity, &container) => return,
            Arrival::Recreated { image_before } => {
                let changed = image_before != container.image;
                Kind::Recreated { image_before: changed.then_some(image_before) }
            }
        };
        let Some(subject) = self.state.subjects.get_mut(identity) else { return };
        subject.arrival = None;
        let alert = rules::alert(identity, &container, Severity::Info, kind, &run.sign);
        if silent {
            self.hold_silent(identity, "started");
        } else if job {
            self.hold(identity, "started", Reason::Job);
        } else {
            self.notice_unless_open(&alert);
        }
    }

    /// Hands the worst of an identity's problems to the ledger, or that it is well.
    pub(super) fn report_to_ledger(&mut self, identity: &Identity) {
        let Some(subject) = self.state.subjects.get_mut(identity) else { return };
        if subject.silent.is_some() {
            subject.problems.clear();
            return self.state.ledger.close(identity);
        }
        if let Some(alert) = subject.worst().cloned() {
            let counts = subject.problems.values_mut().map(|it| (it.id, it.repeat.take()));
            let others: u32 = counts
                .filter(|(id, _)| *id != alert.id)
                .map(|(_, repeat)| repeat.map_or(0, |repeat| repeat.times))
                .fold(0, u32::saturating_add);
            let known = self.state.ledger.incident(identity);
            if known.is_none_or(|it| it.problem != alert || it.recovery.is_some()) {
                self.dirt = Dirt::Dirty;
                let held = self.report_problem(alert.clone());
                self.held_back(&alert, held);
            }
            // What is less bad is counted too.
            self.state.ledger.again(identity, others);
        } else if subject.death.is_none() && subject.container.is_some() {
            self.recovered(identity);
        }
    }

    /// The last problem is over. What is down without one (settings say so) ends without a word.
    fn recovered(&mut self, identity: &Identity) {
        let open = self.state.ledger.incident(identity).is_some_and(|it| it.recovery.is_none());
        let id = self.state.subjects.get(identity).and_then(|it| it.container.clone());
        let container = id.and_then(|id| self.container(&id)).filter(|_| open);
        let Some(container) = container.cloned() else { return };
        if !container.status.is_up() {
            return self.state.ledger.close(identity);
        }
        if !self.is_well(identity, &container) {
            return;
        }
        let Some(incident) = self.state.ledger.incident(identity) else { return };
        let kind = Kind::Recovered {
            after: incident.problem.kind.cause().cloned(),
            from: ledger::condition(&incident.problem),
            lasted: self.now.moment.since(incident.opened),
        };
        let (wall, moment) = (self.now.wall, self.now.moment);
        let sign = Sign { at: wall, moment, known: moment, between: None };
        let alert = rules::alert(identity, &container, Severity::Info, kind, &sign);
        self.state.ledger.well(alert, moment, &self.settings);
        self.dirt = Dirt::Dirty;
    }
}

impl Subject {
    /// The worst of its problems.
    fn worst(&self) -> Option<&Alert> {
        let worst = self
            .problems
            .iter()
            .max_by_key(|(aspect, alert)| (alert.severity, std::cmp::Reverse(**aspect)));
        worst.map(|(_, alert)| alert)
    }
}

fn is_running_well(container: &Container) -> bool {
    container.status == Status::Running && matches!(container.health, None | Some(Health::Healthy))
}

fn status(from: Status, to: Condition, cause: Cause) -> Kind {
    Kind::Status { from: Condition::Is(from), to, cause, said: None }
}
