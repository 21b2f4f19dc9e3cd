//! What was heard of the event stream: which events are repeated, how far it got, and whether it is
//! mute.

use std::collections::VecDeque;
use std::time::Duration;

use super::{Link, Memory, Presence};
use crate::monitor::container::ContainerId;
use crate::monitor::effect::{Effect, Remark};
use crate::monitor::event::{Action, Event};
use crate::monitor::input::News;
use crate::monitor::moment::{CLOCKS_AGREE_WITHIN, Clocks, Moment};
use crate::monitor::world::Occurred;
use crate::timestamp::Timestamp;

/// The most events that are kept until the first list is in: the list makes up for more.
const EARLY_EVENTS_MAX: usize = 4_096;

/// A stream is taken for mute when it reported nothing for this long, and not what an inspection
/// shows.
const MUTE_FOR: Duration = Duration::from_secs(10);

/// So many of the last events are known again when the Engine repeats them.
const RECENT_EVENTS: usize = 256;

/// What was heard of the event stream.
#[derive(Clone, Debug)]
pub(super) struct Events {
    /// The newest event.
    pub last: Option<Timestamp>,
    /// When the last one came in.
    came: Moment,
    /// The last events: the Engine repeats some of them to a stream that is opened again.
    recent: VecDeque<(Timestamp, ContainerId, Action)>,
    /// Events that came before the first list.
    early: Vec<Event>,
    /// When a mute stream was opened again.
    reopened: Moment,
}

impl Events {
    pub(super) fn new(last: Option<Timestamp>, now: Moment) -> Self {
        Self { last, came: now, recent: VecDeque::new(), early: Vec::new(), reopened: now }
    }
}

impl Link {
    /// Takes an event in. Gives when it happened; `None` if it is known already, or is to wait for
    /// the first list.
    pub(in crate::monitor) fn event(&mut self, event: &Event, clocks: &Clocks) -> Option<Occurred> {
        if self.listed.is_none() {
            if self.events.early.len() < EARLY_EVENTS_MAX {
                self.events.early.push(event.clone());
            }
            return None;
        }
        let repeated = self.is_repeated(event);
        if let Presence::CatchingUp { gap, .. } = &mut self.presence {
            // What came in after the gap, an Engine that was restarted in it remembers too.
            if repeated && gap.last_event.is_none_or(|last| event.time <= last) {
                gap.memory = Memory::Kept;
            } else {
                gap.remembers.get_or_insert(event.time);
            }
        }
        let moment = clocks.moment_of(event.time);
        let repeats = self.repeats_events_before(clocks.moment);
        let is_old = repeats.is_some_and(|opened| moment < opened);
        let occurred = if is_old { Occurred::Before(moment) } else { Occurred::Now };
        if repeated {
            return None;
        }
        self.note(event, occurred, clocks);
        Some(occurred)
    }

    /// Whether an event came in before: a stream is asked for from the last event on, that one
    /// included. Podman asks for whole seconds.
    fn is_repeated(&self, event: &Event) -> bool {
        let key = (event.time, event.id.clone(), event.action.clone());
        if self.events.recent.contains(&key) {
            return true;
        }
        let last = self.gap_caught_up_with().and_then(|gap| gap.last_event);
        last.is_some_and(|last| event.time <= last && last.since(event.time) < CLOCKS_AGREE_WITHIN)
    }

    /// Remembers an event.
    fn note(&mut self, event: &Event, occurred: Occurred, clocks: &Clocks) {
        let events = &mut self.events;
        events.recent.push_back((event.time, event.id.clone(), event.action.clone()));
        if events.recent.len() > RECENT_EVENTS {
            events.recent.pop_front();
        }
        events.came = clocks.moment;
        let back = events.last.map_or(Duration::ZERO, |last| last.since(event.time));
        if back < CLOCKS_AGREE_WITHIN {
            events.last = events.last.max(Some(event.time));
        } else if occurred == Occurred::Now {
            events.last = Some(event.time);
            self.effects.push(Effect::Log(Remark::ClockWentBack { by: back }));
            self.missed_events(clocks);
        }
    }

    /// The events that came before the first list.
    pub(in crate::monitor) fn early_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events.early)
    }

    /// A stream that is open and does not report what an inspection shows is of no use: another is
    /// opened.
    pub(in crate::monitor) fn not_reported(&mut self, now: Moment) {
        let since = self.events.came.max(self.events.reopened);
        if self.presence == Presence::Live && self.news == News::Events && now >= since + MUTE_FOR {
            self.events.reopened = now;
            self.effects.push(Effect::Log(Remark::StreamIsMute));
            self.effects.push(Effect::ReopenStream);
        }
    }
}
