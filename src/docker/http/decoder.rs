//! Bytes in, pieces of one answer out, wherever the bytes were split on their way.

use std::mem;

use super::head::{Framing, START, header};
use super::{Error, HEAD_BYTES_MAX, HEADERS_MAX, Head, INTERIM_MAX, LINE_BYTES_MAX};

/// A piece of an answer, in order: one head, any number of body pieces, one end.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// The status and the headers. Interim answers (1xx) before it are not told.
    Head(Head),
    /// The next bytes of the body; never empty.
    Body(&'a [u8]),
    /// The body is complete.
    End,
}

/// Takes one answer apart. One that returned an error is of no more use.
#[derive(Debug)]
pub struct Decoder {
    state: State,
    /// The beginning of a line whose end has not come yet.
    line: Vec<u8>,
    /// How long the lines of this head or trailer section may still be.
    section_left: usize,
    /// How long the body may still be.
    body_left: u64,
    interim: usize,
}

#[derive(Debug)]
enum State {
    /// Where the next bytes are a line.
    Line(Expected),
    /// In a body with so many bytes to come.
    Length(u64),
    /// In a chunk with so many bytes to come.
    Chunk(u64),
    UntilClose,
    Done,
}

#[derive(Debug)]
enum Expected {
    Status,
    Header(Head),
    ChunkSize,
    /// The line end after a chunk.
    ChunkEnd,
    /// A line after the last chunk, of which there were so many.
    Trailer(usize),
}

impl Decoder {
    /// For an answer whose body may be `body_bytes_max` long.
    pub fn new(body_bytes_max: u64) -> Self {
        Self {
            state: State::Line(Expected::Status),
            line: Vec::new(),
            section_left: HEAD_BYTES_MAX,
            body_left: body_bytes_max,
            interim: 0,
        }
    }

    /// Lifts the limit of the body: for an answer that is a stream without an end.
    pub fn lift_limit(&mut self) {
        self.body_left = u64::MAX;
    }

    /// Takes the next piece off the front of `input`. `None` when all of it is used up and the
    /// piece needs more, or when the answer has ended (what is left in `input` is not part of it).
    pub fn decode<'a>(&mut self, input: &mut &'a [u8]) -> Result<Option<Piece<'a>>, Error> {
        loop {
            // What is not put back is over: so is everything after an error.
            match mem::replace(&mut self.state, State::Done) {
                State::Line(expected) => {
                    let Some(line) = self.line(&expected, input)? else {
                        self.state = State::Line(expected);
                        return Ok(None);
                    };
                    if let Some(piece) = self.take_line(expected, &line)? {
                        return Ok(Some(piece));
                    }
                }
                State::Length(0) => return Ok(Some(Piece::End)),
                State::Length(left) => {
                    let piece = take(input, left);
                    self.state = State::Length(left - piece.len() as u64);
                    return Ok(body(piece));
                }
                State::Chunk(0) => self.state = State::Line(Expected::ChunkEnd),
                State::Chunk(left) => {
                    let piece = take(input, left);
                    self.state = State::Chunk(left - piece.len() as u64);
                    return Ok(body(piece));
                }
                State::UntilClose => {
                    let piece = take(input, self.body_left);
                    self.body_left -= piece.len() as u64;
                    if piece.is_empty() && !input.is_empty() {
                        return Err(BODY);
                    }
                    self.state = State::UntilClose;
                    return Ok(body(piece));
                }
                State::Done => return Ok(None),
            }
        }
    }

    /// The peer closed the connection. An error where the answer was to go on.
    pub fn close(&self) -> Result<(), Error> {
        match self.state {
            State::UntilClose | State::Done => Ok(()),
            _ => Err(Error::Truncated),
        }
    }

    /// The next line without its line end, once all of it is there.
    fn line(&mut self, expected: &Expected, input: &mut &[u8]) -> Result<Option<Vec<u8>>, Error> {
        // Said at the first wrong byte: a peer that speaks something else may never end a line.
        let (start, error) = match expected {
            Expected::Status => (START, Error::NotHttp),
            Expected::ChunkEnd => (&b"\r\n"[..], CHUNK_END),
            _ => (&b""[..], CHUNK_END),
        };
        if self.line.iter().chain(*input).zip(start).any(|(byte, expected)| byte != expected) {
            return Err(error);
        }
        let limit = LINE_BYTES_MAX.min(self.section_left);
        let room = limit - self.line.len();
        let end = input.iter().take(room).position(|byte| *byte == b'\n');
        self.line.extend_from_slice(take(input, end.map_or(room, |end| end + 1) as u64));
        match self.line.as_slice() {
            [.., b'\r', b'\n'] => {}
            [.., b'\n'] => return Err(Error::Malformed("it has a line end without CR")),
            line if line.len() == limit => return Err(Error::TooLong("a head")),
            _ => return Ok(None),
        }
        if !matches!(expected, Expected::ChunkSize | Expected::ChunkEnd) {
            self.section_left -= self.line.len();
        }
        let mut line = mem::take(&mut self.line);
        line.truncate(line.len() - 2);
        Ok(Some(line))
    }

    /// Takes in a whole line.
    fn take_line(
        &mut self,
        expected: Expected,
        line: &[u8],
    ) -> Result<Option<Piece<'static>>, Error> {
        let next = match expected {
            Expected::Status => Expected::Header(Head::from_status_line(line)?),
            Expected::Header(head) if line.is_empty() => return self.take_head(head),
            Expected::Header(mut head) => {
                head.add(line)?;
                if head.len() > HEADERS_MAX {
                    return Err(Error::TooLong("a list of headers"));
                }
                Expected::Header(head)
            }
            Expected::ChunkSize => match chunk_size(line)? {
                0 => Expected::Trailer(0),
                size => {
                    self.body_left = self.body_left.checked_sub(size).ok_or(BODY)?;
                    self.state = State::Chunk(size);
                    return Ok(None);
                }
            },
            Expected::ChunkEnd => Expected::ChunkSize,
            Expected::Trailer(_) if line.is_empty() => return Ok(Some(Piece::End)),
            Expected::Trailer(HEADERS_MAX) => return Err(Error::TooLong("a list of trailers")),
            Expected::Trailer(seen) => {
                header(line)?;
                Expected::Trailer(seen + 1)
            }
        };
        self.state = State::Line(next);
        Ok(None)
    }

    /// Ends a head: an interim one is forgotten, the last one decides how the body ends.
    fn take_head(&mut self, head: Head) -> Result<Option<Piece<'static>>, Error> {
        self.section_left = HEAD_BYTES_MAX;
        match head.status {
            101 => return Err(Error::Malformed("it changes the protocol")),
            100..200 => {
                self.interim += 1;
                if self.interim > INTERIM_MAX {
                    return Err(Error::TooLong("a run of interim answers"));
                }
                self.state = State::Line(Expected::Status);
                return Ok(None);
            }
            _ => {}
        }
        self.state = match head.framing()? {
            Framing::Length(length) if length > self.body_left => return Err(BODY),
            Framing::Length(length) => State::Length(length),
            Framing::Chunked => State::Line(Expected::ChunkSize),
            Framing::UntilClose => State::UntilClose,
        };
        Ok(Some(Piece::Head(head)))
    }
}

const BODY: Error = Error::TooLong("a body");

const CHUNK_END: Error = Error::Malformed("it has a chunk longer than it said");

fn body(piece: &[u8]) -> Option<Piece<'_>> {
    (!piece.is_empty()).then_some(Piece::Body(piece))
}

/// Takes at most `count` bytes off the front of `input`.
fn take<'a>(input: &mut &'a [u8], count: u64) -> &'a [u8] {
    let count = usize::try_from(count).unwrap_or(usize::MAX).min(input.len());
    let (taken, rest) = input.split_at(count);
    *input = rest;
    taken
}

/// `1a;name=value` is 26: what follows the size is for others.
fn chunk_size(line: &[u8]) -> Result<u64, Error> {
    let end = line.iter().position(|byte| *byte == b';').unwrap_or(line.len());
    let digits = line[..end].trim_ascii_end();
    if digits.is_empty() || digits.len() > 16 {
        return Err(CHUNK_SIZE);
    }
    digits.iter().try_fold(0_u64, |size, digit| {
        let digit = char::from(*digit).to_digit(16).ok_or(CHUNK_SIZE)?;
        Ok(size << 4 | u64::from(digit))
    })
}

const CHUNK_SIZE: Error = Error::Malformed("it has a chunk whose size is no number");

#[cfg(test)]
mod tests;
