//! The language of the event scripts: who does what, and when.

use std::time::Duration;

use super::bench::{Bench, Presence, Quirk, now, settings};
use crate::monitor::Monitor;
use crate::monitor::container::{Health, RestartPolicy, Status};
use crate::monitor::event::{Action, Event};
use crate::monitor::input::{Input, Loss};

impl Bench {
    /// Plays a script: `seconds action container argument`, separated by `;`.
    pub(super) fn play(&mut self, script: &str) {
        let start = self.clock;
        for line in script.split(';').map(str::trim).filter(|line| !line.is_empty()) {
            let (at, line) = line.split_once(' ').unwrap();
            self.until(start + Duration::from_secs_f64(at.parse().unwrap()));
            self.act(line);
        }
    }

    /// Does to the Engine's containers what a script without times says, before dmon is there.
    pub(super) fn engine_says(&mut self, script: &str) {
        for line in script.split(';') {
            let words: Vec<&str> = line.split_whitespace().collect();
            let argument = words.get(2).copied().unwrap_or_default();
            if self.change(words[0], words[1], argument) == Action::Destroy {
                self.containers.remove(words[1]);
            }
        }
    }

    /// dmon is killed; meanwhile a script is played; then dmon starts from its state.
    pub(super) fn restart_dmon(&mut self, script: &str) {
        let state = self.monitor.state();
        let start = self.clock;
        for line in script.split(';').map(str::trim) {
            let (at, line) = line.split_once(' ').unwrap();
            self.clock = start + Duration::from_secs_f64(at.parse().unwrap());
            if line != "wait" {
                self.engine_says(line);
            }
        }
        self.monitor = Monitor::new(settings(), Some(state), now(self.clock));
        self.connect();
    }

    /// Does one action: to what is around dmon, or to a container, and then the Engine tells of it.
    pub(super) fn act(&mut self, line: &str) {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            [action] => self.surround(action),
            ["setclock", by] => self.set_by = by.parse().unwrap(),
            ["hangs", container] => self.hangs = Some((*container).to_owned()),
            [action, container] => self.act_on(action, container, ""),
            [action, container, argument] => self.act_on(action, container, argument),
            _ => panic!("{line} is no action"),
        }
    }

    fn surround(&mut self, action: &str) {
        let quirks = &mut self.quirks;
        match action {
            "wait" => {}
            "opening" => self.engine = Presence::There,
            "closing" => self.engine = Presence::Away,
            "connected" => self.connect(),
            "reboot" => self.boot = "another boot",
            "slackaway" => self.slack = Presence::Away,
            "slackhangs" => self.slack = Presence::Hangs,
            "slackback" => self.slack = Presence::There,
            "streamend" => self.give(Input::Lost(Loss::StreamEnded)),
            "lost" => {
                self.engine = Presence::Away;
                let loss = Loss::NoAnswer("connection refused".to_owned());
                self.give(Input::Lost(loss));
            }
            "podman" => quirks.extend([Quirk::Podman]),
            "remembers" => quirks.extend([Quirk::Remembers]),
            "deaf" => quirks.extend([Quirk::Deaf]),
            // The Engine writes an end down a moment before it tells of it.
            "late" => {
                let event = self.history.last().unwrap().clone();
                let time = event.time + Duration::from_millis(10);
                self.give(Input::Event(Event { time, ..event }));
            }
            // What was not heard comes in after all.
            "backlog" => {
                for event in std::mem::take(&mut self.history) {
                    self.give(Input::Event(event));
                }
            }
            "hearing" => quirks.retain(|quirk| *quirk != Quirk::Deaf),
            "refusing" => quirks.extend([Quirk::Refusing]),
            "readable" => quirks.retain(|quirk| *quirk != Quirk::Refusing),
            "nolist" => quirks.extend([Quirk::NoList]),
            "emptylist" => quirks.extend([Quirk::EmptyList]),
            "oddlines" => quirks.extend([Quirk::OddLines]),
            "noping" => quirks.extend([Quirk::NoPing]),
            "lists" => quirks.retain(|quirk| {
                !matches!(quirk, Quirk::NoList | Quirk::EmptyList | Quirk::OddLines)
            }),
            "slow" => quirks.extend([Quirk::Slow]),
            "quick" => {
                quirks.remove(&Quirk::Slow);
                for effect in std::mem::take(&mut self.waiting) {
                    if let Some(answer) = self.answer(effect) {
                        self.give(answer);
                    }
                }
            }
            other => panic!("no action {other}"),
        }
    }

    fn act_on(&mut self, action: &str, container: &str, argument: &str) {
        let name = container.split(':').next().unwrap();
        if action == "create" {
            self.make(container);
            let wall = self.engine_time();
            let made = self.containers.get_mut(name).unwrap();
            made.created = wall;
            made.state.started_at = None;
        }
        let action = self.change(action, name, argument);
        let container = self.containers.remove(name).unwrap();
        let event = Event {
            time: self.engine_time(),
            id: container.id.clone(),
            action,
            name: container.name.clone(),
            image: container.image.clone(),
            labels: container.labels.clone(),
        };
        if event.action != Action::Destroy {
            self.containers.insert(container.name.clone(), container);
        }
        self.history.push(event.clone());
        if !self.quirks.contains(&Quirk::Deaf) && self.engine == Presence::There {
            self.give(Input::Event(event));
        }
    }

    /// Does to the Engine's container what the action says.
    fn change(&mut self, action: &str, name: &str, argument: &str) -> Action {
        let wall = self.engine_time();
        let container = self.containers.get_mut(name).unwrap_or_else(|| panic!("no {name}"));
        let state = &mut container.state;
        match action {
            "create" => Action::Create,
            "start" | "policystart" => {
                state.status = Status::Running;
                state.started_at = Some(wall);
                state.health = state.health.map(|_| Health::Starting);
                state.error.clear();
                if action == "start" {
                    container.restart_count = 0;
                }
                Action::Start
            }
            "die" | "dierestarting" => {
                state.exit_code = argument.parse().unwrap();
                state.finished_at = Some(wall);
                state.status = Status::Exited;
                if action == "dierestarting" {
                    state.status = Status::Restarting;
                    container.restart_count += 1;
                }
                let exit_code = Some(container.state.exit_code);
                Action::Die { exit_code, out_of_memory: false }
            }
            "kill" => Action::Kill { signal: argument.to_owned() },
            "stop" => {
                state.status = Status::Exited;
                Action::Stop
            }
            "restart" => Action::Restart,
            "pause" => {
                state.status = Status::Paused;
                Action::Pause
            }
            "unpause" => {
                state.status = Status::Running;
                Action::Unpause
            }
            "oom" => Action::Oom,
            "health" => {
                let health = Health::from_word(argument).unwrap();
                state.health = Some(health);
                state.last_probe_output = Some("no route".to_owned());
                Action::Health(health)
            }
            "error" => {
                state.error = "no such file".to_owned();
                Action::Create
            }
            "rename" => {
                container.name = argument.to_owned();
                Action::Rename { from: name.to_owned() }
            }
            "update" => {
                let (policy, _) = (RestartPolicy::Always, argument);
                container.restart_policy = policy;
                Action::Update
            }
            "destroy" => Action::Destroy,
            other => panic!("no action {other}"),
        }
    }
}
