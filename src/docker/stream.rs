//! An answer without an end, read line by line: the Engine's events. The reader is never kept
//! waiting longer than it wants, so that it can do other things between lines.

use std::mem;
use std::time::Duration;

use super::Endpoint;
use super::connection::{Connection, Deadline, End};
use super::error::{Error, Failure};
use super::http::Decoder;

/// The longest line. An event carries all labels of its container, which may be larger than a
/// megabyte; a longer one is skipped.
pub const STREAM_LINE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// A stream of lines.
pub struct Stream {
    connection: Connection,
    decoder: Decoder,
    endpoint: Endpoint,
    lines: Lines,
    end: Option<End>,
}

/// What comes of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard<'a> {
    /// A line, without its line end.
    Line(&'a [u8]),
    /// A line longer than [`STREAM_LINE_BYTES_MAX`], which is skipped.
    TooLong,
    /// Nothing for as long as the reader waited.
    Silence,
    /// The stream was closed in order.
    End,
}

impl Stream {
    /// The rest of an answer whose head has been read.
    pub(super) fn new(connection: Connection, decoder: Decoder, endpoint: Endpoint) -> Self {
        Self { connection, decoder, endpoint, lines: Lines::default(), end: None }
    }

    /// The next line. Waits at most so long for it.
    pub fn next(&mut self, wait: Duration) -> Result<Heard<'_>, Error> {
        let by = Deadline::after(wait);
        match self.find(by) {
            Ok(Some(Found::Line(start, end))) => Ok(Heard::Line(&self.lines.text[start..end])),
            Ok(Some(Found::TooLong)) => Ok(Heard::TooLong),
            Ok(None) => Ok(Heard::End),
            Err(Failure::TimedOut) => Ok(Heard::Silence),
            Err(failure) => Err(Error::answering(&self.endpoint, &failure, wait)),
        }
    }

    fn find(&mut self, by: Deadline<'_>) -> Result<Option<Found>, Failure> {
        loop {
            if let Some(found) = self.lines.next() {
                return Ok(Some(found));
            }
            if self.end.is_some() {
                return Ok(self.lines.rest());
            }
            let text = self.lines.room();
            self.end = self.connection.more(&mut self.decoder, text, by)?;
        }
    }
}

/// Text that comes in pieces, taken apart into lines. Keeps no more of it than the longest line and
/// one piece.
#[derive(Default)]
struct Lines {
    text: Vec<u8>,
    /// How much of `text` has been taken.
    taken: usize,
    /// How much of `text` is known to hold no line end.
    searched: usize,
    /// Whether the text up to the next line end belongs to a line that is too long.
    skipping: bool,
}

/// What was found in the text.
#[derive(Debug, PartialEq, Eq)]
enum Found {
    /// A line, from there to there in `text`.
    Line(usize, usize),
    /// The beginning of a line that is too long.
    TooLong,
}

impl Lines {
    /// Where the next piece of the text goes, at the end.
    fn room(&mut self) -> &mut Vec<u8> {
        self.text.drain(..mem::take(&mut self.taken));
        self.searched = self.text.len();
        if self.text.is_empty() {
            // What a long line took is given back.
            self.text.shrink_to(KEPT_BYTES);
        }
        &mut self.text
    }

    /// The next line; `None` when more text is needed.
    fn next(&mut self) -> Option<Found> {
        loop {
            let found = self.text[self.searched..].iter().position(|byte| *byte == b'\n');
            let end = found.map_or(self.text.len(), |length| self.searched + length);
            let is_too_long = end - self.taken > STREAM_LINE_BYTES_MAX;
            if found.is_some() {
                let start = mem::replace(&mut self.taken, end + 1);
                self.searched = self.taken;
                match (mem::take(&mut self.skipping), is_too_long) {
                    (true, _) => {}
                    (false, true) => return Some(Found::TooLong),
                    (false, false) => return Some(Found::Line(start, end)),
                }
                continue;
            }
            if self.skipping || is_too_long {
                (self.taken, self.searched) = (end, end);
                return (!mem::replace(&mut self.skipping, true)).then_some(Found::TooLong);
            }
            return None;
        }
    }

    /// What is left when no more text comes: a line without its line end.
    fn rest(&mut self) -> Option<Found> {
        let end = self.text.len();
        let start = mem::replace(&mut self.taken, end);
        (start < end && !self.skipping).then_some(Found::Line(start, end))
    }
}

/// The memory that is kept for the lines to come.
const KEPT_BYTES: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines of these pieces; `!` stands for one that is too long.
    fn lines(pieces: &[&[u8]]) -> Vec<String> {
        let mut lines = Lines::default();
        let mut found = Vec::new();
        for piece in pieces {
            lines.room().extend_from_slice(piece);
            while let Some(next) = lines.next() {
                found.push(shown(&lines, &next));
            }
        }
        assert!(lines.text.len() - lines.taken <= STREAM_LINE_BYTES_MAX);
        while let Some(rest) = lines.rest() {
            found.push(shown(&lines, &rest));
        }
        found
    }

    fn shown(lines: &Lines, found: &Found) -> String {
        match *found {
            Found::Line(start, end) => String::from_utf8(lines.text[start..end].to_vec()).unwrap(),
            Found::TooLong => "!".to_owned(),
        }
    }

    #[test]
    fn lines_are_found_wherever_the_text_was_split() {
        let text = b"one\n\ntwo\nthree";
        for split in 0..=text.len() {
            let (start, end) = text.split_at(split);
            assert_eq!(lines(&[start, end]), ["one", "", "two", "three"], "{split}");
        }
        let bytes: Vec<&[u8]> = text.chunks(1).collect();
        assert_eq!(lines(&bytes), ["one", "", "two", "three"]);
        assert_eq!(lines(&[b"one\n"]), ["one"]);
    }

    #[test]
    fn a_line_that_is_too_long_is_skipped_to_its_end() {
        let long = |length: usize| [vec![b'x'; length], b"\nnext\n".to_vec()].concat();
        let in_pieces = |text: &[u8], size| {
            let pieces: Vec<&[u8]> = text.chunks(size).collect();
            lines(&pieces).into_iter().map(|line| line.len()).collect::<Vec<_>>()
        };
        for size in [STREAM_LINE_BYTES_MAX / 3, STREAM_LINE_BYTES_MAX * 4] {
            let longest = in_pieces(&long(STREAM_LINE_BYTES_MAX), size);
            assert_eq!(longest, [STREAM_LINE_BYTES_MAX, 4], "{size}");
            // One `!` each, then the next line.
            assert_eq!(in_pieces(&long(STREAM_LINE_BYTES_MAX + 1), size), [1, 4], "{size}");
            assert_eq!(in_pieces(&long(STREAM_LINE_BYTES_MAX * 3), size), [1, 4], "{size}");
            assert_eq!(in_pieces(&vec![b'x'; STREAM_LINE_BYTES_MAX + 1], size), [1], "{size}");
        }
    }

    #[test]
    fn a_long_line_leaves_no_memory_behind() {
        let mut lines = Lines::default();
        lines.room().extend(vec![b'x'; STREAM_LINE_BYTES_MAX]);
        lines.room().push(b'\n');
        assert!(matches!(lines.next(), Some(Found::Line(..))));
        assert!(lines.room().capacity() <= KEPT_BYTES);
    }
}
