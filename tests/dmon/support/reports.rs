//! A report as the Engine's answers might make it: a shop's host on a bad morning.

use std::time::Duration;

use dmon::message::{self, Message};
use dmon::monitor::container::{
    ContainerId, Engine, Health, Inspected, Labels, Listed, RestartPolicy, State, Status, Usage,
};
use dmon::report::{Report, Row, Shown};
use dmon::timestamp::Timestamp;

/// 2026-11-22 08:00:00 UTC.
const NOW: Timestamp = Timestamp::from_seconds(1_795_334_400);

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// The message that reports twelve containers, four of them with a problem.
pub(crate) fn bad_morning() -> Message {
    told(vec![
        up("shop-web-1", 12 * DAY).healthy().using(0.46, (21 << 20, 64 << 20), 61),
        up("shop-api-1", 3 * HOUR).healthy().using(120.3, (512 << 20, 1 << 30), 48),
        up("shop-db-1", 12 * DAY).unhealthy("connection refused").using(
            1.2,
            (1_900 << 20, 2 << 30),
            212,
        ),
        up("shop-worker-2", 41 * MINUTE).restarted(3).using(0.0, (88 << 20, 256 << 20), 7),
        up("batch-import", 0).killed_for_memory(3 * HOUR, 512 << 20),
        up("mailer", 0).exited(1, 9 * MINUTE).restarting(14),
        up("nightly-backup", 0).exited(0, 5 * HOUR),
        up("legacy-cron", 0).exited(127, 2 * DAY),
        up("grafana", 30 * DAY).using(2.5, (140 << 20, 0), 21),
        up("gitlab-runner-with-quite-a-long-name-07", 6 * DAY).using(0.1, (33 << 20, 0), 12),
        up("mailpit", 2 * HOUR).using(0.3, (9 << 20, 0), 2),
        up("traefik", 30 * DAY).healthy().using(0.9, (52 << 20, 0), 14),
    ])
}

/// The message that reports a host on which all is well.
pub(crate) fn good_morning() -> Message {
    told(vec![
        up("traefik", 30 * DAY).healthy().using(0.9, (52 << 20, 0), 14),
        up("grafana", 30 * DAY).using(2.5, (140 << 20, 0), 21),
    ])
}

fn told(rows: Vec<Container>) -> Message {
    let engine = Engine {
        host_name: "web-1".to_owned(),
        version: "28.5.2".to_owned(),
        memory_bytes: 8 << 30,
        processors: 4,
        is_podman: false,
        system_time: None,
    };
    let rows = rows.into_iter().map(|container| container.0).collect();
    let report = Report::new("web-1".to_owned(), engine, NOW, rows, Shown::All);
    message::report::report(&report, "2026-11-22 09:00:00 CET")
}

/// A row in the making.
struct Container(Row);

/// A container that runs since `seconds` ago, without a check, a limit or a policy.
fn up(name: &str, seconds: u64) -> Container {
    let id = ContainerId::new("0".repeat(64));
    let listed = Listed {
        id: id.clone(),
        name: name.to_owned(),
        image: "shop:1".to_owned(),
        labels: Labels::new(),
        status: Status::Running,
        health: None,
        exit_code: None,
        up_at_most: None,
        ports: Vec::new(),
        created: NOW,
    };
    let state = State {
        status: Status::Running,
        health: None,
        last_probe_output: None,
        started_at: Some(NOW - Duration::from_secs(seconds)),
        finished_at: None,
        exit_code: 0,
        oom_killed: false,
        error: String::new(),
    };
    let inspected = Inspected {
        id,
        name: name.to_owned(),
        image: "shop:1".to_owned(),
        labels: Labels::new(),
        created: NOW,
        state,
        restart_count: 0,
        restart_policy: RestartPolicy::No,
        stop_signal: None,
        auto_remove: false,
        tty: false,
        open_stdin: false,
        memory_limit_bytes: None,
        ports: Vec::new(),
    };
    Container(Row { listed, inspected: Some(inspected), usage: None })
}

impl Container {
    fn with(mut self, change: impl FnOnce(&mut Inspected)) -> Self {
        change(self.0.inspected.as_mut().unwrap());
        self
    }

    fn healthy(self) -> Self {
        self.with(|inspected| inspected.state.health = Some(Health::Healthy))
    }

    fn unhealthy(self, output: &str) -> Self {
        self.with(|inspected| {
            inspected.state.health = Some(Health::Unhealthy);
            inspected.state.last_probe_output = Some(output.to_owned());
        })
    }

    fn restarted(self, times: u32) -> Self {
        self.with(|inspected| inspected.restart_count = times)
    }

    fn exited(self, code: i64, seconds: u64) -> Self {
        self.with(|inspected| {
            inspected.state.status = Status::Exited;
            inspected.state.exit_code = code;
            inspected.state.finished_at = Some(NOW - Duration::from_secs(seconds));
        })
    }

    fn killed_for_memory(self, seconds: u64, limit_bytes: u64) -> Self {
        self.exited(137, seconds).with(|inspected| {
            inspected.state.oom_killed = true;
            inspected.memory_limit_bytes = Some(limit_bytes);
        })
    }

    fn restarting(self, times: u32) -> Self {
        self.restarted(times).with(|inspected| inspected.state.status = Status::Restarting)
    }

    /// CPU in percent, memory used and its limit (0: the host's), processes; traffic that goes with
    /// them.
    fn using(mut self, cpu_percent: f64, memory: (u64, u64), pids: u64) -> Self {
        let (memory_bytes, limit_bytes) = memory;
        self.0.usage = Some(Usage {
            cpu_percent: Some(cpu_percent),
            memory_bytes: Some(memory_bytes),
            memory_limit_bytes: Some(if limit_bytes == 0 { 8 << 30 } else { limit_bytes }),
            net_rx_bytes: Some(pids * 1_234_567),
            net_tx_bytes: Some(pids * 98_765),
            block_read_bytes: Some(memory_bytes / 3),
            block_write_bytes: Some(pids * 40_960),
            pids: Some(pids),
        });
        self
    }
}
