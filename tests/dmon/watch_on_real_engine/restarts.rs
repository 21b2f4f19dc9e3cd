//! Containers that end and run again, or should.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use super::{DOWN, FAILED, LIFE, RECOVERED, RESTARTED, watch};
use crate::support::binary::Home;
use crate::support::real_engine::RealEngine;

/// Runs until it is told to fail, and from then on fails as soon as it is started.
const FRAIL: &[&str] = &["sh", "-c", "until test -e /tmp/fail; do sleep 0.1; done; exit 5"];

#[test]
fn a_restart_on_request_is_one_notice() {
    let Some(engine) = RealEngine::find() else { return };
    engine.run("web", &["--restart=always"], LIFE);
    let mut dmon = watch(&engine, &[]);
    engine.tell(&["restart"], "web");
    let fields = [("Container", "web"), ("Type", "Manual restart"), ("Status", "running ✅")];
    dmon.expect(RESTARTED, &fields);
    dmon.end();
}

#[test]
fn a_stop_and_a_start_within_the_grace_are_a_restart() {
    let Some(engine) = RealEngine::find() else { return };
    engine.run("web", &[], LIFE);
    let mut dmon = watch(&engine, &[("RESTART_GRACE", "30")]);
    engine.tell(&["stop"], "web");
    engine.tell(&["start"], "web");
    dmon.expect(RESTARTED, &[("Container", "web"), ("Type", "Manual restart")]);
    dmon.end();
}

#[test]
fn a_restart_by_its_policy_tells_why() {
    let Some(engine) = RealEngine::find() else { return };
    engine.run("web", &["--restart=on-failure"], LIFE);
    let mut dmon = watch(&engine, &[]);
    engine.fail("web");
    dmon.expect(
        RESTARTED,
        &[
            ("Container", "web"),
            ("Type", "Automatic restart"),
            ("Status", "running ✅"),
            ("Cause", &engine.by_itself(3)),
            ("Exit Code", "3"),
            ("Restart Count", "1"),
            ("Restart Policy", "on-failure"),
        ],
    );
    dmon.end();
}

#[test]
fn a_policy_restarts_what_ended_well_too() {
    let Some(engine) = RealEngine::find() else { return };
    engine.run("web", &["--restart=unless-stopped"], LIFE);
    let mut dmon = watch(&engine, &[]);
    engine.succeed("web");
    let fields = [("Type", "Automatic restart"), ("Cause", &engine.by_itself(0))];
    dmon.expect(RESTARTED, &fields);
    dmon.end();
}

#[test]
fn the_third_death_is_a_loop() {
    let Some(engine) = RealEngine::find() else { return };
    engine.run("web", &["--restart=always"], FRAIL);
    let mut dmon = watch(&engine, &[]);
    engine.exec("web", &["touch", "/tmp/fail"]);
    let told = dmon.expect(
        "🚨 Container Crash Loop - CRITICAL",
        &[("Container", "web"), ("Deaths", "3 in 5 minutes"), ("Exit Codes", "5")],
    );
    assert!(told.fields["Backoff"].ends_with(" s"), "{told:?}");
    dmon.end();
}

#[test]
fn the_last_try_of_a_policy_is_final() {
    let Some(engine) = RealEngine::find() else { return };
    engine.run("web", &["--restart=on-failure:2"], FRAIL);
    let mut dmon = watch(&engine, &[]);
    engine.exec("web", &["touch", "/tmp/fail"]);
    dmon.expect(
        FAILED,
        &[
            ("Container", "web"),
            ("Status Change", "running → exited"),
            ("Cause", "its restart policy gave up"),
            ("Exit Code", "5"),
            ("Restart Count", "2"),
            ("Restart Policy", "on-failure:2"),
        ],
    );
    dmon.end();
}

/// A program of which its container can be deprived, and which leads a [`LIFE`].
const PROGRAM: &str = "/bin/run";

/// Makes a container of [`PROGRAM`] and starts it.
fn run_program(engine: &RealEngine, name: &str) {
    engine.create(name, &[], &[PROGRAM]);
    give_program(engine, name);
    engine.tell(&["start"], name);
}

/// Puts [`PROGRAM`] into a container, which may be down.
fn give_program(engine: &RealEngine, name: &str) {
    let folder = Home::new();
    let program = folder.path().join("run");
    fs::write(&program, format!("#!/bin/sh\n{}\n", LIFE[2])).unwrap();
    fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
    let inside = format!("{}:{PROGRAM}", engine.full_name(name));
    engine.docker(&["cp", program.to_str().unwrap(), &inside]);
}

#[test]
fn one_that_cannot_be_started_is_told_with_the_engines_words() {
    let Some(engine) = RealEngine::find() else { return };
    run_program(&engine, "web");
    let mut dmon = watch(&engine, &[("REALTIME_CHECK_INTERVAL", "1")]);
    engine.docker(&["exec", &engine.full_name("web"), "rm", PROGRAM]);
    engine.fail("web");
    dmon.expect(DOWN, &[("Container", "web"), ("Exit Code", "3")]);
    engine.fails(&["start"], "web");
    let fields = [("Container", "web"), ("Cause", "the Engine could not start it")];
    let told = dmon.expect(FAILED, &fields);
    told.says("The Engine says").says(PROGRAM);
    assert_ne!(told.fields.get("Exit Code").map(String::as_str), Some("3"), "of the run before");
    give_program(&engine, "web");
    engine.tell(&["start"], "web");
    dmon.expect(RECOVERED, &[("Container", "web")]);
    dmon.end();
}

#[test]
fn a_restart_that_cannot_be_made_is_told_once() {
    let why = "writes down why only where the start alone was asked for";
    let Some(engine) = RealEngine::find_docker(why) else { return };
    run_program(&engine, "web");
    let mut dmon = watch(&engine, &[("REALTIME_CHECK_INTERVAL", "1")]);
    engine.docker(&["exec", &engine.full_name("web"), "rm", PROGRAM]);
    engine.fails(&["restart"], "web");
    let fields = [
        ("Container", "web"),
        ("Status Change", "running → exited"),
        ("Cause", "the Engine could not start it"),
    ];
    dmon.expect(FAILED, &fields).says(PROGRAM);
    dmon.end();
}

#[test]
fn a_restart_that_does_not_last_has_failed() {
    let Some(engine) = RealEngine::find() else { return };
    engine.run("web", &[], FRAIL);
    let mut dmon = watch(&engine, &[]);
    engine.exec("web", &["touch", "/tmp/fail"]);
    dmon.expect(DOWN, &[("Cause", &engine.by_itself(5))]);
    engine.tell(&["start"], "web");
    let told = dmon.next();
    assert_eq!(told.title, FAILED, "{told:#?}");
    dmon.end();
}

#[test]
fn a_signal_that_takes_the_policy_away_is_told() {
    let Some(engine) = RealEngine::find_docker("does not say which signal was sent") else {
        return;
    };
    engine.run("web", &["--restart=unless-stopped"], LIFE);
    let mut dmon = watch(&engine, &[]);
    engine.tell(&["kill", "--signal=HUP"], "web");
    let fields = [("Container", "web"), ("Signal", "SIGHUP"), ("Restart Policy", "unless-stopped")];
    dmon.expect("⚠️ Restart Policy Disabled", &fields);
    // Once a start.
    engine.tell(&["kill", "--signal=HUP"], "web");
    engine.fail("web");
    let told = dmon.next();
    assert!(told.title.ends_with("CRITICAL"), "{told:#?}");
    dmon.end();
}
