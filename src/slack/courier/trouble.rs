//! Why there is no answer, in words for a person at night: who was to be reached, what failed, what to
//! do. ureq's errors are taken apart by kind and never shown, since some carry the URL.

use std::fmt;
use std::io;
use std::path::PathBuf;

use rustls::CertificateError;
use ureq::{Error, Proxy, Timeout};

use super::line::{Peer, Step, Unconnected};
use super::network::Timeouts;
use crate::message::tame;

/// What the sentences tell of: the receiver and the way to it.
pub(super) struct Way {
    /// Scheme, host and port of the receiver.
    pub(super) receiver: String,
    /// Host and port of the proxy on the way.
    pub(super) proxy: Option<String>,
    /// The file that replaces the bundled roots.
    pub(super) cert_file: Option<PathBuf>,
    pub(super) timeouts: Timeouts,
}

/// Why there is no answer.
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

impl Way {
    /// How a proxy is called: without its user and password.
    pub(super) fn name_of(proxy: &Proxy) -> String {
        format!("{}:{}", proxy.host(), proxy.port())
    }

    /// What went wrong.
    pub(super) fn trouble(&self, error: Error) -> Trouble {
        match error {
            Error::Other(inner) => match inner.downcast::<Unconnected>() {
                Ok(unconnected) => Trouble::Unsent(self.unconnected(&unconnected)),
                Err(_) => Trouble::Unanswered(self.unanswered("the connection failed")),
            },
            Error::Timeout(_) => Trouble::Unanswered(format!(
                "{} did not answer within {}: it is overloaded, or a firewall swallows the answer",
                self.receiver,
                Seconds(self.timeouts.whole.min(self.timeouts.receive))
            )),
            Error::Io(error) => Trouble::Unanswered(self.unanswered(&broken(&error))),
            Error::Protocol(_) | Error::LargeResponseHeader(..) => Trouble::Unanswered(format!(
                "what {} answered is not HTTP: check host and port in SLACK_WEBHOOK_URL",
                self.receiver
            )),
            // Its text could hold the URL.
            _ => Trouble::Unanswered(self.unanswered("the request failed")),
        }
    }

    fn unanswered(&self, what: &str) -> String {
        format!("no answer from {}: {what}", self.receiver)
    }

    fn unconnected(&self, unconnected: &Unconnected) -> String {
        let receiver = &self.receiver;
        let proxy = self.proxy.as_deref().unwrap_or_default();
        let (peer, remedy) = match unconnected.peer {
            Peer::Receiver => (receiver.clone(), "SLACK_WEBHOOK_URL"),
            Peer::Proxy => (format!("the proxy {proxy}"), "HTTPS_PROXY or HTTP_PROXY"),
        };
        match (&unconnected.cause, unconnected.step) {
            (Error::Timeout(Timeout::Resolve), _) | (Error::Timeout(_), Step::Name) => format!(
                "the name of {peer} was not looked up within {}: check the DNS servers of this host \
                 (/etc/resolv.conf)",
                Seconds(self.timeouts.resolve)
            ),
            (_, Step::Name) => format!(
                "the name of {peer} has no address: check {remedy} for a slip, and network and DNS \
                 of this host"
            ),
            (Error::Timeout(_), Step::Connection) => format!(
                "no connection to {peer} within {}: check firewalls on the way{}",
                Seconds(self.timeouts.connect),
                self.hint()
            ),
            (Error::ConnectProxyFailed(reason), _) => self.proxy_refused(reason),
            (Error::Protocol(_), _) => {
                format!("what listens at the proxy {proxy} is no HTTP proxy: check HTTPS_PROXY")
            }
            (Error::Rustls(error), _) => self.tls(&peer, error),
            (Error::Tls(_), _) => format!("{peer} has no name that a certificate could be for"),
            (Error::Io(error), _) => self.unconnected_io(&peer, remedy, error),
            _ => format!("no connection to {peer}"),
        }
    }

    /// Where no proxy is set, that may be what is missing.
    fn hint(&self) -> &'static str {
        match self.proxy {
            None => "; where only a proxy leads out, set HTTPS_PROXY",
            Some(_) => "",
        }
    }

    fn proxy_refused(&self, reason: &str) -> String {
        let proxy = self.proxy.as_deref().unwrap_or_default();
        let receiver = &self.receiver;
        match reason.split(|c: char| !c.is_ascii_digit()).find(|digits| digits.len() == 3) {
            Some("407") => format!(
                "the proxy {proxy} asks for another user and password (407): set them in \
                 HTTPS_PROXY (http://USER:PASSWORD@HOST:PORT)"
            ),
            Some(status @ ("502" | "503" | "504")) => {
                format!("the proxy {proxy} does not reach {receiver} ({status})")
            }
            Some(status) => format!(
                "the proxy {proxy} does not connect to {receiver} ({status}): allow CONNECT to it \
                 there, or add its host to NO_PROXY"
            ),
            None => format!("the proxy {proxy} closed the connection without an answer"),
        }
    }

    fn unconnected_io(&self, peer: &str, remedy: &str, error: &io::Error) -> String {
        if let Some(error) = error.get_ref().and_then(|inner| inner.downcast_ref()) {
            return self.tls(peer, error);
        }
        match error.kind() {
            io::ErrorKind::ConnectionRefused => format!(
                "nobody listens at {peer} (connection refused): check host and port in {remedy}{}",
                self.hint()
            ),
            io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
                format!("there is no route to {peer}: check the network of this host")
            }
            io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => format!(
                "{peer} closed the connection before TLS was set up: check its port in {remedy}, \
                 and firewalls on the way"
            ),
            _ => format!("no connection to {peer}: {}", broken(error)),
        }
    }

    /// Why TLS failed.
    fn tls(&self, peer: &str, error: &rustls::Error) -> String {
        use CertificateError as C;
        match error {
            rustls::Error::InvalidCertificate(why) => match why {
                C::UnknownIssuer => self.unknown_issuer(peer),
                C::Expired | C::ExpiredContext { .. } => format!(
                    "the certificate of {peer} has expired: renew it, or set the clock of this host \
                     right"
                ),
                C::NotValidYet | C::NotValidYetContext { .. } => {
                    format!(
                        "the certificate of {peer} is not valid yet: set the clock of this host right"
                    )
                }
                C::NotValidForName => {
                    format!(
                        "the certificate of {peer} is for another name: check its host for a slip"
                    )
                }
                C::NotValidForNameContext { presented, .. } => format!(
                    "the certificate of {peer} is for another name ({}): check its host for a slip",
                    names(presented)
                ),
                C::Revoked => format!("the certificate of {peer} was revoked"),
                other => format!(
                    "the certificate of {peer} is not valid: {}",
                    tame::line(&other.to_string())
                ),
            },
            rustls::Error::InvalidMessage(_) => format!(
                "what listens at {peer} does not speak TLS: check its port, and whether it wants \
                 http://"
            ),
            rustls::Error::AlertReceived(alert) => {
                format!("{peer} refused the TLS handshake ({alert:?})")
            }
            other => format!("TLS with {peer} failed: {}", tame::line(&other.to_string())),
        }
    }

    fn unknown_issuer(&self, peer: &str) -> String {
        match &self.cert_file {
            None => format!(
                "the certificate of {peer} is signed by an authority that dmon does not know: if it \
                 is your own, set SSL_CERT_FILE to a file (PEM) with its certificate"
            ),
            Some(file) => format!(
                "the certificate of {peer} is signed by none of the authorities in SSL_CERT_FILE \
                 ({}): add the right one, or unset it to use the bundled ones",
                file.display()
            ),
        }
    }
}

/// The first of the names in a certificate, which may be many.
fn names(presented: &[String]) -> String {
    let shown: Vec<String> = presented.iter().take(3).map(|name| tame::line(name)).collect();
    let more = if presented.len() > shown.len() { ", …" } else { "" };
    shown.join(", ") + more
}

/// What broke a connection, by kind.
fn broken(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => "it closed the connection".to_owned(),
        kind => kind.to_string(),
    }
}

/// A time in seconds, for a sentence.
struct Seconds(std::time::Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} s", self.0.as_secs_f64())
    }
}
