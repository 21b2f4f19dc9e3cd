//! A state with every field filled and every variant in it.

use std::collections::BTreeMap;
use std::time::Duration;

use dmon::monitor::alert::Repeat;
use dmon::monitor::change::{By, Seen};
use dmon::monitor::container::{ContainerId, Health, Labels, Port, RestartPolicy, Status};
use dmon::monitor::effect::Reason;
use dmon::monitor::identity::Identity;
use dmon::monitor::moment::Moment;
use dmon::monitor::signals::{Asked, Force, Kill, Signals};
use dmon::monitor::state::{Clock, State};
use dmon::monitor::subject::{
    Answered, Arrival, Aspect, Back, Death, Origin, Passed, Problems, Run, Sign, Subject,
};
use dmon::monitor::world::{Age, Container, Details, World};
use dmon::timestamp::Timestamp;

use super::owed;

/// What a round trip can lose nothing of unseen.
pub(super) fn full() -> State {
    let containers = STATUSES.iter().zip(0..).map(|(status, n)| (id(n), container(*status, n)));
    let removed = [(id(20), moment(20)), (id(21), moment(21))];
    State {
        world: World {
            containers: containers.collect(),
            removed: removed.into(),
            ..World::default()
        },
        subjects: subjects(),
        ledger: owed::ledger(),
        answered: Some(wall(1)),
        last_event: Some(wall(2)),
        boot_id: Some("0b9a0b8e-7c2d-4b1c-9d4f-3a5e6f708192".to_owned()),
        clock: Clock { wall: wall(3), moment: moment(3) },
    }
}

const STATUSES: [Status; 7] = [
    Status::Created,
    Status::Running,
    Status::Paused,
    Status::Restarting,
    Status::Removing,
    Status::Exited,
    Status::Dead,
];

const HEALTHS: [Health; 3] = [Health::Starting, Health::Healthy, Health::Unhealthy];

const POLICIES: [RestartPolicy; 4] = [
    RestartPolicy::No,
    RestartPolicy::Always,
    RestartPolicy::UnlessStopped,
    RestartPolicy::OnFailure { maximum_retries: 5 },
];

const REASONS: [Reason; 15] = [
    Reason::Baseline,
    Reason::Filtered,
    Reason::Own,
    Reason::BelowMinimum,
    Reason::SwitchedOff,
    Reason::Job,
    Reason::Shell,
    Reason::BuildStep,
    Reason::InIncident,
    Reason::Counted,
    Reason::OverInGrace,
    Reason::Grace,
    Reason::EngineAway,
    Reason::EngineRestart,
    Reason::NeverStarted,
];

const ASPECTS: [Aspect; 6] = [
    Aspect::Down,
    Aspect::Loop,
    Aspect::Health,
    Aspect::Restarting,
    Aspect::Paused,
    Aspect::Memory,
];

pub(super) fn wall(seconds: u64) -> Timestamp {
    Timestamp::from_nanoseconds(1_800_000_000_123_456_789) + Duration::from_secs(seconds)
}

pub(super) fn moment(seconds: u64) -> Moment {
    Moment(Duration::new(seconds, 123_456_789))
}

pub(super) fn id(n: u32) -> ContainerId {
    ContainerId::new(format!("{n:064x}"))
}

/// The `n`th of some, and on from the first again.
fn nth<T: Clone>(all: &[T], n: u32) -> T {
    all[n as usize % all.len()].clone()
}

pub(super) fn name(name: &str) -> Identity {
    Identity::Name(name.to_owned())
}

pub(super) fn container(status: Status, n: u32) -> Container {
    let force = nth(&[Force::Certain, Force::Polite], n);
    Container {
        identity: name(&format!("web-{n}")),
        name: format!("web-{n}"),
        image: "web:1".to_owned(),
        labels: Labels::from([("org.example.\"quoted\"".to_owned(), "ü\n\u{1}".to_owned())]),
        status,
        health: Some(nth(&HEALTHS, n)),
        since: moment(10),
        heard: moment(9),
        started_at: Some(wall(11)),
        began: Some(moment(11)),
        listed: Some(Age { asked: moment(12), at_least: Duration::from_secs(13) }),
        confirmed: moment(14),
        exit_code: Some(137),
        paused: Some(moment(12)),
        uncounted: 2,
        signals: Signals {
            kill: Some(Kill { at: moment(13), force }),
            stop: Some(moment(14)),
            oom: Some(moment(15)),
        },
        details: Some(details(nth(&POLICIES, n))),
    }
}

fn details(restart_policy: RestartPolicy) -> Details {
    Details {
        asked: moment(16),
        showed_run: Some(moment(17)),
        outdated: Some(moment(18)),
        restart_count: 3,
        restart_policy,
        stop_signal: Some("SIGQUIT".to_owned()),
        auto_remove: true,
        interactive: true,
        memory_limit_bytes: Some(u64::MAX),
        ports: vec![Port { container: 80, host: Some(8080), protocol: "tcp".to_owned() }],
        oom_killed: true,
        error: "no such file or directory".to_owned(),
        probe_output: Some("connection refused".to_owned()),
    }
}

fn subjects() -> BTreeMap<Identity, Subject> {
    let silent = REASONS.into_iter().zip(0_u32..).map(|(reason, n)| {
        let subject = Subject { silent: Some(reason), ..Subject::default() };
        (name(&format!("silent-{n}")), subject)
    });
    let all = identities().into_iter().zip(0..).map(|(identity, n)| (identity, subject(n)));
    all.chain(silent).collect()
}

fn identities() -> [Identity; 4] {
    let text = str::to_owned;
    [
        Identity::Engine,
        Identity::Compose { project: text("shop"), service: text("api"), number: text("1") },
        Identity::Swarm { service: text("shop_api"), slot: text("2") },
        name("web"),
    ]
}

pub(super) fn subject(n: u32) -> Subject {
    let aspects = ASPECTS.into_iter().filter(|aspect| *aspect as u32 % 4 == n);
    let passed = [Passed::NotYet, Passed::Once];
    let recreated = Arrival::Recreated { image_before: "web:0".to_owned() };
    Subject {
        container: Some(id(n)),
        name: "web".to_owned(),
        image: "web:1".to_owned(),
        silent: None,
        run: Some(Run {
            sign: sign(20),
            origin: nth(&[Origin::First, Origin::Request, Origin::Automatic], n),
            health: nth(&passed, n),
            policy_off: nth(&passed, n + 1),
        }),
        death: Some(death(n)),
        paused: Some(sign(21)),
        out_of_memory: Some(sign(22)),
        unhealthy: Some(sign(23)),
        start_failed: Some(sign(24)),
        signalled: Some((sign(25), "SIGHUP".to_owned())),
        arrival: Some(nth(&[Arrival::Added, recreated], n)),
        problems: Problems::of(aspects.map(|aspect| (aspect, owed::problem())).collect()),
        deaths: vec![Answered { at: wall(26), known: moment(26), exit_code: Some(1) }],
        backoff: Some(Duration::from_nanos(100_000_001)),
        overtaken: Some(Repeat { times: 4, since: wall(28), moment: moment(28) }),
        clean_ends: 5,
        gone: Some(moment(27)),
    }
}

fn sign(at: u64) -> Sign {
    let between = Some((wall(at - 1), wall(at)));
    Sign { at: wall(at), moment: moment(at), known: moment(at + 1), between }
}

fn death(n: u32) -> Death {
    let by = nth(&[By::Somebody, By::Policy, By::Untold], n);
    Death {
        sign: sign(30),
        container: id(n),
        exit_code: Some(i64::MIN),
        from: nth(&STATUSES, n),
        asked: Some(nth(&[Asked::Kill, Asked::Stop], n)),
        out_of_memory: true,
        seen: nth(&[Seen::Heard, Seen::Found], n),
        unseen: 6,
        restart_count: Some(7),
        log: Some(vec!["the last line".to_owned()]),
        ran: Some(Duration::from_hours(1)),
        origin: Origin::First,
        removed: Some(Box::new(container(Status::Exited, n))),
        back: Some(Back { sign: sign(31), container: id(n + 1), by }),
        counted: Passed::Once,
    }
}
