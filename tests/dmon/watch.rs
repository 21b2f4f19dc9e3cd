//! `dmon watch` where things go wrong: an Engine that is absent, hangs, breaks off, answers nonsense
//! or reports nothing, clocks that are set, and a Slack that does not take what it is given.

mod clocks;
mod engine_faults;
mod matrix;
mod not_live;
mod slack_faults;
mod unanswered;

use std::time::Duration;

use super::support::engine::{Container, Reply, ScriptedEngine};
use super::support::watching::Watching;

const DOWN: &str = "🚨 Container Status Alert - CRITICAL";
const RECOVERED: &str = "✅ Container Recovered";
const RESTARTED: &str = "🔄 Container Restart Detected";
const UNREACHABLE: &str = "🚨 Docker Engine Unreachable - CRITICAL";
const REACHABLE: &str = "✅ Docker Engine Reachable";

/// What waits for nothing else is reported within 50 ms. On a busy machine it may take a second; one
/// more passes between two messages.
const AT_ONCE: Duration = Duration::from_secs(2);

/// Half a minute by the contract, and three seconds for a busy machine.
const UNREACHABLE_WITHIN: Duration = Duration::from_secs(33);

/// An Engine with two containers that run.
fn engine() -> ScriptedEngine {
    ScriptedEngine::new([Container::new("web"), Container::new("db")])
}

/// Watches all that it has, which is listed each second.
fn watch(engine: &ScriptedEngine, settings: &[(&str, &str)]) -> Watching {
    let dmon = watch_without_events(engine, settings);
    engine.wait_for_listener();
    dmon
}

/// The same where there may be no event stream.
fn watch_without_events(engine: &ScriptedEngine, settings: &[(&str, &str)]) -> Watching {
    let often = [("REALTIME_CHECK_INTERVAL", "1"), ("RESTART_GRACE", "1")];
    Watching::of_script(engine.address(), &[&often, settings].concat()).started()
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

/// What `docker stop` does to one that obeys.
fn stop(engine: &ScriptedEngine, name: &str) {
    engine.tell(name, "kill", &[("signal", "15")]);
    fail(engine, name, 0);
    engine.tell(name, "stop", &[]);
}

/// What `docker restart` does to one that obeys.
fn restart(engine: &ScriptedEngine, name: &str) {
    stop(engine, name);
    start(engine, name);
    engine.tell(name, "restart", &[]);
}

/// Ends a container, which is reported at once.
fn expect_death(engine: &ScriptedEngine, dmon: &mut Watching, name: &str) {
    fail(engine, name, 3);
    let fields = [("Container", name), ("Cause", "exited by itself with code 3")];
    dmon.within(AT_ONCE).expect(DOWN, &fields);
}

/// The path of a container's inspection.
fn inspection_of(name: &str) -> String {
    format!("/containers/{}/json", Container::new(name).id())
}

/// What somebody before the Engine answers.
fn page(status: &str, body: &str) -> Reply {
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\nContent-Type: text/plain\r\n");
    Reply::bytes(&format!("{head}Content-Length: {length}\r\n\r\n{body}"))
}
