//! Containers that come, go, or change their names.

use super::{ADDED, DOWN, LIFE, RECOVERED, REMOVED, watch};
use crate::support::real_engine::RealEngine;

#[test]
fn a_new_container_is_told() {
    let Some(engine) = RealEngine::find() else { return };
    let mut dmon = watch(&engine, &[]);
    engine.run("web", &[], LIFE);
    let fields = [("Container", "web"), ("Status", "running"), ("Image", &engine.image())];
    dmon.expect(ADDED, &fields);
    dmon.end();
}

#[test]
fn one_that_is_removed_while_it_runs_is_an_incident() {
    let Some(engine) = RealEngine::find() else { return };
    engine.run("web", &[], LIFE);
    let mut dmon = watch(&engine, &[("RESTART_GRACE", "1")]);
    engine.tell(&["rm", "-f"], "web");
    let fields = [("Container", "web"), ("Previous Status", "running")];
    dmon.expect("🚨 Container Removed - CRITICAL", &fields);
    dmon.end();
}

#[test]
fn one_that_is_stopped_and_removed_is_one_story() {
    let Some(engine) = RealEngine::find_docker("tells of a stop now and then") else { return };
    engine.run("web", &[], LIFE);
    let settings = [("RESTART_GRACE", "5"), ("MANUAL_STOP_SEVERITY", "warning")];
    let mut dmon = watch(&engine, &settings);
    engine.tell(&["stop"], "web");
    engine.tell(&["rm"], "web");
    let fields = [("Container", "web"), ("Cause", "stopped on request and removed")];
    dmon.expect("⚠️ Container Removed - WARNING", &fields);
    dmon.end();
}

#[test]
fn one_that_was_down_already_is_removed_quietly() {
    let Some(engine) = RealEngine::find() else { return };
    engine.run("web", &[], &["true"]);
    engine.wait_for("web", "{{.State.Status}}", "exited");
    let mut dmon = watch(&engine, &[]);
    engine.tell(&["rm"], "web");
    dmon.expect(REMOVED, &[("Container", "web"), ("Previous Status", "exited")]);
    dmon.end();
}

#[test]
fn one_that_was_told_to_be_down_is_removed() {
    let Some(engine) = RealEngine::find() else { return };
    engine.run("web", &[], LIFE);
    let mut dmon = watch(&engine, &[]);
    engine.fail("web");
    dmon.expect(DOWN, &[("Container", "web")]);
    engine.tell(&["rm"], "web");
    dmon.expect(REMOVED, &[("Container", "web"), ("Previous Status", "exited")]);
    dmon.end();
}

#[test]
fn one_that_was_never_started_is_nobodys_business() {
    let Some(engine) = RealEngine::find() else { return };
    engine.run("db", &[], LIFE);
    let mut dmon = watch(&engine, &[]);
    engine.create("web", &[], &["true"]);
    engine.tell(&["rm"], "web");
    engine.fail("db");
    dmon.expect(DOWN, &[("Container", "db")]);
    dmon.end();
}

#[test]
fn a_new_name_goes_on_with_the_incident() {
    let Some(engine) = RealEngine::find() else { return };
    engine.run("web", &[], LIFE);
    let mut dmon = watch(&engine, &[]);
    engine.fail("web");
    dmon.expect(DOWN, &[("Container", "web")]);
    let (old, new) = (engine.full_name("web"), engine.full_name("shop"));
    engine.docker(&["rename", &old, &new]);
    engine.tell(&["start"], "shop");
    let fields = [("Container", "shop"), ("After", &engine.by_itself(3))];
    dmon.expect(RECOVERED, &fields);
    dmon.end();
}

#[test]
fn one_that_leaves_the_filter_is_watched_no_more() {
    let Some(engine) = RealEngine::find() else { return };
    engine.run("web", &[], LIFE);
    engine.run("db", &[], LIFE);
    let not = ("CONTAINER_NAME_EXCLUDE", "-hidden$");
    let mut dmon = watch(&engine, &[not]);
    let (old, new) = (engine.full_name("web"), engine.full_name("web-hidden"));
    engine.docker(&["rename", &old, &new]);
    engine.fail("web-hidden");
    engine.wait_for("web-hidden", "{{.State.Status}}", "exited");
    engine.fail("db");
    dmon.expect(DOWN, &[("Container", "db")]);
    dmon.end();
}
