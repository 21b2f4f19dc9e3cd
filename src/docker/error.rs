//! Why the Engine did not answer, or did not answer what was asked: in kinds for code that goes on
//! differently, in a sentence with its remedy for people.

use std::fmt;
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;
use std::time::Duration;

use super::Endpoint;
use super::http;

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

/// What gives somebody access to a socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remedy {
    /// Being in the group that owns it.
    Group {
        /// The group's id.
        gid: u32,
        /// The group's name and the user's; `None` where they have none (in a container).
        names: Option<(String, String)>,
    },
    /// Nothing but being root or its owner.
    Root,
}

impl Error {
    /// Whether it says that there is no container of that id. Podman has another status for one that
    /// is being removed at the moment.
    pub(super) fn is_no_such_container(&self) -> bool {
        let Self::Refused { status, message, .. } = self else { return false };
        let says_so = |message: &String| message.to_lowercase().contains("no such container");
        *status == 404 || (*status == 500 && message.as_ref().is_some_and(says_so))
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

impl Remedy {
    fn of(socket: &Path) -> Self {
        // No metadata: a directory above is closed, and no group opens it.
        let Ok(metadata) = std::fs::metadata(socket) else { return Self::Root };
        let (gid, writable) = (metadata.gid(), metadata.mode() & 0o020 != 0);
        if gid == 0 || !writable {
            return Self::Root;
        }
        let uid = std::fs::metadata("/proc/self").map_or(0, |process| process.uid());
        let group = name_of("/etc/group", gid);
        Self::Group { gid, names: group.zip(name_of("/etc/passwd", uid)) }
    }
}

/// The name with that id in a file like `/etc/group` (`name:x:id:…`).
fn name_of(file: &str, id: u32) -> Option<String> {
    name_in(&std::fs::read_to_string(file).ok()?, id)
}

fn name_in(table: &str, id: u32) -> Option<String> {
    table.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (name, number) = (fields.next()?, fields.nth(1)?);
        (number.parse() == Ok(id)).then(|| name.to_owned())
    })
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable { endpoint, obstacle } => obstacle.explain(endpoint, formatter),
            Self::Alien { endpoint, reason } => write!(
                formatter,
                "what answers at {endpoint} is not a Docker Engine ({reason}): point DOCKER_SOCKET \
                 at the Engine or its socket proxy"
            ),
            Self::Refused { path, status: 403, message: None } => write!(
                formatter,
                "a proxy forbids {path}: let it allow CONTAINERS, EVENTS, INFO, PING and VERSION"
            ),
            Self::Refused { path, status, message: None } => {
                write!(formatter, "the Engine answered {path} with status {status}")
            }
            Self::Refused { path, status, message: Some(message) } => {
                write!(formatter, "the Engine answered {path} with status {status}: {message}")
            }
        }
    }
}

impl std::error::Error for Error {}

impl Obstacle {
    fn explain(&self, endpoint: &Endpoint, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self, endpoint) {
            (Self::Missing, _) => write!(
                out,
                "there is no socket at {endpoint}: start the Engine (sudo systemctl start docker), \
                 set DOCKER_SOCKET, or in a container mount it (-v \
                 /var/run/docker.sock:/var/run/docker.sock)"
            ),
            (Self::NoSocket, _) => write!(
                out,
                "{endpoint} is no socket: set DOCKER_SOCKET; in a container it may be a folder \
                 that was made because the host has no such socket to mount"
            ),
            (Self::Denied(remedy), _) => {
                write!(out, "no permission to use {endpoint}: {remedy}")
            }
            (Self::Deaf, Endpoint::Unix(_)) => write!(
                out,
                "nobody listens at {endpoint}: start the Engine (sudo systemctl start docker)"
            ),
            (Self::Deaf, Endpoint::Tcp { .. }) => {
                write!(out, "nobody listens at {endpoint}: start the Engine or its socket proxy")
            }
            (Self::UnknownHost, _) => {
                write!(out, "the host of {endpoint} has no address: correct DOCKER_SOCKET")
            }
            (Self::TimedOut(waited), _) => write!(
                out,
                "no answer from {endpoint} within {} s: see whether the Engine hangs (docker ps, \
                 journalctl -u docker)",
                waited.as_secs_f32()
            ),
            (Self::Broken(cause), _) => {
                write!(out, "the connection to {endpoint} broke: {cause}")
            }
        }
    }
}

impl fmt::Display for Remedy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Group { gid, names: Some((group, user)) } => write!(
                formatter,
                "run `sudo usermod -aG {group} {user}` and log in anew; in a container, add \
                 `--group-add {gid}`"
            ),
            Self::Group { gid, names: None } => {
                write!(formatter, "start the container with `--group-add {gid}`")
            }
            Self::Root => formatter.write_str("run dmon as root or as the owner of the socket"),
        }
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
            Obstacle::TimedOut(Duration::from_millis(2500)),
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
        check(refused(502, None), "the Engine answered /containers/a/json with status 502");
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
    fn a_container_that_is_gone_is_known_by_status_or_words() {
        let check = |status, message: Option<&str>, expected| {
            let message = message.map(str::to_owned);
            let error = Error::Refused { path: String::new(), status, message };
            assert_eq!(error.is_no_such_container(), expected, "{error}");
        };
        check(404, None, true);
        check(500, Some("no container with ID a found in database: no such container"), true);
        check(500, Some("layer not known"), false);
        check(502, None, false);
    }

    #[test]
    fn names_are_found_by_their_id() {
        let table = "root:x:0:\nbroken\ndocker:x:998:kim,lee\nlast:x:9980:\n";
        assert_eq!(name_in(table, 998).as_deref(), Some("docker"));
        assert_eq!(name_in(table, 0).as_deref(), Some("root"));
        assert_eq!(name_in(table, 5), None);
    }
}
