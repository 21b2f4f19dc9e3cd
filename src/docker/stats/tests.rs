use serde::Deserialize;

use super::*;
use crate::docker::recordings;
use crate::docker::wire::stats;
use crate::timestamp::Timestamp;

const ENGINES: [&str; 4] =
    ["docker-20.10.24", "docker-26.1.5", "docker-26.1.5-cgroup2", "docker-28.5.2"];

/// A line of `docker stats --no-stream --format json`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Printed {
    name: String,
    #[serde(rename = "CPUPerc")]
    cpu: String,
    mem_usage: String,
    #[serde(rename = "NetIO")]
    net: String,
    #[serde(rename = "BlockIO")]
    block: String,
    #[serde(rename = "PIDs")]
    pids: String,
}

/// Every container that `docker stats` printed just before or just after its counters were read,
/// with those counters.
fn printed() -> Vec<(String, Printed, Usage)> {
    let mut all = Vec::new();
    for engine in ENGINES {
        for file in ["docker-cli.jsonl", "docker-cli.after.jsonl"] {
            let lines = recordings::read(&format!("{engine}/stats/{file}"));
            for line in recordings::lines(&lines) {
                let line: Printed = serde_json::from_slice(line).unwrap();
                let path = format!("{engine}/stats/{}.json", line.name);
                let now = stats(&recordings::read(&path)).unwrap();
                all.push((format!("{path} {file}"), line, usage(None, &now, &host())));
            }
        }
    }
    assert_eq!(all.len(), 34);
    all
}

/// `20.85MiB` or `16.8MB` in bytes.
fn bytes(text: &str) -> f64 {
    let text = text.trim();
    let unit = text.find(|letter: char| letter.is_ascii_alphabetic()).unwrap();
    let number: f64 = text[..unit].parse().unwrap();
    number
        * match &text[unit..] {
            "B" => 1.0,
            "kB" => 1e3,
            "MB" => 1e6,
            "KiB" => 1024.0,
            "MiB" => 1024.0 * 1024.0,
            "GiB" => 1024.0 * 1024.0 * 1024.0,
            unit => panic!("{unit} is new"),
        }
}

fn pair(text: &str) -> (f64, f64) {
    let (first, second) = text.split_once(" / ").unwrap();
    (bytes(first), bytes(second))
}

#[expect(clippy::cast_precision_loss, reason = "compared with a rounded number")]
fn assert_near(what: &str, actual: Option<u64>, expected: f64, tolerance: f64) {
    let actual = actual.unwrap_or_else(|| panic!("{what} is unknown")) as f64;
    let difference = (actual - expected).abs();
    assert!(difference <= expected * tolerance, "{what}: {actual} is not {expected}");
}

#[test]
fn processors_are_as_docker_stats_shows_them() {
    for (what, printed, usage) in printed() {
        let expected: f64 = printed.cpu.trim_end_matches('%').parse().unwrap();
        let actual = usage.cpu_percent.unwrap();
        assert!((actual - expected).abs() < 5.0, "{what}: {actual} is not {expected}");
    }
}

#[test]
fn memory_is_as_docker_stats_shows_it() {
    for (what, printed, usage) in printed() {
        let (used, limit) = pair(&printed.mem_usage);
        // Two containers of 20.10 let go of a page between the two looks, which of 330 kB is more
        // than 2 %.
        let tolerance = if used < 400_000.0 { 0.04 } else { 0.02 };
        assert_near(&what, usage.memory_bytes, used, tolerance);
        assert_near(&what, usage.memory_limit_bytes, limit, 0.001);
    }
}

#[test]
fn traffic_and_processes_are_as_docker_stats_shows_them() {
    for (what, printed, usage) in printed() {
        let (received, sent) = pair(&printed.net);
        // A bridge's chatter goes on: 20.10 counted up to 300 bytes between the looks.
        let chatter = 300.0 / received.max(1.0);
        assert_near(&what, usage.net_rx_bytes, received, chatter);
        assert_near(&what, usage.net_tx_bytes, sent, 0.01);
        let (read, written) = pair(&printed.block);
        assert_near(&what, usage.block_read_bytes, read, 0.01);
        assert_near(&what, usage.block_write_bytes, written, 0.01);
        assert_eq!(usage.pids, Some(printed.pids.parse().unwrap()), "{what}");
    }
}

#[test]
fn a_container_that_does_not_run_uses_what_nobody_knows() {
    for engine in ENGINES {
        for file in ["gone.json", "gone.one-shot.json"] {
            let gone = stats(&recordings::read(&format!("{engine}/stats/{file}"))).unwrap();
            assert_eq!(usage(Some(&gone), &gone, &host()), Usage::default(), "{engine}");
        }
    }
}

#[test]
fn two_one_shot_readings_give_what_one_with_a_reading_before_gives() {
    for engine in ENGINES {
        let read =
            |file: &str| stats(&recordings::read(&format!("{engine}/stats/{file}"))).unwrap();
        let after = read("burn.json");
        let before = Stats { cpu: after.cpu_before.unwrap(), ..read("burn.one-shot.json") };
        let expected = usage(None, &after, &host());
        let once = Stats { cpu_before: None, ..after };
        assert_eq!(usage(Some(&before), &once, &host()), expected);
        assert_eq!(usage(None, &once, &host()), Usage { cpu_percent: None, ..expected });
    }
}

/// A host of four processors and 8 GiB.
fn host() -> Engine {
    Engine {
        host_name: "vm".to_owned(),
        version: "28.5.2".to_owned(),
        memory_bytes: 8 << 30,
        processors: 4,
        is_podman: false,
        system_time: None,
    }
}

/// Counters of a running container.
fn running(container_ns: u64, host_ns: u64) -> Stats {
    Stats {
        read: Some(Timestamp::from_seconds(1)),
        cpu: Cpu { container_ns: Some(container_ns), host_ns: Some(host_ns), online: Some(4) },
        inactive_file_bytes: Some(0),
        ..Stats::default()
    }
}

#[test]
fn a_share_of_the_processors_is_known_or_not() {
    let check = |before: &Stats, now: &Stats, expected| {
        assert_eq!(usage(Some(before), now, &host()).cpu_percent, expected);
    };
    check(&running(10, 1000), &running(110, 1400), Some(100.0));
    check(&running(10, 1000), &running(10, 1400), Some(0.0));
    check(&running(10, 1000), &running(110, 1000), None);
    check(&running(10, 1000), &running(9, 1400), None);
    check(&running(10, 1000), &running(110, 999), None);
    check(&Stats::default(), &running(110, 1400), None);
}

#[test]
fn where_the_hosts_time_is_not_told_the_clock_counts() {
    let check = |milliseconds, expected| {
        let unknown = |container_ns, read| Stats {
            read: Some(Timestamp::from_seconds(1) + Duration::from_millis(read)),
            cpu: Cpu { container_ns: Some(container_ns), host_ns: None, online: Some(4) },
            ..Stats::default()
        };
        let now = unknown(500_000_000, milliseconds);
        assert_eq!(usage(Some(&unknown(0, 0)), &now, &host()).cpu_percent, expected);
    };
    check(1000, Some(50.0));
    check(250, Some(200.0));
    check(0, None);
}

#[test]
fn what_no_host_has_is_unknown() {
    let check = |now: Stats, expected: Usage| {
        assert_eq!(usage(Some(&running(0, 0)), &now, &host()), expected, "{now:?}");
    };
    let now = Stats {
        memory_bytes: Some(8 << 30),
        net_rx_bytes: Some((1 << 63) - 1),
        block_write_bytes: Some(0),
        pids: Some(1 << 22),
        ..running(1600, 1600)
    };
    let sound = Usage {
        cpu_percent: Some(400.0),
        memory_bytes: Some(8 << 30),
        net_rx_bytes: Some((1 << 63) - 1),
        block_write_bytes: Some(0),
        pids: Some(1 << 22),
        ..Usage::default()
    };
    check(now.clone(), sound);
    let memory = |bytes| Stats { memory_bytes: Some(bytes), ..now.clone() };
    check(memory((8 << 30) + 1), Usage { memory_bytes: None, ..sound });
    check(memory(u64::MAX - 4095), Usage { memory_bytes: None, ..sound });
    let unread = Stats { inactive_file_bytes: None, ..now.clone() };
    check(unread, Usage { memory_bytes: None, ..sound });
    let received = Stats { net_rx_bytes: Some(1 << 63), ..now.clone() };
    check(received, Usage { net_rx_bytes: None, ..sound });
    let written = Stats { block_write_bytes: Some(u64::MAX), ..now.clone() };
    check(written, Usage { block_write_bytes: None, ..sound });
    let threads = Stats { pids: Some((1 << 22) + 1), ..now.clone() };
    check(threads, Usage { pids: None, ..sound });
    let busy = |container_ns| Stats { cpu: running(container_ns, 1600).cpu, ..now.clone() };
    check(busy(1700), Usage { cpu_percent: Some(425.0), ..sound });
    check(busy(1800), Usage { cpu_percent: None, ..sound });
    check(busy(u64::MAX - 1_000_000), Usage { cpu_percent: None, ..sound });
    let cpu = Cpu { online: Some(u32::MAX), ..running(1600, 1600).cpu };
    check(Stats { cpu, ..now.clone() }, Usage { cpu_percent: None, ..sound });
}

#[test]
fn where_the_host_is_not_known_only_what_no_host_has_is_unknown() {
    let unknown = Engine { memory_bytes: 0, processors: 0, ..host() };
    let check = |bytes, expected| {
        let now = Stats { memory_bytes: Some(bytes), ..running(0, 0) };
        assert_eq!(usage(None, &now, &unknown).memory_bytes, expected);
    };
    check(1 << 50, Some(1 << 50));
    check(u64::MAX - 4095, None);
    let check = |container_ns, expected| {
        let now = running(container_ns, 1600);
        assert_eq!(usage(Some(&running(0, 0)), &now, &unknown).cpu_percent, expected);
    };
    check(1600, Some(400.0));
    check(1800, None);
}

#[test]
fn memory_without_a_limit_has_none() {
    let check = |limit, expected| {
        let now = Stats { memory_limit_bytes: limit, ..running(0, 0) };
        assert_eq!(usage(None, &now, &host()).memory_limit_bytes, expected);
    };
    check(Some(1 << 30), Some(1 << 30));
    check(Some(0), None);
    check(None, None);
    check(Some(9_223_372_036_854_771_712), None);
    check(Some(u64::MAX), None);
}

#[test]
fn cache_larger_than_the_use_is_not_subtracted() {
    let check = |used, cache, expected| {
        let (memory_bytes, inactive_file_bytes) = (Some(used), Some(cache));
        let now = Stats { memory_bytes, inactive_file_bytes, ..running(0, 0) };
        assert_eq!(usage(None, &now, &host()).memory_bytes, Some(expected));
    };
    check(10, 3, 7);
    check(10, 10, 10);
    check(10, 11, 10);
}

#[test]
fn a_sample_pairs_each_container_with_itself() {
    let asked = crate::clock::monotonic();
    let id = |name: &str| ContainerId::new(name);
    let sample = |stats: &[(&str, Stats)]| Sample {
        asked,
        stats: stats.iter().map(|(name, stats)| (id(name), stats.clone())).collect(),
        failed: Vec::new(),
    };
    let first = sample(&[("a", running(0, 0)), ("gone", running(0, 0))]);
    let second = sample(&[("a", running(100, 400)), ("new", running(100, 400))]);
    let shares =
        second.usage(&first, &host()).into_iter().map(|(id, usage)| (id, usage.cpu_percent));
    assert_eq!(shares.collect::<Vec<_>>(), [(id("a"), Some(100.0)), (id("new"), None)]);
}

#[test]
fn a_second_sample_is_due_a_second_after_the_first_was_asked_for() {
    let asked = crate::clock::monotonic();
    let sample = Sample { asked, stats: BTreeMap::new(), failed: Vec::new() };
    let check = |after, expected| {
        let rest = sample.rest(asked + Duration::from_millis(after));
        assert_eq!(rest, Duration::from_millis(expected));
    };
    check(0, 1000);
    check(400, 600);
    check(1000, 0);
    check(2000, 0);
}
