//! What a time without the Engine means.

use std::time::Duration;

use crate::monitor::moment::Moment;
use crate::timestamp::Timestamp;

/// After a gap nothing is judged for this long, so that the events the Engine tells again come in.
pub(in crate::monitor) const REPLAY_TAKES: Duration = Duration::from_millis(500);

/// The longest that containers are waited for which an Engine starts one after the other.
pub(in crate::monitor) const COMING_BACK_TAKES: Duration = Duration::from_mins(1);

/// Containers that the Engine's own start starts, start within this time.
const STARTED_TOGETHER: Duration = Duration::from_secs(30);

/// A time without the Engine.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::monitor) struct Gap {
    /// Since when nothing is known, for people.
    pub since: Timestamp,
    /// The same by dmon's own clock.
    pub known: Moment,
    /// What is known of the Engine in that time.
    pub absence: Absence,
    /// The newest event from before it.
    pub last_event: Option<Timestamp>,
    /// Whether the Engine remembers what it told before it.
    pub memory: Memory,
    /// The oldest event that it has told since it answers again: it runs since before that.
    pub remembers: Option<Timestamp>,
}

/// Whether an Engine remembers what it told. One that was restarted has forgotten all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::monitor) enum Memory {
    /// Not known.
    Unknown,
    /// It has told an event again.
    Kept,
}

/// What is known of the Engine in a time without it, least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::monitor) enum Absence {
    /// Nobody listened: the Engine may have been there all the time.
    Unknown,
    /// The stream ended: a proxy cut it, or the Engine was back before it was asked again, as one is
    /// whose socket belongs to its service manager.
    StreamEnded,
    /// Connections failed.
    Unreachable,
    /// The host was started anew.
    Rebooted,
}

/// The fates of the containers that ran when a gap began.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::monitor) struct Fates {
    /// Their present run is the one from before the gap.
    pub unmoved: usize,
    /// Started during the gap by nobody that is known: when.
    pub started: Vec<Timestamp>,
    /// Not up.
    pub down: usize,
    /// Of these, the tasks of Swarm services.
    pub tasks_down: usize,
    /// When the last one of those that started was known to have.
    pub last_known: Option<Moment>,
}

impl Gap {
    /// A gap that begins.
    pub(in crate::monitor) fn new(
        since: Timestamp,
        known: Moment,
        absence: Absence,
        last_event: Option<Timestamp>,
    ) -> Self {
        let (memory, remembers) = (Memory::Unknown, None);
        Self { since, known, absence, last_event, memory, remembers }
    }

    /// Whether the Engine's own start may have done what happened then: an Engine forgets its events
    /// when it ends, so what it remembers is from after its start.
    pub(in crate::monitor) fn spans_start(&self, at: Timestamp) -> bool {
        self.remembers.is_none_or(|oldest| at <= oldest + STARTED_TOGETHER)
    }
}

impl Fates {
    /// Whether the Engine restarted: then it took all containers along, or (with live-restore) none.
    pub(in crate::monitor) fn tell_of_restart(&self, absence: Absence) -> bool {
        let moved = self.started.len() + self.down;
        match absence {
            Absence::Rebooted => moved > 0,
            Absence::StreamEnded | Absence::Unreachable => moved > self.unmoved,
            Absence::Unknown => {
                let together = self.started_together();
                together > 1 && together > self.unmoved
            }
        }
    }

    /// The most containers that started within [`STARTED_TOGETHER`].
    fn started_together(&self) -> usize {
        let mut starts = self.started.clone();
        starts.sort_unstable();
        let within = |first: &Timestamp| {
            starts.iter().filter(|at| *at >= first && at.since(*first) <= STARTED_TOGETHER).count()
        };
        starts.iter().map(within).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_restart_moves_most_containers() {
        let check = |absence: Absence, unmoved, started: &[i64], down, expected: bool| {
            let started = started.iter().map(|at| Timestamp::from_seconds(*at)).collect();
            let fates = Fates { unmoved, started, down, ..Fates::default() };
            assert_eq!(fates.tell_of_restart(absence), expected, "{absence:?} {fates:?}");
        };
        check(Absence::Unknown, 0, &[10, 11, 12], 1, true);
        check(Absence::Unknown, 0, &[10], 0, false);
        check(Absence::Unknown, 5, &[10, 11, 12], 0, false);
        check(Absence::Unknown, 0, &[10, 100, 200], 0, false);
        check(Absence::StreamEnded, 0, &[], 3, true);
        check(Absence::StreamEnded, 4, &[10], 3, false);
        check(Absence::Unreachable, 0, &[10], 0, true);
        check(Absence::Unreachable, 0, &[], 1, true);
        check(Absence::Unreachable, 3, &[10], 0, false);
        check(Absence::Rebooted, 0, &[], 3, true);
        check(Absence::Rebooted, 0, &[], 0, false);
    }
}
