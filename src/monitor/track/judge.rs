//! What a death becomes: a restart, an outage, or a question still open. One pure function of what
//! is known at a moment; what follows from its verdict is in `settle`.

use std::time::Duration;

use super::subject::{Back, Death};
use crate::monitor::change::{By, Seen};
use crate::monitor::container::{RestartPolicy, Status};
use crate::monitor::identity::Identity;
use crate::monitor::moment::Moment;
use crate::monitor::world::Container;

/// The longest that an answer of the Engine is waited for before something is judged without it.
pub(in crate::monitor) const ANSWER_WITHIN: Duration = Duration::from_secs(1);

/// The same where the answer adds little to what is known: an outage is told within 50 ms.
const ANSWER_SOON: Duration = Duration::from_millis(35);

/// The same for its last log lines.
const LOG_WITHIN: Duration = Duration::from_millis(200);

/// The same for a container that runs again: nobody is in a hurry to hear who started it.
const RETURN_KNOWN_WITHIN: Duration = Duration::from_secs(10);

/// An automatic restart is told once it has lasted this long: a container that dies again at once
/// is told as a loop, not as two restarts and a loop.
pub(super) const STEADY: Duration = Duration::from_secs(2);

/// While its successor exists and has not started, an intended stop may take this long to become a
/// recreation: compose starts it when what it depends on is healthy.
pub(super) const SUCCESSOR_STARTS_WITHIN: Duration = Duration::from_mins(2);

/// Swarm starts a task's successor within this time.
pub(in crate::monitor) const SWARM_REPLACES_WITHIN: Duration = Duration::from_secs(15);

/// All that a verdict rests on.
pub(super) struct Case<'a> {
    /// The death.
    pub death: &'a Death,
    /// Whose.
    pub identity: &'a Identity,
    /// The container that died, as it is now or as it was last.
    pub container: &'a Container,
    /// The container that runs again, where one does.
    pub back: Option<(&'a Back, &'a Container)>,
    /// A container of the same identity that exists and has not started.
    pub successor: Option<&'a Container>,
    /// Whether the Engine tells who asked for a death.
    pub intents: Intents,
    /// `RESTART_GRACE`.
    pub restart_grace: Duration,
    /// Whether the container that died, or the one that runs again, can be inspected.
    pub inspection: Inspection,
    /// When the ping left that the Engine answered last, on a new connection.
    pub answered: Option<Moment>,
    /// Now.
    pub now: Moment,
}

/// Whether a container can be inspected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Inspection {
    /// It can, as far as is known.
    Works,
    /// It cannot: events and the list say all there is.
    Fails,
}

/// Whether the Engine tells who asked for a death.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::monitor) enum Intents {
    /// It does.
    Visible,
    /// It does not: Podman, or an Engine without events.
    Hidden,
}

/// What a death is, as far as can be said now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Not known before then, unless something is heard.
    Wait(Moment),
    /// The Engine must be asked first whether it is there.
    AskEngine,
    /// The container must be inspected first.
    Inspect,
    /// Its policy will start it again.
    GoesOn,
    /// Its policy has been about to start it again for so long that it has to be told.
    StillRestarting,
    /// Its policy, or Swarm, started it again.
    RestartedAutomatically,
    /// Somebody started it again.
    RestartedByRequest,
    /// Its identity runs in another container.
    Replaced,
    /// It is down.
    Down,
    /// It was down for longer than a restart or a recreation takes, and runs again.
    WasDown,
}

impl Case<'_> {
    /// The verdict.
    pub(super) fn verdict(&self) -> Verdict {
        if let Some((back, container)) = self.back {
            return self.returned(back, container);
        }
        let known = self.death.sign.known;
        let patience = self.container.signals.patience(self.death.sign.moment);
        if self.death.asked.is_none() && self.now < known + patience {
            return Verdict::Wait(known + patience);
        }
        let listed = self.inspection == Inspection::Fails && self.container.confirmed >= known;
        let answered = self.death.removed.is_some() || self.container.known_since(known) || listed;
        let answer_due = known + self.answer_within();
        if !answered && self.now < answer_due {
            return Verdict::Wait(answer_due);
        }
        if self.death.log.is_none() && self.now < known + LOG_WITHIN {
            return Verdict::Wait(known + LOG_WITHIN);
        }
        let policy = self.container.restart_policy().unwrap_or_default();
        if !answered && self.death.asked.is_none() && policy != RestartPolicy::No {
            return Verdict::Inspect;
        }
        if self.container.status == Status::Restarting && self.death.removed.is_none() {
            return self.restarting();
        }
        let in_swarm = matches!(self.identity, Identity::Swarm { .. });
        if self.by_itself() && !in_swarm {
            return Verdict::Down;
        }
        let until = known + self.grace();
        if self.now < until { Verdict::Wait(until) } else { self.confirmed(until) }
    }

    /// How long the inspection is waited for. An Engine that is busy with the end of a container
    /// answers late, and of one that nothing restarts the event says all that matters.
    fn answer_within(&self) -> Duration {
        let heard = self.death.seen == Seen::Heard && self.death.exit_code.is_some();
        let alone = heard && self.container.restart_policy() == Some(RestartPolicy::No);
        if alone { ANSWER_SOON } else { ANSWER_WITHIN }
    }

    /// Whether it is certain that nobody asked, and that nothing becomes of it. One that was removed
    /// while its policy was about to start it may be made anew.
    fn by_itself(&self) -> bool {
        let removed = self.death.removed.is_some() && self.container.has_policy();
        self.death.asked.is_none()
            && !removed
            && self.death.exit_code.is_some()
            && self.death.seen == Seen::Heard
            && self.intents == Intents::Visible
    }

    /// A death whose grace is over is told only if the Engine is there (one that is stopping stops
    /// everything) and if the container is still down.
    fn confirmed(&self, until: Moment) -> Verdict {
        let Some(answered) = self.answered.filter(|answered| *answered >= until) else {
            return Verdict::AskEngine;
        };
        let listed = self.inspection == Inspection::Fails && self.container.confirmed >= answered;
        let known = self.death.removed.is_some() || self.container.known_since(answered) || listed;
        if known || self.now >= answered + ANSWER_WITHIN { Verdict::Down } else { Verdict::Inspect }
    }

    fn restarting(&self) -> Verdict {
        if self.death.seen == Seen::Heard {
            return Verdict::GoesOn;
        }
        let until = self.death.sign.known + self.restart_grace;
        if self.now < until { Verdict::Wait(until) } else { Verdict::StillRestarting }
    }

    fn returned(&self, back: &Back, container: &Container) -> Verdict {
        let patience = match self.inspection {
            Inspection::Works => RETURN_KNOWN_WITHIN,
            Inspection::Fails => ANSWER_WITHIN,
        };
        let until = back.sign.known + patience;
        if !container.known_since(back.sign.known) && self.now < until {
            return Verdict::Wait(until);
        }
        match self.restarted(back, container) {
            Verdict::RestartedAutomatically if self.now < back.sign.known + STEADY => {
                Verdict::Wait(back.sign.known + STEADY)
            }
            Verdict::RestartedAutomatically => Verdict::RestartedAutomatically,
            _ if self.was_down(back) => Verdict::WasDown,
            verdict => verdict,
        }
    }

    /// Whether it was down for longer than a restart or a recreation takes. An outage is one, though
    /// dmon heard of it after its end.
    pub(super) fn was_down(&self, back: &Back) -> bool {
        let takes = if back.container != self.death.container {
            SUCCESSOR_STARTS_WITHIN.max(self.restart_grace)
        } else if self.by_itself() {
            ANSWER_WITHIN
        } else {
            self.grace()
        };
        let lasted = back.sign.moment.since(self.death.sign.moment);
        self.death.seen == Seen::Heard && lasted > takes
    }

    /// How it came back, by what is known now.
    pub(super) fn restarted(&self, back: &Back, container: &Container) -> Verdict {
        if back.container != self.death.container {
            let by_swarm = matches!(self.identity, Identity::Swarm { .. });
            let crashed = self.death.asked.is_none();
            let automatic = by_swarm && crashed;
            return if automatic { Verdict::RestartedAutomatically } else { Verdict::Replaced };
        }
        let before = self.death.restart_count;
        let after = container.details.as_ref().map(|details| details.restart_count);
        let automatic = match (back.by, before, after) {
            (By::Policy, ..) => true,
            (By::Somebody, ..) => false,
            // The policy counts what it restarts.
            (By::Untold, _, Some(0)) if container.known_since(back.sign.known) => false,
            (By::Untold, Some(before), Some(after)) if container.known_since(back.sign.known) => {
                after > before
            }
            (By::Untold, ..) => {
                self.death.asked.is_none() && container.restart_policy() != Some(RestartPolicy::No)
            }
        };
        if automatic { Verdict::RestartedAutomatically } else { Verdict::RestartedByRequest }
    }

    /// How long the death waits for what becomes of it.
    fn grace(&self) -> Duration {
        match (self.successor, self.identity) {
            (Some(successor), _) if successor.failed_to_start() => Duration::ZERO,
            (Some(_), _) => SUCCESSOR_STARTS_WITHIN.max(self.restart_grace),
            (None, Identity::Swarm { .. }) => SWARM_REPLACES_WITHIN.max(self.restart_grace),
            (None, _) => self.restart_grace,
        }
    }
}
