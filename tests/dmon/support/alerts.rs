//! Alerts as the core makes them, in the words that dmon finds for them.

use std::time::Duration;

use dmon::message::Message;
use dmon::message::alert::{self, Context};
use dmon::monitor::alert::{About, Alert, AlertId, Condition, Kind, Repeat};
use dmon::monitor::cause::Cause;
use dmon::monitor::container::{Health, Port, RestartPolicy, Status};
use dmon::monitor::effect::{Batch, BatchId, Overflow};
use dmon::monitor::identity::Identity;
use dmon::monitor::moment::Moment;
use dmon::monitor::severity::Severity;
use dmon::timestamp::Timestamp;
use dmon::zone::Zone;

/// 2026-11-22 09:00:00 in Berlin, and so many seconds.
fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(1_795_334_400 + seconds)
}

/// The message that these leave as.
pub(crate) fn told(alerts: Vec<Alert>, crowd: Vec<Overflow>) -> Message {
    let zone: Zone = "Europe/Berlin".parse().unwrap();
    let time = |moment| zone.format(moment);
    alert::message(&Batch { id: BatchId(1), alerts, crowd }, Context { host: "web-1", time: &time })
}

/// An alert on the container `name`, ten minutes after nine.
pub(crate) fn alert(name: &str, severity: Severity, kind: Kind) -> Alert {
    let identity = Identity::Name(name.to_owned());
    let about = About {
        name: name.to_owned(),
        image: "registry.example.org/shop/api:2.4.1".to_owned(),
        ..About::default()
    };
    let id = AlertId::of(&identity, kind.title(), at(600));
    Alert {
        id,
        identity,
        severity,
        kind,
        time: at(600),
        moment: Moment::default(),
        about,
        repeat: None,
        ended: None,
        between: None,
        log: Vec::new(),
    }
}

/// It ended for this cause.
pub(crate) fn died(name: &str, cause: Cause) -> Alert {
    critical(name, Kind::Status { from: RUNNING, to: EXITED, cause, said: None })
}

/// Killed for memory, with all fields that an alert can have.
pub(crate) fn out_of_memory() -> Alert {
    let mut alert = died("shop-api-1", Cause::OutOfMemory { limit_bytes: Some(512 << 20) });
    alert.about.exit_code = Some(137);
    alert.about.restart_count = Some(2);
    alert.about.restart_policy = Some(RestartPolicy::No);
    alert.about.ports = vec![Port { container: 80, host: Some(8080), protocol: "tcp".to_owned() }];
    alert.about.compose = Some(("shop".to_owned(), "api".to_owned()));
    alert.log =
        ["cache warm, 81234 entries", "heap above 480 MiB & rising", "<fatal> cannot allocate"]
            .map(str::to_owned)
            .to_vec();
    alert
}

/// One of every kind, each with what is particular to it.
pub(crate) fn every_kind() -> Vec<Alert> {
    [problems(), notices()].concat()
}

const RUNNING: Condition = Condition::Is(Status::Running);
const EXITED: Condition = Condition::Is(Status::Exited);
const ILL: Condition = Condition::Feels(Health::Unhealthy);

fn critical(name: &str, kind: Kind) -> Alert {
    alert(name, Severity::Critical, kind)
}

fn warning(name: &str, kind: Kind) -> Alert {
    alert(name, Severity::Warning, kind)
}

fn info(name: &str, kind: Kind) -> Alert {
    alert(name, Severity::Info, kind)
}

fn problems() -> Vec<Alert> {
    let mut late = died("late", Cause::ExitedByItself { exit_code: 3 });
    late.between = Some((at(0), at(600)));
    late.ended = Some(at(660));
    vec![
        out_of_memory(),
        late,
        warning(
            "ill",
            Kind::Status {
                from: RUNNING,
                to: ILL,
                cause: Cause::HealthCheckFailed,
                said: Some("connection refused\n".to_owned()),
            },
        ),
        critical("gone", Kind::Removed { previous: Status::Running, cause: None }),
        critical(
            "down",
            Kind::Removed { previous: Status::Running, cause: Some(Cause::StoppedAndRemoved) },
        ),
        info("old", Kind::Removed { previous: Status::Exited, cause: None }),
        critical(
            "looping",
            Kind::CrashLoop {
                deaths: 3,
                exit_codes: vec![1, 137],
                backoff: Some(Duration::from_millis(400)),
            },
        ),
        critical(
            "broken",
            Kind::RestartFailed {
                from: RUNNING,
                to: EXITED,
                cause: Cause::CouldNotStart,
                error: "exec: \"serve\": executable file not found in $PATH".to_owned(),
            },
        ),
    ]
}

fn notices() -> Vec<Alert> {
    let mut restarted = alert(
        "restarted",
        Severity::Warning,
        Kind::RestartedAutomatically { cause: Cause::ExitedByItself { exit_code: 1 } },
    );
    restarted.about.exit_code = Some(1);
    restarted.repeat = Some(Repeat { times: 4, since: at(0), moment: Moment::default() });
    vec![
        warning("bounced", Kind::RestartedManually),
        restarted,
        warning(
            "",
            Kind::EngineRestarted { restarted: vec!["shop-api-1".to_owned(), "db".to_owned()] },
        ),
        info("new-image", Kind::Recreated { image_before: Some("shop/api:2.4.0".to_owned()) }),
        info("new", Kind::Added { status: Status::Running }),
        critical("import", Kind::JobFailed { cause: Cause::ExitedByItself { exit_code: 2 } }),
        warning("hup", Kind::PolicyDisabled { signal: "1".to_owned() }),
        info(
            "well",
            Kind::Recovered {
                after: Some(Cause::ExitedByItself { exit_code: 3 }),
                from: EXITED,
                lasted: Duration::from_secs(725),
            },
        ),
        critical("", Kind::EngineUnreachable { reason: "nobody listens there".to_owned() }),
        info(
            "",
            Kind::EngineReachable {
                lasted: Duration::from_secs(95),
                changed: vec!["db".to_owned()],
            },
        ),
        info(
            "",
            Kind::Watching {
                counts: vec![(Status::Running, 12), (Status::Exited, 1)],
                unwell: vec![("db".to_owned(), ILL)],
            },
        ),
    ]
}

/// Fifty containers killed together, and what else there was.
pub(crate) fn storm() -> Vec<Alert> {
    let killed = (1..=48).map(|number| {
        died(&format!("shop-worker-{number}"), Cause::ExitedByItself { exit_code: 137 })
    });
    killed.chain(every_kind().into_iter().filter(|alert| !alert.about.name.is_empty())).collect()
}
