//! How what comes back on a connection is read: by dmon's own codec.

use dmon::docker::http::{Decoder, Error, Piece};
use dmon::docker::{BODY_BYTES_MAX, Response};

/// Reads an answer after which the connection ends.
pub(super) fn read(bytes: &[u8]) -> Result<Response, Error> {
    let mut decoder = Decoder::new(BODY_BYTES_MAX);
    let mut unread = bytes;
    let mut response = Response { status: 0, body: Vec::new() };
    while let Some(piece) = decoder.decode(&mut unread)? {
        match piece {
            Piece::Head(head) => response.status = head.status,
            Piece::Body(bytes) => response.body.extend_from_slice(bytes),
            Piece::End => return Ok(response),
        }
    }
    decoder.close()?;
    Ok(response)
}

/// The connection of an event stream: bytes in, lines out.
pub(super) struct Stream {
    pub(super) id: u32,
    decoder: Decoder,
    /// What came and was not taken yet.
    text: Vec<u8>,
    end: Option<Result<(), Error>>,
}

/// What comes of a stream.
pub(super) enum Next {
    Line(Vec<u8>),
    /// It was closed in order.
    End,
    Broke(Error),
    /// Nothing yet.
    Nothing,
}

impl Stream {
    /// A stream whose answer begins with these bytes.
    pub(super) fn open(id: u32, head: &[u8]) -> Self {
        let mut decoder = Decoder::new(BODY_BYTES_MAX);
        let mut unread = head;
        let piece = decoder.decode(&mut unread);
        assert!(matches!(&piece, Ok(Some(Piece::Head(head))) if head.status == 200), "{piece:?}");
        decoder.lift_limit();
        Self { id, decoder, text: Vec::new(), end: None }
    }

    /// Bytes arrive.
    pub(super) fn take(&mut self, bytes: &[u8]) {
        let mut unread = bytes;
        while self.end.is_none() {
            match self.decoder.decode(&mut unread) {
                Ok(Some(Piece::Body(bytes))) => self.text.extend_from_slice(bytes),
                Ok(Some(Piece::End)) => self.end = Some(Ok(())),
                Ok(Some(Piece::Head(_))) => unreachable!("it has one head"),
                Ok(None) => break,
                Err(error) => self.end = Some(Err(error)),
            }
        }
    }

    /// The connection ends.
    pub(super) fn close(&mut self) {
        if self.end.is_none() {
            self.end = Some(self.decoder.close());
        }
    }

    /// What is to be read next.
    pub(super) fn next(&mut self) -> Next {
        if let Some(end) = self.text.iter().position(|byte| *byte == b'\n') {
            let mut line: Vec<u8> = self.text.drain(..=end).collect();
            line.pop();
            return Next::Line(line);
        }
        match &self.end {
            None => Next::Nothing,
            Some(Ok(())) => Next::End,
            Some(Err(error)) => Next::Broke(*error),
        }
    }
}
