//! After a time without the Engine: when it is known what that time has changed. And what is
//! reported of the Engine itself.

use std::time::Duration;

use super::gap::{COMING_BACK_TAKES, REPLAY_TAKES};
use super::{Census, Fates, Gap, Link, Memory, Outage, Presence};
use crate::monitor::alert::{Alert, Kind};
use crate::monitor::link::not_live::{NotLive, UNREACHABLE_AFTER};
use crate::monitor::moment::Moment;
use crate::monitor::severity::Severity;
use crate::monitor::track::{Closing, SWARM_REPLACES_WITHIN, Transition};

/// Whether the Engine itself was restarted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::monitor) enum Restart {
    Yes,
    No,
}

impl Link {
    /// The gap that is being caught up with.
    pub(in crate::monitor) fn gap_caught_up_with(&self) -> Option<&Gap> {
        match &self.presence {
            Presence::CatchingUp { gap, .. } => Some(gap),
            Presence::Away(_) | Presence::Live => None,
        }
    }

    /// The gap whose changes can be looked at: the list is in, and so are the answers that are
    /// waited for.
    pub(in crate::monitor) fn gap_to_judge(&mut self, now: Moment) -> Option<Gap> {
        self.catches_up_at = self.judges_by_events_at().filter(|at| *at > now);
        let Presence::CatchingUp { gap, since, census: Census::Listed { at } } = &self.presence
        else {
            return None;
        };
        let waits = [Some(*since + REPLAY_TAKES), self.inspections.awaited_until(*at)];
        match waits.into_iter().flatten().max().filter(|until| now < *until) {
            None => Some(gap.clone()),
            Some(until) => {
                self.go_on_at(until);
                None
            }
        }
    }

    /// Whether the Engine restarted in a gap; `None` while containers may still come back.
    pub(in crate::monitor) fn restart_in(
        &mut self,
        gap: &Gap,
        fates: &Fates,
        grace: Duration,
        now: Moment,
    ) -> Option<Restart> {
        let Presence::CatchingUp { since, .. } = self.presence else { return None };
        if gap.memory == Memory::Kept || !fates.tell_of_restart(gap.absence) {
            return Some(Restart::No);
        }
        let patience = match fates.tasks_down {
            0 => grace,
            _ => SWARM_REPLACES_WITHIN.max(grace),
        };
        let settled = fates.last_known.unwrap_or(since).max(since) + patience;
        let until = settled.min(since + COMING_BACK_TAKES);
        if fates.down > 0 && now < until {
            self.go_on_at(until);
            return None;
        }
        Some(Restart::Yes)
    }

    /// Everything is known again; the gap has changed these.
    pub(in crate::monitor) fn is_caught_up(&mut self, changed: Vec<String>) {
        self.changed = changed;
        self.presence = Presence::Live;
        self.catches_up_at = None;
    }

    fn go_on_at(&mut self, moment: Moment) {
        self.catches_up_at = Some(self.catches_up_at.map_or(moment, |at| at.min(moment)));
    }

    /// Whether containers are judged: not while the Engine is away, nor while it is not known what
    /// that time has changed, unless the events have waited as long as they may.
    pub(in crate::monitor) fn may_judge(&self, now: Moment) -> bool {
        self.presence == Presence::Live || self.judges_by_events_at().is_some_and(|at| now >= at)
    }

    /// When the events that come in have to be judged, though a gap is not caught up with.
    fn judges_by_events_at(&self) -> Option<Moment> {
        let Presence::CatchingUp { since, .. } = &self.presence else { return None };
        self.opened.map(|_| *since + UNREACHABLE_AFTER)
    }

    /// What there is to report of the Engine itself.
    pub(in crate::monitor) fn transition(&mut self, now: Moment) -> Option<Transition> {
        let unreachable = self.not_live.as_ref().filter(|it| now >= it.unreachable_at());
        if let (Some(not_live), Outage::None) = (unreachable, self.outage) {
            self.outage = Outage::Reported;
            let kind = Kind::EngineUnreachable { reason: not_live.reason.clone() };
            let alert = Alert::of_engine(Severity::Critical, kind, not_live.at, not_live.since);
            return Some(Transition::Opened(alert));
        }
        if self.not_live.is_some() || self.presence != Presence::Live {
            return None;
        }
        let changed = std::mem::take(&mut self.changed);
        let before = std::mem::replace(&mut self.outage, Outage::None);
        (before == Outage::Reported).then_some(Transition::Closed(Closing::Reachable(changed)))
    }

    /// When it has to be reported that dmon is not live.
    pub(super) fn unreachable_at(&self) -> Option<Moment> {
        let not_live = self.not_live.as_ref().filter(|_| self.outage == Outage::None);
        not_live.map(NotLive::unreachable_at)
    }
}
