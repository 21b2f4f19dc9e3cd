//! What a change of a container means for its identity. Nothing is judged here: a death, a pause or
//! a failed check is only written down, to be judged once enough is known.

use std::mem;

use super::Tracks;
use super::evaluation::Env;
use super::finding::{Finding, Question};
use super::judge::Verdict;
use super::subject::{Arrival, Back, Death, Observation, Origin, Passed, Run, Subject};
use crate::monitor::change::{By, Change, Seen, What};
use crate::monitor::container::{ContainerId, Health, Status};
use crate::monitor::effect::Reason;
use crate::monitor::identity::Identity;
use crate::monitor::moment::Moment;
use crate::monitor::signals::{self, Signals};
use crate::monitor::world::Container;

impl Tracks {
    /// Writes a change down.
    pub(in crate::monitor) fn apply(
        &mut self,
        change: Change,
        env: &Env,
        found: &mut Vec<Finding>,
    ) {
        self.revision += 1;
        let sign = env.sign(&change);
        let id = change.id.clone();
        let identity = match &change.what {
            What::Removed(last) => Some(last.identity.clone()),
            _ => env.container(&id).map(|container| container.identity.clone()),
        };
        Applying { tracks: self, env, found, id: &id, sign }.apply(change.what, change.seen);
        if let Some(identity) = identity {
            self.touch(&identity);
            self.index(&identity);
        }
    }
}

/// A change while it is written down.
struct Applying<'a, 'b> {
    tracks: &'a mut Tracks,
    env: &'a Env<'a>,
    found: &'b mut Vec<Finding>,
    /// Of which container.
    id: &'a ContainerId,
    /// When, and since when it is known.
    sign: Observation,
}

impl Applying<'_, '_> {
    fn apply(&mut self, what: What, seen: Seen) {
        if let What::Removed(last) = what {
            return self.removed(*last);
        }
        let Some(container) = self.env.container(self.id) else { return };
        let identity = &container.identity;
        match what {
            What::Appeared => self.inspect(),
            What::Started(by) => self.started(container, by),
            What::Died { exit_code, from, unseen } => {
                let death = self.death(container, seen);
                self.died(identity, Death { exit_code, from, unseen, ..death });
            }
            What::DeathRepeated { exit_code } => self.death_repeated(container, exit_code),
            What::IntentRepeated(signals) => self.intent_repeated(container, &signals),
            What::Signalled(signal) => self.signalled(container, signal),
            What::Stopped => self.stopped(container),
            What::StartFailed => self.failed_to_start(container),
            What::Renamed(before) => {
                self.renamed(container, &before);
                self.noted(container, &What::Renamed(before));
            }
            what => self.noted(container, &what),
        }
    }

    fn inspect(&mut self) {
        self.found.push(Finding::Ask(Question::Inspect(self.id.clone())));
    }

    fn noted(&mut self, container: &Container, what: &What) {
        let sign = self.sign;
        if let Some(subject) = self.current(&container.identity) {
            note(subject, what, sign);
        }
        if container.health == Some(Health::Unhealthy) {
            self.inspect();
        }
    }

    fn started(&mut self, container: &Container, by: By) {
        self.inspect();
        let (identity, sign) = (&container.identity, self.sign);
        if self.is_outlived(identity, sign.moment) {
            return;
        }
        let subject = self.tracks.subjects.entry(identity.clone()).or_default();
        let new = subject.container.is_none() && subject.gone.is_none();
        let same = subject.container.as_ref() == Some(self.id);
        let origin = if new { Origin::First } else { Origin::Request };
        let image_before = mem::replace(&mut subject.image, container.image.clone());
        subject.container = Some(self.id.clone());
        subject.name.clone_from(&container.name);
        subject.gone = None;
        subject.clear_signs();
        subject.run =
            Some(Run { sign, origin, health: Passed::NotYet, policy_off: Passed::NotYet });
        match &mut subject.death {
            Some(death) => {
                subject.backoff = Some(sign.moment.since(death.sign.moment));
                death.back = Some(Back { sign, container: self.id.clone(), by });
            }
            None if new => subject.arrival = Some(Arrival::Added),
            None if same => {}
            None => subject.arrival = Some(Arrival::Recreated { image_before }),
        }
        let death = subject.death.as_ref();
        let how = death.and_then(|death| self.env.how_back(identity, death));
        if how == Some(Verdict::RestartedAutomatically) {
            subject.set_origin(Origin::Automatic);
        }
        self.tracks.note_start(identity, sign.known);
    }

    /// A container that has never run and replaces none has nobody who misses it; where a death is
    /// still to be judged, that says it all.
    fn failed_to_start(&mut self, container: &Container) {
        let identity = &container.identity;
        if !self.is_current(identity, self.id) {
            return;
        }
        if let Some(subject) = self.tracks.subjects.get_mut(identity)
            && subject.death.is_none()
        {
            subject.container = Some(self.id.clone());
            subject.name.clone_from(&container.name);
            subject.gone = None;
            subject.start_failed = Some(self.sign);
        }
    }

    /// A death as it is known at first.
    fn death(&self, container: &Container, seen: Seen) -> Death {
        let subject = self.tracks.subjects.get(&container.identity);
        let run = subject.and_then(|it| it.run.as_ref());
        // Whoever starts a container sets its count to 0: one read before the run says nothing.
        let known = run.is_none_or(|run| container.known_since(run.sign.known));
        let details = container.details.as_ref().filter(|_| known);
        let count = details.map(|details| details.restart_count);
        // The Engine counts a restart at the death: what found the death has counted it.
        let counted = seen == Seen::Found && container.status == Status::Restarting;
        Death {
            sign: self.sign,
            container: self.id.clone(),
            exit_code: container.exit_code,
            from: container.status,
            asked: container.signals.asked(self.sign.moment),
            out_of_memory: container.signals.out_of_memory(self.sign.moment),
            seen,
            unseen: 0,
            restart_count: count.map(|count| count.saturating_sub(counted.into())),
            log: (self.env.log_lines(container) == 0).then(Vec::new),
            ran: container.ran_until(self.sign.moment),
            origin: run.map_or(Origin::First, |run| run.origin),
            removed: None,
            back: None,
            counted: Passed::NotYet,
        }
    }

    fn died(&mut self, identity: &Identity, death: Death) {
        if !self.is_current(identity, &death.container) {
            return;
        }
        self.inspect();
        if death.log.is_none() {
            let container = self.env.container(self.id);
            let lines = container.map_or(0, |container| self.env.log_lines(container));
            self.found.push(Finding::Ask(Question::Logs(self.id.clone(), lines)));
        }
        if let Some(mut evaluation) = self.tracks.at(identity, self.env, self.found) {
            evaluation.overtake(death.sign.moment, death.asked);
        }
        let subject = self.tracks.subjects.entry(identity.clone()).or_default();
        subject.container = Some(death.container.clone());
        subject.clear_signs();
        subject.death = Some(death);
    }

    /// An inspection that was under way when the container died may show it before its event does.
    fn death_repeated(&mut self, container: &Container, exit_code: Option<i64>) {
        self.asked_for(container);
        let id = self.id;
        let Some(subject) = self.current(&container.identity) else { return };
        if let Some(death) = subject.death.as_mut().filter(|death| death.container == *id) {
            death.seen = Seen::Heard;
            death.sign.between = None;
            death.exit_code = death.exit_code.or(exit_code);
        }
    }

    /// The same for whoever asked for a death.
    fn intent_repeated(&mut self, container: &Container, signals: &Signals) {
        let id = self.id;
        let Some(subject) = self.current(&container.identity) else { return };
        if let Some(death) = subject.death.as_mut().filter(|death| death.container == *id) {
            death.asked = death.asked.max(signals.asked(death.sign.moment));
        }
    }

    fn removed(&mut self, last: Container) {
        let identity = last.identity.clone();
        if self.current(&identity).is_none() {
            return self.removed_beside(&identity, last);
        }
        let was_up = last.status.is_up() || last.status == Status::Restarting;
        let unseen_death =
            was_up.then(|| Death { exit_code: None, ..self.death(&last, Seen::Found) });
        let (excluded, gone) = (self.env.exclusion_of(&last), self.env.now());
        let (id, sign) = (self.id, self.sign);
        let Some(mut evaluation) = self.tracks.at(&identity, self.env, self.found) else { return };
        if was_up {
            evaluation.overtake(sign.moment, None);
        }
        let subject = &mut *evaluation.subject;
        subject.container = None;
        subject.silent = excluded;
        subject.gone = Some(gone);
        subject.clear_signs();
        if was_up {
            subject.death = unseen_death;
        }
        match &mut subject.death {
            Some(death) if death.container == *id => death.removed = Some(Box::new(last)),
            _ => evaluation.removed_when_down(&last, sign),
        }
    }

    /// A container is removed in which its identity does not live: it never ran, or another one runs
    /// in its place. Its death may still wait to be judged.
    fn removed_beside(&mut self, identity: &Identity, last: Container) {
        let id = self.id;
        let Some(evaluation) = self.tracks.at(identity, self.env, self.found) else { return };
        let death = evaluation.subject.death.as_mut().filter(|death| death.container == *id);
        if let Some(death) = death {
            death.removed = Some(Box::new(last));
        } else if last.status == Status::Created {
            let mut evaluation = evaluation;
            evaluation.suppress("removed", Reason::NeverStarted);
        }
    }

    /// Moves what is known of an identity that is a name to the new name.
    fn renamed(&mut self, container: &Container, before: &str) {
        let was = Identity::of(before, &container.labels);
        let is = &container.identity;
        if let Some(subject) = self.current(&was) {
            subject.name.clone_from(&container.name);
        }
        let subjects = &self.tracks.subjects;
        let taken = subjects.get(is).is_some_and(|it| it.gone.is_none());
        let moves = subjects.get(&was).is_some_and(|it| it.container.as_ref() == Some(self.id));
        if was == *is || taken || !moves {
            return;
        }
        if let Some(evaluation) = self.tracks.at(is, self.env, self.found) {
            evaluation.judged_now();
        }
        if let Some(mut subject) = self.tracks.subjects.remove(&was) {
            self.tracks.waits.set(&was, None);
            self.tracks.index(&was);
            for alert in subject.problems.alerts_mut() {
                alert.identity = is.clone();
            }
            self.found.push(Finding::Renamed { from: was, to: is.clone() });
            // Another one had that name: its outage ends with this one's.
            if let Some(before) = self.tracks.subjects.remove(is) {
                subject.problems.take_over(before.problems);
            }
            self.tracks.subjects.insert(is.clone(), subject);
        }
    }

    fn signalled(&mut self, container: &Container, signal: String) {
        let stop_signal = container.details.as_ref().and_then(|it| it.stop_signal.as_deref());
        let sign = self.sign;
        if signals::meaning(&signal, stop_signal).is_none()
            && container.status.is_up()
            && let Some(subject) = self.current(&container.identity)
        {
            subject.signalled = Some((sign, signal));
        }
        self.asked_for(container);
    }

    /// Somebody's request may be told after the death it led to.
    fn asked_for(&mut self, container: &Container) {
        let Some(subject) = self.current(&container.identity) else { return };
        if let Some(death) = subject.death.as_mut().filter(|death| death.back.is_none()) {
            death.asked = death.asked.max(container.signals.asked(death.sign.moment));
        }
    }

    /// A stop while the container waits for its policy to start it is all that is told of it.
    fn stopped(&mut self, container: &Container) {
        self.asked_for(container);
        let sign = self.sign;
        let Some(subject) = self.current(&container.identity) else { return };
        let waiting = subject.death.as_mut().filter(|it| it.asked.is_none() && it.back.is_none());
        // One that is down for good cannot be stopped: the Engine says nothing then.
        if let Some(death) = waiting.filter(|_| !container.status.is_up()) {
            death.asked = Some(signals::Intent::Stop);
            death.from = Status::Restarting;
            death.sign = sign;
            self.inspect();
        }
    }

    /// The subject, if this is the container that it lives in.
    fn current(&mut self, identity: &Identity) -> Option<&mut Subject> {
        let subject = self.tracks.subjects.get_mut(identity);
        subject.filter(|it| it.container.as_ref() == Some(self.id))
    }

    /// Whether an identity lives in another container by now, which started after that.
    fn is_outlived(&self, identity: &Identity, began: Moment) -> bool {
        let subject = self.tracks.subjects.get(identity);
        let current = subject.and_then(|it| it.container.as_ref());
        let other = current.filter(|current| *current != self.id);
        let other = other.and_then(|it| self.env.container(it));
        other.is_some_and(|it| it.status.is_up() && it.began > Some(began))
    }

    /// Whether the story of an identity goes on in this container: it lives in it, or in none that
    /// is up. A container that was replaced ends without a word.
    fn is_current(&self, identity: &Identity, id: &ContainerId) -> bool {
        let subject = self.tracks.subjects.get(identity);
        let lives_in = subject.and_then(|it| it.container.as_ref());
        lives_in.is_none_or(|current| {
            current == id || !self.env.container(current).is_some_and(|it| it.status.is_up())
        })
    }
}

/// Writes down what needs no more than that.
fn note(subject: &mut Subject, what: &What, sign: Observation) {
    match what {
        What::Paused => subject.paused = Some(sign),
        What::Unpaused => subject.paused = None,
        What::OutOfMemory => subject.out_of_memory = Some(sign),
        What::Health(Health::Unhealthy) => subject.unhealthy = Some(sign),
        What::Health(health) => {
            subject.unhealthy = None;
            if let Some(run) = subject.run.as_mut().filter(|_| *health == Health::Healthy) {
                run.health = Passed::Once;
            }
        }
        _ => {}
    }
}
