//! The address that messages are posted to, and which shape of body it understands. A webhook's URL
//! is a password: whoever has it can post. Nothing here shows more of it than scheme, host and
//! port.

use std::fmt;

use crate::secret::Secret;
use crate::web::{Uri, is_loopback};

/// An incoming webhook of Slack or of a receiver that understands Slack's bodies.
///
/// `Debug` and `Display` show its scheme, host and port, never the path, which is the secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Webhook {
    url: Secret,
    scheme: Scheme,
    host: String,
    port: Option<u16>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scheme {
    Http,
    Https,
}

/// What `SLACK_FORMAT` may say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Blocks for Slack's own hosts, attachments for the others.
    #[default]
    Auto,
    /// This shape, whatever the host.
    Fixed(Shape),
}

/// A shape of webhook body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Slack's Block Kit.
    Blocks,
    /// Slack's older attachments, which Mattermost, Rocket.Chat, Discord and Zulip read too.
    Attachments,
    /// A `text` and nothing else, which everything reads.
    Text,
}

/// What `SLACK_FORMAT` accepts, for the sentence that refuses a value.
pub const FORMATS: &str = "auto, blocks, attachments or text";

const SLACK_HOSTS: [&str; 2] = ["hooks.slack.com", "hooks.slack-gov.com"];

impl Format {
    /// Reads a value of `SLACK_FORMAT`, in any case.
    pub fn from_word(word: &str) -> Option<Self> {
        Some(match word.to_ascii_lowercase().as_str() {
            "auto" => Self::Auto,
            "blocks" => Self::Fixed(Shape::Blocks),
            "attachments" => Self::Fixed(Shape::Attachments),
            "text" => Self::Fixed(Shape::Text),
            _ => return None,
        })
    }

    /// The shape of the bodies for this webhook.
    pub fn shape(self, webhook: &Webhook) -> Shape {
        match self {
            Self::Fixed(shape) => shape,
            Self::Auto if webhook.is_slack() => Shape::Blocks,
            Self::Auto => Shape::Attachments,
        }
    }
}

impl Webhook {
    /// Reads a webhook's URL; space around it is ignored. The error is one sentence on what is
    /// wrong and never repeats any of the URL beyond its scheme and host.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.is_empty() {
            return Err("it is empty".to_owned());
        }
        if text.starts_with(['"', '\'', '<', '`']) {
            return Err("it is in quotes or brackets: give the URL alone".to_owned());
        }
        if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err("there is a space or a control character in it".to_owned());
        }
        let scheme = Scheme::of(text)?;
        let uri: Uri = text.parse().map_err(|_| "it is not a valid URL".to_owned())?;
        let authority = uri.authority().ok_or("the host is missing")?;
        if authority.as_str().contains('@') {
            return Err("a user and password in the URL are not supported".to_owned());
        }
        let host = uri.host().unwrap_or_default().trim_end_matches('.').to_ascii_lowercase();
        if host.is_empty() {
            return Err("the host is missing".to_owned());
        }
        let port = match authority.as_str().rsplit_once(':') {
            Some((_, digits)) if !digits.ends_with(']') => {
                Some(digits.parse().ok().filter(|port| *port != 0).ok_or("the port is not one")?)
            }
            _ => None,
        };
        refuse_what_is_no_webhook(&host, uri.path())?;
        Ok(Self { url: Secret::new(text), scheme, host, port })
    }

    /// Whether it is Slack itself, whose answers are known to the letter.
    pub fn is_slack(&self) -> bool {
        SLACK_HOSTS.contains(&self.host.as_str())
    }

    /// Whether everybody on the way can read the URL and the messages: plain HTTP that leaves this
    /// machine.
    pub fn is_exposed(&self) -> bool {
        self.scheme == Scheme::Http && !is_loopback(&self.host)
    }

    /// The whole URL, for the one request that needs it.
    pub fn url(&self) -> &Secret {
        &self.url
    }
}

impl Scheme {
    fn of(text: &str) -> Result<Self, String> {
        match text.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase()).as_deref() {
            Some("https") => Ok(Self::Https),
            Some("http") => Ok(Self::Http),
            _ => Err("it does not begin with https://".to_owned()),
        }
    }
}

/// Refuses what people paste by mistake: it would be answered politely and do nothing, or fail at
/// the first alert.
fn refuse_what_is_no_webhook(host: &str, path: &str) -> Result<(), String> {
    let is_slack = SLACK_HOSTS.contains(&host);
    if is_slack && (path.starts_with("/triggers/") || path.starts_with("/workflows/")) {
        return Err(format!(
            "it is the trigger of a workflow, which drops messages that are not its own variables: \
             create an incoming webhook instead (https://{host}/services/…)"
        ));
    }
    if is_slack && path.trim_matches('/').is_empty() {
        return Err("the part after the host is missing: copy the whole URL".to_owned());
    }
    if !is_slack && (host == "slack.com" || host.ends_with(".slack.com")) {
        return Err(format!(
            "{host} is a page of Slack, not a webhook: it begins with \
             https://hooks.slack.com/services/"
        ));
    }
    let is_discord = matches!(host, "discord.com" | "discordapp.com");
    if is_discord && !path.trim_end_matches('/').ends_with("/slack") {
        return Err("Discord reads Slack's bodies only at the URL with /slack added".to_owned());
    }
    Ok(())
}

impl fmt::Display for Scheme {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Http => "http",
            Self::Https => "https",
        })
    }
}

impl fmt::Display for Webhook {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}://{}", self.scheme, self.host)?;
        self.port.map_or(Ok(()), |port| write!(formatter, ":{port}"))
    }
}

impl fmt::Debug for Webhook {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Webhook({self}/<hidden>)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_scheme_host_and_port_are_shown() {
        let check = |url: &str, expected: &str| {
            let webhook = Webhook::parse(url).unwrap();
            assert_eq!(webhook.to_string(), expected);
            assert_eq!(format!("{webhook:?}"), format!("Webhook({expected}/<hidden>)"));
            assert_eq!(webhook.url().reveal(), url.trim());
        };
        check("https://hooks.slack.com/services/T0/B0/secret", "https://hooks.slack.com");
        check(" HTTPS://Hooks.Slack.com./T0/B0/secret\n", "https://hooks.slack.com");
        check("https://chat.example.org:8443/hooks/secret?a=b", "https://chat.example.org:8443");
        check("http://[::1]:80/secret", "http://[::1]:80");
        check("http://[::1]/secret", "http://[::1]");
        check("https://discord.com/api/webhooks/1/secret/slack", "https://discord.com");
    }

    #[test]
    fn what_cannot_work_is_refused_without_repeating_it() {
        let check = |url: &str, expected: &str| {
            let error = Webhook::parse(url).unwrap_err();
            assert!(error.contains(expected), "{url:?}: {error}");
            assert!(!error.contains("secret"), "{error}");
        };
        check("", "empty");
        check("hooks.slack.com/services/secret", "does not begin with https://");
        check("ftp://hooks.slack.com/secret", "does not begin with https://");
        check("secret://hooks.slack.com/", "does not begin with https://");
        check("https://", "not a valid URL");
        check("https:///secret", "not a valid URL");
        check("https://:443/secret", "host is missing");
        check("https://hooks.slack.com:secret/x", "port is not one");
        check("https://hooks.slack.com:0/secret", "port is not one");
        check("https://hooks.slack.com/ser vices/secret", "a space");
        check("https://hooks.slack.com/services/\u{1b}secret", "control character");
        check("\"https://hooks.slack.com/services/secret\"", "quotes");
        check("https://me:secret@example.org/secret", "user and password");
        check("https://hooks.slack.com/triggers/T0/1/secret", "trigger of a workflow");
        check("https://hooks.slack-gov.com/workflows/T0/secret", "trigger of a workflow");
        check("https://hooks.slack.com/", "after the host is missing");
        check("https://acme.slack.com/archives/secret", "not a webhook");
        check("https://discord.com/api/webhooks/1/secret", "/slack added");
    }

    #[test]
    fn a_trigger_path_elsewhere_is_nothing_special() {
        assert!(Webhook::parse("https://chat.example.org/triggers/x").is_ok());
    }

    #[test]
    fn plain_http_beyond_this_machine_is_exposed() {
        let check = |url: &str, expected: bool| {
            assert_eq!(Webhook::parse(url).unwrap().is_exposed(), expected, "{url}");
        };
        check("http://chat.example.org/x", true);
        check("http://192.0.2.1/x", true);
        check("https://chat.example.org/x", false);
        check("http://localhost:8065/x", false);
        check("http://127.8.0.1/x", false);
        check("http://[::1]/x", false);
    }

    #[test]
    fn the_shape_follows_the_host_unless_it_is_set() {
        let check = |word: &str, url: &str, expected: Shape| {
            let format = Format::from_word(word).unwrap();
            assert_eq!(format.shape(&Webhook::parse(url).unwrap()), expected, "{word} {url}");
        };
        check("auto", "https://hooks.slack.com/services/x", Shape::Blocks);
        check("auto", "https://HOOKS.slack-gov.com/services/x", Shape::Blocks);
        check("Auto", "https://hooks.slack.com.example.org/x", Shape::Attachments);
        check("BLOCKS", "https://chat.example.org/x", Shape::Blocks);
        check("attachments", "https://hooks.slack.com/services/x", Shape::Attachments);
        check("text", "https://hooks.slack.com/services/x", Shape::Text);
        assert_eq!(Format::from_word("markdown"), None);
    }
}
