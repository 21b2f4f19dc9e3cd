//! `dmon health`: whether the dmon that stays up does what it is for. For Docker's `HEALTHCHECK`.

use super::{Failed, io};
use crate::config::Config;
use crate::store::Store;

pub(super) fn run(config: &Config) -> Result<(), Failed> {
    let Some(store) = Store::find(&config.state_dirs) else {
        return Err(Failed::because(&"there is no state directory: no dmon has run here"));
    };
    let warnings = store.check_alive().map_err(|why| Failed::because(&why))?;
    io::print("the Engine is being watched\n");
    for warning in warnings {
        io::print(&format!("warning: {warning}\n"));
    }
    Ok(())
}
