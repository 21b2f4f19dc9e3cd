//! What the Engine tells of a container as it happens.

use crate::monitor::container::{ContainerId, Health, Labels};
use crate::timestamp::Timestamp;

/// One event of the Engine's stream that dmon cares for.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// When the Engine says it happened (`timeNano`).
    pub time: Timestamp,
    /// Which container.
    pub id: ContainerId,
    /// What happened.
    pub action: Action,
    /// The container's name at that time, without a leading slash.
    pub name: String,
    /// Its image as it was asked for.
    pub image: String,
    /// Its labels: what is left of the event's attributes.
    pub labels: Labels,
}

/// What happened to a container. Exec, attach, resize and the like never get this far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// It was made.
    Create,
    /// Its main process started.
    Start,
    /// Its main process ended.
    Die {
        /// With this code; `None` where the Engine did not say.
        exit_code: Option<i64>,
        /// The event says that it was killed for memory (Podman 6; Docker has [`Action::Oom`]).
        out_of_memory: bool,
    },
    /// A signal was sent to it by somebody's request.
    Kill {
        /// The signal's number or name as the Engine wrote it; empty where it did not say (Podman).
        signal: String,
    },
    /// It was stopped by somebody's request.
    Stop,
    /// It was restarted by somebody's request (Docker: after the start; Podman: before the die, and
    /// also when the policy restarts it).
    Restart,
    /// Its processes were frozen.
    Pause,
    /// They go on.
    Unpause,
    /// A process in it was killed for memory.
    Oom,
    /// Its health check has a new verdict (Podman: a verdict, new or not).
    Health(Health),
    /// It has another name (`Event::name`).
    Rename {
        /// The name before; empty where the Engine did not say (Podman).
        from: String,
    },
    /// Its settings were changed while it exists (`docker update`): its restart policy may be
    /// another one.
    Update,
    /// It was removed.
    Destroy,
}
