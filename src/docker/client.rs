//! The Engine's client: asks, and turns the answers into nouns. Every request is a GET to an
//! unversioned path, which each Engine takes for its own newest version, and is bounded: in time by
//! one deadline for all of it, in size by the limits below.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use log::debug;

use super::Endpoint;
use super::connection::{After, Answer, Connection, Deadline};
use super::error::{Error, Failure};
use super::http::{self, Decoder, Reuse, Target};
use super::socket::{Connections, Connector, Socket};
use super::stats::Sample;
use super::stream::Stream;
use super::wire::{self, Unreadable, Version};
use crate::clock;
use crate::monitor::container::{ContainerId, Engine, Inspected, Listed};
use crate::timestamp::Timestamp;

/// How long an answer may take, all of it.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// The largest answer: a list of some thousand containers with many labels.
pub const BODY_BYTES_MAX: u64 = 32 * 1024 * 1024;
/// The most requests that wait for their answers at one time.
pub const AT_ONCE_MAX: usize = 200;

/// The time that an answer has which was asked for with others and whose turn to be read comes only
/// after their common deadline: it may have arrived long ago.
const LATE: Duration = Duration::from_millis(5);

/// A client of one Engine. Holds one connection open from one request to the next.
pub struct Client {
    endpoint: Endpoint,
    host: String,
    timeout: Duration,
    connector: Connector,
    idle: Option<Connection>,
}

impl Client {
    /// A client of the Engine at that address. Nothing is asked yet.
    pub fn new(endpoint: Endpoint) -> Self {
        Self::with_timeout(endpoint, ANSWER_TIMEOUT)
    }

    /// The same, with another limit to how long an answer may take.
    pub fn with_timeout(endpoint: Endpoint, timeout: Duration) -> Self {
        let host = match &endpoint {
            Endpoint::Unix(_) => "docker".to_owned(),
            Endpoint::Tcp { host, port } if host.contains(':') => format!("[{host}]:{port}"),
            Endpoint::Tcp { host, port } => format!("{host}:{port}"),
        };
        Self { endpoint, host, timeout, connector: Connector::default(), idle: None }
    }

    /// Whether the Engine takes a new connection and answers on it.
    pub fn ping(&mut self) -> Result<(), Error> {
        self.idle = None;
        let target = Target::new("/_ping");
        let body = self.get(&target)?;
        if body.trim_ascii() == b"OK" {
            Ok(())
        } else {
            Err(self.alien("it does not answer a ping with OK"))
        }
    }

    /// The versions of the Engine and of its API.
    pub fn version(&mut self) -> Result<Version, Error> {
        let body = self.get(&Target::new("/version"))?;
        wire::version(&body).map_err(|error| self.unreadable(&error))
    }

    /// What the Engine says of itself and its host.
    pub fn info(&mut self) -> Result<Engine, Error> {
        let body = self.get(&Target::new("/info"))?;
        wire::info(&body).map_err(|error| self.unreadable(&error))
    }

    /// All containers, also those that do not run.
    pub fn list(&mut self) -> Result<Vec<Listed>, Error> {
        let body = self.get(&Target::new("/containers/json").query("all", "1"))?;
        wire::list(&body).map_err(|error| self.unreadable(&error))
    }

    /// One container in full.
    pub fn inspect(&mut self, id: &ContainerId) -> Result<Inspected, Error> {
        let body = self.get(&of_container(id, "json"))?;
        wire::inspect(&body).map_err(|error| self.unreadable(&error))
    }

    /// Many containers in full, in the order asked for. An error concerns its container only.
    pub fn inspect_many(&self, ids: &[ContainerId]) -> Vec<Result<Inspected, Error>> {
        let targets: Vec<_> = ids.iter().map(|id| of_container(id, "json")).collect();
        let read = |body: Vec<u8>| wire::inspect(&body).map_err(|error| self.unreadable(&error));
        self.many(&targets).into_iter().map(|body| body.and_then(read)).collect()
    }

    /// The counters of many containers, read at about one time. Those that the Engine itself says
    /// have none, having ended since they were listed, are left out.
    pub fn sample(&self, ids: &[ContainerId]) -> Sample {
        let asked = clock::monotonic();
        let one_shot = |id| of_container(id, "stats").query("stream", "false");
        let targets: Vec<_> = ids.iter().map(|id| one_shot(id).query("one-shot", "true")).collect();
        let read = |body: Vec<u8>| wire::stats(&body).map_err(|error| self.unreadable(&error));
        let (mut stats, mut failed) = (BTreeMap::new(), Vec::new());
        for (id, answer) in ids.iter().zip(self.many(&targets)) {
            match answer.and_then(read) {
                Ok(counters) => {
                    stats.insert(id.clone(), counters);
                }
                Err(error @ Error::Refused { message: Some(_), .. }) => {
                    debug!("no statistics of {id}: {error}");
                }
                Err(error) => failed.push((id.clone(), error)),
            }
        }
        Sample { asked, stats, failed }
    }

    /// The last lines of a container's log, both outputs. In frames unless it has a terminal
    /// (see [`super::logs::demultiplex`]).
    pub fn logs(&mut self, id: &ContainerId, lines: u32) -> Result<Vec<u8>, Error> {
        let target = of_container(id, "logs").query("stdout", "1").query("stderr", "1");
        self.get(&target.query("tail", &lines.to_string()))
    }

    /// The containers' events from now on, or from a moment in the past on, that one included.
    pub fn events(&mut self, since: Option<Timestamp>) -> Result<Stream, Error> {
        let mut target = Target::new("/events").query("filters", EVENT_FILTERS);
        if let Some(since) = since {
            let (seconds, rest) = (since.seconds(), since.nanoseconds().rem_euclid(1_000_000_000));
            target = target.query("since", &format!("{seconds}.{rest:09}"));
        }
        self.stream(&target)
    }

    fn stream(&mut self, target: &Target) -> Result<Stream, Error> {
        let by = Deadline::after(self.timeout);
        let mut connection = self.connect(by)?;
        let mut decoder = Decoder::new(BODY_BYTES_MAX);
        let head = connection
            .send(&http::get(target, &self.host, Reuse::Close), by)
            .and_then(|()| connection.head(&mut decoder, by))
            .map_err(|failure| self.failed(&failure))?;
        if head.status == 200 {
            decoder.lift_limit();
            return Ok(Stream::new(connection, decoder, self.endpoint.clone()));
        }
        let mut body = Vec::new();
        let answer = connection.rest(&mut decoder, &mut body, by);
        answer.map_err(|failure| self.failed(&failure))?;
        Err(refused(target, head.status, &body))
    }

    /// Asks on the connection that is open, or on a new one.
    fn get(&mut self, target: &Target) -> Result<Vec<u8>, Error> {
        let by = Deadline::after(self.timeout);
        let request = http::get(target, &self.host, Reuse::KeepOpen);
        // One on which something came unasked, an end or a proxy's complaint, is not used again.
        if let Some(connection) = self.idle.take().and_then(Connection::if_quiet) {
            match self.exchange(connection, &request, by) {
                // The Engine closed it meanwhile, without having seen the request.
                Err(Failure::Stale) => debug!("a connection that was kept open is closed"),
                answer => return self.judge(target, answer),
            }
        }
        let connection = self.connect(by)?;
        let answer = self.exchange(connection, &request, by);
        self.judge(target, answer)
    }

    fn exchange(
        &mut self,
        mut connection: Connection,
        request: &[u8],
        by: Deadline,
    ) -> Result<Answer, Failure> {
        connection.send(request, by)?;
        let answer = connection.receive(BODY_BYTES_MAX, by)?;
        if let After::Open = answer.after {
            self.idle = Some(connection);
        }
        Ok(answer)
    }

    /// Asks for many things, each on a connection of its own: first all are asked for, then all
    /// answers are read, at most [`AT_ONCE_MAX`] at a time and all by one deadline.
    fn many(&self, targets: &[Target]) -> Vec<Result<Vec<u8>, Error>> {
        let by = Deadline::after(self.timeout);
        targets.chunks(AT_ONCE_MAX).flat_map(|targets| self.at_once(targets, by)).collect()
    }

    fn at_once(&self, targets: &[Target], by: Deadline) -> Vec<Result<Vec<u8>, Error>> {
        let connections = match self.connector.start(&self.endpoint, targets.len(), by) {
            Ok(connections) => connections,
            Err(error) => {
                let error = Error::connecting(&self.endpoint, &error, self.timeout);
                return vec![Err(error); targets.len()];
            }
        };
        let asked: Vec<_> =
            targets.iter().map(|target| self.ask(&connections, target, by)).collect();
        let answers = asked.into_iter().zip(targets).map(|(connection, target)| {
            self.judge(target, connection?.receive(BODY_BYTES_MAX, by.at_least(LATE)))
        });
        answers.collect()
    }

    fn ask(
        &self,
        connections: &Connections,
        target: &Target,
        by: Deadline,
    ) -> Result<Connection, Error> {
        let mut connection = self.connected(connections.next(by))?;
        let request = http::get(target, &self.host, Reuse::Close);
        connection.send(&request, by).map_err(|failure| self.failed(&failure))?;
        Ok(connection)
    }

    fn connect(&self, by: Deadline) -> Result<Connection, Error> {
        let started = self.connector.start(&self.endpoint, 1, by);
        self.connected(started.and_then(|connections| connections.next(by)))
    }

    fn connected(&self, result: io::Result<Socket>) -> Result<Connection, Error> {
        result
            .map(Connection::new)
            .map_err(|error| Error::connecting(&self.endpoint, &error, self.timeout))
    }

    fn judge(&self, target: &Target, answer: Result<Answer, Failure>) -> Result<Vec<u8>, Error> {
        let answer = answer.map_err(|failure| self.failed(&failure))?;
        match answer.head.status {
            200 => Ok(answer.body),
            status => Err(refused(target, status, &answer.body)),
        }
    }

    fn failed(&self, failure: &Failure) -> Error {
        Error::answering(&self.endpoint, failure, self.timeout)
    }

    fn unreadable(&self, error: &Unreadable) -> Error {
        self.alien(&error.to_string())
    }

    fn alien(&self, reason: &str) -> Error {
        Error::Alien { endpoint: self.endpoint.clone(), reason: reason.to_owned() }
    }
}

/// The events that dmon cares for, as the Engine's own filter: a health check alone makes three
/// others at every probe. Podman says `remove` for `destroy`.
const EVENT_FILTERS: &str = concat!(
    r#"{"type":["container"],"event":["create","start","die","kill","stop","restart","pause","#,
    r#""unpause","oom","health_status","rename","destroy","remove"]}"#,
);

fn of_container(id: &ContainerId, what: &str) -> Target {
    Target::new("/containers").segment(id.as_str()).segment(what)
}

fn refused(target: &Target, status: u16, body: &[u8]) -> Error {
    let path = target.as_str();
    let path = path.split_once('?').map_or(path, |(path, _)| path).to_owned();
    Error::Refused { path, status, message: wire::message(body) }
}
