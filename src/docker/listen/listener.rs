//! What the listener does next, and what becomes of what comes in. Pure: time and what happened go
//! in, inputs for the core and lines for the log come out.

use std::time::Duration;

use log::Level;

use super::backoff::{self, Backoff};
use super::skipped::{Missed, OddLines};
use crate::docker::{Endpoint, Error, Heard, STREAM_LINE_BYTES_MAX, wire};
use crate::monitor::container::Engine;
use crate::monitor::input::{Input, Loss, News};
use crate::monitor::moment::Now;
use crate::timestamp::Timestamp;

/// A stream that was open for so long while the core was live was a good one.
const STABLE_AFTER: Duration = Duration::from_secs(10);

/// The waits before `/events` is tried again where it is refused.
const REFUSED: (Duration, Duration) = (Duration::from_secs(5), Duration::from_mins(1));

/// An event so much older than the newest one shows that the Engine's clock went back: events come
/// nearly in order.
const OUT_OF_ORDER_MAX: Duration = Duration::from_secs(2);

/// After a loss, the way out is logged when the Engine has not come back by itself within this.
const PATIENCE: Duration = Duration::from_secs(10);

/// The most reasons of a loss that are remembered as logged.
const REASONS_MAX: usize = 8;

/// Listens to one Engine.
#[derive(Debug)]
pub struct Listener {
    endpoint: String,
    clock: EngineClock,
    state: State,
    /// Where news come from, as the core knows it; `None` while the Engine is lost.
    news: Option<News>,
    /// The time of the newest event, by the Engine's clock.
    since: Option<Timestamp>,
    /// When the stream was last known to be open, and when it was lost.
    heard: Duration,
    /// When the request for the stream was made.
    asked: Now,
    engine: Option<Engine>,
    backoff: Backoff,
    refused: Backoff,
    /// Whether events were refused before, and that was logged.
    is_refusal_logged: bool,
    /// Whether it is logged that `/info` is not answered.
    is_info_logged: bool,
    was_connected: bool,
    /// Reasons that were logged since the Engine was lost.
    logged: Vec<String>,
    missed: Missed,
    odd_lines: OddLines,
}

/// Whose clock the times of events come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum EngineClock {
    /// This host's.
    Shared,
    /// Another.
    Own,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The stream is to be opened then.
    Waiting(Duration),
    /// The stream, or the refusal of it, is there since then, and the core does not know yet.
    Informing(Duration, News),
    /// The stream is open since then.
    Following(Duration),
}

/// What is to be done next.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// Close the stream and open it, with what happened since then; then [`Listener::opened`].
    Open {
        /// The time of the newest event that is known.
        since: Option<Timestamp>,
    },
    /// Ask for `/info`; then [`Listener::informed`].
    Info,
    /// Read from the stream; then [`Listener::heard`] or [`Listener::broke`].
    Read,
    /// Close the stream, and do nothing until then.
    Wait {
        /// On the clock of [`Now::monotonic`].
        until: Duration,
    },
}

/// What comes of it.
#[derive(Debug, PartialEq)]
pub enum Output {
    /// For the core.
    Input(Input),
    /// For the log.
    Log(Level, String),
}

impl Listener {
    /// Listens to the Engine at that address, from the time of the last event known on.
    pub fn new(endpoint: &Endpoint, since: Option<Timestamp>, now: Now) -> Self {
        let clock = match endpoint {
            Endpoint::Unix(_) => EngineClock::Shared,
            Endpoint::Tcp { .. } => EngineClock::Own,
        };
        Self {
            endpoint: endpoint.to_string(),
            clock,
            state: State::Waiting(now.monotonic),
            news: None,
            since,
            heard: now.monotonic,
            asked: now,
            engine: None,
            backoff: Backoff::new(backoff::FIRST, backoff::LAST),
            refused: Backoff::new(REFUSED.0, REFUSED.1),
            is_refusal_logged: false,
            is_info_logged: false,
            was_connected: false,
            logged: Vec::new(),
            missed: Missed::default(),
            odd_lines: OddLines::default(),
        }
    }

    /// What is to be done next.
    pub fn step(&mut self, now: Now) -> Step {
        match self.state {
            State::Waiting(until) if until > now.monotonic => Step::Wait { until },
            State::Waiting(_) => {
                self.asked = now;
                self.rebase_on_shared_clock(now);
                Step::Open { since: self.since }
            }
            State::Informing(..) => Step::Info,
            State::Following(_) => Step::Read,
        }
    }

    /// The stream was opened, or could not be.
    pub fn opened(&mut self, now: Now, error: Option<&Error>) -> Vec<Output> {
        match error {
            None => {
                // A stream that breaks before its first event is asked again from here on.
                if self.clock == EngineClock::Shared {
                    self.since.get_or_insert(self.asked.wall);
                }
                self.heard = now.monotonic;
                self.refused.reset();
                self.state = State::Informing(now.monotonic, News::Events);
                Vec::new()
            }
            Some(error) if error.is_refusal() => self.refused(now, error),
            Some(error) => self.failed(now, error),
        }
    }

    /// `/info` was answered, or not: that is no loss.
    pub fn informed(
        &mut self,
        now: Now,
        info: Result<Engine, Error>,
        boot_id: Option<String>,
    ) -> Vec<Output> {
        let State::Informing(since, news) = self.state else { return Vec::new() };
        let mut outputs = Vec::new();
        match info {
            Ok(engine) => {
                self.engine = Some(engine);
                self.is_info_logged = false;
            }
            Err(error) => {
                let level = if self.is_info_logged { Level::Debug } else { Level::Warn };
                self.is_info_logged = true;
                // What is known of the Engine stays true, but for what its clock shows now.
                self.engine.iter_mut().for_each(|engine| engine.system_time = None);
                let lacking = "alerts may lack the host's name until the next connection";
                outputs.push(Output::Log(level, format!("no answer to /info: {error}; {lacking}")));
            }
        }
        let engine = self.engine.clone();
        if !self.was_connected && !self.logged.is_empty() {
            let version = engine.as_ref().map_or("version unknown", |engine| &engine.version);
            let text = format!("the Engine answers at {} ({version})", self.endpoint);
            outputs.push(Output::Log(Level::Info, text));
        }
        self.logged.clear();
        self.was_connected = true;
        self.news = Some(news);
        self.state = match news {
            News::Events => State::Following(since),
            News::Lists => self.wait(now, Waits::Refused),
        };
        outputs.push(Output::Input(Input::Connected { engine, boot_id, news }));
        outputs
    }

    /// Something came of the stream.
    pub fn heard(&mut self, now: Now, heard: Heard<'_>) -> Vec<Output> {
        self.heard = now.monotonic;
        let mut outputs = Vec::new();
        match heard {
            Heard::Line(line) => match wire::event(line) {
                // What is repeated is handed on as well: that the Engine repeats it shows that it
                // has not been restarted meanwhile.
                Ok(Some(event)) => {
                    outputs.extend(self.rebase(event.time));
                    outputs.push(Output::Input(Input::Event(event)));
                }
                Ok(None) => {}
                Err(error) => outputs.extend(self.skipped(now, &error.to_string())),
            },
            Heard::TooLong => {
                let limit = STREAM_LINE_BYTES_MAX >> 20;
                outputs.extend(self.skipped(now, &format!("it is longer than {limit} MiB")));
            }
            Heard::Silence => {}
            Heard::End => return self.ended(now),
        }
        outputs.extend(self.missed.report(now));
        outputs
    }

    /// The stream broke.
    pub fn broke(&mut self, now: Now, error: &Error) -> Vec<Output> {
        let mut outputs = vec![debug(format!("the event stream broke: {}", error.reason()))];
        outputs.extend(self.ended(now));
        outputs
    }

    /// The stream is to be opened anew.
    pub fn reopen(&mut self, now: Now) -> Vec<Output> {
        match self.state {
            State::Following(_) => self.ended(now),
            State::Waiting(_) | State::Informing(..) => Vec::new(),
        }
    }

    /// The core is live. Only that, and a stream that stays open, ends the backoff: one that can be
    /// opened and is good for nothing is not opened time and again.
    pub fn live(&mut self, now: Now) {
        if let State::Following(since) = self.state
            && now.monotonic.saturating_sub(since) >= STABLE_AFTER
        {
            self.backoff.reset();
        }
    }

    fn ended(&mut self, now: Now) -> Vec<Output> {
        self.heard = now.monotonic;
        self.news = None;
        self.state = self.wait(now, Waits::Failed);
        vec![Output::Input(Input::Lost(Loss::StreamEnded))]
    }

    /// Events are refused. The Engine is there, as far as anybody can tell; it is for lists to show.
    fn refused(&mut self, now: Now, error: &Error) -> Vec<Output> {
        if self.news == Some(News::Lists) {
            self.state = self.wait(now, Waits::Refused);
            return Vec::new();
        }
        self.state = State::Informing(now.monotonic, News::Lists);
        // When events can be had again, what happened until then is known from lists.
        self.since = None;
        let level = if self.is_refusal_logged { Level::Debug } else { Level::Warn };
        self.is_refusal_logged = true;
        let text = format!("no events: {error}; until then, changes are found by listing alone");
        vec![Output::Log(level, text)]
    }

    fn failed(&mut self, now: Now, error: &Error) -> Vec<Output> {
        self.state = self.wait(now, Waits::Failed);
        let reason = error.reason();
        if self.news == Some(News::Lists) {
            // Lists and pings show whether the Engine is there.
            return vec![debug(format!("events were not tried for: {reason}"))];
        }
        // The reason alone is for the core to report.
        let text = error.remedy().map(|_| error.to_string());
        let is_due = !self.was_connected || now.monotonic.saturating_sub(self.heard) >= PATIENCE;
        let is_new = |text: &String| is_due && !self.logged.contains(text);
        let mut outputs = Vec::new();
        match text.filter(is_new).filter(|_| self.logged.len() < REASONS_MAX) {
            Some(text) => {
                outputs.push(Output::Log(Level::Warn, text.clone()));
                self.logged.push(text);
            }
            None => outputs.push(debug(format!("no event stream: {reason}"))),
        }
        outputs.push(Output::Input(Input::Lost(Loss::NoAnswer(reason))));
        outputs
    }

    fn wait(&mut self, now: Now, waits: Waits) -> State {
        let wait = match waits {
            Waits::Failed => self.backoff.next(now.wall),
            Waits::Refused => self.refused.next(now.wall),
        };
        State::Waiting(now.monotonic.saturating_add(wait))
    }

    /// A line is skipped: what it said is found by listing.
    fn skipped(&mut self, now: Now, why: &str) -> Option<Output> {
        self.missed.some();
        self.odd_lines.log(now, why)
    }

    /// Takes the time of an event for the newest. One that is older than the newest by far shows
    /// that the Engine's clock went back: what was asked for from then on would not come. The core
    /// sees the same in the event and takes a gap.
    fn rebase(&mut self, time: Timestamp) -> Option<Output> {
        if time <= Timestamp::from_seconds(0) {
            return None;
        }
        match self.since {
            Some(newest) if newest.since(time) > OUT_OF_ORDER_MAX => {
                self.since = Some(time);
                let seconds = newest.since(time).as_secs();
                Some(debug(format!("the Engine's clock went back by {seconds} s")))
            }
            since => {
                self.since = since.max(Some(time));
                None
            }
        }
    }

    /// On a clock that went back, the newest event is asked for by when the stream was lost.
    fn rebase_on_shared_clock(&mut self, now: Now) {
        let is_ahead = |since: Timestamp| since.since(now.wall) > OUT_OF_ORDER_MAX;
        if self.clock == EngineClock::Shared && self.since.is_some_and(is_ahead) {
            let away = now.monotonic.saturating_sub(self.heard);
            self.since = Some(now.wall - away - OUT_OF_ORDER_MAX);
        }
    }
}

/// What is waited for.
#[derive(Clone, Copy)]
enum Waits {
    /// The next attempt after a failed one.
    Failed,
    /// The next attempt where events are refused.
    Refused,
}

fn debug(text: String) -> Output {
    Output::Log(Level::Debug, text)
}

#[cfg(test)]
mod tests;
