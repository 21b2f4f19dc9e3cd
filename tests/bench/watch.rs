//! What watching costs and how fast it tells: `cargo bench --bench watch`, with an Engine at
//! `DOCKER_HOST` or at this machine's socket. Takes some six minutes.
//!
//! Prints the time from the Engine's own time of a death to the alert's arrival, and what dmon and
//! the Engine use while a hundred containers idle. Judges nothing: the numbers depend on the
//! machine and on what else it does.
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on fails at once, aloud")]
#![expect(clippy::print_stdout, reason = "the numbers are its result")]

mod measure;
#[expect(dead_code, reason = "the tests use the rest of it")]
#[path = "../dmon/support/mod.rs"]
mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use dmon::clock;
use dmon::timestamp::Timestamp;

use measure::{high_water_kib, median, milliseconds, release_binary};
use support::binary::Home;
use support::process::Running;
use support::real_engine::RealEngine;
use support::slack::ScriptedSlack;

/// How many containers die, one after another.
const DEATHS: usize = 200;

/// How many of them are asked the Engine's events about at once: it keeps the last 256 of all kinds.
const BATCH: usize = 20;

/// How many containers idle, and for how long.
const IDLE: usize = 100;
const IDLE_FOR: Duration = Duration::from_mins(1);

fn main() {
    let binary = release_binary();
    match RealEngine::find() {
        Some(engine) => {
            latency(&engine, &binary);
            idle(&engine, &binary);
        }
        None => println!("nothing to watch: there is no Engine"),
    }
}

fn watch(home: &Home, engine: &RealEngine, binary: &Path, slack: &ScriptedSlack) -> Running {
    let mut running = home
        .run_of(binary, ["watch", "--interval", "10"])
        .env("DOCKER_SOCKET", &engine.address)
        .env("CONTAINER_NAME_FILTER", engine.full_name(""))
        .env("SLACK_WEBHOOK_URL", slack.url())
        .env("ALERT_MIN_SEVERITY", "critical")
        .start();
    running.wait_for_line("watching");
    running
}

/// From the time in the Engine's event to all of the POST being there.
fn latency(engine: &RealEngine, binary: &Path) {
    let (home, slack) = (Home::new(), ScriptedSlack::new());
    let running = watch(&home, engine, binary, &slack);
    // The first look has been taken when the first death is told.
    engine.run("first", &[], &["sh", "-c", "sleep 3; exit 3"]);
    slack.wait_for_posts(1);
    let zero = (clock::wall(), clock::monotonic());
    let mut times = Vec::new();
    for batch in 0..DEATHS / BATCH {
        let before = engine.docker(&["info", "--format", "{{.SystemTime}}"]);
        for at in 0..BATCH {
            let number = batch * BATCH + at;
            engine.run(&format!("dies-{number}"), &[], &["sh", "-c", "sleep 1.2; exit 3"]);
            slack.wait_for_posts(number + 2);
        }
        let died = deaths(engine, &before);
        for post in &slack.posts()[batch * BATCH + 1..] {
            let name = died.keys().find(|name| post.body.contains(&format!("`{name}`"))).unwrap();
            let arrived = zero.0 + (post.time - zero.1);
            times.push(arrived.since(died[name]));
        }
    }
    running.signal("TERM");
    times.sort_unstable();
    let (worst, p99) = (times[times.len() - 1], times[times.len() * 99 / 100 - 1]);
    println!(
        "\nfrom the death to the alert, {} deaths: median {:.1} ms, 99th percentile {:.1} ms, \
         maximum {:.1} ms",
        times.len(),
        milliseconds(median(times)),
        milliseconds(p99),
        milliseconds(worst)
    );
}

/// When containers died since then, by the Engine's own clock.
fn deaths(engine: &RealEngine, since: &str) -> BTreeMap<String, Timestamp> {
    let until = engine.docker(&["info", "--format", "{{.SystemTime}}"]);
    let format = "{{.TimeNano}} {{.Actor.Attributes.name}}";
    let told = engine.docker(&[
        "events",
        "--since",
        since,
        "--until",
        &until,
        "--filter",
        "event=die",
        "--format",
        format,
    ]);
    let line = |line: &str| {
        let (time, name) = line.split_once(' ')?;
        Some((name.to_owned(), Timestamp::from_nanoseconds(time.parse().ok()?)))
    };
    told.lines().filter_map(line).collect()
}

fn idle(engine: &RealEngine, binary: &Path) {
    for number in 0..IDLE {
        engine.run(&format!("idle-{number}"), &[], &["sleep", "1000000"]);
    }
    let without = engine_seconds();
    clock::pause(IDLE_FOR);
    let without = difference(without, engine_seconds());

    let (home, slack) = (Home::new(), ScriptedSlack::new());
    let running = watch(&home, engine, binary, &slack);
    // What starting costs is not what staying costs.
    clock::pause(Duration::from_secs(5));
    let (dmon, with) = (seconds(running.id()).unwrap_or(0.0), engine_seconds());
    clock::pause(IDLE_FOR);
    let dmon = seconds(running.id()).unwrap_or(0.0) - dmon;
    let with = difference(with, engine_seconds());
    let status = fs::read_to_string(format!("/proc/{}/status", running.id())).unwrap();
    println!(
        "\n{IDLE} idle containers, --interval 10, {} s: dmon uses {:.2} % of a core and at most \
         {} KiB; the Engine {with} with dmon and {without} without",
        IDLE_FOR.as_secs(),
        dmon / IDLE_FOR.as_secs_f64() * 100.0,
        high_water_kib(&status).unwrap_or(0),
    );
    running.signal("TERM");
}

/// The processor time of each dockerd and containerd of this machine.
fn engine_seconds() -> f64 {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let is_engine = |id: &u32| {
        let name = fs::read_to_string(format!("/proc/{id}/comm")).unwrap_or_default();
        matches!(name.trim(), "dockerd" | "containerd")
    };
    ids.filter(is_engine).filter_map(seconds).sum()
}

/// As a person reads it.
fn difference(before: f64, after: f64) -> String {
    format!("{:.2} s", after - before)
}

/// The processor time a process has used, in seconds; `None` once it has ended.
fn seconds(process: u32) -> Option<f64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name may hold anything; what follows it does not. Times are in hundredths of a second.
    let (_, fields) = stat.rsplit_once(')')?;
    let ticks = fields.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse::<f64>().ok());
    Some(ticks.sum::<Option<f64>>()? / 100.0)
}
