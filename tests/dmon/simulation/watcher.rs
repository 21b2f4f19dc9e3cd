//! dmon on its host: how it starts and ends, what reaches it and when, and what becomes of what it
//! wants done.

use std::time::Duration;

use dmon::monitor::Monitor;
use dmon::monitor::container::{self, List};
use dmon::monitor::effect::{Batch, Effect};
use dmon::monitor::event::Event;
use dmon::monitor::input::{Input, Loss, News, Outcome, Ping};
use dmon::monitor::moment::Now;

use super::host::{Dmon, EPOCH, Happening, Host, Line, Post, told};
use super::weather::Mood;
use crate::support::defaults::settings;

/// After dmon began to be connected, what happened before is known after this.
const CATCHES_UP_IN: Duration = Duration::from_secs(12);

impl Host {
    /// What the Engine tells goes on its way.
    pub(super) fn hand_on(&mut self) {
        for event in std::mem::take(&mut self.engine.told) {
            let soul = self.engine.soul_of(&event.id);
            self.note(soul, format!("{} {:?} ({})", event.name, event.action, event.id));
            let stream = self.dmon.as_ref().and_then(|dmon| dmon.stream);
            let Some(stream) = stream.filter(|_| !self.weather.polls) else { continue };
            if self.one_in(self.weather.loses) {
                self.note(soul, "  lost".to_owned());
                continue;
            }
            let takes = self.way_takes();
            let mut at = (self.clock + takes).max(self.last_told);
            if self.one_in(self.weather.reorders) {
                at += Duration::from_millis(20);
            } else {
                self.last_told = at;
            }
            self.queue(at.saturating_sub(self.clock), Happening::Told(stream, event));
        }
    }

    fn way_takes(&mut self) -> Duration {
        Duration::from_micros(100 + u64::try_from(self.dice.below(3_000)).unwrap())
    }

    pub(super) fn dmon_starts(&mut self) {
        self.incarnation += 1;
        let now = Now { wall: self.now(), monotonic: Duration::ZERO };
        let saved = self.saved.clone();
        let since = saved.as_ref().and_then(|state| state.last_event);
        let dmon = Dmon {
            monitor: Monitor::new(settings(), saved, now),
            begun: self.clock,
            stream: None,
            since,
            backoff: Duration::from_millis(100),
        };
        self.note(None, "DMON starts".to_owned());
        self.dmon = Some(dmon);
        self.queue(Duration::from_millis(5), Happening::Connects(self.incarnation));
    }

    /// Somebody ends dmon: in order, or as a crash does.
    pub(super) fn dmon_ends(&mut self) {
        if self.dmon.is_none() {
            return;
        }
        if self.dice.below(2) == 0 {
            self.give(Input::Stop);
        } else {
            self.note(None, "DMON is killed".to_owned());
            self.gone();
        }
    }

    fn gone(&mut self) {
        let now = self.now();
        self.dmon = None;
        if let Some(post) = self.posts.last_mut().filter(|post| post.answered > now) {
            post.known = false;
        }
        self.blind_since.get_or_insert(now);
        let away = self.dice.pick(&[2, 2, 10, 60, 600, 4_000]);
        self.queue(Duration::from_secs(away), Happening::DmonStarts);
    }

    pub(super) fn connects(&mut self, incarnation: u32) {
        if !self.runs(incarnation) || self.dmon.as_ref().unwrap().stream.is_some() {
            return;
        }
        if !self.engine.answers {
            return self.lost(Loss::NoAnswer("connection refused".to_owned()));
        }
        self.streams += 1;
        let (stream, polls, now) = (self.streams, self.weather.polls, self.now());
        let dmon = self.dmon.as_mut().unwrap();
        dmon.stream = Some(stream);
        dmon.backoff = Duration::from_millis(100);
        let since = *dmon.since.get_or_insert(now);
        let news = if polls { News::Lists } else { News::Events };
        let boot_id = Some(format!("boot {}", self.boot));
        if let Some(from) = self.blind_since.take() {
            self.blind.push((from, now + CATCHES_UP_IN));
        }
        self.note(None, "CONNECTED".to_owned());
        self.give(Input::Connected { engine: Some(engine()), boot_id, news });
        if polls {
            // Nothing is told on it; that it breaks is seen by a ping.
            return;
        }
        let again: Vec<Event> =
            self.engine.history.iter().filter(|event| event.time >= since).cloned().collect();
        for event in again {
            self.queue(Duration::from_micros(300), Happening::Told(stream, event));
        }
        self.last_told = self.clock + Duration::from_micros(300);
    }

    /// The Engine was lost, or an attempt to reach it failed: another one follows.
    pub(super) fn lost(&mut self, loss: Loss) {
        let since = self.now();
        self.blind_since.get_or_insert(since);
        self.note(None, format!("LOST {loss:?}"));
        let dmon = self.dmon.as_mut().unwrap();
        let wait = dmon.backoff;
        dmon.backoff = (wait * 2).min(Duration::from_secs(5));
        self.give(Input::Lost(loss));
        self.queue(wait, Happening::Connects(self.incarnation));
    }

    pub(super) fn give(&mut self, input: Input) {
        let Some(dmon) = &mut self.dmon else { return };
        let now =
            Now { wall: EPOCH + self.clock, monotonic: self.clock.saturating_sub(dmon.begun) };
        let said = match &input {
            Input::Inspected { asked, container } => {
                let (status, count) = (container.state.status, container.restart_count);
                let said = format!("  inspected as of {:?}: {status}, ×{count}", asked.0);
                Some((self.engine.soul_of(&container.id), said))
            }
            Input::Event(event) => {
                Some((self.engine.soul_of(&event.id), format!("  heard {:?}", event.action)))
            }
            _ => None,
        };
        let line = said.map(|(soul, what)| Line { at: now.wall, soul, what });
        self.story.extend(line);
        let effects = dmon.monitor.step(now, input);
        for effect in effects {
            self.perform(effect);
        }
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            // It is read by the next dmon alone.
            Effect::Save if self.climate.dmon_ends.is_none() => {}
            Effect::Save => self.saved = self.dmon.as_ref().map(|dmon| dmon.monitor.state()),
            Effect::Exit => {
                self.note(None, "DMON ended".to_owned());
                self.gone();
            }
            Effect::Held(held) => {
                let soul = self.engine.identities.get(&held.identity).copied();
                self.note(soul, format!("  held: {}: {:?}", held.what, held.reason));
            }
            Effect::Post(batch) => self.post(batch),
            Effect::FetchLogs { id, .. } => {
                let answer = Input::Logs { id, lines: Vec::new() };
                self.queue(Duration::from_millis(3), Happening::Input(self.incarnation, answer));
            }
            question @ (Effect::List { .. } | Effect::Inspect { .. } | Effect::Ping { .. }) => {
                let takes = self.takes();
                self.queue(takes / 2, Happening::Asked(self.incarnation, question));
            }
            Effect::ReopenStream => {
                if let Some(stream) = self.dmon.as_ref().and_then(|dmon| dmon.stream) {
                    self.queue(Duration::ZERO, Happening::StreamEnds(stream));
                }
            }
            Effect::Log(remark) => self.note(None, format!("LOG {remark}")),
            Effect::AbandonPost(_) => {}
        }
    }

    /// How long a question takes to be read and answered.
    fn takes(&mut self) -> Duration {
        if self.one_in(self.weather.slow) {
            return self.life.millis(500, 8_000);
        }
        self.life.millis(1, 30)
    }

    pub(super) fn asked(&mut self, incarnation: u32, question: Effect) {
        let now = self.now();
        let answer = match question {
            Effect::Ping { asked } if self.engine.answers => {
                Input::Pinged { asked, ping: Ping::Answered }
            }
            Effect::Ping { asked } => Input::Pinged { asked, ping: Ping::Unanswered },
            Effect::List { asked } if !self.engine.answers => {
                Input::Unlisted { asked, reason: "connection refused".to_owned() }
            }
            Effect::Inspect { asked, id } if !self.engine.answers => {
                Input::Unanswered { asked, id, reason: "connection refused".to_owned() }
            }
            Effect::List { asked } => {
                let containers = self.engine.listed(now);
                Input::Listed { asked, list: List { containers, unreadable: Vec::new() } }
            }
            Effect::Inspect { asked, id } => match self.engine.vessels.get(&id) {
                Some(it) => Input::Inspected { asked, container: Box::new(it.shown.clone()) },
                None => Input::Gone { asked, id },
            },
            other => unreachable!("{other:?} is no question"),
        };
        let takes = self.takes();
        self.queue(takes / 2, Happening::Input(incarnation, answer));
    }

    fn post(&mut self, batch: Batch) {
        let (arrived, known, takes, wait) = match self.mood {
            Mood::Takes => (true, true, self.life.millis(50, 400), None),
            Mood::Dawdles => (true, true, self.life.millis(4_000, 14_000), None),
            Mood::Mumbles => (true, false, Duration::from_secs(10), None),
            Mood::Fails => (false, false, self.life.millis(1, 10_000), None),
            Mood::Waits(wait) => (false, false, self.life.millis(50, 400), Some(wait)),
        };
        for alert in &batch.alerts {
            let soul = self.engine.identities.get(&alert.identity).copied();
            self.note(soul, format!("TOLD ({:?}) {}", self.mood, told(alert)));
        }
        let at = self.now();
        let answered = at + takes;
        self.posts.push(Post { at, alerts: batch.alerts, arrived, known, answered });
        let outcome = match (arrived, known) {
            (true, true) => Outcome::Delivered,
            (true, false) => Outcome::Unanswered,
            (false, _) => Outcome::Failed { wait },
        };
        let delivery = Input::Delivery { batch: batch.id, outcome };
        self.queue(takes, Happening::Input(self.incarnation, delivery));
    }
}

fn engine() -> container::Engine {
    container::Engine {
        host_name: "host".to_owned(),
        version: "28.5.2".to_owned(),
        memory_bytes: 8 << 30,
        processors: 2,
        is_podman: false,
        system_time: None,
    }
}
