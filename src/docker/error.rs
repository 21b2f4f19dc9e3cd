//! Why the Engine did not answer, or did not answer what was asked: in kinds for code that goes on
//! differently, in one line for the log and Slack ([`Error::reason`]), in a sentence with its remedy
//! for people (its `Display`).

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::os::unix::fs::FileTypeExt;
use std::path::Path;
use std::time::Duration;

use super::http;
use super::{Endpoint, Remedy};

/// Why a request to the Engine failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// There was no answer, or not all of it.
    Unreachable {
        /// Where the Engine was looked for.
        endpoint: Endpoint,
        /// What was in the way.
        obstacle: Obstacle,
    },
    /// There was an answer, and it is not one that an Engine gives.
    Alien {
        /// Where it came from.
        endpoint: Endpoint,
        /// What is wrong with it.
        reason: String,
    },
    /// The Engine, or a proxy before it, refused.
    Refused {
        /// The path that was asked for.
        path: String,
        /// The HTTP status: 404 where there is no such container, 403 where a proxy forbids it.
        status: u16,
        /// The Engine's reason; `None` where a proxy answered instead.
        message: Option<String>,
    },
}

/// What was in the way of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// There is no socket at that path.
    Missing,
    /// What is at that path is no socket.
    NoSocket,
    /// The socket is not ours to use.
    Denied(Remedy),
    /// Nobody listens there.
    Deaf,
    /// The host's name has no address.
    UnknownHost,
    /// There was no whole answer for so long.
    TimedOut(Duration),
    /// The connection broke; the cause.
    Broken(String),
}

impl Error {
    /// What failed and why, in one line without advice.
    pub fn reason(&self) -> String {
        match self {
            Self::Unreachable { endpoint, obstacle } => obstacle.reason(endpoint),
            Self::Alien { endpoint, reason } => {
                format!("what answers at {endpoint} is not a Docker Engine ({reason})")
            }
            Self::Refused { path, status: 403, message: None } => format!("a proxy forbids {path}"),
            Self::Refused { path, status, message: None } if is_refusal(*status) => {
                format!("a proxy answered {path} with status {status}")
            }
            Self::Refused { path, status, message: None } => {
                format!("{path} was answered with status {status}, not in the Engine's words")
            }
            Self::Refused { path, status, message: Some(message) } => {
                format!("the Engine answered {path} with status {status}: {}", one_line(message))
            }
        }
    }

    /// What to do about it.
    pub(super) fn remedy(&self) -> Option<Cow<'static, str>> {
        match self {
            Self::Unreachable { endpoint, obstacle } => obstacle.remedy(endpoint),
            Self::Alien { .. } => {
                Some("point DOCKER_SOCKET at the Engine or its socket proxy".into())
            }
            Self::Refused { status, message: None, .. } if is_refusal(*status) => {
                Some("let it allow CONTAINERS, EVENTS, INFO, PING and VERSION".into())
            }
            Self::Refused { .. } => None,
        }
    }

    /// Whether somebody who is there refused, as a proxy refuses a path that it does not allow or
    /// does not know. Other statuses are faults that pass.
    pub(super) fn is_refusal(&self) -> bool {
        matches!(self, Self::Refused { status, .. } if is_refusal(*status))
    }

    /// The error of a connection that could not be made.
    pub(super) fn connecting(endpoint: &Endpoint, error: &io::Error, waited: Duration) -> Self {
        use io::ErrorKind;
        let obstacle = match (error.kind(), endpoint) {
            (ErrorKind::NotFound, Endpoint::Unix(_)) => Obstacle::Missing,
            (ErrorKind::NotFound, Endpoint::Tcp { .. }) => Obstacle::UnknownHost,
            (ErrorKind::PermissionDenied, Endpoint::Unix(path)) => {
                Obstacle::Denied(Remedy::of(path))
            }
            (ErrorKind::ConnectionRefused, Endpoint::Unix(path)) if !is_socket(path) => {
                Obstacle::NoSocket
            }
            (ErrorKind::ConnectionRefused, _) => Obstacle::Deaf,
            (ErrorKind::TimedOut | ErrorKind::WouldBlock, _) => Obstacle::TimedOut(waited),
            _ => Obstacle::Broken(error.to_string()),
        };
        Self::Unreachable { endpoint: endpoint.clone(), obstacle }
    }

    /// The error of a connection on which no answer came.
    pub(super) fn answering(endpoint: &Endpoint, failure: &Failure, waited: Duration) -> Self {
        let endpoint = endpoint.clone();
        let obstacle = match failure {
            Failure::TimedOut => Obstacle::TimedOut(waited),
            Failure::Stale | Failure::Http(http::Error::Truncated) => {
                Obstacle::Broken(http::Error::Truncated.to_string())
            }
            Failure::Io(error) => Obstacle::Broken(error.to_string()),
            Failure::Http(error) => return Self::Alien { endpoint, reason: error.to_string() },
        };
        Self::Unreachable { endpoint, obstacle }
    }
}

/// Forbidden, not found, not allowed, not implemented.
pub(super) fn is_refusal(status: u16) -> bool {
    matches!(status, 401 | 403 | 404 | 405 | 501)
}

/// The most of somebody else's words that goes into one of ours.
const QUOTE_BYTES_MAX: usize = 300;

/// Somebody else's words as a part of one line.
fn one_line(text: &str) -> String {
    let mut line = text.split(char::is_control).collect::<Vec<_>>().join(" ");
    if line.len() > QUOTE_BYTES_MAX {
        line.truncate(line.floor_char_boundary(QUOTE_BYTES_MAX));
        line.push('…');
    }
    line
}

/// `10 s`, `2.5 s`.
pub(super) fn seconds(span: Duration) -> String {
    format!("{} s", (span.as_secs_f32() * 10.0).round() / 10.0)
}

fn is_socket(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|metadata| metadata.file_type().is_socket())
}

/// What went wrong on a connection; becomes an [`Error`] where its address is known.
#[derive(Debug)]
pub(super) enum Failure {
    /// The time was up.
    TimedOut,
    /// The peer closed the connection before it began to answer: had it been open before, the
    /// request was not seen, and may be made again.
    Stale,
    /// The connection broke.
    Io(io::Error),
    /// What came is no HTTP answer.
    Http(http::Error),
}

impl From<http::Error> for Failure {
    fn from(error: http::Error) -> Self {
        Self::Http(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            // Linux says the one, other systems the other.
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Self::TimedOut,
            _ => Self::Io(error),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.reason())?;
        match self.remedy() {
            Some(remedy) => write!(formatter, ": {remedy}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {}

impl Obstacle {
    fn reason(&self, endpoint: &Endpoint) -> String {
        match self {
            Self::Missing => format!("there is no socket at {endpoint}"),
            Self::NoSocket => format!("{endpoint} is no socket"),
            Self::Denied(_) => format!("no permission to use {endpoint}"),
            Self::Deaf => format!("nobody listens at {endpoint}"),
            Self::UnknownHost => format!("the host of {endpoint} has no address"),
            Self::TimedOut(waited) => {
                format!("no answer from {endpoint} within {}", seconds(*waited))
            }
            Self::Broken(cause) => format!("the connection to {endpoint} broke: {cause}"),
        }
    }

    fn remedy(&self, endpoint: &Endpoint) -> Option<Cow<'static, str>> {
        Some(match (self, endpoint) {
            (Self::Missing, _) => "start the Engine (sudo systemctl start docker), set \
                                   DOCKER_SOCKET, or in a container mount it (-v \
                                   /var/run/docker.sock:/var/run/docker.sock)"
                .into(),
            (Self::NoSocket, _) => "set DOCKER_SOCKET; in a container it may be a folder that was \
                                    made because the host has no such socket to mount"
                .into(),
            (Self::Denied(remedy), _) => remedy.to_string().into(),
            (Self::Deaf, Endpoint::Unix(_)) => {
                "start the Engine (sudo systemctl start docker)".into()
            }
            (Self::Deaf, Endpoint::Tcp { .. }) => "start the Engine or its socket proxy".into(),
            (Self::UnknownHost, _) => "correct DOCKER_SOCKET".into(),
            (Self::TimedOut(_), _) => {
                "see whether the Engine hangs (docker ps, journalctl -u docker)".into()
            }
            (Self::Broken(_), _) => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(endpoint: &str, obstacle: Obstacle, expected: &str) {
        let error = Error::Unreachable { endpoint: endpoint.parse().unwrap(), obstacle };
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn each_obstacle_says_what_to_do() {
        let socket = "/var/run/docker.sock";
        let proxy = "tcp://proxy:2375";
        check(
            socket,
            Obstacle::Missing,
            "there is no socket at unix:///var/run/docker.sock: start the Engine (sudo systemctl \
             start docker), set DOCKER_SOCKET, or in a container mount it (-v \
             /var/run/docker.sock:/var/run/docker.sock)",
        );
        check(
            socket,
            Obstacle::NoSocket,
            "unix:///var/run/docker.sock is no socket: set DOCKER_SOCKET; in a container it may be \
             a folder that was made because the host has no such socket to mount",
        );
        check(
            socket,
            Obstacle::Deaf,
            "nobody listens at unix:///var/run/docker.sock: start the Engine (sudo systemctl start \
             docker)",
        );
        check(
            proxy,
            Obstacle::Deaf,
            "nobody listens at tcp://proxy:2375: start the Engine or its socket proxy",
        );
        check(
            proxy,
            Obstacle::UnknownHost,
            "the host of tcp://proxy:2375 has no address: correct DOCKER_SOCKET",
        );
        check(
            proxy,
            Obstacle::TimedOut(Duration::from_micros(2_499_600)),
            "no answer from tcp://proxy:2375 within 2.5 s: see whether the Engine hangs (docker \
             ps, journalctl -u docker)",
        );
        check(
            proxy,
            Obstacle::Broken("its answer was cut off".to_owned()),
            "the connection to tcp://proxy:2375 broke: its answer was cut off",
        );
    }

    #[test]
    fn a_closed_socket_says_how_to_open_it() {
        let check = |remedy, expected: &str| {
            let start = "no permission to use unix:///s.sock: ";
            check("/s.sock", Obstacle::Denied(remedy), &format!("{start}{expected}"));
        };
        let names = Some(("docker".to_owned(), "kim".to_owned()));
        check(
            Remedy::Group { gid: 998, names },
            "run `sudo usermod -aG docker kim` and log in anew; in a container, add `--group-add \
             998`",
        );
        check(
            Remedy::Group { gid: 998, names: None },
            "start the container with `--group-add 998`",
        );
        check(Remedy::Root, "run dmon as root or as the owner of the socket");
    }

    #[test]
    fn an_answer_that_is_not_the_one_says_why() {
        let check = |error: Error, expected: &str| assert_eq!(error.to_string(), expected);
        let refused = |status, message: Option<&str>| Error::Refused {
            path: "/containers/a/json".to_owned(),
            status,
            message: message.map(str::to_owned),
        };
        check(
            refused(404, Some("No such container: a")),
            "the Engine answered /containers/a/json with status 404: No such container: a",
        );
        check(
            refused(502, None),
            "/containers/a/json was answered with status 502, not in the Engine's words",
        );
        check(
            refused(404, None),
            "a proxy answered /containers/a/json with status 404: let it allow CONTAINERS, EVENTS, \
             INFO, PING and VERSION",
        );
        check(
            refused(403, None),
            "a proxy forbids /containers/a/json: let it allow CONTAINERS, EVENTS, INFO, PING and \
             VERSION",
        );
        check(
            Error::Alien {
                endpoint: "/s.sock".parse().unwrap(),
                reason: http::Error::NotHttp.to_string(),
            },
            "what answers at unix:///s.sock is not a Docker Engine (it does not speak HTTP): point \
             DOCKER_SOCKET at the Engine or its socket proxy",
        );
    }

    #[test]
    fn a_reason_is_one_line_without_advice() {
        let check = |error: Error, expected: &str| assert_eq!(error.reason(), expected);
        let endpoint: Endpoint = "/s.sock".parse().unwrap();
        let denied = Obstacle::Denied(Remedy::Root);
        check(
            Error::Unreachable { endpoint: endpoint.clone(), obstacle: denied },
            "no permission to use unix:///s.sock",
        );
        let long = format!("a\nb{}", "é".repeat(QUOTE_BYTES_MAX));
        let refused = |message: &str| Error::Refused {
            path: "/info".to_owned(),
            status: 500,
            message: Some(message.to_owned()),
        };
        let quoted = "é".repeat((QUOTE_BYTES_MAX - 3) / 2);
        check(refused(&long), &format!("the Engine answered /info with status 500: a b{quoted}…"));
        let whole = "x".repeat(QUOTE_BYTES_MAX);
        check(refused(&whole), &format!("the Engine answered /info with status 500: {whole}"));
    }
}
