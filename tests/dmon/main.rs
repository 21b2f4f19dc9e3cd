//! dmon's tests of the whole: the real binary against scripted peers and real Engines.
#![expect(clippy::unwrap_used, reason = "a test's helper fails as the test does: at once, aloud")]

mod check;
mod config;
mod courier;
mod engine_asked;
mod engine_http;
mod engine_listened;
mod engine_real;
mod example_settings;
mod explain;
mod health;
mod layers;
mod logging;
mod looks;
mod memory;
mod once;
mod once_on_real_engine;
mod readme;
mod recordings;
mod setup;
mod simulation;
mod slack_bodies;
mod store;
mod support;
mod support_works;
mod watch;
mod watch_on_real_engine;
