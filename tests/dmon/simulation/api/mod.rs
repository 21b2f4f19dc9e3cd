//! The Engine's HTTP API: the bytes of a request in, the bytes of an answer as Docker 28 writes them
//! out. Knows nothing of time-outs and connections.

mod flaw;
mod json;
mod request;
#[cfg(test)]
mod tests;

use dmon::monitor::container::ContainerId;
use dmon::monitor::event::Event;
use dmon::timestamp::Timestamp;

use super::engine::Engine;
pub(super) use flaw::{FLAWS, Flaw, Reply};
pub(super) use json::{Written, event_line, word};
pub(super) use request::{Endpoint, Filter, Request};

/// An answer to one request.
pub(super) struct Answer {
    status: u16,
    content_type: &'static str,
    body: Vec<u8>,
}

impl Answer {
    fn new(status: u16, content_type: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Self { status, content_type, body: body.into() }
    }

    fn json(body: Vec<u8>) -> Self {
        Self::new(200, "application/json", body)
    }

    /// The Engine refuses, in its own words.
    fn refusal(status: u16, message: &str) -> Self {
        let body = json::body(&json::Refusal { message });
        Self::new(status, "application/json", body)
    }

    /// The whole answer, head and body.
    fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.head(self.body.len());
        bytes.extend_from_slice(&self.body);
        bytes
    }

    fn head(&self, length: usize) -> Vec<u8> {
        let reason = match self.status {
            200 => "OK",
            403 => "Forbidden",
            404 => "Not Found",
            502 => "Bad Gateway",
            _ => "Internal Server Error",
        };
        format!(
            "HTTP/1.1 {} {reason}\r\nApi-Version: 1.51\r\nContent-Type: {}\r\n\
             Docker-Experimental: false\r\nOstype: linux\r\nServer: Docker/28.5.2 (linux)\r\n\
             Content-Length: {length}\r\n\r\n",
            self.status, self.content_type,
        )
        .into_bytes()
    }
}

/// What the Engine answers at `now`, with what is wrong with it.
pub(super) fn answer(
    engine: &Engine,
    request: &Request,
    flaw: Option<(Flaw, Option<&ContainerId>)>,
    now: Timestamp,
) -> Reply {
    let (flaw, of) = flaw.map_or((None, None), |(flaw, of)| (Some(flaw), of));
    let answer = match request {
        Request::Ping => Answer::new(200, "text/plain; charset=utf-8", "OK"),
        Request::Version => Answer::json(json::body(&json::Version::default())),
        Request::Info => Answer::json(json::info(engine.stamp(now))),
        Request::List => Answer::json(json::list(engine, flaw, of, now)),
        Request::Inspect(id) => match engine.vessels.get(id) {
            Some(vessel) => Answer::json(json::inspect(engine, &vessel.shown, flaw)),
            None => Answer::refusal(404, &format!("No such container: {}", id.as_str())),
        },
        Request::Logs { id, tail } => match engine.vessels.get(id) {
            Some(vessel) => Answer::new(200, MULTIPLEXED, framed(&vessel.log, *tail)),
            None => Answer::refusal(404, &format!("No such container: {}", id.as_str())),
        },
        Request::Events { .. } => {
            return flaw.map_or(Reply::Stream(stream_head(), None), Flaw::of_stream);
        }
        Request::Unknown(_) => Answer::new(404, "text/plain; charset=utf-8", "page not found\n"),
    };
    match flaw {
        Some(flaw) => flaw.spoil(answer),
        None => Reply::Bytes(answer.bytes()),
    }
}

/// How the answer to `/events` begins.
fn stream_head() -> Vec<u8> {
    b"HTTP/1.1 200 OK\r\nApi-Version: 1.51\r\nContent-Type: application/json\r\n\
      Server: Docker/28.5.2 (linux)\r\nTransfer-Encoding: chunked\r\n\r\n"
        .to_vec()
}

/// One event as it comes out of the stream: a chunk with a line in it.
pub(super) fn event_chunk(event: &Event) -> Vec<u8> {
    let line = event_line(event);
    let mut chunk = format!("{:x}\r\n", line.len()).into_bytes();
    chunk.extend_from_slice(&line);
    chunk.extend_from_slice(b"\r\n");
    chunk
}

const MULTIPLEXED: &str = "application/vnd.docker.multiplexed-stream";

/// The last lines of a log, each in a frame of its own.
fn framed(log: &[String], tail: usize) -> Vec<u8> {
    let mut frames = Vec::new();
    for line in &log[log.len().saturating_sub(tail)..] {
        let length = u32::try_from(line.len() + 1).unwrap();
        frames.extend_from_slice(&[2, 0, 0, 0]);
        frames.extend_from_slice(&length.to_be_bytes());
        frames.extend_from_slice(line.as_bytes());
        frames.push(b'\n');
    }
    frames
}
