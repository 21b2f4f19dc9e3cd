//! What is remembered of an identity, whichever container it lives in at the moment.

use std::time::Duration;

pub use super::problems::Problems;

use crate::monitor::alert::Repeat;
use crate::monitor::change::{By, Seen};
use crate::monitor::container::{ContainerId, Status};
use crate::monitor::effect::Reason;
use crate::monitor::moment::Moment;
use crate::monitor::signals::Intent;
use crate::monitor::world::Container;
use crate::timestamp::Timestamp;

/// So many deaths under a policy that goes on are a loop.
pub const LOOP_DEATHS: u32 = 3;

/// Within this time; and it is over when as much has passed without one. A process lost for want of
/// memory is spoken of as long.
pub const LOOP_WITHIN: Duration = Duration::from_mins(5);

/// An identity and what happens to it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Subject {
    /// The container it lives in, or lived in last; `None` once that is removed.
    pub container: Option<ContainerId>,
    /// The name of that container.
    pub name: String,
    /// Its image.
    pub image: String,
    /// Why nothing is told of it, if so.
    pub silent: Option<Reason>,
    /// The run that goes on, or the last.
    pub run: Option<Run>,
    /// A death that is not judged yet.
    pub death: Option<Death>,
    /// Frozen; becomes a problem after the grace.
    pub paused: Option<Observation>,
    /// A process was killed for memory; becomes a problem if the container goes on.
    pub out_of_memory: Option<Observation>,
    /// Its health check failed; becomes a problem once the probe's output is known.
    pub unhealthy: Option<Observation>,
    /// The Engine could not start it: becomes a problem at once.
    pub start_failed: Option<Observation>,
    /// A signal came that may have taken its restart policy away.
    pub signalled: Option<(Observation, String)>,
    /// What to say once it is well.
    pub arrival: Option<Arrival>,
    /// What is wrong with it.
    pub problems: Problems,
    /// Deaths within the last minutes that its restart policy, or Swarm, answered.
    pub deaths: Vec<LoopDeath>,
    /// How long its last automatic restart took.
    pub backoff: Option<Duration>,
    /// Deaths that were overtaken by the next one before they were told.
    pub overtaken: Option<Repeat>,
    /// Runs in a row that ended by themselves with code 0, without a restart policy.
    pub clean_ends: u32,
    /// Since when there is no container of this identity.
    pub gone: Option<Moment>,
}

/// What can be wrong, each by itself. The first is the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Symptom {
    /// It does not run.
    Down,
    /// It keeps dying.
    Loop,
    /// Its health check fails.
    Health,
    /// It was found restarting.
    Restarting,
    /// It is frozen.
    Paused,
    /// It lost a process for want of memory.
    Memory,
}

/// One run of a container.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// When it began, and since when that is known.
    pub sign: Observation,
    /// What it came from.
    pub origin: Origin,
    /// Whether its health check has ever passed.
    pub health: Passed,
    /// Whether it was told that its restart policy is off.
    pub policy_off: Passed,
}

/// Whether something has happened in a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Passed {
    /// Not yet.
    #[default]
    NotYet,
    /// It has.
    Once,
}

/// What a run came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It is the first that is known.
    First,
    /// Somebody restarted, recreated or started it.
    Request,
    /// Its policy, Swarm or the Engine's start.
    Automatic,
}

/// Something seen that waits to be judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Observation {
    /// When it happened, for people.
    pub at: Timestamp,
    /// The same by dmon's own clock.
    pub moment: Moment,
    /// Since when it is known.
    pub known: Moment,
    /// Found by comparing after a blind time: it happened between these two.
    pub between: Option<(Timestamp, Timestamp)>,
}

/// A death that waits to be judged.
#[derive(Clone, Debug, PartialEq)]
pub struct Death {
    /// When and since when it is known.
    pub sign: Observation,
    /// Which container died.
    pub container: ContainerId,
    /// With this code.
    pub exit_code: Option<i64>,
    /// What it was before.
    pub from: Status,
    /// Who asked, as far as was told.
    pub asked: Option<Intent>,
    /// Whether memory ran out just before.
    pub out_of_memory: bool,
    /// How it came to be known.
    pub seen: Seen,
    /// Deaths before it that went unseen.
    pub unseen: u32,
    /// The restart count before it, where known.
    pub restart_count: Option<u32>,
    /// The last lines of its log; `None` while they are awaited.
    pub log: Option<Vec<String>>,
    /// How long it ran.
    pub ran: Option<Duration>,
    /// What the run that ended came from.
    pub origin: Origin,
    /// The container, once it is removed.
    pub removed: Option<Box<Container>>,
    /// It, or its successor, runs again.
    pub back: Option<Back>,
    /// Whether it is among the subject's `deaths` already.
    pub counted: Passed,
}

/// The end of a death.
#[derive(Clone, Debug, PartialEq)]
pub struct Back {
    /// When and since when it is known.
    pub sign: Observation,
    /// Which container runs.
    pub container: ContainerId,
    /// Who started it.
    pub by: By,
}

/// A death that was answered by a restart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoopDeath {
    /// When, for people.
    pub at: Timestamp,
    /// The same by dmon's own clock.
    pub known: Moment,
    /// With this code.
    pub exit_code: Option<i64>,
}

/// A container that is new and whose first words wait until it is well.
#[derive(Clone, Debug, PartialEq)]
pub enum Arrival {
    /// A new identity.
    Added,
    /// A new container of a known identity.
    Recreated {
        /// The image of the container before.
        image_before: String,
    },
}

impl Subject {
    /// Forgets what belonged to the run that ended.
    pub(super) fn clear_signs(&mut self) {
        self.paused = None;
        self.out_of_memory = None;
        self.unhealthy = None;
        self.signalled = None;
    }
}
