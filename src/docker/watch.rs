//! Listens to the Engine's events for as long as dmon runs: opens the stream, says that it is open,
//! hands on what it hears, and opens it again when it ends. Does not list, inspect or judge:
//! whoever is told that the stream is open asks for a look, so that nothing falls between the two.
//!
//! The listener never stops reading. An Engine gives a slow one 100 ms and then skips events
//! without a word (moby's `daemon/events`), so what the inbox does not take is counted and reported
//! instead of waited for.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError};
use std::time::Duration;

use log::{debug, info, warn};

use super::{Client, Endpoint, Error, Heard, Stream, wire};
use crate::clock;
use crate::monitor::container::Engine;
use crate::monitor::event::Event;
use crate::monitor::input::{Input, Loss, News};
use crate::timestamp::Timestamp;

/// How long the listener hears nothing before it looks up: bounds how late it notices that it is to
/// end or to open the stream anew.
const LOOK_UP: Duration = Duration::from_millis(500);

/// The waits between two attempts to reach the Engine: doubled from the first to the last.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// Between two pings where there are no events to show that the Engine is alive.
const PING_INTERVAL: Duration = Duration::from_secs(5);

/// How an Engine or a proxy says that it has no events, now or ever: forbidden, not found, not
/// allowed, not implemented. Other refusals are faults that pass.
const WITHOUT_EVENTS: [u16; 4] = [403, 404, 405, 501];

/// What others ask of the listener.
#[derive(Debug, Default)]
pub struct Wishes {
    end: AtomicBool,
    reopen: AtomicBool,
}

impl Wishes {
    /// Come to an end.
    pub fn end(&self) {
        self.end.store(true, Ordering::Relaxed);
    }

    /// Open the stream anew: a request beside it stayed without an answer, so the stream may be
    /// half open.
    pub fn reopen(&self) {
        self.reopen.store(true, Ordering::Relaxed);
    }

    fn is_end(&self) -> bool {
        self.end.load(Ordering::Relaxed)
    }

    fn take_reopen(&self) -> bool {
        self.reopen.swap(false, Ordering::Relaxed)
    }

    /// Whether there is anything to look up for.
    fn any(&self) -> bool {
        self.is_end() || self.reopen.load(Ordering::Relaxed)
    }
}

/// Listens until it is asked to end, or until nobody takes what it tells. `since` is the time of
/// the last event heard by a dmon before this one.
pub fn listen(
    endpoint: &Endpoint,
    since: Option<Timestamp>,
    inbox: &SyncSender<Input>,
    wishes: &Wishes,
) {
    let mut listener = Listener {
        endpoint,
        client: Client::new(endpoint.clone()),
        inbox,
        wishes,
        since,
        missed: 0,
    };
    let mut wait = BACKOFF.0;
    while !wishes.is_end() {
        let loss = match listener.attempt() {
            Attempt::Ended(Gone) => return,
            Attempt::Lived(loss) => {
                wait = BACKOFF.0;
                loss
            }
            Attempt::Failed(error) => Loss::NoAnswer(error.to_string()),
        };
        debug!("the Engine was lost: {loss:?}");
        if inbox.send(Input::Lost(loss)).is_err() {
            return;
        }
        pause(jittered(wait), wishes);
        wait = (wait * 2).min(BACKOFF.1);
    }
}

/// Nobody listens to the listener any more.
struct Gone;

/// How an attempt to listen ended.
enum Attempt {
    /// For good.
    Ended(Gone),
    /// It was connected for a while.
    Lived(Loss),
    /// It never was.
    Failed(Error),
}

struct Listener<'a> {
    endpoint: &'a Endpoint,
    client: Client,
    inbox: &'a SyncSender<Input>,
    wishes: &'a Wishes,
    since: Option<Timestamp>,
    missed: u64,
}

impl Listener<'_> {
    fn attempt(&mut self) -> Attempt {
        self.wishes.take_reopen();
        let asked = clock::wall();
        // The stream first: what happens after it was opened is heard, what happened before is seen
        // by the look that follows.
        match self.client.events(self.since) {
            Ok(stream) => {
                // A stream that breaks before its first event is asked again from here on, by the
                // clock that the Engine shares.
                if let Endpoint::Unix(_) = self.endpoint {
                    self.since.get_or_insert(asked);
                }
                self.connected(News::Events, |listener| listener.follow(stream))
            }
            Err(Error::Refused { status, .. }) if WITHOUT_EVENTS.contains(&status) => {
                info!("no events here ({status}), so changes are found by looking alone");
                self.connected(News::Lists, Self::ping)
            }
            Err(error) => Attempt::Failed(error),
        }
    }

    /// Tells that the Engine answers, and goes on from there.
    fn connected(
        &mut self,
        news: News,
        go_on: impl FnOnce(&mut Self) -> Result<Loss, Gone>,
    ) -> Attempt {
        let engine: Engine = match self.client.info() {
            Ok(engine) => engine,
            Err(error) => return Attempt::Failed(error),
        };
        let boot_id = self.boot_id();
        if self.inbox.send(Input::Connected { engine: Some(engine), boot_id, news }).is_err() {
            return Attempt::Ended(Gone);
        }
        match go_on(self) {
            Ok(loss) => Attempt::Lived(loss),
            Err(gone) => Attempt::Ended(gone),
        }
    }

    /// The kernel's id of this boot. Behind a Unix socket, the Engine shares this kernel.
    fn boot_id(&self) -> Option<String> {
        let Endpoint::Unix(_) = self.endpoint else { return None };
        let id = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
        Some(id.trim().to_owned())
    }

    /// Hands on events until the stream ends.
    fn follow(&mut self, mut stream: Stream) -> Result<Loss, Gone> {
        loop {
            if self.wishes.is_end() {
                return Err(Gone);
            }
            if self.wishes.take_reopen() {
                return Ok(Loss::StreamEnded);
            }
            match stream.next(LOOK_UP) {
                Ok(Heard::Line(line)) => match wire::event(line) {
                    // What is repeated is handed on as well: that the Engine repeats it shows that
                    // it has not been restarted meanwhile.
                    Ok(Some(event)) => self.hand_on(event)?,
                    Ok(None) => {}
                    Err(error) => warn!("an event was passed over: {error}"),
                },
                Ok(Heard::Silence) => self.report_missed()?,
                Ok(Heard::End) => return Ok(Loss::StreamEnded),
                Err(error) => {
                    debug!("the event stream broke: {error}");
                    return Ok(Loss::StreamEnded);
                }
            }
        }
    }

    /// Watches over an Engine that tells no events.
    fn ping(&mut self) -> Result<Loss, Gone> {
        loop {
            pause(PING_INTERVAL, self.wishes);
            if self.wishes.is_end() {
                return Err(Gone);
            }
            self.wishes.take_reopen();
            if let Err(error) = self.client.ping() {
                return Ok(Loss::NoAnswer(error.to_string()));
            }
        }
    }

    fn hand_on(&mut self, event: Event) -> Result<(), Gone> {
        self.since = self.since.max(Some(event.time));
        self.report_missed()?;
        match self.inbox.try_send(Input::Event(event)) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(_)) => {
                self.missed += 1;
                Ok(())
            }
            Err(TrySendError::Disconnected(_)) => Err(Gone),
        }
    }

    /// Says that events were thrown away, as soon as there is room to say it.
    fn report_missed(&mut self) -> Result<(), Gone> {
        if self.missed == 0 {
            return Ok(());
        }
        match self.inbox.try_send(Input::EventsMissed) {
            Ok(()) => {
                warn!(
                    "{} events came faster than they could be judged; looking instead",
                    self.missed
                );
                self.missed = 0;
                Ok(())
            }
            Err(TrySendError::Full(_)) => Ok(()),
            Err(TrySendError::Disconnected(_)) => Err(Gone),
        }
    }
}

/// Waits so long, or until somebody wishes something.
fn pause(span: Duration, wishes: &Wishes) {
    let end = clock::monotonic() + span;
    loop {
        let left = end.saturating_duration_since(clock::monotonic());
        if left.is_zero() || wishes.any() {
            return;
        }
        clock::pause(left.min(LOOK_UP));
    }
}

/// Three quarters to all of `span`: many hosts behind one proxy do not come back at one moment. The
/// clock's nanoseconds are random enough for that.
fn jittered(span: Duration) -> Duration {
    let share = u32::try_from(clock::wall().nanoseconds().rem_euclid(256)).unwrap_or(0);
    span.saturating_sub(span / 4 * share / 256)
}
