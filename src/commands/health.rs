//! `dmon health`: whether the dmon that stays up sees the Engine. For Docker's `HEALTHCHECK`.

use super::{Failed, io};
use crate::clock;
use crate::config::Config;
use crate::store::Store;

pub(super) fn run(config: &Config) -> Result<(), Failed> {
    let Some(store) = Store::find(&config.state_dirs) else {
        return Err(Failed::because(&"there is no state directory: no dmon has run here"));
    };
    store.check_alive(clock::wall()).map_err(|why| Failed::because(&why))?;
    io::print("the Engine is being watched\n");
    Ok(())
}
