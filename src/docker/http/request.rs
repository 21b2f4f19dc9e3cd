//! The request: a GET and where to.

use std::fmt::Write;

/// The path and query of a request. Whatever is not a plain letter or digit in what is put in is
/// escaped, so that no id or filter can become another path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    text: String,
    has_query: bool,
}

impl Target {
    /// A path that is known when this is compiled (`/containers`).
    pub fn new(path: &'static str) -> Self {
        Self { text: path.to_owned(), has_query: false }
    }

    /// With one more segment of the path.
    #[must_use]
    pub fn segment(mut self, segment: &str) -> Self {
        self.text.push('/');
        self.escaped(segment)
    }

    /// With one more parameter of the query.
    #[must_use]
    pub fn query(mut self, name: &'static str, value: &str) -> Self {
        self.text.push(if self.has_query { '&' } else { '?' });
        self.has_query = true;
        self.text.push_str(name);
        self.text.push('=');
        self.escaped(value)
    }

    /// As it goes into the request.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The path as people are shown it: without the query, and an id as `docker ps` shows it.
    pub fn shown(&self) -> String {
        let path = self.text.split('?').next().unwrap_or_default();
        let short = |segment: &str| match segment.get(..12) {
            Some(start) if segment.len() == 64 => start.to_owned(),
            _ => segment.to_owned(),
        };
        path.split('/').map(short).collect::<Vec<_>>().join("/")
    }

    fn escaped(mut self, text: &str) -> Self {
        for byte in text.bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                self.text.push(char::from(byte));
            } else {
                write!(self.text, "%{byte:02X}").expect("writing to a String does not fail");
            }
        }
        self
    }
}

/// What becomes of the connection after the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reuse {
    /// It stays open for the next request.
    KeepOpen,
    /// The server closes it.
    Close,
}

/// The bytes of a GET. `host` is what the server is called: a host of an address that was read by
/// `Endpoint`, or any fixed word for a socket.
pub fn get(target: &Target, host: &str, reuse: Reuse) -> Vec<u8> {
    let connection = match reuse {
        Reuse::KeepOpen => "",
        Reuse::Close => "Connection: close\r\n",
    };
    format!(
        "GET {} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: dmon/{}\r\n{connection}\r\n",
        target.text,
        env!("CARGO_PKG_VERSION"),
    )
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_in_stays_in_its_place() {
        let check = |target: Target, expected: &str| assert_eq!(target.as_str(), expected);
        check(Target::new("/_ping"), "/_ping");
        check(Target::new("/containers").segment("4f5d").segment("json"), "/containers/4f5d/json");
        check(Target::new("/containers").segment("a/b ?\r\n"), "/containers/a%2Fb%20%3F%0D%0A");
        check(Target::new("/containers").segment("ä"), "/containers/%C3%A4");
        check(
            Target::new("/events").query("since", "1.5").query("filters", r#"{"a":["b"]}"#),
            "/events?since=1.5&filters=%7B%22a%22%3A%5B%22b%22%5D%7D",
        );
    }

    #[test]
    fn people_are_shown_a_short_path() {
        let check = |target: Target, expected: &str| assert_eq!(target.shown(), expected);
        let id = "0123456789abcdef".repeat(4);
        let json = |id: &str| Target::new("/containers").segment(id).segment("json");
        check(json(&id), "/containers/0123456789ab/json");
        check(json("0123456789abcdef"), "/containers/0123456789abcdef/json");
        check(
            json(&"é".repeat(32)).query("a", "b"),
            &format!("/containers/{}/json", "%C3%A9".repeat(32)),
        );
        check(Target::new("/containers/json").query("all", "1"), "/containers/json");
    }

    #[test]
    fn a_request_says_who_asks_whom_and_for_how_long() {
        let text = |reuse| String::from_utf8(get(&Target::new("/_ping"), "docker", reuse)).unwrap();
        let version = env!("CARGO_PKG_VERSION");
        let start =
            format!("GET /_ping HTTP/1.1\r\nHost: docker\r\nUser-Agent: dmon/{version}\r\n");
        assert_eq!(text(Reuse::KeepOpen), format!("{start}\r\n"));
        assert_eq!(text(Reuse::Close), format!("{start}Connection: close\r\n\r\n"));
    }
}
