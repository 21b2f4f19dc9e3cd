//! dmon watches the Docker containers of a host through the Engine's API and tells Slack what
//! happened.
//!
//! The library is the binary's own, split off so that tests, benchmarks and the fuzzer reach the
//! same code; it promises no one a stable interface. Imports run down the layers only: `commands`
//! (3) name everything; `docker`, `slack` and `terminal` (2, the edges) know bytes and JSON and not
//! each other, but for `web`, which carries what the others send; `message`, `report` and `monitor`
//! (1) are pure: no I/O, no clocks, no threads.

pub mod args;
pub mod clock;
pub mod commands;
pub mod config;
pub mod docker;
pub mod help;
pub mod json_lines;
pub mod logging;
pub mod message;
pub mod monitor;
pub mod nearest;
pub mod report;
pub mod secret;
pub mod slack;
pub mod store;
pub mod terminal;
pub mod text_encoding;
pub mod timestamp;
pub mod web;
pub mod zone;
