//! The part of the full state that is owed to Slack.

use std::time::Duration;

use dmon::monitor::alert::{About, Alert, AlertId, Condition, Kind, Repeat};
use dmon::monitor::cause::Cause;
use dmon::monitor::container::{Health, Port, RestartPolicy, Status};
use dmon::monitor::effect::Crowd;
use dmon::monitor::identity::Identity;
use dmon::monitor::ledger::{
    Account, Gravity, Incident, Ledger, Notice, Pace, Recovery, Told, Trust, Widening,
};
use dmon::monitor::severity::Severity;

use super::full::{moment, name, wall};

const CAUSES: [Cause; 15] = [
    Cause::ExitedByItself { exit_code: 7 },
    Cause::Exited { exit_code: -1 },
    Cause::Unknown,
    Cause::OutOfMemory { limit_bytes: Some(512 << 20) },
    Cause::ProcessOutOfMemory,
    Cause::StoppedOnRequest,
    Cause::StoppedAndRemoved,
    Cause::HealthCheckFailed,
    Cause::PausedOnRequest,
    Cause::FoundRestarting,
    Cause::NotBackAfterEngineRestart,
    Cause::PolicyGaveUp,
    Cause::CouldNotStart,
    Cause::DidNotStayUp,
    Cause::NeverHealthy,
];

/// The longest span that is kept.
const LONGEST: Duration = Duration::from_nanos(u64::MAX);

pub(super) fn ledger() -> Ledger {
    let alerts = kinds().into_iter().chain(CAUSES.map(status)).map(plain);
    let notices = alerts.map(|alert| Notice { due: moment(40), alert, batch: None });
    let engine = Account { notices: notices.collect(), ..Account::default() };
    let widening = Widening { wait: Duration::from_mins(10), next: moment(42), last: moment(43) };
    let web = Account {
        incident: Some(incident()),
        recovered: Some(moment(41)),
        notices: Vec::new(),
        widening: Some(widening),
    };
    let again = Incident {
        trust: Trust::AfterCooldown,
        told: Some(told(Severity::Warning, Gravity::Lasting)),
        ..incident()
    };
    let worse = Incident { told: Some(told(Severity::Critical, Gravity::Final)), ..incident() };
    let only = |incident| Account { incident: Some(incident), ..Account::default() };
    let job = ("Job Failed".to_owned(), "job:1".to_owned());
    Ledger {
        accounts: [
            (Identity::Engine, engine),
            (name("web"), web),
            (name("cache"), only(again)),
            (name("proxy"), only(worse)),
        ]
        .into(),
        crowd: vec![Crowd { title: job.0, image: job.1, count: 1_234 }],
        pace: Pace { next: moment(44), storm: 1, failures: 2, batches: 3 },
        under_way: None,
        revision: 0,
    }
}

pub(super) fn incident() -> Incident {
    Incident {
        began: wall(50),
        opened: moment(9),
        problem: alert(status(Cause::Unknown)),
        changed: moment(51),
        times: 2,
        recovery: Some(Recovery {
            since: moment(52),
            alert: alert(recovered()),
            unsure: Some(moment(53)),
        }),
        trust: Trust::AtOnce,
        told: Some(told(Severity::Info, Gravity::Passing)),
    }
}

fn told(severity: Severity, gravity: Gravity) -> Told {
    Told { at: moment(53), severity, gravity, follow_ups: 1 }
}

/// A problem of a subject.
pub(super) fn problem() -> Alert {
    plain(status(Cause::Unknown))
}

/// One with nothing but what it must have.
fn plain(kind: Kind) -> Alert {
    Alert {
        id: AlertId(0),
        identity: name("web"),
        severity: Severity::Info,
        kind,
        time: wall(60),
        moment: moment(60),
        about: About::default(),
        repeat: None,
        ended: None,
        between: None,
        log: Vec::new(),
    }
}

pub(super) fn alert(kind: Kind) -> Alert {
    let about = About {
        name: "web".to_owned(),
        image: "web:1".to_owned(),
        exit_code: Some(7),
        restart_count: Some(8),
        restart_policy: Some(RestartPolicy::Always),
        ports: vec![Port { container: 80, host: None, protocol: "udp".to_owned() }],
        compose: Some(("shop".to_owned(), "web".to_owned())),
    };
    Alert {
        id: AlertId(u32::MAX),
        severity: Severity::Critical,
        about,
        repeat: Some(Repeat { times: 9, since: wall(61), moment: moment(61) }),
        ended: Some(wall(62)),
        between: Some((wall(63), wall(64))),
        log: vec!["the last line".to_owned()],
        ..plain(kind)
    }
}

pub(super) fn status(cause: Cause) -> Kind {
    Kind::Status {
        from: Condition::Is(Status::Running),
        to: Condition::Is(Status::Exited),
        cause,
        said: Some("no route to host".to_owned()),
    }
}

fn recovered() -> Kind {
    let from = Condition::Is(Status::Exited);
    Kind::Recovered { after: Some(Cause::Unknown), from, lasted: Duration::from_secs(90) }
}

/// All kinds but `Kind::Status`.
fn kinds() -> [Kind; 14] {
    let cause = Cause::Unknown;
    let names = || vec!["web".to_owned(), "cache".to_owned()];
    [
        Kind::Removed { previous: Status::Running, cause: Some(cause.clone()) },
        Kind::CrashLoop { deaths: 3, exit_codes: vec![1, 137], backoff: Some(LONGEST) },
        Kind::RestartFailed {
            from: Condition::Feels(Health::Unhealthy),
            to: Condition::Removed,
            cause: cause.clone(),
            error: "port is already allocated".to_owned(),
        },
        Kind::RestartedManually,
        Kind::RestartedAutomatically { cause: cause.clone() },
        Kind::EngineRestarted { restarted: names() },
        Kind::Recreated { image_before: Some("web:0".to_owned()) },
        Kind::Added { status: Status::Running },
        Kind::JobFailed { cause },
        Kind::PolicyDisabled { signal: "1".to_owned() },
        recovered(),
        Kind::EngineUnreachable { reason: "connection refused".to_owned() },
        Kind::EngineReachable { lasted: Duration::from_secs(45), changed: names() },
        Kind::Watching {
            counts: vec![(Status::Running, 2)],
            unwell: vec![("web".to_owned(), Condition::Feels(Health::Unhealthy))],
        },
    ]
}
