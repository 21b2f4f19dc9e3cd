//! How one request is answered, rightly or not.

use std::io::{Read, Write};
use std::time::Duration;

use dmon::clock;

use super::peer::Peer;
use super::{Script, Shared};

/// An answer, or what is done instead of one.
#[derive(Clone)]
pub(crate) enum Reply {
    /// These bytes; then the next request is waited for.
    Bytes(Vec<u8>),
    /// These bytes, then the connection is closed.
    Last(Vec<u8>),
    /// These bytes, one at a time, then the connection is closed.
    ByteByByte(Vec<u8>),
    /// These bytes, then a byte now and then, without end.
    Drip(Vec<u8>),
    /// Nothing, until the other side gives up.
    Hang,
    /// Another reply, once so many requests have come in all.
    Awaiting(usize, Box<Reply>),
    /// What an Engine answers, after that time.
    Late(Duration),
    /// The stream of events.
    Events,
    /// The same, which begins with that line.
    EventsAfter(String),
    /// The same, which ends after that time.
    EventsFor(Duration),
}

impl Reply {
    /// 200 with this JSON, as Go's server writes it: in chunks when it is long.
    pub(crate) fn json(body: impl Into<String>) -> Self {
        let body = body.into();
        Self::Bytes(if body.len() <= 2048 {
            whole("200 OK", &body)
        } else {
            let pieces = body.as_bytes().chunks(2048).chain([&[][..]]);
            pieces.fold(CHUNKED_HEAD.as_bytes().to_vec(), |mut answer, piece| {
                answer.extend(chunk(piece));
                answer
            })
        })
    }

    /// A refusal as the Engine words it.
    pub(crate) fn refusal(status: u16, message: &str) -> Self {
        Self::Bytes(whole(&format!("{status} No"), &format!("{{\"message\":\"{message}\"}}\n")))
    }

    /// These bytes.
    pub(crate) fn bytes(bytes: &str) -> Self {
        Self::Bytes(bytes.as_bytes().to_vec())
    }

    /// These bytes, then the connection is closed.
    pub(crate) fn last(bytes: &str) -> Self {
        Self::Last(bytes.as_bytes().to_vec())
    }

    /// Answers; whether the connection stays open for another request.
    pub(super) fn send(&self, shared: &Shared, peer: &mut Peer, request: &str) -> bool {
        match self {
            Self::Bytes(bytes) => peer.write_all(bytes).is_ok(),
            Self::Last(bytes) => {
                // The other side may not want to hear all of it.
                let _ = peer.write_all(bytes);
                false
            }
            Self::ByteByByte(bytes) => {
                let mut bytes = bytes.chunks(1);
                bytes.all(|byte| write_slowly(peer, byte, Duration::from_micros(100)));
                false
            }
            Self::Drip(bytes) => {
                if peer.write_all(bytes).is_ok() {
                    while write_slowly(peer, b"x", Duration::from_millis(20)) {}
                }
                false
            }
            Self::Hang => {
                wait_for_close(peer);
                false
            }
            Self::Awaiting(count, reply) => {
                shared.wait(|script| script.requests.len() >= *count);
                reply.send(shared, peer, request)
            }
            Self::Late(delay) => {
                clock::pause(*delay);
                let path = request.split('?').next().unwrap_or_default();
                shared.usual(path).send(shared, peer, request)
            }
            Self::Events => {
                if shared.change(|script| listen(script, peer, request, "")) {
                    wait_for_close(peer);
                }
                false
            }
            Self::EventsAfter(line) => {
                if shared.change(|script| listen(script, peer, request, line)) {
                    wait_for_close(peer);
                }
                false
            }
            Self::EventsFor(span) => {
                if shared.change(|script| listen(script, peer, request, "")) {
                    clock::pause(*span);
                    let _ = peer.write_all(&chunk(b""));
                }
                false
            }
        }
    }
}

const CHUNKED_HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\
                            Transfer-Encoding: chunked\r\n\r\n";

/// Begins a stream of events with a line, if there is one, and those told since the moment that was
/// asked for.
fn listen(script: &mut Script, peer: &mut Peer, request: &str, first: &str) -> bool {
    let since = since(request);
    let first = if first.is_empty() { Vec::new() } else { chunk(format!("{first}\n").as_bytes()) };
    let told = script.told.iter().filter(|(time, _)| since.is_some_and(|since| *time >= since));
    let past = told.flat_map(|(_, line)| chunk(line.as_bytes()));
    let start: Vec<u8> = CHUNKED_HEAD.bytes().chain(first).chain(past).collect();
    let is_there = peer.write_all(&start).is_ok();
    if is_there {
        script.listening.push(peer.duplicate());
    }
    is_there
}

/// `since=seconds.nanoseconds` of a request, in nanoseconds.
fn since(request: &str) -> Option<i64> {
    let (_, rest) = request.split_once("since=")?;
    let (seconds, nanoseconds) = rest.split('&').next()?.split_once('.')?;
    Some(seconds.parse::<i64>().ok()? * 1_000_000_000 + nanoseconds.parse::<i64>().ok()?)
}

/// One chunk of an answer; an empty one ends it.
pub(super) fn chunk(bytes: &[u8]) -> Vec<u8> {
    let mut chunk = format!("{:x}\r\n", bytes.len()).into_bytes();
    chunk.extend_from_slice(bytes);
    chunk.extend_from_slice(b"\r\n");
    chunk
}

fn whole(status: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n\
         {body}"
    )
    .into_bytes()
}

fn write_slowly(peer: &mut Peer, bytes: &[u8], pace: Duration) -> bool {
    clock::pause(pace);
    peer.write_all(bytes).is_ok()
}

fn wait_for_close(peer: &mut Peer) {
    while peer.read(&mut [0; 64]).is_ok_and(|count| count > 0) {}
}
