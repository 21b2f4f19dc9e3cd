//! `/containers/{id}/stats`: the counters. What they amount to is `docker::stats`' business.

use std::collections::BTreeMap;

use serde::Deserialize;

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
    pub inactive_file_bytes: u64,
    /// The most it may use.
    pub memory_limit_bytes: Option<u64>,
    /// Received over all networks.
    pub net_rx_bytes: u64,
    /// Sent over all networks.
    pub net_tx_bytes: u64,
    /// Read from block devices.
    pub block_read_bytes: u64,
    /// Written to block devices.
    pub block_write_bytes: u64,
    /// Processes and threads.
    pub pids: Option<u64>,
}

/// The counters of the processors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cpu {
    /// Used by the container since its start, in nanoseconds of one processor.
    pub container_ns: u64,
    /// Gone by since the host's boot on all its processors together, in nanoseconds. Advances in
    /// steps of 10 ms a processor. `None` of Podman, which writes here what all containers used.
    pub host_ns: Option<u64>,
    /// The processors that the container may use.
    pub online: Option<u32>,
}

/// Reads one answer.
pub fn stats(bytes: &[u8]) -> Result<Stats, Unreadable> {
    let answer: Answer = parse("the statistics of a container", bytes)?;
    let memory = answer.memory_stats;
    let cache = &memory.stats;
    Ok(Stats {
        read: Timestamp::from_rfc3339(&answer.read),
        cpu: answer.cpu_stats.read(),
        cpu_before: answer
            .precpu_stats
            .filter(|cpu| cpu.system_cpu_usage.is_some())
            .map(|cpu| cpu.read()),
        memory_bytes: memory.usage,
        // cgroup 1 has both names: its `inactive_file` leaves the groups below out.
        inactive_file_bytes: cache.total_inactive_file.or(cache.inactive_file).unwrap_or(0),
        memory_limit_bytes: memory.limit,
        net_rx_bytes: sum(answer.networks.values().map(|network| network.rx_bytes)),
        net_tx_bytes: sum(answer.networks.values().map(|network| network.tx_bytes)),
        block_read_bytes: answer.blkio_stats.sum("read"),
        block_write_bytes: answer.blkio_stats.sum("write"),
        pids: answer.pids_stats.current,
    })
}

fn sum(counters: impl Iterator<Item = u64>) -> u64 {
    counters.fold(0, u64::saturating_add)
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

#[derive(Deserialize, Default)]
struct CpuStats {
    #[serde(default, deserialize_with = "nullable")]
    cpu_usage: CpuUsage,
    system_cpu_usage: Option<u64>,
    online_cpus: Option<u32>,
    /// Only Podman has it.
    cpu: Option<f64>,
}

#[derive(Deserialize, Default)]
struct CpuUsage {
    #[serde(default, deserialize_with = "nullable")]
    total_usage: u64,
    #[serde(default, deserialize_with = "nullable")]
    percpu_usage: Vec<u64>,
}

#[derive(Deserialize, Default)]
struct MemoryStats {
    usage: Option<u64>,
    limit: Option<u64>,
    #[serde(default, deserialize_with = "nullable")]
    stats: Cache,
}

#[derive(Deserialize, Default)]
struct Cache {
    total_inactive_file: Option<u64>,
    inactive_file: Option<u64>,
}

#[derive(Deserialize)]
struct Network {
    #[serde(default, deserialize_with = "nullable")]
    rx_bytes: u64,
    #[serde(default, deserialize_with = "nullable")]
    tx_bytes: u64,
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
    value: u64,
}

#[derive(Deserialize, Default)]
struct PidsStats {
    current: Option<u64>,
}

impl CpuStats {
    fn read(&self) -> Cpu {
        let counted = u32::try_from(self.cpu_usage.percpu_usage.len()).ok();
        Cpu {
            container_ns: self.cpu_usage.total_usage,
            host_ns: self.system_cpu_usage.filter(|time| *time > 0 && self.cpu.is_none()),
            online: self.online_cpus.or(counted).filter(|number| *number > 0),
        }
    }
}

impl BlkioStats {
    /// cgroup 1 writes `Read`, cgroup 2 `read`; neither counts what only touched the file cache.
    fn sum(&self, op: &str) -> u64 {
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
            assert_eq!(recorded(&format!("{engine}/stats/gone.json")), Stats::default());
        }
    }

    #[test]
    fn the_cache_is_read_for_both_cgroup_versions() {
        let check = |path: &str, memory, inactive| {
            let stats = recorded(path);
            assert_eq!((stats.memory_bytes, stats.inactive_file_bytes), (Some(memory), inactive));
        };
        check("docker-26.1.5-cgroup2/stats/mem.json", 21_913_600, 20_971_520);
        check("docker-20.10.24/stats/idle.json", 307_200, 0);
        let both = made(
            r#","memory_stats":{"usage":9,"stats":{"total_inactive_file":3,"inactive_file":1}}"#,
        );
        assert_eq!(both.inactive_file_bytes, 3);
    }

    #[test]
    fn networks_and_devices_are_summed() {
        let networks = made(
            r#","networks":{"a":{"rx_bytes":1,"tx_bytes":2},"b":{"rx_bytes":10,"tx_bytes":null}}"#,
        );
        assert_eq!((networks.net_rx_bytes, networks.net_tx_bytes), (11, 2));
        let devices = made(
            r#","blkio_stats":{"io_service_bytes_recursive":[{"op":"Read","value":1},
               {"op":"read","value":2},{"op":"Write","value":4},{"op":"Total","value":7}]}"#,
        );
        assert_eq!((devices.block_read_bytes, devices.block_write_bytes), (3, 4));
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
    fn what_are_no_statistics_is_an_error() {
        assert!(stats(b"").is_err());
        assert!(stats(br#"{"message":"no"}"#).is_err());
    }
}
