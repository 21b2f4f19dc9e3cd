//! Carries bodies to the webhook. One POST becomes a [`Delivery`]; what a command does about those
//! that failed is in `send`. The webhook's path is in no error and no log line.

mod delivery;
mod send;

pub use delivery::Delivery;

use super::{Body, Webhook};
use crate::web::{Client, Fault, Network, Target};

/// Posts to one webhook.
pub struct Courier {
    webhook: Webhook,
    client: Client,
}

impl Courier {
    /// A courier for this webhook. Fails where a proxy or `SSL_CERT_FILE` is set that cannot be
    /// used.
    pub fn new(webhook: &Webhook, network: &Network) -> Result<Self, String> {
        let (url, name) = (webhook.url(), webhook.to_string());
        let client = Client::new(Target { url, name, variable: "SLACK_WEBHOOK_URL" }, network)?;
        Ok(Self { webhook: webhook.clone(), client })
    }

    /// Posts a body, once.
    pub fn post(&self, body: &Body) -> Delivery {
        log::debug!("{} bytes to {}", body.json().len(), self.webhook);
        match self.client.post_json(body.json()) {
            Ok(answer) => delivery::judge(&self.webhook, &answer),
            Err(Fault::Unsent(why)) => Delivery::Failed { why, retry_after: None },
            Err(Fault::Unanswered(why)) => Delivery::Unanswered { why },
        }
    }

    /// Whether the webhook's host can be reached: its name, the proxy, TLS. Sends it no request. The
    /// error says what is in the way and what to do.
    pub fn check(&self) -> Result<(), String> {
        self.client.check()
    }
}
