//! Plays a recording to the real core on a virtual clock and notes what it says.

use std::collections::VecDeque;
use std::time::Duration;

use super::engine::Engine;
use super::recording::Recording;
use crate::monitor::Monitor;
use crate::monitor::alert::Kind;
use crate::monitor::effect::{Batch, Effect, Suppressed};
use crate::monitor::input::{Input, Loss, News, Outcome, Ping};
use crate::monitor::moment::Now;
use crate::monitor::settings::Settings;
use crate::timestamp::Timestamp;

/// So long before the first event dmon has been watching.
const BEFORE: Duration = Duration::from_secs(2);

/// So long after the last event the recording of what came after was made.
const AFTER: Duration = Duration::from_secs(1);

/// So long after the last event dmon watches on: longer than every grace of a single container.
const ON: Duration = Duration::from_secs(30);

/// So long after the last event an Engine that stops ends its stream (5 to 6 s in the recordings).
const STREAM_ENDS_AFTER: Duration = Duration::from_secs(6);

/// What the core said, and when.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// When, by the recording's clock.
    pub at: Timestamp,
    /// What.
    pub said: Said,
}

/// What the core said.
#[derive(Clone, Debug, PartialEq)]
pub enum Said {
    /// A message.
    Told(Batch),
    /// Something that is not told, and why.
    Suppressed(Suppressed),
}

/// Plays `recording` to a core with these settings. What Slack is told is taken as delivered.
pub fn replay(recording: &Recording, settings: Settings) -> Vec<Line> {
    let Some((first, last)) = recording.events.first().zip(recording.events.last()) else {
        return Vec::new();
    };
    let start = first.time - BEFORE;
    let now = Now { wall: start, monotonic: Duration::ZERO };
    let mut replay = Replay {
        monitor: Monitor::new(settings, None, now),
        engine: Engine::new(recording),
        presence: Ping::Answered,
        start,
        clock: start,
        lines: Vec::new(),
    };
    replay.connect(recording);
    replay.lines.clear();
    for event in &recording.events {
        replay.until(event.time);
        replay.engine.apply(event);
        replay.give(Input::Event(event.clone()));
    }
    replay.end(recording, last.time);
    replay.lines
}

struct Replay<'a> {
    monitor: Monitor,
    engine: Engine<'a>,
    presence: Ping,
    start: Timestamp,
    clock: Timestamp,
    lines: Vec<Line>,
}

impl Replay<'_> {
    fn connect(&mut self, recording: &Recording) {
        let engine = recording.engine.clone();
        let (engine, boot_id) = (Some(engine), None);
        self.give(Input::Connected { engine, boot_id, news: News::Events });
    }

    /// What came after the last event.
    fn end(&mut self, recording: &Recording, last: Timestamp) {
        let mut end = last + AFTER;
        if let Some(restarted) = self.engine.restarted() {
            self.presence = Ping::Unanswered;
            self.until(last + STREAM_ENDS_AFTER);
            let loss = Loss::NoAnswer("the Engine was restarted".to_owned());
            self.give(Input::Lost(loss));
            end = end.max(restarted + AFTER);
            self.until(end);
            self.presence = Ping::Answered;
            self.engine.finish();
            self.connect(recording);
        } else {
            self.until(end);
            self.engine.finish();
        }
        self.until(end + ON);
    }

    /// Lets time pass.
    fn until(&mut self, moment: Timestamp) {
        while let Some(due) = self.monitor.deadline().map(|due| self.start + due) {
            if due >= moment {
                break;
            }
            self.clock = self.clock.max(due);
            self.give(Input::Wake);
        }
        self.clock = self.clock.max(moment);
    }

    fn give(&mut self, input: Input) {
        let now = Now { wall: self.clock, monotonic: self.clock.since(self.start) };
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            for effect in self.monitor.step(now, input) {
                inputs.extend(self.answer(effect));
            }
        }
    }

    fn answer(&mut self, effect: Effect) -> Option<Input> {
        let at = self.clock;
        match effect {
            Effect::Suppressed(held) => self.lines.push(Line { at, said: Said::Suppressed(held) }),
            Effect::Post(batch) => {
                let delivery = Input::Delivery { batch: batch.id, outcome: Outcome::Delivered };
                let start = batch.alerts.iter().all(|it| matches!(it.kind, Kind::Watching { .. }));
                if !start {
                    self.lines.push(Line { at, said: Said::Told(batch) });
                }
                return Some(delivery);
            }
            Effect::Ping { asked } => return Some(Input::Pinged { asked, ping: self.presence }),
            Effect::List { .. } | Effect::Inspect { .. } if self.presence == Ping::Unanswered => {}
            Effect::List { asked } => {
                return Some(Input::Listed { asked, list: self.engine.list() });
            }
            Effect::Inspect { asked, id } => {
                return Some(match self.engine.inspect(&id) {
                    Some(it) => Input::Inspected { asked, container: Box::new(it.clone()) },
                    None => Input::Gone { asked, id },
                });
            }
            Effect::FetchLogs { id, .. } => return Some(Input::Logs { id, lines: Vec::new() }),
            Effect::Save
            | Effect::Exit
            | Effect::Log(_)
            | Effect::ReopenStream
            | Effect::AbandonPost(_) => {}
        }
        None
    }
}
