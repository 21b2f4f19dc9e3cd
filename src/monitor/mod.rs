//! What dmon believes of the containers and why it tells somebody. Pure: no I/O, clocks, threads or
//! JSON in here.

pub mod container;
pub mod event;
pub mod exit_code;
pub mod filter;
pub mod severity;
