//! Requests to one URL. Each is sent once, on a connection of its own.

use std::io::Read;

use ureq::config::Config;
use ureq::http::{Response, Uri};
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::{Agent, Error, Proxy, ProxyProtocol};

use super::connector::{self, Connected, Purpose};
use super::fault::{Fault, Peer, Route};
use super::network::{Network, Timeouts};
use super::proxy::ChosenProxy;
use crate::secret::Secret;

/// Where requests go.
pub struct Target<'a> {
    /// The whole URL.
    pub url: &'a Secret,
    /// What sentences call it, without any secret.
    pub name: String,
    /// The setting that holds the URL.
    pub variable: &'static str,
}

/// Sends requests to one URL.
pub struct Client {
    url: Secret,
    route: Route,
    agent: Agent,
}

/// An answer, as far as it is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// `Retry-After`, as it was sent.
    pub retry_after: Option<String>,
    /// The beginning of the body; `None` where it broke off.
    pub body: Option<String>,
}

/// An answer's body beyond this is not read.
const BODY_MAX_BYTES: u64 = 4096;

/// An answer with a longer head is none.
const HEAD_MAX_BYTES: usize = 16 * 1024;

/// Room for such a head and more; ureq would take eight times as much.
const BUFFER_BYTES: usize = 2 * HEAD_MAX_BYTES;

impl Client {
    /// A client for this target. Fails where a proxy or `SSL_CERT_FILE` is set that cannot be used.
    pub fn new(target: Target<'_>, network: &Network) -> Result<Self, String> {
        let Target { url: secret, name, variable } = target;
        let url: Uri = secret.reveal().parse().map_err(|_| format!("{variable} is not a URL"))?;
        let proxy = network.proxies.choose(&url)?;
        let is_tls = url.scheme_str() == Some("https")
            || proxy.as_ref().is_some_and(|chosen| chosen.proxy.protocol() == ProxyProtocol::Https);
        let certificates = if is_tls { network.certificates()? } else { None };
        let host = url.host().unwrap_or_default().to_owned();
        let route = Route {
            server: Peer { name, host, variable },
            proxy: proxy.as_ref().map(ChosenProxy::peer),
            cert_file: network.cert_file.clone(),
            timeouts: network.timeouts,
        };
        let config = settings(network.timeouts, proxy.map(|chosen| chosen.proxy), certificates);
        let agent = connector::agent(config, Purpose::Request);
        Ok(Self { url: secret.clone(), route, agent })
    }

    /// Posts JSON, once.
    pub fn post_json(&self, json: &str) -> Result<Answer, Fault> {
        self.post(&self.agent, json).map(answer).map_err(|error| self.route.fault(error))
    }

    /// Connects to the target's host and hangs up: its name, the proxy and TLS are in order. The
    /// error says what is in the way and what to do.
    pub fn check(&self) -> Result<(), String> {
        let agent = connector::agent(self.agent.config().clone(), Purpose::Check);
        match self.post(&agent, "") {
            Err(Error::Other(end)) if end.is::<Connected>() => Ok(()),
            Err(error) => Err(self.route.fault(error).into_sentence()),
            // The connection ends before a request; an answer would prove no less.
            Ok(_) => Ok(()),
        }
    }

    fn post(&self, agent: &Agent, json: &str) -> Result<Response<ureq::Body>, Error> {
        agent.post(self.url.reveal()).content_type("application/json").send(json)
    }
}

/// All that ureq is told to do differently than it would.
fn settings(
    timeouts: Timeouts,
    proxy: Option<Proxy>,
    certificates: Option<Vec<Certificate<'static>>>,
) -> Config {
    let roots = certificates.map_or(RootCerts::WebPki, |own| RootCerts::new_with_certs(&own));
    Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .user_agent(concat!("dmon/", env!("CARGO_PKG_VERSION")))
        .proxy(proxy)
        .tls_config(TlsConfig::builder().root_certs(roots).build())
        .max_response_header_size(HEAD_MAX_BYTES)
        .input_buffer_size(BUFFER_BYTES)
        .output_buffer_size(BUFFER_BYTES)
        // A connection that the receiver closed meanwhile would leave open whether a message
        // arrived; at a message a second, a new one each time costs little.
        .max_idle_connections(0)
        .timeout_resolve(Some(timeouts.resolve))
        .timeout_connect(Some(timeouts.connect))
        .timeout_send_request(Some(timeouts.send))
        .timeout_send_body(Some(timeouts.send))
        .timeout_recv_response(Some(timeouts.receive))
        .timeout_recv_body(Some(timeouts.receive))
        .timeout_global(Some(timeouts.whole))
        .build()
}

/// What came back, as far as it is read.
fn answer(mut response: Response<ureq::Body>) -> Answer {
    let header = response.headers().get("retry-after").and_then(|value| value.to_str().ok());
    let retry_after = header.map(str::to_owned);
    let mut body = Vec::new();
    let read = response.body_mut().as_reader().take(BODY_MAX_BYTES).read_to_end(&mut body);
    let body = read.is_ok().then(|| String::from_utf8_lossy(&body).into_owned());
    Answer { status: response.status().as_u16(), retry_after, body }
}
