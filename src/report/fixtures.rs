//! Rows for tests, each in a line: a running container of a given name and what became of it.

use super::Row;
use crate::monitor::container::{
    ContainerId, Engine, Health, Inspected, Labels, Listed, RestartPolicy, State, Status, Usage,
};
use crate::timestamp::Timestamp;

/// That many seconds after the first container started.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(1_795_334_400 + seconds)
}

/// Some Engine.
pub(crate) fn engine() -> Engine {
    Engine {
        host_name: "host".to_owned(),
        version: "28.5.2".to_owned(),
        memory_bytes: 8 << 30,
        processors: 2,
        is_podman: false,
        system_time: None,
    }
}

/// A container that runs since `at(0)`, without a check, a limit or a policy.
pub(crate) fn row(name: &str) -> Row {
    let id = ContainerId::new("0".repeat(64));
    let listed = Listed {
        id: id.clone(),
        name: name.to_owned(),
        image: "tb:1".to_owned(),
        labels: Labels::new(),
        status: Status::Running,
        health: None,
        exit_code: None,
        up_at_most: None,
        ports: Vec::new(),
        created: at(0),
    };
    let inspected = Inspected {
        id,
        name: name.to_owned(),
        image: "tb:1".to_owned(),
        labels: Labels::new(),
        created: at(0),
        state: State {
            status: Status::Running,
            health: None,
            last_probe_output: None,
            started_at: Some(at(0)),
            finished_at: None,
            exit_code: 0,
            oom_killed: false,
            error: String::new(),
        },
        restart_count: 0,
        restart_policy: RestartPolicy::No,
        stop_signal: None,
        auto_remove: false,
        tty: false,
        open_stdin: false,
        memory_limit_bytes: None,
        ports: Vec::new(),
    };
    Row { listed, inspected: Some(inspected), usage: None }
}

impl Row {
    fn with(mut self, change: impl FnOnce(&mut Inspected)) -> Self {
        change(self.inspected.as_mut().expect("only `vanished` takes it away, and comes last"));
        self
    }

    pub(crate) fn exited(self, code: i64, seconds: i64) -> Self {
        self.with(|inspected| {
            inspected.state.status = Status::Exited;
            inspected.state.exit_code = code;
            inspected.state.finished_at = Some(at(seconds));
        })
    }

    pub(crate) fn killed_for_memory(self, limit_bytes: u64) -> Self {
        self.with(|inspected| {
            inspected.state.oom_killed = true;
            inspected.memory_limit_bytes = Some(limit_bytes);
        })
    }

    pub(crate) fn restarting(self, restarts: u32) -> Self {
        self.with(|inspected| {
            inspected.state.status = Status::Restarting;
            inspected.restart_count = restarts;
            inspected.restart_policy = RestartPolicy::Always;
        })
    }

    pub(crate) fn unhealthy(self, output: &str) -> Self {
        self.with(|inspected| {
            inspected.state.health = Some(Health::Unhealthy);
            inspected.state.last_probe_output = Some(output.to_owned());
        })
    }

    pub(crate) fn paused(self) -> Self {
        self.with(|inspected| inspected.state.status = Status::Paused)
    }

    pub(crate) fn never_started(self, error: &str) -> Self {
        self.with(|inspected| {
            inspected.state.status = Status::Created;
            inspected.state.error = error.to_owned();
        })
    }

    pub(crate) fn using(mut self) -> Self {
        self.usage = Some(Usage {
            cpu_percent: Some(51.87),
            memory_bytes: Some(21_913_600),
            memory_limit_bytes: Some(64 << 20),
            net_rx_bytes: Some(1_112),
            net_tx_bytes: Some(0),
            block_read_bytes: Some(0),
            block_write_bytes: Some(20_971_520),
            pids: Some(1),
        });
        self
    }

    /// Gone between the list and its inspection.
    pub(crate) fn vanished(mut self) -> Self {
        self.inspected = None;
        self
    }
}
