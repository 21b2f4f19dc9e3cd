use super::*;
use crate::docker::recordings;

/// What came out of an answer: its status, its body, whether it ended; or why not.
type Outcome = Result<(u16, Vec<u8>, bool), Error>;

/// Decodes bytes that arrive in these pieces, and then the end of the connection.
fn decode<'a>(pieces: impl IntoIterator<Item = &'a [u8]>, body_bytes_max: u64) -> Outcome {
    let mut decoder = Decoder::new(body_bytes_max);
    let (mut status, mut body, mut ended) = (0, Vec::new(), false);
    for mut input in pieces {
        while let Some(piece) = decoder.decode(&mut input)? {
            assert!(!ended, "nothing comes after the end");
            match piece {
                Piece::Head(head) => status = head.status,
                Piece::Body(bytes) => {
                    assert!(status != 0 && !bytes.is_empty());
                    body.extend_from_slice(bytes);
                }
                Piece::End => ended = true,
            }
        }
    }
    decoder.close()?;
    Ok((status, body, ended))
}

fn whole(answer: &[u8]) -> Outcome {
    decode([answer], u64::MAX)
}

/// Checks that an answer comes out the same at every split into two, and byte by byte.
fn at_every_split(answer: &[u8]) -> Outcome {
    let expected = whole(answer);
    for at in 0..=answer.len() {
        let (first, second) = answer.split_at(at);
        assert_eq!(decode([first, second], u64::MAX), expected, "split at {at}");
    }
    assert_eq!(decode(answer.chunks(1), u64::MAX), expected, "byte by byte");
    expected
}

fn check(answer: &str, status: u16, body: &str) {
    let (actual, bytes, _) = at_every_split(answer.as_bytes()).unwrap_or_else(|error| {
        panic!("{answer:?}: {error}");
    });
    assert_eq!((actual, String::from_utf8_lossy(&bytes).as_ref()), (status, body), "{answer:?}");
}

fn check_error(answer: &str, expected: Error) {
    assert_eq!(at_every_split(answer.as_bytes()), Err(expected), "{answer:?}");
}

const CHUNKED: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

#[test]
fn recorded_answers_come_out_whole_at_every_split() {
    let recorded = [
        ("ping", 200, "OK", ""),
        ("list", 200, "[{\"Id\":", "}]\n"),
        ("not-found", 404, "{\"message\":", "\"}\n"),
        ("events", 200, "{\"status\":", "}\n"),
        ("logs", 200, "\u{1}\0\0\0", "\n"),
    ];
    for (name, status, start, end) in recorded {
        let answer = recordings::read(&format!("http/{name}.http"));
        let (actual, body, ended) = at_every_split(&answer).unwrap();
        assert_eq!((actual, ended), (status, true));
        assert!(body.starts_with(start.as_bytes()) && body.ends_with(end.as_bytes()));
    }
}

#[test]
fn a_body_ends_where_its_length_says() {
    check("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK", 200, "OK");
    check("HTTP/1.1 200 OK\r\ncontent-length:2\r\n\r\nOK", 200, "OK");
    check("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, "");
}

#[test]
fn a_character_may_be_split_over_two_reads() {
    check("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n→é", 200, "→é");
    check(&format!("{CHUNKED}2\r\n\u{e9}\r\n3\r\n→\r\n0\r\n\r\n"), 200, "é→");
}

#[test]
fn a_body_that_looks_like_a_head_is_a_body() {
    let body = "Transfer-Encoding: chunked\r\n\r\nHTTP/1.1 500 No\r\n\r\n";
    let length = body.len();
    check(&format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{body}"), 200, body);
    check("HTTP/1.0 200 OK\r\n\r\nContent-Length: 1\r\n\r\n", 200, "Content-Length: 1\r\n\r\n");
}

#[test]
fn chunks_are_put_together() {
    check(&format!("{CHUNKED}3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"), 200, "abcde");
    check(&format!("{CHUNKED}0\r\n\r\n"), 200, "");
    check(&format!("{CHUNKED}00A\r\n0123456789\r\n000\r\n\r\n"), 200, "0123456789");
    check(&format!("{CHUNKED}1;a=\"b\";c \r\nx\r\n1 ;\r\ny\r\n0;d\r\n\r\n"), 200, "xy");
    check(&format!("{CHUNKED}1\r\nx\r\n0\r\nDigest: 1\r\nb:c\r\n\r\n"), 200, "x");
    check(&format!("{CHUNKED}2\r\n\r\n\r\n0\r\n\r\n"), 200, "\r\n");
}

#[test]
fn a_body_without_an_end_of_its_own_ends_with_the_connection() {
    check("HTTP/1.0 200 OK\r\n\r\nall of it", 200, "all of it");
    check("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", 200, "");
}

#[test]
fn an_answer_may_have_no_body() {
    check("HTTP/1.1 204 No Content\r\n\r\n", 204, "");
    check("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", 304, "");
}

#[test]
fn interim_answers_are_skipped() {
    check("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", 200, "x");
    let interim = "HTTP/1.1 103 Early Hints\r\nContent-Length: 3\r\n\r\n";
    check(&format!("{}HTTP/1.1 204 No\r\n\r\n", interim.repeat(INTERIM_MAX)), 204, "");
    check_error(
        &format!("{}HTTP/1.1 204 No\r\n\r\n", interim.repeat(INTERIM_MAX + 1)),
        Error::TooLong("a run of interim answers"),
    );
    check_error(
        "HTTP/1.1 101 Switching Protocols\r\n\r\n",
        Error::Malformed("it changes the protocol"),
    );
}

#[test]
fn what_follows_the_answer_is_left_alone() {
    for answer in ["HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", "HTTP/1.1 204 No\r\n\r\n"] {
        let both = format!("{answer}HTTP/1.1");
        let (mut decoder, mut input) = (Decoder::new(9), both.as_bytes());
        while decoder.decode(&mut input).unwrap().is_some() {}
        assert_eq!(input, b"HTTP/1.1");
    }
}

#[test]
fn an_early_close_is_not_an_end() {
    let answers = [
        "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody".to_owned(),
        format!("{CHUNKED}4\r\nbody\r\n0\r\na: b\r\n\r\n"),
    ];
    for answer in answers {
        for end in 0..answer.len() {
            assert_eq!(whole(&answer.as_bytes()[..end]), Err(Error::Truncated), "after {end}");
        }
        assert!(whole(answer.as_bytes()).is_ok());
    }
}

#[test]
fn what_is_not_http_is_said_at_the_first_byte() {
    check_error("SSH-2.0-OpenSSH\r\n", Error::NotHttp);
    check_error("\x15\x03\x01", Error::NotHttp);
    check_error("HTTP/2", Error::NotHttp);
    check_error("\r\nHTTP/1.1 200 OK\r\n\r\n", Error::NotHttp);
    check_error("HTP", Error::NotHttp);
}

#[test]
fn broken_framing_is_refused() {
    let size = CHUNK_SIZE;
    check_error(&format!("{CHUNKED}\r\n"), size);
    check_error(&format!("{CHUNKED}x\r\n"), size);
    check_error(&format!("{CHUNKED}-1\r\n"), size);
    check_error(&format!("{CHUNKED} 1\r\n"), size);
    check_error(&format!("{CHUNKED};a\r\n"), size);
    check_error(&format!("{CHUNKED}{}\r\n", "0".repeat(17)), size);
    check_error(&format!("{CHUNKED}1\r\nxy"), CHUNK_END);
    check_error(&format!("{CHUNKED}1\r\nx\n0\r\n\r\n"), CHUNK_END);
    check_error(&format!("{CHUNKED}0\r\n a\r\n"), Error::Malformed("it has a folded header"));
    check_error(&format!("{CHUNKED}0\r\na\r\n"), Error::Malformed("it has a header without :"));
    let bare = Error::Malformed("it has a line end without CR");
    check_error("HTTP/1.1 200 OK\nContent-Length: 1\n\nx", bare);
    check_error("HTTP/1.1 200 OK\r\n\n", bare);
    check_error(
        "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n",
        Error::Malformed("it has a folded header"),
    );
}

/// An answer whose `length` bytes are a line of the head, with its line end.
fn with_header_line(length: usize) -> String {
    let value = "v".repeat(length - "a: \r\n".len());
    format!("HTTP/1.1 204 No\r\na: {value}\r\n\r\n")
}

fn outcome(answer: &str) -> Result<u16, Error> {
    let by_bytes = decode(answer.as_bytes().chunks(1), u64::MAX);
    assert_eq!(whole(answer.as_bytes()), by_bytes);
    by_bytes.map(|(status, _, _)| status)
}

#[test]
fn a_line_has_a_limit() {
    let too_long = Err(Error::TooLong("a head"));
    assert_eq!(outcome(&with_header_line(LINE_BYTES_MAX)), Ok(204));
    assert_eq!(outcome(&with_header_line(LINE_BYTES_MAX + 1)), too_long);
    let extension = |length: usize| format!("{CHUNKED}0;{}\r\n\r\n", "x".repeat(length - 4));
    assert_eq!(outcome(&extension(LINE_BYTES_MAX)), Ok(200));
    assert_eq!(outcome(&extension(LINE_BYTES_MAX + 1)), too_long);
}

#[test]
fn a_head_and_its_trailers_have_a_limit() {
    // Header lines that with the empty line after them are `length` bytes.
    let fill = |length: usize| {
        let line = |length: usize| format!("a: {}\r\n", "v".repeat(length - "a: \r\n".len()));
        let last = (length - "\r\n".len()) % 1024 + 1024;
        line(1024).repeat((length - "\r\n".len() - last) / 1024) + &line(last)
    };
    let head = |length: usize| {
        let status = "HTTP/1.1 204 No\r\n";
        format!("{status}{}\r\n", fill(length - status.len()))
    };
    assert_eq!(head(HEAD_BYTES_MAX).len(), HEAD_BYTES_MAX);
    assert_eq!(outcome(&head(HEAD_BYTES_MAX)), Ok(204));
    assert_eq!(outcome(&head(HEAD_BYTES_MAX + 1)), Err(Error::TooLong("a head")));
    let trailers = |length: usize| format!("{CHUNKED}0\r\n{}\r\n", fill(length));
    assert_eq!(outcome(&trailers(HEAD_BYTES_MAX)), Ok(200));
    assert_eq!(outcome(&trailers(HEAD_BYTES_MAX + 1)), Err(Error::TooLong("a head")));
}

#[test]
fn headers_and_trailers_are_counted() {
    let head = |count: usize| format!("HTTP/1.1 204 No\r\n{}\r\n", "a:b\r\n".repeat(count));
    assert_eq!(outcome(&head(HEADERS_MAX)), Ok(204));
    assert_eq!(outcome(&head(HEADERS_MAX + 1)), Err(Error::TooLong("a list of headers")));
    let trailers = |count: usize| format!("{CHUNKED}0\r\n{}\r\n", "a:b\r\n".repeat(count));
    assert_eq!(outcome(&trailers(HEADERS_MAX)), Ok(200));
    assert_eq!(outcome(&trailers(HEADERS_MAX + 1)), Err(Error::TooLong("a list of trailers")));
}

#[test]
fn a_body_has_a_limit() {
    let check = |answer: &str| {
        let answer = answer.as_bytes();
        for pieces in [1, answer.len()] {
            let fits = decode(answer.chunks(pieces), 4);
            assert_eq!(fits.map(|(_, body, _)| body.len()), Ok(4));
            assert_eq!(decode(answer.chunks(pieces), 3), Err(BODY));
        }
    };
    check("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody");
    check("HTTP/1.0 200 OK\r\n\r\nbody");
    check(&format!("{CHUNKED}3\r\nbod\r\n1\r\ny\r\n0\r\n\r\n"));
    check_error(&format!("{CHUNKED}FFFFFFFFFFFFFFFF\r\n"), Error::Truncated);
}

#[test]
fn a_stream_has_no_limit() {
    let answer = format!("{CHUNKED}3\r\nbod\r\n1\r\ny\r\n");
    let (mut decoder, mut input) = (Decoder::new(0), answer.as_bytes());
    assert!(matches!(decoder.decode(&mut input), Ok(Some(Piece::Head(_)))));
    decoder.lift_limit();
    assert_eq!(decoder.decode(&mut input), Ok(Some(Piece::Body(b"bod"))));
    assert_eq!(decoder.decode(&mut input), Ok(Some(Piece::Body(b"y"))));
    assert_eq!(decoder.decode(&mut input), Ok(None));
}
