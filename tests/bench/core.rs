//! What the core costs with many containers: `cargo bench --bench core`. Needs no Engine; takes some
//! ten seconds.
//!
//! Prints the time of an event and the deadline after it, the time until thousands that die at once
//! are judged, and what a minute with a thousand events a second takes. Judges nothing: the numbers
//! depend on the machine and on what else it does.
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on fails at once, aloud")]
#![expect(clippy::print_stdout, reason = "the numbers are its result")]

use std::fs;
use std::time::Duration;

use dmon::clock;
use dmon::monitor::Monitor;
use dmon::monitor::container::{
    ContainerId, Inspected, Labels, List, Listed, RestartPolicy, State, Status,
};
use dmon::monitor::effect::Effect;
use dmon::monitor::event::{Action, Event};
use dmon::monitor::filter::Filter;
use dmon::monitor::input::{Input, News, Outcome, Ping};
use dmon::monitor::moment::Now;
use dmon::monitor::settings::Settings;
use dmon::monitor::severity::Severity;
use dmon::timestamp::Timestamp;

fn main() {
    for containers in [100, 1_000, 10_000] {
        event(containers);
    }
    for containers in [100, 1_000, 2_000, 10_000] {
        all_die(containers);
    }
    busy_minute(10_000, 1_000);
}

/// The mean time of an event and the deadline after it: containers die and start again one after
/// the other, each answered by its policy.
fn event(containers: usize) {
    const EVENTS: usize = 20_000;
    let mut host = Host::new(containers);
    let begun = clock::monotonic();
    for nth in 0..EVENTS / 2 {
        let container = nth * 7_919 % containers;
        host.dies(container);
        host.pass(Duration::from_millis(1));
        host.starts(container);
        host.pass(Duration::from_millis(1));
    }
    let each = begun.elapsed() / u32::try_from(EVENTS).unwrap();
    println!("{containers} containers: {} µs an event with its deadline", micros(each));
}

/// All die at once, and nothing restarts them.
fn all_die(containers: usize) {
    let mut host = Host::new(containers);
    host.policy = RestartPolicy::No;
    host.pass(Duration::from_mins(1));
    let begun = clock::monotonic();
    for container in 0..containers {
        host.dies(container);
    }
    host.pass(Duration::from_millis(40));
    let took = begun.elapsed();
    println!("{containers} die at once: judged after {:.1} ms", took.as_secs_f64() * 1_000.0);
}

/// A minute with so many events a second.
fn busy_minute(containers: usize, a_second: usize) {
    let mut host = Host::new(containers);
    let begun = clock::monotonic();
    for nth in 0..60 * a_second / 2 {
        let container = nth * 7_919 % containers;
        host.dies(container);
        host.pass(Duration::from_secs(1) / u32::try_from(a_second).unwrap());
        host.starts(container);
        host.pass(Duration::from_secs(1) / u32::try_from(a_second).unwrap());
    }
    let took = begun.elapsed();
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("?").trim();
    println!(
        "{a_second} events a second for a minute, {containers} containers: {:.2} s of work; this \
         benchmark, with the Engine it plays, used at most {peak}",
        took.as_secs_f64()
    );
}

fn micros(span: Duration) -> String {
    format!("{:.1}", span.as_secs_f64() * 1_000_000.0)
}

/// The core on a host that answers at once, and its clock.
struct Host {
    monitor: Monitor,
    clock: Duration,
    up: Vec<Option<Timestamp>>,
    restarts: Vec<u32>,
    policy: RestartPolicy,
}

impl Host {
    fn new(containers: usize) -> Self {
        let clock = Duration::from_secs(100);
        let mut host = Self {
            monitor: Monitor::new(settings(), None, now(clock)),
            clock,
            up: vec![Some(Timestamp::from_seconds(1_800_000_000)); containers],
            restarts: vec![0; containers],
            policy: RestartPolicy::Always,
        };
        let news = News::Events;
        host.give(Input::Connected { engine: None, boot_id: None, news });
        host.pass(Duration::from_secs(20));
        host
    }

    fn wall(&self) -> Timestamp {
        now(self.clock).wall
    }

    /// Lets time pass, waking the core as it wants it.
    fn pass(&mut self, span: Duration) {
        let until = self.clock + span;
        while let Some(deadline) = self.monitor.deadline().filter(|at| *at <= until) {
            self.clock = self.clock.max(deadline);
            self.give(Input::Wake);
        }
        self.clock = until;
    }

    fn dies(&mut self, container: usize) {
        self.up[container] = None;
        self.restarts[container] += 1;
        let action = Action::Die { exit_code: Some(1), out_of_memory: false };
        self.tell(container, action);
    }

    fn starts(&mut self, container: usize) {
        self.up[container] = Some(self.wall());
        self.tell(container, Action::Start);
    }

    fn tell(&mut self, container: usize, action: Action) {
        self.give(Input::Event(Event {
            time: self.wall(),
            id: id(container),
            action,
            name: format!("container-{container}"),
            image: "image:1".to_owned(),
            labels: labels(container),
        }));
    }

    fn give(&mut self, input: Input) {
        let mut inputs = vec![input];
        while let Some(input) = inputs.pop() {
            for effect in self.monitor.step(now(self.clock), input) {
                inputs.extend(self.answer(effect));
            }
        }
    }

    fn answer(&self, effect: Effect) -> Option<Input> {
        Some(match effect {
            Effect::List { asked } => {
                let containers = (0..self.up.len()).map(|container| self.line(container)).collect();
                Input::Listed { asked, list: List { containers, unreadable: Vec::new() } }
            }
            Effect::Inspect { asked, id } => {
                let container = usize::from_str_radix(id.as_str(), 16).unwrap();
                Input::Inspected { asked, container: Box::new(self.inspected(container)) }
            }
            Effect::Ping { asked } => Input::Pinged { asked, ping: Ping::Answered },
            Effect::Post(batch) => Input::Delivery { batch: batch.id, outcome: Outcome::Delivered },
            _ => return None,
        })
    }

    fn line(&self, container: usize) -> Listed {
        let status = if self.up[container].is_some() { Status::Running } else { Status::Exited };
        Listed {
            id: id(container),
            name: format!("container-{container}"),
            image: "image:1".to_owned(),
            labels: labels(container),
            status,
            health: None,
            exit_code: (status == Status::Exited).then_some(1),
            up_at_most: None,
            ports: Vec::new(),
            created: Timestamp::from_seconds(1_799_999_000),
        }
    }

    fn inspected(&self, container: usize) -> Inspected {
        let status = match (self.up[container], self.policy) {
            (Some(_), _) => Status::Running,
            (None, RestartPolicy::No) => Status::Exited,
            (None, _) => Status::Restarting,
        };
        Inspected {
            id: id(container),
            name: format!("container-{container}"),
            image: "image:1".to_owned(),
            labels: labels(container),
            created: Timestamp::from_seconds(1_799_999_000),
            state: State {
                status,
                health: None,
                last_probe_output: None,
                started_at: self.up[container].or(Some(Timestamp::from_seconds(1_800_000_000))),
                finished_at: None,
                exit_code: i64::from(status != Status::Running),
                oom_killed: false,
                error: String::new(),
            },
            restart_count: self.restarts[container],
            restart_policy: self.policy,
            stop_signal: None,
            auto_remove: false,
            tty: false,
            open_stdin: false,
            memory_limit_bytes: None,
            ports: Vec::new(),
        }
    }
}

fn id(container: usize) -> ContainerId {
    ContainerId::new(format!("{container:064x}"))
}

/// What compose writes on each: three labels.
fn labels(container: usize) -> Labels {
    let label = |key: &str, value: String| (format!("com.docker.compose.{key}"), value);
    [
        label("project", format!("project-{}", container / 20)),
        label("service", format!("service-{}", container % 20)),
        label("container-number", "1".to_owned()),
    ]
    .into()
}

fn settings() -> Settings {
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

fn now(clock: Duration) -> Now {
    Now { wall: Timestamp::from_seconds(1_800_000_000) + clock, monotonic: clock }
}
