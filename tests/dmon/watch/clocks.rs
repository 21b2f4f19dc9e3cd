//! Wall clocks that are set, the Engine's or this host's: what happens is judged in the order in which
//! it comes in, and as ever.

use std::time::Duration;

use super::{
    AT_ONCE, DOWN, RECOVERED, RESTARTED, engine, expect_death, fail, restart, start, stop, watch,
};
use crate::support::engine::{Container, ScriptedEngine};
use crate::support::watching::Watching;

const RESTART_FAILED: &str = "🚨 Container Restart Failed - CRITICAL";

const HOUR: i64 = 3600;

/// What is asked for by somebody is reported after the grace of a second.
const AFTER_THE_GRACE: Duration = Duration::from_secs(4);

/// The containers of one round: a relapse would be another story.
fn names(round: usize) -> [String; 4] {
    ["web", "db", "api", "batch"].map(|name| format!("{name}-{round}"))
}

fn engine_of_rounds(count: usize) -> ScriptedEngine {
    ScriptedEngine::new((0..count).flat_map(names).map(|name| Container::new(&name)))
}

/// What people and containers do is judged as what it is.
fn expect_the_usual_stories(engine: &ScriptedEngine, dmon: &mut Watching, round: usize) {
    let [web, db, api, batch] = &names(round);
    restart(engine, web);
    let fields = [("Container", web.as_str()), ("Type", "Manual restart")];
    dmon.within(AFTER_THE_GRACE).expect(RESTARTED, &fields);
    stop(engine, db);
    let fields = [("Container", db.as_str()), ("Cause", "stopped on request")];
    dmon.within(AFTER_THE_GRACE).expect(DOWN, &fields);
    start(engine, db);
    dmon.within(AT_ONCE).expect(RECOVERED, &[("Container", db)]);
    expect_death(engine, dmon, api);
    start(engine, api);
    dmon.within(AT_ONCE).expect(RECOVERED, &[("Container", api)]);
    fail(engine, web, 4);
    let fields = [("Container", web.as_str()), ("Cause", "ended soon after it was started")];
    dmon.within(AT_ONCE).expect(RESTART_FAILED, &fields);
    restart_by_policy(engine, batch);
    let fields = [("Container", batch.as_str()), ("Type", "Automatic restart")];
    dmon.within(AFTER_THE_GRACE).expect(RESTARTED, &fields);
}

/// A container whose policy answers its crash.
fn restart_by_policy(engine: &ScriptedEngine, name: &str) {
    engine.change(name, |container| container.ends(1).status("restarting").restarts("always", 1));
    engine.tell(name, "die", &[("exitCode", "1")]);
    start(engine, name);
}

#[test]
fn containers_that_started_in_the_future_are_judged_as_others_are() {
    // The host came up with its clock ahead, the containers started, then the clock was set.
    let engine = engine_of_rounds(1);
    engine.set_clock(2 * HOUR);
    for name in names(0) {
        engine.change(&name, Container::runs);
    }
    engine.set_clock(0);
    let mut dmon = watch(&engine, &[("REALTIME_CHECK_INTERVAL", "10")]);
    expect_the_usual_stories(&engine, &mut dmon, 0);
    assert_eq!(engine.requests_of("/events"), 1, "nothing was lost");
    dmon.end();
}

/// Sets the Engine's clock while dmon watches, twice: away from this host's and back.
fn check_step(ahead: i64) {
    let engine = engine_of_rounds(3);
    let mut dmon = watch(&engine, &[("REALTIME_CHECK_INTERVAL", "10")]);
    for (round, ahead) in [0, ahead, 0].into_iter().enumerate() {
        engine.set_clock(ahead);
        expect_the_usual_stories(&engine, &mut dmon, round);
    }
    let requests = engine.requests().len();
    assert!(requests < 300, "{requests} requests: it is asked without end");
    dmon.expect_health(0, "");
    dmon.end();
}

#[test]
fn a_clock_that_is_set_back_by_hours_changes_no_verdict() {
    check_step(-2 * HOUR);
}

#[test]
fn a_clock_that_is_set_ahead_by_hours_changes_no_verdict() {
    check_step(2 * HOUR);
}

#[test]
fn a_clock_that_is_set_back_by_a_day_changes_no_verdict() {
    check_step(-24 * HOUR);
}

#[test]
fn a_stream_that_breaks_on_a_clock_that_was_set_back_loses_nothing() {
    let engine = engine();
    let mut dmon = watch(&engine, &[("REALTIME_CHECK_INTERVAL", "3600")]);
    expect_death(&engine, &mut dmon, "web");
    engine.set_clock(-2 * HOUR);
    engine.end_streams();
    fail(&engine, "db", 4);
    dmon.expect(DOWN, &[("Container", "db")]).says("code 4");
    engine.wait_for_listener();
    start(&engine, "web");
    dmon.expect(RECOVERED, &[("Container", "web")]);
    dmon.end();
}
