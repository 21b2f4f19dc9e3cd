//! Whether the Engine is there and what it is being asked. The only part of the core that asks the
//! Engine, and the only one that derives "live" from what speaks for the Engine: the event stream,
//! the list and the ping. An inspection or a log that goes unanswered speaks for one container.

mod gap;
mod inspections;

use std::time::Duration;

pub(super) use gap::{Absence, COMING_BACK_TAKES, Fates, Gap, Memory, REPLAY_TAKES};
pub(super) use inspections::Inspections;

use crate::monitor::container::ContainerId;
use crate::monitor::effect::{Effect, Remark};
use crate::monitor::input::{Loss, News, Ping};
use crate::monitor::moment::{Clocks, Moment};
use crate::timestamp::Timestamp;

/// Not live for this long is reported as `Docker Engine Unreachable`.
const UNREACHABLE_AFTER: Duration = Duration::from_secs(30);

/// A stream that ends sooner than this did not stay open, and the next one has to show that it does.
const STAYS_OPEN: Duration = Duration::from_secs(1);

/// Proxies cut idle streams: only one that is not open again by then is worth a line in the log.
const CUT_STREAM_IS_BACK_WITHIN: Duration = Duration::from_secs(3);

/// A list that failed is asked for again after these waits, one after the other, whatever the
/// interval is; the last one repeats.
const LIST_AGAIN_AFTER: [Duration; 3] =
    [Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(5)];

/// So many reasons of one time in which dmon is not live are logged, each once.
const LOGGED_REASONS_MAX: usize = 8;

/// A list that is asked for out of turn is so at most this often.
const BETWEEN_LISTS: Duration = Duration::from_secs(1);

/// A ping that failed is repeated after this.
const PING_AGAIN_AFTER: Duration = Duration::from_secs(2);

/// Between two pings where there is no event stream to show that the Engine is alive.
const PING_INTERVAL: Duration = Duration::from_secs(5);

/// Whoever asks gives up after ten seconds. An answer that is missing for longer got lost on the way.
const ANSWERED_WITHIN: Duration = Duration::from_secs(15);

/// An Engine that stops refuses new connections first and ends within this time. One that answers
/// lists for longer is not stopping, however its pings fare.
const STOPPING_TAKES: Duration = Duration::from_secs(20);

/// The same where lists are all there is, and each takes its time.
const STOPPING_TAKES_BY_LISTS: Duration = Duration::from_secs(10);

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
    Listed,
}

/// Since when not everything is seen, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NotLive {
    /// Since when.
    pub since: Moment,
    /// The same for people.
    pub at: Timestamp,
    /// Why, in one line.
    pub reason: String,
    /// When that belongs into the log; `None` once it is there.
    log_at: Option<Moment>,
    /// Reasons that are in the log.
    logged: Vec<String>,
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
    ping: Pinging,
    /// When the ping left that was answered last.
    answered: Option<Moment>,
    /// When the first ping left that was not answered, nor any since.
    ping_fails: Option<Moment>,
    interval: Duration,
    questions: Vec<Effect>,
}

/// What the event stream before the present one was like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LastStream {
    /// It stayed open, or there was none.
    Stayed,
    /// It ended as soon as it was open.
    Ended,
}

/// The state of the list.
#[derive(Clone, Debug, Default)]
struct Listing {
    /// When the list was asked for that is under way.
    asked: Option<Moment>,
    /// When the next one is due.
    next: Option<Moment>,
    /// Whether the last one was answered since the stream was opened.
    answer: Answer,
    /// When the last one was asked for that was answered.
    answered: Option<Moment>,
    /// How many failed one after the other.
    failures: usize,
}

/// Whether a question was answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Answer {
    /// Not yet.
    #[default]
    Awaited,
    /// It was.
    Given,
    /// It failed.
    Failed,
}

/// Whether the Engine is being asked if it is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pinging {
    /// Nobody needs to know.
    No,
    /// It is, since then.
    UnderWay(Moment),
    /// It did not answer; ask again then.
    Again(Moment),
}

impl Link {
    /// The link before the Engine was ever reached. `gap` is the time since the last dmon.
    pub(super) fn new(gap: Gap, clocks: &Clocks, interval: Duration) -> Self {
        let not_live = NotLive {
            since: clocks.moment,
            at: clocks.wall,
            reason: "it has not answered yet".to_owned(),
            log_at: Some(clocks.moment + CUT_STREAM_IS_BACK_WITHIN),
            logged: Vec::new(),
        };
        Self {
            presence: Presence::Away(gap),
            news: News::Events,
            inspections: Inspections::default(),
            not_live: Some(not_live),
            opened: None,
            last_stream: LastStream::Stayed,
            list: Listing::default(),
            ping: Pinging::No,
            answered: None,
            ping_fails: None,
            interval,
            questions: Vec::new(),
        }
    }

    /// The event stream is open, or there is none. Whether that ends a gap.
    pub(super) fn connected(&mut self, news: News, now: Moment) {
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
        self.list.answer = Answer::Awaited;
        self.ask_list(now);
    }

    /// The event stream is closed.
    pub(super) fn lost(&mut self, loss: Loss, last_event: Option<Timestamp>, clocks: &Clocks) {
        let pings_fail = matches!(self.ping, Pinging::Again(_));
        let (absence, reason) = match loss {
            Loss::StreamEnded if pings_fail => (Absence::Unreachable, None),
            Loss::StreamEnded => (Absence::StreamEnded, None),
            Loss::NoAnswer(reason) => (Absence::Unreachable, Some(reason)),
        };
        let log_at = match absence {
            Absence::StreamEnded => clocks.moment + CUT_STREAM_IS_BACK_WITHIN,
            _ => clocks.moment,
        };
        if let Some(opened) = self.opened.take() {
            let ended = clocks.moment < opened + STAYS_OPEN;
            self.last_stream = if ended { LastStream::Ended } else { LastStream::Stayed };
        }
        self.ping = Pinging::No;
        self.list = Listing { answered: self.list.answered, ..Listing::default() };
        let reason = reason.unwrap_or_else(|| "the event stream ended".to_owned());
        self.away(absence, last_event, clocks.wall, clocks);
        self.is_not_live(reason, log_at, clocks);
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
    pub(super) fn missed_events(&mut self, since: Timestamp, now: Moment) {
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
    pub(super) fn listed(&mut self, asked: Moment, now: Moment) {
        // One that is older than the one that is waited for closes no gap.
        if self.list.asked.is_some_and(|under_way| asked < under_way) {
            return;
        }
        self.list.asked = None;
        self.list.next = Some(now + self.interval);
        self.list.answer = Answer::Given;
        self.list.answered = Some(asked);
        self.list.failures = 0;
        if let Presence::Away(gap) = &self.presence
            && self.news == News::Lists
            && self.opened.is_some()
        {
            let (gap, census) = (gap.clone(), Census::Asked);
            self.presence = Presence::CatchingUp { gap, since: now, census };
        }
        if let Presence::CatchingUp { census, .. } = &mut self.presence {
            *census = Census::Listed;
        }
        if self.not_stopping_at().is_some_and(|at| asked >= at) {
            self.answered = self.answered.max(Some(asked));
            self.ping = Pinging::No;
        }
    }

    /// When a list shows that the Engine is not stopping, although pings fail.
    fn not_stopping_at(&self) -> Option<Moment> {
        let stopping_takes = match self.news {
            News::Events => STOPPING_TAKES,
            News::Lists => STOPPING_TAKES_BY_LISTS,
        };
        self.ping_fails.map(|failing| failing + stopping_takes)
    }

    /// There is no list.
    pub(super) fn unlisted(
        &mut self,
        asked: Moment,
        reason: String,
        answered: Option<Timestamp>,
        clocks: &Clocks,
    ) {
        if self.list.asked != Some(asked) {
            return;
        }
        let wait = LIST_AGAIN_AFTER[self.list.failures.min(LIST_AGAIN_AFTER.len() - 1)];
        let next = clocks.moment + self.interval.min(wait);
        self.list.failures += 1;
        self.list.asked = None;
        self.list.next = Some(next);
        self.list.answer = Answer::Failed;
        if self.news == News::Lists {
            let since = answered.unwrap_or(clocks.wall);
            let absence = match self.ping {
                Pinging::Again(_) => Absence::Unreachable,
                Pinging::No | Pinging::UnderWay(_) => Absence::Unknown,
            };
            self.away(absence, None, since, clocks);
        }
        self.is_not_live(reason, clocks.moment, clocks);
    }

    /// The Engine answered a ping, or did not.
    pub(super) fn pinged(&mut self, asked: Moment, ping: Ping, now: Moment) {
        if self.ping != Pinging::UnderWay(asked) {
            return;
        }
        match ping {
            Ping::Answered => {
                self.answered = Some(asked);
                self.ping = Pinging::No;
                self.ping_fails = None;
            }
            Ping::Unanswered => {
                self.ping = Pinging::Again(now + PING_AGAIN_AFTER);
                // The list says more: one that fails too shows that the Engine is away.
                if self.news == News::Lists {
                    self.list_now(now);
                }
            }
        }
    }

    /// When the ping left that was answered last.
    pub(super) fn answered(&self) -> Option<Moment> {
        self.answered
    }

    /// Asks on a new connection whether the Engine is there. Gives when to ask again, where that is
    /// later.
    pub(super) fn ping(&mut self, now: Moment) -> Option<Moment> {
        match self.ping {
            Pinging::UnderWay(_) => None,
            Pinging::Again(moment) if now < moment => Some(moment),
            Pinging::No | Pinging::Again(_) => {
                self.ping = Pinging::UnderWay(now);
                self.ping_fails.get_or_insert(now);
                self.questions.push(Effect::Ping { asked: now });
                None
            }
        }
    }

    /// Asks for an inspection of a container, unless one is under way or nothing can be asked.
    pub(super) fn inspect(&mut self, id: &ContainerId, now: Moment) {
        if !matches!(self.presence, Presence::Away(_)) && self.inspections.begin(id, now) {
            self.questions.push(Effect::Inspect { asked: now, id: id.clone() });
        }
    }

    /// Asks for a list soon: what an inspection does not say, it may.
    pub(super) fn list_now(&mut self, now: Moment) {
        if self.list.asked.is_none() && self.opened.is_some() {
            let earliest = self.list.answered.map_or(now, |last| now.max(last + BETWEEN_LISTS));
            self.list.next = Some(self.list.next.map_or(earliest, |next| next.min(earliest)));
        }
    }

    /// A container is no more.
    pub(super) fn forget(&mut self, id: &ContainerId) {
        self.inspections.forget(id);
    }

    /// Closes the event stream and opens another.
    pub(super) fn reopen(&mut self) {
        self.questions.push(Effect::ReopenStream);
    }

    /// Asks for what is due, gives up what was lost on the way, and derives whether dmon is live.
    pub(super) fn evaluate(&mut self, answered: Option<Timestamp>, clocks: &Clocks) -> Vec<Remark> {
        let now = clocks.moment;
        if let Some(asked) = self.list.asked.filter(|asked| now >= *asked + ANSWERED_WITHIN) {
            let reason = format!("no list within {} s", ANSWERED_WITHIN.as_secs());
            self.unlisted(asked, reason, answered, clocks);
        }
        if let Pinging::UnderWay(asked) = self.ping
            && now >= asked + ANSWERED_WITHIN
        {
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
        self.remarks(now)
    }

    /// Lines for the log: dmon is not live any more, or is again.
    fn remarks(&mut self, now: Moment) -> Vec<Remark> {
        let mut remarks = Vec::new();
        if let Some(not_live) = &mut self.not_live
            && not_live.log_at.take_if(|due| *due <= now).is_some()
        {
            not_live.logged.push(not_live.reason.clone());
            remarks.push(Remark::NotLive { reason: not_live.reason.clone() });
        }
        if self.is_all_seen(now)
            && let Some(over) = self.not_live.take()
            && !over.logged.is_empty()
        {
            remarks.push(Remark::Live { lasted: now.since(over.since) });
        }
        remarks
    }

    /// Whether the list is answered and, where there are events, the stream stays open.
    fn is_all_seen(&self, now: Moment) -> bool {
        let stays_open = match (self.news, self.last_stream) {
            (News::Events, LastStream::Ended) => {
                self.opened.is_some_and(|opened| now >= opened + STAYS_OPEN)
            }
            (News::Events, LastStream::Stayed) | (News::Lists, _) => self.opened.is_some(),
        };
        stays_open && self.list.answer == Answer::Given
    }

    fn is_not_live(&mut self, reason: String, log_at: Moment, clocks: &Clocks) {
        match &mut self.not_live {
            None => {
                let (since, at, log_at) = (clocks.moment, clocks.wall, Some(log_at));
                self.not_live = Some(NotLive { since, at, reason, log_at, logged: Vec::new() });
            }
            Some(not_live) => {
                let is_new = !not_live.logged.contains(&reason)
                    && not_live.logged.len() < LOGGED_REASONS_MAX;
                not_live.log_at = match not_live.log_at {
                    Some(due) => Some(due.min(log_at)),
                    None => is_new.then_some(log_at),
                };
                not_live.reason = reason;
            }
        }
    }

    /// When to ask for the list that says what pings do not.
    fn list_for_ping(&self) -> Option<Moment> {
        let at = self.not_stopping_at().filter(|_| !matches!(self.ping, Pinging::No))?;
        let is_idle = self.opened.is_some() && self.list.asked.is_none();
        let earliest = self.list.answered.map_or(at, |last| at.max(last + BETWEEN_LISTS));
        (is_idle && self.list.answered < Some(at)).then_some(earliest)
    }

    fn next_list(&self) -> Option<Moment> {
        self.list.next.filter(|_| self.opened.is_some() && self.list.asked.is_none())
    }

    fn ask_list(&mut self, now: Moment) {
        self.list.next = None;
        self.list.asked = Some(now);
        self.questions.push(Effect::List { asked: now });
    }

    /// When to ping where there is no stream to show that the Engine is alive.
    fn next_ping(&self) -> Option<Moment> {
        let opened = self.opened.filter(|_| self.news == News::Lists)?;
        match self.ping {
            Pinging::UnderWay(_) => None,
            Pinging::Again(moment) => Some(moment),
            Pinging::No => Some(self.answered.map_or(opened, |it| it.max(opened)) + PING_INTERVAL),
        }
    }

    /// When [`Self::evaluate`] has something to do.
    pub(super) fn deadline(&self) -> Option<Moment> {
        let lost_list = self.list.asked.map(|asked| asked + ANSWERED_WITHIN);
        let lost_ping = match self.ping {
            Pinging::UnderWay(asked) => Some(asked + ANSWERED_WITHIN),
            _ => None,
        };
        let stays_open = self.opened.map(|opened| opened + STAYS_OPEN);
        let is_new = self.not_live.is_some() && self.list.answer == Answer::Given;
        let log = self.not_live.as_ref().and_then(|not_live| not_live.log_at);
        let deadlines = [
            lost_list,
            lost_ping,
            self.next_list(),
            self.list_for_ping().filter(|at| self.list.next.is_none_or(|next| *at < next)),
            self.next_ping(),
            stays_open.filter(|_| is_new),
            log,
            self.inspections.deadline(),
        ];
        deadlines.into_iter().flatten().min()
    }

    /// Since when and why dmon is not live, once that has to be reported.
    pub(super) fn unreachable(&self, now: Moment) -> Option<&NotLive> {
        self.not_live.as_ref().filter(|it| now >= it.since + UNREACHABLE_AFTER)
    }

    /// When it has to be reported that dmon is not live.
    pub(super) fn unreachable_at(&self) -> Option<Moment> {
        self.not_live.as_ref().map(|not_live| not_live.since + UNREACHABLE_AFTER)
    }

    /// Whether the events that come in have to be judged, though a gap is not caught up with: they
    /// have waited as long as they may.
    pub(super) fn judges_by_events(&self, now: Moment) -> bool {
        self.judges_by_events_at().is_some_and(|at| now >= at)
    }

    /// When that is so.
    pub(super) fn judges_by_events_at(&self) -> Option<Moment> {
        let Presence::CatchingUp { since, .. } = &self.presence else { return None };
        self.opened.map(|_| *since + UNREACHABLE_AFTER)
    }

    /// What is to be asked now.
    pub(super) fn questions(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.questions)
    }
}
