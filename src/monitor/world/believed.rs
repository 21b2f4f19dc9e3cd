//! One container as it is believed to be, and the one place where that changes.

use std::time::Duration;

use crate::monitor::change::{By, What};
use crate::monitor::container::{
    Health, Inspected, Labels, Listed, Port, RestartPolicy, State, Status,
};
use crate::monitor::event::{Action, Event};
use crate::monitor::identity::Identity;
use crate::monitor::signals::{self, Kill, Signals};
use crate::timestamp::Timestamp;

/// The Engine writes the time of a start or an end down up to a third of a second before it tells
/// of it (0.32 s in the recordings): nearer than this, two times are of the same start or end.
const SAME: Duration = Duration::from_secs(1);

/// After a pause a health check counts as failed until its next probe has ended, and no event says
/// so: that long an answer `unhealthy` is not believed. The default interval of probes is 30 s.
const HEALTH_IN_DOUBT: Duration = Duration::from_mins(5);

/// What is known of one container.
#[derive(Clone, Debug, PartialEq)]
pub struct Container {
    /// Who it is.
    pub identity: Identity,
    /// Its name.
    pub name: String,
    /// Its image as it was asked for.
    pub image: String,
    /// Its labels.
    pub labels: Labels,
    /// What it is doing.
    pub status: Status,
    /// What its health check says while it runs; `None` without a check.
    pub health: Option<Health>,
    /// The Engine's time of the newest thing that `status` rests on.
    pub since: Timestamp,
    /// This host's time when the newest thing was heard of it.
    pub heard: Timestamp,
    /// When its present or last run began, by the Engine's clock; `None` when it never ran, or when
    /// that is not known.
    pub started_at: Option<Timestamp>,
    /// How its last run ended.
    pub exit_code: Option<i64>,
    /// This host's time when it was last paused or unpaused.
    pub paused: Option<Timestamp>,
    /// Deaths since the restart count was read.
    pub uncounted: u32,
    /// What was sent to it since it started.
    pub signals: Signals,
    /// What only an inspection tells; `None` before the first.
    pub details: Option<Details>,
}

/// What only an inspection tells of a container.
#[derive(Clone, Debug, PartialEq)]
pub struct Details {
    /// This host's time when the inspection was asked for.
    pub asked: Timestamp,
    /// Restarts by its policy since somebody started it.
    pub restart_count: u32,
    /// What the Engine does when it ends.
    pub restart_policy: RestartPolicy,
    /// The signal that stops it.
    pub stop_signal: Option<String>,
    /// Started with `--rm`.
    pub auto_remove: bool,
    /// Has a terminal and an open standard input: a person may sit there.
    pub interactive: bool,
    /// Its memory limit.
    pub memory_limit_bytes: Option<u64>,
    /// Its ports.
    pub ports: Vec<Port>,
    /// A process in it was killed for memory during the last run.
    pub oom_killed: bool,
    /// Why the Engine could not start it; empty when it could.
    pub error: String,
    /// What the last probe of its health check said.
    pub probe_output: Option<String>,
}

impl Container {
    fn new(name: &str, image: &str, labels: &Labels, at: Timestamp) -> Self {
        Self {
            identity: Identity::of(name, labels),
            name: name.to_owned(),
            image: image.to_owned(),
            labels: labels.clone(),
            status: Status::Created,
            health: None,
            since: at,
            heard: Timestamp::from_nanoseconds(i64::MIN),
            started_at: None,
            exit_code: None,
            paused: None,
            uncounted: 0,
            signals: Signals::default(),
            details: None,
        }
    }

    /// What a container of which this event is the first news was before it.
    pub(super) fn before(event: &Event) -> Self {
        let status = match event.action {
            Action::Create | Action::Start | Action::Rename { .. } => Status::Created,
            Action::Unpause => Status::Paused,
            _ => Status::Running,
        };
        let since = event.time - Duration::from_nanos(1);
        Self { status, ..Self::new(&event.name, &event.image, &event.labels, since) }
    }

    /// What a container was before the first inspection that shows it: just made.
    pub(super) fn made(sent: Timestamp, seen: &Inspected) -> Self {
        let new = Self::new(&seen.name, &seen.image, &seen.labels, seen.created);
        Self { heard: sent, ..new }
    }

    /// A container as the list shows it.
    pub(super) fn listed(sent: Timestamp, line: &Listed) -> Self {
        Self {
            status: line.status,
            health: line.health,
            heard: sent,
            exit_code: line.exit_code,
            ..Self::new(&line.name, &line.image, &line.labels, line.created)
        }
    }

    /// Whether a line of the list says what is believed already. A list has no name for one that is
    /// being removed, and no health for one that is paused.
    pub(super) fn agrees(&self, sent: Timestamp, line: &Listed) -> bool {
        self.status == line.status
            && !self.shows_new_run(sent, line)
            && (self.name == line.name || line.name.is_empty())
            && (line.status != Status::Running || self.health == line.health)
            && (line.status != Status::Exited || self.exit_code == line.exit_code)
            && (self.details.is_some() || !line.status.is_up())
    }

    /// Whether a line shows a run that began after the last inspection. Both times compared are
    /// spans, so it does not matter whose clock is right.
    fn shows_new_run(&self, sent: Timestamp, line: &Listed) -> bool {
        let Some((details, up_at_most)) = self.details.as_ref().zip(line.up_at_most) else {
            return false;
        };
        sent.since(details.asked) > up_at_most + SAME
    }

    /// Whether an inspection shows the run that is known.
    pub(super) fn matches(&self, state: &State) -> bool {
        self.status == state.status && !self.is_new_run(state)
    }

    /// Whether an inspection shows a run that began after the one that is known.
    fn is_new_run(&self, state: &State) -> bool {
        match (self.started_at, state.started_at) {
            (Some(known), Some(seen)) => seen > known + SAME,
            (None, Some(_)) => self.status == Status::Created,
            (_, None) => false,
        }
    }

    /// Takes an event in. Gives what changed, and whether that can be all that happened.
    pub(super) fn hear(&mut self, event: &Event) -> (Vec<What>, bool) {
        let at = event.time;
        let stale = at <= self.since;
        let what = match &event.action {
            Action::Kill { .. } | Action::Stop | Action::Oom | Action::Restart => {
                return (self.signal(event).into_iter().collect(), true);
            }
            Action::Rename { .. } => What::Renamed(event.name.clone()),
            Action::Health(health) => What::Health(*health),
            _ if stale => return (Vec::new(), true),
            Action::Create | Action::Destroy => return (Vec::new(), true),
            // It ended and was not heard to.
            Action::Start if self.status.is_up() && !self.began_near(at) => {
                return (Vec::new(), false);
            }
            Action::Start => What::Started(By::Untold),
            Action::Die { exit_code } => return self.hear_death(*exit_code, at),
            Action::Pause => What::Paused,
            Action::Unpause => What::Unpaused,
        };
        (self.set(at, what).into_iter().collect(), true)
    }

    fn hear_death(&mut self, exit_code: Option<i64>, at: Timestamp) -> (Vec<What>, bool) {
        let mut changes = Vec::new();
        if !self.status.is_up() {
            // An inspection may have shown this end before its event came.
            let ended_before = self.status != Status::Created && at <= self.since + SAME;
            if ended_before {
                return (changes, true);
            }
            changes.extend(self.set(at, What::Started(By::Untold)));
        }
        let died = What::Died { exit_code, from: self.status, unseen: 0 };
        changes.extend(self.set(at, died));
        (changes, true)
    }

    fn began_near(&self, at: Timestamp) -> bool {
        self.started_at.is_none_or(|began| at <= began + SAME)
    }

    /// Remembers what was sent to the present run.
    fn signal(&mut self, event: &Event) -> Option<What> {
        let at = event.time;
        if self.started_at.is_some_and(|began| at < began) {
            return None;
        }
        match &event.action {
            Action::Oom if self.signals.oom >= Some(at) => None,
            Action::Kill { signal } => {
                let stop_signal = self.details.as_ref().and_then(|it| it.stop_signal.as_deref());
                if let Some(force) = signals::meaning(signal, stop_signal) {
                    self.signals.kill = Some(Kill { at, force });
                }
                Some(What::Signalled(signal.clone()))
            }
            Action::Stop => {
                self.signals.stop = Some(at);
                Some(What::Stopped)
            }
            Action::Oom => {
                self.signals.oom = Some(at);
                Some(What::OutOfMemory)
            }
            _ => Some(What::Restarted),
        }
    }

    /// The one place where what is believed of a container changes. `None`: it was so already.
    pub(super) fn set(&mut self, at: Timestamp, what: What) -> Option<What> {
        match &what {
            What::Started(_) if !self.status.is_up() => {
                self.status = Status::Running;
                self.started_at = Some(at);
                self.health = self.health.map(|_| Health::Starting);
                self.signals = Signals::default();
                self.paused = None;
            }
            What::Died { exit_code, .. } if self.status.is_up() => {
                self.status = Status::Exited;
                self.exit_code = *exit_code;
                self.uncounted += 1;
            }
            What::Down(status) if !self.status.is_up() && self.status != *status => {
                self.status = *status;
            }
            What::Paused if self.status == Status::Running => self.status = Status::Paused,
            What::Unpaused if self.status == Status::Paused => self.status = Status::Running,
            What::StartFailed if !self.status.is_up() => {}
            What::Health(health) if self.status.is_up() && self.health != Some(*health) => {
                self.health = Some(*health);
                return Some(what);
            }
            What::Renamed(name) if self.name != *name => {
                let before = std::mem::replace(&mut self.name, name.clone());
                self.identity = Identity::of(&self.name, &self.labels);
                return Some(What::Renamed(before));
            }
            _ => return None,
        }
        self.since = self.since.max(at);
        Some(what)
    }

    /// Compares with an inspection that is newer than everything heard. Gives what must have
    /// happened since, in its order.
    pub(super) fn compare(&mut self, sent: Timestamp, seen: &Inspected) -> Vec<(Timestamp, What)> {
        let mut changes = Vec::new();
        for (at, what) in self.steps_to(sent, seen) {
            if matches!(what, What::Paused | What::Unpaused) {
                self.paused = Some(sent);
            }
            // A time of this host says nothing about the order of the Engine's.
            let what = self.set(at.unwrap_or(self.since), what);
            changes.extend(what.map(|what| (at.unwrap_or(sent), what)));
        }
        self.learn(sent, seen);
        changes
    }

    /// What must have happened between what is believed and what an inspection shows. A step of
    /// which the Engine wrote down no time has none.
    fn steps_to(&self, sent: Timestamp, seen: &Inspected) -> Vec<(Option<Timestamp>, What)> {
        let state = &seen.state;
        let mut steps = self.runs_to(seen);
        if self.name != seen.name {
            steps.push((None, What::Renamed(seen.name.clone())));
        }
        match state.status {
            Status::Running if self.status == Status::Paused => steps.push((None, What::Unpaused)),
            Status::Paused => steps.push((None, What::Paused)),
            Status::Running | Status::Created => {}
            status => steps.push((None, What::Down(status))),
        }
        let in_doubt = self.paused.is_some_and(|paused| sent.since(paused) < HEALTH_IN_DOUBT);
        match state.health.filter(|_| state.status == Status::Running) {
            None => {}
            Some(Health::Unhealthy) if in_doubt => {}
            Some(health) => steps.push((None, What::Health(health))),
        }
        let known = self.details.as_ref().map(|details| details.error.as_str());
        if !state.error.is_empty() && known.is_some_and(|known| known != state.error) {
            steps.push((None, What::StartFailed));
        }
        steps
    }

    /// The starts and ends among [`Self::steps_to`].
    fn runs_to(&self, seen: &Inspected) -> Vec<(Option<Timestamp>, What)> {
        let state = &seen.state;
        let (was_up, is_up, new_run) =
            (self.status.is_up(), state.status.is_up(), self.is_new_run(state));
        let known = self.details.as_ref().map_or(seen.restart_count, |it| it.restart_count);
        let restarts = seen.restart_count.saturating_sub(known);
        let by = if restarts > 0 { By::Policy } else { By::Somebody };
        let missed = restarts.saturating_sub(self.uncounted);
        let from = if was_up { self.status } else { Status::Running };
        let died = |exit_code, unseen| What::Died { exit_code, from, unseen };
        let mut steps = Vec::new();
        if !was_up && is_up && missed > 0 {
            steps.push((None, What::Started(by)));
        }
        if (was_up && new_run) || (!was_up && is_up && missed > 0) {
            // Its own code is lost: the Engine keeps the last one only.
            let at = state.finished_at.filter(|_| is_up).or(state.started_at);
            steps.push((at, died(None, missed.saturating_sub(1))));
        }
        if new_run || (is_up && !was_up) {
            steps.push((state.started_at, What::Started(by)));
        }
        if !is_up && (was_up || new_run) && state.status != Status::Created {
            let unseen = if was_up && new_run { 0 } else { missed.saturating_sub(1) };
            steps.push((state.finished_at, died(Some(state.exit_code), unseen)));
        }
        steps
    }

    /// Takes over what an inspection tells besides what can change by itself.
    pub(super) fn learn(&mut self, sent: Timestamp, seen: &Inspected) {
        let state = &seen.state;
        self.heard = self.heard.max(sent);
        self.image.clone_from(&seen.image);
        self.labels.clone_from(&seen.labels);
        self.identity = Identity::of(&self.name, &self.labels);
        self.started_at = state.started_at.or(self.started_at);
        self.uncounted = 0;
        match state.status {
            Status::Running if state.health.is_none() => self.health = None,
            Status::Exited | Status::Dead | Status::Restarting => {
                self.exit_code = Some(state.exit_code);
            }
            _ => {}
        }
        self.details = Some(Details {
            asked: sent,
            restart_count: seen.restart_count,
            restart_policy: seen.restart_policy,
            stop_signal: seen.stop_signal.clone(),
            auto_remove: seen.auto_remove,
            interactive: seen.tty && seen.open_stdin,
            memory_limit_bytes: seen.memory_limit_bytes,
            ports: seen.ports.clone(),
            oom_killed: state.oom_killed,
            error: state.error.clone(),
            probe_output: state.last_probe_output.clone(),
        });
    }

    /// Whether an inspection asked for at `at` or later has been taken in.
    pub fn known_since(&self, at: Timestamp) -> bool {
        self.details.as_ref().is_some_and(|details| details.asked >= at)
    }

    /// Whether it was made and has never run.
    pub fn is_new(&self) -> bool {
        self.status == Status::Created
    }

    /// Whether the Engine tried to start it and could not.
    pub fn failed_to_start(&self) -> bool {
        !self.status.is_up() && self.details.as_ref().is_some_and(|it| !it.error.is_empty())
    }

    /// Its restart policy, where known.
    pub fn restart_policy(&self) -> Option<RestartPolicy> {
        self.details.as_ref().map(|details| details.restart_policy)
    }
}
