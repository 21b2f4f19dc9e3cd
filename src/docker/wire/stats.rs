//! `/containers/{id}/stats`: the counters. What they amount to is `docker::stats`' business. One
//! that is no counter (negative, a fraction, more than 64 bits) is unknown, and the others hold.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny};
use serde_json::Value;

use super::{Unreadable, nullable, parse};
use crate::timestamp::Timestamp;

/// What the Engine's counters stood at.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Stats {
    /// When they were read; `None` of a container that does not run.
    pub read: Option<Timestamp>,
    /// The processors.
    pub cpu: Cpu,
    /// The same at the reading before; `None` where there was none (`one-shot=true`).
    pub cpu_before: Option<Cpu>,
    /// Memory in use, with the file cache.
    pub memory_bytes: Option<u64>,
    /// Of that, the part of the file cache that was not used lately.
    pub inactive_file_bytes: Option<u64>,
    /// The most it may use.
    pub memory_limit_bytes: Option<u64>,
    /// Received over all networks.
    pub net_rx_bytes: Option<u64>,
    /// Sent over all networks.
    pub net_tx_bytes: Option<u64>,
    /// Read from block devices.
    pub block_read_bytes: Option<u64>,
    /// Written to block devices.
    pub block_write_bytes: Option<u64>,
    /// Processes and threads.
    pub pids: Option<u64>,
    /// Of what counters are left out because something else stands in their place.
    pub impossible: Vec<&'static str>,
}

/// The counters of the processors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cpu {
    /// Used by the container since its start, in nanoseconds of one processor.
    pub container_ns: Option<u64>,
    /// Gone by since the host's boot on all its processors together, in nanoseconds. Advances in
    /// steps of 10 ms a processor. `None` of Podman, which writes here what all containers used.
    pub host_ns: Option<u64>,
    /// The processors that the container may use.
    pub online: Option<u32>,
}

/// Reads one answer.
pub fn stats(bytes: &[u8]) -> Result<Stats, Unreadable> {
    let answer: Answer = parse("the statistics of a container", bytes)?;
    let impossible = answer.impossible();
    let memory = answer.memory_stats;
    let cache = &memory.stats;
    Ok(Stats {
        read: Timestamp::from_rfc3339(&answer.read),
        cpu: answer.cpu_stats.read(),
        cpu_before: answer
            .precpu_stats
            .filter(|cpu| cpu.system_cpu_usage.and_then(Counter::known).is_some())
            .map(|cpu| cpu.read()),
        memory_bytes: memory.usage.and_then(Counter::known),
        // cgroup 1 has both names: its `inactive_file` leaves the groups below out.
        inactive_file_bytes: cache
            .total_inactive_file
            .or(cache.inactive_file)
            .map_or(Some(0), Counter::known),
        memory_limit_bytes: memory.limit.and_then(Counter::known),
        net_rx_bytes: sum(answer.networks.values().map(|network| network.rx_bytes)),
        net_tx_bytes: sum(answer.networks.values().map(|network| network.tx_bytes)),
        block_read_bytes: answer.blkio_stats.sum("read"),
        block_write_bytes: answer.blkio_stats.sum("write"),
        pids: answer.pids_stats.current.and_then(Counter::known),
        impossible,
    })
}

/// Unknown where one of them is.
fn sum(mut counters: impl Iterator<Item = Counter>) -> Option<u64> {
    counters.try_fold(0, |sum: u64, counter| Some(sum.saturating_add(counter.known()?)))
}

/// A number that only grows from 0, or something else that stands in its place.
#[derive(Clone, Copy)]
enum Counter {
    Known(u64),
    Impossible,
}

impl Counter {
    fn known(self) -> Option<u64> {
        match self {
            Self::Known(number) => Some(number),
            Self::Impossible => None,
        }
    }
}

impl Default for Counter {
    fn default() -> Self {
        Self::Known(0)
    }
}

impl<'de> Deserialize<'de> for Counter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = Value::deserialize(deserializer)?.as_u64();
        Ok(number.map_or(Self::Impossible, Self::Known))
    }
}

#[derive(Deserialize)]
struct Answer {
    read: String,
    #[serde(default, deserialize_with = "nullable")]
    cpu_stats: CpuStats,
    precpu_stats: Option<CpuStats>,
    #[serde(default, deserialize_with = "nullable")]
    memory_stats: MemoryStats,
    #[serde(default, deserialize_with = "nullable")]
    networks: BTreeMap<String, Network>,
    #[serde(default, deserialize_with = "nullable")]
    blkio_stats: BlkioStats,
    #[serde(default, deserialize_with = "nullable")]
    pids_stats: PidsStats,
}

impl Answer {
    /// Of what something else stands in the place of a counter.
    fn impossible(&self) -> Vec<&'static str> {
        let (cpu, memory) = (&self.cpu_stats, &self.memory_stats);
        let used = Some(cpu.cpu_usage.total_usage);
        let networks = self.networks.values();
        let networks = networks.flat_map(|network| [network.rx_bytes, network.tx_bytes].map(Some));
        let blocks = self.blkio_stats.io_service_bytes_recursive.iter();
        let blocks = blocks.map(|entry| Some(entry.value));
        let caches = [memory.stats.total_inactive_file, memory.stats.inactive_file];
        [
            ("CPU", has_impossible([used, cpu.system_cpu_usage, cpu.online_cpus])),
            ("memory", has_impossible([memory.usage, memory.limit].into_iter().chain(caches))),
            ("network", has_impossible(networks)),
            ("block I/O", has_impossible(blocks)),
            ("PIDs", has_impossible([self.pids_stats.current])),
        ]
        .into_iter()
        .filter_map(|(what, is_so)| is_so.then_some(what))
        .collect()
    }
}

fn has_impossible(counters: impl IntoIterator<Item = Option<Counter>>) -> bool {
    counters.into_iter().any(|counter| matches!(counter, Some(Counter::Impossible)))
}

#[derive(Deserialize, Default)]
struct CpuStats {
    #[serde(default, deserialize_with = "nullable")]
    cpu_usage: CpuUsage,
    system_cpu_usage: Option<Counter>,
    online_cpus: Option<Counter>,
    /// Only Podman has it.
    cpu: Option<IgnoredAny>,
}

#[derive(Deserialize, Default)]
struct CpuUsage {
    #[serde(default, deserialize_with = "nullable")]
    total_usage: Counter,
    #[serde(default, deserialize_with = "nullable")]
    percpu_usage: Vec<IgnoredAny>,
}

#[derive(Deserialize, Default)]
struct MemoryStats {
    usage: Option<Counter>,
    limit: Option<Counter>,
    #[serde(default, deserialize_with = "nullable")]
    stats: Cache,
}

#[derive(Deserialize, Default)]
struct Cache {
    total_inactive_file: Option<Counter>,
    inactive_file: Option<Counter>,
}

#[derive(Deserialize)]
struct Network {
    #[serde(default, deserialize_with = "nullable")]
    rx_bytes: Counter,
    #[serde(default, deserialize_with = "nullable")]
    tx_bytes: Counter,
}

#[derive(Deserialize, Default)]
struct BlkioStats {
    #[serde(default, deserialize_with = "nullable")]
    io_service_bytes_recursive: Vec<BlockEntry>,
}

#[derive(Deserialize)]
struct BlockEntry {
    #[serde(default, deserialize_with = "nullable")]
    op: String,
    #[serde(default, deserialize_with = "nullable")]
    value: Counter,
}

#[derive(Deserialize, Default)]
struct PidsStats {
    current: Option<Counter>,
}

impl CpuStats {
    fn read(&self) -> Cpu {
        let counted = u32::try_from(self.cpu_usage.percpu_usage.len()).ok();
        let reported = self.online_cpus.and_then(Counter::known);
        let reported = reported.and_then(|number| u32::try_from(number).ok());
        let host_ns = self.system_cpu_usage.and_then(Counter::known);
        Cpu {
            container_ns: self.cpu_usage.total_usage.known(),
            host_ns: host_ns.filter(|time| *time > 0 && self.cpu.is_none()),
            online: reported.or(counted).filter(|number| *number > 0),
        }
    }
}

impl BlkioStats {
    /// cgroup 1 writes `Read`, cgroup 2 `read`; neither counts what only touched the file cache.
    fn sum(&self, op: &str) -> Option<u64> {
        let entries = self.io_service_bytes_recursive.iter();
        sum(entries.filter(|entry| entry.op.eq_ignore_ascii_case(op)).map(|entry| entry.value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::docker::recordings;

    fn recorded(path: &str) -> Stats {
        stats(&recordings::read(path)).unwrap()
    }

    fn made(parts: &str) -> Stats {
        let json = format!(r#"{{"read":"2026-11-22T08:30:12Z"{parts}}}"#);
        stats(json.as_bytes()).unwrap_or_else(|error| panic!("{json}: {error}"))
    }

    #[test]
    fn a_one_shot_answer_has_no_reading_before() {
        for engine in ["docker-20.10.24", "docker-26.1.5", "docker-28.5.2"] {
            let once = recorded(&format!("{engine}/stats/burn.one-shot.json"));
            assert_eq!(once.cpu_before, None, "{engine}");
            let twice = recorded(&format!("{engine}/stats/burn.json"));
            assert!(twice.cpu_before.is_some_and(|before| before.host_ns < twice.cpu.host_ns));
        }
    }

    #[test]
    fn a_container_that_does_not_run_has_no_time() {
        for engine in ["docker-20.10.24", "docker-26.1.5-cgroup2", "docker-28.5.2"] {
            let gone = recorded(&format!("{engine}/stats/gone.json"));
            assert_eq!((gone.read, gone.memory_bytes, gone.pids), (None, None, None), "{engine}");
        }
    }

    #[test]
    fn the_cache_is_read_for_both_cgroup_versions() {
        let check = |path: &str, memory, inactive| {
            let stats = recorded(path);
            let read = (stats.memory_bytes, stats.inactive_file_bytes);
            assert_eq!(read, (Some(memory), Some(inactive)));
        };
        check("docker-26.1.5-cgroup2/stats/mem.json", 21_913_600, 20_971_520);
        check("docker-20.10.24/stats/idle.json", 307_200, 0);
        let both = made(
            r#","memory_stats":{"usage":9,"stats":{"total_inactive_file":3,"inactive_file":1}}"#,
        );
        assert_eq!(both.inactive_file_bytes, Some(3));
    }

    #[test]
    fn networks_and_devices_are_summed() {
        let networks = made(
            r#","networks":{"a":{"rx_bytes":1,"tx_bytes":2},"b":{"rx_bytes":10,"tx_bytes":null}}"#,
        );
        assert_eq!((networks.net_rx_bytes, networks.net_tx_bytes), (Some(11), Some(2)));
        let devices = made(
            r#","blkio_stats":{"io_service_bytes_recursive":[{"op":"Read","value":1},
               {"op":"read","value":2},{"op":"Write","value":4},{"op":"Total","value":7}]}"#,
        );
        assert_eq!((devices.block_read_bytes, devices.block_write_bytes), (Some(3), Some(4)));
    }

    #[test]
    fn missing_and_null_are_the_same() {
        let null = made(
            r#","cpu_stats":null,"precpu_stats":null,"memory_stats":null,"networks":null,
               "blkio_stats":{"io_service_bytes_recursive":null},"pids_stats":null"#,
        );
        assert_eq!(null, made(""));
        assert_eq!((null.memory_bytes, null.pids, null.cpu_before), (None, None, None));
    }

    #[test]
    fn the_processors_are_counted_where_they_are_not_told() {
        let check = |json: &str, expected| {
            assert_eq!(made(&format!(r#","cpu_stats":{json}"#)).cpu.online, expected, "{json}");
        };
        check(r#"{"online_cpus":4,"cpu_usage":{"percpu_usage":[1,2]}}"#, Some(4));
        check(r#"{"cpu_usage":{"percpu_usage":[1,2]}}"#, Some(2));
        check(r#"{"online_cpus":0}"#, None);
        check("{}", None);
    }

    #[test]
    fn what_podman_calls_the_hosts_time_is_none() {
        let check = |json: &str, expected| {
            assert_eq!(made(&format!(r#","cpu_stats":{json}"#)).cpu.host_ns, expected, "{json}");
        };
        check(r#"{"system_cpu_usage":7}"#, Some(7));
        check(r#"{"system_cpu_usage":7,"cpu":0}"#, None);
        check(r#"{"system_cpu_usage":7,"cpu":12.5}"#, None);
        check("{}", None);
    }

    #[test]
    fn what_is_no_counter_costs_that_field() {
        let sound = r#","cpu_stats":{"cpu_usage":{"total_usage":5},"system_cpu_usage":6,
            "online_cpus":7},"memory_stats":{"usage":8,"limit":9,"stats":{"inactive_file":1}},
            "networks":{"a":{"rx_bytes":2,"tx_bytes":3}},"pids_stats":{"current":4},
            "blkio_stats":{"io_service_bytes_recursive":[{"op":"read","value":10},
            {"op":"write","value":11}]}"#;
        let cpu = Cpu { container_ns: Some(5), host_ns: Some(6), online: Some(7) };
        let expected = Stats {
            read: Timestamp::from_rfc3339("2026-11-22T08:30:12Z"),
            cpu,
            cpu_before: None,
            memory_bytes: Some(8),
            memory_limit_bytes: Some(9),
            inactive_file_bytes: Some(1),
            net_rx_bytes: Some(2),
            net_tx_bytes: Some(3),
            pids: Some(4),
            block_read_bytes: Some(10),
            block_write_bytes: Some(11),
            impossible: vec![],
        };
        assert_eq!(made(sound), expected);
        let check = |field: &str, what: &'static str, odd: Stats| {
            let odd = Stats { impossible: vec![what], ..odd };
            let (name, number) = field.split_once(':').unwrap();
            for wrong in ["-1", "1.5", "1e30", "18446744073709551616", "\"8\"", "[]"] {
                let json = sound.replace(field, &format!("{name}:{wrong}"));
                assert_ne!(json, sound, "{number}");
                assert_eq!(made(&json), odd, "{json}");
            }
        };
        let with_cpu = |cpu| Stats { cpu, ..expected.clone() };
        check(r#""total_usage":5"#, "CPU", with_cpu(Cpu { container_ns: None, ..cpu }));
        check(r#""system_cpu_usage":6"#, "CPU", with_cpu(Cpu { host_ns: None, ..cpu }));
        check(r#""online_cpus":7"#, "CPU", with_cpu(Cpu { online: None, ..cpu }));
        check(r#""usage":8"#, "memory", Stats { memory_bytes: None, ..expected.clone() });
        check(r#""limit":9"#, "memory", Stats { memory_limit_bytes: None, ..expected.clone() });
        check(
            r#""inactive_file":1"#,
            "memory",
            Stats { inactive_file_bytes: None, ..expected.clone() },
        );
        check(r#""rx_bytes":2"#, "network", Stats { net_rx_bytes: None, ..expected.clone() });
        check(r#""tx_bytes":3"#, "network", Stats { net_tx_bytes: None, ..expected.clone() });
        check(r#""current":4"#, "PIDs", Stats { pids: None, ..expected.clone() });
        check(r#""value":10"#, "block I/O", Stats { block_read_bytes: None, ..expected.clone() });
        check(r#""value":11"#, "block I/O", Stats { block_write_bytes: None, ..expected.clone() });
    }

    #[test]
    fn sums_saturate() {
        let networks = r#","networks":{"a":{"rx_bytes":18446744073709551615},"b":{"rx_bytes":1}}"#;
        assert_eq!(made(networks).net_rx_bytes, Some(u64::MAX));
    }

    #[test]
    fn what_are_no_statistics_is_an_error() {
        assert!(stats(b"").is_err());
        assert!(stats(br#"{"message":"no"}"#).is_err());
    }
}
