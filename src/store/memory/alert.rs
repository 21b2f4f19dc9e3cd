//! Mirrors of `monitor::alert` and `monitor::cause`.

use serde::{Deserialize, Serialize};

use crate::monitor::{alert, cause};
use crate::store::memory::ledger::Severity;
use crate::store::memory::mirror::{Mirror, Moment, Span, Timestamp};
use crate::store::memory::subject::Identity;
use crate::store::memory::world::{Health, Port, RestartPolicy, Status};

mirror! {
    struct Alert = alert::Alert {
        id: AlertId,
        identity: Identity,
        severity: Severity,
        kind: Kind,
        time: Timestamp,
        #[serde(default)]
        moment: Moment,
        about: About,
        repeat: Option<Repeat>,
        ended: Option<Timestamp>,
        between: Option<(Timestamp, Timestamp)>,
        log: Vec<String>,
    }

    struct About = alert::About {
        name: String,
        image: String,
        exit_code: Option<i64>,
        restart_count: Option<u32>,
        restart_policy: Option<RestartPolicy>,
        ports: Vec<Port>,
        compose: Option<(String, String)>,
    }

    struct Repeat = alert::Repeat {
        times: u32,
        since: Timestamp,
        #[serde(default)]
        moment: Moment,
    }

    enum Kind = alert::Kind {
        Status { from: Condition, to: Condition, cause: Cause, said: Option<String> },
        Removed { previous: Status, cause: Option<Cause> },
        CrashLoop { deaths: u32, exit_codes: Vec<i64>, backoff: Option<Span> },
        RestartFailed { from: Condition, to: Condition, cause: Cause, error: String },
        RestartedManually,
        RestartedAutomatically { cause: Cause },
        EngineRestarted { restarted: Vec<String> },
        Recreated { image_before: Option<String> },
        Added { status: Status },
        JobFailed { cause: Cause },
        PolicyDisabled { signal: String },
        Recovered { after: Option<Cause>, from: Condition, lasted: Span },
        EngineUnreachable { reason: String },
        EngineReachable { lasted: Span, changed: Vec<String> },
        Watching { counts: Vec<(Status, u32)>, unwell: Vec<(String, Condition)> },
    }

    enum Condition = alert::Condition {
        Is(status: Status),
        Feels(health: Health),
        Removed,
    }

    enum Cause = cause::Cause {
        ExitedByItself { exit_code: i64 },
        Exited { exit_code: i64 },
        Unknown,
        OutOfMemory { limit_bytes: Option<u64> },
        ProcessOutOfMemory,
        StoppedOnRequest,
        StoppedAndRemoved,
        HealthCheckFailed,
        PausedOnRequest,
        FoundRestarting,
        NotBackAfterEngineRestart,
        PolicyGaveUp,
        CouldNotStart,
        DidNotStayUp,
        NeverHealthy,
    }
}

/// The number itself.
#[derive(Serialize, Deserialize)]
pub(super) struct AlertId(u32);

impl Mirror for AlertId {
    type Core = alert::AlertId;

    fn of(alert::AlertId(core): &Self::Core) -> Self {
        Self(*core)
    }

    fn core(self) -> Self::Core {
        alert::AlertId(self.0)
    }
}
