//! Everything the core remembers, as plain data: what `store` writes to disk.

use std::collections::BTreeMap;

use crate::monitor::identity::Identity;
use crate::monitor::ledger::Ledger;
use crate::monitor::moment::Moment;
use crate::monitor::subject::Subject;
use crate::monitor::world::World;
use crate::timestamp::Timestamp;

/// What the core remembers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    /// What is true of the containers.
    pub world: World,
    /// What is remembered of each identity.
    pub subjects: BTreeMap<Identity, Subject>,
    /// What was told and what is owed.
    pub ledger: Ledger,
    /// When the Engine answered last; `None` before the first look: what is found then is the
    /// baseline.
    pub answered: Option<Timestamp>,
    /// The newest event; the stream is asked again from there.
    pub last_event: Option<Timestamp>,
    /// The kernel's id of the boot in which all this was so.
    pub boot_id: Option<String>,
    /// Both clocks when all this was so.
    pub clock: Clock,
}

/// Both clocks at one time, so that waits go on after a restart of dmon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// The wall clock.
    pub wall: Timestamp,
    /// The clock that waits run on.
    pub moment: Moment,
}

impl Default for Clock {
    fn default() -> Self {
        Self { wall: Timestamp::from_seconds(0), moment: Moment::default() }
    }
}
