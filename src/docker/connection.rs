//! One connection to the Engine: requests out, answers in, each by a deadline. Does not know what
//! is asked nor what the answer means.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use super::Endpoint;
use super::error::Failure;
use super::http::{Decoder, Head, Piece};
use crate::clock;

/// By when something has to have happened, however little of it happens at a time.
#[derive(Clone, Copy)]
pub(super) struct Deadline(Instant);

impl Deadline {
    pub(super) fn after(span: Duration) -> Self {
        Self(clock::monotonic() + span)
    }

    /// The time that is left, for a timeout: never zero, which sockets do not take.
    pub(super) fn left(self) -> Result<Duration, Failure> {
        let left = self.0.saturating_duration_since(clock::monotonic());
        if left.is_zero() { Err(Failure::TimedOut) } else { Ok(left.max(Duration::from_millis(1))) }
    }

    /// The same, and at least `span` from now: for what has had its time and may have arrived
    /// meanwhile.
    pub(super) fn at_least(self, span: Duration) -> Self {
        Self(self.0.max(clock::monotonic() + span))
    }
}

/// Makes connections. `std` has no timeout for looking up a name, nor for connecting to a Unix
/// socket, which waits while the listener's queue is full, as that of a hung Engine becomes. So a
/// thread does it, one for all that are wanted together, and is left behind when it takes too long.
#[derive(Default)]
pub(super) struct Connector {
    /// Held by each thread as long as it lives.
    threads: Arc<()>,
}

/// The most threads that may be left behind, waiting.
const STUCK_MAX: usize = 8;

/// Connections as they are made.
pub(super) struct Connections(mpsc::Receiver<io::Result<Stream>>);

impl Connector {
    /// Begins to make `count` connections.
    pub(super) fn start(
        &self,
        to: &Endpoint,
        count: usize,
        by: Deadline,
    ) -> io::Result<Connections> {
        let alive = Arc::clone(&self.threads);
        let wait = by.left().map_err(|_| io::ErrorKind::TimedOut)?;
        // One is the connector's own, one is this thread's to be.
        if Arc::strong_count(&alive) > 2 + STUCK_MAX {
            return Err(io::ErrorKind::TimedOut.into());
        }
        let (made, connections) = mpsc::sync_channel(1);
        let to = to.clone();
        thread::Builder::new().name("connect".to_owned()).spawn(move || {
            for _ in 0..count {
                // When nobody wants it any more, it and the rest are not made.
                if made.send(Stream::connect(&to, wait)).is_err() {
                    break;
                }
            }
            drop(alive);
        })?;
        Ok(Connections(connections))
    }
}

impl Connections {
    /// The next one, or why it could not be made.
    pub(super) fn next(&self, by: Deadline) -> io::Result<Connection> {
        let late = || io::Error::from(io::ErrorKind::TimedOut);
        let left = by.left().map_err(|_| late())?;
        let stream = self.0.recv_timeout(left).map_err(|_| late())??;
        Ok(Connection { stream, input: Input::default() })
    }
}

/// A connection.
pub(super) struct Connection {
    stream: Stream,
    input: Input,
}

/// A whole answer.
pub(super) struct Answer {
    pub(super) head: Head,
    pub(super) body: Vec<u8>,
    pub(super) after: After,
}

/// What the connection is good for after an answer.
pub(super) enum After {
    /// The next request.
    Open,
    /// Nothing.
    Closed,
}

impl Connection {
    /// Writes a request.
    pub(super) fn send(&mut self, request: &[u8], by: Deadline) -> Result<(), Failure> {
        self.stream.set_write_timeout(by.left()?)?;
        self.stream.write_all(request).map_err(|error| match error.kind() {
            io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset => Failure::Stale,
            _ => error.into(),
        })
    }

    /// Reads a whole answer, its body at most so long.
    pub(super) fn receive(&mut self, body_bytes_max: u64, by: Deadline) -> Result<Answer, Failure> {
        let mut decoder = Decoder::new(body_bytes_max);
        let head = self.head(&mut decoder, by)?;
        let mut body = Vec::new();
        let after = match self.rest(&mut decoder, &mut body, by)? {
            End::InOrder if head.keeps_open() && self.input.unread().is_empty() => After::Open,
            _ => After::Closed,
        };
        Ok(Answer { head, body, after })
    }

    /// Reads the head of an answer.
    pub(super) fn head(&mut self, decoder: &mut Decoder, by: Deadline) -> Result<Head, Failure> {
        let mut seen = 0;
        loop {
            let mut unread = self.input.unread();
            let before = unread.len();
            let piece = decoder.decode(&mut unread)?;
            let used = before - unread.len();
            if let Some(Piece::Head(head)) = piece {
                self.input.consume(used);
                return Ok(head);
            }
            self.input.consume(used);
            match self.fill(by) {
                Ok(0) | Err(Failure::Io(_)) if seen == 0 => return Err(Failure::Stale),
                Ok(0) => return Err(Failure::Http(super::http::Error::Truncated)),
                Ok(count) => seen += count,
                Err(failure) => return Err(failure),
            }
        }
    }

    /// Reads the rest of an answer.
    pub(super) fn rest(
        &mut self,
        decoder: &mut Decoder,
        body: &mut Vec<u8>,
        by: Deadline,
    ) -> Result<End, Failure> {
        loop {
            if let Some(end) = self.more(decoder, body, by)? {
                return Ok(end);
            }
        }
    }

    /// Reads more of a body: moves what there is of it to the end of `body`, or else waits for some
    /// to arrive. `None` while it goes on.
    pub(super) fn more(
        &mut self,
        decoder: &mut Decoder,
        body: &mut Vec<u8>,
        by: Deadline,
    ) -> Result<Option<End>, Failure> {
        let known = body.len();
        let mut unread = self.input.unread();
        let before = unread.len();
        let mut end = None;
        while let Some(piece) = decoder.decode(&mut unread)? {
            match piece {
                Piece::Body(bytes) => body.extend_from_slice(bytes),
                Piece::End => end = Some(End::InOrder),
                Piece::Head(_) => unreachable!("the decoder tells one head, and `head` took it"),
            }
        }
        let used = before - unread.len();
        self.input.consume(used);
        if end.is_none() && body.len() == known && self.fill(by)? == 0 {
            decoder.close()?;
            end = Some(End::Closed);
        }
        Ok(end)
    }

    /// Reads what comes next; 0 when the peer closed the connection.
    fn fill(&mut self, by: Deadline) -> Result<usize, Failure> {
        self.stream.set_read_timeout(by.left()?)?;
        Ok(self.input.fill(&mut self.stream)?)
    }
}

/// How a body ended.
pub(super) enum End {
    /// Where it said that it would.
    InOrder,
    /// With the connection, as it may when it did not say.
    Closed,
}

/// What was read and not yet used. Takes its memory at the first read: of many connections that
/// were asked at once, one is read at a time.
#[derive(Default)]
struct Input {
    bytes: Vec<u8>,
    used: usize,
}

/// As much as is read at a time.
const READ_BYTES: u64 = 16 * 1024;

impl Input {
    fn unread(&self) -> &[u8] {
        &self.bytes[self.used..]
    }

    fn consume(&mut self, count: usize) {
        self.used += count;
        debug_assert!(self.used <= self.bytes.len());
    }

    fn fill(&mut self, stream: &mut Stream) -> io::Result<usize> {
        debug_assert!(self.unread().is_empty(), "a decoder uses up all it is given");
        self.bytes.resize(usize::try_from(READ_BYTES).unwrap_or(usize::MAX), 0);
        self.used = 0;
        let count = loop {
            match stream.read(&mut self.bytes) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result,
            }
        };
        self.bytes.truncate(*count.as_ref().unwrap_or(&0));
        count
    }
}

enum Stream {
    Unix(UnixStream),
    Tcp(TcpStream),
}

impl Stream {
    fn connect(to: &Endpoint, wait: Duration) -> io::Result<Self> {
        match to {
            Endpoint::Unix(path) => UnixStream::connect(path).map(Self::Unix),
            Endpoint::Tcp { host, port } => {
                let unknown = |_| io::Error::from(io::ErrorKind::NotFound);
                let addresses = (host.as_str(), *port).to_socket_addrs().map_err(unknown)?;
                let mut result = Err(io::ErrorKind::NotFound.into());
                for address in addresses {
                    result = TcpStream::connect_timeout(&address, wait);
                    if result.is_ok() {
                        break;
                    }
                }
                result.map(Self::Tcp)
            }
        }
    }

    fn set_read_timeout(&self, wait: Duration) -> io::Result<()> {
        match self {
            Self::Unix(stream) => stream.set_read_timeout(Some(wait)),
            Self::Tcp(stream) => stream.set_read_timeout(Some(wait)),
        }
    }

    fn set_write_timeout(&self, wait: Duration) -> io::Result<()> {
        match self {
            Self::Unix(stream) => stream.set_write_timeout(Some(wait)),
            Self::Tcp(stream) => stream.set_write_timeout(Some(wait)),
        }
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Unix(stream) => stream.read(buffer),
            Self::Tcp(stream) => stream.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Unix(stream) => stream.write(bytes),
            Self::Tcp(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Unix(stream) => stream.flush(),
            Self::Tcp(stream) => stream.flush(),
        }
    }
}
