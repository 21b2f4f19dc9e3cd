//! Wall clocks that are set, the Engine's or this host's: what happens is judged in the order in which
//! it comes in, and as ever.

use std::time::Duration;

use super::{
    AT_ONCE, DOWN, RECOVERED, RESTARTED, engine, expect_death, restart, start, stop, watch,
};
use crate::support::engine::ScriptedEngine;
use crate::support::watching::Watching;

const HOUR: i64 = 3600;

/// What is asked for by somebody is reported after the grace of a second.
const AFTER_THE_GRACE: Duration = Duration::from_secs(4);

/// One restart, one stop and one crash, each with its end, are judged as what they are.
fn expect_the_usual_stories(engine: &ScriptedEngine, dmon: &mut Watching) {
    restart(engine, "web");
    let fields = [("Container", "web"), ("Type", "Manual restart")];
    dmon.within(AFTER_THE_GRACE).expect(RESTARTED, &fields);
    stop(engine, "db");
    let fields = [("Container", "db"), ("Cause", "stopped on request")];
    dmon.within(AFTER_THE_GRACE).expect(DOWN, &fields);
    start(engine, "db");
    dmon.within(AT_ONCE).expect(RECOVERED, &[("Container", "db")]);
    expect_death(engine, dmon, "web");
    start(engine, "web");
    dmon.within(AT_ONCE).expect(RECOVERED, &[("Container", "web")]);
}

#[test]
fn containers_that_started_in_the_future_are_judged_as_others_are() {
    // The host came up with its clock ahead, the containers started, then the clock was set.
    let engine = engine();
    engine.set_clock(2 * HOUR);
    for name in ["web", "db"] {
        engine.change(name, crate::support::engine::Container::runs);
    }
    engine.set_clock(0);
    let mut dmon = watch(&engine, &[("REALTIME_CHECK_INTERVAL", "10")]);
    expect_the_usual_stories(&engine, &mut dmon);
    assert_eq!(engine.requests_of("/events"), 1, "nothing was lost");
    dmon.end();
}

/// Sets the Engine's clock while dmon watches, twice: away from this host's and back.
fn check_step(ahead: i64) {
    let engine = engine();
    let mut dmon = watch(&engine, &[("REALTIME_CHECK_INTERVAL", "10")]);
    for ahead in [ahead, 0] {
        engine.set_clock(ahead);
        expect_the_usual_stories(&engine, &mut dmon);
    }
    assert!(engine.requests().len() < 200, "it is not asked without end");
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
    super::fail(&engine, "db", 4);
    dmon.expect(DOWN, &[("Container", "db")]).says("code 4");
    engine.wait_for_listener();
    start(&engine, "web");
    dmon.expect(RECOVERED, &[("Container", "web")]);
    dmon.end();
}
