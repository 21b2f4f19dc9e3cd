//! When the state is written to disk. Nobody says that something changed: whoever keeps what is
//! written counts its changes, and the counts are compared.

use std::time::Duration;

use crate::monitor::moment::Moment;
use crate::timestamp::Timestamp;

/// The state is written at most this often, a message aside.
const BETWEEN_SAVES: Duration = Duration::from_secs(1);

/// That the Engine answered is written this often.
const BETWEEN_SAVES_OF_NOTHING: Duration = Duration::from_mins(1);

/// What the state was like at a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Revision {
    /// Changes of what is true of the containers, of what is remembered of identities, and of what
    /// was sent.
    pub changes: [u64; 3],
    /// When the Engine answered last.
    pub answered: Option<Timestamp>,
}

/// When the state is written.
#[derive(Clone, Debug)]
pub(super) struct Saver {
    saved: Revision,
    at: Moment,
}

impl Saver {
    /// What is there now, is on disk.
    pub(super) fn new(revision: Revision, now: Moment) -> Self {
        Self { saved: revision, at: now }
    }

    /// The state is written now.
    pub(super) fn saved(&mut self, revision: Revision, now: Moment) {
        *self = Self::new(revision, now);
    }

    /// When to write it; `None` while it is as it was.
    pub(super) fn due(&self, revision: Revision) -> Option<Moment> {
        if revision.changes != self.saved.changes {
            return Some(self.at + BETWEEN_SAVES);
        }
        (revision != self.saved).then(|| self.at + BETWEEN_SAVES_OF_NOTHING)
    }
}
