//! What a report costs: `cargo bench`, with an Engine at `DOCKER_HOST` or at this machine's socket.
//!
//! Prints the wall time of `dmon once --print` beside `docker stats --no-stream`, dmon's peak
//! memory, the binary's size and the time to decode a long list. Judges nothing: the numbers depend
//! on the machine and on what else it does.
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on fails at once, aloud")]
#![expect(clippy::print_stdout, reason = "the numbers are its result")]

mod measure;
#[expect(dead_code, reason = "the tests use the rest of it")]
#[path = "../dmon/support/mod.rs"]
mod support;

use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use dmon::{clock, docker};

use measure::{high_water_kib, median, milliseconds, release_binary};
use support::binary::Home;
use support::process::Running;
use support::real_engine::RealEngine;

/// How many containers run when a row is measured.
const ROWS: [usize; 3] = [10, 50, 100];

/// How often each command is run for a row; by turns, so that both meet the same disturbances.
const RUNS: usize = 5;

fn main() {
    let binary = release_binary();
    let size = fs::metadata(&binary).unwrap().len();
    println!("\nbinary: {size} bytes, {}", binary.display());
    decoding();
    match RealEngine::find() {
        Some(engine) => reports(&engine, &binary),
        None => println!("no reports: there is no Engine"),
    }
}

fn decoding() {
    let one = include_str!("../fixtures/engine/docker-28.5.2/compose_recreate/after.list.json");
    let one = one.trim().trim_start_matches('[').trim_end_matches(']');
    let list = format!("[{}]", vec![one; 1_000].join(","));
    assert_eq!(docker::wire::list(list.as_bytes()).unwrap().containers.len(), 1_000);
    let times = (0..101).map(|_| {
        time(|| {
            black_box(docker::wire::list(black_box(list.as_bytes())).unwrap());
        })
    });
    println!(
        "decoding a list of 1,000 containers ({} bytes): {:.1} ms",
        list.len(),
        milliseconds(median(times.collect()))
    );
}

fn reports(engine: &RealEngine, binary: &Path) {
    let version = engine.docker(&["version", "--format", "{{.Server.Version}}"]);
    println!("\nEngine {version} at {}; medians of {RUNS} runs", engine.address);
    println!("running  dmon once --print  docker stats --no-stream  ratio  peak memory");
    let home = Home::new();
    let mut made = 0;
    for row in ROWS {
        while made < row {
            engine.run(&format!("bench-{made}"), &[], &["sleep", "1000000"]);
            made += 1;
        }
        let running = engine.docker(&["ps", "-q"]).lines().count();
        let (mut dmon, mut stats) = (Vec::new(), Vec::new());
        for _ in 0..RUNS {
            dmon.push(time(|| finish(report(&home, engine, binary))));
            stats.push(time(|| finish(docker_stats(engine))));
        }
        let (dmon, stats) = (milliseconds(median(dmon)), milliseconds(median(stats)));
        println!(
            "{running:>7}  {dmon:>14.0} ms  {stats:>21.0} ms  {:>5.2}  {:>8} KiB",
            dmon / stats,
            peak_memory_kib(report(&home, engine, binary)),
        );
    }
}

fn report(home: &Home, engine: &RealEngine, binary: &Path) -> Running {
    home.run_of(binary, ["once", "--print"]).env("DOCKER_SOCKET", &engine.address).start()
}

fn docker_stats(engine: &RealEngine) -> Running {
    Running::start(Command::new("docker").args(["-H", &engine.address, "stats", "--no-stream"]))
}

fn finish(running: Running) {
    let finished = running.finish();
    assert_eq!(finished.code, Some(0), "{finished:?}");
}

/// The high-water mark of its resident memory, as the kernel last told it before its end.
fn peak_memory_kib(running: Running) -> u64 {
    let status = format!("/proc/{}/status", running.id());
    let mut peak = 0;
    while let Some(now) = high_water_kib(&fs::read_to_string(&status).unwrap_or_default()) {
        peak = now;
        clock::pause(Duration::from_millis(1));
    }
    finish(running);
    peak
}

fn time(work: impl FnOnce()) -> Duration {
    let begun = clock::monotonic();
    work();
    clock::monotonic() - begun
}
