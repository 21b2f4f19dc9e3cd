//! The tests' own support works: processes, the binary, containers.

use std::process::Command;

use crate::support::binary::Home;
use crate::support::process::Running;
use crate::support::real_engine::RealEngine;

fn shell(script: &str) -> Running {
    Running::start(Command::new("sh").args(["-c", script]))
}

#[test]
fn both_streams_and_the_status_are_kept_apart() {
    let finished = shell("echo out; echo err >&2; printf end; exit 3").finish();
    assert_eq!(finished.code, Some(3));
    assert_eq!(finished.stdout, "out\nend");
    assert_eq!(finished.stderr, "err\n");
}

#[test]
fn lines_are_waited_for_in_their_order() {
    let mut running = shell("echo one of two; echo two of two; echo three");
    assert_eq!(running.wait_for_line("two"), "one of two");
    assert_eq!(running.wait_for_line("two"), "two of two");
    assert_eq!(running.finish().code, Some(0));
}

#[test]
#[should_panic(expected = "no line with \"three\"")]
fn a_line_that_never_comes_fails_at_the_end_of_the_output() {
    shell("echo one; echo two >&2").wait_for_line("three");
}

#[test]
fn a_signal_reaches_it() {
    let mut running = shell("trap 'exit 7' TERM; echo up; while :; do sleep 0.02; done");
    running.wait_for_line("up");
    running.signal("TERM");
    assert_eq!(running.finish().code, Some(7));
}

#[test]
fn dmon_says_its_version() {
    let finished = Home::new().dmon(["--version"]).env("LOG_LEVEL", "debug").run();
    assert_eq!(finished.code, Some(0), "{finished:?}");
}

#[test]
fn containers_run_and_are_gone_afterwards() {
    let Some(engine) = RealEngine::find() else { return };
    let id = engine.run("failing", &["--hostname=test"], &["sh", "-c", "exit 3"]);
    engine.wait_for("failing", "{{.State.Status}}", "exited");
    assert_eq!(engine.inspect("failing", "{{.State.ExitCode}}"), "3");
    assert_eq!(engine.inspect("failing", "{{.Config.Hostname}}"), "test");
    drop(engine);
    let engine = RealEngine::find().unwrap();
    assert_eq!(engine.docker(&["ps", "-aq", "--filter", &format!("id={id}")]), "");
}
