//! dmon itself: how it ends, how it begins anew, and who else asks.

use super::{DOWN, LIFE, RECOVERED, watch};
use crate::support::real_engine::RealEngine;

#[test]
fn it_ends_when_asked_and_goes_on_where_it_was() {
    let Some(engine) = RealEngine::find() else { return };
    engine.run("web", &[], LIFE);
    let mut dmon = watch(&engine, &[]);
    engine.fail("web");
    dmon.expect(DOWN, &[("Container", "web")]);
    dmon.stop();
    assert!(dmon.home.path().join("state/state.json").exists());
    dmon.begin();
    dmon.process().wait_for_line("watching");
    engine.tell(&["start"], "web");
    dmon.expect(RECOVERED, &[("Container", "web"), ("After", &engine.by_itself(3))]);
    dmon.end();
}

#[test]
fn what_happens_after_its_crash_is_told_once_from_the_engines_memory() {
    let Some(engine) = RealEngine::find() else { return };
    engine.run("web", &[], LIFE);
    engine.run("db", &[], LIFE);
    let mut dmon = watch(&engine, &[]);
    // From here on, the Engine is asked what there was since.
    engine.fail("db");
    dmon.expect(DOWN, &[("Container", "db")]);
    dmon.wait_until_remembered();
    dmon.kill();
    engine.fail("web");
    engine.wait_for("web", "{{.State.Status}}", "exited");
    dmon.begin();
    dmon.expect(DOWN, &[("Container", "web"), ("Cause", &engine.by_itself(3))]);
    dmon.end();
}

#[test]
fn what_was_open_at_its_crash_is_recovered_after_it() {
    let Some(engine) = RealEngine::find() else { return };
    engine.run("web", &[], LIFE);
    let mut dmon = watch(&engine, &[]);
    engine.fail("web");
    dmon.expect(DOWN, &[("Container", "web")]);
    dmon.wait_until_remembered();
    dmon.kill();
    engine.tell(&["start"], "web");
    dmon.begin();
    dmon.expect(RECOVERED, &[("Container", "web"), ("After", &engine.by_itself(3))]);
    dmon.end();
}

#[test]
fn a_grace_goes_on_after_its_crash() {
    let Some(engine) = RealEngine::find_docker("tells of a stop now and then") else { return };
    engine.run("web", &[], LIFE);
    let mut dmon = watch(&engine, &[("RESTART_GRACE", "5")]);
    engine.tell(&["stop"], "web");
    dmon.stop();
    dmon.begin();
    dmon.expect(DOWN, &[("Container", "web"), ("Cause", "stopped on request")]);
    dmon.end();
}

#[test]
fn a_second_one_is_refused_its_place() {
    let Some(engine) = RealEngine::find() else { return };
    let mut dmon = watch(&engine, &[]);
    let second = dmon.home.dmon(["watch"]);
    let second = second.env("DOCKER_SOCKET", &engine.address);
    let finished = second.env("SLACK_WEBHOOK_URL", dmon.slack.url()).run();
    assert_eq!(finished.code, Some(1), "{finished:?}");
    let pid = dmon.process().id().to_string();
    assert!(finished.stderr.contains(&pid), "{pid} in {}", finished.stderr);
    dmon.end();
}

#[test]
fn its_health_is_that_it_runs_and_has_looked() {
    let Some(engine) = RealEngine::find() else { return };
    let mut dmon = watch(&engine, &[]);
    let health = dmon.home.dmon(["health"]).run();
    assert_eq!(health.code, Some(0), "{health:?}");
    dmon.stop();
    let health = dmon.home.dmon(["health"]).run();
    assert_eq!(health.code, Some(1), "{health:?}");
}
