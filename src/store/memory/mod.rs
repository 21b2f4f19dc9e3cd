//! What the core remembers, in `state.json`. The core knows nothing of JSON, so each of its types
//! that is kept has a mirror here, which serde reads and writes. Neither decides what is worth
//! keeping (`monitor::state`) nor how a file is replaced (`store::state`).
//!
//! A field that is added to the core must be added here before this compiles. An older dmon's state
//! should stay readable: the new field is an `Option`, or has `#[serde(default)]`, where it is true
//! that the older dmon's silence means that; otherwise `VERSION` rises, and the older state is
//! set aside. Fields that this dmon does not know are passed over.

#[macro_use]
mod mirror;

mod alert;
mod ledger;
mod subject;
mod world;

use std::io;

use crate::monitor::state;
use crate::store::Store;
use crate::store::memory::ledger::Ledger;
use crate::store::memory::mirror::{Entries, Mirror, Moment, Timestamp};
use crate::store::memory::subject::{Identity, Subject};
use crate::store::memory::world::World;

/// The shape of what is written. Another one is not read.
const VERSION: u32 = 1;

/// What was saved last; [`state::State::default`] where nothing was. The error is the sentence that
/// tells of a state that is not understood and was set aside: go on without.
pub fn load(store: &Store) -> Result<state::State, String> {
    let state = store.load::<State>(VERSION)?;
    Ok(state.map(Mirror::core).unwrap_or_default())
}

/// Saves the state in the place of the last one, but for what was under way: nobody waits for it
/// after a restart.
pub fn save(store: &Store, state: &state::State) -> io::Result<()> {
    store.save(VERSION, &State::of(state))
}

/// The state as it is written, for whoever keeps it elsewhere than in a file.
pub fn to_bytes(state: &state::State) -> io::Result<Vec<u8>> {
    Ok(serde_json::to_vec(&State::of(state))?)
}

/// A state from [`to_bytes`].
pub fn from_bytes(bytes: &[u8]) -> io::Result<state::State> {
    Ok(serde_json::from_slice::<State>(bytes)?.core())
}

mirror! {
    struct State = state::State {
        world: World,
        subjects: Entries<Identity, Subject>,
        ledger: Ledger,
        answered: Option<Timestamp>,
        last_event: Option<Timestamp>,
        boot_id: Option<String>,
        clock: Clock,
    }

    struct Clock = state::Clock {
        wall: Timestamp,
        moment: Moment,
    }
}
