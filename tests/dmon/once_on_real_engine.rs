//! `dmon once` on a real Engine: what it prints beside what the `docker` command says.

use std::collections::BTreeMap;
use std::time::Duration;

use dmon::clock;
use serde_json::Value;

use super::support::binary::Home;
use super::support::process::PATIENCE;
use super::support::real_engine::{IMAGE, RealEngine};

/// Runs `dmon once --json` over this test's containers: the report's line, and the containers' by
/// the name the test gave them.
fn report(engine: &RealEngine) -> (Value, BTreeMap<String, Value>) {
    let prefix = engine.full_name("");
    let finished = Home::new()
        .dmon(["once", "--json"])
        .env("DOCKER_SOCKET", &engine.address)
        .env("CONTAINER_NAME_FILTER", format!("^{prefix}"))
        .run();
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let mut lines =
        finished.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let head = lines.next().unwrap();
    let name = |line: &Value| line["name"].as_str().unwrap().trim_start_matches(&prefix).to_owned();
    (head, lines.map(|line| (name(&line), line)).collect())
}

const FOREVER: &[&str] = &["sleep", "1000"];

#[test]
fn states_are_those_that_the_engine_tells() {
    let Some(engine) = RealEngine::find_docker("leaves health checks to systemd") else { return };
    engine.run("up", &[], FOREVER);
    engine.run("frozen", &["--memory=64m"], FOREVER);
    engine.docker(&["pause", &engine.full_name("frozen")]);
    engine.run("failed", &[], &["sh", "-c", "exit 7"]);
    engine.run("looping", &["--restart=always"], &["false"]);
    let check = ["--health-cmd=false", "--health-interval=1s", "--health-retries=1"];
    engine.run("ill", &check, FOREVER);
    let label = format!("--label=dmon-test={}", engine.full_name(""));
    let made = format!("--name={}", engine.full_name("made"));
    engine.docker(&["create", &label, &made, IMAGE, "true"]);
    engine.wait_for("failed", "{{.State.Status}}", "exited");
    engine.wait_for("ill", "{{.State.Health.Status}}", "unhealthy");

    let (head, containers) = report(&engine);
    let state = |name: &str| containers[name]["state"].as_str().unwrap();
    assert_eq!(state("up"), "running");
    assert_eq!(state("frozen"), "paused");
    assert_eq!(state("failed"), "exited");
    assert_eq!(state("made"), "created");
    assert_eq!(state("ill"), "running");
    assert_eq!(containers["ill"]["health"], "unhealthy");
    assert_eq!(containers["failed"]["exit_code"], 7);
    assert_eq!(containers["frozen"]["memory_limit_bytes"], 64 << 20);
    assert_eq!(containers["up"]["pids"], 1);
    assert_eq!(containers["failed"]["cpu_percent"], Value::Null);
    let started = engine.inspect("up", "{{.State.StartedAt}}");
    assert_eq!(containers["up"]["started"].as_str(), Some(started.as_str()));
    // A loop is hardly ever in the state that it was in a moment ago.
    let looping = usize::from(state("looping") == "running");
    assert_eq!(head["counts"]["running"], 2 + looping);
    assert_eq!(head["counts"]["unhealthy"], 1);
    assert_eq!(head["counts"]["paused"], 1);
    assert_eq!(head["host"], engine.docker(&["info", "--format={{.Name}}"]).as_str());
}

#[test]
fn usage_is_what_docker_stats_shows() {
    let Some(engine) = RealEngine::find_docker("counts in a way that docker stats misreads") else {
        return;
    };
    engine.run("burning", &["--cpus=0.5"], &["sh", "-c", "while :; do :; done"]);
    let fill =
        "dd if=/dev/zero of=/tmp/cached bs=1M count=20 && cat /tmp/cached >/dev/null && sleep 1000";
    engine.run("caching", &["--memory=64m"], &["sh", "-c", fill]);

    // The machine may be busy with other things in one of the two moments that are compared.
    let deadline = clock::monotonic() + PATIENCE;
    loop {
        let (theirs, (_, ours)) = (docker_stats(&engine), report(&engine));
        let differences: Vec<String> = ["burning", "caching"]
            .into_iter()
            .filter_map(|name| difference(&ours[name], theirs[name]))
            .collect();
        if differences.is_empty() {
            return;
        }
        assert!(clock::monotonic() < deadline, "{differences:#?}");
        clock::pause(Duration::from_millis(200));
    }
}

/// CPU in percent and memory in bytes, by the name the test gave.
fn docker_stats(engine: &RealEngine) -> BTreeMap<&'static str, (f64, f64)> {
    ["burning", "caching"]
        .into_iter()
        .map(|name| {
            let format = "--format={{.CPUPerc}} {{.MemUsage}}";
            let line = engine.docker(&["stats", "--no-stream", format, &engine.full_name(name)]);
            let mut words = line.split_whitespace();
            let cpu = words.next().unwrap().trim_end_matches('%').parse().unwrap();
            (name, (cpu, bytes(words.next().unwrap())))
        })
        .collect()
}

/// Reads `20.85MiB`.
fn bytes(text: &str) -> f64 {
    let (number, unit) = text.split_at(text.find(|c: char| c.is_ascii_alphabetic()).unwrap());
    let exponent = ["B", "KiB", "MiB", "GiB"].iter().position(|known| *known == unit).unwrap();
    number.parse::<f64>().unwrap() * 1024_f64.powi(i32::try_from(exponent).unwrap())
}

/// CPU agrees within 5 points, memory within 2 % or the two digits that `docker stats` shows.
fn difference(ours: &Value, (cpu, memory): (f64, f64)) -> Option<String> {
    let (our_cpu, our_memory) =
        (ours["cpu_percent"].as_f64().unwrap(), ours["memory_bytes"].as_f64().unwrap());
    let agree = (our_cpu - cpu).abs() <= 5.0 && (our_memory - memory).abs() <= memory * 0.02;
    (!agree).then(|| format!("{our_cpu} % and {our_memory} B beside {cpu} % and {memory} B"))
}

#[test]
fn a_person_sees_problems_first() {
    let Some(engine) = RealEngine::find() else { return };
    engine.run("up", &[], FOREVER);
    engine.run("failed", &[], &["sh", "-c", "exit 7"]);
    engine.wait_for("failed", "{{.State.Status}}", "exited");
    let finished = Home::new()
        .dmon(["once", "--print"])
        .env("DOCKER_SOCKET", &engine.address)
        .env("CONTAINER_NAME_FILTER", engine.full_name(""))
        .run();
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let text = finished.stdout;
    let problem = format!("🚨 {} exited with code 7, ", engine.full_name("failed"));
    let at = |part: &str| text.find(part).unwrap_or_else(|| panic!("no {part:?} in {text}"));
    assert!(at("1 container to look at") < at(&problem), "{text}");
    assert!(at(&problem) < at("NAME"), "{text}");
    assert!(!text.contains('\u{1b}'), "no colour into a pipe: {text}");
}
