//! A change in what is true of a container: the one thing that events and answers both become.

use crate::monitor::container::{ContainerId, Health, Status};
use crate::monitor::moment::Moment;
use crate::monitor::signals::Signals;
use crate::monitor::world::Container;
use crate::timestamp::Timestamp;

/// Something is other than it was.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Of which container.
    pub id: ContainerId,
    /// When, by the Engine's clock; `None` where the Engine wrote no time down.
    pub at: Option<Timestamp>,
    /// When, by dmon's own clock.
    pub moment: Moment,
    /// Since when it may have happened: when the container was last seen as it was before. What was
    /// heard happened then.
    pub earliest: Moment,
    /// How dmon knows.
    pub seen: Seen,
    /// What.
    pub what: What,
}

/// How a change came to be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// The Engine told as it happened: whoever asked for it was told of too.
    Heard,
    /// By comparing. Who asked is not known.
    Found,
}

/// What changed.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// It was made.
    Appeared,
    /// It runs.
    Started(By),
    /// It ended.
    Died {
        /// With this code, where known.
        exit_code: Option<i64>,
        /// What it was.
        from: Status,
        /// As many deaths before this one went unseen, each answered by its policy.
        unseen: u32,
    },
    /// The Engine reports a death that is known already: whoever asked for it is reported as well.
    DeathRepeated {
        /// With this code, where known.
        exit_code: Option<i64>,
    },
    /// The Engine reports what was sent to a run that is known to have ended.
    IntentRepeated(Signals),
    /// It is down in another way than before: the policy goes on, or has given up.
    Down(Status),
    /// The Engine could not start it: no event tells of that.
    StartFailed,
    /// It is frozen.
    Paused,
    /// It is no longer frozen.
    Unpaused,
    /// Its health check has another verdict.
    Health(Health),
    /// Its name is another; this was it before.
    Renamed(String),
    /// It is no more; this is the last that was known of it.
    Removed(Box<Container>),
    /// A signal was sent to it: not news by itself, but perhaps why it dies.
    Signalled(String),
    /// Somebody stopped it: the same.
    Stopped,
    /// Podman only: somebody, or its policy, restarts it.
    Restarted,
    /// A process in it was killed for memory.
    OutOfMemory,
}

impl What {
    /// Whether the Engine reports such a change by an event.
    pub fn has_event(&self) -> bool {
        matches!(self, Self::Started(_) | Self::Died { .. } | Self::Removed(_))
    }
}

/// Who started a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The restart count did not rise: somebody, or the Engine's own start.
    Somebody,
    /// The restart count rose.
    Policy,
    /// Not told: it follows from what was before.
    Untold,
}
