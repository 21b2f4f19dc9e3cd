//! A core on a virtual clock with a small Engine and a Slack that takes everything: an event script
//! goes in, what Slack is told comes out.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::matrix::Disorder;
use crate::monitor::Monitor;
use crate::monitor::alert::{Alert, Condition, Kind};
use crate::monitor::container::{
    ContainerId, Engine, Health, Inspected, Labels, RestartPolicy, State, Status,
};
use crate::monitor::effect::{Batch, Effect, Remark, Suppressed};
use crate::monitor::event::Event;
use crate::monitor::filter::Filter;
use crate::monitor::input::{Input, News};
use crate::monitor::moment::Now;
use crate::monitor::settings::Settings;
use crate::monitor::severity::Severity;
use crate::timestamp::Timestamp;

/// The wall clock when the monotonic clock is at zero.
const EPOCH: i64 = 1_800_000_000;

/// What the settings are where nobody sets anything.
pub(in crate::monitor) fn settings() -> Settings {
    Settings {
        interval: Duration::from_secs(10),
        restart_grace: Duration::from_secs(5),
        cooldown: Duration::from_mins(5),
        minimum_severity: Severity::Info,
        manual_stop_severity: Some(Severity::Critical),
        clean_exit_severity: Some(Severity::Critical),
        log_lines: 0,
        filter: Filter::default(),
        own_container: None,
    }
}

/// The core and its surroundings.
pub(super) struct Bench {
    pub(super) monitor: Monitor,
    pub(super) clock: Duration,
    pub(super) containers: BTreeMap<String, Inspected>,
    pub(super) batches: Vec<(Duration, Batch)>,
    pub(super) held: Vec<Suppressed>,
    pub(super) log: Vec<Remark>,
    pub(super) engine: Presence,
    pub(super) slack: Presence,
    pub(super) quirks: BTreeSet<Quirk>,
    pub(super) news: News,
    pub(super) boot: &'static str,
    /// How far the wall clocks were set, in seconds: the host's and with it the Engine's.
    pub(super) set_by: i64,
    /// How far the Engine's clock is ahead of this host's, in seconds.
    pub(super) ahead: i64,
    /// Inspections of this one are never answered.
    pub(super) hangs: Option<String>,
    /// What the Engine has told, heard or not.
    pub(super) history: Vec<Event>,
    /// Inspections that are answered later.
    pub(super) waiting: Vec<Effect>,
    /// What stays without an answer.
    pub(super) disorder: Option<Disorder>,
    /// One answer in so many is lost: that is known ten seconds later. 0 is never.
    pub(super) loses_one_in: u32,
    pub(super) asked: u32,
    pub(super) late: Vec<(Duration, Input)>,
    /// How often the core wanted another event stream.
    pub(super) reopened: u32,
    /// When the core last wanted its state to be written.
    pub(super) saved: Duration,
    made: u32,
}

/// What is out of the ordinary with the Engine.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Quirk {
    /// It is Podman.
    Podman,
    /// The events it tells of are lost on the way.
    Deaf,
    /// It tells its events again to a stream that is opened anew.
    Remembers,
    /// Inspections are answered later.
    Slow,
    /// It cannot read the containers.
    Refusing,
    /// It has no list to give.
    NoList,
    /// Its list lacks the containers.
    EmptyList,
    /// The lines of its list cannot be read.
    OddLines,
    /// It takes no new connection.
    NoPing,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Presence {
    There,
    Away,
    /// It never answers.
    Hangs,
}

impl Bench {
    /// Containers are written `name` with options: `web:always,health,label=dmon.job=true`.
    pub(super) fn new(containers: &str) -> Self {
        let mut bench = Self::unconnected(settings(), containers);
        bench.connect();
        bench.batches.clear();
        bench.held.clear();
        // What the start message made wait is over.
        bench.until(bench.clock + Duration::from_secs(5));
        bench
    }

    pub(super) fn unconnected(settings: Settings, containers: &str) -> Self {
        let clock = Duration::from_secs(100);
        let mut bench = Self {
            monitor: Monitor::new(settings, None, now(clock)),
            clock,
            containers: BTreeMap::new(),
            batches: Vec::new(),
            held: Vec::new(),
            log: Vec::new(),
            engine: Presence::There,
            slack: Presence::There,
            quirks: BTreeSet::new(),
            news: News::Events,
            boot: "boot",
            set_by: 0,
            ahead: 0,
            hangs: None,
            history: Vec::new(),
            waiting: Vec::new(),
            reopened: 0,
            saved: Duration::ZERO,
            disorder: None,
            loses_one_in: 0,
            asked: 0,
            late: Vec::new(),
            made: 0,
        };
        for container in containers.split_whitespace() {
            bench.make(container);
            let name = container.split(':').next().unwrap();
            bench.containers.get_mut(name).unwrap().state.status = Status::Running;
        }
        bench
    }

    pub(super) fn connect(&mut self) {
        let engine = Engine {
            host_name: "host".to_owned(),
            version: "28".to_owned(),
            memory_bytes: 0,
            processors: 1,
            is_podman: self.quirks.contains(&Quirk::Podman),
            system_time: Some(self.engine_time()),
        };
        let (boot_id, news) = (Some(self.boot.to_owned()), self.news);
        self.engine = Presence::There;
        let since = self.monitor.state().last_event;
        self.give(Input::Connected { engine: Some(engine), boot_id, news });
        for event in std::mem::take(&mut self.history) {
            if self.quirks.contains(&Quirk::Remembers)
                && since.is_none_or(|since| event.time >= since)
            {
                self.give(Input::Event(event));
            }
        }
    }

    pub(super) fn make(&mut self, description: &str) {
        let (name, options) = description.split_once(':').unwrap_or((description, ""));
        self.made += 1;
        let id = format!("{:0>12}{:052}", self.made, 0);
        let mut made = Inspected {
            id: ContainerId::new(id),
            name: name.to_owned(),
            image: "img:1".to_owned(),
            labels: Labels::new(),
            created: self.engine_time() - Duration::from_mins(62),
            state: State {
                status: Status::Created,
                health: None,
                last_probe_output: None,
                started_at: Some(self.engine_time() - Duration::from_hours(1)),
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
            memory_limit_bytes: Some(512 << 20),
            ports: Vec::new(),
        };
        for option in options.split(',').filter(|option| !option.is_empty()) {
            match option.split_once('=').unwrap_or((option, "")) {
                ("always", _) => made.restart_policy = RestartPolicy::Always,
                ("unless", _) => made.restart_policy = RestartPolicy::UnlessStopped,
                ("onfail", retries) => {
                    let maximum_retries = retries.parse().unwrap();
                    made.restart_policy = RestartPolicy::OnFailure { maximum_retries };
                }
                ("health", _) => made.state.health = Some(Health::Healthy),
                ("rm", _) => made.auto_remove = true,
                ("tty", _) => (made.tty, made.open_stdin) = (true, true),
                ("image", image) => made.image = image.to_owned(),
                ("stopsignal", signal) => made.stop_signal = Some(signal.to_owned()),
                ("svc", service) => {
                    label(&mut made, "com.docker.compose.project", "shop");
                    label(&mut made, "com.docker.compose.service", service);
                }
                ("swarm", slot) => {
                    label(&mut made, "com.docker.swarm.service.name", "api");
                    label(&mut made, "com.docker.swarm.task.name", &format!("api.{slot}.x"));
                }
                (key, value) => label(&mut made, key, value),
            }
        }
        self.containers.insert(name.to_owned(), made);
    }

    pub(super) fn wall(&self) -> Timestamp {
        self.now().wall
    }

    /// What the Engine's clock shows.
    pub(super) fn engine_time(&self) -> Timestamp {
        let ahead = self.ahead.saturating_mul(1_000_000_000);
        Timestamp::from_nanoseconds(self.wall().nanoseconds() + ahead)
    }

    fn now(&self) -> Now {
        let Now { wall, monotonic } = now(self.clock);
        let set_by = self.set_by.saturating_mul(1_000_000_000);
        let wall = Timestamp::from_nanoseconds(wall.nanoseconds() + set_by);
        Now { wall, monotonic }
    }

    /// Lets time pass up to a point, and then gives an input.
    pub(super) fn until(&mut self, clock: Duration) {
        let mut idle = 0;
        loop {
            let late = self.late.iter().map(|(at, _)| *at).min();
            let wake = self.monitor.deadline();
            let next = late.into_iter().chain(wake).min().filter(|next| *next <= clock);
            let Some(deadline) = next else { break };
            if late == Some(deadline) {
                let index = self.late.iter().position(|(at, _)| *at == deadline).unwrap();
                let (_, input) = self.late.remove(index);
                self.clock = self.clock.max(deadline);
                self.give(input);
                continue;
            }
            idle = if deadline > self.clock { 0 } else { idle + 1 };
            assert!(idle < 10, "woken again and again at {:?} for nothing", self.clock);
            self.clock = self.clock.max(deadline);
            self.give(Input::Wake);
        }
        self.clock = clock;
    }

    pub(super) fn give(&mut self, input: Input) {
        let mut inputs = vec![input];
        while !inputs.is_empty() {
            let input = inputs.remove(0);
            for effect in self.monitor.step(self.now(), input) {
                inputs.extend(self.answer(effect));
            }
        }
    }

    /// What Slack was told, one alert a line, with the second it was told at; what left together is
    /// joined by ` + `.
    pub(super) fn told(&self) -> Vec<String> {
        let start = Duration::from_secs(105);
        let line = |(at, batch): &(Duration, Batch)| {
            let alerts: Vec<String> = batch.alerts.iter().map(short).collect();
            format!("{:.1} {}", at.as_secs_f64() - start.as_secs_f64(), alerts.join(" + "))
        };
        self.batches.iter().map(line).collect()
    }
}

pub(super) fn now(clock: Duration) -> Now {
    Now { wall: Timestamp::from_seconds(EPOCH) + clock, monotonic: clock }
}

fn label(container: &mut Inspected, key: &str, value: &str) {
    container.labels.insert(key.to_owned(), value.to_owned());
}

/// `CRITICAL Status web running→exited ExitedByItself 7`.
fn short(alert: &Alert) -> String {
    let name = &alert.about.name;
    let what = match &alert.kind {
        Kind::Status { from, to, cause, .. } => format!("Status {name} {from}→{to} {cause:?}"),
        Kind::Removed { previous, cause: Some(cause) } => {
            format!("Removed {name} {previous} {cause:?}")
        }
        Kind::Removed { previous, cause: None } => format!("Removed {name} {previous}"),
        Kind::CrashLoop { deaths, exit_codes, .. } => {
            format!("CrashLoop {name} {deaths} {exit_codes:?}")
        }
        Kind::RestartFailed { from, to, cause, .. } => {
            format!("RestartFailed {name} {from}→{to} {cause:?}")
        }
        Kind::RestartedManually => format!("Restarted {name} manually"),
        Kind::RestartedAutomatically { cause } => format!("Restarted {name} {cause:?}"),
        Kind::EngineRestarted { restarted } => format!("EngineRestart {}", restarted.join(",")),
        Kind::Recreated { image_before } => {
            format!("Recreated {name} {}", image_before.as_deref().unwrap_or("-"))
        }
        Kind::Added { .. } => format!("Added {name}"),
        Kind::JobFailed { cause } => format!("JobFailed {name} {cause:?}"),
        Kind::PolicyDisabled { signal } => format!("PolicyDisabled {name} {signal}"),
        Kind::Recovered { from, .. } => format!("Recovered {name} {from}"),
        Kind::EngineUnreachable { reason } => format!("Unreachable {reason}"),
        Kind::EngineReachable { changed, .. } => format!("Reachable {}", changed.join(",")),
        Kind::Watching { unwell, .. } => {
            let unwell: Vec<String> = unwell
                .iter()
                .map(|(name, word): &(String, Condition)| format!("{name} {word}"))
                .collect();
            format!("Watching {}", unwell.join(","))
        }
    };
    let times = alert.repeat.map_or(String::new(), |repeat| format!(" ×{}", repeat.times));
    let ended = if alert.ended.is_some() { " (over)" } else { "" };
    let late = if alert.between.is_some() { " (late)" } else { "" };
    let severity = alert.severity;
    let what = what.replace(" { exit_code: ", " ").replace(" }", "");
    format!("{severity} {what}{times}{ended}{late}")
}
