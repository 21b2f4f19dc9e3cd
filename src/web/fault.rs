//! Why there is no answer, in words for a person at night: whom the request was for, what failed,
//! what to do. ureq's errors are taken apart by kind and never shown, since some carry the URL.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use ureq::{Error, Timeout};

use super::connector::{Hop, Step, Unconnected};
use super::network::Timeouts;
use super::{is_loopback, tls};

/// The server, and what leads to it.
pub(super) struct Route {
    pub(super) server: Peer,
    pub(super) proxy: Option<Peer>,
    /// The file that replaces the bundled roots.
    pub(super) cert_file: Option<PathBuf>,
    pub(super) timeouts: Timeouts,
}

/// The server or the proxy.
pub(super) struct Peer {
    /// What sentences call it, without any secret.
    pub(super) name: String,
    /// Its host alone.
    pub(super) host: String,
    /// The setting that leads to it.
    pub(super) variable: &'static str,
}

/// Why there is no answer.
#[derive(Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing was sent.
    Unsent(String),
    /// Something was; whether it arrived is not known.
    Unanswered(String),
}

impl Fault {
    /// What went wrong.
    pub(super) fn into_sentence(self) -> String {
        match self {
            Self::Unsent(why) | Self::Unanswered(why) => why,
        }
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.name)
    }
}

impl Route {
    /// What went wrong.
    pub(super) fn fault(&self, error: Error) -> Fault {
        let server = &self.server;
        Fault::Unanswered(match error {
            Error::Other(inner) => match inner.downcast::<Unconnected>() {
                Ok(unconnected) => return Fault::Unsent(self.unconnected(&unconnected)),
                Err(_) => format!("no answer from {server}: the connection failed"),
            },
            Error::Timeout(which) => format!(
                "{server} did not answer within {} s: it is overloaded, or a firewall swallows \
                 the answer",
                self.limit(which).as_secs_f64()
            ),
            Error::Protocol(_) | Error::LargeResponseHeader(..) => format!(
                "what {server} answered is not HTTP: check host and port in {}",
                server.variable
            ),
            Error::Io(error) => format!("no answer from {server}: {}", broken(&error)),
            // Its text could hold the URL.
            _ => format!("no answer from {server}: the request failed"),
        })
    }

    fn unconnected(&self, unconnected: &Unconnected) -> String {
        let peer = match unconnected.hop {
            Hop::Server => &self.server,
            Hop::Proxy => self.first_hop(),
        };
        match (unconnected.step, &unconnected.cause) {
            (Step::Name, Error::Timeout(which)) => format!(
                "the name {} was not looked up within {} s: check the DNS servers of this host \
                 (/etc/resolv.conf)",
                peer.host,
                self.limit(*which).as_secs_f64()
            ),
            (Step::Name, _) => format!(
                "the name {} has no address: check {} for a slip, and network and DNS of this host",
                peer.host, peer.variable
            ),
            (Step::Connection, Error::Timeout(which)) => format!(
                "no connection to {peer} within {} s: check firewalls on the way{}",
                self.limit(*which).as_secs_f64(),
                self.hint()
            ),
            (Step::Connection, Error::ConnectProxyFailed(reason)) => self.refused(reason),
            (Step::Connection, Error::Protocol(_)) => {
                let proxy = self.first_hop();
                format!("{proxy} does not answer as an HTTP proxy: check {}", proxy.variable)
            }
            (Step::Connection, Error::Rustls(error)) => self.tls(peer, error),
            (Step::Connection, Error::Io(error)) => self.unconnected_io(peer, error),
            (Step::Connection, _) => format!("no connection to {peer}"),
        }
    }

    /// Where the first connection leads.
    fn first_hop(&self) -> &Peer {
        self.proxy.as_ref().unwrap_or(&self.server)
    }

    /// How long ureq waited.
    fn limit(&self, which: Timeout) -> Duration {
        match which {
            Timeout::Resolve => self.timeouts.resolve,
            Timeout::Connect => self.timeouts.connect,
            Timeout::SendRequest | Timeout::SendBody => self.timeouts.send,
            Timeout::RecvResponse | Timeout::RecvBody => self.timeouts.receive,
            _ => self.timeouts.whole,
        }
    }

    /// Where no proxy is set, that may be what is missing.
    fn hint(&self) -> &'static str {
        match self.proxy {
            None if !is_loopback(&self.server.host) => {
                "; where only a proxy leads out, set HTTPS_PROXY"
            }
            _ => "",
        }
    }

    /// The proxy said no. ureq tells its status in a text alone.
    fn refused(&self, reason: &str) -> String {
        let (proxy, server) = (self.first_hop(), &self.server);
        match reason.split(|c: char| !c.is_ascii_digit()).find(|digits| digits.len() == 3) {
            Some("407") => format!(
                "{proxy} asks for a user and a password, or for others (407): set them in {} \
                 (http://USER:PASSWORD@HOST:PORT)",
                proxy.variable
            ),
            Some(status @ ("502" | "503" | "504")) => {
                format!("{proxy} does not reach {server} ({status}): look at the proxy's log")
            }
            Some(status) => format!(
                "{proxy} does not connect to {server} ({status}): allow CONNECT to it there, or \
                 add its host to NO_PROXY"
            ),
            None => format!("{proxy} closed the connection: check {}", proxy.variable),
        }
    }

    fn unconnected_io(&self, peer: &Peer, error: &io::Error) -> String {
        if let Some(error) = error.get_ref().and_then(|inner| inner.downcast_ref()) {
            return self.tls(peer, error);
        }
        match error.kind() {
            io::ErrorKind::ConnectionRefused => format!(
                "nobody listens at {peer} (connection refused): check host and port in {}{}",
                peer.variable,
                self.hint()
            ),
            io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
                format!("there is no route to {peer}: check the network of this host")
            }
            io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => format!(
                "{peer} closed the connection before it was set up: check the port in {}, and \
                 firewalls on the way",
                peer.variable
            ),
            _ => format!("no connection to {peer}: {}", broken(error)),
        }
    }

    fn tls(&self, peer: &Peer, error: &rustls::Error) -> String {
        tls::explain(peer, error, self.cert_file.as_deref())
    }
}

/// What broke a connection, by kind.
fn broken(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => "it closed the connection".to_owned(),
        kind => kind.to_string(),
    }
}
