//! Carries bodies to the webhook. One POST becomes a [`Delivery`]; what a command does about those
//! that failed is in `send`. The webhook's path is in no error and no log line.

mod delivery;
mod line;
mod network;
mod proxy;
mod send;
mod tls;
mod trouble;

use std::io::Read;

use ureq::config::Config;
use ureq::http::{Response, Uri};
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::{Agent, Error, Proxy, ProxyProtocol};

pub use delivery::{Answer, Delivery, RETRY_AFTER_MAX, judge, retry_after};
pub use network::{Network, Timeouts};
pub use proxy::Proxies;

use self::line::{Connected, Purpose};
use self::proxy::ChosenProxy;
use self::trouble::{Party, Trouble, Way};
use super::{Body, Webhook};
use crate::clock;

/// Whether the webhook's host can be reached: its name, the proxy, TLS. Sends it no request. The
/// error says what is in the way and what to do.
pub fn check(webhook: &Webhook) -> Result<(), String> {
    Courier::new(webhook, &Network::of_process())?.check()
}

/// Posts a message's bodies in their order, at most one a second, and tries again where it helps.
/// The error says why the message, or the rest of it, was not delivered.
pub fn send_now(webhook: &Webhook, bodies: &[Body]) -> Result<(), String> {
    Courier::new(webhook, &Network::of_process())?.send(bodies, clock::pause)
}

/// Posts to one webhook.
pub struct Courier {
    webhook: Webhook,
    way: Way,
    agent: Agent,
}

/// An answer's body beyond this is not read.
const BODY_MAX_BYTES: u64 = 4096;

/// An answer with a longer head is none.
const HEAD_MAX_BYTES: usize = 16 * 1024;

/// Room for such a head and more; ureq would take eight times as much.
const BUFFER_BYTES: usize = 2 * HEAD_MAX_BYTES;

impl Courier {
    /// A courier for this webhook. Fails where a proxy or `SSL_CERT_FILE` is set that cannot be
    /// used.
    pub fn new(webhook: &Webhook, network: &Network) -> Result<Self, String> {
        // A webhook was read by the same parser, so that this URL is a valid one.
        let url: Uri = webhook.url().reveal().parse().map_err(|_| "the webhook is not a URL")?;
        let proxy = network.proxies.choose(&url)?;
        let is_tls = url.scheme_str() == Some("https")
            || proxy.as_ref().is_some_and(|chosen| chosen.proxy.protocol() == ProxyProtocol::Https);
        let certificates = if is_tls { network.certificates()? } else { None };
        let way = Way {
            receiver: Party {
                name: webhook.to_string(),
                host: url.host().unwrap_or_default().to_owned(),
                variable: "SLACK_WEBHOOK_URL",
            },
            proxy: proxy.as_ref().map(ChosenProxy::party),
            cert_file: network.cert_file.clone(),
            timeouts: network.timeouts,
        };
        let config = settings(network.timeouts, proxy.map(|chosen| chosen.proxy), certificates);
        let agent = line::agent(config, Purpose::Request);
        Ok(Self { webhook: webhook.clone(), way, agent })
    }

    /// Posts a body, once.
    pub fn post(&self, body: &Body) -> Delivery {
        log::debug!("{} bytes to {}", body.json().len(), self.webhook);
        match self.request(&self.agent, body.json()) {
            Ok(response) => delivery::judge(&self.webhook, &answer(response)),
            Err(error) => match self.way.trouble(error) {
                Trouble::Unsent(why) => Delivery::Failed { why, retry_after: None },
                Trouble::Unanswered(why) => Delivery::Unanswered { why },
            },
        }
    }

    /// Connects to the webhook's host and hangs up.
    pub fn check(&self) -> Result<(), String> {
        let agent = line::agent(self.agent.config().clone(), Purpose::Check);
        match self.request(&agent, "") {
            Err(Error::Other(end)) if end.is::<Connected>() => Ok(()),
            Err(error) => Err(self.way.trouble(error).into_sentence()),
            // The line ends before a request; an answer would prove no less.
            Ok(_) => Ok(()),
        }
    }

    fn request(&self, agent: &Agent, json: &str) -> Result<Response<ureq::Body>, Error> {
        agent.post(self.webhook.url().reveal()).content_type("application/json").send(json)
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

/// What came back, as far as it is looked at.
fn answer(mut response: Response<ureq::Body>) -> Answer {
    let header = response.headers().get("retry-after").and_then(|value| value.to_str().ok());
    let retry_after = header.and_then(delivery::retry_after);
    let mut body = Vec::new();
    let read = response.body_mut().as_reader().take(BODY_MAX_BYTES).read_to_end(&mut body);
    let body = read.is_ok().then(|| String::from_utf8_lossy(&body).into_owned());
    Answer { status: response.status().as_u16(), retry_after, body }
}
