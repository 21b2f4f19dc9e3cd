//! One container as it is believed to be, and the one place where that changes.

use std::time::Duration;

use super::Occurred;
use crate::monitor::change::{By, What};
use crate::monitor::container::{Health, Inspected, Labels, Listed, Port, RestartPolicy, Status};
use crate::monitor::event::{Action, Event};
use crate::monitor::identity::Identity;
use crate::monitor::moment::{Clocks, Moment};
use crate::monitor::signals::{self, Force, Kill, Signals};
use crate::timestamp::Timestamp;

/// The Engine writes the time of a start or an end down up to a third of a second before it tells
/// of it (0.32 s in the recordings): nearer than this, two times are of the same start or end.
pub(super) const SAME: Duration = Duration::from_secs(1);

/// The event stream is behind the answers by less than this.
const STREAM_IS_BEHIND: Duration = Duration::from_secs(10);

/// An event is taken for one from just before a run if the Engine's times of the two are nearer
/// than this; if they are farther apart, its clock was set in between.
const EVENTS_OF_ONE_STORY: Duration = Duration::from_mins(1);

/// The time between two times of the Engine, whichever is the later one.
pub(super) fn distance(one: Timestamp, other: Timestamp) -> Duration {
    one.since(other).max(other.since(one))
}

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
    /// When the newest thing happened that `status` rests on.
    pub since: Moment,
    /// When the newest event came in, or the newest answer that was believed was asked for.
    pub heard: Moment,
    /// When its present or last run began, as the Engine wrote it down: names the run. `None` when
    /// it never ran, or when that is not known.
    pub started_at: Option<Timestamp>,
    /// The same by dmon's own clock, for durations; `None` where no clock can be trusted.
    pub began: Option<Moment>,
    /// How old the list showed its present run.
    pub listed: Option<Age>,
    /// When the last list was asked for that showed it as it is believed to be.
    pub confirmed: Moment,
    /// How its last run ended.
    pub exit_code: Option<i64>,
    /// When it was last paused or unpaused.
    pub paused: Option<Moment>,
    /// Deaths since the restart count was read.
    pub uncounted: u32,
    /// What was sent to it since it started.
    pub signals: Signals,
    /// What only an inspection says; `None` before the first.
    pub details: Option<Details>,
}

/// How old a list showed a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Age {
    /// When the list was asked for.
    pub asked: Moment,
    /// How long the run had lasted then, at the least.
    pub at_least: Duration,
}

/// What only an inspection says of a container.
#[derive(Clone, Debug, PartialEq)]
pub struct Details {
    /// When the inspection was asked for.
    pub asked: Moment,
    /// When an inspection showed a run that no event had reported: its events may still come in.
    pub showed_run: Option<Moment>,
    /// When its settings were changed after that (`docker update`): its policy is not known since.
    pub outdated: Option<Moment>,
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
    fn new(name: &str, image: &str, labels: &Labels, since: Moment) -> Self {
        Self {
            identity: Identity::of(name, labels),
            name: name.to_owned(),
            image: image.to_owned(),
            labels: labels.clone(),
            status: Status::Created,
            health: None,
            since,
            heard: Moment::default(),
            started_at: None,
            began: None,
            listed: None,
            confirmed: Moment::default(),
            exit_code: None,
            paused: None,
            uncounted: 0,
            signals: Signals::default(),
            details: None,
        }
    }

    /// What a container of which this event is the first news was before it.
    pub(super) fn before(event: &Event, moment: Moment) -> Self {
        let status = match event.action {
            Action::Create | Action::Start | Action::Rename { .. } => Status::Created,
            Action::Unpause => Status::Paused,
            _ => Status::Running,
        };
        Self { status, ..Self::new(&event.name, &event.image, &event.labels, moment) }
    }

    /// What a container was before the first inspection that shows it: just made.
    pub(super) fn made(asked: Moment, seen: &Inspected, clocks: &Clocks) -> Self {
        let created = clocks.moment_of(seen.created);
        Self { heard: asked, ..Self::new(&seen.name, &seen.image, &seen.labels, created) }
    }

    /// What a container was before the first list that shows it: just made.
    pub(super) fn created(asked: Moment, line: &Listed, clocks: &Clocks) -> Self {
        let created = clocks.moment_of(line.created);
        Self { heard: asked, ..Self::new(&line.name, &line.image, &line.labels, created) }
    }

    /// A container as the list shows it.
    pub(super) fn listed(asked: Moment, line: &Listed, clocks: &Clocks) -> Self {
        Self {
            status: line.status,
            health: line.health,
            exit_code: line.exit_code,
            ..Self::created(asked, line, clocks)
        }
    }

    /// Takes an event in. Gives what changed, and whether that can be all that happened.
    pub(super) fn hear(
        &mut self,
        event: &Event,
        occurred: Occurred,
        now: Moment,
    ) -> (Vec<What>, bool) {
        let moment = match occurred {
            Occurred::Now => now,
            Occurred::Before(moment) => moment,
        };
        let superseded = self.is_superseded(event.time, occurred, now);
        let what = match &event.action {
            Action::Rename { .. } => What::Renamed(event.name.clone()),
            Action::Health(health) => What::Health(*health),
            Action::Update => {
                self.outdate(now);
                return (Vec::new(), false);
            }
            Action::Create | Action::Destroy => return (Vec::new(), true),
            Action::Die { exit_code, .. } if superseded => {
                return (vec![What::DeathRepeated { exit_code: *exit_code }], false);
            }
            action if superseded => {
                let signals = self.sent_by(action, moment);
                return (signals.map(What::IntentRepeated).into_iter().collect(), true);
            }
            Action::Kill { .. } | Action::Stop | Action::Oom | Action::Restart => {
                return (self.signal(&event.action, moment).into_iter().collect(), true);
            }
            // Its end was not reported.
            Action::Start if self.status.is_up() && !self.is_present_run(event.time) => {
                // What was sent to the run before has had its effect.
                self.signals = Signals::default();
                return (Vec::new(), false);
            }
            Action::Start => {
                self.listed = None;
                What::Started(By::Untold)
            }
            Action::Die { exit_code, out_of_memory } => {
                if *out_of_memory {
                    self.signals.oom = Some(moment);
                }
                return self.hear_death(*exit_code, event.time, moment);
            }
            Action::Pause => What::Paused,
            Action::Unpause => What::Unpaused,
        };
        (self.set(Some(event.time), moment, what).into_iter().collect(), true)
    }

    /// Whether an event is of the time before a run that an inspection has shown already. The stream
    /// is a moment behind the answers; what it repeats may be older.
    fn is_superseded(&self, at: Timestamp, occurred: Occurred, now: Moment) -> bool {
        let (Some(began), Some(details)) = (self.started_at, &self.details) else { return false };
        let recently = |showed| now.since(showed) < STREAM_IS_BEHIND;
        let just_before = began.since(at) < EVENTS_OF_ONE_STORY;
        match occurred {
            Occurred::Before(_) => at < began,
            Occurred::Now => at < began && details.showed_run.is_some_and(recently) && just_before,
        }
    }

    fn hear_death(
        &mut self,
        exit_code: Option<i64>,
        at: Timestamp,
        moment: Moment,
    ) -> (Vec<What>, bool) {
        let mut changes = Vec::new();
        match self.status {
            Status::Running | Status::Paused => {}
            // Its start was not reported.
            Status::Created => changes.extend(self.set(None, moment, What::Started(By::Untold))),
            // An inspection has shown this end already, or the Engine repeats itself: two deaths
            // without a start between them are one. If there was a start, an inspection shows it.
            _ => return (vec![What::DeathRepeated { exit_code }], false),
        }
        let died = What::Died { exit_code, from: self.status, unseen: 0 };
        changes.extend(self.set(Some(at), moment, died));
        (changes, true)
    }

    /// Whether a start at that time is that of the present run.
    fn is_present_run(&self, at: Timestamp) -> bool {
        self.started_at.is_none_or(|began| distance(at, began) <= SAME)
    }

    /// From now on it is not known what the settings are that an inspection has shown.
    fn outdate(&mut self, now: Moment) {
        if let Some(details) = &mut self.details {
            details.outdated = Some(now);
        }
    }

    /// Remembers what was sent to the present run.
    fn signal(&mut self, action: &Action, at: Moment) -> Option<What> {
        match action {
            Action::Oom if self.signals.oom >= Some(at) => None,
            Action::Kill { signal } => {
                if let Some(sent) = self.sent_by(action, at) {
                    self.signals.kill = sent.kill;
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

    /// What somebody sent with this event, if it was meant to end the container.
    fn sent_by(&self, action: &Action, at: Moment) -> Option<Signals> {
        let kill = match action {
            Action::Stop => None,
            Action::Kill { signal } => {
                let stop_signal = self.details.as_ref().and_then(|it| it.stop_signal.as_deref());
                let force = signals::meaning(signal, stop_signal)?;
                Some(Kill { at, force })
            }
            _ => return None,
        };
        let stop = kill.is_none().then_some(at);
        Some(Signals { kill, stop, oom: None })
    }

    /// Podman reports a restart before the death when somebody asked for it, after it when the
    /// policy restarts.
    pub(super) fn restarted_by_podman(&mut self, at: Moment) {
        if self.status.is_up() {
            self.signals.stop = Some(at);
            self.signals.kill = Some(Kill { at, force: Force::Polite });
        }
    }

    /// The one place where what is believed of a container changes. `None`: it was so already.
    /// `at` is the Engine's time, where it wrote one down.
    pub(super) fn set(
        &mut self,
        at: Option<Timestamp>,
        moment: Moment,
        what: What,
    ) -> Option<What> {
        match &what {
            What::Started(_) if !self.status.is_up() => {
                self.status = Status::Running;
                self.started_at = at;
                self.began = Some(moment);
                self.health = self.health.map(|_| Health::Starting);
                self.signals = Signals::default();
                self.paused = None;
            }
            What::Died { exit_code, .. } if self.status.is_up() => {
                self.status = Status::Exited;
                self.exit_code = *exit_code;
                self.uncounted = self.uncounted.saturating_add(1);
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
        self.since = self.since.max(moment);
        Some(what)
    }

    /// Whether an inspection asked for at that moment or later has been taken in.
    pub fn known_since(&self, moment: Moment) -> bool {
        self.details.as_ref().is_some_and(|details| details.asked >= moment)
    }

    /// How long its present or last run had lasted by then; `None` where no clock can tell.
    pub fn ran_until(&self, moment: Moment) -> Option<Duration> {
        self.began.map(|began| moment.since(began))
    }

    /// Whether it was made and has never run.
    pub fn is_new(&self) -> bool {
        self.status == Status::Created
    }

    /// Whether the Engine tried to start it and could not.
    pub fn failed_to_start(&self) -> bool {
        !self.status.is_up() && self.details.as_ref().is_some_and(|it| !it.error.is_empty())
    }

    /// Whether it is known to have a restart policy.
    pub fn has_policy(&self) -> bool {
        self.restart_policy().is_some_and(|policy| policy != RestartPolicy::No)
    }

    /// Its restart policy, where known.
    pub fn restart_policy(&self) -> Option<RestartPolicy> {
        let details = self.details.as_ref().filter(|details| details.outdated.is_none());
        details.map(|details| details.restart_policy)
    }
}
