//! One incident: what was told of it, and what is owed.

use std::time::Duration;

use crate::monitor::alert::{Alert, AlertId, Condition, Kind, Repeat};
use crate::monitor::container::Status;
use crate::monitor::moment::Moment;
use crate::monitor::severity::Severity;
use crate::timestamp::Timestamp;

/// The waits before follow-ups, after the first, which is `ALERT_COOLDOWN`; the last one repeats.
const FOLLOW_UPS_AFTER: [Duration; 4] = [
    Duration::from_mins(30),
    Duration::from_hours(2),
    Duration::from_hours(8),
    Duration::from_hours(24),
];

/// A follow-up that would be due this soon leaves with a message that leaves now: what fell ill
/// together is spoken of together.
pub(super) const FOLLOW_UPS_GATHER_WITHIN: Duration = Duration::from_mins(1);

/// A problem, from its begin until its end is told.
#[derive(Clone, Debug, PartialEq)]
pub struct Incident {
    /// When its first problem began.
    pub began: Timestamp,
    /// The same by dmon's own clock.
    pub opened: Moment,
    /// The problem there is, or was last.
    pub problem: Alert,
    /// Since when the problem is that one.
    pub changed: Moment,
    /// How many problems there were.
    pub times: u32,
    /// Its recovery, once it is well.
    pub recovery: Option<Recovery>,
    /// How soon a recovery is told.
    pub trust: Damping,
    /// What Slack was told last; `None`: nothing yet.
    pub told: Option<Told>,
}

/// The end of a problem.
#[derive(Clone, Debug, PartialEq)]
pub struct Recovery {
    /// Since when it is well.
    pub since: Moment,
    /// What there is to say of it.
    pub alert: Alert,
    /// When it was said first, where Slack's answer did not come: perhaps Slack knows.
    pub unsure: Option<Moment>,
}

/// How soon a recovery is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damping {
    /// At once.
    AtOnce,
    /// After `ALERT_COOLDOWN` of being well, since the last recovery did not last that long.
    AfterCooldown,
}

/// What Slack was told last of an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// When.
    pub at: Moment,
    /// How bad it was.
    pub severity: Severity,
    /// How final it was.
    pub finality: Finality,
    /// How many follow-ups it had.
    pub follow_ups: u32,
}

/// How final a problem is. Only a rise is worth a word before the follow-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Finality {
    /// It may pass by itself.
    Passing,
    /// It stays until somebody acts.
    Lasting,
    /// It stays, and nothing more can become of it.
    Final,
}

/// Something that is owed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Owed<'a> {
    /// When it may leave.
    pub due: Moment,
    /// What its delivery changes.
    pub mark: Mark,
    /// What there is to say: the problem, the recovery, the notice.
    pub alert: &'a Alert,
    /// The incident it is part of; notices are part of none.
    pub incident: Option<&'a Incident>,
}

/// What the delivery of an alert changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// The incident is told, so bad and so final.
    Problem(Severity, Finality),
    /// A follow-up is told.
    FollowUp(Severity, Finality),
    /// The incident is over and told.
    Recovered,
    /// An incident that was over before it could be told is told.
    Past,
    /// Notices that were under way are told.
    Notice,
}

impl Owed<'_> {
    /// Whether it leaves with a message that leaves now.
    pub fn leaves(&self, now: Moment) -> bool {
        let early = match self.mark {
            Mark::FollowUp(..) => FOLLOW_UPS_GATHER_WITHIN,
            _ => Duration::ZERO,
        };
        self.due <= now + early
    }

    /// The alert as it is told.
    pub fn said(&self) -> Alert {
        let mut said = self.alert.clone();
        let Some(incident) = self.incident else { return said };
        let repeat = incident.repeat();
        said.repeat = (repeat.times > 1).then_some(repeat);
        match (self.mark, &incident.recovery, &incident.told) {
            (Mark::FollowUp(..), _, Some(told)) => {
                let nth = Duration::from_nanos(u64::from(told.follow_ups) + 1);
                said.id = AlertId::of(&said.identity, "follow-up", said.time + nth);
                said.repeat = Some(repeat);
            }
            (Mark::Past, Some(recovery), _) => said.ended = Some(recovery.alert.time),
            _ => {}
        }
        said
    }
}

impl Incident {
    /// Whether it is over, and Slack was never told of it or perhaps was told of its end.
    pub fn may_be_past(&self) -> bool {
        let over = |recovery: &Recovery| self.told.is_none() || recovery.unsure.is_some();
        self.recovery.as_ref().is_some_and(over)
    }

    /// How many problems there were, and since when.
    pub(super) fn repeat(&self) -> Repeat {
        Repeat { times: self.times, since: self.began, moment: self.opened }
    }

    /// It begins anew, and Slack does not know.
    pub(super) fn relapsed(&mut self, problem: Alert, times: u32, now: Moment) {
        self.began = problem.time;
        self.opened = problem.moment;
        self.problem = problem;
        self.changed = now;
        self.times = times;
        self.recovery = None;
        self.trust = Damping::AfterCooldown;
        self.told = None;
    }

    pub(super) fn is_worse_than(&self, told: &Told) -> bool {
        self.problem.severity > told.severity || finality(&self.problem.kind) > told.finality
    }

    pub(super) fn owed(&self, cooldown: Duration, minimum: Severity) -> Option<Owed<'_>> {
        let (severity, finality) = (self.problem.severity, finality(&self.problem.kind));
        let (due, mark, alert) = match (&self.recovery, &self.told) {
            (_, None) if severity < minimum => return None,
            (None, None) => (self.changed, Mark::Problem(severity, finality), &self.problem),
            (None, Some(told)) if self.is_worse_than(told) => {
                (self.changed, Mark::Problem(severity, finality), &self.problem)
            }
            // Nothing becomes of what is gone.
            (None, Some(_)) if matches!(self.problem.kind, Kind::Removed { .. }) => return None,
            (None, Some(told)) => {
                let due = told.at + wait(told, cooldown);
                (due, Mark::FollowUp(severity, finality), &self.problem)
            }
            (Some(recovery), None) => (recovery.since, Mark::Past, &self.problem),
            (Some(recovery), Some(_)) => {
                let lasts = match self.trust {
                    Damping::AtOnce => Duration::ZERO,
                    Damping::AfterCooldown => cooldown,
                };
                (recovery.since + lasts, Mark::Recovered, &recovery.alert)
            }
        };
        Some(Owed { due, mark, alert, incident: Some(self) })
    }
}

fn wait(told: &Told, cooldown: Duration) -> Duration {
    let later = match told.follow_ups {
        0 if cooldown > Duration::ZERO => return cooldown,
        0 => 0,
        follow_ups => usize::try_from(follow_ups - 1).unwrap_or(usize::MAX),
    };
    FOLLOW_UPS_AFTER[later.min(FOLLOW_UPS_AFTER.len() - 1)]
}

/// How final a problem is.
pub fn finality(kind: &Kind) -> Finality {
    match kind {
        Kind::RestartFailed { .. } | Kind::Removed { .. } => Finality::Final,
        Kind::Status { to: Condition::Is(Status::Exited | Status::Dead), .. } => Finality::Lasting,
        _ => Finality::Passing,
    }
}
