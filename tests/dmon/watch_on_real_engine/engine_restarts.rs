//! The Engine itself stops, crashes, stays away and comes back: one story, and nobody restarted
//! anything by hand. Each test has an Engine of its own.

use std::fs;
use std::time::Duration;

use dmon::clock;
use serde_json::Value;

use super::{DOWN, LIFE, RECOVERED, RESTARTED, watch};
use crate::support::binary::Home;
use crate::support::docker::Docker;
use crate::support::private_engine::PrivateEngine;
use crate::support::watching::{Told, Watching};

const UNREACHABLE: &str = "🚨 Docker Engine Unreachable - CRITICAL";
const REACHABLE: &str = "✅ Docker Engine Reachable";
const NOT_BACK: &str = "did not come back after the Engine restart";

/// Does not obey a stop: it is killed when its time is up, which is after the grace of the others.
const STUBBORN: &[&str] = &["sh", "-c", "trap : TERM; while :; do sleep 1000 & wait; done"];

/// Waits for the message of an Engine's restart, which names these as down and those as up. On a
/// slow machine the Engine is away for so long that this is told as well.
fn expect_restart(dmon: &mut Watching, down: &[&str], up: &[String]) {
    let told = dmon.gather(3, |told| tells_all(told, &["Container Restart Detected"]));
    let (told, others) = told.split_last().unwrap();
    for other in others {
        assert!([UNREACHABLE, REACHABLE].contains(&other.title.as_str()), "{other:#?}");
    }
    let alone = [("Type", "Engine restart")];
    match down.len() {
        0 if told.title == RESTARTED => assert_eq!(told.fields["Type"], alone[0].1, "{told:#?}"),
        0 => assert!(told.title.starts_with("⚠️ 1 warning"), "{told:#?}"),
        down => {
            let title = format!("🚨 {down} critical, 1 warning");
            assert!(told.title.starts_with(&title), "{told:#?}");
            told.says(&format!("Container Status Alert - CRITICAL: {NOT_BACK}"));
        }
    }
    let parts = told.text.split_once("Container Restart Detected").unwrap_or(("", &told.text));
    for name in down {
        assert!(parts.0.contains(name), "{name} is not first in {told:#?}");
    }
    for name in up {
        assert!(parts.1.contains(name), "{name} is not told of in {told:#?}");
    }
    says_nothing_of_requests(told);
}

fn says_nothing_of_requests(told: &Told) {
    for words in ["stopped on request", "Manual restart", "was restarted on request"] {
        assert!(!told.text.contains(words), "{words:?} in {told:#?}");
    }
}

fn tells_all(told: &[Told], parts: &[&str]) -> bool {
    parts.iter().all(|part| told.iter().any(|told| told.has(part)))
}

fn names(what: &str, number: usize) -> Vec<String> {
    (1..=number).map(|number| format!("{what}-{number:02}")).collect()
}

/// Watches them, and waits until each is known.
fn watch_all(engine: &Docker, number: usize) -> Watching {
    let dmon = watch(engine, &[]);
    dmon.wait_until_known(number);
    dmon
}

/// Makes them, and does not wait for anything in between.
fn run_all(engine: &Docker, names: &[String], options: &[&str], command: &[&str]) {
    for name in names {
        engine.create(name, options, command);
    }
    engine.start_all(names);
}

#[test]
fn fifty_containers_and_an_engine_that_is_stopped_and_started() {
    let Some(mut engine) = PrivateEngine::find(&[]) else { return };
    let (always, unless) = (names("always", 24), names("unless", 23));
    run_all(&engine, &always, &["--restart=always"], LIFE);
    run_all(&engine, &unless, &["--restart=unless-stopped"], LIFE);
    engine.run("stubborn", &["--restart=always", "--stop-timeout=8"], STUBBORN);
    engine.run("plain", &[], LIFE);
    let folder = Home::new();
    let mount = format!("--mount=type=bind,source={},target=/data", folder.path().display());
    engine.run("mounted", &["--restart=always", &mount], LIFE);
    let mut dmon = watch_all(&engine, 50);
    engine.stop();
    drop(folder);
    engine.start();
    let up = [always, unless, vec!["stubborn".to_owned()]].concat();
    expect_restart(&mut dmon, &["mounted", "plain"], &up);
    engine.tell(&["start"], "plain");
    dmon.expect(RECOVERED, &[("Container", "plain"), ("After", NOT_BACK)]);
    dmon.end();
}

#[test]
fn an_engine_that_starts_without_its_disk_loses_nothing() {
    let Some(mut engine) = PrivateEngine::find(&[]) else { return };
    engine.run("web", &["--restart=always"], LIFE);
    engine.run("plain", &[], LIFE);
    let mut dmon = watch_all(&engine, 2);
    engine.stop();
    engine.lose_disk();
    engine.start();
    let told = dmon.gather(3, |told| tells_all(told, &["web", "plain", NOT_BACK]));
    told.iter().for_each(says_nothing_of_requests);
    engine.stop();
    engine.find_disk();
    engine.start();
    let told = dmon.gather(4, |told| tells_all(told, &["web", "Container Recovered"]));
    told.iter().for_each(says_nothing_of_requests);
    engine.tell(&["start"], "plain");
    dmon.gather(3, |told| tells_all(told, &["plain", "Container Recovered"]));
    engine.tell(&["kill"], "web");
    dmon.expect(DOWN, &[("Container", "web")]);
    dmon.end();
}

#[test]
fn containers_that_live_through_it_are_no_story() {
    let Some(mut engine) = PrivateEngine::find(&["--live-restore"]) else { return };
    let up = names("web", 3);
    run_all(&engine, &up, &["--restart=always"], LIFE);
    engine.run("plain", &[], LIFE);
    let pid = engine.inspect("plain", "{{.State.Pid}}");
    let mut dmon = watch_all(&engine, 4);
    engine.stop();
    engine.start();
    engine.crash();
    engine.start();
    engine.crash();
    engine.signal_process("USR1", &pid);
    engine.start();
    let told = dmon.expect(DOWN, &[("Container", "plain"), ("Status Change", "running → exited")]);
    told.says("noticed late: happened between");

    // The next one does not let them live.
    engine.stop();
    engine.start_with(&[]);
    expect_restart(&mut dmon, &[], &up);
    dmon.end();
}

#[test]
fn an_engine_that_crashes_takes_its_containers_along() {
    let Some(mut engine) = PrivateEngine::find(&[]) else { return };
    let up = names("web", 3);
    run_all(&engine, &up, &["--restart=always"], LIFE);
    engine.run("plain", &[], LIFE);
    let mut dmon = watch_all(&engine, 4);
    // Its successor ends what it left behind and starts it again.
    engine.crash();
    engine.start();
    expect_restart(&mut dmon, &["plain"], &up);
    engine.crash();
    engine.start();
    expect_restart(&mut dmon, &[], &up);
    engine.fail("web-01");
    dmon.expect(RESTARTED, &[("Container", "web-01"), ("Type", "Automatic restart")]);
    dmon.end();
}

#[test]
fn what_a_crashed_engine_leaves_down_was_not_stopped_on_request() {
    let Some(mut engine) = PrivateEngine::find(&[]) else { return };
    let all = names("web", 3);
    run_all(&engine, &all, &["--restart=unless-stopped"], LIFE);
    let mut dmon = watch_all(&engine, 3);
    engine.crash();
    engine.start();
    // Some Engines take the end that they put to these for somebody's stop.
    if engine.inspect("web-01", "{{.State.Running}}") == "true" {
        expect_restart(&mut dmon, &[], &all);
    } else {
        let told = dmon.next();
        assert_eq!(told.title, "🚨 3 critical", "{told:#?}");
        told.says(&format!("CRITICAL: {NOT_BACK} (3)"));
        for name in &all {
            told.says(name);
        }
    }
    dmon.end();
}

#[test]
fn an_engine_that_stays_away_is_told_once_and_so_is_its_return() {
    let Some(mut engine) = PrivateEngine::find(&[]) else { return };
    let up = names("web", 2);
    run_all(&engine, &up, &["--restart=always"], LIFE);
    let mut dmon = watch_all(&engine, 2);
    engine.stop();
    let stopped = clock::monotonic();
    let mut waiting = Watching::ready(&engine.address, &engine.full_name(""), &[]);
    waiting.begin();
    for dmon in [&mut dmon, &mut waiting] {
        dmon.expect(UNREACHABLE, &[]);
        let after = dmon.slack.posts().last().unwrap().time.duration_since(stopped);
        assert!(after > Duration::from_secs(20), "{after:?}");
        assert!(after < Duration::from_secs(40), "{after:?}");
    }
    engine.start();
    let told = dmon.gather(2, |told| {
        tells_all(told, &["Docker Engine Reachable", "Container Restart Detected"])
    });
    told.iter().for_each(says_nothing_of_requests);
    let told =
        waiting.gather(2, |told| tells_all(told, &["Docker Engine Reachable", "dmon Is Watching"]));
    told.iter().for_each(says_nothing_of_requests);
    waiting.end();
    dmon.end();
}

#[test]
fn a_reboot_of_the_host_is_one_story() {
    let Some(mut engine) = PrivateEngine::find(&[]) else { return };
    let up = names("web", 3);
    run_all(&engine, &up, &["--restart=always"], LIFE);
    engine.run("plain", &[], LIFE);
    let mut dmon = watch_all(&engine, 4);
    dmon.stop();
    engine.stop();
    change_boot_id(&dmon);
    engine.start();
    dmon.begin();
    expect_restart(&mut dmon, &["plain"], &up);

    // dmon ends last: it has heard how all were stopped.
    engine.stop();
    dmon.stop();
    change_boot_id(&dmon);
    engine.start();
    dmon.begin();
    expect_restart(&mut dmon, &[], &up);

    // The same boot: only that they all started together tells what happened.
    dmon.stop();
    engine.stop();
    engine.start();
    dmon.begin();
    expect_restart(&mut dmon, &[], &up);
    engine.tell(&["start"], "plain");
    dmon.expect(RECOVERED, &[("Container", "plain"), ("After", NOT_BACK)]);
    dmon.end();
}

/// Lets dmon remember another boot than this one.
fn change_boot_id(dmon: &Watching) {
    let file = dmon.home.path().join("state/state.json");
    let mut state: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    let boot_id = &mut state["state"]["boot_id"];
    assert!(boot_id.is_string(), "{boot_id}");
    *boot_id = "0".into();
    fs::write(&file, state.to_string()).unwrap();
}
