//! The tests' own support works: processes, the binary, containers.

use std::panic::catch_unwind;
use std::process::Command;

use dmon::slack::Shape;
use serde_json::json;

use crate::support::binary::Home;
use crate::support::golden::first_difference;
use crate::support::process::Running;
use crate::support::real_engine::RealEngine;
use crate::support::slack_limits::{assert_acceptable, outside_code};

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
    assert_eq!(finished.stdout, concat!("dmon ", env!("CARGO_PKG_VERSION"), "\n"));
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

#[test]
fn the_first_difference_to_a_golden_file_is_found() {
    let check = |actual: &str, expected: &str, found| {
        assert_eq!(first_difference(actual, expected), found);
    };
    check("a\nb\n", "a\nb\n", None);
    check("a\nb\n", "a\nc\n", Some((2, ("b", "c"))));
    check("a\n", "a\nb\n", Some((2, ("(the end)", "b"))));
    check("", "", None);
}

#[test]
fn the_checker_of_bodies_notices() {
    let body = |text: &str| {
        let body = json!({"text": text, "unfurl_links": false, "unfurl_media": false});
        body.to_string()
    };
    let passes = |text: &str, shape| {
        catch_unwind(|| assert_acceptable(&body(text), shape, "<!here>")).is_ok()
    };
    assert!(passes("<!here> `a`, `b` &amp; words\n```\n&gt;\n```", Shape::Text));
    for bad in [
        "",
        " ",
        "<!channel>",
        "a < b",
        "a & b",
        "open `span",
        "x`span`",
        "`span``span`",
        "```\nopen fence",
        "mail@example",
        "escape \u{1b}[0m",
        "\u{202e}",
        &"x".repeat(2001),
        &"🚨".repeat(1001),
    ] {
        assert!(!passes(bad, Shape::Text), "{bad:?}");
    }
    assert!(!passes("no blocks", Shape::Blocks));
}

#[test]
fn what_is_outside_of_code_is_found() {
    assert_eq!(outside_code("a `b` `c` d\n```\ne\n``` f"), "a   d\n\n f\n");
}
