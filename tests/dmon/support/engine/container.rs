//! A container as a test describes it, and the JSON that an Engine makes of it.

use std::fmt::Write;

use dmon::clock;
use dmon::timestamp::Timestamp;
use time::format_description::well_known::Rfc3339;

use super::Reply;

/// A container. Runs, without policy, health check, limit or labels, unless it is told otherwise.
#[derive(Clone)]
pub(crate) struct Container {
    /// Its name.
    pub(crate) name: String,
    image: String,
    status: &'static str,
    health: Option<&'static str>,
    exit_code: i64,
    labels: Vec<(String, String)>,
    policy: &'static str,
    restart_count: u32,
    started_at: String,
    /// When it was started while a test looked on.
    started: Option<Timestamp>,
    finished_at: String,
    cpu_percent: u64,
    memory_bytes: u64,
    memory_limit_bytes: u64,
    log: String,
    /// How often its statistics were asked for.
    sampled: u64,
    /// Whether the list says of its state what nobody understands.
    is_listed_oddly: bool,
    /// How far the clock of its Engine is ahead of this machine's, in nanoseconds.
    pub(super) ahead_ns: i64,
}

impl Container {
    /// One that runs.
    pub(crate) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            image: "tb:1".to_owned(),
            status: "running",
            health: None,
            exit_code: 0,
            labels: Vec::new(),
            policy: "no",
            restart_count: 0,
            started_at: "2026-11-22T08:00:01Z".to_owned(),
            started: None,
            finished_at: FINISHED.to_owned(),
            cpu_percent: 0,
            memory_bytes: 1 << 20,
            memory_limit_bytes: 0,
            log: String::new(),
            sampled: 0,
            is_listed_oddly: false,
            ahead_ns: 0,
        }
    }

    /// Its id: 64 hexadecimal digits made of its name.
    pub(crate) fn id(&self) -> String {
        let mut id = String::new();
        for byte in self.name.bytes() {
            write!(id, "{byte:02x}").unwrap();
        }
        format!("{id:0<64}")
    }

    /// Of another image.
    pub(crate) fn image(mut self, image: &str) -> Self {
        image.clone_into(&mut self.image);
        self
    }

    /// Running again, since just now.
    pub(crate) fn runs(mut self) -> Self {
        (self.status, self.started_at) = ("running", self.now());
        self.started = Some(clock::wall());
        self
    }

    /// Ended just now with this code.
    pub(crate) fn ends(mut self, code: i64) -> Self {
        self.finished_at = self.now();
        self.exited(code)
    }

    /// Ended with this code.
    pub(crate) fn exited(mut self, code: i64) -> Self {
        (self.status, self.exit_code) = ("exited", code);
        self
    }

    /// In another state of the Engine's (`paused`, `restarting`, `dead`).
    pub(crate) fn status(mut self, status: &'static str) -> Self {
        self.status = status;
        self
    }

    /// With a health check that says this (`healthy`, `unhealthy`, `starting`).
    pub(crate) fn health(mut self, health: &'static str) -> Self {
        self.health = Some(health);
        self
    }

    /// With a line in the list that has an id and no state that can be read.
    pub(crate) fn listed_oddly(mut self) -> Self {
        self.is_listed_oddly = true;
        self
    }

    /// With a line in the list that can be read.
    pub(crate) fn listed_as_usual(mut self) -> Self {
        self.is_listed_oddly = false;
        self
    }

    /// With one more label.
    pub(crate) fn label(mut self, name: &str, value: &str) -> Self {
        self.labels.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With a restart policy, which has restarted it so often.
    pub(crate) fn restarts(mut self, policy: &'static str, count: u32) -> Self {
        (self.policy, self.restart_count) = (policy, count);
        self
    }

    /// Using so much of one processor, and so much memory of at most so much (0: no limit).
    pub(crate) fn uses(mut self, cpu_percent: u64, memory: u64, memory_limit: u64) -> Self {
        self.cpu_percent = cpu_percent;
        (self.memory_bytes, self.memory_limit_bytes) = (memory, memory_limit);
        self
    }

    /// Having written that line to its standard output.
    pub(crate) fn wrote(mut self, line: &str) -> Self {
        let length = u32::try_from(line.len() + 1).unwrap();
        let length = String::from_utf8(length.to_be_bytes().to_vec()).unwrap();
        writeln!(self.log, "\u{1}\0\0\0{length}{line}").unwrap();
        self
    }

    /// What it answers to `/containers/{id}/WHAT`.
    pub(super) fn answer(&mut self, what: &str) -> Option<Reply> {
        Some(match what {
            "json" => Reply::json(self.inspected()),
            "stats" => Reply::json(self.counters()),
            "logs" => Reply::json(self.log.clone()),
            _ => return None,
        })
    }

    /// Its element of the list.
    pub(super) fn listed(&self) -> String {
        let health = self.health.map(|health| match health {
            "starting" => " (health: starting)".to_owned(),
            health => format!(" ({health})"),
        });
        let state = if self.is_listed_oddly { "unknown" } else { self.status };
        let text = match self.status {
            _ if self.is_listed_oddly => String::new(),
            "exited" => format!("Exited ({}) 2 seconds ago", self.exit_code),
            "restarting" => format!("Restarting ({}) 1 second ago", self.exit_code),
            "created" | "dead" => self.status.to_owned(),
            "paused" => "Up 2 hours (Paused)".to_owned(),
            _ => format!("Up {}{}", self.up(), health.unwrap_or_default()),
        };
        format!(
            r#"{{"Id":"{}","Names":["/{}"],"Image":"{}","ImageID":"sha256:1f","Command":"sleep",
            "Created":1795334400,"Ports":[],"Labels":{{{}}},"State":"{}","Status":"{text}",
            "HostConfig":{{"NetworkMode":"none"}},"Mounts":[]}}"#,
            self.id(),
            self.name,
            self.image,
            pairs(&self.labels),
            state,
        )
    }

    /// How long it has run, as an Engine words it.
    fn up(&self) -> String {
        match self.started.map(|started| clock::wall().since(started).as_secs()) {
            None => "2 hours".to_owned(),
            Some(0) => "Less than a second".to_owned(),
            Some(seconds @ 1..60) => format!("{seconds} seconds"),
            Some(_) => "About a minute".to_owned(),
        }
    }

    fn inspected(&self) -> String {
        let health = self.health.map(|health| {
            let log = r#"[{"ExitCode":0,"Output":"probed\n"}]"#;
            format!(r#","Health":{{"Status":"{health}","FailingStreak":0,"Log":{log}}}"#)
        });
        let finished =
            if self.status == "running" { "0001-01-01T00:00:00Z" } else { &self.finished_at };
        format!(
            r#"{{"Id":"{}","Created":"2026-11-22T08:00:00Z","Name":"/{}","Image":"sha256:1f",
            "RestartCount":{},"State":{{"Status":"{}","ExitCode":{},"Error":"","OOMKilled":false,
            "StartedAt":"{}","FinishedAt":"{finished}"{}}},
            "Config":{{"Image":"{}","Labels":{{{}}},"Tty":false,"OpenStdin":false}},
            "HostConfig":{{"RestartPolicy":{{"Name":"{}","MaximumRetryCount":0}},
            "AutoRemove":false,"Memory":{}}},"NetworkSettings":{{"Ports":{{}}}}}}"#,
            self.id(),
            self.name,
            self.restart_count,
            self.status,
            self.exit_code,
            self.started_at,
            health.unwrap_or_default(),
            self.image,
            pairs(&self.labels),
            self.policy,
            self.memory_limit_bytes,
        )
    }

    /// What the Engine's clock says.
    fn now(&self) -> String {
        let now = clock::wall().nanoseconds() + self.ahead_ns;
        Timestamp::from_nanoseconds(now).utc().format(&Rfc3339).unwrap()
    }

    /// Its counters, a second later each time.
    fn counters(&mut self) -> String {
        self.sampled += 1;
        self.counters_at(self.sampled)
    }

    /// Its counters after so many seconds.
    pub(crate) fn counters_at(&self, seconds: u64) -> String {
        if !matches!(self.status, "running" | "paused") {
            return r#"{"read":"0001-01-01T00:00:00Z","memory_stats":{}}"#.to_owned();
        }
        let (host, used) = (seconds * 2_000_000_000, seconds * 10_000_000 * self.cpu_percent);
        let no_limit = self.memory_limit_bytes == 0;
        let limit = if no_limit { 8_000_000_000 } else { self.memory_limit_bytes };
        format!(
            r#"{{"read":"2026-11-22T08:30:12.93187298Z","preread":"0001-01-01T00:00:00Z",
            "pids_stats":{{"current":1}},"blkio_stats":{{"io_service_bytes_recursive":null}},
            "cpu_stats":{{"cpu_usage":{{"total_usage":{used}}},"system_cpu_usage":{host},
            "online_cpus":2}},"memory_stats":{{"usage":{},"stats":{{"inactive_file":4096}},
            "limit":{limit}}},"networks":{{"eth0":{{"rx_bytes":7,"tx_bytes":8}}}}}}"#,
            self.memory_bytes + 4096,
        )
    }

    /// A line of the event stream, with its line end.
    pub(super) fn event(&self, time: i64, action: &str, attributes: &[(&str, &str)]) -> String {
        let known = [("name", self.name.as_str()), ("image", self.image.as_str())];
        let labels = self.labels.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let all: Vec<(&str, &str)> =
            known.into_iter().chain(labels).chain(attributes.iter().copied()).collect();
        let (id, pairs, seconds) = (self.id(), pairs(&all), time / 1_000_000_000);
        let actor = format!(r#"{{"ID":"{id}","Attributes":{{{pairs}}}}}"#);
        format!(r#"{{"Type":"container","Action":"{action}","Actor":{actor},"scope":"local","#)
            + &format!("\"time\":{seconds},\"timeNano\":{time}}}\n")
    }
}

const FINISHED: &str = "2026-11-22T08:10:00Z";

fn pairs<T: AsRef<str>>(pairs: &[(T, T)]) -> String {
    let pairs = pairs.iter().map(|(name, value)| {
        let (name, value) = (name.as_ref(), value.as_ref());
        format!("{}:{}", serde_json::json!(name), serde_json::json!(value))
    });
    pairs.collect::<Vec<_>>().join(",")
}
