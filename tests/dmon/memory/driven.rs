//! States as they come to be: a core is led through an eventful minute, and after each step what it
//! remembers is written and read.

use std::collections::VecDeque;
use std::time::Duration;

use dmon::monitor::Monitor;
use dmon::monitor::container::{
    ContainerId, Engine, Health, Inspected, Labels, List, Listed, RestartPolicy, State as Life,
    Status,
};
use dmon::monitor::effect::Effect;
use dmon::monitor::event::{Action, Event};
use dmon::monitor::filter::Filter;
use dmon::monitor::input::{Input, News, Outcome, Ping};
use dmon::monitor::moment::Now;
use dmon::monitor::settings::Settings;
use dmon::monitor::severity::Severity;
use dmon::monitor::state::State;
use dmon::timestamp::Timestamp;

use super::{read, written};

#[test]
fn what_the_core_remembers_is_read_as_it_was_written() {
    let states = eventful_minute();
    // The minute was as eventful as it claims to be.
    let is_there = |what: fn(&State) -> bool| assert!(states.iter().any(what));
    is_there(|state| state.ledger.under_way.is_some());
    is_there(|state| state.ledger.accounts.values().any(|account| !account.notices.is_empty()));
    is_there(|state| state.ledger.accounts.values().any(|account| account.recovered.is_some()));
    is_there(|state| state.subjects.values().any(|subject| subject.death.is_some()));
    is_there(|state| state.subjects.values().any(|subject| subject.paused.is_some()));
    is_there(|state| {
        state.subjects.values().any(|subject| !subject.problems.by_aspect().is_empty())
    });
    for mut state in states {
        let read = read(&written(&state)).unwrap();
        state.ledger.under_way = None;
        let accounts = state.ledger.accounts.values_mut();
        accounts.flat_map(|account| &mut account.notices).for_each(|it| it.batch = None);
        assert_eq!(read, state);
    }
}

/// What is remembered after each step, each once.
fn eventful_minute() -> Vec<State> {
    let mut host = Host::new();
    let engine = Engine {
        host_name: "host".to_owned(),
        version: "28.5.2".to_owned(),
        memory_bytes: 8 << 30,
        processors: 2,
        is_podman: false,
        system_time: None,
    };
    host.give(Input::Connected {
        engine: Some(engine),
        boot_id: Some("boot".to_owned()),
        news: News::Events,
    });
    host.until(10);
    host.happens("web", Action::Kill { signal: "15".to_owned() });
    host.happens("web", Action::Die { exit_code: Some(143), out_of_memory: false });
    host.happens("cache", Action::Pause);
    host.happens("db", Action::Health(Health::Unhealthy));
    host.until(12);
    host.happens("web", Action::Start);
    host.happens("job", Action::Die { exit_code: Some(3), out_of_memory: false });
    host.until(20);
    host.slack = Outcome::Failed { wait: Some(Duration::from_secs(15)) };
    host.happens("db", Action::Health(Health::Healthy));
    host.happens("cache", Action::Unpause);
    host.happens("cache", Action::Oom);
    host.happens("cache", Action::Die { exit_code: Some(137), out_of_memory: false });
    host.until(30);
    host.slack = Outcome::Delivered;
    host.happens("cache", Action::Start);
    host.happens("job", Action::Destroy);
    host.until(60);
    host.states
}

/// A core, the containers it watches, and the Slack it tells.
struct Host {
    monitor: Monitor,
    clock: Duration,
    containers: Vec<Inspected>,
    slack: Outcome,
    states: Vec<State>,
}

impl Host {
    fn new() -> Self {
        let settings = Settings {
            interval: Duration::from_secs(10),
            restart_grace: Duration::from_secs(5),
            cooldown: Duration::from_secs(1),
            minimum_severity: Severity::Info,
            manual_stop_severity: Some(Severity::Critical),
            clean_exit_severity: Some(Severity::Critical),
            log_lines: 3,
            filter: Filter::default(),
            own_container: None,
        };
        let clock = Duration::ZERO;
        Self {
            monitor: Monitor::new(settings, None, now(clock)),
            clock,
            containers: ["cache", "db", "job", "web"].map(container).into(),
            slack: Outcome::Delivered,
            states: Vec::new(),
        }
    }

    /// Lets time pass.
    fn until(&mut self, second: u64) {
        let until = Duration::from_secs(second);
        while let Some(deadline) = self.monitor.deadline().filter(|deadline| *deadline < until) {
            self.clock = self.clock.max(deadline);
            self.give(Input::Wake);
        }
        self.clock = until;
    }

    /// Something happens to a container, and the Engine tells of it.
    fn happens(&mut self, name: &str, action: Action) {
        let time = now(self.clock).wall;
        let at = self.containers.iter().position(|container| container.name == name).unwrap();
        let container = &mut self.containers[at];
        let life = &mut container.state;
        match &action {
            Action::Start => (life.status, life.started_at) = (Status::Running, Some(time)),
            Action::Die { exit_code, .. } => {
                (life.status, life.finished_at) = (Status::Exited, Some(time));
                life.exit_code = exit_code.unwrap();
            }
            Action::Pause => life.status = Status::Paused,
            Action::Unpause => life.status = Status::Running,
            Action::Health(health) => life.health = Some(*health),
            _ => {}
        }
        let event = Event {
            time,
            id: container.id.clone(),
            name: name.to_owned(),
            image: container.image.clone(),
            labels: Labels::new(),
            action,
        };
        if event.action == Action::Destroy {
            self.containers.remove(at);
        }
        self.clock += Duration::from_millis(10);
        self.give(Input::Event(event));
    }

    fn give(&mut self, input: Input) {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            let effects = self.monitor.step(now(self.clock), input);
            inputs.extend(effects.into_iter().filter_map(|effect| self.answer(effect)));
            let state = self.monitor.state();
            if self.states.last() != Some(&state) {
                self.states.push(state);
            }
        }
    }

    fn answer(&self, effect: Effect) -> Option<Input> {
        Some(match effect {
            Effect::List { asked } => {
                let containers = self.containers.iter().map(listed).collect();
                Input::Listed { asked, list: List { containers, unreadable: Vec::new() } }
            }
            Effect::Inspect { asked, id } => match self.containers.iter().find(|it| it.id == id) {
                Some(container) => Input::Inspected { asked, container: container.clone().into() },
                None => Input::Gone { asked, id },
            },
            Effect::Ping { asked } => Input::Pinged { asked, ping: Ping::Answered },
            Effect::FetchLogs { id, .. } => Input::Logs { id, lines: vec!["a line".to_owned()] },
            Effect::Post(batch) => Input::Delivery { batch: batch.id, outcome: self.slack },
            Effect::Save
            | Effect::Exit
            | Effect::Held(_)
            | Effect::Log(_)
            | Effect::ReopenStream
            | Effect::AbandonPost(_) => return None,
        })
    }
}

fn now(clock: Duration) -> Now {
    Now { wall: Timestamp::from_seconds(1_800_000_000) + clock, monotonic: clock }
}

fn container(name: &str) -> Inspected {
    let created = now(Duration::ZERO).wall - Duration::from_hours(1);
    Inspected {
        id: ContainerId::new(format!("{name:f<64}")),
        name: name.to_owned(),
        image: format!("{name}:1"),
        image_id: "sha256:1".to_owned(),
        labels: Labels::new(),
        created,
        state: Life {
            status: Status::Running,
            health: (name == "db").then_some(Health::Healthy),
            last_probe_output: None,
            started_at: Some(created),
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
    }
}

fn listed(container: &Inspected) -> Listed {
    let life = &container.state;
    Listed {
        id: container.id.clone(),
        name: container.name.clone(),
        image: container.image.clone(),
        labels: container.labels.clone(),
        status: life.status,
        health: life.health.filter(|_| life.status == Status::Running),
        exit_code: (life.status == Status::Exited).then_some(life.exit_code),
        up_at_most: None,
        ports: Vec::new(),
        created: container.created,
    }
}
