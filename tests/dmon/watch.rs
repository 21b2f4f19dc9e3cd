//! `dmon watch` where things go wrong: an Engine that is absent, hangs, breaks off or tells nothing,
//! and a Slack that does not take what it is given.

mod engine_faults;
mod slack_faults;

use super::support::engine::{Container, ScriptedEngine};
use super::support::watching::Watching;

const DOWN: &str = "🚨 Container Status Alert - CRITICAL";
const RECOVERED: &str = "✅ Container Recovered";

/// An Engine with two containers that run.
fn engine() -> ScriptedEngine {
    ScriptedEngine::new([Container::new("web"), Container::new("db")])
}

/// Watches all that it has, which is looked at each second.
fn watch(engine: &ScriptedEngine, settings: &[(&str, &str)]) -> Watching {
    let often = [("REALTIME_CHECK_INTERVAL", "1"), ("RESTART_GRACE", "1")];
    let dmon = Watching::start(engine.address(), "", &[&often, settings].concat());
    engine.wait_for_listener();
    dmon
}

/// Ends one of its containers, of which it tells.
fn fail(engine: &ScriptedEngine, name: &str, exit_code: i64) {
    engine.change(name, |container| container.ends(exit_code));
    engine.tell(name, "die", &[("exitCode", &exit_code.to_string())]);
}

/// Starts it again.
fn start(engine: &ScriptedEngine, name: &str) {
    engine.change(name, Container::runs);
    engine.tell(name, "start", &[]);
}
