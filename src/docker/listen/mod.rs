//! Listens to the Engine's events for as long as dmon runs: opens the stream, reports that it is
//! open, hands on what comes, and opens it again when it ends. Does not list, inspect or judge:
//! whoever is told that the stream is open asks for a list, so that nothing falls between the two.
//!
//! [`Listener`] decides all of it and is pure; [`listen`] is the thread that does the reading.
//!
//! The thread never stops reading. An Engine gives a slow reader 100 ms and then skips events
//! without a word (moby's `daemon/events`), so what the inbox does not take is counted and reported
//! instead of waited for.

mod backoff;
mod listener;
mod skipped;

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError};
use std::time::{Duration, Instant};

use log::{log, warn};

use super::{Client, Endpoint, Stream};
use crate::clock;
use crate::monitor::event::Event;
use crate::monitor::input::Input;
use crate::monitor::moment::Now;
use crate::timestamp::Timestamp;

pub use listener::{Listener, Output, Step};

/// How long the thread waits for an event before it reads the control flags: bounds how late it
/// opens the stream anew.
const CONTROL_INTERVAL: Duration = Duration::from_millis(500);

/// How long `/info` may take: meanwhile the stream is open and not read.
const INFO_TIMEOUT: Duration = Duration::from_secs(2);

/// What the driver of the core tells the listener.
#[derive(Debug, Default)]
pub struct Control {
    reopen: AtomicBool,
    is_live: AtomicBool,
}

impl Control {
    /// Have the stream closed and opened anew: it is mute while lists show changes.
    pub fn reopen_stream(&self) {
        self.reopen.store(true, Ordering::Relaxed);
    }

    /// Whether the core is live: only then a new connection counts as a good one.
    pub fn set_live(&self, is_live: bool) {
        self.is_live.store(is_live, Ordering::Relaxed);
    }

    fn take_reopen(&self) -> bool {
        self.reopen.swap(false, Ordering::Relaxed)
    }

    fn is_live(&self) -> bool {
        self.is_live.load(Ordering::Relaxed)
    }
}

/// Listens until nobody takes what comes. `since` is the time of the last event that a dmon before
/// this one received.
pub fn listen(
    endpoint: &Endpoint,
    since: Option<Timestamp>,
    inbox: &SyncSender<Input>,
    control: &Control,
) {
    let begun = clock::monotonic();
    let listener = Listener::new(endpoint, since, now(begun));
    let client = Client::new(endpoint.clone());
    let mut thread = Thread { client, listener, begun, inbox, control, stream: None, missed: 0 };
    while let Ok(()) = thread.turn() {}
}

/// Nobody takes what comes any more.
struct Closed;

struct Thread<'a> {
    client: Client,
    listener: Listener,
    begun: Instant,
    inbox: &'a SyncSender<Input>,
    control: &'a Control,
    stream: Option<Stream>,
    /// How many events the inbox did not take since that was reported.
    missed: u64,
}

impl Thread<'_> {
    fn turn(&mut self) -> Result<(), Closed> {
        self.report_missed()?;
        if self.control.is_live() {
            self.listener.live(self.now());
        }
        if self.control.take_reopen() {
            let outputs = self.listener.reopen(self.now());
            self.deliver(outputs)?;
        }
        let outputs = match self.listener.step(self.now()) {
            Step::Open { since } => {
                self.stream = None;
                let opened = self.client.events(since).map(|stream| self.stream = Some(stream));
                self.listener.opened(self.now(), opened.as_ref().err())
            }
            Step::Info => {
                let info = self.client.info_within(INFO_TIMEOUT);
                let boot_id = boot_id(self.client.endpoint());
                self.listener.informed(self.now(), info, boot_id)
            }
            Step::Read => self.read(),
            Step::Wait { until } => {
                self.stream = None;
                clock::pause(until.saturating_sub(self.now().monotonic));
                return Ok(());
            }
        };
        self.deliver(outputs)
    }

    fn read(&mut self) -> Vec<Output> {
        let stream = self.stream.as_mut().expect("it is read after it was opened");
        let heard = stream.next(CONTROL_INTERVAL);
        let now = now(self.begun);
        match heard {
            Ok(heard) => self.listener.heard(now, heard),
            Err(error) => self.listener.broke(now, &error),
        }
    }

    fn deliver(&mut self, outputs: Vec<Output>) -> Result<(), Closed> {
        for output in outputs {
            match output {
                Output::Input(Input::Event(event)) => self.hand_on(event)?,
                Output::Input(input) => self.inbox.send(input).map_err(|_| Closed)?,
                Output::Log(level, text) => log!(level, "{text}"),
            }
        }
        Ok(())
    }

    fn hand_on(&mut self, event: Event) -> Result<(), Closed> {
        match self.inbox.try_send(Input::Event(event)) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(_)) => {
                self.missed += 1;
                Ok(())
            }
            Err(TrySendError::Disconnected(_)) => Err(Closed),
        }
    }

    /// Reports that events were thrown away, as soon as there is room for the report.
    fn report_missed(&mut self) -> Result<(), Closed> {
        if self.missed == 0 {
            return Ok(());
        }
        match self.inbox.try_send(Input::EventsMissed) {
            Ok(()) => {
                let count = self.missed;
                warn!("{count} events came faster than they could be judged; listing instead");
                self.missed = 0;
                Ok(())
            }
            Err(TrySendError::Full(_)) => Ok(()),
            Err(TrySendError::Disconnected(_)) => Err(Closed),
        }
    }

    fn now(&self) -> Now {
        now(self.begun)
    }
}

fn now(begun: Instant) -> Now {
    Now { wall: clock::wall(), monotonic: clock::monotonic().saturating_duration_since(begun) }
}

/// The kernel's id of this boot. Behind a Unix socket, the Engine shares this kernel.
fn boot_id(endpoint: &Endpoint) -> Option<String> {
    let Endpoint::Unix(_) = endpoint else { return None };
    let id = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(id.trim().to_owned())
}
