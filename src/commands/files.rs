//! The files of a dmon that stays up: its lock, its memory, its sign of life. Where they cannot be
//! written it runs from memory and says so.

use std::time::Duration;

use super::Failed;
use crate::args::Output;
use crate::config::Config;
use crate::monitor::state::State;
use crate::store::Store;
use crate::store::lock::Lock;
use crate::store::memory;
use crate::timestamp::Timestamp;

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
        match Store::open(&config.state_dirs) {
            Ok(store) => {
                let lock = store.lock().map_err(|error| Failed::because(&error))?;
                Ok(Self::Kept { store, _lock: lock })
            }
            Err(error) => {
                log::warn!(
                    "{error}: what was told is forgotten when dmon ends; set STATE_DIR to a \
                     directory that it can write"
                );
                Ok(Self::None)
            }
        }
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

    /// Notes for `dmon health` that the Engine was looked at.
    pub(super) fn mark_alive(&self, now: Timestamp, interval: Duration) {
        if let Self::Kept { store, .. } = self
            && let Err(error) = store.mark_alive(now, interval)
        {
            log::warn!("no sign of life can be left in {}: {error}", store.directory().display());
        }
    }
}
