//! What dmon believes of the containers and why it tells somebody. Pure: no I/O, clocks, threads or
//! JSON in here.

pub mod alert;
pub mod cause;
pub mod container;
pub mod effect;
pub mod event;
pub mod exit_code;
pub mod filter;
pub mod identity;
pub mod input;
pub mod moment;
pub mod settings;
pub mod severity;
