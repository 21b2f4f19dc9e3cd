//! Where messages go: to Slack, to standard output, or, where notifications are off, into the log.

use std::fs;

use super::{Failed, io};
use crate::args::Output;
use crate::clock;
use crate::config::Config;
use crate::message::Message;
use crate::slack::courier::Courier;
use crate::slack::{self, Body, Mention, Shape};
use crate::terminal::{self, Colour};
use crate::web::Network;

/// Where messages go.
pub(super) enum Outlet {
    /// To standard output, for people.
    Text,
    /// To standard output, for scripts.
    Json,
    /// Into the log: `NOTIFICATION_ENABLED=false`.
    Log,
    /// To the webhook.
    Slack(Box<Slack>),
}

/// The webhook, and how messages are written for it.
pub(super) struct Slack {
    pub(super) courier: Courier,
    shape: Shape,
    mention: Option<Mention>,
}

impl Outlet {
    /// The outlet that the command line and the settings ask for. Fails, and says why in the log,
    /// where a proxy or a certificate file cannot be used.
    pub(super) fn of(config: &Config, output: Output) -> Result<Self, Failed> {
        match (output, &config.webhook) {
            (Output::Text, _) => Ok(Self::Text),
            (Output::Json, _) => Ok(Self::Json),
            // Without notifications none is needed; otherwise the settings were refused before.
            (Output::Slack, None) => Ok(Self::Log),
            (Output::Slack, Some(_)) if !config.notifications.are_enabled() => Ok(Self::Log),
            (Output::Slack, Some(webhook)) => {
                let courier = Courier::new(webhook, &Network::of_process())
                    .map_err(|error| Failed::because(&error))?;
                let shape = config.slack_format.shape(webhook);
                let mention = config.slack_mention.clone();
                Ok(Self::Slack(Box::new(Slack { courier, shape, mention })))
            }
        }
    }

    /// Tells `message`, or what it says as JSON lines, and tries again where that helps. The log
    /// says why it could not be told.
    pub(super) fn tell(
        &self,
        message: &Message,
        json: impl FnOnce() -> String,
    ) -> Result<(), Failed> {
        match self {
            Self::Text => io::print(&terminal::text(message, io::width(), io::colour())),
            Self::Json => io::print(&json()),
            Self::Log => {
                let text = terminal::text(message, LOG_WIDTH, Colour::Off);
                log::info!("not posted, as NOTIFICATION_ENABLED is false:\n{text}");
            }
            Self::Slack(slack) => {
                let sent = slack.courier.send(&slack.bodies(message), clock::pause);
                return sent.map_err(|why| {
                    Failed::because(&format!("the message was not delivered: {why}"))
                });
            }
        }
        Ok(())
    }
}

/// The width of messages in the log.
const LOG_WIDTH: usize = 100;

impl Slack {
    /// The message as the bodies of POSTs.
    pub(super) fn bodies(&self, message: &Message) -> Vec<Body> {
        slack::bodies(message, self.shape, self.mention.as_ref())
    }
}

/// The name of this host where the Engine cannot be asked for it.
pub(super) fn host(config: &Config) -> String {
    let of_kernel = || fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let known = config.host_name.clone().or_else(of_kernel);
    known.map_or_else(|| "this host".to_owned(), |name| name.trim().to_owned())
}
