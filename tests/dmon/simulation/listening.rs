//! dmon listens: its own listener says what is done next (open the stream, ask for `/info`, read,
//! wait), the simulated Engine and the way between do it.

use std::time::Duration;

use dmon::docker::http::Target;
use dmon::docker::listen::{Output, Step};
use dmon::docker::{Endpoint, Error, Heard, Obstacle, Response, wire};
use dmon::monitor::container;
use dmon::monitor::event::Event;
use dmon::timestamp::Timestamp;

use super::api::{self, Filter, Flaw, Reply, Request};
use super::asking::response;
use super::host::{Happening, Host};
use super::reading::{Next, Stream};

/// How long the listener waits for something to read before it looks at what else there is to do.
const READS_FOR: Duration = Duration::from_millis(500);

/// How long `/info` may take.
const INFO_TAKES: Duration = Duration::from_secs(2);

/// How long `/events` may take to be opened.
const OPENING_TAKES: Duration = Duration::from_secs(10);

/// What the listener does at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doing {
    /// It reads, if there is a stream.
    Reading,
    Opening,
    Informing,
    Waiting(Duration),
}

/// What the listener asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    Stream(Option<Timestamp>),
    Info,
}

/// The Engine's end of an event stream.
pub(super) struct Served {
    pub(super) id: u32,
    filter: Filter,
}

impl Host {
    /// The stream that dmon reads from.
    pub(super) fn stream(&self) -> Option<u32> {
        let dmon = self.dmon.as_ref()?;
        dmon.stream.as_ref().map(|stream| stream.id)
    }

    /// Lets the listener do what it does next, until it has to wait for something.
    pub(super) fn listen(&mut self) {
        loop {
            let now = self.clocks();
            let Some(dmon) = &mut self.dmon else { return };
            match dmon.doing {
                Doing::Opening | Doing::Informing => return,
                Doing::Waiting(until) if until > now.monotonic => return,
                Doing::Reading | Doing::Waiting(_) => dmon.doing = Doing::Reading,
            }
            if std::mem::take(&mut dmon.reopen) {
                let outputs = dmon.listener.reopen(now);
                self.deliver(outputs);
                continue;
            }
            match dmon.listener.step(now) {
                Step::Open { since } => self.opens_stream(since),
                Step::Info => self.wants(Wanted::Info),
                Step::Wait { until } => {
                    self.closes();
                    self.doing(Doing::Waiting(until));
                }
                Step::Read => {
                    if !self.reads() {
                        return;
                    }
                }
            }
        }
    }

    fn doing(&mut self, doing: Doing) {
        if let Some(dmon) = &mut self.dmon {
            dmon.doing = doing;
        }
    }

    fn opens_stream(&mut self, since: Option<Timestamp>) {
        self.closes();
        self.streams += 1;
        let now = self.now();
        self.opened_at.push(now);
        self.wants(Wanted::Stream(since));
    }

    /// dmon's end of the stream is closed.
    fn closes(&mut self) {
        if let Some(dmon) = &mut self.dmon
            && dmon.stream.take().is_some()
        {
            self.hears(false);
            self.opens(false);
        }
        self.served = None;
    }

    fn wants(&mut self, wanted: Wanted) {
        self.doing(match wanted {
            Wanted::Stream(_) => Doing::Opening,
            Wanted::Info => Doing::Informing,
        });
        let takes = self.way_takes();
        self.queue(takes, Happening::Wanted(self.incarnation, wanted));
    }

    /// The Engine reads what the listener asks for.
    pub(super) fn wanted(&mut self, incarnation: u32, wanted: Wanted) {
        if !self.runs(incarnation) {
            return;
        }
        let (target, patience) = match wanted {
            Wanted::Info => (Target::new("/info"), INFO_TAKES),
            Wanted::Stream(since) => (events(since), OPENING_TAKES),
        };
        let path = target.as_str().split('?').next().unwrap_or_default().to_owned();
        let mut takes = self.way_takes();
        let result = match self.reply(&target).0 {
            Ok(Reply::Bytes(bytes)) => {
                response(&bytes).and_then(|response| granted(&path, response))
            }
            Ok(Reply::Stream(head, flaw)) => {
                self.serves(&target, flaw);
                Ok(head)
            }
            Ok(Reply::Nothing) => {
                takes = patience;
                Err(self.unreachable(Obstacle::TimedOut(patience)))
            }
            Err(error) => Err(error),
        };
        self.queue(takes, Happening::Got(incarnation, wanted, result));
    }

    /// The Engine opens a stream: what happens from now on is told on it, and what happened since.
    fn serves(&mut self, target: &Target, flaw: Option<Flaw>) {
        let Request::Events { since, filter } = Request::of_target(target.as_str()) else {
            unreachable!("nothing else is a stream")
        };
        let id = self.streams;
        let again = since.map_or(Vec::new(), |since| self.engine.told_since(since, &filter));
        self.served = Some(Served { id, filter });
        self.last_told = self.clock + Duration::from_millis(4);
        if !self.is_mute() {
            for event in again {
                let after = self.last_told.saturating_sub(self.clock);
                self.queue(after, Happening::Arrives(id, api::event_chunk(&event)));
            }
        }
        match flaw {
            Some(Flaw::CutOff) => {
                self.queue(Duration::from_millis(500), Happening::StreamEnds(id));
            }
            Some(Flaw::NotJson) => {
                let odd = b"a\r\n{\"status\"\n\r\n".to_vec();
                self.queue(Duration::from_millis(5), Happening::Arrives(id, odd));
            }
            _ => {}
        }
    }

    /// What the listener asked for is there, or is not to be had.
    pub(super) fn got(&mut self, incarnation: u32, wanted: Wanted, result: Result<Vec<u8>, Error>) {
        if !self.runs(incarnation) {
            return;
        }
        let (now, id, boot_id) = (self.clocks(), self.streams, self.boot_id());
        let dmon = self.dmon.as_mut().expect("it runs");
        dmon.doing = Doing::Reading;
        let outputs = match wanted {
            Wanted::Info => {
                let info = result.and_then(|body| self.info(&body));
                let dmon = self.dmon.as_mut().expect("it runs");
                dmon.listener.informed(now, info, boot_id)
            }
            Wanted::Stream(_) => {
                let opened = result.is_ok();
                dmon.stream = result.as_ref().ok().map(|head| Stream::open(id, head));
                let outputs = dmon.listener.opened(now, result.as_ref().err());
                let refused =
                    matches!(result, Err(Error::Refused { status: 403 | 404 | 405 | 501, .. }));
                self.hears(opened && !self.is_mute());
                if opened || refused {
                    self.opens(true);
                }
                outputs
            }
        };
        self.deliver(outputs);
        self.listen();
    }

    fn info(&self, body: &[u8]) -> Result<container::Engine, Error> {
        wire::info(body).map_err(|error| Error::Alien {
            endpoint: self.endpoint.clone(),
            reason: error.to_string(),
        })
    }

    /// The kernel's id of this boot, where the Engine shares the kernel.
    fn boot_id(&self) -> Option<String> {
        matches!(self.endpoint, Endpoint::Unix(_)).then(|| format!("boot {}", self.boot))
    }

    /// Bytes come out of a stream.
    pub(super) fn arrives(&mut self, id: u32, bytes: &[u8]) {
        if let Some(stream) = self.open_stream(id) {
            stream.take(bytes);
            self.listen();
        }
    }

    /// A stream ends: every other one in order, as a proxy ends it.
    pub(super) fn stream_ends(&mut self, id: u32) {
        self.served.take_if(|served| served.id == id);
        if let Some(stream) = self.open_stream(id) {
            if id.is_multiple_of(2) {
                stream.take(b"0\r\n\r\n");
            }
            stream.close();
            self.hears(false);
            self.opens(false);
            self.silence();
            self.listen();
        }
    }

    fn open_stream(&mut self, id: u32) -> Option<&mut Stream> {
        let dmon = self.dmon.as_mut()?;
        dmon.stream.as_mut().filter(|stream| stream.id == id)
    }

    /// Reads what there is. Whether there was anything.
    fn reads(&mut self) -> bool {
        let (now, endpoint) = (self.clocks(), self.endpoint.clone());
        let dmon = self.dmon.as_mut().expect("it listens");
        let stream = dmon.stream.as_mut().expect("it is read after it was opened");
        let outputs = match stream.next() {
            Next::Nothing => return false,
            Next::Line(line) => {
                let outputs = dmon.listener.heard(now, Heard::Line(&line));
                dmon.heard = now.monotonic;
                self.silences();
                outputs
            }
            Next::End => dmon.listener.heard(now, Heard::End),
            Next::Broke(error) => {
                let obstacle = Obstacle::Broken(error.to_string());
                dmon.listener.broke(now, &Error::Unreachable { endpoint, obstacle })
            }
        };
        self.deliver(outputs);
        true
    }

    /// After something was heard, the listener hears nothing a few times: what it has put off is
    /// done then.
    fn silences(&mut self) {
        for times in 1..=3 {
            self.queue(READS_FOR * times, Happening::Silence(self.incarnation));
        }
    }

    /// The listener has heard nothing for a while, and hears whether dmon is live. In truth it does
    /// so each half second; what it does then depends on the last time alone.
    pub(super) fn silence(&mut self) {
        let now = self.clocks();
        let Some(dmon) = &mut self.dmon else { return };
        let quiet = now.monotonic.saturating_sub(dmon.heard);
        if dmon.stream.is_none() || dmon.doing != Doing::Reading || quiet < READS_FOR {
            return;
        }
        if dmon.monitor.is_live() {
            dmon.listener.live(now);
        }
        let outputs = dmon.listener.heard(now, Heard::Silence);
        self.deliver(outputs);
    }

    fn deliver(&mut self, outputs: Vec<Output>) {
        for output in outputs {
            match output {
                Output::Input(input) => self.give(input),
                Output::Log(level, text) => self.note_all(|| format!("LOG {level} {text}")),
            }
        }
    }

    /// What the Engine tells goes on its way.
    pub(super) fn hand_on(&mut self) {
        for event in std::mem::take(&mut self.engine.told) {
            self.note(|host| {
                let soul = host.engine.soul_of(&event.id);
                (soul, format!("{} {:?} ({})", event.name, event.action, event.id))
            });
            self.tells(&event);
        }
    }

    fn tells(&mut self, event: &Event) {
        let mute = self.is_mute();
        let served = self.served.as_ref().filter(|_| !mute);
        let served = served.filter(|it| it.filter.passes(&api::word(&event.action)));
        let Some(id) = served.map(|served| served.id) else { return };
        if self.one_in(self.weather.loses) {
            return self.note(|host| (host.engine.soul_of(&event.id), "  lost".to_owned()));
        }
        let takes = self.way_takes();
        let mut at = (self.clock + takes).max(self.last_told);
        if self.one_in(self.weather.reorders) {
            at += Duration::from_millis(20);
        } else {
            self.last_told = at;
        }
        self.queue(at.saturating_sub(self.clock), Happening::Arrives(id, api::event_chunk(event)));
    }

    pub(super) fn way_takes(&mut self) -> Duration {
        Duration::from_micros(100 + u64::try_from(self.ways.below(3_000)).unwrap())
    }
}

/// The request for the stream.
fn events(since: Option<Timestamp>) -> Target {
    let wanted = concat!(
        r#"{"type":["container"],"event":["create","start","die","kill","stop","restart","pause","#,
        r#""unpause","oom","health_status","rename","update","destroy","remove"]}"#,
    );
    let target = Target::new("/events").query("filters", wanted);
    match since {
        Some(since) => {
            let rest = since.nanoseconds().rem_euclid(1_000_000_000);
            target.query("since", &format!("{}.{rest:09}", since.seconds()))
        }
        None => target,
    }
}

/// The body of an answer that grants what was asked for.
fn granted(path: &str, response: Response) -> Result<Vec<u8>, Error> {
    let Response { status, body } = response;
    if status == 200 {
        return Ok(body);
    }
    Err(Error::Refused { path: path.to_owned(), status, message: wire::message(&body) })
}
