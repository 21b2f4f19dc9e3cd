//! The nouns: a container as the Engine lists it, as it is when inspected, and what it uses. The
//! edges turn the Engine's JSON into these; nothing here knows of JSON.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use crate::timestamp::Timestamp;

/// The Engine's id of a container: 64 hexadecimal digits, never reused.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContainerId(String);

impl ContainerId {
    /// Takes the id as the Engine wrote it.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The whole id.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first twelve characters, as `docker ps` shows it.
    pub fn short(&self) -> &str {
        self.0.get(..12).unwrap_or(&self.0)
    }
}

impl fmt::Display for ContainerId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.short())
    }
}

/// `State.Status` of the Engine's inspect, `State` of its list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// Made and never started.
    Created,
    /// Its main process runs.
    Running,
    /// Frozen by `docker pause`.
    Paused,
    /// Waits for its restart policy to start it again.
    Restarting,
    /// Being removed.
    Removing,
    /// Its main process ended.
    Exited,
    /// Half removed: the Engine could not finish its removal.
    Dead,
}

impl Status {
    /// The Engine's word; `None` for one that it did not have when this was written.
    pub fn from_word(word: &str) -> Option<Self> {
        Some(match word {
            // Podman says `initialized` between created and running, `stopped` and `stopping` for
            // exited.
            "created" | "initialized" | "configured" => Self::Created,
            "running" => Self::Running,
            "paused" => Self::Paused,
            "restarting" => Self::Restarting,
            "removing" => Self::Removing,
            "exited" | "stopped" | "stopping" => Self::Exited,
            "dead" => Self::Dead,
            _ => return None,
        })
    }

    /// The Engine's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Restarting => "restarting",
            Self::Removing => "removing",
            Self::Exited => "exited",
            Self::Dead => "dead",
        }
    }

    /// Whether it has processes: running or paused.
    pub fn is_up(self) -> bool {
        matches!(self, Self::Running | Self::Paused)
    }

    /// Whether it has run and ended.
    pub fn has_ended(self) -> bool {
        matches!(self, Self::Exited | Self::Dead | Self::Restarting)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.word())
    }
}

/// What a container's health check says. A container without a check has none (`Option<Health>`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Health {
    /// Started, no verdict yet.
    Starting,
    /// The last probe passed.
    Healthy,
    /// As many probes failed in a row as the check allows.
    Unhealthy,
}

impl Health {
    /// The Engine's word; `None` for `none`, for the empty word and for unknown ones.
    pub fn from_word(word: &str) -> Option<Self> {
        Some(match word {
            "starting" => Self::Starting,
            "healthy" => Self::Healthy,
            "unhealthy" => Self::Unhealthy,
            _ => return None,
        })
    }

    /// The Engine's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Healthy => "healthy",
            Self::Unhealthy => "unhealthy",
        }
    }
}

impl fmt::Display for Health {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.word())
    }
}

/// What the Engine does when the container's main process ends by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum RestartPolicy {
    /// Nothing.
    #[default]
    No,
    /// Starts it again, also when the Engine starts.
    Always,
    /// The same, unless somebody stopped it.
    UnlessStopped,
    /// Starts it again after an exit code other than 0.
    OnFailure {
        /// How often in a row; 0 without a limit.
        maximum_retries: u32,
    },
}

impl fmt::Display for RestartPolicy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::No => formatter.write_str("no"),
            Self::Always => formatter.write_str("always"),
            Self::UnlessStopped => formatter.write_str("unless-stopped"),
            Self::OnFailure { maximum_retries: 0 } => formatter.write_str("on-failure"),
            Self::OnFailure { maximum_retries } => {
                write!(formatter, "on-failure:{maximum_retries}")
            }
        }
    }
}

/// A port of the container and where the host publishes it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Port {
    /// The container's port.
    pub container: u16,
    /// The host's port; `None` when it is exposed and not published.
    pub host: Option<u16>,
    /// `tcp`, `udp` or `sctp`.
    pub protocol: String,
}

impl fmt::Display for Port {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(host) = self.host {
            write!(formatter, "{host}→")?;
        }
        write!(formatter, "{}/{}", self.container, self.protocol)
    }
}

/// A container's labels.
pub type Labels = BTreeMap<String, String>;

/// One container of the Engine's list (`/containers/json?all=1`). The list is cheap and coarse: it
/// knows neither when a container started nor how often it restarted.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    /// Whose line it is.
    pub id: ContainerId,
    /// Its name, without the Engine's leading slash; empty while the Engine is removing it.
    pub name: String,
    /// The image as it was asked for.
    pub image: String,
    /// Its labels.
    pub labels: Labels,
    /// What it is doing.
    pub status: Status,
    /// What its health check says, read off the list's text; `None` without a check.
    pub health: Option<Health>,
    /// The exit code of the last run, read off the list's text (`Exited (137) 3 minutes ago`).
    pub exit_code: Option<i64>,
    /// The longest that its present run can have lasted, as far as the list's words tell (`Up 3
    /// minutes` is less than four); `None` while it is not up.
    pub up_at_most: Option<Duration>,
    /// Its ports, sorted, each once.
    pub ports: Vec<Port>,
    /// When it was made (whole seconds).
    pub created: Timestamp,
}

/// The Engine's list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct List {
    /// The containers whose line can be read.
    pub containers: Vec<Listed>,
    /// Those whose line cannot: they exist.
    pub unreadable: Vec<UnreadableLine>,
}

/// A line of the list whose id can be read and whose state cannot.
#[derive(Clone, Debug, PartialEq)]
pub struct UnreadableLine {
    /// Whose line it is.
    pub id: ContainerId,
    /// Its name; empty where that cannot be read either.
    pub name: String,
    /// What is wrong with it.
    pub reason: String,
}

/// One container as the Engine's inspect describes it (`/containers/{id}/json`).
#[derive(Clone, Debug, PartialEq)]
pub struct Inspected {
    /// Whose description it is.
    pub id: ContainerId,
    /// Its name, without the Engine's leading slash.
    pub name: String,
    /// The image as it was asked for (`Config.Image`): a bare `sha256:…` for a step of a classic
    /// build.
    pub image: String,
    /// Its labels.
    pub labels: Labels,
    /// When it was made.
    pub created: Timestamp,
    /// What it is doing and how its last run ended.
    pub state: State,
    /// Restarts by its policy since it was last started by somebody or by the Engine's own start.
    pub restart_count: u32,
    /// What the Engine does when it ends.
    pub restart_policy: RestartPolicy,
    /// The signal that stops it (`Config.StopSignal`: its own or its image's), as written there
    /// (`SIGQUIT`, `28`).
    pub stop_signal: Option<String>,
    /// Started with `--rm`.
    pub auto_remove: bool,
    /// Has a terminal (`-t`).
    pub tty: bool,
    /// Its standard input is kept open (`-i`).
    pub open_stdin: bool,
    /// Its memory limit in bytes; `None` without one.
    pub memory_limit_bytes: Option<u64>,
    /// Its published and exposed ports, sorted, each once.
    pub ports: Vec<Port>,
}

/// `State` of the Engine's inspect.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// What it is doing.
    pub status: Status,
    /// What its health check says; `None` without a check.
    pub health: Option<Health>,
    /// The output of the last probe of its health check.
    pub last_probe_output: Option<String>,
    /// When its present or last run began; `None` when it never ran.
    pub started_at: Option<Timestamp>,
    /// When its last finished run ended; `None` when none has.
    pub finished_at: Option<Timestamp>,
    /// The exit code of the last finished run (0 while none has finished).
    pub exit_code: i64,
    /// A process in it was killed for memory during the last run: its main one or another.
    pub oom_killed: bool,
    /// Why the Engine could not start it; empty when it could.
    pub error: String,
}

/// What a container uses at one moment; what the Engine did not say is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Usage {
    /// Share of the host's processors: 100 is one whole core.
    pub cpu_percent: Option<f64>,
    /// Memory in use without the file cache that can be dropped, as `docker stats` counts it.
    pub memory_bytes: Option<u64>,
    /// The most it may use: its own limit, or the host's memory.
    pub memory_limit_bytes: Option<u64>,
    /// Received over all networks since its start.
    pub net_rx_bytes: Option<u64>,
    /// Sent over all networks since its start.
    pub net_tx_bytes: Option<u64>,
    /// Read from block devices since its start.
    pub block_read_bytes: Option<u64>,
    /// Written to block devices since its start.
    pub block_write_bytes: Option<u64>,
    /// Processes and threads.
    pub pids: Option<u64>,
}

/// What the Engine says of itself (`/info`, `/version`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Engine {
    /// The name of its host (`/info` `Name`).
    pub host_name: String,
    /// Its version (`28.5.2`).
    pub version: String,
    /// The host's memory in bytes.
    pub memory_bytes: u64,
    /// The host's processors.
    pub processors: u32,
    /// Whether this is Podman's Docker-compatible API, which tells less.
    pub is_podman: bool,
    /// What its clock showed when it answered.
    pub system_time: Option<Timestamp>,
}
