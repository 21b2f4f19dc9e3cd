//! Whether the Engine is there and what it is being asked. The only part of the core that asks the
//! Engine, and the only one that derives "live" from what speaks for the Engine: the event stream,
//! the list and the ping. An inspection or a log that goes unanswered speaks for one container.

mod catching_up;
mod census;
mod events;
mod gap;
mod inspections;
mod list;
mod not_live;
mod ping;

use std::collections::BTreeSet;
use std::time::Duration;

pub(super) use catching_up::Restart;
pub(super) use gap::{Absence, Fates, Gap, Memory};
pub(super) use inspections::Inspections;
pub(super) use not_live::NotLive;

use events::Events;
use list::{Listing, Unlisted};
use not_live::Urgency;
use ping::Pings;

use crate::monitor::container::{ContainerId, Engine};
use crate::monitor::effect::{Effect, Remark};
use crate::monitor::identity::Identity;
use crate::monitor::input::{Loss, News, Ping};
use crate::monitor::moment::{Clocks, Moment};
use crate::monitor::state::State;
use crate::monitor::track::Intents;
use crate::monitor::world::World;
use crate::timestamp::Timestamp;

/// A stream that ends sooner than this did not stay open, and the next one has to show that it does.
const STAYS_OPEN: Duration = Duration::from_secs(1);

/// A stream that was just opened repeats older events for less than this.
const REPEATS_FOR: Duration = Duration::from_secs(10);

/// Whoever asks gives up after ten seconds. An answer that is missing for longer got lost on the way.
const ANSWERED_WITHIN: Duration = Duration::from_secs(15);

/// Whether the Engine is there.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Presence {
    /// Nothing comes from it.
    Away(Gap),
    /// It answers again. Nothing is judged until it is known what the gap has changed.
    CatchingUp {
        /// The time without it.
        gap: Gap,
        /// When it answered again.
        since: Moment,
        /// Whether the list is in that shows what the gap has changed.
        census: Census,
    },
    /// It answers, and everything is known.
    Live,
}

/// Whether the list is in that shows what a gap has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Census {
    /// It is asked for.
    Asked,
    /// It is in, and so are all answers except those of inspections under way.
    Listed {
        /// Since when.
        at: Moment,
    },
}

/// The link to the Engine.
#[derive(Clone, Debug)]
pub(super) struct Link {
    /// Whether the Engine is there.
    pub presence: Presence,
    /// Where news come from.
    pub news: News,
    /// What is asked of single containers.
    pub inspections: Inspections,
    /// Set while dmon is not live.
    pub not_live: Option<NotLive>,
    /// Since when the event stream is open; with [`News::Lists`], since when that is known.
    opened: Option<Moment>,
    /// What the last stream was like.
    last_stream: LastStream,
    list: Listing,
    pings: Pings,
    events: Events,
    /// What the Engine says of itself.
    engine: EngineIs,
    /// The kernel's id of the boot in which the Engine was reached last.
    boot_id: Option<String>,
    /// When the list was asked for that was answered last; `None` before the first.
    listed: Option<Timestamp>,
    /// Containers whose line of the list could not be read.
    unreadable_lines: BTreeSet<ContainerId>,
    /// The names of those that the last gap has changed.
    changed: Vec<String>,
    /// When to go on with catching up.
    catches_up_at: Option<Moment>,
    /// Whether it was reported that the Engine is unreachable.
    outage: Outage,
    effects: Vec<Effect>,
}

/// Which Engine it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum EngineIs {
    Docker,
    Podman,
}

/// Whether it was reported that the Engine is unreachable, and not yet that it is back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outage {
    None,
    Reported,
}

/// What the event stream before the present one was like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LastStream {
    /// It stayed open, or there was none.
    Stayed,
    /// It ended as soon as it was open.
    Ended,
}

impl Link {
    /// The link before the Engine was reached, with what a former dmon knew of it.
    pub(super) fn new(known: Known, clocks: &Clocks, interval: Duration) -> Self {
        let reason = "it has not answered yet".to_owned();
        let since = known.listed.unwrap_or(clocks.wall);
        let gap = Gap::new(since, clocks.moment, Absence::Unknown, known.last_event);
        Self {
            presence: Presence::Away(gap),
            news: News::Events,
            inspections: Inspections::default(),
            not_live: Some(NotLive::begin(reason, Urgency::MayPass, clocks)),
            opened: None,
            last_stream: LastStream::Stayed,
            list: Listing::new(interval),
            pings: Pings::default(),
            events: Events::new(known.last_event, clocks.moment),
            engine: EngineIs::Docker,
            boot_id: known.boot_id,
            listed: known.listed,
            unreadable_lines: BTreeSet::new(),
            changed: Vec::new(),
            catches_up_at: None,
            outage: known.outage,
            effects: Vec::new(),
        }
    }

    /// The event stream is open, or there is none.
    pub(super) fn connected(
        &mut self,
        engine: Option<&Engine>,
        boot: Option<String>,
        news: News,
        now: Moment,
    ) {
        if let Presence::Away(gap) = &mut self.presence
            && self.boot_id.is_some()
            && boot.is_some()
            && self.boot_id != boot
        {
            gap.absence = Absence::Rebooted;
        }
        self.boot_id = boot.or(self.boot_id.take());
        if let Some(engine) = engine {
            self.engine = if engine.is_podman { EngineIs::Podman } else { EngineIs::Docker };
        }
        let gap = match &self.presence {
            Presence::Away(gap) | Presence::CatchingUp { gap, .. } => Some(gap.clone()),
            // Where lists were enough until now, the stream only has to join them without a gap.
            Presence::Live => None,
        };
        if let Some(gap) = gap {
            self.presence = Presence::CatchingUp { gap, since: now, census: Census::Asked };
        }
        self.news = news;
        self.opened = Some(now);
        self.ask_list(now);
    }

    /// When the event stream was opened, while it may still repeat what happened before.
    pub(super) fn repeats_events_before(&self, now: Moment) -> Option<Moment> {
        let is_catching_up = matches!(self.presence, Presence::CatchingUp { .. });
        self.opened.filter(|opened| is_catching_up && now < *opened + REPEATS_FOR)
    }

    /// The event stream is closed.
    pub(super) fn lost(&mut self, loss: Loss, clocks: &Clocks) {
        let (absence, reason) = match loss {
            Loss::StreamEnded if self.pings.fail() => (Absence::Unreachable, None),
            Loss::StreamEnded => (Absence::StreamEnded, None),
            Loss::NoAnswer(reason) => (Absence::Unreachable, Some(reason)),
        };
        let urgency = match absence {
            Absence::StreamEnded => Urgency::MayPass,
            _ => Urgency::AtOnce,
        };
        if let Some(opened) = self.opened.take() {
            let ended = clocks.moment < opened + STAYS_OPEN;
            self.last_stream = if ended { LastStream::Ended } else { LastStream::Stayed };
        }
        self.pings.stop();
        self.list.stop();
        let reason = reason.unwrap_or_else(|| "the event stream ended".to_owned());
        self.away(absence, self.events.last, clocks.wall, clocks);
        self.is_not_live(reason, urgency, clocks);
    }

    /// Nothing comes from the Engine any more, since then.
    fn away(
        &mut self,
        absence: Absence,
        last_event: Option<Timestamp>,
        since: Timestamp,
        clocks: &Clocks,
    ) {
        let known = clocks.moment;
        let gap = match &self.presence {
            Presence::Away(gap) => Gap { absence: gap.absence.max(absence), ..gap.clone() },
            // What the time before it has changed is still to be judged.
            Presence::CatchingUp { gap, .. } => Gap {
                absence: gap.absence.max(absence),
                known,
                memory: Memory::Unknown,
                remembers: None,
                ..gap.clone()
            },
            Presence::Live => Gap::new(since, known, absence, last_event),
        };
        self.presence = Presence::Away(gap);
        self.inspections.nothing_is_under_way();
    }

    /// Events were dropped, or belong to a time that the Engine's clock was set back to: what they
    /// would have told is found by a list and by inspections.
    pub(super) fn missed_events(&mut self, clocks: &Clocks) {
        let (since, now) = (self.listed.unwrap_or(clocks.wall), clocks.moment);
        let gap = match &self.presence {
            Presence::Away(_) => return,
            Presence::CatchingUp { gap, .. } => gap.clone(),
            Presence::Live => {
                let gap = Gap::new(since, now, Absence::Unknown, None);
                Gap { memory: Memory::Kept, ..gap }
            }
        };
        self.presence = Presence::CatchingUp { gap, since: now, census: Census::Asked };
        self.ask_list(now);
    }

    /// A complete list is in.
    pub(super) fn answered_list(&mut self, asked: Moment, now: Moment) {
        if !self.list.take_answer(asked, now) {
            return;
        }
        if let Presence::Away(gap) = &self.presence
            && self.news == News::Lists
            && self.opened.is_some()
        {
            let (gap, census) = (gap.clone(), Census::Asked);
            self.presence = Presence::CatchingUp { gap, since: now, census };
        }
        if let Presence::CatchingUp { census, .. } = &mut self.presence
            && *census == Census::Asked
        {
            *census = Census::Listed { at: now };
        }
        self.pings.confirm_by_list(self.news, asked);
    }

    /// There is no list.
    pub(super) fn unlisted(&mut self, asked: Moment, reason: String, clocks: &Clocks) {
        let Some(which) = self.list.take_failure(asked, clocks.moment) else { return };
        if self.news == News::Lists && which == Unlisted::Last {
            let since = self.listed.unwrap_or(clocks.wall);
            let absence = if self.pings.fail() { Absence::Unreachable } else { Absence::Unknown };
            self.away(absence, None, since, clocks);
        }
        self.is_not_live(reason, Urgency::AtOnce, clocks);
    }

    /// The Engine answered a ping, or did not.
    pub(super) fn pinged(&mut self, asked: Moment, ping: Ping, now: Moment) {
        self.pings.take_answer(asked, ping, now);
        // The list says more: one that fails too shows that the Engine is away.
        if ping == Ping::Unanswered && self.news == News::Lists {
            self.list_now(now);
        }
    }

    /// When the ping left that was answered last.
    pub(super) fn answered(&self) -> Option<Moment> {
        self.pings.answered()
    }

    /// Asks on a new connection whether the Engine is there, unless that is being asked.
    pub(super) fn ping(&mut self, now: Moment) {
        if self.pings.begin(now) {
            self.effects.push(Effect::Ping { asked: now });
        }
    }

    /// Until when no ping leaves, where the last one was not answered just now.
    pub(super) fn ping_waits(&self, now: Moment) -> Option<Moment> {
        self.pings.waits(now)
    }

    /// Asks for an inspection of a container, unless one is under way or nothing can be asked.
    pub(super) fn inspect(&mut self, id: &ContainerId, now: Moment) {
        if !matches!(self.presence, Presence::Away(_)) && self.inspections.begin(id, now) {
            self.effects.push(Effect::Inspect { asked: now, id: id.clone() });
        }
    }

    /// Asks for the last lines of a container's log.
    pub(super) fn fetch_logs(&mut self, id: ContainerId, lines: u32) {
        self.effects.push(Effect::FetchLogs { id, lines });
    }

    /// Asks for a list soon: what an inspection does not say, it may.
    pub(super) fn list_now(&mut self, now: Moment) {
        if self.opened.is_some() {
            self.list.hasten(now);
        }
    }

    /// A container is no more.
    pub(super) fn forget(&mut self, id: &ContainerId) {
        self.inspections.forget(id);
    }

    /// Asks for what is due, gives up what was lost on the way, and derives whether dmon is live.
    pub(super) fn evaluate(&mut self, world: &World, clocks: &Clocks) {
        let now = clocks.moment;
        if let Some(asked) = self.list.lost(now) {
            self.unlisted(asked, "no list came".to_owned(), clocks);
        }
        if let Some(asked) = self.pings.lost(now) {
            self.pinged(asked, Ping::Unanswered, now);
        }
        self.inspections.give_up(now);
        if self.inspections.wants_list(now) {
            self.list_now(now);
        }
        if self.list_for_ping().is_some_and(|due| due <= now) {
            self.list_now(now);
        }
        if self.next_list().is_some_and(|due| due <= now) {
            self.ask_list(now);
        }
        if self.next_ping().is_some_and(|due| due <= now) {
            self.ping(now);
        }
        let remarks = self.remarks(now);
        self.effects.extend(remarks.into_iter().map(Effect::Log));
        self.warn_of_inspections(world, now);
    }

    fn warn_of_inspections(&mut self, world: &World, now: Moment) {
        for (reason, ids) in self.inspections.warnings(now) {
            let names = ids.iter().map(|id| world.name_of(id)).collect();
            self.effects.push(Effect::Log(Remark::NotInspected { names, reason }));
        }
    }

    /// Lines for the log: dmon is not live any more, or is again.
    fn remarks(&mut self, now: Moment) -> Vec<Remark> {
        let why = self.not_live.as_mut().and_then(|not_live| not_live.remark(now));
        let is_all_seen = self.is_all_seen(now);
        let over = self.not_live.take_if(|_| is_all_seen).and_then(|over| over.end(now));
        why.into_iter().chain(over).collect()
    }

    /// Whether the list is answered and, where there are events, the stream stays open.
    fn is_all_seen(&self, now: Moment) -> bool {
        let stays_open = match (self.news, self.last_stream) {
            (News::Events, LastStream::Ended) => {
                self.opened.is_some_and(|opened| now >= opened + STAYS_OPEN)
            }
            (News::Events, LastStream::Stayed) | (News::Lists, _) => self.opened.is_some(),
        };
        stays_open && self.list.is_answered()
    }

    fn is_not_live(&mut self, reason: String, urgency: Urgency, clocks: &Clocks) {
        match &mut self.not_live {
            None => self.not_live = Some(NotLive::begin(reason, urgency, clocks)),
            Some(not_live) => not_live.go_on(reason, urgency, clocks.moment),
        }
    }

    /// When to ask for the list that says what pings do not.
    fn list_for_ping(&self) -> Option<Moment> {
        let at = self.pings.confirmed_by_list_at(self.news)?;
        self.list.wanted_at(at).filter(|_| self.opened.is_some())
    }

    fn next_list(&self) -> Option<Moment> {
        self.list.next().filter(|_| self.opened.is_some())
    }

    fn ask_list(&mut self, now: Moment) {
        self.list.begin(now);
        self.effects.push(Effect::List { asked: now });
    }

    /// When to ping where there is no stream to show that the Engine is alive.
    fn next_ping(&self) -> Option<Moment> {
        let opened = self.opened.filter(|_| self.news == News::Lists)?;
        self.pings.next(opened)
    }

    /// When [`Self::evaluate`] has something to do.
    pub(super) fn deadline(&self) -> Option<Moment> {
        let stays_open = self.opened.map(|opened| opened + STAYS_OPEN);
        let is_new = self.not_live.is_some() && self.list.is_answered();
        let deadlines = [
            self.list.lost_at(),
            self.pings.lost_at(),
            self.next_list(),
            self.list_for_ping(),
            self.next_ping(),
            stays_open.filter(|_| is_new),
            self.not_live.as_ref().and_then(NotLive::log_at),
            self.inspections.deadline(),
            self.catches_up_at,
            self.unreachable_at(),
        ];
        deadlines.into_iter().flatten().min()
    }

    /// What is to be asked and logged now.
    pub(super) fn effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    /// What is known of the Engine, to be written to disk.
    pub(super) fn known(&self) -> Known {
        // What a gap has changed is worked out again by a dmon that starts before it is.
        let last_event = match &self.presence {
            Presence::CatchingUp { gap, .. } => gap.last_event.or(self.events.last),
            Presence::Away(_) | Presence::Live => self.events.last,
        };
        let (listed, boot_id, outage) = (self.listed, self.boot_id.clone(), self.outage);
        Known { listed, last_event, boot_id, outage }
    }

    /// When the list was asked for that was answered last; `None` before the first, which is the
    /// baseline.
    pub(super) fn last_list(&self) -> Option<Timestamp> {
        self.listed
    }

    /// Whether the Engine tells who asked for a death.
    pub(super) fn intents(&self) -> Intents {
        match (self.engine, self.news) {
            (EngineIs::Docker, News::Events) => Intents::Visible,
            (EngineIs::Podman, _) | (_, News::Lists) => Intents::Hidden,
        }
    }
}

/// What a dmon knows of the Engine when it ends.
#[derive(Clone, Debug)]
pub(super) struct Known {
    /// When the list was asked for that was answered last; `None` before the first.
    pub listed: Option<Timestamp>,
    /// The newest event.
    pub last_event: Option<Timestamp>,
    /// The kernel's id of the boot.
    pub boot_id: Option<String>,
    /// Whether it was reported that the Engine is unreachable.
    pub outage: Outage,
}

impl Known {
    /// What the state and the ledger say.
    pub(super) fn of(state: &State) -> Self {
        let incident = state.ledger.incident(&Identity::Engine);
        let is_open = incident.is_some_and(|incident| incident.recovery.is_none());
        Self {
            listed: state.answered,
            last_event: state.last_event,
            boot_id: state.boot_id.clone(),
            outage: if is_open { Outage::Reported } else { Outage::None },
        }
    }
}
