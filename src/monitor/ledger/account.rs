//! What is owed to Slack about one identity: the difference between what is true and what was told.

use std::time::Duration;

use super::incident::{Damping, Incident, Mark, Owed, Recovery, Told};
use crate::monitor::alert::{Alert, Kind, Repeat};
use crate::monitor::effect::{BatchId, Reason};
use crate::monitor::moment::Moment;
use crate::monitor::severity::Severity;

const DAY: Duration = Duration::from_hours(24);

/// The wait after the first notice of an automatic restart; it doubles up to [`DAY`].
const FIRST_WIDENING: Duration = Duration::from_mins(5);

/// What was told of an identity, and what is owed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Account {
    /// The incident, from its first problem until its recovery is told.
    pub incident: Option<Incident>,
    /// When the last recovery was told.
    pub recovered: Option<Moment>,
    /// Notices that are owed.
    pub notices: Vec<Notice>,
    /// How seldom automatic restarts are told.
    pub widening: Option<NoticeBackoff>,
}

/// A notice that is owed.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// When it may leave.
    pub due: Moment,
    /// What it says.
    pub alert: Alert,
    /// The batch that it is under way in.
    pub batch: Option<BatchId>,
}

/// How seldom the automatic restarts of an identity are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoticeBackoff {
    /// The wait after the last notice.
    pub wait: Duration,
    /// When the next notice may leave.
    pub next: Moment,
    /// The last restart.
    pub last: Moment,
}

impl Account {
    /// Takes in that there is this problem. Gives why it is not told now, if so.
    pub fn problem(&mut self, mut alert: Alert, now: Moment, cooldown: Duration) -> Option<Reason> {
        let repeat = alert.repeat.take();
        let times = repeat.map_or(1, |repeat| repeat.times);
        let Some(incident) = &mut self.incident else {
            let relapse = self.recovered.is_some_and(|told| now < told + cooldown);
            let opened = repeat.map_or(alert.moment, |repeat| repeat.moment);
            // A state of an earlier release does not say.
            let opened = if opened == Moment::default() { now } else { opened };
            self.incident = Some(Incident {
                began: repeat.map_or(alert.time, |repeat| repeat.since),
                opened,
                problem: alert,
                changed: now,
                times,
                recovery: None,
                trust: if relapse { Damping::AfterCooldown } else { Damping::AtOnce },
                told: None,
            });
            return None;
        };
        if incident.problem == alert && incident.recovery.is_none() {
            return None;
        }
        let recovery = incident.recovery.take();
        if let Some(said) = recovery.as_ref().and_then(|recovery| recovery.unsure) {
            // Slack may believe that it is well.
            self.recovered = Some(said);
            incident.relapsed(alert, times, now);
            return None;
        }
        let again = recovery.is_some() || incident.problem.time != alert.time;
        if again {
            incident.times = incident.times.saturating_add(times);
        }
        if again || incident.problem.kind.title() != alert.kind.title() {
            incident.changed = now;
        }
        incident.problem = alert;
        let told = incident.told?;
        (!incident.is_worse_than(&told)).then_some(Reason::InIncident)
    }

    /// Takes in that it is well.
    pub fn well(&mut self, recovered: Alert, now: Moment) {
        if let Some(incident) = &mut self.incident {
            let recovery = Recovery { since: now, alert: recovered, unsure: None };
            incident.recovery.get_or_insert(recovery);
        }
    }

    /// An incident that is over and was never worth telling leaves nothing behind.
    pub fn drop_what_is_not_worth_telling(&mut self, minimum: Severity) {
        self.incident
            .take_if(|incident| incident.told.is_none() && incident.problem.severity < minimum);
    }

    /// Adds a notice; one of the same kind that has not left yet takes it in.
    pub fn notice(&mut self, alert: Alert, due: Moment) {
        let same = |notice: &&mut Notice| {
            notice.batch.is_none()
                && std::mem::discriminant(&notice.alert.kind) == std::mem::discriminant(&alert.kind)
        };
        match self.notices.iter_mut().find(same) {
            Some(notice) => notice.alert = merged(&notice.alert, alert),
            None => self.notices.push(Notice { due, alert, batch: None }),
        }
    }

    /// Adds the notice of an automatic restart. Gives why it is not told now, if so.
    pub fn restarted(&mut self, alert: Alert, now: Moment) -> Option<Reason> {
        let widening = self.widening.take().filter(|widening| now < widening.last + DAY);
        let (wait, next) = widening.map_or((Duration::ZERO, now), |it| (it.wait, it.next));
        self.widening = Some(NoticeBackoff { wait, next, last: now });
        self.notice(alert, next.max(now));
        (next > now).then_some(Reason::Counted)
    }

    /// What is owed.
    pub fn owed(&self, cooldown: Duration, minimum: Severity) -> impl Iterator<Item = Owed<'_>> {
        let incident = self.incident.as_ref().and_then(|it| it.owed(cooldown, minimum));
        let notices = self.notices.iter().filter(|notice| notice.batch.is_none());
        let notices = notices.map(|notice| Owed {
            due: notice.due,
            mark: Mark::Notice,
            alert: &notice.alert,
            incident: None,
        });
        notices.chain(incident)
    }

    /// How much is owed, follow-ups aside.
    pub(super) fn entries(&self) -> usize {
        let owed = |incident: &Incident| incident.told.is_none() || incident.recovery.is_some();
        self.notices.len() + usize::from(self.incident.as_ref().is_some_and(owed))
    }

    /// Takes in that something was told.
    pub fn told(&mut self, mark: Mark, batch: BatchId, now: Moment) {
        let told =
            |severity, finality, follow_ups| Some(Told { at: now, severity, finality, follow_ups });
        match (mark, &mut self.incident) {
            (Mark::Problem(severity, finality), Some(incident)) => {
                let follow_ups = incident.told.map_or(0, |told| told.follow_ups);
                incident.told = told(severity, finality, follow_ups);
            }
            (Mark::FollowUp(severity, finality), Some(incident)) => {
                let follow_ups = incident.told.map_or(0, |told| told.follow_ups) + 1;
                incident.told = told(severity, finality, follow_ups);
            }
            (Mark::Recovered, Some(incident)) => {
                self.recovered = Some(now);
                if incident.recovery.is_some() {
                    self.incident = None;
                } else {
                    // It fell ill again while Slack was told that it is well: a new incident.
                    let (problem, times) = (incident.problem.clone(), 1);
                    incident.relapsed(problem, times, incident.changed);
                }
            }
            (Mark::Past, Some(incident)) => {
                if incident.recovery.is_some() {
                    self.incident = None;
                } else {
                    incident.began = incident.problem.time;
                    incident.opened = incident.problem.moment;
                    incident.times = 1;
                }
            }
            (Mark::Notice, _) => self.notices_told(batch, now),
            (_, None) => {}
        }
        // What ended by a notice of its own has no recovery to tell.
        self.incident.take_if(|incident| {
            let ended = incident.recovery.as_ref().is_some_and(|recovery| {
                !matches!(
                    recovery.alert.kind,
                    Kind::Recovered { .. } | Kind::EngineReachable { .. }
                )
            });
            incident.told.is_some() && ended
        });
    }

    fn notices_told(&mut self, batch: BatchId, now: Moment) {
        let told = |notice: &Notice| notice.batch == Some(batch);
        let restarts = self.notices.iter().any(|notice| {
            told(notice) && matches!(notice.alert.kind, Kind::RestartedAutomatically { .. })
        });
        self.notices.retain(|notice| !told(notice));
        if let Some(widening) = self.widening.as_mut().filter(|_| restarts) {
            widening.wait = (widening.wait * 2).clamp(FIRST_WIDENING, DAY);
            widening.next = now + widening.wait;
            for notice in &mut self.notices {
                if matches!(notice.alert.kind, Kind::RestartedAutomatically { .. }) {
                    notice.due = widening.next;
                }
            }
        }
    }

    /// Takes in that a recovery is being told.
    pub fn leaves(&mut self, mark: Mark, now: Moment) {
        if mark == Mark::Recovered
            && let Some(recovery) = self.incident.as_mut().and_then(|it| it.recovery.as_mut())
        {
            recovery.unsure.get_or_insert(now);
        }
    }

    /// Takes in that what left at that moment did not arrive.
    pub fn did_not_arrive(&mut self, left: Moment) {
        if let Some(recovery) = self.incident.as_mut().and_then(|it| it.recovery.as_mut()) {
            recovery.unsure.take_if(|unsure| *unsure == left);
        }
    }

    /// Takes in that a batch did not arrive, as far as is known.
    pub fn failed(&mut self, batch: BatchId) {
        let (back, kept) =
            self.notices.drain(..).partition(|notice: &Notice| notice.batch == Some(batch));
        self.notices = back;
        self.notices.iter_mut().for_each(|notice| notice.batch = None);
        let later: Vec<Notice> = kept;
        for notice in later {
            self.notice(notice.alert, notice.due);
        }
    }

    /// Takes over what is pending of the identity that had this name before.
    pub fn take_over(&mut self, before: Option<Self>) {
        let Some(before) = before else { return };
        for notice in before.notices {
            self.notices.push(notice);
        }
        let Some(mut incident) = before.incident else { return };
        if self.incident.is_none() {
            self.incident = Some(incident);
        } else if incident.told.is_none() {
            incident.problem.ended = incident.recovery.map(|recovery| recovery.alert.time);
            let (due, alert) = (incident.changed, incident.problem);
            self.notices.push(Notice { due, alert, batch: None });
        }
    }

    /// Whether there is nothing left to remember.
    pub fn is_settled(&self, now: Moment, cooldown: Duration) -> bool {
        self.incident.is_none()
            && self.notices.is_empty()
            && self.recovered.is_none_or(|told| now >= told + cooldown)
            && self.widening.is_none_or(|widening| now >= widening.last + DAY)
    }
}

/// Two notices of the same kind as one: the later's words, with how many and since when.
fn merged(before: &Alert, mut after: Alert) -> Alert {
    if let (Kind::EngineRestarted { restarted: known }, Kind::EngineRestarted { restarted }) =
        (&before.kind, &mut after.kind)
    {
        restarted.extend(known.iter().cloned());
        restarted.sort_unstable();
        restarted.dedup();
    }
    let before =
        before.repeat.unwrap_or(Repeat { times: 1, since: before.time, moment: before.moment });
    let more = after.repeat.map_or(1, |repeat| repeat.times);
    let times = before.times.saturating_add(more);
    Alert { repeat: Some(Repeat { times, ..before }), ..after }
}
