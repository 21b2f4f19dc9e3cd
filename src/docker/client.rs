//! The Engine's client: asks, and turns the answers into nouns. Every request is a GET to an
//! unversioned path, which each Engine takes for its own newest version, and is bounded: in time by
//! one deadline for all of it, in size by the limits below.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use log::{debug, warn};

use super::Endpoint;
use super::connection::{After, Connection, Deadline, Response};
use super::error::{Error, Failure};
use super::http::{self, Decoder, Reuse, Target};
use super::socket::{Connections, Connector, Socket};
use super::stats::Sample;
use super::stream::Stream;
use super::targets;
use super::wire::{self, Unreadable, Version};
use crate::clock;
use crate::monitor::container::{ContainerId, Engine, Inspected, Listed, UnreadableLine};
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

    /// One more client of the same Engine, with a connection of its own.
    pub(super) fn another(&self) -> Self {
        let (endpoint, host) = (self.endpoint.clone(), self.host.clone());
        Self {
            endpoint,
            host,
            timeout: self.timeout,
            connector: self.connector.clone(),
            idle: None,
        }
    }

    /// Where it asks.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Closes the connection that is kept open: the next request is made on a new one.
    pub fn disconnect(&mut self) {
        self.idle = None;
    }

    /// Whether the Engine takes a new connection and answers on it.
    pub fn ping(&mut self) -> Result<(), Error> {
        self.disconnect();
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
        self.info_within(self.timeout)
    }

    /// The same, with another limit to how long the answer may take.
    pub(super) fn info_within(&mut self, span: Duration) -> Result<Engine, Error> {
        let target = Target::new("/info");
        let response = self.fetch(&target, BODY_BYTES_MAX, Deadline::after(span))?;
        wire::info(&granted(&target, response)?).map_err(|error| self.unreadable(&error))
    }

    /// All containers, also those that do not run. What cannot be read of them is left out with a
    /// warning.
    pub fn list(&mut self) -> Result<Vec<Listed>, Error> {
        let body = self.get(&targets::list())?;
        let list = wire::list(&body).map_err(|error| self.unreadable(&error))?;
        for UnreadableLine { id, name, reason } in list.unreadable {
            warn!("container {name} ({id}) is left out: {reason}");
        }
        Ok(list.containers)
    }

    /// One container in full.
    pub fn inspect(&mut self, id: &ContainerId) -> Result<Inspected, Error> {
        let body = self.get(&targets::of_container(id, "json"))?;
        wire::inspect(&body).map_err(|error| self.unreadable(&error))
    }

    /// Many containers in full, in the order asked for. An error concerns its container only.
    pub fn inspect_many(&self, ids: &[ContainerId]) -> Vec<Result<Inspected, Error>> {
        let targets: Vec<_> = ids.iter().map(|id| targets::of_container(id, "json")).collect();
        let read = |body: Vec<u8>| wire::inspect(&body).map_err(|error| self.unreadable(&error));
        self.many(&targets).into_iter().map(|body| body.and_then(read)).collect()
    }

    /// The counters of many containers, read at about one time. Those that the Engine itself says
    /// have none, having ended since they were listed, are left out.
    pub fn sample(&self, ids: &[ContainerId]) -> Sample {
        let asked = clock::monotonic();
        let one_shot = |id| targets::of_container(id, "stats").query("stream", "false");
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
        self.get(&targets::logs(id, lines))
    }

    /// The containers' events from now on, or from a moment in the past on, that one included.
    pub fn events(&mut self, since: Option<Timestamp>) -> Result<Stream, Error> {
        self.stream(&targets::events(since))
    }

    /// Asks for that, on the connection that is open or on a new one. An error means that there was
    /// no whole answer.
    pub(super) fn fetch(
        &mut self,
        target: &Target,
        body_bytes_max: u64,
        by: Deadline<'_>,
    ) -> Result<Response, Error> {
        let request = http::get(target, &self.host, Reuse::KeepOpen);
        // One on which something came unasked, an end or a proxy's complaint, is not used again.
        if let Some(connection) = self.idle.take().and_then(Connection::if_quiet) {
            match self.exchange(connection, &request, body_bytes_max, by) {
                // The Engine closed it meanwhile, without having seen the request.
                Err(Failure::Stale) => debug!("a connection that was kept open is closed"),
                answer => return answer.map_err(|failure| self.failed(&failure, by)),
            }
        }
        let connection = self.connect(by)?;
        let answer = self.exchange(connection, &request, body_bytes_max, by);
        answer.map_err(|failure| self.failed(&failure, by))
    }

    fn stream(&mut self, target: &Target) -> Result<Stream, Error> {
        let by = Deadline::after(self.timeout);
        let mut connection = self.connect(by)?;
        let mut decoder = Decoder::new(BODY_BYTES_MAX);
        let head = connection
            .send(&http::get(target, &self.host, Reuse::Close), by)
            .and_then(|()| connection.head(&mut decoder, by))
            .map_err(|failure| self.failed(&failure, by))?;
        if head.status == 200 {
            decoder.lift_limit();
            return Ok(Stream::new(connection, decoder, self.endpoint.clone()));
        }
        let mut body = Vec::new();
        let answer = connection.rest(&mut decoder, &mut body, by);
        answer.map_err(|failure| self.failed(&failure, by))?;
        Err(refused(target.shown(), &Response { status: head.status, body }))
    }

    /// What is answered to that where the Engine grants it.
    fn get(&mut self, target: &Target) -> Result<Vec<u8>, Error> {
        let by = Deadline::after(self.timeout);
        granted(target, self.fetch(target, BODY_BYTES_MAX, by)?)
    }

    fn exchange(
        &mut self,
        mut connection: Connection,
        request: &[u8],
        body_bytes_max: u64,
        by: Deadline<'_>,
    ) -> Result<Response, Failure> {
        connection.send(request, by)?;
        let (response, after) = connection.receive(body_bytes_max, by)?;
        if let After::Open = after {
            self.idle = Some(connection);
        }
        Ok(response)
    }

    /// Asks for many things, each on a connection of its own: first all of a chunk of at most
    /// [`AT_ONCE_MAX`] are asked for, then all its answers are read by one deadline. Once a whole
    /// chunk stays without an answer, the rest is not asked for.
    fn many(&self, targets: &[Target]) -> Vec<Result<Vec<u8>, Error>> {
        let mut answers = Vec::with_capacity(targets.len());
        for chunk in targets.chunks(AT_ONCE_MAX) {
            let before = answers.len();
            answers.extend(self.at_once(chunk));
            let is_dead = answers[before..].iter().all(is_unreachable);
            if let Some(Err(error)) = answers.last().filter(|_| is_dead).cloned() {
                answers.resize(targets.len(), Err(error));
                break;
            }
        }
        answers
    }

    fn at_once(&self, targets: &[Target]) -> Vec<Result<Vec<u8>, Error>> {
        let by = Deadline::after(self.timeout);
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
            let received = connection?.receive(BODY_BYTES_MAX, by.at_least(LATE));
            let (response, _) = received.map_err(|failure| self.failed(&failure, by))?;
            granted(target, response)
        });
        answers.collect()
    }

    fn ask(
        &self,
        connections: &Connections,
        target: &Target,
        by: Deadline<'_>,
    ) -> Result<Connection, Error> {
        let mut connection = self.connected(connections.next(by), by)?;
        let request = http::get(target, &self.host, Reuse::Close);
        connection.send(&request, by).map_err(|failure| self.failed(&failure, by))?;
        Ok(connection)
    }

    fn connect(&self, by: Deadline<'_>) -> Result<Connection, Error> {
        let started = self.connector.start(&self.endpoint, 1, by);
        self.connected(started.and_then(|connections| connections.next(by)), by)
    }

    fn connected(&self, result: io::Result<Socket>, by: Deadline<'_>) -> Result<Connection, Error> {
        result
            .map(Connection::new)
            .map_err(|error| Error::connecting(&self.endpoint, &error, by.span()))
    }

    fn failed(&self, failure: &Failure, by: Deadline<'_>) -> Error {
        Error::answering(&self.endpoint, failure, by.span())
    }

    fn unreadable(&self, error: &Unreadable) -> Error {
        self.alien(&error.to_string())
    }

    fn alien(&self, reason: &str) -> Error {
        Error::Alien { endpoint: self.endpoint.clone(), reason: reason.to_owned() }
    }
}

/// The body of an answer that grants what was asked for.
fn granted(target: &Target, response: Response) -> Result<Vec<u8>, Error> {
    if response.status == 200 { Ok(response.body) } else { Err(refused(target.shown(), &response)) }
}

/// The error of an answer that does not.
pub(super) fn refused(path: String, response: &Response) -> Error {
    Error::Refused { path, status: response.status, message: wire::message(&response.body) }
}

fn is_unreachable<T>(answer: &Result<T, Error>) -> bool {
    matches!(answer, Err(Error::Unreachable { .. }))
}
