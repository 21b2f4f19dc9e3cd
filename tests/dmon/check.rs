//! `dmon test` as a user runs it: a line a check, the truth about each part of the Engine's API.

use std::fs;

use crate::support::binary::Home;
use crate::support::engine::{Container, Reply, ScriptedEngine};
use crate::support::process::Finished;
use crate::support::slack::ScriptedSlack;

/// Without a webhook that could be tried.
const SILENT: (&str, &str) = ("NOTIFICATION_ENABLED", "false");

fn test(engine: &ScriptedEngine, settings: &[(&str, &str)]) -> Finished {
    let home = Home::new();
    let run = home.dmon(["test"]).env("DOCKER_SOCKET", engine.address());
    settings.iter().fold(run, |run, (name, value)| run.env(name, value)).run()
}

/// The marks and names of its lines.
fn marks(finished: &Finished) -> String {
    let of = |line: &str| line.split_once(':').map(|(start, _)| start.to_owned());
    finished.stdout.lines().map(|line| of(line).unwrap()).collect::<Vec<_>>().join(", ")
}

fn line<'a>(finished: &'a Finished, name: &str) -> &'a str {
    let mut lines = finished.stdout.lines();
    lines.find(|line| line[line.find(' ').unwrap()..].starts_with(&format!(" {name}: "))).unwrap()
}

/// The answer of a proxy that lets a path not pass.
fn forbidden() -> Reply {
    Reply::bytes("HTTP/1.1 403 Forbidden\r\nContent-Length: 10\r\n\r\nForbidden\n")
}

fn of_container(name: &str, what: &str) -> String {
    format!("/containers/{}/{what}", Container::new(name).id())
}

#[test]
fn where_all_is_well_each_check_has_its_mark() {
    let engine = ScriptedEngine::new([Container::new("web"), Container::new("job").exited(0)]);
    let slack = ScriptedSlack::new();
    let finished = test(&engine, &[("SLACK_WEBHOOK_URL", &slack.url())]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let expected = "✓ settings, ✓ socket, ✓ version, ✓ info, ✓ list, ✓ events, ✓ inspect, ✓ stats, \
                    ✓ logs, ✓ webhook";
    assert_eq!(marks(&finished), expected, "{}", finished.stdout);
    assert_eq!(line(&finished, "info"), "✓ info: Docker 28.5.2 on vm");
    assert_eq!(line(&finished, "list"), "✓ list: 2 containers");
    assert_eq!(slack.posts().len(), 0);
}

#[test]
fn each_part_that_a_proxy_refuses_is_named_with_what_to_allow() {
    let engine = ScriptedEngine::new([Container::new("web")]);
    let check = |path: &str, reply: Reply, code: i32, expected: &str, allow: &str| {
        engine.answer(path, reply);
        let finished = test(&engine, &[SILENT]);
        engine.answer_as_usual(path);
        assert_eq!(finished.code, Some(code), "{finished:?}");
        let unwell = finished.stdout.lines().filter(|line| !line.starts_with('✓'));
        let unwell: Vec<&str> = unwell.collect();
        let [line] = unwell.as_slice() else { panic!("{path}: {unwell:?}") };
        assert!(line.starts_with(expected) && line.contains(allow), "{line}");
        assert!(line.contains("-allowGET="), "{line}");
        assert_eq!(finished.stdout.lines().count(), 10, "{}", finished.stdout);
    };
    check("/_ping", forbidden(), 0, "! socket: ", "PING=1");
    check("/version", forbidden(), 0, "! version: ", "VERSION=1");
    check("/info", forbidden(), 1, "✗ info: ", "INFO=1");
    check("/events", forbidden(), 0, "! events: ", "EVENTS=1");
    check(&of_container("web", "json"), forbidden(), 1, "✗ inspect: ", "CONTAINERS=1");
    let unknown = "HTTP/1.1 404 Not Found\r\nContent-Length: 19\r\n\r\n404 page not found\n";
    check(&of_container("web", "json"), Reply::bytes(unknown), 1, "✗ inspect: ", "CONTAINERS=1");
    check(&of_container("web", "stats"), forbidden(), 1, "✗ stats: ", "CONTAINERS=1");
    check(&of_container("web", "logs"), forbidden(), 0, "! logs: ", "ALLOW_LOGS=1");
}

#[test]
fn logs_that_alerts_need_must_be_allowed() {
    let engine = ScriptedEngine::new([Container::new("web")]);
    engine.answer(&of_container("web", "logs"), forbidden());
    let finished = test(&engine, &[SILENT, ("ALERT_LOG_LINES", "3")]);
    assert_eq!(finished.code, Some(1), "{finished:?}");
    assert!(line(&finished, "logs").starts_with("✗ logs: "), "{}", finished.stdout);
}

#[test]
fn without_the_list_the_others_are_tried_as_far_as_they_make_sense() {
    let engine = ScriptedEngine::new([Container::new("web")]);
    engine.answer("/containers/json", forbidden());
    let finished = test(&engine, &[SILENT]);
    assert_eq!(finished.code, Some(1), "{finished:?}");
    let expected = "✓ settings, ✓ socket, ✓ version, ✓ info, ✗ list, ✓ events, ! inspect, ! stats, \
                    ! logs, ✓ webhook";
    assert_eq!(marks(&finished), expected, "{}", finished.stdout);
}

#[test]
fn without_a_container_the_question_is_tried_all_the_same() {
    let engine = ScriptedEngine::new([]);
    let finished = test(&engine, &[SILENT]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert_eq!(line(&finished, "list"), "✓ list: 0 containers");
    engine.answer(&format!("/containers/{}/json", "0".repeat(64)), forbidden());
    let finished = test(&engine, &[SILENT]);
    assert_eq!(finished.code, Some(1), "{finished:?}");
    assert!(line(&finished, "inspect").starts_with("✗ inspect: "), "{}", finished.stdout);
}

#[test]
fn one_container_that_cannot_be_read_is_named() {
    let engine = ScriptedEngine::new(["web", "odd"].map(Container::new));
    engine.answer(&of_container("odd", "json"), Reply::json("{}"));
    engine.answer(&of_container("odd", "stats"), Reply::json("{}"));
    let finished = test(&engine, &[SILENT]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    for name in ["inspect", "stats"] {
        let line = line(&finished, name);
        assert!(line.starts_with(&format!("! {name}: not answered for odd: ")), "{line}");
        assert!(!line.contains("not a Docker Engine"), "{line}");
    }
}

#[test]
fn a_stream_that_ends_at_once_is_bad() {
    let engine = ScriptedEngine::new([Container::new("web")]);
    engine.answer("/events", Reply::last("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
    let finished = test(&engine, &[SILENT]);
    assert_eq!(finished.code, Some(1), "{finished:?}");
    assert!(line(&finished, "events").starts_with("✗ events: the stream ends at once"));
}

#[test]
fn without_an_engine_there_is_one_line_for_it() {
    let home = Home::new();
    let run = home.dmon(["test"]).env("DOCKER_SOCKET", "/nowhere/engine.sock");
    let finished = run.env(SILENT.0, SILENT.1).run();
    assert_eq!(finished.code, Some(1), "{finished:?}");
    assert_eq!(marks(&finished), "✓ settings, ✗ socket, ✓ webhook", "{}", finished.stdout);
}

#[test]
fn the_settings_are_shown_with_their_sources() {
    let engine = ScriptedEngine::new([]);
    let home = Home::new();
    home.write_env_file("TIMEZONE=Europe/Berlin\r\nHOST_NAME=web-1\r\n");
    let webhook = home.path().join("webhook");
    let slack = ScriptedSlack::new();
    fs::write(&webhook, format!("\u{feff}{}\r\n", slack.url())).unwrap();
    let run = home.dmon(["test"]).env("DOCKER_SOCKET", engine.address());
    let finished = run.env("SLACK_WEBHOOK_URL_FILE", &webhook).run();
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let file = home.path().join("dmon.env");
    let expected = format!(
        "✓ settings: TIMEZONE, HOST_NAME from {}; SLACK_WEBHOOK_URL_FILE, DOCKER_SOCKET, STATE_DIR \
         from the environment",
        file.display()
    );
    assert_eq!(line(&finished, "settings"), expected);
    assert!(line(&finished, "webhook").starts_with("✓ webhook: "), "{}", finished.stdout);
}
