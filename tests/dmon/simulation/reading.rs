//! How what comes back on a connection is read: by dmon's own codec and its own reader of answers.

use std::collections::BTreeMap;
use std::mem;

use dmon::docker::ask::{About, Question, answer};
use dmon::docker::http::{Decoder, Error, Piece};
use dmon::docker::{self, BODY_BYTES_MAX, Response};
use dmon::monitor::container::{ContainerId, Inspected, List, Listed};
use dmon::monitor::input::Input;

/// Of so many answers in which nothing is new one is read as a whole.
const WHOLE_ONE_IN: u32 = 64;

/// What dmon's reader made of what it has read: of each line of the last list, and of the last
/// inspection of each container. The reader is a function of the bytes and knows no line from
/// another, so what is the same as before is not read again but for a sample, which shows that it
/// is so.
#[derive(Default)]
pub(super) struct Answers {
    lines: BTreeMap<String, Listed>,
    inspections: BTreeMap<ContainerId, (Vec<u8>, Box<Inspected>)>,
    known: u32,
}

impl Answers {
    /// What the answer to a question means.
    pub(super) fn read(
        &mut self,
        question: &Question,
        response: Result<Response, docker::Error>,
    ) -> Input {
        let known = match (&question.about, &response) {
            (About::List, Ok(Response { status: 200, body })) => self.list(question, body),
            (About::Inspect(id), Ok(Response { status: 200, body })) => {
                let last = self.inspections.get(id).filter(|(before, _)| before == body);
                let asked = question.asked;
                last.map(|(_, last)| Input::Inspected { asked, container: last.clone() })
            }
            _ => None,
        };
        if let Some(known) = known {
            self.known += 1;
            if self.known.is_multiple_of(WHOLE_ONE_IN) {
                assert_eq!(answer(question, response), known, "what was read before is read so");
            }
            return known;
        }
        let body = response.as_ref().map_or_else(|_| Vec::new(), |it| it.body.clone());
        let input = answer(question, response);
        if let Input::Inspected { container, .. } = &input {
            self.inspections.insert(container.id.clone(), (body, container.clone()));
        }
        input
    }

    /// A list that is as it should be, read line by line.
    fn list(&mut self, question: &Question, body: &[u8]) -> Option<Input> {
        let body = std::str::from_utf8(body).ok()?;
        let lines = body.strip_prefix(r#"[{"Id""#)?.strip_suffix("}]")?.split(r#"},{"Id""#);
        let mut before = mem::take(&mut self.lines);
        let mut list = List::default();
        for line in lines {
            let (line, listed) = match before.remove_entry(line) {
                Some(known) => known,
                None => (line.to_owned(), only(question, line)?),
            };
            list.containers.push(listed.clone());
            self.lines.insert(line, listed);
        }
        Some(Input::Listed { asked: question.asked, list })
    }
}

/// What dmon makes of a list of this line alone; `None` where that is not all that there is to it.
fn only(question: &Question, line: &str) -> Option<Listed> {
    let body = format!(r#"[{{"Id"{line}}}]"#).into_bytes();
    match answer(question, Ok(Response { status: 200, body })) {
        Input::Listed { mut list, .. } if list.unreadable.is_empty() => list.containers.pop(),
        _ => None,
    }
}

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
