//! What Slack has been told and what it is owed. Cooldown, grouping, retry and "nothing is lost" are
//! this one table: what is owed is worked out anew each time from what is true and what was told,
//! so after an hour without Slack there is one message with today's truth.

mod account;
mod due;
mod incident;
mod pace;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

pub use account::{Account, Notice, NoticeBackoff};
pub use due::Due;
pub use incident::{Damping, Finality, Incident, Mark, Owed, Recovery, Told, finality};
pub use pace::Pace;

use incident::FOLLOW_UPS_GATHER_WITHIN;

use crate::monitor::alert::{Alert, Condition, Kind};
use crate::monitor::cause::Cause;
use crate::monitor::effect::{Batch, BatchId, Overflow, Reason, Suppressed};
use crate::monitor::identity::Identity;
use crate::monitor::input::Outcome;
use crate::monitor::moment::{Clocks, Moment};
use crate::monitor::settings::Settings;
use crate::monitor::severity::Severity;
use crate::monitor::track::{Closing, Transition, Unreported};

/// The most entries that are owed one by one; above it they are counted.
const OWED_AT_MOST: usize = 1_000;

/// What can wait does so no longer than this for more of its kind.
pub const GATHERS_FOR: Duration = Duration::from_secs(10);

/// A message of many parts, each slowly refused, takes less than this.
const DELIVERED_WITHIN: Duration = Duration::from_mins(5);

/// All accounts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ledger {
    /// By identity.
    pub accounts: BTreeMap<Identity, Account>,
    /// What there were too many of to be kept one by one.
    pub crowd: Vec<Overflow>,
    /// When the next message may leave.
    pub pace: Pace,
    /// The message under way: not part of the state, since nobody waits for it after a restart.
    pub under_way: Option<UnderWay>,
    /// Rises with each change of the others: not part of the state either.
    pub revision: u64,
    /// Made of the accounts.
    pub due: Due,
}

/// A message under way.
#[derive(Clone, Debug, PartialEq)]
pub struct UnderWay {
    batch: BatchId,
    marks: Vec<(Identity, Mark)>,
    crowd: Vec<Overflow>,
    containers: usize,
    left: Moment,
}

/// Whether more of the same is in the making (a grace runs, a new container is about to start), so
/// that what can wait should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum More {
    /// Yes.
    Coming,
    /// No.
    NotKnown,
}

impl Ledger {
    /// Takes in what happened to the outage of an identity. Gives what of it is not sent now, and
    /// why.
    pub(in crate::monitor) fn transition(
        &mut self,
        identity: &Identity,
        transition: Transition,
        clocks: &Clocks,
        settings: &Settings,
    ) -> Option<Suppressed> {
        match transition {
            Transition::Opened(alert) | Transition::Changed(alert) => {
                let reason = self.problem(alert.clone(), clocks.moment, settings);
                reason.map(|reason| Suppressed::of(&alert, reason))
            }
            Transition::Found(alert) => {
                self.problem(alert, clocks.moment, settings);
                self.introduced(identity, clocks.moment);
                None
            }
            Transition::Again(times) => {
                self.again(identity, times);
                None
            }
            Transition::Closed(closing) => self.closed(identity, closing, clocks, settings),
        }
    }

    fn closed(
        &mut self,
        identity: &Identity,
        closing: Closing,
        clocks: &Clocks,
        settings: &Settings,
    ) -> Option<Suppressed> {
        let now = clocks.moment;
        match closing {
            Closing::Recovered(about) => {
                let incident = self.incident(identity)?;
                let after = incident.problem.kind.cause().cloned();
                let (from, lasted) = (condition(&incident.problem), now.since(incident.opened));
                let kind = Kind::Recovered { after, from, lasted };
                let alert = Alert::of(identity, Severity::Info, kind, clocks.wall, now);
                self.well(Alert { about, ..alert }, now, settings);
                None
            }
            Closing::Reachable(changed) => {
                let lasted = now.since(self.incident(identity)?.opened);
                let kind = Kind::EngineReachable { lasted, changed };
                self.well(Alert::of_engine(Severity::Info, kind, clocks.wall, now), now, settings);
                None
            }
            Closing::By(notice, unreported) => {
                let notice = self.end(*notice, now, settings)?;
                match unreported {
                    Unreported::Notice => self.notice(notice, now, settings),
                    Unreported::Suppressed(what, reason) => {
                        let held = Suppressed::of(&notice, reason);
                        Some(Suppressed { what: what.to_owned(), ..held })
                    }
                }
            }
            Closing::Silently | Closing::Excluded => {
                self.close(identity);
                None
            }
        }
    }

    /// The same without what is not written to disk.
    pub(in crate::monitor) fn to_write(&self) -> Self {
        let (accounts, crowd) = (self.accounts.clone(), self.crowd.clone());
        let (pace, under_way) = (self.pace, self.under_way.clone());
        Self { accounts, crowd, pace, under_way, ..Self::default() }
    }

    /// Whether an incident of this identity is open, told or not.
    pub fn incident(&self, identity: &Identity) -> Option<&Incident> {
        self.accounts.get(identity)?.incident.as_ref()
    }

    /// Takes in what is wrong with an identity. Gives why it is not told now, if so.
    pub fn problem(&mut self, alert: Alert, now: Moment, settings: &Settings) -> Option<Reason> {
        let crowded = self.is_crowded(&alert.identity, settings);
        if crowded {
            self.count(&alert);
        }
        let account = self.account_or_new(&alert.identity);
        let severity = alert.severity;
        let told = Told { at: now, severity, finality: finality(&alert.kind), follow_ups: 0 };
        let held = account.problem(alert, now, settings.cooldown);
        let incident = account.incident.as_mut().filter(|it| it.told.is_none());
        match incident {
            Some(incident) if crowded => incident.told = Some(told),
            Some(_) if severity < settings.minimum_severity => return Some(Reason::BelowMinimum),
            _ => {}
        }
        held
    }

    /// Takes in that an identity is well.
    pub fn well(&mut self, recovered: Alert, now: Moment, settings: &Settings) {
        let Some(incident) = self.incident(&recovered.identity) else { return };
        let first = incident.recovery.is_none() && incident.told.is_some();
        if first && self.is_full(settings) {
            self.count(&recovered);
            return self.close(&recovered.identity);
        }
        let Some(account) = self.account(&recovered.identity) else { return };
        account.well(recovered, now);
        account.drop_what_is_not_worth_telling(settings.minimum_severity);
    }

    /// Counts in what belongs to an open incident.
    pub fn again(&mut self, identity: &Identity, times: u32) {
        let account = self.account(identity);
        if let Some(incident) = account.and_then(|account| account.incident.as_mut()) {
            incident.times = incident.times.saturating_add(times);
        }
    }

    /// Takes in that an incident ends by this notice instead of a recovery. Where Slack was told of
    /// it, it is told of its end, however little that matters; the notice is given back where there
    /// is none that Slack knows of. What Slack was never told stays owed.
    pub fn end(&mut self, mut notice: Alert, now: Moment, settings: &Settings) -> Option<Alert> {
        let Some(account) = self.account(&notice.identity) else { return Some(notice) };
        let Some(incident) = &account.incident else { return Some(notice) };
        if incident.told.is_none() {
            account.well(notice.clone(), now);
            account.drop_what_is_not_worth_telling(settings.minimum_severity);
            return Some(notice);
        }
        let repeat = incident.repeat();
        notice.repeat = (repeat.times > 1).then_some(repeat);
        account.incident = None;
        account.notice(notice, now);
        None
    }

    /// Drops an incident without a word.
    pub fn close(&mut self, identity: &Identity) {
        if self.incident(identity).is_some()
            && let Some(account) = self.account(identity)
        {
            account.incident = None;
        }
    }

    /// Adds a notice. Within an incident it is part of that story; one that was over before it could
    /// be sent is a story of its own. Gives what is not sent now, and why.
    pub fn notice(&mut self, alert: Alert, now: Moment, settings: &Settings) -> Option<Suppressed> {
        let held = Suppressed::of(&alert, Reason::InIncident);
        let open = self.incident(&alert.identity).is_some_and(|it| !it.may_be_past());
        if open && is_part_of_incident(&alert.kind) {
            if matches!(alert.kind, Kind::RestartedAutomatically { .. }) {
                let times = alert.repeat.map_or(1, |repeat| repeat.times);
                self.again(&alert.identity, times);
            }
            return Some(held);
        }
        let reason = self.add_notice(alert, now, settings)?;
        Some(Suppressed { reason, ..held })
    }

    fn add_notice(&mut self, alert: Alert, now: Moment, settings: &Settings) -> Option<Reason> {
        if alert.severity < settings.minimum_severity {
            return Some(Reason::BelowMinimum);
        }
        if self.is_crowded(&alert.identity, settings) {
            self.count(&alert);
            return None;
        }
        let account = self.account_or_new(&alert.identity);
        if matches!(alert.kind, Kind::RestartedAutomatically { .. }) {
            return account.restarted(alert, now);
        }
        account.notice(alert, now);
        None
    }

    /// Marks the problems of an identity as told, since the start message names it.
    fn introduced(&mut self, identity: &Identity, now: Moment) {
        let account = self.account(identity);
        if let Some(incident) = account.and_then(|account| account.incident.as_mut()) {
            let (severity, finality) =
                (incident.problem.severity, finality(&incident.problem.kind));
            incident.told = Some(Told { at: now, severity, finality, follow_ups: 0 });
        }
    }

    /// Moves what is known of an identity to its new name.
    pub fn rename(&mut self, from: &Identity, to: &Identity) {
        self.changes(from);
        self.changes(to);
        let Some(mut account) = self.accounts.remove(from) else { return };
        let incident = account.incident.iter_mut();
        let alerts = incident.flat_map(|incident| {
            let recovery = incident.recovery.iter_mut().map(|recovery| &mut recovery.alert);
            std::iter::once(&mut incident.problem).chain(recovery)
        });
        let notices = account.notices.iter_mut().map(|notice| &mut notice.alert);
        for alert in alerts.chain(notices) {
            alert.identity = to.clone();
        }
        // Another one had that name: what is pending of it is sent all the same.
        let before = self.accounts.remove(to);
        account.take_over(before);
        self.accounts.insert(to.clone(), account);
        let marks = self.under_way.iter_mut().flat_map(|under_way| &mut under_way.marks);
        for (identity, _) in marks.filter(|(identity, _)| identity == from) {
            identity.clone_from(to);
        }
    }

    /// The next message, if one is due.
    pub fn next(&mut self, now: Moment, more: More, settings: &Settings) -> Option<Batch> {
        self.due.update(&self.accounts, settings);
        if self.under_way.is_some() || now < self.pace.next {
            return None;
        }
        if self.due.first(more).is_none_or(|first| now < first) && self.crowd.is_empty() {
            return None;
        }
        let (cooldown, minimum) = (settings.cooldown, settings.minimum_severity);
        let accounts = self.due.due(now).into_iter().filter_map(|it| self.accounts.get(it));
        let owed = accounts.flat_map(|account| account.owed(cooldown, minimum));
        let mut due: Vec<Owed> = owed.filter(|owed| owed.leaves(now)).collect();
        due.sort_by(|a, b| rank(a.alert).cmp(&rank(b.alert)));
        let alerts: Vec<Alert> = due.iter().map(Owed::said).collect();
        let marks: Vec<_> =
            due.iter().map(|owed| (owed.alert.identity.clone(), owed.mark)).collect();
        let batch = self.pace.name();
        for (identity, mark) in &marks {
            if let Some(account) = self.account(identity) {
                account.leaves(*mark, now);
            }
        }
        for (identity, _) in marks.iter().filter(|(_, mark)| *mark == Mark::Notice) {
            let notices = self.account(identity).map(|account| &mut account.notices);
            for notice in notices.into_iter().flatten().filter(|notice| notice.due <= now) {
                notice.batch.get_or_insert(batch);
            }
        }
        let containers = alerts.iter().map(containers).sum();
        let crowd = self.crowd.clone();
        self.under_way =
            Some(UnderWay { batch, marks, crowd: crowd.clone(), containers, left: now });
        self.revision += 1;
        self.due.update(&self.accounts, settings);
        Some(Batch { id: batch, alerts, crowd })
    }

    /// Takes in what became of the message under way.
    pub fn delivery(&mut self, batch: BatchId, outcome: Outcome, now: Moment) {
        let Some(under_way) = self.under_way.take_if(|under_way| under_way.batch == batch) else {
            return;
        };
        self.revision += 1;
        if outcome != Outcome::Delivered {
            return self.owed_again(&under_way, outcome, now);
        }
        for (identity, mark) in &under_way.marks {
            if let Some(account) = self.account(identity) {
                account.told(*mark, batch, now);
            }
        }
        for told in under_way.crowd {
            for crowd in self.crowd.iter_mut().filter(|it| it.is_like(&told)) {
                crowd.count -= told.count;
            }
        }
        self.crowd.retain(|crowd| crowd.count > 0);
        self.pace.delivered(now, under_way.containers);
    }

    fn owed_again(&mut self, under_way: &UnderWay, outcome: Outcome, now: Moment) {
        for (identity, _) in &under_way.marks {
            if let Some(account) = self.account(identity) {
                account.failed(under_way.batch);
                if let Outcome::Failed { .. } = outcome {
                    account.did_not_arrive(under_way.left);
                }
            }
        }
        let wait = match outcome {
            Outcome::Failed { wait } => wait,
            _ => None,
        };
        self.pace.failed(now, wait);
    }

    /// A message that is under way for too long is given up: its delivery is not known.
    pub fn abandon(&mut self, now: Moment) -> Option<(BatchId, Duration)> {
        let under_way = self.under_way.as_ref()?;
        let (batch, lasted) = (under_way.batch, now.since(under_way.left));
        if lasted < DELIVERED_WITHIN {
            return None;
        }
        self.delivery(batch, Outcome::Unanswered, now);
        Some((batch, lasted))
    }

    /// Whether something of an identity is still to be sent.
    pub fn is_pending(&self, identity: &Identity, settings: &Settings) -> bool {
        let Some(account) = self.accounts.get(identity) else { return false };
        let mut owed = account.owed(settings.cooldown, settings.minimum_severity);
        owed.any(|owed| !matches!(owed.mark, Mark::FollowUp(..)))
    }

    /// After a restart nobody knows what became of a message: what it told is owed again.
    pub fn start_again(&mut self, settings: &Settings) {
        self.accounts.keys().for_each(|identity| self.due.outdate(identity));
        for incident in self.accounts.values_mut().filter_map(|it| it.incident.as_mut()) {
            // A state of an earlier release does not say.
            if incident.opened == Moment::default() {
                incident.opened = incident.changed;
            }
        }
        self.under_way = None;
        for notice in self.accounts.values_mut().flat_map(|account| &mut account.notices) {
            notice.batch = None;
        }
        self.due.update(&self.accounts, settings);
    }

    /// When the next message is due, or the one under way is given up; `None` when nothing is owed.
    pub fn deadline(&self, more: More) -> Option<Moment> {
        if let Some(under_way) = &self.under_way {
            return Some(under_way.left + DELIVERED_WITHIN);
        }
        let crowd = (!self.crowd.is_empty()).then_some(self.pace.next);
        let due = self.due.first(more).into_iter().chain(crowd).min()?;
        Some(due.max(self.pace.next))
    }

    /// Drops the accounts of which nothing is left to remember.
    pub fn forget(&mut self, now: Moment, settings: &Settings) {
        let settled = |account: &Account| account.is_settled(now, settings.cooldown);
        let settled = self.accounts.iter().filter(|(_, account)| settled(account));
        let settled: Vec<Identity> = settled.map(|(identity, _)| identity.clone()).collect();
        for identity in settled {
            self.changes(&identity);
            self.accounts.remove(&identity);
        }
    }

    /// The account of an identity, to be changed.
    fn account(&mut self, identity: &Identity) -> Option<&mut Account> {
        if self.accounts.contains_key(identity) {
            self.changes(identity);
        }
        self.accounts.get_mut(identity)
    }

    fn account_or_new(&mut self, identity: &Identity) -> &mut Account {
        self.changes(identity);
        self.accounts.entry(identity.clone()).or_default()
    }

    fn changes(&mut self, identity: &Identity) {
        self.revision += 1;
        self.due.outdate(identity);
    }

    fn is_crowded(&mut self, identity: &Identity, settings: &Settings) -> bool {
        self.incident(identity).is_none() && self.is_full(settings)
    }

    /// Whether as much is kept one by one as may be.
    fn is_full(&mut self, settings: &Settings) -> bool {
        self.due.update(&self.accounts, settings);
        self.due.entries() >= OWED_AT_MOST
    }

    fn count(&mut self, alert: &Alert) {
        let (title, image) = (alert.kind.title().to_owned(), alert.about.image.clone());
        let one = Overflow { title, image, count: 1 };
        match self.crowd.iter_mut().find(|crowd| crowd.is_like(&one)) {
            Some(crowd) => crowd.count += 1,
            None => self.crowd.push(one),
        }
    }
}

/// The worst first; of those, what did not come back after an Engine restart, then by name.
fn rank(alert: &Alert) -> (std::cmp::Reverse<Severity>, u8, &'static str, &str) {
    let order = match alert.kind.cause() {
        Some(Cause::NotBackAfterEngineRestart) => 0,
        _ => 1,
    };
    (std::cmp::Reverse(alert.severity), order, alert.kind.title(), &alert.about.name)
}

/// Whether nobody is in a hurry for it: what somebody asked for, and good news.
fn can_wait(alert: &Alert) -> bool {
    match &alert.kind {
        Kind::Status { cause, .. } => *cause == Cause::StoppedOnRequest,
        Kind::Removed { .. }
        | Kind::RestartedManually
        | Kind::RestartedAutomatically { .. }
        | Kind::Recreated { .. }
        | Kind::Added { .. }
        | Kind::Recovered { .. } => true,
        _ => false,
    }
}

/// Whether a notice of this kind, within an incident, is part of its story.
fn is_part_of_incident(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::RestartedManually
            | Kind::RestartedAutomatically { .. }
            | Kind::Recreated { .. }
            | Kind::Added { .. }
    )
}

/// How many containers an alert is about.
fn containers(alert: &Alert) -> usize {
    match &alert.kind {
        Kind::EngineRestarted { restarted } => restarted.len(),
        _ => 1,
    }
}

impl Overflow {
    fn is_like(&self, other: &Self) -> bool {
        self.title == other.title && self.image == other.image
    }
}

/// What a container was while it was not well, for its recovery.
pub fn condition(alert: &Alert) -> Condition {
    alert.kind.condition().unwrap_or(Condition::Is(crate::monitor::container::Status::Running))
}
