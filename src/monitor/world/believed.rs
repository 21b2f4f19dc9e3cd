//! One container as it is believed to be, and the one place where that changes.

use std::time::Duration;

use crate::monitor::change::{By, What};
use crate::monitor::container::{Health, Inspected, Labels, Listed, Port, RestartPolicy, Status};
use crate::monitor::event::{Action, Event};
use crate::monitor::identity::Identity;
use crate::monitor::signals::{self, Kill, Signals};
use crate::timestamp::Timestamp;

/// The Engine writes the time of a start or an end down up to a third of a second before it tells
/// of it (0.32 s in the recordings): nearer than this, two times are of the same start or end.
pub(super) const SAME: Duration = Duration::from_secs(1);

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
    /// When its present run was last listed, by this host's clock, and how long it had lasted then at
    /// the least.
    pub listed: Option<(Timestamp, Duration)>,
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
            listed: None,
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
                // What was sent to the run before has had its effect.
                self.signals = Signals::default();
                return (Vec::new(), false);
            }
            Action::Start => {
                self.listed = None;
                What::Started(By::Untold)
            }
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
                return (vec![What::DeathTold], true);
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

    /// Whether it is known to have a restart policy.
    pub fn has_policy(&self) -> bool {
        self.restart_policy().is_some_and(|policy| policy != RestartPolicy::No)
    }

    /// Its restart policy, where known.
    pub fn restart_policy(&self) -> Option<RestartPolicy> {
        self.details.as_ref().map(|details| details.restart_policy)
    }
}
