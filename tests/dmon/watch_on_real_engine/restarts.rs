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
            ("Cause", "exited by itself with code 3"),
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
    let fields = [("Type", "Automatic restart"), ("Cause", "exited by itself with code 0")];
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

#[test]
fn one_that_cannot_be_started_is_told_with_the_engines_words() {
    let Some(engine) = RealEngine::find() else { return };
    let program = Program::new();
    engine.run("web", &[&program.mount()], &["/data/run"]);
    let mut dmon = watch(&engine, &[("REALTIME_CHECK_INTERVAL", "1")]);
    engine.fail("web");
    dmon.expect(DOWN, &[("Container", "web"), ("Exit Code", "3")]);
    program.remove();
    engine.fails(&["start"], "web");
    let fields = [("Container", "web"), ("Cause", "the Engine could not start it")];
    dmon.expect(FAILED, &fields).says("The Engine says").says("/data/run");
    program.write();
    engine.tell(&["start"], "web");
    dmon.expect(RECOVERED, &[("Container", "web")]);
    dmon.end();
}

#[test]
fn a_restart_that_cannot_be_made_is_told_once() {
    let Some(engine) = RealEngine::find() else { return };
    let program = Program::new();
    engine.run("web", &[&program.mount()], &["/data/run"]);
    let mut dmon = watch(&engine, &[("REALTIME_CHECK_INTERVAL", "1")]);
    program.remove();
    engine.fails(&["restart"], "web");
    let fields = [
        ("Container", "web"),
        ("Status Change", "running → exited"),
        ("Cause", "the Engine could not start it"),
    ];
    dmon.expect(FAILED, &fields).says("/data/run");
    dmon.end();
}

/// A program in a folder of this host that leads a [`LIFE`] in a container.
struct Program(Home);

impl Program {
    fn new() -> Self {
        let program = Self(Home::new());
        program.write();
        program
    }

    fn mount(&self) -> String {
        format!("--mount=type=bind,source={},target=/data", self.0.path().display())
    }

    fn write(&self) {
        let text = format!("#!/bin/sh\n{}\n", LIFE[2]);
        fs::write(self.0.path().join("run"), text).unwrap();
        fs::set_permissions(self.0.path().join("run"), Permissions::from_mode(0o755)).unwrap();
    }

    fn remove(&self) {
        fs::remove_file(self.0.path().join("run")).unwrap();
    }
}

#[test]
fn a_restart_that_does_not_last_has_failed() {
    let Some(engine) = RealEngine::find() else { return };
    engine.run("web", &[], FRAIL);
    let mut dmon = watch(&engine, &[]);
    engine.exec("web", &["touch", "/tmp/fail"]);
    dmon.expect(DOWN, &[("Cause", "exited by itself with code 5")]);
    engine.tell(&["start"], "web");
    let told = dmon.next();
    assert_eq!(told.title, FAILED, "{told:#?}");
    dmon.end();
}

#[test]
fn a_signal_that_takes_the_policy_away_is_told() {
    let Some(engine) = RealEngine::find() else { return };
    engine.run("web", &["--restart=unless-stopped"], LIFE);
    let mut dmon = watch(&engine, &[]);
    engine.tell(&["kill", "--signal=HUP"], "web");
    let fields = [("Container", "web"), ("Restart Policy", "unless-stopped")];
    let told = dmon.expect("⚠️ Restart Policy Disabled", &fields);
    assert!(["1", "HUP", "SIGHUP"].contains(&told.fields["Signal"].as_str()), "{told:?}");
    // Once a start.
    engine.tell(&["kill", "--signal=HUP"], "web");
    engine.fail("web");
    let told = dmon.next();
    assert!(told.title.ends_with("CRITICAL"), "{told:#?}");
    dmon.end();
}
