//! Inspections under way, and containers of which none is answered. One that is not answered says
//! nothing of the Engine, nor of the other containers.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::monitor::container::ContainerId;
use crate::monitor::moment::Moment;
use crate::monitor::timers::Timers;

/// Whoever asks gives up ten seconds after it has begun, which may take a while where thousands are
/// asked for. An answer that is missing for longer got lost on the way.
const ANSWERED_WITHIN: Duration = Duration::from_mins(1);

/// An inspection that is open for longer is late.
const LATE_AFTER: Duration = Duration::from_secs(1);

/// An Engine that is busy answers late: only an inspection that fails for longer is worth a warning.
const WARN_AFTER: Duration = Duration::from_secs(3);

/// A container that could not be inspected is tried again after this at the earliest.
const BETWEEN_TRIES: Duration = Duration::from_secs(1);

/// A container that could not be inspected and of which nothing is new is tried again after this,
/// each time up to the longest.
const AGAIN_AFTER: (Duration, Duration) = (Duration::from_secs(10), Duration::from_mins(10));

/// After a gap, inspections are waited for this long; and this long if but a quarter of them is
/// open, since an Engine that is merely busy is late with all.
const WAITED_FOR: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(3));

/// Inspections that go unanswered for this long, with none that is answered, make dmon unhealthy.
const UNHEALTHY_AFTER: Duration = Duration::from_mins(1);

/// While some go unanswered, one of another container shows after this whether any is answered.
const PROBE_AFTER: Duration = Duration::from_secs(30);

/// What is asked of single containers.
#[derive(Clone, Debug, Default)]
pub(in crate::monitor) struct Inspections {
    under_way: Timers<ContainerId>,
    /// When the log is to name a container.
    warn_at: Timers<ContainerId>,
    failing: BTreeMap<ContainerId, Failing>,
    /// Containers of which the list says something else than is believed: if their inspection is
    /// late, another list is believed instead.
    doubted: BTreeSet<ContainerId>,
    /// How many were begun since the last gap.
    begun: usize,
    /// When the last one was answered.
    answered: Option<Moment>,
    /// Since when all fail.
    all_fail: Option<Moment>,
}

/// A container that cannot be inspected.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Failing {
    /// Since when.
    since: Moment,
    /// When the last try failed.
    last: Moment,
    /// When it may be tried again without a reason.
    next: Moment,
    tries: u32,
    /// Why, in one line.
    reason: String,
}

impl Inspections {
    /// Begins one, unless one is under way or has just failed. Whether it is to be asked for.
    pub(super) fn begin(&mut self, id: &ContainerId, now: Moment) -> bool {
        let just_failed =
            self.failing.get(id).is_some_and(|failing| now < failing.last + BETWEEN_TRIES);
        if just_failed || self.under_way.get(id).is_some() {
            return false;
        }
        self.under_way.set(id, Some(now));
        self.begun += 1;
        true
    }

    /// One was answered.
    pub(in crate::monitor) fn answered(&mut self, id: &ContainerId, now: Moment) {
        self.forget(id);
        self.answered = Some(now);
        self.all_fail = None;
    }

    /// One got no answer that can be used.
    pub(in crate::monitor) fn unanswered(&mut self, id: &ContainerId, reason: String, now: Moment) {
        self.under_way.set(id, None);
        self.all_fail.get_or_insert(now);
        if !self.failing.contains_key(id) {
            self.warn_at.set(id, Some(now + WARN_AFTER));
        }
        let failing = self.failing.entry(id.clone()).or_insert(Failing {
            since: now,
            last: now,
            next: now,
            tries: 0,
            reason: String::new(),
        });
        let (first, longest) = AGAIN_AFTER;
        let wait = first.saturating_mul(1 << failing.tries.min(10)).min(longest);
        failing.tries = failing.tries.saturating_add(1);
        (failing.last, failing.next, failing.reason) = (now, now + wait, reason);
    }

    /// Gives up what was lost on the way.
    pub(super) fn give_up(&mut self, now: Moment) {
        let lost: Vec<_> = self.under_way.due(now - ANSWERED_WITHIN).cloned().collect();
        for id in lost {
            let reason = format!("no answer within {} s", ANSWERED_WITHIN.as_secs());
            self.unanswered(&id, reason, now);
        }
    }

    /// The connections are gone on which they were under way.
    pub(super) fn nothing_is_under_way(&mut self) {
        self.under_way.clear();
        self.doubted.clear();
        self.begun = 0;
    }

    /// A container is no more.
    pub(super) fn forget(&mut self, id: &ContainerId) {
        self.under_way.set(id, None);
        self.warn_at.set(id, None);
        self.failing.remove(id);
        self.doubted.remove(id);
    }

    /// The list says something else of a container than is believed.
    pub(in crate::monitor) fn doubt(&mut self, id: &ContainerId) {
        if self.under_way.get(id).is_some() {
            self.doubted.insert(id.clone());
        }
    }

    /// Whether the inspection of a container that the list contradicts is late. Says so once.
    pub(super) fn wants_list(&mut self, now: Moment) -> bool {
        let under_way = &self.under_way;
        let doubted = self.doubted.len();
        self.doubted.retain(|id| under_way.get(id).is_some_and(|asked| now < asked + LATE_AFTER));
        self.doubted.len() < doubted
    }

    /// Until when to wait for those that are under way since a gap ended at `since`.
    pub(in crate::monitor) fn awaited_until(&self, since: Moment) -> Option<Moment> {
        let open = self.under_way.len();
        let (all, some) = WAITED_FOR;
        let wait = if open.saturating_mul(4) > self.begun { all } else { some };
        (open > 0).then_some(since + wait)
    }

    /// Whether what is asked about this container goes unanswered: for longer than is waited for an
    /// answer, or refused.
    pub(in crate::monitor) fn fails(&self, id: &ContainerId, wait: Duration, now: Moment) -> bool {
        let slow = self.under_way.get(id).is_some_and(|asked| now >= asked + wait);
        slow || self.failing.contains_key(id)
    }

    /// Whether the last inspection of a container was not answered.
    pub(in crate::monitor) fn is_failing(&self, id: &ContainerId) -> bool {
        self.failing.contains_key(id)
    }

    /// Whether it is too early to try a container again of which nothing new is known.
    pub(in crate::monitor) fn rests(&self, id: &ContainerId, now: Moment) -> bool {
        self.failing.get(id).is_some_and(|failing| now < failing.next)
    }

    /// Whether some go unanswered and none was answered lately: another container's would show
    /// whether any is.
    pub(in crate::monitor) fn wants_probe(&self, now: Moment) -> bool {
        !self.failing.is_empty() && self.answered.is_none_or(|it| now >= it + PROBE_AFTER)
    }

    /// What the log does not name yet: containers by reason.
    pub(in crate::monitor) fn warnings(&mut self, now: Moment) -> Vec<(String, Vec<ContainerId>)> {
        // In the order of their ids, whichever failed first.
        let ids: BTreeSet<ContainerId> = self.warn_at.due(now).cloned().collect();
        if ids.is_empty() {
            return Vec::new();
        }
        // While none is answered, the reason is the same for all: it is logged once.
        let given = self.failing.iter().filter(|(id, _)| self.warn_at.get(id).is_none());
        let given = given.filter(|_| self.all_fail.is_some());
        let logged: BTreeSet<String> = given.map(|(_, failing)| failing.reason.clone()).collect();
        let mut due: BTreeMap<String, Vec<ContainerId>> = BTreeMap::new();
        for id in ids {
            let reason = self.failing.get(&id).map(|failing| failing.reason.clone());
            let again = reason.as_ref().is_some_and(|reason| logged.contains(reason));
            self.warn_at.set(&id, again.then_some(now + PROBE_AFTER));
            if let Some(reason) = reason.filter(|_| !again) {
                due.entry(reason).or_default().push(id);
            }
        }
        due.into_iter().collect()
    }

    /// Containers that cannot be inspected, with the reason.
    pub(in crate::monitor) fn failing(&self) -> impl Iterator<Item = (&ContainerId, &str)> {
        self.failing.iter().map(|(id, failing)| (id, failing.reason.as_str()))
    }

    /// Why no inspection is answered, once that has lasted.
    pub(in crate::monitor) fn all_fail(&self, now: Moment) -> Option<&str> {
        let since = self.all_fail?;
        let lately = self.answered.is_some_and(|answered| now < answered + UNHEALTHY_AFTER);
        let long = self.answered.is_none() || now >= since + UNHEALTHY_AFTER;
        let latest = self.failing.values().max_by_key(|failing| failing.last)?;
        (long && !lately).then_some(latest.reason.as_str())
    }

    pub(super) fn deadline(&self) -> Option<Moment> {
        let lost = self.under_way.first().map(|asked| asked + ANSWERED_WITHIN);
        let doubted = self.doubted.iter().filter_map(|id| self.under_way.get(id));
        let late = doubted.map(|asked| asked + LATE_AFTER);
        lost.into_iter().chain(self.warn_at.first()).chain(late).min()
    }
}
