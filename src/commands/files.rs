//! The files of a dmon that stays up: its lock, its memory, its sign of life. Where they cannot be
//! written it runs from memory and says so.

use super::Failed;
use crate::args::Output;
use crate::config::Config;
use crate::monitor::state::State;
use crate::store::Store;
use crate::store::alive::Alive;
use crate::store::lock::{Lock, LockError};
use crate::store::memory;

/// What a dmon that stays up may do with its files.
pub(super) enum Files {
    /// It keeps them.
    Kept {
        /// Where.
        store: Store,
        /// Held until the end.
        _lock: Lock,
    },
    /// It reads what another one keeps: it only prints.
    Read(Store),
    /// There are none.
    None,
}

impl Files {
    /// Opens the state directory and takes its lock. Fails where another dmon has it.
    pub(super) fn open(config: &Config, output: Output) -> Result<Self, Failed> {
        if output != Output::Slack {
            return Ok(Store::find(&config.state_dirs).map_or(Self::None, Self::Read));
        }
        let why = match Store::open(&config.state_dirs) {
            Ok(store) => match store.lock() {
                Ok(lock) => return Ok(Self::Kept { store, _lock: lock }),
                Err(error @ LockError::Suppressed { .. }) => return Err(Failed::because(&error)),
                Err(error @ LockError::Failed { .. }) => error.to_string(),
            },
            Err(error) => error,
        };
        log::warn!(
            "{why}: what was sent is forgotten when dmon ends, and dmon health does not see it; \
             set STATE_DIR to a directory that it can write"
        );
        Ok(Self::None)
    }

    /// What was remembered; nothing where nothing was, or where it cannot be understood.
    pub(super) fn load(&self) -> State {
        let (Self::Kept { store, .. } | Self::Read(store)) = self else { return State::default() };
        memory::load(store).unwrap_or_else(|warning| {
            log::warn!("{warning}");
            State::default()
        })
    }

    /// Writes what is to be remembered.
    pub(super) fn save(&self, state: &State) {
        if let Self::Kept { store, .. } = self
            && let Err(error) = memory::save(store, state)
        {
            log::error!("the state cannot be saved in {}: {error}", store.directory().display());
        }
    }

    /// Notes for `dmon health` how this dmon is.
    pub(super) fn mark_alive(&self, alive: &Alive) {
        if let Self::Kept { store, .. } = self
            && let Err(error) = store.mark_alive(alive)
        {
            log::warn!("no sign of life can be left in {}: {error}", store.directory().display());
        }
    }
}
