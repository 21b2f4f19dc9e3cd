//! Why there is no answer, in words for a person at night: who was to be reached, what failed, what
//! to do. ureq's errors are taken apart by kind and never shown, since some carry the URL.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use ureq::{Error, Timeout};

use super::line::{Peer, Step, Unconnected};
use super::network::Timeouts;
use super::tls;
use crate::slack::webhook::is_loopback;

/// Whom the sentences tell of: the receiver and what leads to it.
pub(super) struct Way {
    pub(super) receiver: Party,
    pub(super) proxy: Option<Party>,
    /// The file that replaces the bundled roots.
    pub(super) cert_file: Option<PathBuf>,
    pub(super) timeouts: Timeouts,
}

/// One of those whom dmon speaks to.
pub(super) struct Party {
    /// How it is called in a sentence, without any secret.
    pub(super) name: String,
    /// Its host alone.
    pub(super) host: String,
    /// The setting that leads to it.
    pub(super) variable: &'static str,
}

/// Why there is no answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// Nothing was sent.
    Unsent(String),
    /// Something was; whether it arrived is not known.
    Unanswered(String),
}

impl Trouble {
    /// What went wrong.
    pub(super) fn into_sentence(self) -> String {
        match self {
            Self::Unsent(why) | Self::Unanswered(why) => why,
        }
    }
}

impl fmt::Display for Party {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.name)
    }
}

impl Way {
    /// What went wrong.
    pub(super) fn trouble(&self, error: Error) -> Trouble {
        let receiver = &self.receiver;
        Trouble::Unanswered(match error {
            Error::Other(inner) => match inner.downcast::<Unconnected>() {
                Ok(unconnected) => return Trouble::Unsent(self.unconnected(&unconnected)),
                Err(_) => format!("no answer from {receiver}: the connection failed"),
            },
            Error::Timeout(which) => format!(
                "{receiver} did not answer within {} s: it is overloaded, or a firewall swallows \
                 the answer",
                self.limit(which).as_secs_f64()
            ),
            Error::Protocol(_) | Error::LargeResponseHeader(..) => format!(
                "what {receiver} answered is not HTTP: check host and port in {}",
                receiver.variable
            ),
            Error::Io(error) => format!("no answer from {receiver}: {}", broken(&error)),
            // Its text could hold the URL.
            _ => format!("no answer from {receiver}: the request failed"),
        })
    }

    fn unconnected(&self, unconnected: &Unconnected) -> String {
        let peer = match unconnected.peer {
            Peer::Receiver => &self.receiver,
            Peer::Proxy => self.way_out(),
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
                let proxy = self.way_out();
                format!("{proxy} does not answer as an HTTP proxy: check {}", proxy.variable)
            }
            (Step::Connection, Error::Rustls(error)) => self.tls(peer, error),
            (Step::Connection, Error::Io(error)) => self.unconnected_io(peer, error),
            (Step::Connection, _) => format!("no connection to {peer}"),
        }
    }

    /// Whom the first connection leads to.
    fn way_out(&self) -> &Party {
        self.proxy.as_ref().unwrap_or(&self.receiver)
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
            None if !is_loopback(&self.receiver.host) => {
                "; where only a proxy leads out, set HTTPS_PROXY"
            }
            _ => "",
        }
    }

    /// The proxy said no. ureq tells its status in a text alone.
    fn refused(&self, reason: &str) -> String {
        let (proxy, receiver) = (self.way_out(), &self.receiver);
        match reason.split(|c: char| !c.is_ascii_digit()).find(|digits| digits.len() == 3) {
            Some("407") => format!(
                "{proxy} asks for a user and a password, or for others (407): set them in {} \
                 (http://USER:PASSWORD@HOST:PORT)",
                proxy.variable
            ),
            Some(status @ ("502" | "503" | "504")) => {
                format!("{proxy} does not reach {receiver} ({status}): look at the proxy's log")
            }
            Some(status) => format!(
                "{proxy} does not connect to {receiver} ({status}): allow CONNECT to it there, or \
                 add its host to NO_PROXY"
            ),
            None => format!("{proxy} closed the connection: check {}", proxy.variable),
        }
    }

    fn unconnected_io(&self, peer: &Party, error: &io::Error) -> String {
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

    fn tls(&self, peer: &Party, error: &rustls::Error) -> String {
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
