//! `dmon explain` as a user runs it, on recorded events.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::binary::Home;
use crate::support::process::Finished;

/// As `podman events --format json` prints them.
const PODMAN: &str = include_str!("../fixtures/explain/podman.jsonl");

const NETWORK: &str = r#"{"Type":"network","Action":"connect","Actor":{"ID":"n"},"timeNano":7}"#;

fn recorded(home: &Home, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = home.path().join("events.jsonl");
    fs::write(&path, bytes).unwrap();
    path
}

fn explain(bytes: impl AsRef<[u8]>, options: &[&str]) -> Finished {
    let home = Home::new();
    let path = recorded(&home, bytes);
    home.dmon([&["explain", path.to_str().unwrap()], options].concat()).run()
}

#[test]
fn the_lines_of_podman_events_are_replayed() {
    let finished = explain(PODMAN, &[]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let lines: Vec<&str> = finished.stdout.lines().collect();
    let reach = "The recording reaches from 2026-11-25 21:47:00 UTC to 2026-11-25 21:47:00 UTC: 1 \
                 event of 1 container.";
    assert_eq!(lines[0], reach);
    let words: Vec<&str> = finished.stdout.split_whitespace().collect();
    let words = words.join(" ");
    for part in ["Container Status Alert", "shop-api", "localhost/shop:latest", "Exit Code 1"] {
        assert!(words.contains(part), "{part}: {}", finished.stdout);
    }
    assert!(!words.contains("Nothing would have been sent"), "{}", finished.stdout);
    assert_eq!(finished.stderr, "");
}

#[test]
fn standard_input_and_files_from_windows_are_read() {
    let home = Home::new();
    let utf16 = format!("\u{feff}{}", PODMAN.replace('\n', "\r\n"));
    let utf16: Vec<u8> = utf16.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for bytes in [PODMAN.as_bytes(), &utf16] {
        recorded(&home, bytes);
        let command = "exec \"$0\" explain - <events.jsonl";
        let binary = env!("CARGO_BIN_EXE_dmon");
        let finished = home.run_of(Path::new("/bin/sh"), ["-c", command, binary]).run();
        assert_eq!(finished.code, Some(0), "{finished:?}");
        assert!(finished.stdout.contains("shop-api"), "{finished:?}");
    }
}

#[test]
fn that_nothing_would_have_been_sent_is_said() {
    let healthy = r#"{"Type":"container","Action":"health_status: healthy","timeNano":7000000001,
                     "Actor":{"ID":"a","Attributes":{"name":"web"}}}"#;
    let finished = explain(healthy.replace('\n', ""), &[]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(finished.stdout.starts_with("The recording reaches from "), "{}", finished.stdout);
    assert!(finished.stdout.ends_with("\nNothing would have been sent.\n"), "{}", finished.stdout);
}

#[test]
fn the_json_lines_begin_with_what_the_recording_holds() {
    let finished = explain(format!("{PODMAN}not an event\n"), &["--json"]);
    let first: serde_json::Value =
        serde_json::from_str(finished.stdout.lines().next().unwrap()).unwrap();
    let expected = serde_json::json!({
        "type": "recording", "from": "2026-11-25T21:47:00.849932843Z",
        "to": "2026-11-25T21:47:00.849932843Z", "events": 1, "containers": 1, "messages": 1,
    });
    assert_eq!(first, expected);
    let warning = "1 of the 3 lines of ";
    assert!(finished.stderr.contains(warning), "{}", finished.stderr);
}

#[test]
fn a_recording_without_an_event_that_is_used_fails() {
    let check = |text: &str, expected: &[&str]| {
        let finished = explain(text, &[]);
        assert_eq!(finished.code, Some(1), "{finished:?}");
        assert_eq!(finished.stdout, "");
        for part in expected {
            assert!(finished.stderr.contains(part), "{part}: {}", finished.stderr);
        }
        assert_eq!(finished.stderr.lines().count(), 1, "{}", finished.stderr);
    };
    check("", &["events.jsonl is empty"]);
    check(&format!("{NETWORK}\n{NETWORK}\n"), &["in the 2 lines of ", "none is of a container"]);
    check("PODMAN\nEVENTS\n", &["in the 2 lines of ", "line 1: ", "podman events --format json"]);
    let cleanup = PODMAN.lines().nth(1).unwrap();
    check(cleanup, &["in the 1 line of "]);
}
