//! The head of an answer, and what it says of the body's end.

use super::Error;

/// The status line and the headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The status (200, 404, …).
    pub status: u16,
    version: Version,
    headers: Vec<(String, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    Http10,
    Http11,
}

/// Where a body ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// After so many bytes.
    Length(u64),
    /// After the chunk of size 0.
    Chunked,
    /// When the connection does.
    UntilClose,
}

/// How every status line begins.
pub(super) const START: &[u8] = b"HTTP/1.";

impl Head {
    /// Reads a status line (without its line end).
    pub(super) fn from_status_line(line: &[u8]) -> Result<Self, Error> {
        let rest = line.strip_prefix(START).ok_or(Error::NotHttp)?;
        let (version, rest) = match rest {
            [b'1', b' ', rest @ ..] => (Version::Http11, rest),
            [b'0', b' ', rest @ ..] => (Version::Http10, rest),
            _ => return Err(Error::Malformed("its version is not 1.0 or 1.1")),
        };
        let (digits, reason) = rest.split_at_checked(3).ok_or(STATUS)?;
        if !digits.iter().all(u8::is_ascii_digit) || !matches!(reason, [] | [b' ', ..]) {
            return Err(STATUS);
        }
        if reason.iter().copied().any(is_control) {
            return Err(CONTROL);
        }
        let status = digits.iter().fold(0, |status, digit| status * 10 + u16::from(digit - b'0'));
        if status < 100 {
            return Err(STATUS);
        }
        Ok(Self { status, version, headers: Vec::new() })
    }

    /// Takes in one header line (without its line end).
    pub(super) fn add(&mut self, line: &[u8]) -> Result<(), Error> {
        self.headers.push(header(line)?);
        Ok(())
    }

    /// How many headers there are.
    pub(super) fn len(&self) -> usize {
        self.headers.len()
    }

    /// The value of a header, whatever the case of its name; of several, the first.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.values(name).next()
    }

    fn values(&self, name: &str) -> impl Iterator<Item = &str> {
        let matching = self.headers.iter().filter(move |(key, _)| key.eq_ignore_ascii_case(name));
        matching.map(|(_, value)| value.as_str())
    }

    /// Whether the server leaves the connection open for another request.
    pub fn keeps_open(&self) -> bool {
        let says = |word: &str| {
            self.values("connection")
                .flat_map(|value| value.split(','))
                .any(|token| token.trim().eq_ignore_ascii_case(word))
        };
        match self.version {
            Version::Http11 => !says("close"),
            Version::Http10 => says("keep-alive") && !says("close"),
        }
    }

    /// Where the body ends. Two different ends are refused: whoever wrote them may mean the other.
    pub(super) fn framing(&self) -> Result<Framing, Error> {
        let mut codings = self.values("transfer-encoding");
        let length = self.length()?;
        match (codings.next(), codings.next(), length) {
            // These have no body, whatever their headers say.
            _ if matches!(self.status, 204 | 304) => Ok(Framing::Length(0)),
            (None, _, Some(length)) => Ok(Framing::Length(length)),
            (None, _, None) => Ok(Framing::UntilClose),
            (Some(_), _, Some(_)) => Err(Error::Malformed("it has a length and a coding")),
            (Some(coding), None, None)
                if coding.eq_ignore_ascii_case("chunked") && self.version == Version::Http11 =>
            {
                Ok(Framing::Chunked)
            }
            _ => Err(Error::Malformed("its transfer coding is not known")),
        }
    }

    fn length(&self) -> Result<Option<u64>, Error> {
        let mut known = None;
        for value in self.values("content-length") {
            // `parse` alone would take a sign.
            let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
            let length = value.parse().ok().filter(|_| digits);
            let length: u64 = length.ok_or(Error::Malformed("its length is no number"))?;
            if known.is_some_and(|known| known != length) {
                return Err(Error::Malformed("it has two lengths"));
            }
            known = Some(length);
        }
        Ok(known)
    }
}

const STATUS: Error = Error::Malformed("its status is no number of three digits");
const CONTROL: Error = Error::Malformed("it has control characters in its head");

/// Reads one header or trailer line: its name and its value.
pub(super) fn header(line: &[u8]) -> Result<(String, String), Error> {
    if matches!(line, [b' ' | b'\t', ..]) {
        return Err(Error::Malformed("it has a folded header"));
    }
    let colon = line.iter().position(|byte| *byte == b':');
    let (name, value) = line.split_at(colon.ok_or(Error::Malformed("it has a header without :"))?);
    if name.is_empty() || !name.iter().copied().all(is_token) {
        return Err(Error::Malformed("it has a header whose name is none"));
    }
    let value = without_blanks(&value[1..]);
    if value.iter().copied().any(is_control) {
        return Err(CONTROL);
    }
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    Ok((text(name), text(value)))
}

/// Only these two are blank in a header: a stray line end is none, and is refused.
fn without_blanks(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}

fn is_control(byte: u8) -> bool {
    byte.is_ascii_control() && byte != b'\t'
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(text: &str) -> Result<Head, Error> {
        let mut lines = text.split('\n');
        let mut head = Head::from_status_line(lines.next().unwrap_or_default().as_bytes())?;
        lines.try_for_each(|line| head.add(line.as_bytes()))?;
        Ok(head)
    }

    #[test]
    fn a_status_line_is_read_or_refused() {
        let check = |line: &str, expected| {
            assert_eq!(head(line).map(|head| head.status), expected, "{line}");
        };
        check("HTTP/1.1 200 OK", Ok(200));
        check("HTTP/1.0 404 Not Found", Ok(404));
        check("HTTP/1.1 200 ", Ok(200));
        check("HTTP/1.1 200", Ok(200));
        check("HTTP/2 200", Err(Error::NotHttp));
        check("http/1.1 200 OK", Err(Error::NotHttp));
        check("", Err(Error::NotHttp));
        check("HTTP/1.2 200 OK", Err(Error::Malformed("its version is not 1.0 or 1.1")));
        check("HTTP/1.1 2000 OK", Err(STATUS));
        check("HTTP/1.1 20", Err(STATUS));
        check("HTTP/1.1 099 OK", Err(STATUS));
        check("HTTP/1.1 +20 OK", Err(STATUS));
        check("HTTP/1.1  200 OK", Err(STATUS));
        check("HTTP/1.1 200 O\rK", Err(CONTROL));
    }

    #[test]
    fn a_header_is_read_or_refused() {
        let check = |line: &str, expected: Result<(&str, &str), &'static str>| {
            let expected = expected
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .map_err(Error::Malformed);
            assert_eq!(header(line.as_bytes()), expected, "{line:?}");
        };
        check("Server: Docker/28.5.2 (linux)", Ok(("Server", "Docker/28.5.2 (linux)")));
        check("a:b", Ok(("a", "b")));
        check("a: \t b:c \t", Ok(("a", "b:c")));
        check("a:", Ok(("a", "")));
        check("a: ä", Ok(("a", "ä")));
        check(" a: b", Err("it has a folded header"));
        check("\tb", Err("it has a folded header"));
        check("a", Err("it has a header without :"));
        check("a : b", Err("it has a header whose name is none"));
        check(": b", Err("it has a header whose name is none"));
        check("ä: b", Err("it has a header whose name is none"));
        check("a: b\r", Err("it has control characters in its head"));
        check("a: b\0", Err("it has control characters in its head"));
    }

    #[test]
    fn the_headers_say_where_the_body_ends() {
        let check = |text: &str, expected| {
            let framing = head(text).and_then(|head| head.framing());
            assert_eq!(framing, expected, "{text}");
        };
        check("HTTP/1.1 200 OK\nContent-Length: 7", Ok(Framing::Length(7)));
        check("HTTP/1.1 200 OK\ncontent-LENGTH:  007 ", Ok(Framing::Length(7)));
        check("HTTP/1.1 200 OK\nContent-Length: 7\nContent-Length: 7", Ok(Framing::Length(7)));
        check("HTTP/1.1 200 OK\nTransfer-Encoding: Chunked", Ok(Framing::Chunked));
        check("HTTP/1.1 200 OK", Ok(Framing::UntilClose));
        check("HTTP/1.0 200 OK", Ok(Framing::UntilClose));
        check("HTTP/1.1 204 No Content", Ok(Framing::Length(0)));
        check("HTTP/1.1 304 Not Modified\nContent-Length: 7", Ok(Framing::Length(0)));
    }

    #[test]
    fn two_ends_of_one_body_are_refused() {
        let check = |text: &str, expected| {
            let framing = head(text).and_then(|head| head.framing());
            assert_eq!(framing, Err(Error::Malformed(expected)), "{text}");
        };
        let number = "its length is no number";
        let coding = "its transfer coding is not known";
        check("HTTP/1.1 200 OK\nContent-Length: 7\nContent-Length: 8", "it has two lengths");
        check(
            "HTTP/1.1 200 OK\nContent-Length: 7\nTransfer-Encoding: chunked",
            "it has a length and a coding",
        );
        check("HTTP/1.1 200 OK\nContent-Length: 7, 7", number);
        check("HTTP/1.1 200 OK\nContent-Length: +7", number);
        check("HTTP/1.1 200 OK\nContent-Length: -7", number);
        check("HTTP/1.1 200 OK\nContent-Length: 0x7", number);
        check("HTTP/1.1 200 OK\nContent-Length:", number);
        check("HTTP/1.1 200 OK\nContent-Length: 18446744073709551616", number);
        check("HTTP/1.1 200 OK\nTransfer-Encoding: gzip, chunked", coding);
        check("HTTP/1.1 200 OK\nTransfer-Encoding: chunked, chunked", coding);
        check("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\nTransfer-Encoding: chunked", coding);
        check("HTTP/1.1 200 OK\nTransfer-Encoding: identity", coding);
        check("HTTP/1.0 200 OK\nTransfer-Encoding: chunked", coding);
    }

    #[test]
    fn a_connection_is_kept_when_both_sides_can() {
        let check = |text: &str, expected| {
            assert_eq!(head(text).map(|head| head.keeps_open()), Ok(expected), "{text}");
        };
        check("HTTP/1.1 200 OK", true);
        check("HTTP/1.1 200 OK\nConnection: close", false);
        check("HTTP/1.1 200 OK\nCONNECTION: foo, Close", false);
        check("HTTP/1.0 200 OK", false);
        check("HTTP/1.0 200 OK\nConnection: Keep-Alive", true);
    }
}
