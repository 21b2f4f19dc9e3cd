//! One connection to the Engine: requests out, answers in, each by a deadline. Does not know what
//! is asked nor what the answer means.

use std::io::{self, Read, Write};
use std::time::{Duration, Instant};

use super::error::Failure;
use super::http::{self, Decoder, Head, Piece};
use super::socket::Socket;
use crate::clock;

/// By when something has to have happened, however little of it happens at a time.
#[derive(Clone, Copy)]
pub(super) struct Deadline<'a> {
    at: Instant,
    /// How long that is from its beginning, for the words of an error.
    span: Duration,
    /// Asked when it has come: another deadline, where there is more time.
    extension: Option<&'a dyn Fn() -> Option<Instant>>,
}

impl<'a> Deadline<'a> {
    pub(super) fn after(span: Duration) -> Self {
        Self { at: clock::monotonic() + span, span, extension: None }
    }

    /// The same, and later if `extension` names another time when it has come.
    pub(super) fn extended_by(self, extension: &'a dyn Fn() -> Option<Instant>) -> Self {
        Self { extension: Some(extension), ..self }
    }

    /// The time that is left, for a timeout: never zero, which sockets do not take.
    pub(super) fn left(self) -> Result<Duration, Failure> {
        let now = clock::monotonic();
        let mut left = self.at.saturating_duration_since(now);
        if left.is_zero() {
            let later = self.extension.and_then(|extension| extension());
            left = later.ok_or(Failure::TimedOut)?.saturating_duration_since(now);
        }
        if left.is_zero() { Err(Failure::TimedOut) } else { Ok(left.max(Duration::from_millis(1))) }
    }

    /// The same, and at least `span` from now: for what has had its time and may have arrived
    /// meanwhile.
    pub(super) fn at_least(self, span: Duration) -> Self {
        Self { at: self.at.max(clock::monotonic() + span), ..self }
    }

    pub(super) fn span(self) -> Duration {
        self.span
    }
}

/// A connection.
pub(super) struct Connection {
    socket: Socket,
    input: Input,
}

/// A whole answer, whatever it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

/// What the connection is good for after an answer.
pub(super) enum After {
    /// The next request.
    Open,
    /// Nothing.
    Closed,
}

impl Connection {
    /// A connection that nothing was asked on yet.
    pub(super) fn new(socket: Socket) -> Self {
        Self { socket, input: Input::default() }
    }

    /// This connection if it is still open and nothing has come since the last answer.
    pub(super) fn if_quiet(mut self) -> Option<Self> {
        self.socket.set_nonblocking(true).ok()?;
        let read = self.socket.read(&mut [0]);
        self.socket.set_nonblocking(false).ok()?;
        matches!(read, Err(error) if error.kind() == io::ErrorKind::WouldBlock).then_some(self)
    }

    /// Writes a request.
    pub(super) fn send(&mut self, request: &[u8], by: Deadline<'_>) -> Result<(), Failure> {
        self.socket.set_write_timeout(by.left()?)?;
        self.socket.write_all(request).map_err(|error| match error.kind() {
            io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset => Failure::Stale,
            _ => error.into(),
        })
    }

    /// Reads a whole answer, its body at most so long.
    pub(super) fn receive(
        &mut self,
        body_bytes_max: u64,
        by: Deadline<'_>,
    ) -> Result<(Response, After), Failure> {
        let mut decoder = Decoder::new(body_bytes_max);
        let head = self.head(&mut decoder, by)?;
        let mut body = Vec::new();
        let after = match self.rest(&mut decoder, &mut body, by)? {
            End::InOrder if head.keeps_open() && self.input.unread().is_empty() => After::Open,
            _ => After::Closed,
        };
        Ok((Response { status: head.status, body }, after))
    }

    /// Reads the head of an answer.
    pub(super) fn head(
        &mut self,
        decoder: &mut Decoder,
        by: Deadline<'_>,
    ) -> Result<Head, Failure> {
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
                Ok(0) => return Err(Failure::Http(http::Error::Truncated)),
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
        by: Deadline<'_>,
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
        by: Deadline<'_>,
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
    fn fill(&mut self, by: Deadline<'_>) -> Result<usize, Failure> {
        loop {
            self.socket.set_read_timeout(by.left()?)?;
            match self.input.fill(&mut self.socket).map_err(Failure::from) {
                // The deadline may be another by now.
                Err(Failure::TimedOut) => {}
                filled => return filled,
            }
        }
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
const READ_BYTES: usize = 16 * 1024;

impl Input {
    fn unread(&self) -> &[u8] {
        &self.bytes[self.used..]
    }

    fn consume(&mut self, count: usize) {
        self.used += count;
        assert!(self.used <= self.bytes.len());
    }

    fn fill(&mut self, socket: &mut Socket) -> io::Result<usize> {
        assert!(self.unread().is_empty(), "a decoder uses up all it is given");
        self.bytes.resize(READ_BYTES, 0);
        self.used = 0;
        let count = loop {
            match socket.read(&mut self.bytes) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result,
            }
        };
        self.bytes.truncate(*count.as_ref().unwrap_or(&0));
        count
    }
}
