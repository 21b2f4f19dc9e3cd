//! What four real engines said while something was done to their containers, and what dmon tells of
//! it: the same for all of them, except where Podman cannot know.

use std::path::{Path, PathBuf};

use dmon::commands::explain::{Recording, Said, replay};
use dmon::monitor::alert::{Alert, Kind};

use crate::support::defaults::settings;

const DOCKER: [&str; 3] = ["docker-20.10.24", "docker-26.1.5", "docker-28.5.2"];
const PODMAN: [&str; 1] = ["podman-5.8.6"];

/// Replays a scenario of each engine that recorded it and compares what is told.
fn check(engines: &[&str], scenario: &str, expected: &[&str]) {
    let mut played = 0;
    for engine in engines {
        let folder = folder().join(engine).join(scenario);
        if folder.exists() {
            assert_eq!(told(&folder), expected, "{engine}/{scenario}");
            played += 1;
        }
    }
    assert!(played > 0, "no engine recorded {scenario}");
}

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/engine"))
}

fn told(folder: &Path) -> Vec<String> {
    let recording = Recording::read(folder).unwrap();
    let lines = replay(&recording, settings());
    let batches = lines.into_iter().filter_map(|line| match line.said {
        Said::Told(batch) => Some(batch),
        Said::Suppressed(_) => None,
    });
    batches.flat_map(|batch| batch.alerts).map(|alert| short(&alert)).collect()
}

/// Severity, title, container, what it was and is, why, and the exit code where it says more.
fn short(alert: &Alert) -> String {
    let title = alert.kind.title();
    let what = match &alert.kind {
        Kind::Status { from, to, cause, .. } | Kind::RestartFailed { from, to, cause, .. } => {
            format!("{from} → {to}, {cause:?}")
        }
        Kind::Removed { previous, cause } => format!("was {previous}, {cause:?}"),
        Kind::CrashLoop { deaths, exit_codes, .. } => format!("{deaths} deaths, {exit_codes:?}"),
        Kind::RestartedManually => "manually".to_owned(),
        Kind::RestartedAutomatically { cause } => format!("automatically, {cause:?}"),
        Kind::EngineRestarted { restarted } => format!("by the Engine: {}", restarted.join(", ")),
        Kind::JobFailed { cause } => format!("{cause:?}"),
        Kind::Recovered { from, .. } => format!("was {from}"),
        _ => String::new(),
    };
    let line = format!("{} {title} {} {what}", alert.severity, alert.about.name);
    line.replace(" { exit_code: ", " ")
        .replace(" { limit_bytes: Some(", " ")
        .replace(") }", "")
        .replace(" }", "")
}

#[test]
fn restarts_on_request() {
    let told = &["WARNING Container Restart Detected web manually"];
    for scenario in ["restart", "restart_always", "stop_start"] {
        check(&DOCKER, scenario, told);
        check(&PODMAN, scenario, told);
    }
}

#[test]
fn stops_on_request() {
    let asked = &["CRITICAL Container Status Alert web running → exited, StoppedOnRequest"];
    check(&DOCKER, "stop", asked);
    check(&DOCKER, "kill", asked);
    check(&PODMAN, "kill", asked);
    // Podman tells of a stop by nothing but the death.
    let unknown = &["CRITICAL Container Status Alert web running → exited, Exited 0"];
    check(&PODMAN, "stop", unknown);
}

#[test]
fn ends_by_themselves() {
    let crash =
        |cause: &str| format!("CRITICAL Container Status Alert web running → exited, {cause} 3");
    check(&DOCKER, "crash_norestart", &[&crash("ExitedByItself")]);
    let complete =
        |cause: &str| format!("CRITICAL Container Status Alert job running → exited, {cause} 0");
    check(&DOCKER, "complete", &[&complete("ExitedByItself")]);
    check(&DOCKER, "autoremove", &["CRITICAL Job Failed job ExitedByItself 4"]);
    // Podman does not tell whether somebody asked.
    check(&PODMAN, "crash_norestart", &[&crash("Exited")]);
    check(&PODMAN, "complete", &[&complete("Exited")]);
    check(&PODMAN, "autoremove", &["CRITICAL Job Failed job Exited 4"]);
}

#[test]
fn automatic_restarts() {
    let restart =
        |cause: &str| format!("WARNING Container Restart Detected web automatically, {cause}");
    check(&DOCKER, "autorestart", &[&restart("ExitedByItself 137")]);
    check(&PODMAN, "autorestart", &[&restart("Exited 137")]);
    let looping = "CRITICAL Container Crash Loop web 3 deaths, [7]";
    check(&DOCKER, "crashloop_always", &[looping]);
    check(&PODMAN, "crashloop_always", &[looping]);
    let added = "INFO Container Added web ";
    let gave_up = "CRITICAL Container Restart Failed web running → exited, PolicyGaveUp";
    check(&DOCKER, "crashloop_fail", &[added, looping, gave_up]);
    check(&PODMAN, "crashloop_fail", &[added, looping, gave_up]);
}

#[test]
fn memory() {
    let gave_up = "CRITICAL Container Restart Failed web running → exited, PolicyGaveUp";
    let restart = "WARNING Container Restart Detected web automatically, OutOfMemory 16777216";
    check(&DOCKER, "oom", &[restart, gave_up]);
    // Podman has no event for it, and once the container runs again it no longer says so.
    let restart = "WARNING Container Restart Detected web automatically, Exited 137";
    check(&PODMAN, "oom", &[restart, gave_up]);
}

#[test]
fn removals() {
    check(&DOCKER, "rm_running", &["CRITICAL Container Removed web was running, None"]);
    // Podman stops a container before it removes it, also when forced.
    let stopped = "CRITICAL Container Removed web was running, Some(StoppedAndRemoved)";
    check(&PODMAN, "rm_running", &[stopped]);
    let told = &["INFO Container Removed web was exited, None"];
    check(&DOCKER, "rm_stopped", told);
    check(&PODMAN, "rm_stopped", told);
}

#[test]
fn health() {
    let unhealthy = "WARNING Container Status Alert web running → unhealthy, HealthCheckFailed";
    check(&DOCKER, "health", &[unhealthy, "INFO Container Recovered web was unhealthy"]);
}

#[test]
fn nothing_to_tell() {
    for scenario in ["pause", "rename"] {
        check(&DOCKER, scenario, &[]);
        check(&PODMAN, scenario, &[]);
    }
    check(&DOCKER, "exec_noise", &[]);
}

#[test]
fn stories_of_several_containers() {
    check(&DOCKER, "compose_recreate", &["INFO Container Recreated shop-api-1 "]);
    let engine_restart = &[
        "CRITICAL Container Status Alert nr running → exited, NotBackAfterEngineRestart",
        "WARNING Container Restart Detected  by the Engine: a1, a2",
    ];
    check(&DOCKER, "daemon_restart", engine_restart);
}

#[test]
fn every_scenario_has_its_row() {
    let source = include_str!("recordings.rs");
    for engine in DOCKER.iter().chain(&PODMAN) {
        for scenario in std::fs::read_dir(folder().join(engine)).unwrap() {
            let scenario = scenario.unwrap();
            if scenario.path().join("events.jsonl").exists() {
                let name = scenario.file_name().into_string().unwrap();
                assert!(source.contains(&format!("\"{name}\"")), "{engine}/{name} is not tested");
            }
        }
    }
}
