//! An answer without an end, read line by line: the Engine's events. The reader is never kept
//! waiting longer than it wants, so that it can look around between lines.

use std::mem;
use std::time::Duration;

use super::Endpoint;
use super::connection::{Connection, Deadline, End};
use super::error::{Error, Failure};
use super::http::{self, Decoder};

/// The longest line. An event carries all labels of its container; Engines refuse a container whose
/// labels come near this.
pub const STREAM_LINE_BYTES_MAX: usize = 1024 * 1024;

/// A stream of lines.
pub struct Stream {
    connection: Connection,
    decoder: Decoder,
    endpoint: Endpoint,
    /// What has been read of the stream and not yet been heard.
    text: Vec<u8>,
    /// How much of `text` has been heard.
    heard: usize,
    /// How much of `text` is known to hold no line end.
    searched: usize,
    end: Option<End>,
}

/// What a reader of a stream hears.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard<'a> {
    /// A line, without its line end.
    Line(&'a [u8]),
    /// Nothing for as long as the reader waited.
    Silence,
    /// The stream was closed in order.
    End,
}

impl Stream {
    /// The rest of an answer whose head has been read.
    pub(super) fn new(connection: Connection, decoder: Decoder, endpoint: Endpoint) -> Self {
        Self { connection, decoder, endpoint, text: Vec::new(), heard: 0, searched: 0, end: None }
    }

    /// The next line. Waits at most so long for it.
    pub fn next(&mut self, wait: Duration) -> Result<Heard<'_>, Error> {
        let by = Deadline::after(wait);
        match self.line(by) {
            Ok(Some((start, end))) => Ok(Heard::Line(&self.text[start..end])),
            Ok(None) => Ok(Heard::End),
            Err(Failure::TimedOut) => Ok(Heard::Silence),
            Err(failure) => Err(Error::answering(&self.endpoint, &failure, wait)),
        }
    }

    /// Where in `text` the next line is; `None` when there are no more.
    fn line(&mut self, by: Deadline) -> Result<Option<(usize, usize)>, Failure> {
        loop {
            let found = self.text[self.searched..].iter().position(|byte| *byte == b'\n');
            let end = found.map_or(self.text.len(), |length| self.searched + length);
            if end - self.heard > STREAM_LINE_BYTES_MAX {
                return Err(http::Error::TooLong("a line").into());
            }
            if found.is_some() {
                let start = mem::replace(&mut self.heard, end + 1);
                self.searched = self.heard;
                return Ok(Some((start, end)));
            }
            self.text.drain(..mem::take(&mut self.heard));
            self.searched = self.text.len();
            if self.end.is_some() {
                return Ok(None);
            }
            self.end = self.connection.more(&mut self.decoder, &mut self.text, by)?;
        }
    }
}
