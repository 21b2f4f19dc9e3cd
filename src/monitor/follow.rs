//! What a change of a container means for its identity. Nothing is judged here: a death, a pause or
//! a failed check is only written down, to be judged once enough is known.

use std::mem;

use crate::monitor::Monitor;
use crate::monitor::change::{By, Change, Seen, What};
use crate::monitor::container::{ContainerId, Health, Status};
use crate::monitor::effect::{Effect, Reason};
use crate::monitor::identity::Identity;
use crate::monitor::input::News;
use crate::monitor::judge::{Askers, Verdict};
use crate::monitor::moment::Moment;
use crate::monitor::signals::{self, Force, Kill};
use crate::monitor::subject::{Arrival, Back, Death, Origin, Passed, Run, Sign, Subject};
use crate::monitor::world::Container;

/// The most log lines that are fetched.
const LOG_LINES_AT_MOST: u32 = 50;

impl Monitor {
    pub(super) fn follow(&mut self, change: Change) {
        let sign = self.sign(&change);
        let id = change.id;
        self.touch(&id);
        if let What::Removed(last) = change.what {
            self.touched.insert(last.identity.clone());
            return self.removed(&id, *last, sign);
        }
        if let What::Renamed(before) = &change.what {
            self.renamed(&id, before);
        }
        let Some(container) = self.container(&id).cloned() else { return };
        let identity = container.identity.clone();
        match change.what {
            What::Appeared => self.ask(&id),
            What::Started(by) => self.started(&id, &container, by, sign),
            What::Died { exit_code, from, unseen } => {
                let death = self.death(&id, &container, sign, change.seen);
                self.died(identity, Death { exit_code, from, unseen, ..death });
            }
            What::DeathRepeated => self.death_repeated(&id, &container),
            What::Signalled(signal) => self.signalled(&id, &container, sign, signal),
            What::Stopped => self.stopped(&id, &container, sign),
            What::Restarted => self.restarted_by_podman(&id, &container, sign),
            What::StartFailed => self.failed_to_start(&identity, &id, &container, sign),
            what => {
                if let Some(subject) = self.current(&identity, &id) {
                    note(subject, &what, sign);
                }
                if container.health == Some(Health::Unhealthy) {
                    self.ask(&id);
                }
            }
        }
    }

    fn started(&mut self, id: &ContainerId, container: &Container, by: By, sign: Sign) {
        self.ask(id);
        let identity = &container.identity;
        if self.is_outlived(identity, id, sign.moment) {
            return;
        }
        let subject = self.state.subjects.entry(identity.clone()).or_default();
        let new = subject.container.is_none() && subject.gone.is_none();
        let same = subject.container.as_ref() == Some(id);
        let origin = if new { Origin::First } else { Origin::Request };
        let image_before = mem::replace(&mut subject.image, container.image.clone());
        subject.container = Some(id.clone());
        subject.name.clone_from(&container.name);
        subject.gone = None;
        subject.clear_signs();
        subject.run =
            Some(Run { sign, origin, health: Passed::NotYet, policy_off: Passed::NotYet });
        match &mut subject.death {
            Some(death) => {
                subject.backoff = Some(sign.moment.since(death.sign.moment));
                death.back = Some(Back { sign, container: id.clone(), by });
            }
            None if new => subject.arrival = Some(Arrival::Added),
            None if same => {}
            None => subject.arrival = Some(Arrival::Recreated { image_before }),
        }
        let subject = self.state.subjects.get(identity);
        let how = subject.and_then(|subject| self.how_back(identity, subject));
        if how == Some(Verdict::RestartedAutomatically) {
            self.set_origin(identity, Origin::Automatic);
        }
    }

    pub(super) fn set_origin(&mut self, identity: &Identity, origin: Origin) {
        let subject = self.state.subjects.get_mut(identity);
        if let Some(run) = subject.and_then(|subject| subject.run.as_mut()) {
            run.origin = origin;
        }
    }

    /// A container that has never run and replaces none has nobody who misses it; where a death is
    /// still to be judged, that says it all.
    fn failed_to_start(
        &mut self,
        identity: &Identity,
        id: &ContainerId,
        container: &Container,
        sign: Sign,
    ) {
        if !self.is_current(identity, id) {
            return;
        }
        if let Some(subject) = self.state.subjects.get_mut(identity)
            && subject.death.is_none()
        {
            subject.container = Some(id.clone());
            subject.name.clone_from(&container.name);
            subject.gone = None;
            subject.start_failed = Some(sign);
        }
    }

    /// A death as it is known at first.
    fn death(&self, id: &ContainerId, container: &Container, sign: Sign, seen: Seen) -> Death {
        let run = self.state.subjects.get(&container.identity).and_then(|it| it.run.as_ref());
        // Whoever starts a container sets its count to 0: one read before the run says nothing.
        let known = run.is_none_or(|run| container.known_since(run.sign.known));
        let details = container.details.as_ref().filter(|_| known);
        let count = details.map(|details| details.restart_count);
        // The Engine counts a restart at the death: what found the death has counted it.
        let counted = seen == Seen::Found && container.status == Status::Restarting;
        Death {
            sign,
            container: id.clone(),
            exit_code: container.exit_code,
            from: container.status,
            asked: container.signals.asked(sign.moment),
            out_of_memory: container.signals.out_of_memory(sign.moment),
            seen,
            unseen: 0,
            restart_count: count.map(|count| count.saturating_sub(counted.into())),
            log: (self.log_lines(container) == 0).then(Vec::new),
            ran: container.ran_until(sign.moment),
            origin: run.map_or(Origin::First, |run| run.origin),
            removed: None,
            back: None,
            counted: Passed::NotYet,
        }
    }

    fn died(&mut self, identity: Identity, death: Death) {
        if !self.is_current(&identity, &death.container) {
            return;
        }
        self.ask(&death.container);
        if death.log.is_none() {
            let id = death.container.clone();
            let lines = self.container(&id).map_or(0, |container| self.log_lines(container));
            self.effects.push(Effect::FetchLogs { id, lines });
        }
        self.overtake(&identity, death.sign.moment, death.asked);
        let subject = self.state.subjects.entry(identity).or_default();
        subject.container = Some(death.container.clone());
        subject.clear_signs();
        subject.death = Some(death);
    }

    /// An inspection that was under way when the container died may show it before its event does.
    fn death_repeated(&mut self, id: &ContainerId, container: &Container) {
        self.asked_for(id, container);
        let Some(subject) = self.current(&container.identity, id) else { return };
        if let Some(death) = subject.death.as_mut().filter(|death| death.container == *id) {
            death.seen = Seen::Heard;
            death.sign.between = None;
        }
    }

    fn removed(&mut self, id: &ContainerId, last: Container, sign: Sign) {
        let identity = last.identity.clone();
        self.link.forget(id);
        if self.current(&identity, id).is_none() {
            return self.removed_beside(&identity, id, last);
        }
        let silent = self.silence_of(&last);
        let was_up = last.status.is_up() || last.status == Status::Restarting;
        let unseen_death =
            was_up.then(|| Death { exit_code: None, ..self.death(id, &last, sign, Seen::Found) });
        if was_up {
            self.overtake(&identity, sign.moment, None);
        }
        let Some(subject) = self.state.subjects.get_mut(&identity) else { return };
        subject.container = None;
        subject.silent = silent;
        subject.gone = Some(self.now.moment);
        subject.clear_signs();
        if was_up {
            subject.death = unseen_death;
        }
        match &mut subject.death {
            Some(death) if death.container == *id => death.removed = Some(Box::new(last)),
            _ => self.removed_when_down(&identity, &last, sign),
        }
    }

    /// A container is removed in which its identity does not live: it never ran, or another one runs
    /// in its place. Its death may still wait to be judged.
    fn removed_beside(&mut self, identity: &Identity, id: &ContainerId, last: Container) {
        let death = self.state.subjects.get_mut(identity).and_then(|it| it.death.as_mut());
        if let Some(death) = death.filter(|death| death.container == *id) {
            death.removed = Some(Box::new(last));
        } else if last.status == Status::Created {
            self.hold(identity, "removed", Reason::NeverStarted);
        }
    }

    /// Moves what is known of an identity that is a name to the new name.
    fn renamed(&mut self, id: &ContainerId, before: &str) {
        let Some(container) = self.container(id).cloned() else { return };
        let was = Identity::of(before, &container.labels);
        if let Some(subject) = self.current(&was, id) {
            subject.name.clone_from(&container.name);
        }
        let taken =
            self.state.subjects.get(&container.identity).is_some_and(|it| it.gone.is_none());
        let moves =
            self.state.subjects.get(&was).is_some_and(|it| it.container.as_ref() == Some(id));
        if was == container.identity || taken || !moves {
            return;
        }
        self.judge_now(&container.identity);
        if let Some(mut subject) = self.state.subjects.remove(&was) {
            for alert in subject.problems.values_mut() {
                alert.identity = container.identity.clone();
            }
            self.state.ledger.rename(&was, &container.identity);
            self.state.subjects.insert(container.identity, subject);
        }
    }

    /// Judges a death of one that is gone by what is known, since another takes its name.
    fn judge_now(&mut self, identity: &Identity) {
        let death = self.state.subjects.get(identity).and_then(|it| it.death.clone());
        if let Some(death) = death
            && let Some(last) = death.removed.clone()
        {
            self.down(identity, &death, &last);
            self.report_to_ledger(identity);
        }
    }

    fn signalled(&mut self, id: &ContainerId, container: &Container, sign: Sign, signal: String) {
        let stop_signal = container.details.as_ref().and_then(|it| it.stop_signal.as_deref());
        if signals::meaning(&signal, stop_signal).is_none()
            && container.status.is_up()
            && let Some(subject) = self.current(&container.identity, id)
        {
            subject.signalled = Some((sign, signal));
        }
        self.asked_for(id, container);
    }

    /// Somebody's request may be told after the death it led to.
    fn asked_for(&mut self, id: &ContainerId, container: &Container) {
        let Some(subject) = self.current(&container.identity, id) else { return };
        if let Some(death) = subject.death.as_mut().filter(|death| death.back.is_none()) {
            death.asked = death.asked.max(container.signals.asked(death.sign.moment));
        }
    }

    /// A stop while the container waits for its policy to start it is all that is told of it.
    fn stopped(&mut self, id: &ContainerId, container: &Container, sign: Sign) {
        self.asked_for(id, container);
        let Some(subject) = self.current(&container.identity, id) else { return };
        let waiting = subject.death.as_mut().filter(|it| it.asked.is_none() && it.back.is_none());
        // One that is down for good cannot be stopped: the Engine says nothing then.
        if let Some(death) = waiting.filter(|_| !container.status.is_up()) {
            death.asked = Some(signals::Asked::Stop);
            death.from = Status::Restarting;
            death.sign = sign;
            self.ask(id);
        }
    }

    /// Podman tells of a restart before the death when somebody asked for it, after it when the
    /// policy restarts.
    fn restarted_by_podman(&mut self, id: &ContainerId, container: &Container, sign: Sign) {
        if self.askers == Askers::Untold
            && self.link.news == News::Events
            && container.status.is_up()
            && let Some(container) = self.state.world.containers.get_mut(id)
        {
            container.signals.stop = Some(sign.moment);
            container.signals.kill = Some(Kill { at: sign.moment, force: Force::Polite });
        }
    }

    pub(super) fn logs(&mut self, id: &ContainerId, lines: Vec<String>) {
        let deaths = self.state.subjects.values_mut().filter_map(|it| it.death.as_mut());
        if let Some(death) = deaths.into_iter().find(|death| death.container == *id) {
            death.log = Some(lines);
        }
        self.touch(id);
    }

    fn log_lines(&self, container: &Container) -> u32 {
        let label = container.labels.get("dmon.log-lines").and_then(|lines| lines.parse().ok());
        label.unwrap_or(self.settings.log_lines).min(LOG_LINES_AT_MOST)
    }

    /// The subject, if this is the container that it lives in.
    fn current(&mut self, identity: &Identity, id: &ContainerId) -> Option<&mut Subject> {
        self.state.subjects.get_mut(identity).filter(|it| it.container.as_ref() == Some(id))
    }

    /// Whether an identity lives in another container by now, which started after that.
    fn is_outlived(&self, identity: &Identity, id: &ContainerId, began: Moment) -> bool {
        let current = self.state.subjects.get(identity).and_then(|it| it.container.as_ref());
        let other = current.filter(|current| *current != id).and_then(|it| self.container(it));
        other.is_some_and(|it| it.status.is_up() && it.began > Some(began))
    }

    /// Whether the story of an identity goes on in this container: it lives in it, or in none that
    /// is up. A container that was replaced ends without a word.
    fn is_current(&self, identity: &Identity, id: &ContainerId) -> bool {
        let lives_in = self.state.subjects.get(identity).and_then(|it| it.container.as_ref());
        lives_in.is_none_or(|current| {
            current == id || !self.container(current).is_some_and(|it| it.status.is_up())
        })
    }

    pub(super) fn container(&self, id: &ContainerId) -> Option<&Container> {
        self.state.world.containers.get(id)
    }
}

impl Subject {
    /// Forgets what belonged to the run that ended.
    pub(super) fn clear_signs(&mut self) {
        self.paused = None;
        self.out_of_memory = None;
        self.unhealthy = None;
        self.signalled = None;
    }
}

/// Writes down what needs no more than that.
fn note(subject: &mut Subject, what: &What, sign: Sign) {
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
