//! Where the Engine listens.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// The address of an Engine or of a socket proxy before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// A Unix socket.
    Unix(PathBuf),
    /// Plain HTTP over TCP.
    Tcp {
        /// A name or an address; IPv6 without its brackets.
        host: String,
        /// The port.
        port: u16,
    },
}

/// What an address may look like, for the sentence that refuses one.
pub const ACCEPTED: &str = "unix:///path, /path or tcp://host:port";

impl FromStr for Endpoint {
    type Err = String;

    /// Reads `unix://…`, a path, `tcp://host:port` or `http://host:port` (port 2375 where none is
    /// given). The error says why an address was refused.
    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(path) = text.strip_prefix("unix://") {
            // `unix://var/run/docker.sock`, one slash short, is what many compose files say: it
            // means the same.
            return match path.trim_start_matches('/') {
                "" => Err("the path of the socket is missing".to_owned()),
                path => Ok(Self::Unix(PathBuf::from(format!("/{path}")))),
            };
        }
        if text.starts_with('/') && text.len() > 1 {
            return Ok(Self::Unix(PathBuf::from(text)));
        }
        if let Some(address) = text.strip_prefix("tcp://").or_else(|| text.strip_prefix("http://"))
        {
            return tcp(address.trim_end_matches('/'));
        }
        Err(match text.split_once("://") {
            Some((scheme @ ("https" | "ssh" | "npipe" | "fd"), _)) => {
                format!("{scheme}:// is not supported")
            }
            _ => "it is neither a path nor an address".to_owned(),
        })
    }
}

fn tcp(address: &str) -> Result<Endpoint, String> {
    if address.contains(['@', '/', '?', '#']) {
        return Err("only a host and a port may follow the scheme".to_owned());
    }
    let (host, port) = match address.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => {
            (host, port.parse().map_err(|_| format!("{port:?} is not a port"))?)
        }
        _ => (address, 2375),
    };
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    if host.is_empty() || port == 0 {
        return Err("host or port is missing".to_owned());
    }
    // It goes into a header of every request as it is.
    if !host.chars().all(|letter| letter.is_ascii_alphanumeric() || "-._:%".contains(letter)) {
        return Err("the host has characters that no host name has".to_owned());
    }
    Ok(Endpoint::Tcp { host: host.to_owned(), port })
}

impl fmt::Display for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(formatter, "unix://{}", path.display()),
            Self::Tcp { host, port } if host.contains(':') => {
                write!(formatter, "tcp://[{host}]:{port}")
            }
            Self::Tcp { host, port } => write!(formatter, "tcp://{host}:{port}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_docker_reads_them() {
        let check = |text: &str, expected: &str| {
            assert_eq!(
                text.parse::<Endpoint>().map(|endpoint| endpoint.to_string()).unwrap(),
                expected
            );
        };
        check("unix://var/run/docker.sock", "unix:///var/run/docker.sock");
        check("unix:///run/user/1000/podman.sock", "unix:///run/user/1000/podman.sock");
        check("/run/docker.sock", "unix:///run/docker.sock");
        check("tcp://proxy:2375", "tcp://proxy:2375");
        check("tcp://proxy", "tcp://proxy:2375");
        check("tcp://[::1]:80", "tcp://[::1]:80");
        check("http://127.0.0.1:80/", "tcp://127.0.0.1:80");
    }

    #[test]
    fn what_cannot_be_spoken_to_is_refused_with_its_reason() {
        let check = |text: &str, expected: &str| {
            assert_eq!(text.parse::<Endpoint>().unwrap_err(), expected);
        };
        check("unix://", "the path of the socket is missing");
        check("ssh://me@host", "ssh:// is not supported");
        check("tcp://:2375", "host or port is missing");
        check("tcp://host:port", "\"port\" is not a port");
        check("tcp://a b:80", "the host has characters that no host name has");
        check("tcp://a\r\nX:80", "the host has characters that no host name has");
        check("tcp://host:80/v1.41", "only a host and a port may follow the scheme");
        check("docker.sock", "it is neither a path nor an address");
        check("", "it is neither a path nor an address");
    }
}
