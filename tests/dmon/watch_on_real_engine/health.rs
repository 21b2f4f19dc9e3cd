//! Containers that run and are not well.

use super::{DOWN, FAILED, LIFE, RECOVERED, RESTARTED, WARNING, watch};
use crate::support::real_engine::RealEngine;

const CHECKED: &[&str] = &[
    "--health-cmd=test ! -e /tmp/ill || { echo I feel ill; false; }",
    "--health-interval=1s",
    "--health-retries=2",
];

#[test]
fn a_failing_check_is_told_and_so_is_its_end() {
    let Some(engine) = RealEngine::find_docker("leaves health checks to systemd") else { return };
    engine.run("web", CHECKED, LIFE);
    engine.wait_for("web", "{{.State.Health.Status}}", "healthy");
    let mut dmon = watch(&engine, &[]);
    engine.exec("web", &["touch", "/tmp/ill"]);
    let fields = [
        ("Container", "web"),
        ("Status Change", "running → unhealthy"),
        ("Cause", "health check failing"),
    ];
    dmon.expect(WARNING, &fields).says("I feel ill");
    engine.exec("web", &["rm", "/tmp/ill"]);
    let fields = [("Container", "web"), ("Status Change", "unhealthy → healthy")];
    dmon.expect(RECOVERED, &fields);
    dmon.end();
}

#[test]
fn one_that_ends_while_its_check_fails_is_worse() {
    let Some(engine) = RealEngine::find_docker("leaves health checks to systemd") else { return };
    engine.run("web", CHECKED, LIFE);
    engine.wait_for("web", "{{.State.Health.Status}}", "healthy");
    let mut dmon = watch(&engine, &[]);
    engine.exec("web", &["touch", "/tmp/ill"]);
    dmon.expect(WARNING, &[("Cause", "health check failing")]);
    engine.fail("web");
    dmon.expect(DOWN, &[("Cause", "exited by itself with code 3")]);
    engine.tell(&["start"], "web");
    engine.exec("web", &["rm", "/tmp/ill"]);
    engine.wait_for("web", "{{.State.Health.Status}}", "healthy");
    dmon.expect(RECOVERED, &[("Container", "web")]);
    dmon.end();
}

#[test]
fn a_restart_that_never_gets_healthy_has_failed() {
    let Some(engine) = RealEngine::find_docker("leaves health checks to systemd") else { return };
    engine.run("web", CHECKED, LIFE);
    engine.wait_for("web", "{{.State.Health.Status}}", "healthy");
    let mut dmon = watch(&engine, &[("RESTART_GRACE", "30")]);
    engine.tell(&["stop"], "web");
    let ill = format!("{}:/tmp/ill", engine.full_name("web"));
    engine.docker(&["cp", file!(), &ill]);
    engine.tell(&["start"], "web");
    dmon.expect(RESTARTED, &[("Container", "web"), ("Type", "Manual restart")]);
    let fields = [("Container", "web"), ("Status Change", "starting → unhealthy")];
    dmon.expect(FAILED, &fields).says("I feel ill");
    engine.exec("web", &["rm", "/tmp/ill"]);
    dmon.expect(RECOVERED, &[("Container", "web")]);
    dmon.end();
}

#[test]
fn a_pause_is_told_when_it_lasts() {
    let Some(engine) = RealEngine::find() else { return };
    engine.run("web", &[], LIFE);
    let mut dmon = watch(&engine, &[("RESTART_GRACE", "1")]);
    engine.tell(&["pause"], "web");
    let fields = [
        ("Container", "web"),
        ("Status Change", "running → paused"),
        ("Cause", "paused on request"),
    ];
    dmon.expect(WARNING, &fields);
    engine.tell(&["unpause"], "web");
    dmon.expect(RECOVERED, &[("Container", "web"), ("Status Change", "paused → running")]);
    dmon.end();
}

#[test]
fn a_short_pause_is_not_told() {
    let Some(engine) = RealEngine::find_docker("leaves health checks to systemd") else { return };
    engine.run("web", CHECKED, LIFE);
    engine.run("db", &[], LIFE);
    engine.wait_for("web", "{{.State.Health.Status}}", "healthy");
    let mut dmon = watch(&engine, &[("RESTART_GRACE", "4")]);
    engine.tell(&["pause"], "web");
    engine.tell(&["unpause"], "web");
    // Told later than a pause would be.
    engine.tell(&["stop"], "db");
    dmon.expect(DOWN, &[("Container", "db"), ("Cause", "stopped on request")]);
    dmon.end();
}
