//! What there is to tell, before it has words (`message::alert`).

use std::fmt;
use std::time::Duration;

use crate::monitor::cause::Cause;
use crate::monitor::container::{Health, Port, RestartPolicy, Status};
use crate::monitor::identity::Identity;
use crate::monitor::moment::Moment;
use crate::monitor::severity::Severity;
use crate::timestamp::Timestamp;

/// Shown at the foot of a message and in `--json`: what is told twice has the same id twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AlertId(pub u32);

impl fmt::Display for AlertId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:08x}", self.0)
    }
}

impl AlertId {
    /// The id of what happened to `identity` at `time`: the same whenever it is worked out (FNV-1a).
    pub fn of(identity: &Identity, title: &str, time: Timestamp) -> Self {
        let identity = identity.to_string();
        let bytes = identity.bytes().chain(title.bytes()).chain(time.nanoseconds().to_le_bytes());
        Self(bytes.fold(0x811c_9dc5, |hash: u32, byte| {
            (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
        }))
    }
}

/// One thing to tell.
#[derive(Clone, Debug, PartialEq)]
pub struct Alert {
    /// Its id.
    pub id: AlertId,
    /// Whom it is about.
    pub identity: Identity,
    /// How much it matters: rule, settings and labels together.
    pub severity: Severity,
    /// What happened.
    pub kind: Kind,
    /// When it happened, by the Engine's clock where the Engine told.
    pub time: Timestamp,
    /// The same by dmon's own clock: durations are counted from here.
    pub moment: Moment,
    /// The container it is about; of little meaning for the Engine's own alerts.
    pub about: About,
    /// How often, and since when, where it was not the first time.
    pub repeat: Option<Repeat>,
    /// When it was over, where it was over before it could be told.
    pub ended: Option<Timestamp>,
    /// Found by comparing after a blind time: happened between these two.
    pub between: Option<(Timestamp, Timestamp)>,
    /// The last lines of its log.
    pub log: Vec<String>,
}

impl Alert {
    /// An alert about the Engine, or about dmon.
    pub(in crate::monitor) fn of_engine(
        severity: Severity,
        kind: Kind,
        time: Timestamp,
        moment: Moment,
    ) -> Self {
        Self::of(&Identity::Engine, severity, kind, time, moment)
    }

    /// An alert that says nothing yet but what happened to whom, and when.
    pub(in crate::monitor) fn of(
        identity: &Identity,
        severity: Severity,
        kind: Kind,
        time: Timestamp,
        moment: Moment,
    ) -> Self {
        Self {
            id: AlertId::of(identity, kind.title(), time),
            identity: identity.clone(),
            severity,
            kind,
            time,
            moment,
            about: About::default(),
            repeat: None,
            ended: None,
            between: None,
            log: Vec::new(),
        }
    }
}

/// Fields that every alert of a container carries when they are known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct About {
    /// The container's name.
    pub name: String,
    /// Its image as it was asked for.
    pub image: String,
    /// The code its last run ended with, where a run has ended.
    pub exit_code: Option<i64>,
    /// Restarts by its policy since somebody started it.
    pub restart_count: Option<u32>,
    /// Its restart policy.
    pub restart_policy: Option<RestartPolicy>,
    /// Its ports.
    pub ports: Vec<Port>,
    /// Its compose project and service.
    pub compose: Option<(String, String)>,
}

/// An incident or a notice that goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repeat {
    /// How often it happened, the last time included.
    pub times: u32,
    /// When it happened first.
    pub since: Timestamp,
    /// The same by dmon's own clock.
    pub moment: Moment,
}

/// What happened: one for each title of the contract.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// `Container Status Alert`: it is not what it should be.
    Status {
        /// What it was.
        from: Condition,
        /// What it is.
        to: Condition,
        /// Why.
        cause: Cause,
        /// What the last probe of its health check, or the Engine, said.
        said: Option<String>,
    },
    /// `Container Removed`.
    Removed {
        /// What it was before.
        previous: Status,
        /// Why; `None` when nothing more is known than that it was removed.
        cause: Option<Cause>,
    },
    /// `Container Crash Loop`.
    CrashLoop {
        /// Deaths in the last five minutes.
        deaths: u32,
        /// The codes they ended with, each once, the latest first.
        exit_codes: Vec<i64>,
        /// How long the Engine waited before the last restart.
        backoff: Option<Duration>,
    },
    /// `Container Restart Failed`.
    RestartFailed {
        /// What it was.
        from: Condition,
        /// What it is.
        to: Condition,
        /// Why.
        cause: Cause,
        /// What the Engine, or the last probe, said; empty when nothing.
        error: String,
    },
    /// `Container Restart Detected`, by somebody's request.
    RestartedManually,
    /// `Container Restart Detected`, by its policy.
    RestartedAutomatically {
        /// Why it had ended.
        cause: Cause,
    },
    /// `Container Restart Detected` for all that the Engine's own restart took along.
    EngineRestarted {
        /// The names of those that run again.
        restarted: Vec<String>,
    },
    /// `Container Recreated`.
    Recreated {
        /// The image before, when it was another.
        image_before: Option<String>,
    },
    /// `Container Added`.
    Added {
        /// What it is.
        status: Status,
    },
    /// `Job Failed`.
    JobFailed {
        /// Why it ended.
        cause: Cause,
    },
    /// `Restart Policy Disabled`.
    PolicyDisabled {
        /// The signal that did it, as the Engine wrote it.
        signal: String,
    },
    /// `Container Recovered`.
    Recovered {
        /// What was told of it: its cause.
        after: Option<Cause>,
        /// What it was while it was not well.
        from: Condition,
        /// From the first problem to now.
        lasted: Duration,
    },
    /// `Docker Engine Unreachable`.
    EngineUnreachable {
        /// What the Engine's client said.
        reason: String,
    },
    /// `Docker Engine Reachable`.
    EngineReachable {
        /// How long there was no answer.
        lasted: Duration,
        /// What is other than before, by container; empty when nothing.
        changed: Vec<String>,
    },
    /// The start message.
    Watching {
        /// How many there are of each status.
        counts: Vec<(Status, u32)>,
        /// Those that are not well: name and what they are.
        unwell: Vec<(String, Condition)>,
    },
}

impl Kind {
    /// The title without its emoji and severity.
    pub fn title(&self) -> &'static str {
        match self {
            Self::Status { .. } => "Container Status Alert",
            Self::Removed { .. } => "Container Removed",
            Self::CrashLoop { .. } => "Container Crash Loop",
            Self::RestartFailed { .. } => "Container Restart Failed",
            Self::RestartedManually
            | Self::RestartedAutomatically { .. }
            | Self::EngineRestarted { .. } => "Container Restart Detected",
            Self::Recreated { .. } => "Container Recreated",
            Self::Added { .. } => "Container Added",
            Self::JobFailed { .. } => "Job Failed",
            Self::PolicyDisabled { .. } => "Restart Policy Disabled",
            Self::Recovered { .. } => "Container Recovered",
            Self::EngineUnreachable { .. } => "Docker Engine Unreachable",
            Self::EngineReachable { .. } => "Docker Engine Reachable",
            Self::Watching { .. } => "dmon Is Watching",
        }
    }

    /// What it is called in JSON lines.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Status { .. } => "status",
            Self::Removed { .. } => "removed",
            Self::CrashLoop { .. } => "crash_loop",
            Self::RestartFailed { .. } => "restart_failed",
            Self::RestartedManually => "restarted_manually",
            Self::RestartedAutomatically { .. } => "restarted_automatically",
            Self::EngineRestarted { .. } => "engine_restarted",
            Self::Recreated { .. } => "recreated",
            Self::Added { .. } => "added",
            Self::JobFailed { .. } => "job_failed",
            Self::PolicyDisabled { .. } => "policy_disabled",
            Self::Recovered { .. } => "recovered",
            Self::EngineUnreachable { .. } => "engine_unreachable",
            Self::EngineReachable { .. } => "engine_reachable",
            Self::Watching { .. } => "watching",
        }
    }

    /// Why, where the kind knows.
    pub fn cause(&self) -> Option<&Cause> {
        match self {
            Self::Status { cause, .. }
            | Self::RestartFailed { cause, .. }
            | Self::RestartedAutomatically { cause }
            | Self::JobFailed { cause } => Some(cause),
            Self::Removed { cause, .. } => cause.as_ref(),
            Self::Recovered { after, .. } => after.as_ref(),
            _ => None,
        }
    }

    /// What the container is now, for the kinds that are problems.
    pub fn condition(&self) -> Option<Condition> {
        match self {
            Self::Status { to, .. } | Self::RestartFailed { to, .. } => Some(*to),
            Self::Removed { .. } => Some(Condition::Removed),
            Self::CrashLoop { .. } => Some(Condition::Is(Status::Restarting)),
            _ => None,
        }
    }
}

/// What a container is, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Condition {
    /// By its status.
    Is(Status),
    /// By its health check, while it runs.
    Feels(Health),
    /// It is no more.
    Removed,
}

impl Condition {
    /// The Engine's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Is(status) => status.word(),
            Self::Feels(health) => health.word(),
            Self::Removed => "removed",
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.word())
    }
}
